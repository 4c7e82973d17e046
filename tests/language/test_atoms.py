"""Claims reduced to atoms: estimands, limits, and sides that must be positive."""

import math

import pytest

from claims.language import ExpressionError, to_text
from tests.support.language import compiled, only


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
    assert to_text(atom.node) == estimand
    assert (atom.lower, atom.upper) == (
        pytest.approx(lower, rel=1e-12),
        pytest.approx(upper, rel=1e-12),
    )
    assert atom.log == ("log" in estimand)


def test_chains_and_conjunctions_are_all_of_their_comparisons():
    _, chain = compiled("accuracy(5) < accuracy(20) << accuracy(100) < 3")
    assert [atom.expression for atom in chain] == [
        "accuracy(5) < accuracy(20)",
        "accuracy(20) << accuracy(100)",
        "accuracy(100) < 3",
    ]
    _, both = compiled("accuracy(5) < 1 and approx(accuracy(20), 1, within=2) and speed > 0")
    assert len(both) == 3


def test_both_sides_of_a_ratio_must_be_positive():
    _, atom = only("accuracy(5) << accuracy(20)")
    assert [to_text(side) for side in atom.positive] == ["accuracy(epoch=5)", "accuracy(epoch=20)"]
    _, atom = only("approx(dL_held(vec, epoch=5) / accuracy(5), 50, factor=2)")
    assert [to_text(side) for side in atom.positive] == [
        "dL_held(credit=vec, epoch=5) / accuracy(epoch=5)"
    ]
    assert [to_text(side) for side in atom.nonzero] == ["accuracy(epoch=5)"]


def test_limits_beyond_numbers_are_refused():
    with pytest.raises(ExpressionError, match="too large"):
        compiled("speed + 1e308 < -1e308")


def test_too_many_combinations_are_refused():
    with pytest.raises(ExpressionError, match="more than 1000 parts"):
        compiled("speed < x + y + z", {name: list(range(11)) for name in "xyz"})
