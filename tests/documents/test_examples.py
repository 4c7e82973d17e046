"""The examples do what their pages say: published figures judged from a file, and an experiment of
one's own that trains.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter

import pytest

from claims.schema import NotAsked, load_suite
from claims.store.entries import Store
from claims.store.pruning import remove_leftovers
from tests.support import ROOT
from tests.support.workers import leftovers, until

EXAMPLES = ROOT / "examples"


def test_the_published_runs_are_all_there():
    """Counts and means as the source gives them."""
    with (EXAMPLES / "rcp" / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    epochs: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        epochs.setdefault((row["benchmark"], int(row["batch_size"])), []).append(int(row["epochs"]))
    assert {size: len(runs) for (name, size), runs in epochs.items() if name == "resnet"} == {
        1632: 17,
        3264: 15,
        4096: 10,
        8192: 10,
        13056: 10,
        32768: 10,
        49152: 10,
        58880: 10,
        65536: 10,
        67840: 28,
    }
    assert sum(epochs["resnet", 65536]) == 845 and sum(epochs["ssd", 4096]) == 227
    samples = [
        json.loads(line) for line in (EXAMPLES / "rcp" / "unet3d.jsonl").read_text().splitlines()
    ]
    assert len(samples) == 345 and {row["batch_size"] for row in samples} == {2, 32, 56, 80}


def test_the_page_of_the_published_runs_counts_them_and_names_the_source_of_each():
    """Counts in the page's table are those of the files; each benchmark has the file and the commit
    that it was copied from.
    """
    text = (EXAMPLES / "rcp" / "README.md").read_text(encoding="utf-8")
    stated = re.findall(r"^\| `([\w.]+)` \|.*\| ([\d +]+) \|$", text, re.MULTILINE)
    with (EXAMPLES / "rcp" / "results.csv").open(newline="") as file:
        counts = Counter(row["benchmark"] for row in csv.DictReader(file))
    counts["unet3d"] = len((EXAMPLES / "rcp" / "unet3d.jsonl").read_text().splitlines())
    assert {name: [int(n) for n in runs.split("+")] for name, runs in stated} == {
        "results.csv": [counts["resnet"], counts["ssd"]],
        "unet3d.jsonl": [counts["unet3d"]],
    }
    sources = re.findall(r"/rcps_(\w+)\.json`\s+\(commit\s+`[0-9a-f]{12}`", text)
    assert sorted(sources) == sorted(counts)


def test_published_figures_are_asked_of_the_papers_own_size():
    """Every claim and every reported figure can be asked on CIFAR-10, and the network is the
    papers': 3,072 pixels, three hidden layers of 1,000.
    """
    suite = load_suite(EXAMPLES / "literature" / "claims.yaml")
    spec = suite.experiments["training"]
    assert list(spec.settings) == ["digits", "cifar10"]
    network = spec.experiment("cifar10").settings.network
    assert (network.width, network.blocks, network.residual, network.norm) == (
        1000,
        2,
        False,
        "none",
    )
    asked = [*suite.claims, *(figure for memo in suite.memos.values() for figure in memo.reported)]
    assert len(asked) == 12 and not [
        one for one in asked if isinstance(one.ask("cifar10"), NotAsked)
    ]


def test_ones_own_experiment_is_short():
    assert (
        len(
            (EXAMPLES / "own_experiment" / "learning_curve.py")
            .read_text(encoding="utf-8")
            .splitlines()
        )
        < 45
    )


@pytest.mark.parametrize("name", ["rcp", "own_experiment", "literature"])
def test_every_claim_of_an_example_comes_out_as_expected(name, tmp_path):
    """By the command that the examples' pages give."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "claims/",
            f"--claims-file=examples/{name}/claims.yaml",
            f"--claims-report={tmp_path}",
            "-q",
            "-p",
            "no:cacheprovider",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "CLAIMS_STORE": str(tmp_path / "store")},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert found and all((c["verdict"], c["outcome"]) == (c["expected"], "passed") for c in found)


LONG = """
import sys
from pathlib import Path

from claims import load
from claims.execution.machine import Machine
from claims.run import Run
from claims.store.entries import Store
from claims.store.pruning import remove_leftovers

suite = load(Path(sys.argv[1]) / "claims.yaml")
run = Run(suite, (), Machine(), Store(sys.argv[2]))
found = run.measure(suite.experiments["long"], "slow", [3, 4])
print(found["accuracy"].values.tobytes().hex())
"""


def test_the_long_run_goes_on_from_its_snapshots_when_it_was_killed(tmp_path):
    """A kind of a user's own, with snapshots through the store: the same bits as without a kill,
    and no epoch before the last snapshot is trained again.
    """
    folder, store = tmp_path / "lab", Store(tmp_path / "store")
    shutil.copytree(EXAMPLES / "own_experiment", folder)
    file = folder / "claims.yaml"
    slow = "settings: {digits: {}, slow: {seconds: 0.05}}"
    file.write_text(file.read_text(encoding="utf-8").replace("settings: {digits: {}}", slow))

    def start(where):
        command = [sys.executable, "-c", LONG, str(folder), str(where)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def kept(part):
        return list(store.root.glob(f"snapshots/*/seed-3-{part}.safetensors"))

    first = start(store.root)
    assert until(lambda: kept("epoch-10")), "no snapshot came"
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not list(store.root.glob("observations/*/*.safetensors"))
    made = {path.name: path.stat().st_mtime_ns for path in store.root.glob("snapshots/*/seed-3-*")}
    again, whole = start(store.root), start(tmp_path / "other")
    assert again.communicate()[0] == whole.communicate()[0] != ""
    assert [again.returncode, whole.returncode] == [0, 0]
    for name in ("seed-3-epoch-5.safetensors", "seed-3-epoch-10.safetensors"):
        (path,) = store.root.glob(f"snapshots/*/{name}")
        assert path.stat().st_mtime_ns == made[name], "trained again"
    remove_leftovers(store)  # as every run does at its end
    assert not leftovers(store.root)
