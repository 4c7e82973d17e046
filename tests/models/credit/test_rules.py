"""Credit rules and local gradients against one network with autograd, for random shapes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.credit import Signal, at_levels, dfa, fa, rule, vec
from models.networks.gradients import block_gradients, dense, head_gradients, input_gradients
from models.networks.network import Network, example_losses, output_error
from models.settings import NetworkSettings
from models.training import State
from tests.support.networks import drawn
from tests.support.one_network import OneNetwork

shapes = st.builds(
    dict,
    width=st.sampled_from([2, 3, 5, 8, 13, 16, 21, 32]),
    blocks=st.integers(1, 4),
    residual=st.booleans(),
    norm=st.sampled_from(["layer", "none"]),
    activation=st.sampled_from(["relu", "tanh"]),
)


def of_seed(params, s):
    return State((), 0, params).of_seed(s)


@settings(max_examples=40, deadline=None)
@given(shape=shapes)
def test_oracle_equals_autograd_at_every_level(shape):
    network, params, x, y, acts = drawn(shape)
    levels = range(network.n_blocks + 1)
    found = rule("oracle").credit(
        {}, Signal(network, params, acts, output_error(acts.logits, y), levels)
    )
    for s in range(x.shape[0]):
        truth = OneNetwork(network.settings, of_seed(params, s)).true_credit(x[s], y[s])
        for level in levels:
            torch.testing.assert_close(found[level, s], truth[level], rtol=1e-4, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(shape=shapes, name=st.sampled_from(["dfa", "vec", "oracle", "fa"]))
def test_local_gradients_equal_each_parts_own_vjp(shape, name):
    network, params, x, y, acts = drawn(shape)
    error = output_error(acts.logits, y)
    state = random_state(name, network, x.shape[0])
    credit = rule(name).credit(
        state, Signal(network, params, acts, error, range(network.n_blocks + 1))
    )
    grads = {n: torch.full_like(t, torch.nan) for n, t in params.items()}
    given = dense(credit).clone()
    block_gradients(network, params, acts, credit[1:], grads)
    input_gradients(network, x, acts, credit[:1], grads)
    head_gradients(network, acts, error, grads)
    assert torch.equal(dense(credit), given)  # credit is not overwritten
    for s in range(x.shape[0]):
        truth = OneNetwork(network.settings, of_seed(params, s)).local_gradients(
            x[s], y[s], list(dense(credit)[:, s])
        )
        for parameter, gradient in of_seed(grads, s).items():
            torch.testing.assert_close(gradient, truth[parameter], rtol=1e-4, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(shape=shapes, name=st.sampled_from(["dfa", "vec", "oracle", "fa"]))
def test_what_a_workspace_held_before_changes_no_bit(shape, name):
    network, params, x, y, _ = drawn(shape)
    params, x = {n: t.float() for n, t in params.items()}, x.float()
    state = {n: t.float() for n, t in random_state(name, network, x.shape[0]).items()}
    space = network.workspace(*x.shape[:2], "cpu")
    found = []
    for within in (None, space, space):
        for tensor in within or ():
            tensor.fill_(torch.nan)
        into = None if within is None else within.levels[0]
        acts = network.forward(params, network.embed(params, x, into), within)
        error = output_error(acts.logits, y)
        credit = rule(name).credit(
            state, Signal(network, params, acts, error, range(network.n_blocks + 1))
        )
        grads = {n: torch.full_like(t, torch.nan) for n, t in params.items()}
        block_gradients(network, params, acts, credit[1:], grads)
        input_gradients(network, x, acts, credit[:1], grads)
        head_gradients(network, acts, error, grads)
        found.append(grads)
    assert all(torch.equal(found[0][n], later[n]) for later in found[1:] for n in params)


@settings(max_examples=25, deadline=None)
@given(shape=shapes)
def test_dfa_and_vec_are_what_the_formulas_say(shape):
    network, params, _, y, acts = drawn(shape)
    error = output_error(acts.logits, y)
    signal = Signal(network, params, acts, error, range(network.n_blocks + 1))
    fixed, learned = random_state("dfa", network, 3), random_state("vec", network, 3)
    for level in signal.levels:
        expected = torch.einsum("scb,scw->sbw", error, fixed[dfa.KEY][level])
        torch.testing.assert_close(dense(dfa.credit(fixed, signal))[level], expected)
        expected = torch.einsum("scb,scw->sbw", error, learned[vec.KEY][level])
        if shape["norm"] == "layer":
            expected = (
                expected / (acts.h[level].var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()
            )
        torch.testing.assert_close(dense(vec.credit(learned, signal))[level], expected)


@pytest.mark.parametrize("name", ["dfa", "vec", "oracle", "fa"])
def test_credit_at_some_levels_is_that_part_of_all(name):
    network, params, _, y, acts = drawn(dict(width=6, blocks=3))
    error, state = output_error(acts.logits, y), random_state(name, network, 3)
    whole = rule(name).credit(state, Signal(network, params, acts, error, range(4)))
    part = rule(name).credit(at_levels(state, [2, 3]), Signal(network, params, acts, error, [2, 3]))
    assert torch.equal(dense(part), dense(whole)[2:])


def with_feedback(network, params, state, s):
    """Seed s's network with its feedback matrices as the weights of blocks and head."""
    blocks = {
        f"block.{name.removeprefix(fa.ABOVE)}": t[:-1, s]
        for name, t in state.items()
        if name.startswith(fa.ABOVE)
    }
    return OneNetwork(
        network.settings, {**of_seed(params, s), **blocks, "head.W": state[fa.HEAD][s]}
    )


@settings(max_examples=40, deadline=None)
@given(shape=shapes)
def test_feedback_alignment_passes_credit_through_its_own_matrices(shape):
    """Against autograd through each part alone: the derivative is the network's, the matrices are
    the feedback's.
    """
    network, params, x, y, acts = drawn(shape)
    error, state = output_error(acts.logits, y), random_state("fa", network, 3)
    found = rule("fa").credit(
        state, Signal(network, params, acts, error, range(network.n_blocks + 1))
    )
    for s in range(x.shape[0]):
        truth = [None] * (network.n_blocks + 1)
        one, other = (
            OneNetwork(network.settings, of_seed(params, s)),
            with_feedback(network, params, state, s),
        )
        h = [level.detach().requires_grad_() for level in one.levels(x[s])]
        truth[-1] = torch.autograd.grad(
            ((one.norm(h[-1]) @ other.p["head_W"]) * error[s].T).sum(), h[-1]
        )[0]
        for level in reversed(range(network.n_blocks)):
            above = (block_through(one, other, level, h[level]) * truth[level + 1]).sum()
            truth[level] = torch.autograd.grad(above, h[level])[0]
        for level, expected in enumerate(truth):
            torch.testing.assert_close(found[level, s], expected, rtol=1e-4, atol=1e-6)


def block_through(one, other, level, h):
    """The level above as a function of h whose slope has `other`'s matrices but the activation's
    derivative at `one`'s states.
    """
    n = one.norm(h)
    z = (n @ one.p["block_W1"][level] + one.p["block_b1"][level]).detach()
    slope = (1 - torch.tanh(z) ** 2) if one.s.activation == "tanh" else (z > 0).double()
    r = (n @ other.p["block_W1"][level]) * slope
    return h + r @ other.p["block_W2"][level] if one.s.residual else r


@settings(max_examples=25, deadline=None)
@given(shape=shapes)
def test_feedback_alignment_through_the_weights_themselves_is_the_oracle(shape):
    network, params, _, y, acts = drawn(shape)
    signal = Signal(
        network, params, acts, output_error(acts.logits, y), range(network.n_blocks + 1)
    )
    blocks = {
        fa.ABOVE + name: params[f"block.{name}"]
        for name in network.block_shapes()
        if name[0] == "W"
    }
    state = {name: torch.cat([t, torch.zeros_like(t[:1])]) for name, t in blocks.items()} | {
        fa.HEAD: params["head.W"]
    }
    assert torch.equal(rule("fa").credit(state, signal), rule("oracle").credit({}, signal))


def test_feedback_alignments_matrices_are_like_initial_weights_but_others():
    network = Network(NetworkSettings(width=200, blocks=3), 5, 10)
    state, params = fa.initial(network, range(4), "cpu", 2.0), network.initial(range(4), "cpu")
    assert state[fa.HEAD].shape == params["head.W"].shape
    assert state[fa.HEAD].var().item() == pytest.approx(4 / 200, rel=0.1)
    for name in ("W1", "W2"):
        weights, feedback = params[f"block.{name}"], state[fa.ABOVE + name]
        assert feedback[:-1].var().item() == pytest.approx(weights.var().item(), rel=0.02)
        assert not feedback[-1].any()
        # 480,000 independent pairs: standard error 0.0014
        assert abs((feedback[:-1] * weights).mean() / weights.var()) < 0.01
    assert not torch.equal(state[fa.ABOVE + "W1"][0, 0], state[fa.ABOVE + "W1"][0, 1])


def test_feedback_has_variance_one_over_width():
    network = Network(NetworkSettings(width=200, blocks=3), 5, 10)
    matrices = dfa.initial(network, range(8), "cpu")[dfa.KEY]
    # 64,000 draws: standard error 0.6 %
    assert matrices.var().item() == pytest.approx(1 / 200, rel=0.05)
    assert not torch.equal(matrices[0, 0], matrices[1, 0])
    assert not torch.equal(matrices[0, 0], matrices[0, 1])


def test_an_unknown_rule_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"'dfaa'; allowed: dfa, oracle, vec, fa"):
        rule("dfaa")


@settings(max_examples=30, deadline=None)
@given(scale=st.sampled_from([1e-3, 1.0, 30.0, 300.0]), seed=st.integers(0, 99))
def test_losses_equal_cross_entropy_and_keep_their_digits_where_they_vanish(scale, seed):
    logits = scale * torch.randn(2, 4, 5, generator=torch.Generator().manual_seed(seed))
    y = torch.randint(4, (2, 5), generator=torch.Generator().manual_seed(seed + 1))
    found = example_losses(logits, y)
    truth = torch.nn.functional.cross_entropy(logits.double(), y, reduction="none")
    torch.testing.assert_close(found, truth, rtol=1e-9, atol=1e-14)
    sure = example_losses(torch.tensor([[[40.0], [0.0], [0.0]]]), torch.tensor([[0]]))
    # 2 exp(-40): log1p keeps it
    assert sure.item() == pytest.approx(2 * 4.248354255291589e-18, rel=1e-6)


def random_state(name, network, n_seeds):
    generator = torch.Generator().manual_seed(3)
    state = rule(name).initial(network, range(n_seeds), "cpu", 1.0)
    return {n: torch.randn(t.shape, generator=generator).double() for n, t in state.items()}
