"""The progress of running processes, recorded in the store for displays to read.

A record is a small JSON file under `working/`, beside a lock file that its process holds until it
ends: a record whose lock is free is left over. Nothing here may disturb the work: what cannot be
written is not written.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claims.store.entries import LOCK_SUFFIX, PART_SUFFIX, Store, StoreError

WORKING = "working"  # the folder of the records
INTERVAL = 0.5  # seconds between two writes of a record


class Record:
    """One process's record; `write` changes what it says, at most every INTERVAL seconds."""

    def __init__(self, store: Store, name: str, content: Mapping[str, Any]):
        self.path = store.root / WORKING / f"{name}.json"
        self.content, self.last = dict(content), 0.0

    def write(self, **changes: Any) -> None:
        now = time.monotonic()
        urgent = changes.get("doing") != self.content.get("doing") or changes.get(
            "chunk"
        ) != self.content.get("chunk")
        self.content |= changes
        if urgent or now - self.last >= INTERVAL:
            self.last = now
            part = self.path.with_suffix(PART_SUFFIX)
            with contextlib.suppress(OSError):
                part.write_text(json.dumps(self.content), encoding="utf-8")
                os.replace(part, self.path)

    def remove(self) -> None:
        for path in (self.path, self.path.with_suffix(PART_SUFFIX)):
            with contextlib.suppress(OSError):
                path.unlink()


def live_records(store: Store) -> Iterator[Mapping[str, Any]]:
    """The records of running processes. Those left over are removed, unreadable ones skipped."""
    for lock in sorted((store.root / WORKING).glob(f"*{LOCK_SUFFIX}")):
        record = lock.with_suffix(".json")
        with store.hold(lock, wait=False) as left_over:
            if left_over:
                for left in (record, record.with_suffix(PART_SUFFIX)):
                    with contextlib.suppress(OSError):
                        left.unlink()
                continue
        with contextlib.suppress(OSError, ValueError):
            yield json.loads(record.read_bytes())


@contextlib.contextmanager
def register_process(store: Store, **content: Any) -> Iterator[Record]:
    """Keep a record of this process while the block runs; without one where the store cannot be
    written.
    """
    name = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    record = Record(store, name, {"pid": os.getpid(), "began": time.time(), **content})
    with contextlib.ExitStack() as held:
        with contextlib.suppress(StoreError):
            held.enter_context(store.hold(store.root / WORKING / f"{name}{LOCK_SUFFIX}"))
            record.write()
        try:
            yield record
        finally:
            record.remove()


@dataclass(frozen=True)
class WorkStatus:
    """The work on one observations digest: the seeds asked for, and those under way."""

    digest: str
    kind: str
    asked: frozenset[int]
    chunk: int  # seeds under way
    epochs: int  # trained so far, over the seeds under way
    of_epochs: int  # of each seed
    share: float  # in seeds: 1.5 is one and a half seeds' work
    doing: str
    workers: int = 1


def work_statuses(store: Store) -> dict[str, WorkStatus]:
    """{observations digest: status}, from the records of all running processes."""
    found: dict[str, WorkStatus] = {}
    for record in live_records(store):
        if "digest" not in record or "chunk" not in record:
            continue  # a run without work of its own
        n = len(record["chunk"])
        old = found.get(record["digest"])
        new = WorkStatus(
            record["digest"],
            record["kind"],
            frozenset(record["asked"]),
            n,
            record["epochs"],
            record["of_epochs"],
            n * record["share"],
            record["doing"],
        )
        found[new.digest] = new if old is None else _joined(old, new)
    return found


def _joined(a: WorkStatus, b: WorkStatus) -> WorkStatus:
    doing = sorted({*a.doing.split(" and "), *b.doing.split(" and ")}, reverse=True)
    return WorkStatus(
        a.digest,
        a.kind,
        a.asked | b.asked,
        a.chunk + b.chunk,
        a.epochs + b.epochs,
        max(a.of_epochs, b.of_epochs),
        a.share + b.share,
        " and ".join(doing),
        a.workers + b.workers,
    )
