"""Derived metrics: what they are made of, and definitions that cannot be used."""

import time

from claims.language import check_derived, parse_value
from claims.language.derived import leaf_metrics


def test_definitions_in_circles_and_bombs_are_refused():
    circle = {"a": parse_value("b + 1"), "b": parse_value("a"), "c": parse_value("a * 2")}
    assert set(check_derived(circle)) == {"a", "b", "c"}
    bomb = {f"m{i + 1}": parse_value(f"m{i} * m{i}") for i in range(60)}
    began = time.monotonic()
    assert "m60" in check_derived(bomb) and "m3" not in check_derived(bomb)
    assert time.monotonic() - began < 1


def test_a_derived_metric_is_made_of_measured_ones():
    derived = {"r": parse_value("a / b"), "g": parse_value("r - 2 * c")}
    assert leaf_metrics("g", derived) == {"a", "b", "c"} and leaf_metrics("a", derived) == {"a"}
    assert check_derived(derived) == {}
