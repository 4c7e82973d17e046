"""Checks of an expression's characters before Python's parser reads it: length, brackets, quotes,
plain ASCII.
"""

from __future__ import annotations

import unicodedata

from claims.language.nodes import ExpressionError, Span

MAX_LENGTH = 2000
MAX_NESTING = 25


def check_characters(text: str) -> None:
    """Raises `ExpressionError` for a text that is empty, too long, unbalanced, or not ASCII outside
    quotes; a text that passes cannot exhaust the parser.
    """
    if not text.strip():
        raise ExpressionError(
            "an expression is missing here", hint="write for example `accuracy(epoch=5) > 0.5`"
        )
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression is {len(text)} characters long; at most {MAX_LENGTH} are read",
            hint="split the claim, or name a part of it under `metrics:`",
        )
    if '"""' in text or "'''" in text:
        raise ExpressionError(
            "a label is quoted once", _first(text, ('"""', "'''")), 'write "label"'
        )
    _check_brackets(text)


def _first(text: str, needles: tuple[str, ...]) -> Span:
    start = min(position for needle in needles if (position := text.find(needle)) >= 0)
    return Span(start, start + 3)


def _check_brackets(text: str) -> None:
    open_at: list[int] = []
    quote, skip = "", False
    quote_at = 0
    for position, character in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote, quote_at = character, position
        elif character in "([{":
            open_at.append(position)
            if len(open_at) > MAX_NESTING:
                raise ExpressionError(
                    f"brackets are nested deeper than {MAX_NESTING}",
                    Span(position, position + 1),
                    "name a part of the expression under `metrics:`",
                )
        elif character in ")]}":
            if not open_at:
                raise ExpressionError(
                    f"`{character}` closes a bracket that was never opened",
                    Span(position, position + 1),
                )
            open_at.pop()
        else:
            _check_ascii(character, position)
    if quote:
        raise ExpressionError("this quote is never closed", Span(quote_at, quote_at + 1))
    if open_at:
        raise ExpressionError("this bracket is never closed", Span(open_at[-1], open_at[-1] + 1))


def _check_ascii(character: str, position: int) -> None:
    """Raises unless a character outside quotes is printable ASCII that the language uses."""
    here = Span(position, position + 1)
    if not character.isascii():
        name = unicodedata.name(character, f"U+{ord(character):04X}")
        plain = unicodedata.normalize("NFKC", character)
        hint = (
            f"type `{plain}` on a plain keyboard"
            if plain.isascii()
            else "type the name again, or quote a label that holds it"
        )
        raise ExpressionError(
            f"`{character}` ({name}) is not an ASCII character, though it may look like one",
            here,
            hint,
        )
    if character in "#\\;`$?@":
        raise ExpressionError(
            f"`{character}` has no meaning in a claim", here, "quote a label that holds it"
        )
    if not character.isprintable() and character not in "\n\t\r":
        raise ExpressionError(
            f"a control character (U+{ord(character):04X}) stands here", here, "delete it"
        )
