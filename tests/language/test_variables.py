"""Variables of `for_every`: values in place of names."""

import pytest

from claims.language import ExpressionError, parse_claim, to_text
from claims.language.nodes import Label, Number, Select
from claims.language.variables import bind, names_in
from tests.support.language import compiled, names, only


def test_variables_win_over_labels_unless_quoted():
    bound, _ = only("dL_held(vec, epoch=5) < 0", {"vec": ["dfa"]})
    quoted, _ = only("dL_held('vec', epoch=5) < 0", {"vec": ["dfa"]})
    assert names(bound) == ["dL_held(credit=dfa, epoch=5)"]
    assert names(quoted) == ["dL_held(credit=vec, epoch=5)"]


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
    assert [to_text(atom.node) for atom in atoms] == [
        "dL_held(credit=vec, epoch=5)",
        "dL_same(credit=vec, epoch=5)",
    ]
    assert all(atom.upper == 0.5 for atom in atoms)


def test_values_keep_their_variable_for_messages():
    bound = bind(parse_claim("m(e) < x"), {"e": (5, 1), "x": (0.5, 0)})
    assert bound.operands == (Select("m", (Label(5),)), Number(0.5))
    label = bound.operands[0].labels[0]
    assert (label.variable, label.index) == ("e", 1)


def test_a_number_takes_no_labels():
    with pytest.raises(ExpressionError, match="`x` stands for a number and takes no labels"):
        bind(parse_claim("x(a) < 1"), {"x": (2, 0)})


def test_names_that_a_variable_could_be():
    statement = parse_claim("m(a, 'b', d=c) < n(5) and x > 0")
    assert names_in(statement) == {"m", "a", "c", "n", "x"}
