"""The claim language: expressions parsed with `ast` against a white list, names looked up, claims
reduced to atoms.
"""

from claims.language.atoms import compile_claim, compile_value
from claims.language.compiled import CompiledAtom
from claims.language.derived import check_derived
from claims.language.estimand import Estimand
from claims.language.nodes import ExpressionError, Span, Term
from claims.language.options import Options
from claims.language.parser import parse_claim, parse_value
from claims.language.printer import to_text
from claims.language.resolve import NotThere, Vocabulary, nearest

__all__ = [
    "CompiledAtom",
    "Estimand",
    "ExpressionError",
    "NotThere",
    "Options",
    "Span",
    "Term",
    "Vocabulary",
    "check_derived",
    "compile_claim",
    "compile_value",
    "nearest",
    "parse_claim",
    "parse_value",
    "to_text",
]
