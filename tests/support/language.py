"""Expressions for tests: a vocabulary, claims compiled against it, and strategies that draw nodes
and texts.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from claims.language import Options, Vocabulary, compile_claim, parse_claim, parse_value
from claims.language.nodes import (
    Approx,
    Binary,
    Call,
    Chain,
    Conjunction,
    Label,
    Negate,
    Number,
    Select,
)

CREDIT_EPOCH = {"credit": ("dfa", "vec", "oracle"), "epoch": (5, 20, 100)}
MEASURED = {
    "dL_held": CREDIT_EPOCH,
    "dL_same": CREDIT_EPOCH,
    "accuracy": {"epoch": (5, 20, 100)},
    "speed": {},
    "twin": {"left": ("a", "b"), "right": ("b", "c")},
    "mixed": {"takeover": (0, 1, "never", "two words")},
}
DERIVED = {
    "PUR": parse_value("dL_held / dL_same"),
    "gain": parse_value("PUR - 1"),
    "versus": parse_value("dL_held / dL_held(oracle)"),
    "cost": parse_value("dL_held / accuracy"),
}
VOCABULARY = Vocabulary(MEASURED, DERIVED)


def compiled(text: str, for_every=None, ranges=None, vocabulary=VOCABULARY, **options):
    """Terms and atoms of a claim; options: of its comparisons."""
    return compile_claim(parse_claim(text), Options(**options), for_every or {}, vocabulary, ranges)


def only(text: str, for_every=None, ranges=None, **options):
    """Terms and the one atom of a claim."""
    terms, atoms = compiled(text, for_every, ranges, **options)
    assert len(atoms) == 1
    return terms, atoms[0]


def names(terms) -> list[str]:
    """Terms as texts."""
    return [str(term) for term in terms]


IDENTIFIERS = st.sampled_from(["a", "dL_held", "x1", "Late", "epoch", "log_loss"])
NUMBERS = st.one_of(st.integers(0, 10**20), st.floats(0, 1e300, allow_nan=False)).map(lambda v: v)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=8).filter(str.isprintable)
LABELS = st.one_of(
    IDENTIFIERS.map(Label),
    NUMBERS.map(Label),
    st.integers(-9, -1).map(Label),
    TEXTS.map(lambda text: Label(text, quoted=True)),
)
SELECTS = st.builds(
    Select,
    IDENTIFIERS,
    st.lists(LABELS, max_size=2).map(tuple),
    st.lists(st.tuples(IDENTIFIERS, LABELS), max_size=2, unique_by=lambda pair: pair[0]).map(tuple),
)


def negated(value):
    """The negative of a quantity, as it is parsed."""
    return Number(-value.value) if isinstance(value, Number) else Negate(value)


VALUE_NODES = st.recursive(
    SELECTS | NUMBERS.map(Number),
    lambda inner: st.one_of(
        inner.map(negated),
        st.builds(Call, st.sampled_from(["abs", "log", "sqrt"]), inner),
        st.builds(Binary, st.sampled_from("+-*/"), inner, inner),
    ),
    max_leaves=12,
)
CHAINS = st.lists(st.sampled_from(["<", ">", "<<", ">>"]), min_size=1, max_size=3).flatmap(
    lambda operators: st.builds(
        Chain, st.tuples(*[VALUE_NODES] * (len(operators) + 1)), st.just(tuple(operators))
    )
)
DISTANCES = st.floats(1.001, 1e6)
PARTS = (
    CHAINS
    | st.builds(Approx, VALUE_NODES, VALUE_NODES, within=DISTANCES)
    | st.builds(Approx, VALUE_NODES, VALUE_NODES, factor=DISTANCES)
)
CLAIMS = PARTS | st.lists(PARTS, min_size=2, max_size=3).map(
    lambda parts: Conjunction(tuple(parts))
)
FAST = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))

TOKENS = st.lists(
    st.sampled_from(
        [
            "a",
            "dL_held",
            "vec",
            "epoch",
            "5",
            "1e3",
            "0.5",
            "'x'",
            '"',
            "'",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            "=",
            "<",
            ">",
            "<<",
            ">>",
            "<=",
            "==",
            "+",
            "-",
            "*",
            "**",
            "/",
            "//",
            "%",
            "@",
            "and",
            "or",
            "not",
            "if",
            "else",
            "lambda",
            ":",
            ":=",
            ".",
            "...",
            "approx",
            "abs",
            "log",
            "for",
            "in",
            "is",
            "True",
            "None",
            "await",
            "yield",
            "f'{a}'",
            "b'x'",
            "0x1F",
            "1j",
            "1_0",
            "\\",
            "\n",
            "\t",
            " ",
            "#",
            ";",
            "!",
            "~",
            "^",
            "|",
            "&",
            "__import__('os')",
            "\u0435",
            "\uff44",
            "\x00",
            "\ufeff",
            "\u2028",
            "within=",
            "factor=",
            "*a",
            "**a",
        ]
    ),
    max_size=25,
).map(" ".join)
