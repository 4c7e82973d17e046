"""The specification curve of a claim."""

import math
import re
import xml.etree.ElementTree as ElementTree

import pytest

from claims.comparison.sensitivity import VariantsTable
from claims.report.variants_plot import curve, points_of
from claims.schema.variants import Variant
from claims.variants import VariantRow
from tests.support.variants import VARIANTS


def test_a_curve_is_sorted_and_keeps_what_has_no_estimate_for_the_end():
    rows = (
        VariantRow("a", "supported", estimate=2.0),
        VariantRow("a", "error", diverged=True),
        VariantRow("a", "refuted", estimate=-1.0),
        VariantRow("a", None),
        None,
        VariantRow("a", "supported", estimate=math.log(8), log=True),
        VariantRow("a", "inconclusive", estimate=0.0),
    )
    points = list(points_of(VariantsTable("lab", "first", VARIANTS, {"a": rows}), "a"))
    assert [p.estimate for p in points] == [-1.0, 0.0, 2.0, pytest.approx(8.0), None]
    assert [p.place for p in points] == [0, 1, 2, 3, 4]
    assert [p.kind for p in points] == ["alone", "drawn", "written", "drawn", "alone"]


@pytest.mark.parametrize("scale", ["linear", "wide", "log", "nothing", "unbounded"])
def test_a_curve_is_a_picture_whatever_the_figures(scale):
    values = {
        "linear": [1, 2, 3, 4, 5, 6, 7],
        "wide": [1e-6, -1e-6, 2e-6, 1e3, -1e3, 0, 1],
        "log": [0.1, 1, 2, 3, 9, 4, 5],
        "nothing": [None] * 7,
        "unbounded": [1, 2, 3, 4, 5, 6, 7],
    }[scale]
    rows = tuple(
        VariantRow("a", "error")
        if v is None
        else VariantRow(
            "a",
            "supported",
            "",
            False,
            "x",
            v,
            None if scale == "unbounded" else v - 0.1,
            v + 0.1,
            0.5,
            None,
            scale == "log",
        )
        for v in values
    )
    svg = curve(VariantsTable("lab", "first", VARIANTS, {"a": rows}), "a", "v0")
    root = ElementTree.fromstring(svg)
    texts = "".join(root.itertext())
    assert root.tag.endswith("svg")
    assert all(f"{r.changes[0][0]} {r.changes[0][1]}" in texts for r in VARIANTS[1:4])
    # the same digits make the same file
    assert svg == curve(VariantsTable("lab", "first", VARIANTS, {"a": rows}), "a", "v0")
    assert not re.search("#0[0-9]0[0-9]0[0-9]", svg)
    assert "var(--" in svg


def test_a_choice_is_text_in_the_picture_and_the_largest_ratio_is_beyond_it():
    evil = r"<b>$\frac$</b>"
    variants = (Variant(), Variant((("rule", evil),)))
    rows = (
        VariantRow("a", "supported", "", False, "x", 1.0, 0.5, 2.0, 0.0, None, True),
        VariantRow("a", "refuted", "", False, "x", 900.0, 1.0, 901.0, 0.0, None, True),
    )
    svg = curve(VariantsTable("lab", "first", variants, {"a": rows}), "a", "v0")
    assert "<b>" not in svg
    assert f"rule {evil}" in "".join(ElementTree.fromstring(svg).itertext())
    assert [
        p.estimate for p in points_of(VariantsTable("lab", "first", variants, {"a": rows}), "a")
    ] == [
        pytest.approx(math.e),
        None,
    ]
