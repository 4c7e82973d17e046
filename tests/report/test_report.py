"""What a run leaves behind: terminal, result file, Markdown, GitHub, JUnit, baseline; plots'
geometry against the numbers they show.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import textwrap
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims.comparison.drift import compare
from claims.evidence import AtomEvidence
from claims.language.quantities import at_means, over_seeds, quantity, sides_of
from claims.report import forest, plots, wording
from claims.report.github import LARGEST, annotations, step_summary
from claims.report.markdown import markdown, plain
from claims.report.page import page
from claims.report.terminal import drift_lines, rows
from tests.support import ROOT
from tests.support.results import CLAIMS, draw, judged


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return judged(tmp_path_factory.mktemp("report"), draw(np.random.default_rng(1)))


def of(result, name):
    return next(e for e in result.claims if e.id == name)


# figures and plots


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0049854, "−0.00499"),
        (2310.4, "2310"),
        (123456.0, "1.23e5"),
        (-1.3e-5, "−1.30e−5"),
        (1.0, "1"),
        (None, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers_are_short_and_have_a_true_minus(value, text):
    assert wording.number(value) == text


@settings(deadline=None)
@given(st.floats(-1e12, 1e12).filter(lambda x: abs(x) > 1e-12))
def test_a_number_says_what_it_stands_for(value):
    assert float(wording.number(value).replace("−", "-")) == pytest.approx(value, rel=5.1e-3)


def atom(**fields):
    return AtomEvidence(
        **{
            "expression": "x < 0",
            "bindings": {},
            "estimate": -1.0,
            "low": -1.5,
            "high": -0.5,
            "threshold": 0.0,
            "p_value": 0.01,
            "verdict": "supported",
            "upper": 0.0,
            "estimand": "loss(rule=a)",
        }
        | fields
    )


@pytest.mark.parametrize(
    ("fields", "right"),
    [
        ({}, True),
        ({"lower": 0.0, "upper": None}, False),
        ({"lower": -2.0, "upper": 0.0}, True),
        ({"lower": -0.4, "upper": 2.0}, False),
    ],
)
def test_what_is_claimed_lies_right_of_the_line(fields, right):
    row = forest.row(atom(**fields))
    ends = (row.low, row.estimate, row.high)
    assert all(x > 0 for x in ends) if right else all(x < 0 for x in ends)
    assert row.low <= row.estimate <= row.high and max(map(abs, ends)) == pytest.approx(1)


def test_a_text_forest_has_its_threshold_in_the_middle_and_one_estimate():
    text = forest.text(forest.row(atom()), 21)
    assert len(text) == 21 and text[10] == "│" and text.count("●") == 1 and text.index("●") > 10
    open_ended = forest.text(forest.row(atom(low=None, high=None)), 21)
    assert open_ended[0] == "─" and "├" not in open_ended and "┤" not in open_ended
    assert forest.text(forest.row(atom()), 21, plain=True).isascii()


def test_an_estimand_is_rebuilt_from_its_text(result):
    for e in result.claims:
        for a in e.atoms:
            assert at_means(quantity(a.estimand), e.terms) == pytest.approx(a.estimate, rel=1e-12)
    e = of(result, "ordered")
    left, right = sides_of(quantity(e.atoms[0].estimand))
    assert (
        over_seeds(left, e.terms).tolist() == e.terms["loss(rule=a)"]
        and over_seeds(right, e.terms).tolist() == e.terms["loss(rule=b)"]
    )


def dots(column):
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", column.dots)]


def test_every_seed_is_a_dot_at_its_value_and_pairs_are_joined(result):
    e = of(result, "ordered")
    drawn = plots.plot(e, e.atoms[0], {"loss(rule=a)": 0.9})
    heights = [[y for _, y in dots(column)] for column in drawn.columns]
    assert [len(h) for h in heights] == [16, 16] and drawn.pairs.count("M") == 16
    for term, ys in zip(
        ("a", "b"), heights, strict=True
    ):  # heights are a falling straight line in the values
        values = np.array(e.terms[f"loss(rule={term})"])
        slope, at0 = np.polyfit(values, ys, 1)
        assert slope < 0 and np.abs(slope * values + at0 - ys).max() < 0.2
    assert [c.memo is not None for c in drawn.columns] == [
        True,
        False,
    ]  # the memo's figure is on the side it is about
    assert drawn.columns[0].memo_text == "memo: 0.9"


def test_differences_stand_beside_the_values_on_the_same_scale(result):
    e = of(result, "ordered")
    drawn = plots.plot(e, e.atoms[0], {})
    assert drawn.bar.estimate == pytest.approx(
        drawn.columns[0].mean, abs=0.2
    )  # zero stands at B's mean, so the estimate at A's
    assert drawn.zero[2] == pytest.approx(drawn.columns[1].mean, abs=0.2)
    assert drawn.bar.low > drawn.bar.estimate > drawn.bar.high  # y grows downwards


def test_a_seed_far_out_is_an_arrow_and_does_not_flatten_the_rest(tmp_path):
    values = draw(np.random.default_rng(3), 20)
    values["a"][4] = 9.0
    e = of(judged(tmp_path, values), "below")
    column = plots.plot(e, e.atoms[0], {}).columns[0]
    assert column.dots.count("h0") == 19 and column.edge.count("M") == 1
    heights = [y for _, y in dots(column)]
    assert max(heights) - min(heights) > 30


@pytest.mark.parametrize("text", ["", "loss(", "loss(a)", "nowhere(x=1)"])
def test_what_cannot_be_rebuilt_is_not_drawn(result, text):
    e = of(result, "below")
    assert plots.plot(e, replace(e.atoms[0], estimand=text), {}) is None


# text


def test_the_summary_tells_whether_each_claim_would_pass_again_and_its_rate_where_false(
    result,
):
    first, second, *_ = result.claims
    told = [
        replace(
            first,
            replication_probability=0.815,
            false_positive_rate=0.025,
            false_positive_rate_skewed=0.175,
        ),
        replace(second, replication_probability=None),
    ]
    rows_ = [
        line
        for line in markdown(replace(result, claims=tuple(told))).splitlines()
        if line.startswith("| ✓")
    ]
    assert "| 81.5 % | 2.5 % (17.5 % skewed) |" in rows_[0] and "|  |  |" in rows_[1]
    assert "2.5 % (17.5 % skewed)" in page(replace(result, claims=tuple(told)))


def test_the_terminal_fits_80_columns_and_tells_verdicts_in_words(result):
    for e in result.claims:
        lines = [text for text, _ in rows(e, 80, every_atom=True)]
        assert (
            max(map(len, lines)) <= 80
            and lines[0].startswith(wording.MARKS[e.verdict])
            and e.verdict in lines[0]
        )
        assert all(
            text.translate(str.maketrans("−–×", "--x")).isascii()
            for text, _ in rows(e, 80, plain=True)
        )
        assert len(list(rows(e, 140))) == 1


def test_an_inconclusive_claim_says_what_would_decide_it(tmp_path):
    e = of(judged(tmp_path, draw(np.random.default_rng(3), 8, a=1.95, spread=0.3)), "below")
    assert e.verdict == "inconclusive" and e.seeds_needed
    assert f"about {e.seeds_needed} seeds would decide it" in "\n".join(
        text for text, _ in rows(e, 80)
    )


def test_ratios_are_told_as_ratios(result):
    e = of(result, "folded")
    low, high = (math.exp(x) for x in (e.low, e.high))
    assert wording.estimate(e.atoms[0]).startswith("×") and wording.number(
        low
    ) in e.explanation().replace("-", "−") + wording.estimate(e.atoms[0])
    assert f"the ratio is {math.exp(e.estimate):.4g}" in e.explanation() and wording.number(
        high
    ) in wording.estimate(e.atoms[0])
    assert "against 0.6667" in e.explanation()


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


def test_annotations_are_one_line_each_whatever_they_hold(result):
    bad = replace(
        of(result, "below"),
        id="a,b:c",
        outcome="failed",
        expected="refuted",
        reason="100 %\n::error::forged",
    )
    lines = list(annotations([bad, of(result, "wrong")], (), {"a,b:c": 12}, "claims.yaml"))
    assert len(lines) == 1 and lines[0].startswith(
        "::error file=claims.yaml,line=12,title=a%2Cb%3Ac%3A supported::"
    )
    assert "\n" not in lines[0] and "%0A" in lines[0] and "100 %25" in lines[0]


def test_a_step_summary_is_added_to_and_never_too_large(tmp_path):
    path = tmp_path / "summary"
    path.write_text("before\n")
    assert step_summary("text ü\n" * 200_000, {"GITHUB_STEP_SUMMARY": str(path)}) == path
    text = path.read_text()
    assert (
        text.startswith("before\ntext")
        and path.stat().st_size < LARGEST + 200
        and "cut here" in text[-80:]
    )
    assert step_summary("x", {}) is None


# many


def test_500_claims_of_64_seeds_are_quick_and_small(tmp_path):
    import time

    from benchmarks.report import result as made_up
    from claims.report.result_file import read_result, result_text

    (tmp_path / "many.json").write_text(result_text(made_up(500, 64)))
    many = read_result(tmp_path / "many.json")
    began = time.perf_counter()
    html, text = page(many), markdown(many)
    lines = [line for e in many.claims for line, _ in rows(e, 80)]
    assert time.perf_counter() - began < 10
    assert len(html.encode()) < 15 * 2**20 and len(text) < 2**20 and len(lines) >= 1000
    assert html.count("<svg") == 1000


# the plugin

KIND = '''
import numpy, xarray


class Coin:
    """Gains by seed about 1 + shift."""

    def __init__(self, shift=0.0):
        self.shift = shift

    def describe(self):
        return {"gain": {"level": ("a", "b")}}

    def measure(self, seeds, device):
        draw = lambda seed, i: numpy.random.default_rng([seed, i]).normal()
        rows = [[i + 1 + self.shift + 0.3 * draw(seed, i) for i in range(2)] for seed in seeds]
        coords = {"seed": list(seeds), "level": ["a", "b"]}
        return xarray.Dataset({"gain": (("seed", "level"), rows)}, coords)
'''
SUITE = """
version: 1
defaults: {seeds: 12}
memos: {M: {title: A memo}}
experiments: {coin: {kind: "coin:Coin", shift: 0.0}}
claims:
  positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0}
  ordered: {memo: M, where: there, says: B gains more., expect: gain(a) < gain(b)}
  tiny: {memo: M, where: there, says: A gains little., expect: gain(a) < 0.5}
"""


@pytest.fixture
def run(run_claims, pytester, monkeypatch):
    (pytester.path / "coin.py").write_text(KIND)
    (pytester.path / "claims.yaml").write_text(textwrap.dedent(SUITE))
    monkeypatch.setenv("CLAIMS_STORE", str(pytester.path / "store"))
    for name in (
        "GITHUB_STEP_SUMMARY",
        "GITHUB_ACTIONS",
        "GITHUB_WORKSPACE",
        "NO_COLOR",
        "FORCE_COLOR",
        "PY_COLORS",
    ):
        monkeypatch.delenv(name, raising=False)

    return lambda *options, **how: run_claims("--claims-file=claims.yaml", *options, **how)


def reports(pytester, name="claims.json"):
    return json.loads((pytester.path / "reports" / name).read_text())


def test_a_run_leaves_three_files_and_a_table_by_memo(run, pytester):
    result = run()
    assert sorted(p.name for p in (pytester.path / "reports").iterdir()) == [
        "claims.html",
        "claims.json",
        "claims.md",
    ]
    text = result.stdout.str()
    table = text[text.index("= claims =") : text.index("= short test summary")]
    assert (
        "M A memo" in table
        and "✗ refuted      tiny" in table
        and "NOT AS EXPECTED: expected supported" in table
    )
    assert "results: reports/claims.json" in table
    quiet = run("-q").stdout.str()
    assert "tiny" in quiet and "positive" not in quiet[quiet.rindex("= claims =") :]
    assert "\x1b[" not in text


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


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_junit_has_estimate_and_interval(run, pytester, workers):
    run("--junitxml=junit.xml", *workers)
    cases = {
        c.get("name"): c for c in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    }
    properties = {
        p.get("name"): p.get("value") for p in cases["test_claim[positive]"].iter("property")
    }
    claim = next(c for c in reports(pytester)["claims"] if c["id"] == "positive")
    assert properties["verdict"] == "supported" and int(properties["n_seeds"]) == 12
    assert [float(properties[k]) for k in ("low", "estimate", "high")] == [
        claim[k] for k in ("low", "estimate", "high")
    ]


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


@pytest.mark.parametrize(
    "select",
    [
        ("-k", "positive"),
        ("-x", "-k", "tiny or positive"),
        ("--deselect", "claims/test_claims.py::test_claim[tiny]"),
    ],
)
def test_a_partial_run_says_so_and_replaces_no_baseline(run, pytester, select):
    run()
    before = (pytester.path / "reports" / "claims.json").read_bytes()
    text = run(*select, "--baseline=reports/claims.json", "--history=history").stdout.str()
    assert (pytester.path / "reports" / "claims.json").read_bytes() == before
    part = reports(pytester, "claims.partial.json")
    assert part["partial"] and len(part["claims"]) < part["asked"] == 3
    assert (
        "Partial: 3 were to be judged" in text
        and "is the baseline and stays as it is" in text
        and "not added to the history" in text
    )
    assert not list(pytester.path.glob("history/*.json"))
    assert "artial" in (pytester.path / "reports" / "claims.partial.html").read_text()
    assert (
        "Partial: 3 were to be judged"
        in (pytester.path / "reports" / "claims.partial.md").read_text()
    )


def test_an_interrupted_run_reports_what_ran(run, pytester):
    (pytester.path / "conftest_interrupt.py").write_text(
        "import pytest\nseen = []\ndef pytest_runtest_logreport(report):\n    if "
        "report.when == 'call':\n        seen.append(1)\n"
        "        if len(seen) == 2:\n            raise KeyboardInterrupt\n"
    )
    result = run("-p", "conftest_interrupt", process=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert reports(pytester)["partial"] and 1 <= len(reports(pytester)["claims"]) < 3


def test_drift_from_a_baseline_is_told_and_fails_only_when_asked(run, pytester):
    text = SUITE[: SUITE.index("  tiny:")]
    file = pytester.path / "claims.yaml"
    file.write_text(text)
    assert run("--report-dir=base").ret == 0
    assert run("--baseline=base/claims.json", "--fail-on=drift").ret == 0  # a replay
    assert (
        run("--baseline=base/claims.json", "--fail-on=drift", "--seed-base=500").ret == 0
    )  # chance
    file.write_text(text.replace("shift: 0.0", "shift: -0.4"))
    told = run("--baseline=base/claims.json", "--seed-base=900")
    assert told.ret == 0 and "Still supported, but the effect shrank" in told.stdout.str()
    failed = run("--baseline=base/claims.json", "--seed-base=900", "--fail-on=drift")
    assert (
        failed.ret == pytest.ExitCode.TESTS_FAILED
        and "this run fails (--fail-on=drift)" in failed.stdout.str()
    )
    assert "effect shrank" in (pytester.path / "reports" / "claims.md").read_text()
    assert "effect shrank" in (pytester.path / "reports" / "claims.html").read_text()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--fail-on=drift",), "--baseline=F"),
        (("--baseline=nowhere.json",), "nowhere.json: cannot be read"),
        (("--baseline=other.json",), "other.json: speaks of memo N, claims.yaml of memo M"),
        (("--baseline=cut.json",), "cut.json: cut short"),
    ],
)
def test_a_baseline_that_is_none_is_refused_before_anything_runs(
    run, pytester, tmp_path_factory, options, why
):
    folder = tmp_path_factory.mktemp("other")
    from tests.support.results import HEAD

    other = judged(
        folder,
        draw(np.random.default_rng(1)),
        head=HEAD.replace("  M:", "  N:"),
        claims=CLAIMS.replace("memo: M", "memo: N"),
    )
    text = other.path.read_text()
    (pytester.path / "other.json").write_text(text)
    (pytester.path / "cut.json").write_text(text[:-300])
    told = run(*options)
    assert (
        told.ret == pytest.ExitCode.USAGE_ERROR
        and why in told.stderr.str()
        and not (pytester.path / "store").exists()
    )


def test_history_takes_one_file_a_commit_and_renders_its_page(run, pytester):
    for base in ("0", "70"):
        run("--history=history", f"--seed-base={base}", process=True)
    assert len(list(pytester.path.glob("history/*.json"))) == 2
    assert "3 claims over 2 results" in (
        pytester.path / "history" / "history.html"
    ).read_text().replace("\n", " ")


def test_the_command_of_a_claim_judges_that_claim_alone(run, pytester):
    run("--seed-base=5")
    claim = next(c for c in reports(pytester)["claims"] if c["id"] == "ordered")
    words = shlex.split(claim["rerun"])
    assert words == ["pytest", "claims/test_claims.py::test_claim[ordered]", "--seed-base=5"]
    again = run(words[2], "--report-dir=alone", of=words[1].removeprefix("claims"))
    again.assert_outcomes(passed=1)
    found = json.loads((pytester.path / "alone" / "claims.json").read_text())["claims"][0]
    assert {k: found[k] for k in ("estimate", "low", "high", "seeds")} == {
        k: claim[k] for k in ("estimate", "low", "high", "seeds")
    }


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


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda p: p.name
)
def test_workflows_use_options_that_exist(path, pytestconfig):
    import yaml

    steps = [
        step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]
    ]
    script = "\n".join(step.get("run", "") for step in steps)
    known = {
        option
        for action in pytestconfig._parser.optparser._actions
        for option in action.option_strings
    }
    used = {
        word
        for line in script.splitlines()
        if "pytest" in line or "baseline=" in line
        for word in re.findall(r"(?<![\w-])--[a-z-]+", line)
    }
    assert used <= known, used - known
