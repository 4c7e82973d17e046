"""Learning curves by credit rule: the sweep's networks where the rule is the sweep's, and
interrupted training goes on from its last snapshot.
"""

import numpy as np
import pytest
import torch

from claims.execution.estimates import expected_seconds
from claims.execution.machine import Machine
from claims.execution.measure import measure, snapshots_digests
from claims.execution.progress import RecordedProgress
from claims.experiments import Context
from claims.experiments.base import SettingsError
from claims.store.entries import Store
from models import checkpoints, datasets
from models.credit import Signal
from models.networks.network import output_error
from models.settings import BridgeSettings, NetworkSettings, TrainSettings
from models.streams import PROBE_BATCHES, independent_batches
from models.training import Task, Trainer, fresh, train
from tests.support.experiments import create
from tests.support.one_network import OneNetwork

NETWORK = {"width": 16, "blocks": 2, "residual": False, "norm": "none"}
TRAIN = {"epochs": 4, "schedule": "cosine"}
OPTIONS = {
    "dataset": "digits",
    "network": NETWORK,
    "train": TRAIN,
    "snapshots": [0, 1, 4],
    "sample": 200,
}
CREDITS = ("oracle", "fa", "dfa", "vec")
SEEDS = [3, 8]


def curves(base, **changes):
    return create("credit_training", {**OPTIONS, **changes}, base)


def trained(credit, epoch):
    task = Task(
        "digits",
        NetworkSettings(**NETWORK),
        TrainSettings(**TRAIN, credit=credit),
        1.0,
        BridgeSettings(),
    )
    state = fresh(task, SEEDS, "cpu")
    return task, next(train(task, state, "cpu", [epoch])) if epoch else state


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    return curves(tmp_path_factory.mktemp("curves")).measure(SEEDS)


def test_described_is_what_is_measured(observed, tmp_path):
    described = curves(tmp_path).describe()
    assert set(described) == set(observed.data_vars)
    for metric, dims in described.items():
        assert observed[metric].dims == ("seed", *dims)
        assert all(observed[name].values.tolist() == list(labels) for name, labels in dims.items())


def test_each_rules_curve_is_the_sweeps_that_trains_with_it(observed, tmp_path):
    for credit in CREDITS:
        sweep = create(
            "snapshot_sweep",
            {
                "dataset": "digits",
                "network": NETWORK,
                "train": {**TRAIN, "credit": credit},
                "snapshots": [1, 4],
                "probe": {"lr": 0.01, "batches": 8, "fit_batches": 1, "steps": 1},
            },
            tmp_path,
        ).measure(SEEDS)
        for metric in ("accuracy", "loss"):
            np.testing.assert_array_equal(
                observed[metric].sel(credit=credit, epoch=[1, 4]), sweep[metric]
            )


def test_all_rules_begin_with_the_same_networks(observed):
    untrained = observed.sel(epoch=0)
    for metric in ("accuracy", "loss", "train_loss", "state_norm"):
        assert (untrained[metric] == untrained[metric].sel(credit="dfa")).all()
        assert untrained[metric].sel(credit="dfa").std() > 0
    assert len({float(observed.loss.sel(credit=credit, epoch=4)[0]) for credit in CREDITS}) == 4


@pytest.mark.parametrize("credit", ["fa", "dfa", "vec"])
@pytest.mark.parametrize("epoch", [0, 4])
def test_curves_are_what_autograd_says_of_one_network(observed, credit, epoch):
    task, state = trained(credit, epoch)
    data = datasets.on_device("digits", "cpu")
    places = torch.from_numpy(
        independent_batches(PROBE_BATCHES, SEEDS, len(data.train_x), 1, 200)[0]
    )
    trainer = Trainer(task, state, "cpu")
    x = data.train_x[places]
    acts = trainer.network.forward(trainer.params, trainer.network.embed(trainer.params, x))
    signal = Signal(
        trainer.network,
        trainer.params,
        acts,
        output_error(acts.logits, data.train_y[places]),
        range(3),
    )
    credits = trainer.rule.credit(trainer.credit_state, signal)
    for s, seed in enumerate(SEEDS):
        one = OneNetwork(
            task.network,
            {n: t for n, t in state.of_seed(s).items() if not n.startswith(("adam.", "credit."))},
        )
        xs, ys = x[s].double(), data.train_y[places[s]]
        found = observed.sel(seed=seed, credit=credit, epoch=epoch)
        assert float(found.train_loss) == pytest.approx(
            one.losses_from(0, one.embed(xs), ys).mean().item(), rel=1e-5
        )
        assert float(found.state_norm) == pytest.approx(
            one.levels(xs)[-1].square().mean().sqrt().item(), rel=1e-5
        )
        truth = one.true_credit(xs, ys)
        for level in range(3):
            cosines = torch.nn.functional.cosine_similarity(
                credits[level, s].double(), truth[level], dim=-1, eps=1e-30
            )
            assert float(found.alignment.sel(block=level)) == pytest.approx(
                cosines.mean().item(), abs=1e-4
            )


def test_the_oracle_is_aligned_with_itself_and_no_other_is(observed):
    np.testing.assert_allclose(observed.alignment.sel(credit="oracle"), 1, atol=1e-6)
    others = observed.alignment.sel(credit=["fa", "dfa", "vec"])
    assert (abs(others) < 0.9999).all() and (
        others.sel(credit="vec", epoch=0) == 0
    ).all()  # nothing is learned yet


def test_seeds_do_not_depend_on_their_companions(observed, tmp_path):
    alone = curves(tmp_path).measure([8])
    for metric in observed.data_vars:
        np.testing.assert_array_equal(alone[metric][0], observed[metric].sel(seed=8))


class Interrupted(Exception):
    """Stands for a kill."""


def test_interrupted_training_goes_on_from_its_last_snapshot(observed, tmp_path, monkeypatch):
    store, original, ran = Store(tmp_path / "store"), Trainer.run_epoch, []

    def stopping(trainer):
        if trainer.rule.name == "dfa" and trainer.epoch == 2:
            raise Interrupted
        original(trainer)

    monkeypatch.setattr(Trainer, "run_epoch", stopping)
    with pytest.raises(Interrupted):
        measure(curves(tmp_path), SEEDS, Machine(), store)
    monkeypatch.setattr(
        Trainer,
        "run_epoch",
        lambda trainer: (ran.append((trainer.rule.name, trainer.epoch)), original(trainer)),
    )
    again = measure(curves(tmp_path), SEEDS, Machine(), store)
    assert ran == [("dfa", 1), ("dfa", 2), ("dfa", 3), *(("vec", epoch) for epoch in range(4))]
    for metric in observed.data_vars:
        np.testing.assert_array_equal(again[metric], observed[metric])
    # resumed: no measure of how long it takes
    assert expected_seconds(curves(tmp_path), Machine(), store) is None


def test_snapshots_are_shared_with_a_sweep_and_known_as_used(tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    sweep = create(
        "snapshot_sweep",
        {
            "dataset": "digits",
            "network": NETWORK,
            "train": {**TRAIN, "credit": "dfa"},
            "snapshots": [1, 4],
            "probe": {"lr": 0.01, "batches": 8, "fit_batches": 1, "steps": 1},
        },
        tmp_path,
    )
    measure(sweep, SEEDS, Machine(), store)
    monkeypatch.setattr(checkpoints, "train", None)  # nothing is trained
    measure(curves(tmp_path, credits=["dfa"]), SEEDS, Machine(), store)
    both = curves(tmp_path, credits=["oracle", "dfa"])
    assert (
        snapshots_digests(sweep, Machine())[0]
        == snapshots_digests(both, Machine())[1]
        != snapshots_digests(both, Machine())[0]
    )


def test_progress_counts_every_rules_epochs(tmp_path):
    shares = []

    class Listening:
        def write(self, **said):
            shares.append(said["share"])

    curves(tmp_path).measure(
        SEEDS,
        Context(
            store=Store(tmp_path / "store"),
            progress=RecordedProgress(Listening(), tuple(SEEDS)),
        ),
    )
    assert shares == sorted(shares) and shares[-1] == 1 and len(set(shares)) == 1 + 4 * 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"credits": []}, "`credits` is []; it must name at least one rule"),
        ({"credits": ["dfa", "dfa"]}, "without repeats"),
        ({"credits": ["random"]}, "'oracle', 'fa', 'dfa' or 'vec'"),
        ({"snapshots": [1, 0]}, "ascending and without repeats"),
        ({"snapshots": [-1]}, "greater than or equal to 0"),
        ({"snapshots": [5]}, "asks for epoch 5, but `train.epochs` is 4"),
    ],
)
def test_settings_that_make_no_experiment_are_named(options, message, tmp_path):
    with pytest.raises(SettingsError) as caught:
        curves(tmp_path, **options)
    assert message in str(caught.value)


def test_a_sample_larger_than_the_training_part_is_named(tmp_path):
    with pytest.raises(
        ValueError, match="`sample` is 2000, but the training part of `digits` has 1347 examples"
    ):
        curves(tmp_path, sample=2000).measure([0])


def test_what_networks_were_trained_with_before_is_replaced(tmp_path):
    dfa, oracle = (
        curves(tmp_path, train={**TRAIN, "credit": credit}).identity()
        for credit in ("dfa", "oracle")
    )
    assert dfa == oracle
