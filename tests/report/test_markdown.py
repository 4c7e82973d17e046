"""claims.md: what a row says, and that a claim's text stays text."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from claims.report.markdown import markdown, plain


def test_a_row_has_the_replication_probability_and_the_rates_of_false_positives(result):
    first, second, *_ = result.claims
    rates = {"false_positive_rate": 0.025, "false_positive_rate_skewed": 0.175}
    changed = (
        replace(first, replication_probability=0.815, **rates),
        replace(second, replication_probability=None),
    )
    text = markdown(replace(result, claims=changed))
    assert "| replication probability | false positive rate |" in text
    known, unknown = [line for line in text.splitlines() if line.startswith("| ✓")]
    assert "| 81.5 % | 2.5 % (17.5 % skewed) |" in known
    assert "|  |  |" in unknown


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
