"""Nodes as text: parsing the text gives the same nodes."""

from hypothesis import given

from claims.language import ExpressionError, Term, parse_claim, parse_value, to_text
from tests.support.language import CLAIMS, FAST, VALUE_NODES


@FAST
@given(CLAIMS)
def test_printing_and_parsing_is_the_identity(claim):
    text = to_text(claim)
    try:
        again = parse_claim(text)
    except ExpressionError as error:  # drawn beyond the bounds of length and depth
        assert "nested deeper" in error.message or "characters long" in error.message
    else:
        assert again == claim and to_text(again) == text


@FAST
@given(VALUE_NODES)
def test_printing_and_parsing_a_quantity_is_the_identity(value):
    text = to_text(value)
    try:
        assert parse_value(text) == value
    except ExpressionError as error:
        assert "nested deeper" in error.message or "characters long" in error.message


def test_terms_print_as_they_are_written():
    assert (
        str(Term("m", (("d", "two words"), ("e", 5), ("f", "x")))) == "m(d='two words', e=5, f=x)"
    )
