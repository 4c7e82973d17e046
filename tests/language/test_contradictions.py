"""Parts of a claim that exclude each other."""

import itertools
import random
import time

import pytest

from claims.language import CompiledAtom, ExpressionError, Term
from claims.language.atoms import MAX_ATOMS
from claims.language.contradictions import check_together
from claims.language.nodes import NOWHERE, Binary, Mean
from tests.support.language import compiled


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("speed < 0 and speed > 1", "can never both be true"),
        ("accuracy(5) < accuracy(20) and accuracy(20) < accuracy(5)", "can never both be true"),
        ("approx(speed, 1, within=0.1) and speed > 2", "can never both be true"),
        ("2 * speed > 1 and 4 * speed < 2", "can never both be true"),
        ("accuracy(5) >> accuracy(20) and accuracy(5) < accuracy(20)", "can never both be true"),
        ("accuracy(5) < accuracy(20) < accuracy(100) < accuracy(5)", "can never all be true"),
    ],
)
def test_parts_that_exclude_each_other_are_named(text, phrase):
    with pytest.raises(ExpressionError, match=phrase):
        compiled(text, ranges={"accuracy": (0, 1)})


@pytest.mark.parametrize(
    "text",
    [
        "speed > 0 and speed < 1",
        "accuracy(5) < accuracy(20) + 0.1 and accuracy(20) < accuracy(5) + 0.1",
        "accuracy(5) < accuracy(20) and accuracy(5) < accuracy(100)",
    ],
)
def test_parts_that_can_all_be_true_are_left_alone(text):
    compiled(text, ranges={"accuracy": (0, 1)})


def below(text, left, right):
    """The atom `left < right`."""
    return CompiledAtom(text, {}, Binary("-", left, right), upper=0.0)


def test_the_longest_contradiction_is_found_and_the_longest_order_left_alone():
    quantities = [Mean(Term("m", (("e", i),))) for i in range(MAX_ATOMS)]
    order = [
        below(f"m{i} < m{i + 1}", a, b) for i, (a, b) in enumerate(itertools.pairwise(quantities))
    ]
    random.Random(0).shuffle(order)
    began = time.monotonic()
    check_together(order, NOWHERE)
    closing = below("last < first", quantities[-1], quantities[0])
    with pytest.raises(ExpressionError, match=f"{MAX_ATOMS - 4} more and .* can never all be true"):
        check_together([*order, closing], NOWHERE)
    assert time.monotonic() - began < 5
