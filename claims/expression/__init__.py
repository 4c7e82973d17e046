"""The claim language: parsed with `ast` against a white list, printed, resolved against labels, reduced to atoms."""

from claims.expression.atoms import CompiledAtom, Options, compile_claim, compile_value
from claims.expression.estimand import Estimand
from claims.expression.nodes import ExpressionError, Span, Term
from claims.expression.parser import parse_claim, parse_value
from claims.expression.printer import to_text
from claims.expression.resolve import NotThere, Vocabulary, check_derived, nearest

__all__ = [
    "CompiledAtom", "Estimand", "ExpressionError", "NotThere", "Options", "Span", "Term", "Vocabulary", "check_derived",
    "compile_claim", "compile_value", "nearest", "parse_claim", "parse_value", "to_text",
]
