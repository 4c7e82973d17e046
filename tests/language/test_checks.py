"""Claims that can never be true, never be false or never be decided."""

import math

import pytest

from claims.language import ExpressionError, Vocabulary
from tests.support.language import compiled


@pytest.mark.parametrize(
    "text",
    [
        "0.05 < accuracy(5) < 0.95",
        "accuracy(5) - accuracy(20) < 0.5",
        "accuracy(5) / accuracy(20) < 3",
        "log(accuracy(5)) < -0.1",
        "abs(accuracy(5) - 0.5) < 0.2",
        "accuracy(5) << accuracy(20)",
    ],
)
def test_claims_about_shares_that_say_something(text):
    assert compiled(text, ranges={"accuracy": (0, 1)})


@pytest.mark.parametrize(
    "text",
    [
        "accuracy(5) < 1.5",
        "accuracy(5) > -0.1",
        "accuracy(5) > 1",
        "accuracy(5) < 0",
        "0 < accuracy(5) < 1",
        "accuracy(5) - accuracy(20) > 1",
        "accuracy(5) + accuracy(20) < 3",
        "accuracy(5) * accuracy(20) < 2",
        "abs(accuracy(5)) > -1",
        "sqrt(accuracy(5)) < 2",
        "log(accuracy(5)) < 0.5",
        "-accuracy(5) > 0.5",
        "accuracy(5) / (1 + accuracy(20)) < 1",
        "approx(accuracy(5), 0.5, within=0.5)",
        "approx(accuracy(5), 7, within=0.5)",
        "speed - speed < 1",
        "speed / speed > 2",
        "speed < speed",
        "speed < speed * 1",
        "0 * speed < 1",
        "log(-1 * abs(speed)) < 1",
        "abs(speed) < 0",
    ],
)
def test_claims_that_cannot_be_true_or_cannot_be_false_are_errors(text):
    with pytest.raises(ExpressionError, match=r"never|itself"):
        compiled(text, ranges={"accuracy": (0, 1)})


RANGES = {
    "share": (0.0, 1.0),
    "loss": (0.0, math.inf),
    "power": (0.0, math.inf),
    "debt": (-math.inf, 0.0),
}
BOUNDED = Vocabulary({name: {} for name in RANGES}, {})


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("loss > -1", "can never be false: `loss` is at least 0"),
        ("loss < 0", "can never be true"),
        ("-loss > 0", "can never be true"),
        ("debt < 1", "can never be false: `debt` is at most 0"),
        ("loss * share > -0.1", "never be false"),
        ("sqrt(loss) > -1", "never be false"),
        ("loss / power > -1", "never be false"),
        ("loss - debt > -1", "never be false"),
        ("abs(debt) > -0.5", "never be false"),
    ],
)
def test_a_range_that_is_open_at_one_end_is_used(text, phrase):
    with pytest.raises(ExpressionError) as caught:
        compiled(text, ranges=RANGES, vocabulary=BOUNDED)
    assert phrase in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "loss > 1",
        "loss - power > -1",
        "log(loss) < -5",
        "loss / share < 1",
        "debt + loss > 3",
        "1 / loss > 2",
    ],
)
def test_what_an_open_range_does_not_decide_is_left_alone(text):
    compiled(text, ranges=RANGES, vocabulary=BOUNDED)
