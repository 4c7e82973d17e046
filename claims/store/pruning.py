"""What lies in the store, and the removal of entries and of files that killed processes left.

Nothing here is needed for a result: every entry may be removed at any time, and is measured again
when it is asked for. But no entry that a process uses is removed: not while its seed is locked, and
not if it was used since the oldest running process began.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claims.store.activity import WORKING, live_records
from claims.store.entries import (
    DAMAGED_SUFFIX,
    ENTRY_SUFFIX,
    JOURNAL,
    LOCK_SUFFIX,
    PART_SUFFIX,
    Store,
    StoreError,
)

# bytes; 16 seeds of a network of width 512 on 3072 inputs, to three snapshots, are about 2 GiB
DEFAULT_BOUND = 8 * 2**30
JOURNAL_BOUND = 2**20
NAME = re.compile(
    rf"seed-(\d+)(?:-(.+))?{re.escape(ENTRY_SUFFIX)}(?P<damaged>{re.escape(DAMAGED_SUFFIX)})?"
)
LEFT = re.compile(
    rf"seed-(\d+)(?:-.+|{re.escape(ENTRY_SUFFIX)}.*)?"
    rf"(?:{re.escape(PART_SUFFIX)}|{re.escape(LOCK_SUFFIX)})"
)


@dataclass(frozen=True)
class StoredEntry:
    """One entry as it lies on the disk. `made`, `used`: seconds since 1970."""

    stage: str
    digest: str
    seed: int
    path: Path
    size: int
    made: float
    used: float
    damaged: bool = False


@dataclass(frozen=True)
class PruneResult:
    """How many entries a prune removed, of how many bytes; and how many bytes it left."""

    entries: int
    size: int
    left: int


def list_entries(store: Store) -> list[StoredEntry]:
    """All entries, those set aside included. An empty list where there is no store yet."""
    found = []
    for folder in _digest_folders(store):
        for path in _files(folder):
            match = NAME.fullmatch(path.name)
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                if match:
                    status = path.stat()
                    found.append(
                        StoredEntry(
                            folder.parent.name,
                            folder.name,
                            int(match[1]),
                            path,
                            status.st_size,
                            status.st_mtime,
                            max(status.st_atime, status.st_mtime),
                            match["damaged"] is not None,
                        )
                    )
    return found


def read_info(path: Path) -> Mapping[str, Any]:
    """The JSON data of an entry without its arrays, unverified: for lists and estimates. Empty
    where it cannot be read.
    """
    try:
        # its time of use stays: it says which entries may be removed
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOATIME", 0)), "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            return json.loads(json.loads(file.read(min(size, 2**24)))["__metadata__"]["info"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def remove_leftovers(store: Store) -> None:
    """Remove temporary files, locks and records of processes that ended without doing so: all those
    whose lock is free. Never fails.
    """
    with contextlib.suppress(OSError, StoreError):
        for folder in _digest_folders(store):
            seeds = {
                int(match[1]) for path in _files(folder) if (match := LEFT.fullmatch(path.name))
            }
            for seed in sorted(seeds):
                with store.lock(folder.parent.name, folder.name, seed, wait=False):
                    pass  # acquiring it removed the temporary files, releasing it the lock file
        for _ in live_records(store):
            pass
        for folder in (store.root / WORKING, store.root):
            with contextlib.suppress(OSError):  # not empty
                folder.rmdir()
        _shorten_journal(store.root / JOURNAL)


def prune(
    store: Store,
    *,
    bound: int | None = None,
    older_than: float | None = None,
    keep: Set[str] | None = None,
) -> PruneResult:
    """Remove entries not used for `older_than` seconds, those whose digest is not in `keep`, and
    then the least recently used until `bound` bytes are left; set-aside ones first.

    What is in use stays, even above the bound. Raises StoreError where the store may not be
    written.
    """
    now = time.time()
    in_use_since = min((record.get("began", now) for record in live_records(store)), default=now)
    known = sorted(list_entries(store), key=lambda e: (not e.damaged, e.used))
    left, gone = sum(e.size for e in known), []
    for entry in known:
        too_old = older_than is not None and now - entry.used > older_than
        unwanted = keep is not None and entry.digest not in keep
        too_much = bound is not None and left > bound
        if (
            (too_old or unwanted or too_much)
            and (entry.damaged or entry.used < in_use_since)
            and _remove(store, entry)
        ):
            left -= entry.size
            gone.append(entry)
    for folder in {entry.path.parent for entry in gone}:
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()
    return PruneResult(len(gone), sum(e.size for e in gone), left)


def parse_size(text: str) -> int:
    """A size as people write it: 500M, 8G, 2.5 GiB (powers of 1024), or plain bytes. Raises
    ValueError.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?\s*", text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"{text!r} is no size; write 500M, 8G or a number of bytes")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def _remove(store: Store, entry: StoredEntry) -> bool:
    with store.lock(entry.stage, entry.digest, entry.seed, wait=False) as got:
        if not got:
            return False
        try:
            entry.path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot remove {entry.path}: {error.strerror or error}.") from error
        store.note("removed", entry.path.relative_to(store.root))
        return True


def _digest_folders(store: Store) -> list[Path]:
    try:
        return sorted(p for p in store.root.glob("*/*") if p.is_dir() and p.parent.name != WORKING)
    except OSError as error:
        raise StoreError(f"cannot read {store.root}: {error.strerror or error}.") from error


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # removed meanwhile, or not ours to read
        return []


def _shorten_journal(journal: Path) -> None:
    """Keep the later half of a journal that is too long."""
    if journal.exists() and journal.stat().st_size > JOURNAL_BOUND:
        lines = journal.read_bytes()[-JOURNAL_BOUND // 2 :].split(b"\n", 1)
        part = journal.with_suffix(PART_SUFFIX)
        part.write_bytes(lines[-1])
        os.replace(part, journal)
