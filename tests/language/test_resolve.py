"""Names looked up: selections, derived metrics, and what a setting lacks."""

import contextlib

import pytest
from hypothesis import given

from claims.language import (
    ExpressionError,
    NotThere,
    Vocabulary,
    compile_value,
    parse_value,
    to_text,
)
from tests.support.language import (
    DERIVED,
    FAST,
    MEASURED,
    TOKENS,
    VOCABULARY,
    compiled,
    names,
    only,
)


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
    text = to_text(atom.node)
    assert text == "dL_held(credit=vec, epoch=5) / dL_same(credit=vec, epoch=5)"
    assert [to_text(n) for n in atom.nonzero] == ["dL_same(credit=vec, epoch=5)"]
    _, gain = compile_value(parse_value("gain(vec, epoch=5)"), VOCABULARY)
    assert to_text(gain.node) == f"{text} - 1"


def test_a_leaf_takes_the_dimensions_it_has():
    terms, _ = only("cost(vec, epoch=5) > 1")
    assert names(terms) == ["dL_held(credit=vec, epoch=5)", "accuracy(epoch=5)"]


def test_a_leaf_keeps_the_label_it_chose():
    terms, _ = only("versus(vec, epoch=5) > 1")
    assert names(terms) == ["dL_held(credit=vec, epoch=5)", "dL_held(credit=oracle, epoch=5)"]


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


@FAST
@given(TOKENS)
def test_no_text_does_harm_when_resolved(text):
    with contextlib.suppress(ExpressionError):
        compiled(text, {"vec": ["vec", "dfa"]})
