"""Whole runs of the suite, killed thirty times, started twice at once, split among any number of
workers. Short forms: test_crash.py.
"""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest

from claims.store.entries import JOURNAL, Store
from claims.store.pruning import list_entries
from tests.support import ROOT
from tests.support.kill_at_write import VARIABLE
from tests.support.workers import arrays_of, leftovers, training, until

pytestmark = pytest.mark.slow
KILLS, IN_WRITE = 30, 8
SUITE = """
    version: 1
    memos: {m: {title: Memo, date: 2026-01-01, source: memo.txt}}
    defaults: {seeds: 8, confidence: 0.9}
    experiments:
      sweep:
        kind: models.experiments.snapshot_sweep:SnapshotSweep
        network: {width: 16, blocks: 2}
        train: {epochs: 160}
        snapshots: [5, 20, 40, 60, 80, 100, 120, 140, 160]
        probe: {lr: 0.02, batch: 32, batches: 8, fit_batches: 10}
        settings: {digits: {dataset: digits}}
      online:
        kind: models.experiments.online_training:OnlineTraining
        like: sweep
        train: {epochs: 20}
        takeover: [0, 5, never]
    claims:
      falls: {memo: m, where: p, says: s, expect: "dL_held(oracle, epoch=5) < 0"}
      grows: {memo: m, where: p, says: s, expect: "accuracy(epoch=5) < accuracy(epoch=160)"}
      varies:
        {memo: m, where: p, says: s,
         expect: "update_variance(vec, epoch=5) < update_variance(dfa, epoch=5)"}
      learns:
        {memo: m, where: p, says: s, experiment: online,
         expect: "accuracy(takeover=0, epoch=20) > 0.5"}
      gains:
        {memo: m, where: p, says: s, experiment: online,
         expect: "accuracy(takeover=0, epoch=20) > accuracy(takeover=never, epoch=20)"}
"""


class Suite:
    """A claim file of its own, and runs of it on stores below one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "claims.yaml"
        self.file.write_text(textwrap.dedent(SUITE))

    def start(self, store, workers, **environment):
        """A run in a process group of its own."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "claims/",
            "--claims-file",
            self.file,
            "-n",
            str(workers),
            "-p",
            "tests.support.kill_at_write",
            "-p",
            "no:cacheprovider",
            "-q",
            "--claims-inconclusive=warn",
            "--claims-report",
            self.folder / f"report-{store}",
        ]
        here = {
            "CLAIMS_STORE": str(self.folder / store),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
        }
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **here, **environment},
            start_new_session=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, run, store):
        """What a run that ends by itself found: {claim: its numbers}."""
        output, _ = run.communicate(timeout=600)
        assert run.returncode in (0, 1), output
        result = json.loads((self.folder / f"report-{store}" / "claims.json").read_text())
        assert not result["partial"] and not [
            c for c in result["claims"] if c["verdict"] in (None, "error")
        ], output
        return {
            c["id"]: [c[k] for k in ("verdict", "estimate", "low", "high", "p_value", "terms")]
            for c in result["claims"]
        }

    def store(self, name):
        return Store(self.folder / name)


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    return Suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def untouched(suite):
    """What a run that nobody disturbed found."""
    return suite.finish(suite.start("untouched", 4), "untouched")


def test_thirty_kills_then_a_clean_run(suite, untouched):
    rng, store, died = random.Random(0), suite.store("killed"), Counter()
    for kill in range(KILLS):
        forget_some(store, rng)
        before = parts(store)
        if kill % (KILLS // IN_WRITE) == 0:
            run = suite.start("killed", 4, **{VARIABLE: str(rng.randint(1, 4))})
            run.wait(timeout=300)
            died["writing" if parts(store) - before else "else"] += (
                run.returncode == -signal.SIGKILL
            )
        else:
            died[kill_while_training(suite.start("killed", 4), store, before, rng)] += 1
    print(dict(died))
    assert (
        sum(died.values()) == KILLS
        and died["training"] + died["writing"] >= 20
        and died["writing"] >= 4
    )
    assert leftovers(store.root)
    assert suite.finish(suite.start("killed", 4), "killed") == untouched
    assert not leftovers(store.root)
    clean, kept = arrays_of(suite.store("untouched")), arrays_of(store)
    assert kept == {name: clean[name] for name in kept}
    assert {name for name in clean if name.startswith("observations")} <= set(kept)


def forget_some(store, rng):
    """Leave work for another run: some seeds lose their observations and all snapshots but the
    first.
    """
    seeds = set(rng.sample(range(8), 4))
    for entry in list_entries(store):
        if entry.seed in seeds and "epoch-5." not in entry.path.name:
            entry.path.unlink()


def parts(store):
    """Half-written entries, told apart from those of earlier kills."""
    return {
        (path, path.stat().st_ino, path.stat().st_mtime_ns)
        for path in store.root.rglob("*.safetensors.part")
    }


def kill_while_training(run, store, before, rng):
    """SIGKILL the whole run while it trains, looked at while it is halted; returns what it was
    at.
    """
    until(lambda: training(store) or run.poll() is not None, 300)
    time.sleep(rng.uniform(0, 0.5))
    os.killpg(run.pid, signal.SIGSTOP)
    at = "writing" if parts(store) - before else "training" if training(store) else "else"
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    return at


def test_two_suites_at_once_train_each_seed_once(suite, untouched):
    runs = [suite.start("rivals", 2), suite.start("rivals", 2)]
    assert [suite.finish(run, "rivals") for run in runs] == [untouched, untouched]
    lines = [
        json.loads(line) for line in (suite.folder / "rivals" / JOURNAL).read_text().splitlines()
    ]
    made = Counter(line["entry"] for line in lines)
    assert {line["event"] for line in lines} == {"made"}
    assert set(made.values()) == {1}
    assert len(made) == 8 * (2 + 9 + 1)  # and what online training keeps on its way
    assert len({line["pid"] for line in lines}) > 2, "the work was shared"
    assert not leftovers(suite.folder / "rivals")


@pytest.mark.parametrize("workers", [0, 1])
def test_results_are_equal_for_any_number_of_workers(suite, untouched, workers):
    name = f"workers-{workers}"
    assert suite.finish(suite.start(name, workers), name) == untouched
    assert arrays_of(suite.store(name)) == arrays_of(suite.store("untouched"))
