"""The implementation broken on purpose, one thing at a time: each is noticed. docs/sabotage.md says by what."""

import numpy as np
import pytest
import torch
import xarray

from benchmarks.sabotage import SABOTAGES, TABLE, bench, table
from models import datasets
from models.credit import rule
from models.experiment import BridgeSettings, NetworkSettings, ProbeSettings, TrainSettings
from models.probe import Snapshot, _Bench
from models.streams import batch_order
from models.training import Task, fresh, train


@pytest.fixture(scope="module")
def intact():
    with bench() as b:
        yield b


@pytest.fixture(scope="module")
def noticed(intact):
    return {sabotage.name: intact.try_out(sabotage) for sabotage in SABOTAGES}


def test_with_nothing_broken_no_control_fails(intact):
    assert intact.controls_intact() == ()


def test_every_sabotage_is_noticed_and_most_by_claims_or_controls(noticed):
    assert len(noticed) >= 12
    assert [name for name, found in noticed.items() if not (found.by_suite or found.guard)] == []
    assert sum(found.by_suite for found in noticed.values()) >= 8


def test_every_guard_notices_what_it_guards_against(noticed):
    assert [s.name for s in SABOTAGES if s.guard and not noticed[s.name].guard] == []


def test_the_table_is_what_was_found(noticed):
    """What is broken, line by line; not by which claims it was noticed, since elsewhere the last bits may tip a verdict."""
    written, found = TABLE.read_text(encoding="utf-8").splitlines(), table(noticed).splitlines()
    assert [line.split("|")[1:2] for line in written] == [line.split("|")[1:2] for line in found]


def task(**options):
    return Task("digits", NetworkSettings(width=8, blocks=2), TrainSettings(**options), 1.0, BridgeSettings())


def test_training_equals_a_plain_loop_over_its_epochs():
    """Two epochs of gradient descent by hand, autograd through one network; float32 against float64."""
    from reference import OneNetwork

    made = task(credit="oracle", optimizer="sgd", lr=0.1)
    start, data = fresh(made, [4], "cpu"), datasets.on_device("digits", "cpu")
    network = OneNetwork(made.network, start.of_seed(0))
    for epoch in range(2):
        for index in batch_order([4], epoch, len(data.train_x), made.train.batch)[:, 0]:
            losses = network.losses_from(0, network.embed(data.train_x[index].double()), data.train_y[index])
            for parameter, grad in zip(network.parameters(), torch.autograd.grad(losses.mean(), list(network.parameters())), strict=True):
                parameter.data -= 0.1 * grad
    found = next(train(made, start, "cpu", [2])).of_seed(0)
    for name, value in network.p.items():
        torch.testing.assert_close(found[name.replace("_", ".", 1)].double(), value.data, rtol=1e-3, atol=1e-4)


def test_the_probe_moves_the_last_block_alone():
    """Steps of the oracle on one batch, by the bench and on the last block's parameters alone by autograd."""
    from reference import OneNetwork

    state, data = fresh(task(), [4], "cpu"), datasets.on_device("digits", "cpu")
    settings = ProbeSettings(credits=("oracle",), steps=1, lr=0.1, batch=32, batches=2, averaged_over=2)
    batches = torch.arange(64).view(1, 2, 32)
    found = _Bench(Snapshot.of(task(), state, "cpu"), settings).measure(rule("oracle"), {}, batches)["dL_same"][0, 0]
    network = OneNetwork(NetworkSettings(width=8, blocks=2), {n: t for n, t in state.of_seed(0).items() if "." in n and n[:5] not in ("adam.", "credi")})
    x, y = data.train_x[:32].double(), data.train_y[:32]

    def loss():
        return network.losses_from(0, network.embed(x), y).mean()

    before, names = loss(), [n for n in network.p if n.startswith("block")]
    grads = torch.autograd.grad(before, [network.p[n] for n in names])
    for name, grad in zip(names, grads, strict=True):
        network.p[name].data[-1] -= 0.1 * grad[-1]
    np.testing.assert_allclose(found, (loss() - before).item(), rtol=1e-3)


def test_variance_is_over_the_batches_of_a_seed():
    from models import probe

    updates = torch.arange(2.0).view(1, 2, 1, 1, 1).expand(1, 2, 5, 3, 4).clone()  # seeds differ, batches do not
    variance, power = probe._moments({"block.W1": updates})
    assert variance.tolist() == [0, 0] and power.tolist() == [0, 12]


def test_conditions_stay_paired_by_seed():
    from claims.expression import Term
    from claims.judge import cut

    observed = xarray.Dataset({"m": (("seed", "arm"), np.arange(8.0)[:, None] + [0.0, 0.5, 1.0])},
                              {"seed": range(8), "arm": ["a", "long", "longer"]})
    terms = [Term("m", (("arm", arm),)) for arm in ("a", "long", "longer")]
    rows = cut(observed, terms, type("Paired", (), {"replicates": (), "paired": True})).sample.cells[0]
    assert (rows - rows[:, :1] == [0.0, 0.5, 1.0]).all()
