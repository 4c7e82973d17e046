"""The implementation broken on purpose, one thing at a time: each is noticed. docs/sabotage.md says
by what.
"""

import numpy as np
import pytest
import torch
import xarray

from benchmarks.sabotage import PLACEBOS, SABOTAGES, TABLE, Sabotage, bench, table
from models import datasets
from models.credit import Signal, dfa, rule, vec
from models.networks.gradients import dense
from models.networks.network import output_error
from models.probe import Snapshot, _ProbedBlocks
from models.settings import BridgeSettings, NetworkSettings, ProbeSettings, TrainSettings
from models.streams import batch_order
from models.training import Task, fresh, train
from tests.support.networks import drawn


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


def test_what_a_placebo_does_too_is_not_noticing(intact, noticed):
    """Unbroken code in place of a sabotage, a placebo among it, is noticed by nothing; and nothing
    rests on a claim that a placebo flips.
    """
    assert len(PLACEBOS) >= 2 and len(intact.placebos) == len(PLACEBOS)
    batches = next(p for p in PLACEBOS if p.changes)
    assert not intact.try_out(Sabotage("nothing", lambda patch: None)).by_suite
    assert not intact.try_out(Sabotage("batches", batches.changes, trains=True)).by_suite
    unsteady = {claim for claims, _ in intact.placebos.values() for claim in claims}
    assert unsteady
    assert not [
        name for name, found in noticed.items() if unsteady & {*found.claims, *found.controls}
    ]


def test_the_table_is_what_was_found(intact, noticed):
    """What is broken, line by line; not by which claims it was noticed, since elsewhere the last
    bits may tip a verdict.
    """
    written, found = (
        TABLE.read_text(encoding="utf-8").splitlines(),
        table(noticed, intact.placebos).splitlines(),
    )
    assert [line.split("|")[1:2] for line in written] == [line.split("|")[1:2] for line in found]


def task(**options):
    return Task(
        "digits",
        NetworkSettings(width=8, blocks=2),
        TrainSettings(**options),
        1.0,
        BridgeSettings(),
    )


def test_training_equals_a_plain_loop_over_its_epochs():
    """Two epochs of gradient descent by hand, autograd through one network; float32 against
    float64.
    """
    from tests.support.one_network import OneNetwork

    made = task(credit="oracle", optimizer="sgd", lr=0.1)
    start, data = fresh(made, [4], "cpu"), datasets.on_device("digits", "cpu")
    network = OneNetwork(made.network, start.of_seed(0))
    for epoch in range(2):
        for index in batch_order([4], epoch, len(data.train_x), made.train.batch)[:, 0]:
            losses = network.losses_from(
                0, network.embed(data.train_x[index].double()), data.train_y[index]
            )
            for parameter, grad in zip(
                network.parameters(),
                torch.autograd.grad(losses.mean(), list(network.parameters())),
                strict=True,
            ):
                parameter.data -= 0.1 * grad
    found = next(train(made, start, "cpu", [2])).of_seed(0)
    for name, value in network.p.items():
        torch.testing.assert_close(
            found[name.replace("_", ".", 1)].double(), value.data, rtol=1e-3, atol=1e-4
        )


def test_the_probe_moves_the_last_block_alone():
    """Steps of the oracle on one batch, by the bench and on the last block's parameters alone by
    autograd.
    """
    from tests.support.one_network import OneNetwork

    state, data = fresh(task(), [4], "cpu"), datasets.on_device("digits", "cpu")
    settings = ProbeSettings(
        credits=("oracle",), steps=1, lr=0.1, batch=32, batches=2, averaged_over=2
    )
    batches = torch.arange(64).view(1, 2, 32)
    blocks = _ProbedBlocks(Snapshot.of(task(), state, "cpu"), settings)
    found = blocks.measure(rule("oracle"), {}, batches, blocks.entering_states(batches))["dL_same"][
        0, 0
    ]
    network = OneNetwork(
        NetworkSettings(width=8, blocks=2),
        {n: t for n, t in state.of_seed(0).items() if "." in n and n[:5] not in ("adam.", "credi")},
    )
    x, y = data.train_x[:32].double(), data.train_y[:32]

    def loss():
        return network.losses_from(0, network.embed(x), y).mean()

    before, names = loss(), [n for n in network.p if n.startswith("block")]
    grads = torch.autograd.grad(before, [network.p[n] for n in names])
    for name, grad in zip(names, grads, strict=True):
        network.p[name].data[-1] -= 0.1 * grad[-1]
    np.testing.assert_allclose(found, (loss() - before).item(), rtol=1e-3)


def signals(*factors):
    """One batch's states and errors, its weights multiplied by each factor: what a rule may look
    at.
    """
    network, params, x, y, _ = drawn(
        dict(width=6, blocks=2, residual=True, norm="layer", activation="relu")
    )
    params = {n: t.float() for n, t in params.items()}
    acts = network.forward(params, network.embed(params, x.float()))
    return [
        Signal(
            network,
            {n: factor * t for n, t in params.items()},
            acts,
            output_error(acts.logits, y),
            range(3),
        )
        for factor in factors
    ]


def credited(name, key, signal):
    """A rule's credit from matrices that are the same at each call."""
    return dense(
        rule(name).credit({key: torch.linspace(-1, 1, 3 * 3 * 4 * 6).view(3, 3, 4, 6)}, signal)
    )


def test_vec_does_not_look_at_the_weights_above():
    """States and errors as they were, other weights: the true gradient changes, vec's credit does
    not.
    """
    one, other = signals(1.0, 2.0)
    assert torch.equal(credited("vec", vec.KEY, one), credited("vec", vec.KEY, other))
    assert not torch.allclose(
        *(dense(rule("oracle").credit({}, signal)) for signal in (one, other))
    )


def test_dfas_feedback_is_fixed():
    (signal,) = signals(1.0)
    assert torch.equal(credited("dfa", dfa.KEY, signal), credited("dfa", dfa.KEY, signal))


def test_the_probed_block_gets_its_own_credit():
    """Feedback for the last block alone moves it; feedback for all levels below does not."""
    settings = ProbeSettings(
        credits=("dfa",), steps=1, lr=0.1, batch=32, batches=2, averaged_over=2
    )
    blocks = _ProbedBlocks(Snapshot.of(task(), fresh(task(), [4], "cpu"), "cpu"), settings)
    last = torch.zeros(3, 1, 10, 8)
    last[2] = torch.linspace(-1, 1, 80).view(10, 8)
    batches = torch.arange(64).view(1, 2, 32)
    moved, still = (
        blocks.measure(rule("dfa"), {dfa.KEY: feedback}, batches, blocks.entering_states(batches))[
            "dL_same"
        ]
        for feedback in (last, last.flip(0))
    )
    assert (moved != 0).all() and (still == 0).all()


def test_variance_is_over_the_batches_of_a_seed():
    from models import probe

    # seeds differ, batches do not
    updates = torch.arange(2.0).view(1, 2, 1, 1, 1).expand(1, 2, 5, 3, 4).clone()
    variance, power = probe._moments({"block.W1": updates})
    assert variance.tolist() == [0, 0] and power.tolist() == [0, 12]


def test_conditions_stay_paired_by_seed():
    from claims.language import Term
    from claims.samples import extract_sample

    observed = xarray.Dataset(
        {"m": (("seed", "arm"), np.arange(8.0)[:, None] + [0.0, 0.5, 1.0])},
        {"seed": range(8), "arm": ["a", "long", "longer"]},
    )
    terms = [Term("m", (("arm", arm),)) for arm in ("a", "long", "longer")]
    rows = extract_sample(
        observed, terms, type("Paired", (), {"replicates": (), "paired": True})
    ).sample.cells[0]
    assert (rows - rows[:, :1] == [0.0, 0.5, 1.0]).all()
