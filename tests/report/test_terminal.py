"""The terminal summary: 80 columns, words beside colours, ASCII where there is no more."""

from __future__ import annotations

import numpy as np

from claims.comparison.drift import compare
from claims.report import wording
from claims.report.terminal import drift_lines, rows
from tests.support.results import draw, evidence_of, judged


def test_the_terminal_fits_80_columns_and_tells_verdicts_in_words(result):
    for e in result.claims:
        lines = [text for text, _ in rows(e, 80, every_atom=True)]
        assert max(map(len, lines)) <= 80
        assert lines[0].startswith(wording.MARKS[e.verdict])
        assert e.verdict in lines[0]
        assert all(
            text.translate(str.maketrans("−–×", "--x")).isascii()
            for text, _ in rows(e, 80, plain=True)
        )
        assert len(list(rows(e, 140))) == 1


def test_an_inconclusive_claim_says_what_would_decide_it(tmp_path):
    e = evidence_of(
        judged(tmp_path, draw(np.random.default_rng(3), 8, a=1.95, spread=0.3)), "below"
    )
    assert e.verdict == "inconclusive" and e.seeds_needed
    assert f"about {e.seeds_needed} seeds would decide it" in "\n".join(
        text for text, _ in rows(e, 80)
    )


def test_the_drift_section_fits_80_columns(tmp_path):
    old = judged(tmp_path / "old", draw(np.random.default_rng(1)))
    new = judged(
        tmp_path / "new",
        draw(np.random.default_rng(2), a=1.5),
        first_seed=100,
        environment={"torch": "9"},
    )
    lines = list(drift_lines(compare(old, new), 80, everything=True))
    assert max(map(len, lines)) <= 80 and any("environment: torch was" in line for line in lines)


def test_colour_is_never_alone_and_no_color_is_honoured(run, monkeypatch):
    assert "\x1b[31m" in run("--color=yes").stdout.str()
    monkeypatch.setenv("NO_COLOR", "1")
    plain_text = run().stdout.str()
    assert "\x1b[" not in plain_text and "✗ refuted" in plain_text


def test_terminals_that_cannot_draw_get_ascii(run, monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    text = run(process=True).stdout.str()
    table = text[text.index("= claims =") :]
    assert "x refuted" in table and table.isascii() and "\\u" not in table
