"""Online training: arms share their trunk, and the trunk is the sweep's network."""

import numpy as np
import pytest

from models.experiment import BridgeSettings, NetworkSettings, SettingsError, TrainSettings, create
from models.takeover import run_arms
from models.training import Task, Trainer, evaluate, fresh, train


def test_takeover_at_20_is_the_sweeps_network_at_epoch_20(tmp_path):
    network, seeds = {"width": 16, "blocks": 2}, [0, 5]
    sweep = create("snapshot_sweep", {"dataset": "digits", "network": network, "train": {"epochs": 20}, "snapshots": [5, 20],
                                      "probe": {"lr": 0.01, "batches": 8, "fit_batches": 1}}, tmp_path).measure(seeds, "cpu")
    online = create("online_training", {"dataset": "digits", "network": network, "train": {"epochs": 21}, "takeover": [1, 20, "never"]},
                    tmp_path).measure(seeds, "cpu")
    for metric in ("accuracy", "loss"):
        for epoch in (5, 20):
            for arm in (1, 2):  # 20 and never
                np.testing.assert_array_equal(online[metric].sel(epoch=epoch)[:, arm], sweep[metric].sel(epoch=epoch))
    assert not np.array_equal(online["loss"].sel(epoch=21)[:, 1], online["loss"].sel(epoch=21)[:, 2])
    assert not np.array_equal(online["loss"].sel(epoch=5)[:, 0], online["loss"].sel(epoch=5)[:, 1])


def test_arms_equal_networks_trained_one_by_one():
    task = Task("digits", NetworkSettings(width=12, blocks=2), TrainSettings(epochs=4), 1.0, BridgeSettings())
    _, losses = run_arms(task, [7, 9], [0, 2, "never"], "cpu")
    trunk = Trainer(task, fresh(task, [7, 9], "cpu", bridge=True), "cpu", observes=True)
    for _ in range(2):
        trunk.run_epoch()
    late = Trainer(task, trunk.state(), "cpu", credit="vec")
    early = Trainer(task, fresh(task, [7, 9], "cpu", bridge=True), "cpu", credit="vec")
    for trainer, epochs in ((late, 2), (early, 4)):
        for _ in range(epochs):
            trainer.run_epoch()
    for arm, trainer in ((0, early), (1, late)):
        np.testing.assert_array_equal(losses[:, arm, -1], evaluate(trainer.network, trainer.params, trainer.data)[1])
    plain = next(train(task, fresh(task, [7, 9], "cpu"), "cpu", [4]))
    plain = Trainer(task, plain, "cpu")
    np.testing.assert_array_equal(losses[:, 2, -1], evaluate(plain.network, plain.params, plain.data)[1])


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
