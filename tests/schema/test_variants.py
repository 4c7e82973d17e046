"""Which variants there are, and what is wrong with how a claim file states them."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.schema import ClaimFileError
from claims.schema.variants import Variant, Variants, combinations
from tests.support.variants import SWEEP, load_sweep

CHOICES = st.dictionaries(
    st.sampled_from("abcde"),
    st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True).map(tuple),
    min_size=1,
    max_size=5,
)


# Which variants there are


@given(CHOICES, st.integers(0, 40), st.integers(0, 3))
def test_combinations_have_two_choices_or_more_no_repeats_and_the_same_seed_draws_the_same(
    choices, n, seed
):
    found = combinations(choices, n, seed)
    there_are = (
        math.prod(len(v) + 1 for v in choices.values()) - 1 - sum(map(len, choices.values()))
    )
    assert len(found) == min(n, there_are) == len({frozenset(changes) for changes in found})
    assert found == combinations(choices, n, seed)
    for changes in found:
        assert len(changes) == len(dict(changes)) > 1
        assert all(value in choices[path] for path, value in changes)


@given(CHOICES, st.integers(0, 40), st.integers(0, 3))
def test_variants_are_the_one_as_written_every_choice_alone_and_the_sample(choices, n, seed):
    variants = Variants(choices, n, seed).expand({})
    alone = [variant.changes for variant in variants if variant.is_single]
    assert variants[0] == Variant()
    assert [r for r in variants if not r.changes] == [Variant()]
    assert alone == [((path, value),) for path, values in choices.items() for value in values]
    assert [r.changes for r in variants if r.number] == combinations(choices, n, seed)
    assert len({r.name for r in variants}) == len(variants)


def test_another_seed_draws_other_combinations():
    choices = {name: tuple(range(5)) for name in "abcdef"}
    assert combinations(choices, 10, 1) != combinations(choices, 10, 2)


def test_combinations_are_drawn_uniformly():
    """Of 3 x 3 x 2 - 1 - 5 = 12 combinations each comes first in 1/12 of 2,400 drawings: within 5
    standard errors.
    """
    choices = {"a": (1, 2), "b": (1, 2), "c": (True,)}
    firsts = [combinations(choices, 1, seed)[0] for seed in range(2400)]
    counts = {one: firsts.count(one) for one in firsts}
    assert len(counts) == 12
    assert all(
        abs(count - 200) < 5 * math.sqrt(2400 * (1 / 12) * (11 / 12)) for count in counts.values()
    )


def test_a_choice_that_a_setting_has_made_already_is_none_there():
    variants = Variants({"width": (64, 128), "residual": (False, True)}, 10, 0).expand(
        {"width": 64, "residual": True}
    )
    assert [r.label for r in variants] == [
        "as written",
        "width 128",
        "residual false",
        "width 128, residual false",
    ]


def test_true_is_not_one():
    assert len(Variants({"x": (1, True)}, 0).expand({"x": 1})) == 2


# The claim file


def test_variants_are_read(tmp_path):
    found = load_sweep(
        tmp_path,
        "  sweep: {choices: {probe.lr: [0.2], network.residual: [false]}, sample: 3, "
        "sample_seed: 5, seeds: 4}\n",
    ).variants["sweep"]
    assert found == Variants(
        {"probe.lr": (0.2,), "network.residual": (False,)}, 3, 5, 4, ("control",)
    )


@pytest.mark.parametrize(
    ("variants", "place", "message"),
    [
        (
            "  swep: {choices: {probe.lr: [0.1]}}",
            "12:3",
            "no experiment is called `swep`*did you mean `sweep`",
        ),
        ("  lab: {choices: {probe.lr: [0.1]}}", "12:3", "holds recorded results"),
        ("  sweep: {sample: 3}", "12:3", "`choices` is missing"),
        ("  sweep: {choice: {}}", "12:11", "unknown key `choice`*did you mean `choices`"),
        (
            "  sweep: {choices: {probe.lrr: [0.1]}}",
            "12:21",
            "`probe.lrr` is no setting of experiment `sweep`*did you mean `probe.lr`",
        ),
        ("  sweep: {choices: {probe lr: [0.1]}}", "12:21", "write its path with dots"),
        ("  sweep: {choices: {probe.lr: [0.3, 0.02]}}", "12:37", "is 0.02 as written"),
        (
            "  sweep: {choices: {probe.lr: [-1]}}",
            "12:32",
            "cannot be -1: input should be greater than 0",
        ),
        (
            "  sweep: {choices: {probe.batches: [3]}}",
            "12:37",
            "cannot be 3: `batches` (3) must be a multiple",
        ),
        ("  sweep: {choices: {probe.lr: [[1]]}}", "12:32", "not a list or a mapping"),
        ("  sweep: {choices: {probe.steps: [2, 3, 2]}}", "12:34", "`2` stands here twice"),
        ("  sweep: {choices: {probe.steps: [2, '2']}}", "12:34", "stands here twice, once as text"),
        (
            "  sweep: {choices: {probe.batches: [4], probe.averaged_over: [1, 4]}}",
            "12:66",
            "cannot be 4",
        ),
        (
            "  sweep: {choices: {probe.batches: [6], probe.averaged_over: [1]}, seeds: 1}",
            "12:75",
            "`seeds` must be at least 2",
        ),
        ("  sweep: {choices: {train.epochs: [4], snapshots: [1]}}", "12:52", "cannot be 1"),
    ],
)
def test_a_mistake_is_a_problem_with_its_place(tmp_path, variants, place, message):
    with pytest.raises(ClaimFileError) as caught:
        load_sweep(tmp_path, variants + "\n")
    text = " ".join(str(caught.value).split())
    assert f"claims.yaml:{place}: error:" in text, text
    assert re.search(".*".join(map(re.escape, message.split("*"))), text), text


def test_choices_that_cannot_be_combined_are_a_problem_before_anything_trains(tmp_path):
    """Each is fine alone: 6 batches in groups of 2, 12 in groups of 4."""
    with pytest.raises(
        ClaimFileError,
        match=r"claims.yaml:12:11: error: probe.batches 6, probe.averaged_over 4 cannot "
        r"be combined: .*multiple",
    ):
        load_sweep(
            tmp_path,
            "  sweep: {choices: {probe.batches: [6], probe.averaged_over: [4]}}\n",
            sweep=SWEEP.replace("batches: 2, averaged", "batches: 12, averaged"),
        )
