"""claims.md: what a row says, and that a claim's text stays text."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from claims.report.markdown import markdown, plain
from claims.report.page import page


def test_the_summary_tells_whether_each_claim_would_pass_again_and_its_rate_where_false(
    result,
):
    first, second, *_ = result.claims
    told = [
        replace(first, pass_again=0.815, false_support=0.025, false_support_skewed=0.175),
        replace(second, pass_again=None),
    ]
    rows_ = [
        line
        for line in markdown(replace(result, claims=tuple(told))).splitlines()
        if line.startswith("| ✓")
    ]
    assert "| 81.5 % | 2.5 % (17.5 % skewed) |" in rows_[0] and "|  |  |" in rows_[1]
    assert "2.5 % (17.5 % skewed)" in page(replace(result, claims=tuple(told)))


NASTY = "a | b\n<script>x</script> `code` **bold** [link](http://x) &amp; @someone #1"


def test_markdown_keeps_text_as_text(result):
    text = markdown(replace(result, claims=tuple(replace(e, says=NASTY) for e in result.claims)))
    assert not re.search(r"(?<!\\)<(?!br>|/?details>|/?summary>|/?sub>)", text)
    table = [line for line in text.splitlines() if line.startswith("| ✓")]
    assert table and all(len(re.findall(r"(?<!\\)\|", line)) == 9 for line in table)


@settings(deadline=None)
@given(st.text())
def test_escaped_text_is_one_line_without_markup(text):
    escaped = plain(text)
    assert "\n" not in escaped and not re.search(r"(?<!\\)(?:\\\\)*[|<>`*\[\]]", escaped)
