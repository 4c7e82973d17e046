"""Digests of data files, kept in the user's cache by path, size and time of change."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from models.datasets.base import DatasetError

CHUNK = 2**22
APPLICATION = "memo-claims"


def cache_folder() -> Path:
    """The user's cache folder for this project, in XDG_CACHE_HOME where it is set. All of it can be
    deleted at any time.
    """
    import platformdirs

    return Path(platformdirs.user_cache_dir(APPLICATION))


def digest_of_files(root: Path, files: Sequence[str]) -> str:
    """SHA-256 over names and contents of `files` below `root` (of `root` itself where it is named
    by an empty string).

    Computed only where a file is new or has changed, and kept in the cache. Raises DatasetError
    where a file cannot be read.
    """
    try:
        memo = cache_folder() / "digests" / _state(root, files)
        with contextlib.suppress(OSError):
            if len(known := memo.read_text(encoding="ascii").strip()) == 64:
                return known
        sha = hashlib.sha256()
        for name in files:
            sha.update(f"{name}\0{(root / name).stat().st_size}\0".encode() if name else b"")
            _update(sha, root / name)
    except OSError as error:
        raise DatasetError(
            f"cannot read {error.filename or root}: {error.strerror or error}; allow it to be read"
        ) from error
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        memo.parent.mkdir(parents=True, exist_ok=True)
        part = memo.with_name(f"{memo.name}.{os.getpid()}.part")
        part.write_text(sha.hexdigest(), encoding="ascii")
        os.replace(part, memo)
    return sha.hexdigest()


def _state(root: Path, files: Sequence[str]) -> str:
    """A digest of the names, sizes and times of change of files."""
    sha = hashlib.sha256(str(root.resolve()).encode())
    for name in files:
        status = os.stat(root / name)
        sha.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return sha.hexdigest()


def _update(sha, path: Path) -> None:
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            sha.update(chunk)
