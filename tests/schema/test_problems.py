"""Problems as they are shown: the place, the caret, and a screen's length."""

from __future__ import annotations

import pytest

from claims.schema import load_suite
from claims.schema.problems import ClaimFileError
from tests.support.claim_files import GOOD, HEAD, claim, entry


@pytest.mark.parametrize(
    ("text", "line", "marked"),
    [
        (entry(GOOD + "seeds: {start: 10, step: 10, max: 100}\nconfidence: 0.9999"), 19, "0.9999"),
        (
            claim("dL(vec, epoch=5) < 0") + "defaults: {seeds: 8, confidence: 0.99999}\n",
            18,
            "0.99999",
        ),
        (claim("dL(vek, epoch=5) < 0"), 17, "vek"),
        (claim('"dL(vek, epoch=5) < 0"'), 17, "vek"),
        (claim("dL(vec, epoch=6) < 0"), 17, "6"),
        (claim("dL(vec, epoc=5) < 0"), 17, "epoc=5"),
        (claim("1 + dl(vec, epoch=5) < 0"), 17, "dl(vec, epoch=5)"),
        (entry("expect: dL(vec, epoch=e) < 0\nfor_every: {e: [5, 6]}"), 18, "6"),
        (entry(GOOD + "confidence: 95"), 18, "95"),
        (entry(GOOD + "expects: 1"), 18, "expects"),
        (claim("dL(vec, epoch=5) < 0").replace("dL / accuracy", "dL / acuracy"), 14, "acuracy"),
        (claim("dL(vec, epoch=5) < 0").replace("main: {}", "main: {fil: x.csv}"), 12, "fil"),
        (claim("dL(vec, epoch=5) < 0").replace("replicate:", "replicat:"), 8, "replicat"),
    ],
)
def test_the_caret_marks_the_mistake(write, text, line, marked):
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(text))
    found = {
        (p.line, caught.value.lines[p.line - 1][p.column - 1 : p.column - 1 + p.length])
        for p in caught.value.problems
    }
    assert (line, marked) in found, str(caught.value)


def test_a_folded_expression_is_marked_at_its_value(write):
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(entry("expect: >\n  dL(vek,\n  epoch=5) < 0")))
    assert caught.value.problems[0].line == 17
    assert "vek" in str(caught.value)


def test_a_hundred_mistakes_fit_a_screen(write):
    text = HEAD + "".join(f"  c{i}:\n    expect: dL(vek, epoch=5) < 0\n" for i in range(100))
    with pytest.raises(ClaimFileError) as caught:
        load_suite(write(text))
    assert len(caught.value.problems) == 100
    assert len(str(caught.value).splitlines()) <= 30
    assert "and 94 more" in str(caught.value)


def test_a_file_in_the_current_folder_is_named_as_a_person_would(write, monkeypatch):
    path = write("")
    monkeypatch.chdir(path.parent)
    with pytest.raises(ClaimFileError, match=r"^claims\.yaml:1:1: error"):
        load_suite(path)
