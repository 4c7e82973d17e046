"""Training: independent of company, resumable bit for bit, and honest about divergence."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models import datasets
from models.probe import probe
from models.settings import ProbeSettings
from models.training import (
    NonFiniteError,
    Trainer,
    concatenate,
    evaluate,
    fresh,
    stack,
    train,
)
from tests.support.networks import same, task


def trained(made, seeds, epochs=1):
    return next(train(made, fresh(made, seeds, "cpu"), "cpu", [epochs]))


@settings(max_examples=12, deadline=None)
@given(
    companions=st.lists(st.integers(100, 120), max_size=5, unique=True),
    place=st.integers(0, 5),
    width=st.sampled_from([7, 9, 21, 37, 64]),
    credit=st.sampled_from(["dfa", "vec", "oracle", "fa"]),
    optimizer=st.sampled_from(["adam", "sgd"]),
)
def test_a_seed_does_not_depend_on_its_companions(companions, place, width, credit, optimizer):
    made = task(width=width, blocks=2, credit=credit, optimizer=optimizer)
    seeds = [*companions[:place], 3, *companions[place:]]
    alone, among = trained(made, [3]), trained(made, seeds)
    assert same(alone.of_seed(0), among.of_seed(seeds.index(3)))


@pytest.mark.parametrize("credit", ["dfa", "vec", "fa"])
def test_resumed_training_is_bit_for_bit_the_uninterrupted(credit):
    made = task(width=20, credit=credit, schedule="cosine", epochs=4)
    middle, end = train(made, fresh(made, [1, 2], "cpu"), "cpu", [2, 4])
    put_together = stack([middle.of_seed(0), middle.of_seed(1)], [1, 2], 2, "cpu")
    resumed = next(train(made, put_together, "cpu", [4]))
    assert same(end.tensors, resumed.tensors)


def test_head_gain_scales_the_heads_first_weights_and_nothing_else():
    usual, small = (
        fresh(task(width=16, head_gain=gain), [3, 4], "cpu").tensors for gain in (1.0, 0.1)
    )
    assert [name for name in usual if not torch.equal(usual[name], small[name])] == ["head.W"]
    torch.testing.assert_close(small["head.W"], 0.1 * usual["head.W"])


def test_concatenated_stacks_train_as_they_would_apart():
    made = task(width=20)
    one, two = fresh(made, [1], "cpu"), fresh(made, [2, 3], "cpu")
    together = next(train(made, concatenate([one, two]), "cpu", [1]))
    assert same(together.of_seed(2), trained(made, [3]).of_seed(0))


def test_backpropagation_learns_digits_and_seeds_differ():
    made = task(credit="oracle")
    state = trained(made, [0, 1], epochs=3)
    trainer = Trainer(made, state, "cpu")
    accuracy, loss = evaluate(trainer.network, trainer.params, trainer.data)
    assert (accuracy > 0.9).all() and (loss < 0.4).all() and accuracy[0] != accuracy[1]


def test_evaluation_in_parts_is_evaluation_of_the_whole(monkeypatch):
    made = task(width=16)
    trainer = Trainer(made, trained(made, [0, 1]), "cpu")
    whole = evaluate(trainer.network, trainer.params, trainer.data)
    monkeypatch.setattr("models.training.EVALUATED_AT_ONCE", 100)
    parts = evaluate(trainer.network, trainer.params, trainer.data)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_seeds_evaluation_and_probe_do_not_depend_on_the_stack(monkeypatch):
    """In parts too, as on data of CIFAR-10's size."""
    for module in ("training", "probe"):
        monkeypatch.setattr(f"models.{module}.EVALUATED_AT_ONCE", 100)
    made, seeds = task(width=24, blocks=2), [3, 100, 101, 102, 103]
    probing = ProbeSettings(
        credits=("dfa", "vec"),
        steps=2,
        lr=0.05,
        batch=16,
        batches=4,
        averaged_over=2,
        fit_batches=2,
        fit_batch=32,
    )
    alone, among = (trained(made, stack) for stack in ([3], seeds))
    one, all_of_them = (probe(made, state, probing, "cpu") for state in (alone, among))
    assert all(np.array_equal(one[metric][0], all_of_them[metric][0]) for metric in one)
    losses = [
        float(evaluate(Trainer(made, s, "cpu").network, s.tensors, Trainer(made, s, "cpu").data)[1])
        for s in (trained(made, [seed]) for seed in seeds)
    ]
    # several seeds: by luck one may keep its last bit
    assert losses == all_of_them["loss"].tolist()


def test_a_diverging_seed_is_named_with_its_epoch():
    made = task(width=8, optimizer="sgd", lr=1e30)
    with pytest.raises(
        NonFiniteError, match=r"non-finite parameters at epoch 1 in seed 4, 5; a smaller `train.lr`"
    ) as caught:
        trained(made, [4, 5])
    assert caught.value.seeds == (4, 5) and caught.value.epoch == 1


def test_digits_are_scikit_learns_and_split_for_good():
    from sklearn.datasets import load_digits

    found = datasets.load("digits")
    pixels, labels = load_digits(return_X_y=True)
    assert found.train_x.shape == (1347, 64) and found.held_x.shape == (450, 64)
    rebuilt = np.concatenate([found.train_x, found.held_x])
    spread = pixels.std() / np.concatenate([found.train_x, found.held_x]).std()
    raw = np.round((rebuilt - rebuilt.min()) * spread)
    rebuilt_rows, rows = (
        sorted(map(tuple, np.column_stack([x, y]).astype(int)))
        for x, y in ((raw, np.concatenate([found.train_y, found.held_y])), (pixels, labels))
    )
    assert rebuilt_rows == rows
    assert (found.train_y[:5].tolist(), found.held_y[:5].tolist()) == (
        [6, 4, 4, 1, 8],
        [2, 0, 7, 0, 2],
    )
    assert abs(found.train_x.mean()) < 1e-5 and abs(found.train_x.std() - 1) < 1e-5


def test_a_batch_larger_than_the_training_part_is_named():
    made = task(width=8, batch=1348)
    with pytest.raises(
        ValueError, match=r"`train\.batch` is 1348, but `digits` has 1347 examples to train on"
    ):
        trained(made, [0])


def test_an_unknown_data_set_is_named():
    with pytest.raises(ValueError, match="`mnist` is no data set; allowed: digits, cifar10"):
        datasets.load("mnist")


def test_bf16_trains_to_the_same_accuracy_and_measures_in_fp32():
    exact, fast = task(credit="oracle"), replace(task(credit="oracle"), precision="bf16")
    scores = {}
    for made in (exact, fast):
        trainer = Trainer(made, trained(made, [0, 1], epochs=5), "cpu")
        assert trainer.network.precision == "fp32"
        assert all(t.dtype == torch.float32 for t in trainer.params.values())
        scores[made.precision] = evaluate(trainer.network, trainer.params, trainer.data)[0]
    assert (abs(scores["fp32"] - scores["bf16"]) < 0.03).all()


def test_bf16_gradients_are_near_fp32s():
    made = task(width=64)
    gradients = {}
    for precision in ("fp32", "bf16"):
        trainer = Trainer(replace(made, precision=precision), fresh(made, [0, 1], "cpu"), "cpu")
        trainer._step(torch.arange(128).view(2, 64), 1e-3)
        gradients[precision] = trainer.grads
    for name, exact in gradients["fp32"].items():
        error = (gradients["bf16"][name] - exact).norm() / exact.norm()
        # three digits a product, and a unit here and there on the other side of zero
        assert 0 < error < 0.05, (name, error)
