"""The claim language: what parses, what it comes down to, that gradients are right, and that no
text does any harm.
"""

from __future__ import annotations

import ast
import itertools
import math
import random
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from claims.language import (
    ExpressionError,
    NotThere,
    Options,
    Term,
    Vocabulary,
    check_derived,
    compile_claim,
    compile_value,
    parse_claim,
    parse_value,
    to_text,
)
from claims.language.atoms import MAX_ATOMS, _difference
from claims.language.contradictions import check_together
from claims.language.nodes import (
    Approx,
    Binary,
    Call,
    Chain,
    Conjunction,
    Label,
    Mean,
    Negate,
    Number,
    Select,
    Span,
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
    return compile_claim(parse_claim(text), Options(**options), for_every or {}, vocabulary, ranges)


def only(text: str, for_every=None, ranges=None, **options):
    terms, atoms = compiled(text, for_every, ranges, **options)
    assert len(atoms) == 1
    return terms, atoms[0]


def names(terms) -> list[str]:
    return [str(term) for term in terms]


# Selections


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("dL_held(vec, epoch=5) < 0", "dL_held(credit=vec, epoch=5)"),
        ("dL_held(vec, 5) < 0", "dL_held(credit=vec, epoch=5)"),
        ("dL_held(epoch=5, credit=vec) < 0", "dL_held(credit=vec, epoch=5)"),
        ("dL_held('vec', epoch=5.0) < 0", "dL_held(credit=vec, epoch=5)"),
        ("speed < 0", "speed"),
        ("speed() < 0", "speed"),
        ("twin(a, c) < 0", "twin(left=a, right=c)"),
        ("twin(right=b, left=b) < 0", "twin(left=b, right=b)"),
        ("mixed(never) < 0", "mixed(takeover=never)"),
        ("mixed(takeover=0) < 0", "mixed(takeover=0)"),
        ("mixed('two words') < 0", "mixed(takeover='two words')"),
    ],
)
def test_selections_resolve(text, term):
    terms, _ = only(text)
    assert names(terms) == [term]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("twin(b, c) < 0", "`left` and `right`"),
        ("dL_held(vec) < 0", "leaves `epoch` open"),
        ("dL_held(vec, dfa) < 0", "chosen twice"),
        ("speed(vec) < 0", "no dimension to choose from"),
        ("versus(oracle, epoch=5) < 0", "itself"),
    ],
)
def test_selections_that_do_not_resolve(text, phrase):
    with pytest.raises(ExpressionError, match=phrase):
        compiled(text)


def test_a_selection_is_pushed_to_the_leaves():
    terms, atom = only("PUR(vec, epoch=5) > 1")
    assert names(terms) == ["dL_held(credit=vec, epoch=5)", "dL_same(credit=vec, epoch=5)"]
    assert str(atom.estimand) == "dL_held(credit=vec, epoch=5) / dL_same(credit=vec, epoch=5)"
    assert [str(n) for n in atom.nonzero] == ["dL_same(credit=vec, epoch=5)"]
    _, gain = compile_value(parse_value("gain(vec, epoch=5)"), VOCABULARY)
    assert str(gain.estimand) == f"{atom.estimand} - 1"


def test_a_leaf_takes_the_dimensions_it_has():
    terms, _ = only("cost(vec, epoch=5) > 1")
    assert names(terms) == ["dL_held(credit=vec, epoch=5)", "accuracy(epoch=5)"]


def test_a_leaf_keeps_the_label_it_chose():
    terms, _ = only("versus(vec, epoch=5) > 1")
    assert names(terms) == ["dL_held(credit=vec, epoch=5)", "dL_held(credit=oracle, epoch=5)"]


def test_variables_win_over_labels_unless_quoted():
    (_, bound), (_, quoted) = (
        only("dL_held(vec, epoch=5) < 0", {"vec": ["dfa"]}),
        only("dL_held('vec', epoch=5) < 0", {"vec": ["dfa"]}),
    )
    assert str(bound.estimand.terms[0]) == "dL_held(credit=dfa, epoch=5)"
    assert str(quoted.estimand.terms[0]) == "dL_held(credit=vec, epoch=5)"


def test_variables_make_a_product_and_are_recorded():
    terms, atoms = compiled("dL_held(c, epoch=e) < 0", {"c": ["vec", "dfa"], "e": [5, 20]})
    assert [dict(atom.bindings) for atom in atoms] == [
        {"c": c, "e": e} for c in ("vec", "dfa") for e in (5, 20)
    ]
    assert [atom.expression for atom in atoms][:2] == [
        "dL_held(vec, epoch=5) < 0",
        "dL_held(vec, epoch=20) < 0",
    ]
    assert len(terms) == 4


def test_a_variable_may_be_a_number_or_a_metric():
    _, atoms = compiled("m(vec, epoch=5) < x", {"m": ["dL_held", "dL_same"], "x": [0.5]})
    assert [str(atom.estimand) for atom in atoms] == [
        "dL_held(credit=vec, epoch=5)",
        "dL_same(credit=vec, epoch=5)",
    ]
    assert all(atom.upper == 0.5 for atom in atoms)


def test_what_another_setting_has_is_not_there_rather_than_wrong():
    here = Vocabulary({"dL_held": {"credit": ("vec",), "epoch": (5,)}}, DERIVED, MEASURED)
    for text in (
        "dL_held(vec, epoch=100) < 0",
        "dL_held(dfa, epoch=5) < 0",
        "dL_same(vec, epoch=5) < 0",
        "PUR(vec, epoch=5) < 0",
    ):
        with pytest.raises(NotThere):
            compiled(text, vocabulary=here)
    with pytest.raises(ExpressionError) as caught:
        compiled("dL_held(vec, epoch=7) < 0", vocabulary=here)
    assert not isinstance(caught.value, NotThere)


def test_true_is_no_label_one():
    with pytest.raises(ExpressionError):
        compiled("mixed(takeover=True) < 0")
    assert Vocabulary({"m": {"d": (True, 1)}}).resolve(parse_value("m(1)")).term.labels == (
        ("d", 1),
    )


# Atoms


@pytest.mark.parametrize(
    ("text", "options", "estimand", "lower", "upper"),
    [
        ("dL_held(vec, epoch=5) < 0", {}, "dL_held(credit=vec, epoch=5)", -math.inf, 0),
        ("0.2 > dL_held(vec, epoch=5)", {}, "dL_held(credit=vec, epoch=5)", -math.inf, 0.2),
        ("accuracy(5) < accuracy(20)", {}, "accuracy(epoch=5) - accuracy(epoch=20)", -math.inf, 0),
        (
            "accuracy(5) < accuracy(20) + 0.01",
            {},
            "accuracy(epoch=5) - accuracy(epoch=20)",
            -math.inf,
            0.01,
        ),
        (
            "accuracy(5) - 0.01 > accuracy(20)",
            {},
            "accuracy(epoch=5) - accuracy(epoch=20)",
            0.01,
            math.inf,
        ),
        (
            "2 * accuracy(5) > accuracy(20)",
            {},
            "2 * accuracy(epoch=5) - accuracy(epoch=20)",
            0,
            math.inf,
        ),
        (
            "dL_held(vec, epoch=5) < 0",
            {"never": True, "margin": 0.5},
            "dL_held(credit=vec, epoch=5)",
            -0.5,
            math.inf,
        ),
        (
            "dL_held(vec, epoch=5) > 0",
            {"never": True, "margin": 0.5},
            "dL_held(credit=vec, epoch=5)",
            -math.inf,
            0.5,
        ),
        (
            "accuracy(5) < accuracy(20)",
            {"never": True, "margin": 0.5},
            "accuracy(epoch=5) - accuracy(epoch=20)",
            -0.5,
            math.inf,
        ),
        ("approx(accuracy(5), 0.7, within=0.15)", {}, "accuracy(epoch=5)", 0.55, 0.85),
        ("approx(accuracy(5), 0.7)", {"within": 0.15}, "accuracy(epoch=5)", 0.55, 0.85),
        (
            "approx(accuracy(5), accuracy(20), within=0.1)",
            {"within": 5},
            "accuracy(epoch=5) - accuracy(epoch=20)",
            -0.1,
            0.1,
        ),
        (
            "accuracy(5) << accuracy(20)",
            {},
            "log(accuracy(epoch=5)) - log(accuracy(epoch=20))",
            -math.inf,
            -math.log(10),
        ),
        (
            "accuracy(5) >> accuracy(20)",
            {"by": 3},
            "log(accuracy(epoch=5)) - log(accuracy(epoch=20))",
            math.log(3),
            math.inf,
        ),
        ("accuracy(5) << 2", {}, "log(accuracy(epoch=5))", -math.inf, math.log(0.2)),
        ("2 << accuracy(5)", {}, "log(accuracy(epoch=5))", math.log(20), math.inf),
        (
            "approx(accuracy(5), 50, factor=2)",
            {},
            "log(accuracy(epoch=5))",
            math.log(25),
            math.log(100),
        ),
        (
            "approx(50, accuracy(5))",
            {"factor": 2},
            "log(accuracy(epoch=5))",
            math.log(25),
            math.log(100),
        ),
    ],
)
def test_comparisons_reduce(text, options, estimand, lower, upper):
    _, atom = only(text, **options)
    assert str(atom.estimand) == estimand
    assert (atom.lower, atom.upper) == (
        pytest.approx(lower, rel=1e-12),
        pytest.approx(upper, rel=1e-12),
    )
    assert (atom.scale == "log") == ("log" in estimand)


def test_chains_and_conjunctions_are_all_of_their_comparisons():
    _, chain = compiled("accuracy(5) < accuracy(20) << accuracy(100) < 3")
    assert [atom.expression for atom in chain] == [
        "accuracy(5) < accuracy(20)",
        "accuracy(20) << accuracy(100)",
        "accuracy(100) < 3",
    ]
    _, both = compiled("accuracy(5) < 1 and approx(accuracy(20), 1, within=2) and speed > 0")
    assert len(both) == 3


def test_shifts_are_equals_of_comparisons():
    assert parse_claim("a << b << c") == Chain(tuple(map(Select, "abc")), ("<<", "<<"))
    assert parse_claim("a << b < c >> d") == Chain(tuple(map(Select, "abcd")), ("<<", "<", ">>"))
    assert parse_claim("a + 1 << b * 2").operators == ("<<",)


def test_both_sides_of_a_ratio_must_be_positive():
    _, atom = only("accuracy(5) << accuracy(20)")
    assert [str(side) for side in atom.positive] == ["accuracy(epoch=5)", "accuracy(epoch=20)"]
    _, atom = only("approx(dL_held(vec, epoch=5) / accuracy(5), 50, factor=2)")
    assert [str(side) for side in atom.positive] == [
        "dL_held(credit=vec, epoch=5) / accuracy(epoch=5)"
    ]
    assert [str(side) for side in atom.nonzero] == ["accuracy(epoch=5)"]


def test_limits_beyond_numbers_are_refused():
    with pytest.raises(ExpressionError, match="too large"):
        compiled("speed + 1e308 < -1e308")


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
        "speed < 0 and speed > 1",
        "accuracy(5) < accuracy(20) and accuracy(20) < accuracy(5)",
        "approx(speed, 1, within=0.1) and speed > 2",
        "abs(speed) < 0",
    ],
)
def test_claims_that_cannot_be_true_or_cannot_be_false_are_errors(text):
    with pytest.raises(ExpressionError, match="never|itself"):
        compiled(text, ranges={"accuracy": (0, 1)})


def test_too_many_combinations_are_refused():
    with pytest.raises(ExpressionError, match="more than 1000 parts"):
        compiled("speed < x + y + z", {name: list(range(11)) for name in "xyz"})


def test_definitions_in_circles_and_bombs_are_refused():
    circle = {"a": parse_value("b + 1"), "b": parse_value("a"), "c": parse_value("a * 2")}
    assert set(check_derived(circle)) == {"a", "b", "c"}
    bomb = {f"m{i + 1}": parse_value(f"m{i} * m{i}") for i in range(60)}
    began = time.monotonic()
    assert "m60" in check_derived(bomb) and "m3" not in check_derived(bomb)
    assert time.monotonic() - began < 1


# Values and gradients


VALUES = [
    "a",
    "a + 2 * b",
    "a - (b - c)",
    "a / b",
    "-a / (b + c)",
    "abs(a - b)",
    "log(a * b)",
    "sqrt(a) / c",
    "a / (b / c)",
    "log(a) - log(b)",
    "(a + b) * (a - c) / sqrt(b)",
    "a * a * a",
]


@pytest.mark.parametrize("text", VALUES)
def test_gradients_agree_with_finite_differences(text):
    vocabulary = Vocabulary({name: {} for name in "abc"})
    terms, atom = compile_value(parse_value(text), vocabulary)
    means = np.random.default_rng(3).uniform(0.5, 2, (6, 4, len(terms)))
    value, gradient = atom.estimand(means)
    assert value.shape == (6, 4) and gradient.shape == means.shape
    for position in range(len(terms)):
        step = np.zeros(len(terms))
        step[position] = 1e-6
        difference = (atom.estimand(means + step)[0] - atom.estimand(means - step)[0]) / 2e-6
        np.testing.assert_allclose(gradient[..., position], difference, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("text", VALUES)
def test_values_agree_with_python(text):
    terms, atom = compile_value(parse_value(text), Vocabulary({name: {} for name in "abc"}))
    numbers = {"a": 0.7, "b": 1.3, "c": 2.1}
    value, _ = atom.estimand(np.array([numbers[term.metric] for term in terms]))
    assert value == pytest.approx(
        eval(text, {"log": math.log, "sqrt": math.sqrt, "abs": abs, **numbers})
    )


def test_undefined_values_are_nan_or_infinite_without_a_warning(recwarn):
    vocabulary = Vocabulary({name: {} for name in "ab"})
    means = np.array([[1.0, 0.0], [0.0, 0.0], [-1.0, 2.0], [1.0, 2.0]])
    for text in ("a / b", "log(a) + b", "sqrt(a) + b", "log(a) / log(b)", "1 / (a - a * b)"):
        terms, atom = compile_value(parse_value(text), vocabulary)
        value, gradient = atom.estimand(means)
        assert not np.isfinite(value[:3]).all()
        assert np.isfinite(value[3]) and np.isfinite(gradient[3]).all()
    assert not recwarn.list


def test_an_estimand_knows_its_place_among_the_claims_terms():
    terms, atoms = compiled("accuracy(5) < accuracy(20) < accuracy(100)")
    _, gradient = atoms[1].estimand(np.ones(3))
    assert gradient.tolist() == [0, 1, -1] and len(terms) == 3


def test_a_constant_part_keeps_the_shape():
    _, atom = compile_value(parse_value("a * 0 + 3"), Vocabulary({"a": {}}))
    value, gradient = atom.estimand(np.zeros((5, 1)))
    assert value.tolist() == [3.0] * 5 and gradient.shape == (5, 1)


# Round trip and fuzzing


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
            "е",
            "ｄ",
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


def check_harmless(text: str) -> None:
    """Parses, or raises the one error with a place inside the text; a parsed text prints and parses
    again.
    """
    for parse in (parse_claim, parse_value):
        try:
            node = parse(text)
        except ExpressionError as error:
            assert 0 <= error.span.start <= error.span.end <= max(len(text), 1)
            assert error.message
        else:
            assert parse(to_text(node)) == node


@FAST
@given(TOKENS | st.text(max_size=60))
@example("a" * 1999 + "<")
@example("-" * 1999 + "1")
@example("+".join(["a"] * 900))
@example("(" * 2000)
@example("a<" * 900 + "a")
@example("a(" + ",".join(["b"] * 900) + ")<0")
@example("not " * 400 + "a")
@example("a < 0 and " * 150 + "a < 0")
@example("9" * 1990)
@example("1e9999 < a")
@example("'\\ud800' < a")
@example("a('\\x00') < 0")
@example('a("""x""") < 0')
@example("a(r'\\') < 0")
def test_no_text_does_harm(text):
    began = time.monotonic()
    check_harmless(text)
    assert time.monotonic() - began < 2


@FAST
@given(TOKENS)
def test_no_text_does_harm_when_resolved(text):
    try:
        compiled(text, {"vec": ["vec", "dfa"]})
    except ExpressionError:
        pass


def test_nothing_is_evaluated(monkeypatch):
    """No call of Python's evaluator is reached from the parser: the tree is only read."""

    def forbidden(*_args, **_kwargs):
        raise AssertionError("evaluated")

    for name in ("eval", "exec", "compile", "__import__"):
        if name not in ("compile", "__import__"):
            monkeypatch.setattr(f"builtins.{name}", forbidden)
    monkeypatch.setattr(ast, "literal_eval", forbidden)
    with pytest.raises(ExpressionError):
        parse_claim("__import__('os').system('exit 1') < 0")
    assert parse_claim("a < 1")


def test_parsing_leaves_no_module_behind():
    before = set(sys.modules)
    check_harmless("__import__('this') < 0")
    assert "this" not in set(sys.modules) - before


def test_errors_point_at_characters_also_behind_other_scripts():
    text = "a('é漢') < b.c"
    with pytest.raises(ExpressionError) as caught:
        parse_claim(text)
    assert text[caught.value.span.start : caught.value.span.end] == "b.c"


def test_terms_print_as_they_are_written():
    assert (
        str(Term("m", (("d", "two words"), ("e", 5), ("f", "x")))) == "m(d='two words', e=5, f=x)"
    )


def test_the_longest_contradiction_is_found_and_the_longest_order_left_alone():
    quantities = [Mean(Term("m", (("e", i),))) for i in range(MAX_ATOMS)]
    order = [
        _difference(f"m{i} < m{i + 1}", a, b, -math.inf, 0.0, Span())
        for i, (a, b) in enumerate(itertools.pairwise(quantities))
    ]
    random.Random(0).shuffle(order)
    began = time.monotonic()
    check_together(order, Span())
    closing = _difference("last < first", quantities[-1], quantities[0], -math.inf, 0.0, Span())
    with pytest.raises(ExpressionError, match=f"{MAX_ATOMS - 4} more and .* can never all be true"):
        check_together([*order, closing], Span())
    assert time.monotonic() - began < 5


RANGES = {
    "share": (0.0, 1.0),
    "loss": (0.0, math.inf),
    "power": (0.0, math.inf),
    "debt": (-math.inf, 0.0),
}
BOUNDED = Vocabulary({name: {} for name in RANGES}, {})


@pytest.mark.parametrize(
    ("text", "told"),
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
def test_a_range_that_is_open_at_one_end_is_used(text, told):
    with pytest.raises(ExpressionError) as caught:
        compiled(text, ranges=RANGES, vocabulary=BOUNDED)
    assert told in caught.value.message


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
