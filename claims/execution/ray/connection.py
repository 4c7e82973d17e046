"""The way to a cluster: found or started, asked what it has, given tasks."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claims.execution.ray.mailbox import mailbox
from claims.execution.ray.versions import roots
from claims.experiments.kinds import BoundExperiment

# nothing is reported to anyone; no warning of a change to come
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
MISSING = "Ray is not installed; remedy: pip install 'ray[client]'"


class ClusterError(RuntimeError):
    """There is no cluster to work on, it was lost, or its nodes are not what the driver is; the
    message says what to do.
    """


class ClusterWarning(UserWarning):
    """The cluster has not what a task asks for, yet."""


@dataclass(frozen=True)
class LostTask:
    """A task that ended without saying why: its worker or its node is gone."""

    reason: str


def installed() -> bool:
    """Whether Ray could be imported, without importing it."""
    return importlib.util.find_spec("ray") is not None


def connect(address: str | None) -> Connection:
    """To the cluster at `address`, or to a new one on this machine. Raises ClusterError."""
    if not installed():
        raise ClusterError(MISSING)
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        return Connection(ray, ours=False)
    new: dict[str, Any] = {"include_dashboard": False} if address is None else {}
    quiet: Any = "ERROR"  # a name, which Ray takes though it says that it takes a number
    try:
        ray.init(address=address or "local", logging_level=quiet, log_to_driver=False, **new)
    except (ConnectionError, RuntimeError, ValueError, OSError, ImportError) as error:
        where = (
            f"no Ray cluster answers at `{address}`"
            if address
            else "no cluster could be started on this machine"
        )
        raise ClusterError(f"{where}: {error}") from error
    return Connection(ray, ours=True)


class Connection:
    """One driver's connection; used by many threads at once. Whatever Ray cannot do any more is a
    ClusterError.
    """

    def __init__(self, ray: Any, ours: bool):
        self.ray, self.ours = ray, ours
        with self._in_touch():
            self.mailbox: Any = mailbox(ray)
            self.work: Any = ray.remote(_by_value())
        self.lock = threading.Lock()
        self.sent: dict[tuple[str, str], Any] = {}

    @contextlib.contextmanager
    def _in_touch(self) -> Iterator[None]:
        """Ray's own errors, in one: nothing that a seed does raises them here."""
        try:
            yield
        except (self.ray.exceptions.RayError, ConnectionError) as error:
            raise ClusterError(
                f"the cluster was lost ({type(error).__name__}: {_first_line(error)}); "
                "what had come back is stored"
            ) from error

    @property
    def address(self) -> str:
        """Where others on this cluster's network find it."""
        return self.ray.get_runtime_context().gcs_address

    def slots(self, num_cpus: float, num_gpus: float) -> int:
        """How many tasks of this size run at once, as the cluster is now; 0 where there is no room
        for one yet.
        """
        with self._in_touch():
            there = self.ray.cluster_resources()
        n = min(
            int(there.get(name, 0) // each)
            for name, each in (("CPU", num_cpus), ("GPU", num_gpus), ("CPU", 1e-3))
            if each
        )
        if n < 1:
            warnings.warn(
                f"a task takes {num_cpus:g} CPU and {num_gpus:g} GPU, and the cluster has "
                f"{there.get('CPU', 0):g} and {there.get('GPU', 0):g}: "
                "the work waits until it grows; fewer: --claims-ray-cpus, --claims-ray-gpus "
                "(`prepare`: --ray-cpus, --ray-gpus)",
                ClusterWarning,
                stacklevel=2,
            )
        return n

    def data(self, experiment: BoundExperiment) -> Any:
        """The data that an experiment reads, in the object store, from where each node fetches them
        once; None where it names none. Raises ValueError or OSError where they are not to be had.
        """
        name = experiment.implementation.data_name()
        if name is None:
            return None
        with self.lock:
            if (experiment.target, name) not in self.sent:
                content = experiment.implementation.load_data()
                self.sent[experiment.target, name] = self.put(content)
            return self.sent[experiment.target, name]

    def put(self, content: Any) -> Any:
        """Something in the object store."""
        with self._in_touch():
            return self.ray.put(content)

    def submit(
        self,
        box: str,
        request: Mapping[str, Any],
        data: Any,
        given: Sequence[tuple],
        resources: tuple[float, float],
        spread: bool,
    ) -> Any:
        """Start a task that reports to `box`. Ray itself does not retry it: what came back
        meanwhile would be made again.

        `spread` goes round the nodes that have room: in a dead task's place mostly, not surely,
        another.
        """
        options = {
            "num_cpus": resources[0],
            "num_gpus": resources[1],
            "max_retries": 0,
            "scheduling_strategy": "SPREAD" if spread else "DEFAULT",
        }
        with self._in_touch():
            return self.work.options(**options).remote(
                roots(request["job"]["target"]), dict(request), data, list(given), self.mailbox, box
            )

    def take(self, box: str, wait: float) -> list:
        """Messages in `box`; after `wait` seconds, none."""
        with self._in_touch():
            return self.ray.get(self.mailbox.take.remote(box, wait))

    def ended(self, task: Any) -> bool:
        """Whether a task is over, well or not."""
        with self._in_touch():
            return bool(self.ray.wait([task], timeout=0)[0])

    def result(self, task: Any) -> Mapping[str, Any] | LostTask:
        """What a task returned. A worker that was killed because its node ran out of memory failed
        by itself.
        """
        with self._in_touch():
            try:
                return self.ray.get(task)
            except self.ray.exceptions.OutOfMemoryError as error:
                return {"failed": "OutOfMemoryError", "message": _first_line(error), "seeds": []}
            except self.ray.exceptions.RayError as error:
                return LostTask(f"{type(error).__name__}: {_first_line(error)}")

    def cancel(self, task: Any) -> None:
        """End a task, if it is not over."""
        with contextlib.suppress(Exception):  # the cluster may be gone
            self.ray.cancel(task, force=True)

    def close_box(self, box: str) -> None:
        """Nothing is taken from `box` any more, and what a task that is not dead yet posts to it is
        dropped.
        """
        with contextlib.suppress(Exception):  # as above
            self.mailbox.close.remote(box)

    def close(self) -> None:
        """Let go; a cluster that this process started ends."""
        self.mailbox = self.work = None
        self.sent.clear()
        if self.ours:
            self.ray.shutdown()


def _by_value():
    """The task as it travels: by value, so that a node without this package can say so."""

    def claims_task(roots, request, data, given, mailbox, box):
        import os
        import sys

        import ray

        for root in reversed(roots):  # the driver's own copy, where they share a file system
            if os.path.isdir(root) and root not in sys.path:
                sys.path.insert(0, root)

        def post(kind, about, content=b""):
            if content:
                ray.get(mailbox.announce.remote(box, len(content)))
            ray.get(mailbox.post.remote(box, kind, about, content))

        try:
            from claims.execution.ray.work import run_request
        except ImportError as error:
            import socket

            return {
                "refused": f"worker node {socket.gethostname()} cannot import what a task needs "
                f"({error}); install memo-claims there, or run where it is"
            }
        return run_request(
            request, data, [(about, ray.get(content)) for about, content in given], post
        )

    return claims_task


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (
        lines[-1]
        if type(error).__name__.startswith("RayTaskError") and lines
        else (lines[0] if lines else "no reason given")
    )
