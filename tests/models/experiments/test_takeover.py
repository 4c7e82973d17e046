"""Online training: arms share their trunk, and the trunk is the sweep's network."""

import numpy as np
import pytest

from claims.execution.machine import Machine
from claims.execution.measure import measure
from claims.experiments import Progress, Snapshots
from claims.experiments.base import SettingsError
from claims.store.entries import Store, StoreError
from claims.store.pruning import list_entries
from models.experiments.takeover import forget, run_arms
from models.settings import BridgeSettings, NetworkSettings, TrainSettings
from models.training import Task, Trainer, evaluate, fresh, train
from tests.support.experiments import create


def test_takeover_at_20_is_the_sweeps_network_at_epoch_20(tmp_path):
    network, seeds = {"width": 16, "blocks": 2}, [0, 5]
    sweep = create(
        "snapshot_sweep",
        {
            "dataset": "digits",
            "network": network,
            "train": {"epochs": 20},
            "snapshots": [5, 20],
            "probe": {"lr": 0.01, "batches": 8, "fit_batches": 1},
        },
        tmp_path,
    ).measure(seeds)
    online = create(
        "online_training",
        {
            "dataset": "digits",
            "network": network,
            "train": {"epochs": 21},
            "takeover": [1, 20, "never"],
        },
        tmp_path,
    ).measure(seeds)
    for metric in ("accuracy", "loss"):
        for epoch in (5, 20):
            for arm in (1, 2):  # 20 and never
                np.testing.assert_array_equal(
                    online[metric].sel(epoch=epoch)[:, arm], sweep[metric].sel(epoch=epoch)
                )
    assert not np.array_equal(
        online["loss"].sel(epoch=21)[:, 1], online["loss"].sel(epoch=21)[:, 2]
    )
    assert not np.array_equal(online["loss"].sel(epoch=5)[:, 0], online["loss"].sel(epoch=5)[:, 1])


def test_arms_equal_networks_trained_one_by_one():
    task = Task(
        "digits",
        NetworkSettings(width=12, blocks=2),
        TrainSettings(epochs=4),
        1.0,
        BridgeSettings(),
    )
    _, losses = run_arms(task, [7, 9], [0, 2, "never"], "cpu", Progress())
    trunk = Trainer(task, fresh(task, [7, 9], "cpu", bridge=True), "cpu", observes=True)
    for _ in range(2):
        trunk.run_epoch()
    late = Trainer(task, trunk.state(), "cpu", credit="vec")
    early = Trainer(task, fresh(task, [7, 9], "cpu", bridge=True), "cpu", credit="vec")
    for trainer, epochs in ((late, 2), (early, 4)):
        for _ in range(epochs):
            trainer.run_epoch()
    for arm, trainer in ((0, early), (1, late)):
        np.testing.assert_array_equal(
            losses[:, arm, -1], evaluate(trainer.network, trainer.params, trainer.data)[1]
        )
    plain = next(train(task, fresh(task, [7, 9], "cpu"), "cpu", [4]))
    plain = Trainer(task, plain, "cpu")
    np.testing.assert_array_equal(
        losses[:, 2, -1], evaluate(plain.network, plain.params, plain.data)[1]
    )


class Interrupted(Exception):
    """Stands for a kill."""


@pytest.mark.parametrize(
    ("takeover", "stop"), [([0, 15, "never"], 22), ([12, 20], 14), (["never"], 11)], ids=str
)
def test_interrupted_it_goes_on_from_the_last_tenth_epoch_to_the_same_bits(
    takeover, stop, tmp_path, monkeypatch
):
    options = {
        "dataset": "digits",
        "network": {"width": 12, "blocks": 1},
        "train": {"epochs": 24},
        "takeover": takeover,
    }
    experiment, store, seeds = (
        create("online_training", options, tmp_path),
        Store(tmp_path / "store"),
        [3, 1],
    )
    expected = experiment.measure(seeds)
    original, ran = Trainer.run_epoch, []

    def stopping(trainer):
        if trainer.epoch == stop:
            raise Interrupted
        original(trainer)

    monkeypatch.setattr(Trainer, "run_epoch", stopping)
    with pytest.raises(Interrupted):
        measure(experiment, seeds, Machine(), store)
    kept = [entry.path.name for entry in list_entries(store)]
    assert len(kept) == len(seeds) and all(f"arms-at-{stop // 10 * 10}." in name for name in kept)
    monkeypatch.setattr(
        Trainer, "run_epoch", lambda trainer: (ran.append(trainer.epoch), original(trainer))
    )
    again = measure(experiment, seeds, Machine(), store)
    assert min(ran) == stop // 10 * 10
    for metric in expected.data_vars:
        np.testing.assert_array_equal(again[metric], expected[metric])
    # nothing else stays
    assert [entry.stage for entry in list_entries(store)] == ["observations"] * len(seeds)


def test_seeds_that_were_kept_and_seeds_that_were_not_are_measured_together(tmp_path, monkeypatch):
    task = Task(
        "digits",
        NetworkSettings(width=12, blocks=1),
        TrainSettings(epochs=13),
        1.0,
        BridgeSettings(),
    )
    expected = run_arms(task, [3, 1], [0, 5, "never"], "cpu", Progress())
    kept = Snapshots(Store(tmp_path), "d")
    run_arms(task, [1], [0, 5, "never"], "cpu", Progress(), kept)
    for found, values in zip(
        run_arms(task, [3, 1], [0, 5, "never"], "cpu", Progress(), kept), expected, strict=True
    ):
        np.testing.assert_array_equal(found, values)
    forget(kept, [3, 1], 13)
    assert not list(list_entries(kept.store))


def test_what_is_kept_on_the_way_stays_until_the_observations_are_stored(tmp_path, monkeypatch):
    options = {
        "dataset": "digits",
        "network": {"width": 12, "blocks": 1},
        "train": {"epochs": 13},
        "takeover": [0, "never"],
    }
    experiment, store = create("online_training", options, tmp_path), Store(tmp_path / "store")
    save = Store.save

    def full(self, key, *rest):
        if key.stage == "observations":
            raise StoreError("no space left")
        save(self, key, *rest)

    monkeypatch.setattr(Store, "save", full)
    with pytest.raises(StoreError):
        measure(experiment, [3, 1], Machine(), store)
    assert len(list(list_entries(store))) == 2 and {
        entry.stage for entry in list_entries(store)
    } == {"snapshots"}
    monkeypatch.undo()
    measure(experiment, [3, 1], Machine(), store)
    assert [entry.stage for entry in list_entries(store)] == ["observations"] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"takeover": [0, 40]}, "must lie before the end of training"),
        ({"takeover": [0, 0]}, "without repeats"),
        ({"takeover": ["sometimes"]}, "never"),
        ({"train": {"credit": "vec"}}, "must be dfa"),
        ({"dataset": "mnist"}, "`mnist` is no data set; allowed: digits"),
        ({"train": {"lr": -1}}, "greater than 0"),
        ({"width": 3}, "Extra inputs"),
    ],
)
def test_settings_that_make_no_experiment_are_named(options, message, tmp_path):
    base = {"dataset": "digits", "train": {"epochs": 40}}
    with pytest.raises(SettingsError, match=message):
        create("online_training", {**base, **options}, tmp_path)
