"""Derived metrics of a claim file."""

from __future__ import annotations

import pytest

from tests.support.claim_files import assert_one_located_screen, claim, malformed

FILES = {
    "metric is measured": (
        claim("dL(vec, epoch=5) < 0").replace("ratio:", "dL:"),
        "measured already",
    ),
    "metric of nothing": (
        claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "dL / acuracy"),
        "did you mean `accuracy`",
    ),
    "metric compares": (
        claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "dL < accuracy"),
        "a comparison",
    ),
    "metric in a circle": (
        claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "ratio / 2"),
        "defined by itself",
    ),
    "metrics explode": (
        claim("dL(vec, epoch=5) < 0").replace(
            "  ratio: dL / accuracy\n",
            "  m0: dL\n" + "".join(f"  m{i + 1}: m{i} * m{i} + m{i}\n" for i in range(40)),
        ),
        "more than 2000 parts",
    ),
}
CASES = [*malformed(FILES)]


@pytest.mark.parametrize(("text", "phrase"), CASES)
def test_a_malformed_file_is_one_located_screen(write, text, phrase):
    assert_one_located_screen(write(text), phrase)
