"""On the node: a task measures its seeds in a store of its own and sends every entry as it is made,
so that little is lost with the node.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from claims.execution.jobs import Job
from claims.execution.measure import Machine, measure, observations_digest
from claims.execution.ray.versions import differences, versions
from claims.experiments.base import Configured, Diverged, SettingsError
from claims.store.entries import ENTRY_SUFFIX, LOCK_SUFFIX, Key, Store, StoreError
from claims.store.pruning import living
from models import datasets

# how the part of an entry begins that online training keeps until it is done, the last in place of
# those before
KEPT = "arms-at-"
TICK = 0.25  # seconds between looks at what is new
PREFIX = "claims-node-"
Post = Callable[..., None]


def order(job: Job, machine: Machine, digest: str, dataset: str | None) -> dict[str, Any]:
    """A job as plain data, with what the node must agree to."""
    return {
        "job": asdict(job) | {"base": str(job.base)},
        "machine": asdict(machine),
        "digest": digest,
        "dataset": dataset,
        "versions": versions(job.kind, job.base),
    }


def fulfil(
    order: Mapping[str, Any], data: tuple | None, given: Sequence[tuple], post: Post
) -> dict[str, Any]:
    """Measure the seeds of an order. Returns {}, or {"refused": why}, or {"failed": type of error,
    "message": its, "seeds": whose, where that is known}.
    """
    job = Job(
        **order["job"] | {"base": Path(order["job"]["base"]), "seeds": tuple(order["job"]["seeds"])}
    )
    machine = Machine(**order["machine"])
    try:
        unlike = differences(order["versions"], versions(job.kind, job.base))
        if not unlike:
            if data is not None:
                datasets.preload(order["dataset"], datasets.Arrays(**data[0]), data[1])
            experiment = job.experiment()
            unlike = (
                ""
                if observations_digest(experiment, machine) == order["digest"]
                else "what it would make has another key than the driver asks for"
            )
    except SettingsError as error:
        return {
            "refused": f"worker node {socket.gethostname()} has not the experiment `{job.kind}`: "
            f"{error}; its module must be importable on every node"
        }
    if unlike:
        return {
            "refused": f"worker node {socket.gethostname()} is not what the driver is: {unlike}; "
            "its "
            "results would be stored under a key that lies. "
            "Install the same there (requirements.lock)"
        }
    with own_store() as store:
        return _measured(experiment, job.seeds, machine, store, given, post)


def _measured(
    experiment: Configured,
    seeds: Sequence[int],
    machine: Machine,
    store: Store,
    given: Sequence[tuple],
    post: Post,
) -> dict[str, Any]:
    sent = set()
    for about, content in given:
        store.adopt(Key(**about), content)
        sent.add(store.path(Key(**about)))
    ended: list[BaseException | None] = []

    def work() -> None:
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", message="The given NumPy array is not writable"
                )  # the object store's; only read
                measure(experiment, seeds, machine, store)
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(TICK)
        _send(store, sent, post)
    _send(store, sent, post)
    post("end", {})
    return _outcome(ended[0])


def _send(store: Store, sent: set[Path], post: Post) -> None:
    """Post what is new: entries are whole as soon as they have their name."""
    for path in sorted(set(store.root.glob(f"*/*/*{ENTRY_SUFFIX}")) - sent, key=_made_at):
        with contextlib.suppress(
            FileNotFoundError
        ):  # online training has put a later one in its place
            post("entry", vars(key_of(path)), path.read_bytes())
            sent.add(path)
    for record in living(store):
        if "chunk" in record:
            post(
                "standing",
                {name: record[name] for name in ("chunk", "doing", "epochs", "of_epochs", "share")},
            )


def _made_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def key_of(path: Path) -> Key:
    """The key of the entry at `path`."""
    _, seed, *part = path.name.removesuffix(ENTRY_SUFFIX).split("-", 2)
    return Key(path.parts[-3], path.parts[-2], int(seed), "".join(part))


def _outcome(error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {}
    if isinstance(error, StoreError):
        raise error  # this node's disk, not the seed's fault: another node may have room
    seeds = getattr(error, "seeds", ())
    return {
        "failed": type(error).__name__,
        "message": str(error),
        "seeds": [int(s) for s in seeds] if isinstance(seeds, (tuple, list)) else [],
        "diverged": isinstance(error, Diverged),
    }


@contextlib.contextmanager
def own_store() -> Iterator[Store]:
    """A store for one task; those of tasks that were killed on this node go first."""
    place = Path(tempfile.gettempdir())
    holder = Store(place)
    for lock in place.glob(f"{PREFIX}*{LOCK_SUFFIX}"):
        with contextlib.suppress(StoreError), holder.hold(lock, wait=False) as dead:
            if dead:
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    root = place / f"{PREFIX}{uuid.uuid4().hex[:12]}"
    with holder.hold(root.with_suffix(LOCK_SUFFIX)):
        try:
            yield Store(root)
        finally:
            shutil.rmtree(root, ignore_errors=True)
