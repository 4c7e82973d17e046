"""The store of snapshots and observations: one seed an entry, content-addressed, atomic, checksummed. Disposable.

("Snapshot" is the memo's word for a trained network's saved state; it has nothing to do with snapshot testing.)

An entry is a safetensors file: arrays, plus a little JSON. It is written beside its target and renamed, under a lock that the operating
system frees when its holder dies. What does not match its checksum is named, set aside and made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

FORMAT = "claims-store-1"
DAMAGED_SUFFIX, PART_SUFFIX, LOCK_SUFFIX = ".damaged", ".part", ".lock"


class StoreError(RuntimeError):
    """The store cannot be written or read; the message says what to do."""


class DamagedEntryWarning(UserWarning):
    """An entry did not match its checksum; it was set aside and will be made again."""


@dataclass(frozen=True)
class Key:
    """Names one seed's entry: stage ("snapshots", "observations"), digest of all that determines its bytes, seed, part (an epoch)."""

    stage: str
    digest: str
    seed: int
    part: str = ""

    @property
    def relative(self) -> Path:
        name = f"seed-{self.seed}" + (f"-{self.part}" if self.part else "")
        return Path(self.stage, self.digest, f"{name}.safetensors")


@dataclass(frozen=True)
class Entry:
    """What is stored: named arrays and plain JSON data."""

    arrays: Mapping[str, np.ndarray]
    info: Mapping[str, Any]


class Store:
    """Entries below one folder, shared by any number of processes."""

    def __init__(self, root: Path):
        self.root = Path(root)

    def path(self, key: Key) -> Path:
        """Where the entry lies, or would."""
        return self.root / key.relative

    def has(self, key: Key) -> bool:
        """Whether there is an entry; its checksum is verified when it is fetched."""
        return self.path(key).exists()

    def fetch(self, key: Key) -> Entry | None:
        """The entry, its checksum verified; None where there is none or where it was damaged (then it is set aside, with a warning)."""
        path = self.path(key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {path}: {error.strerror}. Set CLAIMS_STORE to a folder you may use.") from error
        try:
            return _decode(content, key)
        except ValueError as error:
            self._set_aside(path, str(error))
            return None

    def save(self, key: Key, arrays: Mapping[str, np.ndarray], info: Mapping[str, Any]) -> None:
        """Write an entry whole or not at all. The caller holds `lock` on its seed."""
        path = self.path(key)
        part = path.with_name(path.name + PART_SUFFIX)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(part, "wb") as file:
                file.write(_encode(arrays, info, key))
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink()
            raise _write_error(path, error) from error

    def delete(self, key: Key) -> None:
        """Remove an entry, if there is one."""
        self.path(key).unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self, stage: str, digest: str, seed: int, *, wait: bool = True) -> Iterator[bool]:
        """Hold the right to make a seed's entries. Yields whether it was got; without `wait`, False at once when another has it."""
        path = self.root / stage / digest / f"seed-{seed}{LOCK_SUFFIX}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            lock.acquire(timeout=-1 if wait else 0, poll_interval=0.05)
        except Timeout:
            yield False
            return
        except OSError as error:
            raise _write_error(path, error) from error
        try:
            yield True
        finally:
            # Removed while held: whoever waits on the old file either takes a new one or finds the entry made.
            with contextlib.suppress(OSError):
                path.unlink()
            lock.release()

    @contextlib.contextmanager
    def locks(self, stage: str, digest: str, seeds: Sequence[int], *, at_most: int | None = None,
              wait: bool = False) -> Iterator[list[int]]:
        """Hold several seeds' locks at once, in ascending order so that no two processes wait for each other. Yields the seeds got."""
        with contextlib.ExitStack() as held:
            got: list[int] = []
            for seed in sorted(seeds):
                if at_most is not None and len(got) >= at_most:
                    break
                if held.enter_context(self.lock(stage, digest, seed, wait=wait)):
                    got.append(seed)
            yield got

    def _set_aside(self, path: Path, why: str) -> None:
        aside = path.with_name(path.name + DAMAGED_SUFFIX)
        with contextlib.suppress(OSError):  # another process may have done it, or the store is read-only
            os.replace(path, aside)
        warnings.warn(f"{path} is damaged ({why}); set aside as {aside.name}, to be made again", DamagedEntryWarning, stacklevel=3)


def _encode(arrays: Mapping[str, np.ndarray], info: Mapping[str, Any], key: Key) -> bytes:
    from safetensors.numpy import save

    plain = {name: np.ascontiguousarray(a) for name, a in arrays.items()}
    text = json.dumps(dict(info), sort_keys=True)
    header = {"format": FORMAT, "key": str(key.relative), "info": text}
    return save(plain, metadata=header | {"checksum": _checksum(plain, header)})


def _decode(content: bytes, key: Key) -> Entry:
    """Arrays and info of an entry's bytes. Raises ValueError with what is wrong."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        size = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + size]).get("__metadata__", {})
    except (SafetensorError, ValueError, KeyError) as error:
        raise ValueError(f"not a whole safetensors file: {error}") from error
    expected = header.pop("checksum", None)
    if header.get("format") != FORMAT or expected is None:
        raise ValueError("not an entry of this store")
    if header.get("key") != str(key.relative):
        raise ValueError(f"it is the entry of {header.get('key')}")
    if _checksum(arrays, header) != expected:
        raise ValueError("its checksum does not match")
    return Entry(arrays, json.loads(header["info"]))


def _checksum(arrays: Mapping[str, np.ndarray], header: Mapping[str, str]) -> str:
    sha = hashlib.sha256(json.dumps(dict(header), sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        sha.update(f"{name} {array.dtype.str} {array.shape}".encode())
        sha.update(array.reshape(-1).view(np.uint8) if array.size else b"")
    return sha.hexdigest()


def _write_error(path: Path, error: OSError) -> StoreError:
    why = error.strerror or str(error)
    return StoreError(f"cannot write {path}: {why}. Free some space, or set CLAIMS_STORE to a folder you may write to.")
