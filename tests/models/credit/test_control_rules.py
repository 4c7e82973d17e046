"""The control rules of credit: what cannot know anything must not come out as knowing."""

import numpy as np
import pytest
import torch

from models.credit import RandomDraws, Signal, rule
from models.networks.network import output_error
from models.probe import probe
from models.settings import BridgeSettings, NetworkSettings, ProbeSettings, TrainSettings
from models.training import Task, fresh, train
from tests.support.networks import drawn

SHAPE = dict(width=11, blocks=2, residual=True, norm="layer", activation="relu")
CONTROLS = ("random", "signflip")


def credits(name, position=(5, 0, 0), seeds=range(3)):
    """The oracle's credit and a control's, (levels, G, B, W) both, for a stack of three
    networks.
    """
    network, params, _, y, acts = drawn(SHAPE, batch=400)
    signal = Signal(
        network,
        params,
        acts,
        output_error(acts.logits, y),
        range(3),
        RandomDraws(tuple(seeds), 1, position),
    )
    return rule("oracle").credit({}, signal), rule(name).credit({}, signal)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_controls_credit_is_as_long_as_the_oracles_for_each_example(name):
    truth, found = credits(name)
    torch.testing.assert_close(found.norm(dim=-1), truth.norm(dim=-1), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", CONTROLS)
def test_a_controls_credit_has_no_cosine_with_the_oracles(name):
    """Mean cosine over 1200 examples a level, bound at 5 standard errors: at most one each, for the
    sign.
    """
    truth, found = credits(name)
    cosine = torch.nn.functional.cosine_similarity(truth, found, dim=-1).flatten(1).mean(1)
    assert (cosine.abs() < 5 / np.sqrt(1200)).all()


def test_signflip_turns_whole_examples_alike_at_all_levels():
    truth, found = credits("signflip")
    turned = (found == -truth).all(-1)
    assert ((found == truth).all(-1) | turned).all()
    assert (turned == turned[0]).all()
    assert 0 < turned.double().mean() < 1


@pytest.mark.parametrize("name", CONTROLS)
def test_controls_draw_anew_at_every_step_and_for_every_seed(name):
    _, once = credits(name)
    assert torch.equal(once, credits(name)[1])
    assert not torch.allclose(once, credits(name, position=(5, 0, 1))[1])
    assert not torch.allclose(once, credits(name, seeds=(7, 1, 2))[1])


def test_controls_do_not_draw_each_others_numbers():
    draws = RandomDraws((0, 1), 2, (5, 0, 0))
    assert not torch.equal(draws.normal(0, (3,)), draws.normal(1, (3,)))


@pytest.mark.parametrize("name", CONTROLS)
def test_nothing_is_trained_on_a_control(name):
    network, params, _, y, acts = drawn(SHAPE)
    with pytest.raises(ValueError, match="can be probed, not trained with"):
        rule(name).credit({}, Signal(network, params, acts, output_error(acts.logits, y), range(3)))
    with pytest.raises(ValueError):
        TrainSettings(credit=name)


def probed(seeds):
    task = Task(
        "digits", NetworkSettings(width=12, blocks=2), TrainSettings(), 1.0, BridgeSettings()
    )
    settings = ProbeSettings(
        credits=CONTROLS, steps=2, lr=0.05, batch=32, batches=4, averaged_over=2
    )
    return probe(task, next(train(task, fresh(task, seeds, "cpu"), "cpu", [1])), settings, "cpu")


def test_a_seeds_controls_do_not_depend_on_its_companions():
    alone, together = probed((4,)), probed((9, 4, 2))
    for metric, values in alone.items():
        assert np.array_equal(values[0], together[metric][1]), metric
