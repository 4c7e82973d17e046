"""Characters of an expression, checked before Python's parser reads it."""

import pytest

from claims.language import ExpressionError
from claims.language.guard import MAX_LENGTH, MAX_NESTING, check_characters


@pytest.mark.parametrize(
    "text",
    [
        "a < 1",
        "m(\"é漢\", d='#;`') < 0",
        "a\n\t< 1",
        "a('it\\'s') < 1",
        "(" * MAX_NESTING + "a" + ")" * MAX_NESTING,
        "a" * MAX_LENGTH,
    ],
)
def test_what_can_be_parsed_passes(text):
    check_characters(text)


@pytest.mark.parametrize(
    ("text", "phrase", "place"),
    [
        (" ", "an expression is missing", ""),
        ("a" * (MAX_LENGTH + 1), f"at most {MAX_LENGTH}", ""),
        ('a("""x""") < 0', "a label is quoted once", '"""'),
        ("(" * (MAX_NESTING + 1), "nested deeper", "("),
        ("a) < 0", "`)` closes a bracket that was never opened", ")"),
        ("a(b < 0", "this bracket is never closed", "("),
        ("a('b) < 0", "this quote is never closed", "'"),
        ("a \u2264 0", "LESS-THAN OR EQUAL TO", "\u2264"),
        ("\uff41 < 0", "FULLWIDTH LATIN SMALL LETTER A", "\uff41"),
        ("a < 0 # b", "`#` has no meaning", "#"),
        ("a\x00 < 0", "a control character", "\x00"),
    ],
)
def test_what_cannot_is_refused_with_its_place(text, phrase, place):
    with pytest.raises(ExpressionError) as caught:
        check_characters(text)
    assert phrase in caught.value.message
    assert text[caught.value.span.start : caught.value.span.end] == place


def test_a_character_that_looks_like_another_is_named_with_the_plain_one():
    with pytest.raises(ExpressionError) as caught:
        check_characters("\uff41 < 0")
    assert caught.value.hint == "type `a` on a plain keyboard"
