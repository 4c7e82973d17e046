"""Measuring through the store: each missing seed made once, whoever asks; resumed where it stopped;
the same for any split.
"""

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import xarray

from claims.execution import chunks
from claims.execution import measure as measuring
from claims.execution.machine import Machine
from claims.execution.measure import measure, observations_digest, plan, snapshots_digests
from claims.experiments import kinds
from claims.experiments.context import SNAPSHOTS, snapshots_digest
from claims.store.entries import DamagedEntryWarning, Key, Store
from models.training import Trainer
from tests.support import ROOT
from tests.support.experiments import create

OPTIONS = {
    "dataset": "digits",
    "network": {"width": 8, "blocks": 1},
    "train": {"epochs": 3},
    "snapshots": [1, 3],
    "probe": {"lr": 0.01, "batch": 16, "batches": 8, "fit_batches": 2, "fit_batch": 16, "steps": 1},
}
MACHINE = Machine()


def sweep(base, **changes):
    return create("snapshot_sweep", {**OPTIONS, **changes}, base)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def epochs_run(monkeypatch):
    """Every (seeds, epoch) that training goes through."""
    ran, original = [], Trainer.run_epoch

    def counted(self):
        ran.append((self.seeds, self.epoch))
        return original(self)

    monkeypatch.setattr(Trainer, "run_epoch", counted)
    return ran


def test_nothing_is_trained_twice_and_more_seeds_train_only_themselves(tmp_path, store, epochs_run):
    first = measure(sweep(tmp_path), [0, 1], MACHINE, store)
    assert {seeds for seeds, _ in epochs_run} == {(0, 1)}
    epochs_run.clear()
    again = measure(sweep(tmp_path), [1, 0], MACHINE, store)
    assert not epochs_run and again["seed"].values.tolist() == [1, 0]
    xarray.testing.assert_identical(again.sel(seed=[0, 1]), first)
    measure(sweep(tmp_path), [0, 1, 2], MACHINE, store)
    assert {seeds for seeds, _ in epochs_run} == {(2,)}


def test_stored_is_what_was_measured(tmp_path, store):
    direct = sweep(tmp_path).measure([4, 5])
    stored = measure(sweep(tmp_path), [4, 5], MACHINE, store)
    for metric in direct.data_vars:
        np.testing.assert_array_equal(direct[metric], stored[metric])
        assert direct[metric].dims == stored[metric].dims
    assert stored["credit"].values.tolist() == ["dfa", "vec", "oracle"]


def test_labels_of_mixed_types_come_back_as_they_were(tmp_path, store):
    online = create(
        "online_training",
        {
            "dataset": "digits",
            "network": OPTIONS["network"],
            "train": {"epochs": 2},
            "takeover": [0, 1, "never"],
        },
        tmp_path,
    )
    assert measure(online, [0], MACHINE, store)["takeover"].values.tolist() == [0, 1, "never"]


def test_a_change_to_the_probe_reuses_snapshots_and_one_to_training_does_not(
    tmp_path, store, epochs_run
):
    measure(sweep(tmp_path), [0], MACHINE, store)
    epochs_run.clear()
    measure(sweep(tmp_path, probe={**OPTIONS["probe"], "lr": 0.02}), [0], MACHINE, store)
    measure(sweep(tmp_path, snapshots=[3]), [0], MACHINE, store)
    assert not epochs_run
    measure(sweep(tmp_path, train={"epochs": 3, "lr": 0.01}), [0], MACHINE, store)
    assert epochs_run


def test_longer_training_goes_on_from_the_last_snapshot(tmp_path, store, epochs_run):
    measure(sweep(tmp_path), [0], MACHINE, store)
    epochs_run.clear()
    longer = dict(train={"epochs": 5}, snapshots=[1, 3, 5])
    found = measure(sweep(tmp_path, **longer), [0], MACHINE, store)
    assert [epoch for _, epoch in epochs_run] == [3, 4]
    whole = sweep(tmp_path, **longer).measure([0])
    np.testing.assert_array_equal(found["dL_held"], whole["dL_held"])


def test_a_damaged_snapshot_is_made_again(tmp_path, store, epochs_run):
    measure(sweep(tmp_path), [0, 1], MACHINE, store)
    epochs_run.clear()
    damaged = next((store.root / SNAPSHOTS).rglob("seed-1-epoch-3.safetensors"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.warns(DamagedEntryWarning, match="seed-1-epoch-3"):
        measure(
            sweep(tmp_path, snapshots=[1, 3], probe={**OPTIONS["probe"], "lr": 0.02}),
            [0, 1],
            MACHINE,
            store,
        )
    assert epochs_run == [((1,), 1), ((1,), 2)]


def test_identity_knows_what_matters_and_nothing_else(tmp_path):
    def digest(machine=MACHINE, **changes):
        return observations_digest(sweep(tmp_path, **changes), machine)

    assert (
        digest()
        == digest(probe=dict(reversed(OPTIONS["probe"].items())))
        == digest(Machine(workers=4))
    )
    different = [
        digest(),
        digest(snapshots=[3]),
        digest(feedback={"scale": 2.0}),
        digest(network={"width": 9, "blocks": 1}),
        digest(Machine("cuda", remote=True)),
        digest(Machine(precision="bf16")),
    ]
    assert len(set(different)) == len(different)


def test_plan_counts_without_measuring(tmp_path, store):
    assert plan(sweep(tmp_path), [0, 1], MACHINE, store).missing == 2
    measure(sweep(tmp_path), [0], MACHINE, store)
    found = plan(sweep(tmp_path), [0, 1], MACHINE, store)
    assert (found.total, found.cached, found.missing) == (2, 1, 1)


def test_chunks_do_not_change_results(tmp_path, store, monkeypatch):
    whole = measure(sweep(tmp_path), [0, 1, 2], MACHINE, store)
    monkeypatch.setattr(measuring, "chunk_size", lambda *_: 1)
    parts = measure(sweep(tmp_path), [0, 1, 2], MACHINE, Store(tmp_path / "other"))
    for metric in whole.data_vars:
        np.testing.assert_array_equal(whole[metric], parts[metric])


def test_chunks_fit_the_caches_or_the_memory(tmp_path):
    def chunk(width, kind="snapshot_sweep", **options):
        made = create(
            kind,
            {
                "dataset": "digits",
                "network": {"width": width, "blocks": 4},
                "train": {"batch": 128},
                **options,
            },
            tmp_path,
        )
        return chunks.chunk_size(made, "cpu", 64), made.implementation.bytes_of_seed()

    probed = {"probe": OPTIONS["probe"]}
    small, middle, large, huge = (chunk(width, **probed) for width in (16, 256, 1024, 4096))
    assert small[0] > chunks.FEWEST_AT_ONCE and small[0] * small[1] <= chunks.CPU_WORKING_SET
    assert middle[0] == chunks.FEWEST_AT_ONCE
    assert 1 <= large[0] < chunks.FEWEST_AT_ONCE
    assert large[0] * large[1] <= chunks.LARGEST_WORKING_SET
    assert huge[0] == 1
    arms = chunk(512, "online_training")
    assert arms[1] == 5 * chunk(512, **probed)[1]
    assert arms[0] * arms[1] <= chunks.LARGEST_WORKING_SET


def test_processes_that_start_together_share_the_work(tmp_path, store):
    """Three processes ask for six seeds on one empty store: each seed is trained by one of them,
    and all see the same.
    """
    code = f"""
        import sys
        from pathlib import Path
        from tests.support.experiments import create
        from claims.execution.machine import Machine
        from claims.execution.measure import measure
        from claims.store.entries import Store
        from models.training import Trainer
        original = Trainer.run_epoch
        def counted(self):
            if self.epoch == 0:
                print("trained", *self.seeds)
            original(self)
        Trainer.run_epoch = counted
        experiment = create("snapshot_sweep", {OPTIONS!r}, Path("."))
        found = measure(experiment, range(6), Machine(workers=3), Store({str(store.root)!r}))
        print("loss", found["loss"].values.tobytes().hex())
    """
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    outputs = [process.communicate()[0].splitlines() for process in processes]
    trained = [
        seed
        for lines in outputs
        for line in lines
        if line.startswith("trained")
        for seed in line.split()[1:]
    ]
    assert sorted(trained) == list("012345")
    assert len({line for lines in outputs for line in lines if line.startswith("loss")}) == 1
    assert not list(store.root.rglob("*.lock")) and not list(store.root.rglob("*.part"))


def test_an_observation_entry_is_one_seeds(tmp_path, store):
    measure(sweep(tmp_path), [0, 1], MACHINE, store)
    key = Key(measuring.STAGE, observations_digest(sweep(tmp_path), MACHINE), 1)
    assert store.fetch(key).arrays["dL_held"].shape == (3, 2, 8)


def test_snapshots_of_a_kind_of_ones_own_are_keyed_by_its_source(tmp_path):
    """So that edited code does not go on from what the old code trained."""
    options = {"epochs": 5, "rates": [0.1]}
    folder = ROOT / "examples" / "own_experiment"
    made = kinds.create("long_run:LongRun", options, folder)
    store = Store(tmp_path / "store")
    measure(made, [0], MACHINE, store)
    (kept,) = (path.name for path in (store.root / "snapshots").iterdir())
    assert (kept,) == snapshots_digests(made, MACHINE)
    (identity,) = made.implementation.snapshot_identities()
    machine = MACHINE.place(made).identity()
    edited = snapshots_digest(identity, machine, lambda: made.code() | {"source": "edited"})
    assert kept == snapshots_digest(identity, machine, made.code) != edited
