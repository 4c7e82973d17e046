"""Clusters for the tests, a real one and one whose tasks are done here and at once; jobs for them,
and what they leave in the store.
"""

import contextlib
import itertools
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from claims.execution.jobs import Job
from claims.execution.machine import Machine
from claims.execution.measure import observations_digest
from claims.execution.ray import Ray, Resources, connection, driver, work
from claims.execution.ray.failures import Failures
from claims.store.entries import JOURNAL, Key, Store
from tests.support import workers as crew
from tests.support.experiments import KINDS

SHORT = {**crew.SWEEP, "train": {"epochs": 3, "batch": 64}, "snapshots": [1, 3]}
LONG = {**crew.SWEEP, "train": {"epochs": 200, "batch": 64}, "snapshots": [2, 4, 200]}
SEEDS = tuple(range(6))
NUMBERS = itertools.count()
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
# the tests' own: nothing is read or left in the user's home
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "t" * 32}
# when Ray is first imported it reads them, once for all that this process does
os.environ.update(connection.QUIET | TOKEN)

KIND = '''
import os, xarray
from claims import Diverged, Experiment


class Picky(Experiment):
    """Fails at some seeds, in one of three ways."""

    def __init__(self, diverges=(), raises=(), dies=()):
        self.diverges, self.raises, self.dies = diverges, raises, dies

    def measure(self, seeds, context):
        with open(os.path.join(os.path.dirname(__file__), "asked"), "a") as log:
            log.write(" ".join(map(str, seeds)) + "\\n")
        if set(seeds) & set(self.dies):
            os._exit(1)
        if bad := sorted(set(seeds) & set(self.diverges)):
            raise Diverged(f"training diverged in seed {bad[0]}; stop", bad)
        if set(seeds) & set(self.raises):
            raise MemoryError("no room")
        return xarray.Dataset({"value": ("seed", [float(s) for s in seeds])}, {"seed": list(seeds)})
'''
CLAIMS = """
version: 1
defaults: {seeds: 8}
memos: {M: {title: A memo}}
experiments:
  picky: {kind: "picky_kind:Picky"}
  wild: {kind: "picky_kind:Picky", diverges: [3]}
claims:
  rises: {memo: M, where: here, says: It rises., expect: value > 0, experiment: picky}
  stays: {memo: M, where: here, says: It stays., expect: value < 100, experiment: picky}
  breaks: {memo: M, where: here, says: It breaks., expect: value > 0, experiment: wild}
  breaks-too: {memo: M, where: here, says: It breaks again., expect: value < 100, experiment: wild}
"""


def long(seeds=SEEDS):
    """A job that trains long enough for a process to be killed meanwhile."""
    return Job("long", KINDS["snapshot_sweep"], LONG, Path("."), seeds)


def free_port():
    """A port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def local_cluster() -> Iterator[Any]:
    """Three nodes of one core each; this process is connected to the first, which is never
    killed.
    """
    import ray
    from ray.cluster_utils import Cluster

    nodes = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        for _ in range(2):
            nodes.add_node(**NODE)
        ray.init(address=nodes.address, logging_level="ERROR", log_to_driver=False)
        yield nodes
    finally:
        ray.shutdown()
        nodes.shutdown()


@contextlib.contextmanager
def picky_jobs(parent: Path) -> Iterator[Callable[..., Job]]:
    """`job(**options)`: a job of KIND in a folder of its own, which notes the seeds it is asked for
    in `asked`.
    """
    # a name of its own: the nodes' processes keep what they imported
    folder, module = parent / "kinds", f"picky_{next(NUMBERS)}"
    folder.mkdir()
    (folder / f"{module}.py").write_text(KIND)
    try:
        yield lambda **how: Job("picky", f"{module}:Picky", how, folder, SEEDS)
    finally:
        sys.path[:] = [place for place in sys.path if place != str(folder)]


def asked(tmp_path):
    """The seeds of each call of KIND, in their order."""
    return [
        tuple(map(int, line.split()))
        for line in (tmp_path / "kinds" / "asked").read_text().splitlines()
    ]


def made(store):
    """How often each entry of the store was made."""
    lines = [json.loads(line) for line in (store.root / JOURNAL).read_text().splitlines()]
    return Counter(line["entry"] for line in lines if line["event"] == "made")


def stored_seeds(store, job):
    """Seeds of a job whose observations are stored."""
    digest = observations_digest(job.experiment(), Machine())
    return tuple(seed for seed in job.seeds if store.has(Key("observations", digest, seed)))


def drive(address, root):
    """Run the long job from a process of its own."""
    raise SystemExit(len(Ray(address).run([long()], Machine(), Store(root))))


class Inline:
    """A connection whose tasks are done here and at once. `dies(seeds)`: whether a task for these
    is gone without a word, `data` what a data set gives.
    """

    def __init__(self, dies=lambda seeds: False, data=lambda experiment: None):
        self.dies, self.load, self.boxes, self.given, self.sent = dies, data, {}, [], []

    def slots(self, num_cpus, num_gpus):
        return 2

    def put(self, content):
        return content

    def data(self, experiment):
        return self.load(experiment)

    def submit(self, box, request, data, given, resources, spread):
        self.given.append([about["part"] for about, _ in given])
        self.sent.append(tuple(request["job"]["seeds"]))
        messages = self.boxes[box] = []

        def post(kind, about, content=b""):
            messages.append((kind, about, content))

        told = work.run_request(request, None, given, post)
        if self.dies(request["job"]["seeds"]):
            del messages[:]
            return connection.LostTask("WorkerCrashedError: gone")
        return told

    def ended(self, task):
        return True

    def take(self, box, wait):
        return self.boxes.pop(box)

    def result(self, task):
        return task

    def cancel(self, task):
        raise AssertionError("not to be cancelled")

    def close_box(self, box):
        assert box not in self.boxes


def driving(store, failures=None, machine=None, **how):
    """A driver whose tasks are done here."""
    return driver.Driver(
        Inline(**how), machine or Machine(), store, Resources(), failures or Failures()
    )
