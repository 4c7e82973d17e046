"""A task on a worker node: measures its seeds in a store of its own and sends every entry as it is
made, so that little is lost with the node.
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
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from claims.execution.jobs import Job
from claims.execution.machine import Machine
from claims.execution.measure import measure, observations_digest
from claims.execution.ray.versions import differences, versions
from claims.experiments.base import Diverged, SettingsError
from claims.experiments.kinds import BoundExperiment, import_kind
from claims.store.activity import live_records
from claims.store.entries import ENTRY_SUFFIX, LOCK_SUFFIX, Key, Store, StoreError

TICK = 0.25  # seconds between two readings of the store
PREFIX = "claims-node-"
Post = Callable[..., None]


def make_request(
    job: Job, experiment: BoundExperiment, machine: Machine, digest: str
) -> dict[str, Any]:
    """A job as plain data, with what the node must agree to."""
    device = machine.place(experiment).device
    return {
        "job": asdict(job) | {"base": str(job.base)},
        "machine": asdict(replace(machine, device=device, remote=True)),
        "digest": digest,
        "data": experiment.implementation.data_name(),
        "versions": versions(job.target, job.base),
    }


def run_request(
    request: Mapping[str, Any], data: Any, given: Sequence[tuple], post: Post
) -> dict[str, Any]:
    """Measure the seeds of a request. Returns {}, or {"refused": why}, or {"failed": type of error,
    "message": its, "seeds": whose, where that is known, "diverged": whether numbers left the
    finite range}.
    """
    job = Job(
        **request["job"]
        | {"base": Path(request["job"]["base"]), "seeds": tuple(request["job"]["seeds"])}
    )
    machine = Machine(**request["machine"])
    try:
        unlike = differences(request["versions"], versions(job.target, job.base))
        if not unlike:
            if request["data"] is not None:
                import_kind(job.target, job.base).receive_data(request["data"], data)
            experiment = job.experiment()
            if observations_digest(experiment, machine) != request["digest"]:
                unlike = "what it would make has another key than the driver asks for"
    except SettingsError as error:
        return {
            "refused": f"worker node {socket.gethostname()} has not the experiment "
            f"`{job.target}`: {error}; its module must be importable on every node"
        }
    if unlike:
        return {
            "refused": f"worker node {socket.gethostname()} is not what the driver is: {unlike}; "
            "its results would be stored under a key that is wrong. "
            "Install the same there (requirements.lock)"
        }
    with temporary_store() as store:
        return _measured(experiment, job.seeds, machine, store, given, post)


def _measured(
    experiment: BoundExperiment,
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
                # arrays of the object store are only read
                warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
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
    """Post what is new and what is gone: entries are whole as soon as they have their name."""
    found = set(store.root.glob(f"*/*/*{ENTRY_SUFFIX}"))
    for path in sorted(found - sent, key=_made_at):
        with contextlib.suppress(FileNotFoundError):  # removed already
            post("entry", vars(key_of(path)), path.read_bytes())
            sent.add(path)
    for path in sorted(sent - found):
        post("removed", vars(key_of(path)))
        sent.discard(path)
    for record in live_records(store):
        if "chunk" in record:
            names = ("chunk", "doing", "epochs", "of_epochs", "share")
            post("status", {name: record[name] for name in names})


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
        raise error  # the disk of this node: another may have room
    seeds = error.seeds if isinstance(error, Diverged) else ()
    return {
        "failed": type(error).__name__,
        "message": str(error),
        "seeds": [int(seed) for seed in seeds],
        "diverged": isinstance(error, Diverged),
    }


@contextlib.contextmanager
def temporary_store() -> Iterator[Store]:
    """A store for one task; those of tasks that were killed on this node are removed first."""
    place = Path(tempfile.gettempdir())
    holder = Store(place)
    for lock in place.glob(f"{PREFIX}*{LOCK_SUFFIX}"):
        with contextlib.suppress(StoreError), holder.hold(lock, wait=False) as left_over:
            if left_over:
                shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    root = place / f"{PREFIX}{uuid.uuid4().hex[:12]}"
    with holder.hold(root.with_suffix(LOCK_SUFFIX)):
        try:
            yield Store(root)
        finally:
            shutil.rmtree(root, ignore_errors=True)
