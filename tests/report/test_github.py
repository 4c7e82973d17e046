"""Step summaries and annotations of GitHub's workflow runs."""

from __future__ import annotations

import re
from dataclasses import replace

from claims.report.github import LARGEST, step_summary, workflow_commands
from tests.support.reports import SUITE
from tests.support.results import evidence_of


def test_annotations_are_one_line_each_whatever_they_hold(result):
    bad = replace(
        evidence_of(result, "below"),
        id="a,b:c",
        outcome="failed",
        expected="refuted",
        reason="100 %\n::error::forged",
    )
    lines = list(
        workflow_commands([bad, evidence_of(result, "wrong")], (), {"a,b:c": 12}, "claims.yaml")
    )
    assert len(lines) == 1
    assert lines[0].startswith("::error file=claims.yaml,line=12,title=a%2Cb%3Ac%3A supported::")
    assert "\n" not in lines[0] and "%0A" in lines[0] and "100 %25" in lines[0]


def test_a_step_summary_is_added_to_and_never_too_large(tmp_path):
    path = tmp_path / "summary"
    path.write_text("before\n")
    assert step_summary("text ü\n" * 200_000, {"GITHUB_STEP_SUMMARY": str(path)}) == path
    text = path.read_text()
    assert text.startswith("before\ntext")
    assert path.stat().st_size < LARGEST + 200
    assert "cut here" in text[-80:]
    assert step_summary("x", {}) is None


def test_github_gets_a_summary_and_an_annotation_at_the_claims_line(run, pytester, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(pytester.path / "summary.md"))
    text = run().stdout.str()
    line = 1 + SUITE.split("\n").index(next(x for x in SUITE.split("\n") if "tiny:" in x))
    assert re.search(
        rf"^::error file=claims\.yaml,line={line},title=tiny%3A refuted::", text, re.MULTILINE
    )
    assert text.count("::error") == 1
    assert (pytester.path / "summary.md").read_text() == (
        pytester.path / "reports" / "claims.md"
    ).read_text()
