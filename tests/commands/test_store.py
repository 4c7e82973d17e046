"""`python -m claims store` and `prepare`, and a suite whose store fails."""

import json
import os
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from click.testing import CliRunner

from claims.__main__ import main
from claims.store.entries import Key, Store
from claims.store.pruning import list_entries
from tests.support import ROOT
from tests.support.workers import leftovers

SUITE = """
    version: 1
    memos: {m: {title: Memo, date: 2026-01-01, source: memo.txt}}
    defaults: {seeds: 5, confidence: 0.9}
    experiments:
      sweep:
        kind: models.experiments.snapshot_sweep:SnapshotSweep
        network: {width: 8, blocks: 1}
        train: {epochs: 2}
        snapshots: [1, 2]
        probe: {lr: 0.02, batch: 16, batches: 8, fit_batches: 2, fit_batch: 16, steps: 1}
        settings: {digits: {dataset: digits}}
    claims:
      falls: {memo: m, where: p, says: s, expect: "dL_same(oracle, epoch=1) < 0"}
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run(command, ...)` on a claim file with an empty store beside it."""
    monkeypatch.delenv("CLAIMS_STORE", raising=False)
    (tmp_path / "claims.yaml").write_text(textwrap.dedent(SUITE))

    def invoke(command, *args, code=0):
        done = CliRunner().invoke(main, [command, str(tmp_path / "claims.yaml"), *args])
        assert done.exit_code == code, done.output
        return done.output

    return invoke


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / ".claims")


def test_prepare_trains_what_is_missing_and_store_tells_of_it(run, store):
    assert "nothing stored" in run("store")
    assert "0 of 5 seeds are there, 5 to train" in run("prepare", "-n", "1")
    assert len(list_entries(store)) == 5 * 3 and not leftovers(store.root)
    assert "5 of 5 seeds are there\nnothing is missing" in run("prepare")
    listed = run("store")
    assert "15 entries" in listed and "of at most 8.0 GiB" in listed and listed.count("sweep") == 2
    extra = run("prepare", "--seed-base", "5", "-n", "2")
    assert "0 of 5 seeds are there, 5 to train, about" in extra and len(list_entries(store)) == 30
    assert (
        "0 of 5 seeds are there, 5 to train" in run("prepare", "--precision", "bf16", "-n", "1")
        and len(list_entries(store)) == 45
    )
    assert "in bf16" in run("store")


def test_a_file_that_cannot_be_read_whole_does_not_make_the_store_unused(run, store, tmp_path):
    key = Key("observations", "abc", 0)
    store.save(key, {"m": np.zeros(1)}, {})
    file = tmp_path / "claims.yaml"
    good = file.read_text()
    for text, told in (
        (good.replace("width: 8", "width: none"), "width"),
        (good.replace("claims:", "claim:"), "`claims` is missing"),
    ):
        file.write_text(text)
        assert told in run("store", "--unused", code=1) and store.has(key)
        assert "1 entries" in run("store")  # listing does with what can be read
    file.unlink()
    assert "there is no such file" in run("store", "--unused", code=1) and store.has(key)


def test_store_prunes_by_age_size_and_use(run, store, tmp_path):
    run("prepare", "-n", "1")
    assert "removed 0 entries" in run("store", "--unused")
    old = [e for e in list_entries(store) if e.seed == 3]
    for entry in old:
        os.utime(entry.path, (time.time() - 10 * 86400,) * 2)
    assert f"removed {len(old)} entries" in run("store", "--older-than", "9d")
    run("store", "--max-size", "10K")
    assert sum(e.size for e in list_entries(store)) <= 10 * 1024
    file = tmp_path / "claims.yaml"
    file.write_text(
        file.read_text().replace("lr: 0.02", "lr: 0.03").replace("width: 8", "width: 9")
    )
    assert "nothing now" in run("store")
    run("store", "--unused")
    assert not list_entries(store)


@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [("--max-size", "huge", "write 500M, 8G"), ("--older-than", "1y", "write 30m, 12h, 30d or 4w")],
)
def test_sizes_and_ages_that_are_none(run, option, value, remedy):
    assert remedy in run("store", option, value, code=2)


def test_a_bound_that_is_no_size_is_told(run, monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE_BOUND", "much")
    assert "`CLAIMS_STORE_BOUND`: 'much' is no size" in run("store", code=1)


def test_prepare_tells_of_a_wrong_setting_and_of_a_store_it_cannot_use(run, tmp_path, monkeypatch):
    assert "did you mean" in run("prepare", "--setting", "digts", code=2)
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path / "claims.yaml" / "inside"))
    assert "set CLAIMS_STORE to a folder" in run("prepare", "-n", "1", code=1)


def suite(tmp_path, **environment):
    """One run of the suite; returns its process and its result file's only claim."""
    (tmp_path / "claims.yaml").write_text(textwrap.dedent(SUITE))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "claims/",
        "--claims-file",
        tmp_path / "claims.yaml",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--claims-report",
        tmp_path / "reports",
    ]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, json.loads((tmp_path / "reports" / "claims.json").read_text())["claims"][0]


def test_a_suite_whose_store_cannot_be_written_ends_in_error_verdicts(tmp_path):
    (tmp_path / "file").write_text("no folder")
    done, claim = suite(tmp_path, CLAIMS_STORE=str(tmp_path / "file" / "store"))
    assert done.returncode == 1 and claim["verdict"] == claim["outcome"] == "error"
    assert (
        claim["reason"].startswith("StoreError: cannot ")
        and "set CLAIMS_STORE to a folder" in claim["reason"]
    )


def test_a_run_keeps_its_store_within_the_bound_but_for_what_it_used(tmp_path):
    store = Store(tmp_path / "store")
    place = store.root / "snapshots" / "old" / "seed-0-epoch-5.safetensors"
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x" * 1000)
    os.utime(place, (time.time() - 1000,) * 2)
    done, claim = suite(tmp_path, CLAIMS_STORE=str(store.root), CLAIMS_STORE_BOUND="1K")
    assert claim["verdict"] == "supported", done.stdout
    assert not place.exists() and len(list_entries(store)) == 15, (
        "what this run used is above the bound, and stays"
    )
    assert "1 entries (0 MiB), those longest unused, were removed to stay below" in done.stdout
    assert not leftovers(store.root)
