"""The keys of a claim that shape its comparisons."""

import pytest

from claims.language import ExpressionError, Options, parse_claim, to_text
from claims.language.options import apply_options


@pytest.mark.parametrize(
    ("text", "options", "result"),
    [
        ("a < b", {}, "a < b"),
        ("approx(a, b)", {"within": 0.5}, "approx(a, b, within=0.5)"),
        ("approx(a, b, factor=3)", {"within": 0.5}, "approx(a, b, factor=3)"),
        ("a < 1 and approx(a, b)", {"factor": 2}, "a < 1 and approx(a, b, factor=2)"),
        ("a < b", {"never": True}, "a > b"),
        ("a < b", {"never": True, "margin": 0.5}, "a > b - 0.5"),
        ("a > 1", {"never": True, "margin": 0.5}, "a < 1.5"),
    ],
)
def test_options_are_written_into_the_statement(text, options, result):
    assert to_text(apply_options(parse_claim(text), Options(**options))) == result


@pytest.mark.parametrize(
    ("text", "options", "phrase"),
    [
        ("a < b", {"within": 1}, "belong to approx"),
        ("a < b", {"factor": 2}, "belong to approx"),
        ("approx(a, b)", {}, "needs to know how near is near"),
        ("a < b < c", {"never": True}, "takes a single comparison"),
        ("a << b", {"never": True}, "takes a single comparison"),
        ("a < b and c < d", {"never": True}, "takes a single comparison"),
    ],
)
def test_options_without_a_use_are_refused(text, options, phrase):
    with pytest.raises(ExpressionError, match=phrase):
        apply_options(parse_claim(text), Options(**options))
