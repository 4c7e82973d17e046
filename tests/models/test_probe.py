"""The probe against a plain loop over seeds, rules and batches on one network with autograd."""

import numpy as np
import pytest
import torch

from models import datasets
from models.credit import dfa, vec
from models.probe import Snapshot, fit_bridge, probe
from models.settings import BridgeSettings, NetworkSettings, ProbeSettings, TrainSettings
from models.streams import PROBE_BATCHES, independent_batches
from models.training import Task, fresh, train
from tests.support.one_network import OneNetwork

SEEDS = (3, 8)
CREDITS = ("dfa", "vec", "oracle")


@pytest.fixture(scope="module", params=["last", "all"])
def probed(request):
    task = Task(
        "digits", NetworkSettings(width=12, blocks=2), TrainSettings(), 1.0, BridgeSettings()
    )
    settings = ProbeSettings(
        credits=CREDITS,
        blocks=request.param,
        steps=3,
        lr=0.05,
        batch=32,
        batches=4,
        averaged_over=2,
        fit_batches=10,
        fit_batch=32,
    )
    state = next(train(task, fresh(task, SEEDS, "cpu"), "cpu", [2]))
    return task, settings, state, probe(task, state, settings, "cpu")


def by_hand(task, settings, state, s, name, indices, bridge):
    """dL_same, dL_held and the first update of one seed, one rule, one batch: READING's words in a
    loop, in float64.
    """
    data = datasets.on_device("digits", "cpu")
    one = {n: t for n, t in state.of_seed(s).items() if not n.startswith(("adam.", "credit."))}
    network = OneNetwork(task.network, one)
    x, y = data.train_x[indices].double(), data.train_y[indices]
    held, held_y = data.held_x.double(), data.held_y

    def loss(inputs, labels):
        with torch.no_grad():
            return network.losses_from(0, network.embed(inputs), labels).mean().item()

    before, first = (loss(x, y), loss(held, held_y)), None
    probed = (
        range(task.network.blocks - 1, task.network.blocks)
        if settings.blocks == "last"
        else range(task.network.blocks)
    )
    for _ in range(settings.steps):
        levels = network.levels(x)
        error = torch.softmax(network.head(levels[-1]), -1) - torch.nn.functional.one_hot(y, 10)
        truth = network.true_credit(x, y)
        feedback = state.of_seed(s)[dfa.KEY].double()
        credit = []
        for level, h in enumerate(levels):
            spread = (h.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
            if name == "oracle":
                taught = truth[level]
            elif name == "dfa":
                taught = error @ feedback[level]
            else:
                taught = error @ bridge[level, s].double() / spread
            credit.append(taught.detach())
        grads = network.local_gradients(x, y, credit)
        mine = {
            n: torch.stack([g[block] for block in probed])
            for n, g in grads.items()
            if n.startswith("block.")
        }
        first = first or mine
        with torch.no_grad():
            for n, g in mine.items():
                for i, block in enumerate(probed):
                    network.p[n.replace(".", "_")][block] -= settings.lr * g[i]
    return (
        loss(x, y) - before[0],
        loss(held, held_y) - before[1],
        torch.cat([g.flatten() for g in first.values()]).detach().numpy(),
    )


@pytest.mark.parametrize("name", CREDITS)
def test_probe_equals_the_plain_loop(probed, name):
    task, settings, state, found = probed
    draws = independent_batches(
        PROBE_BATCHES, SEEDS, 1347, settings.batches, settings.batch, state.epoch
    )
    bridge = fit_bridge(
        Snapshot.of(task, state, "cpu"),
        settings.fit_batches,
        settings.fit_batch,
        task.bridge,
        "cpu",
    )[vec.KEY]
    c = CREDITS.index(name)
    for s in range(len(SEEDS)):
        results = [
            by_hand(task, settings, state, s, name, draws[b, s], bridge)
            for b in range(settings.batches)
        ]
        same, held, updates = map(np.array, zip(*results, strict=True))
        close = dict(rtol=2e-3, atol=2e-6)
        np.testing.assert_allclose(found["dL_same"][s, c], same, **close)
        np.testing.assert_allclose(found["dL_held"][s, c], held, **close)
        assert found["descent_rate"][s, c] == (same < 0).mean()
        centred = updates - updates.mean(0)
        variance = (centred**2).sum() / (len(updates) - 1)
        np.testing.assert_allclose(found["update_variance"][s, c], variance, rtol=1e-3)
        np.testing.assert_allclose(
            found["update_power"][s, c],
            (updates.mean(0) ** 2).sum() - variance / len(updates),
            rtol=5e-3,
        )


@pytest.mark.parametrize("name", ["dfa", "oracle"])
def test_averaged_steps_use_the_mean_update_over_the_group(probed, name):
    task, settings, state, found = probed
    draws = independent_batches(
        PROBE_BATCHES, SEEDS, 1347, settings.batches, settings.batch, state.epoch
    )
    c = CREDITS.index(name)
    for s in range(len(SEEDS)):
        for group in range(2):
            # equal batches: the mean of their means is the mean of all
            merged = draws[2 * group : 2 * group + 2, s].reshape(-1)
            _, held, _ = by_hand(task, settings, state, s, name, merged, None)
            np.testing.assert_allclose(
                found["dL_held_averaged"][s, c, 2 * group : 2 * group + 2],
                held,
                rtol=2e-3,
                atol=2e-6,
            )


def test_alignment_of_the_oracle_with_itself_is_one(probed):
    *_, found = probed
    np.testing.assert_allclose(found["alignment"][:, CREDITS.index("oracle")], 1, atol=1e-5)
    assert (np.abs(found["alignment"]) <= 1 + 1e-6).all()


def test_unbiased_power_can_be_negative_but_is_right_on_average():
    """Power of a mean update of zero: unbiased means centred on zero. 400 draws, bound at 4
    standard errors.
    """
    from models.probe import _moments

    generator = torch.Generator().manual_seed(0)
    update = torch.randn(1, 400, 16, 3, 4, generator=generator)
    variance, power = _moments({"block.W1": update})
    assert abs(power.mean()) < 4 * power.std() / 20 and power.min() < 0
    assert abs(variance.mean() - 12) < 4 * variance.std() / 20


def test_unit_credit_changes_the_scale_alone(probed):
    task, settings, state, raw = probed
    unit = probe(task, state, settings.model_copy(update={"credit_scale": "unit"}), "cpu")
    assert not np.allclose(unit["dL_same"], raw["dL_same"])
    np.testing.assert_allclose(unit["alignment"], raw["alignment"], atol=1e-6)
