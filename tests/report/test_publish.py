"""What a run writes: three files, less of a partial one; baseline, drift and history."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.reports import SUITE, reports
from tests.support.results import CLAIMS, HEAD, draw, judged


def test_a_run_leaves_three_files_and_a_table_by_memo(run, pytester):
    result = run()
    assert sorted(p.name for p in (pytester.path / "reports").iterdir()) == [
        "claims.html",
        "claims.json",
        "claims.md",
    ]
    text = result.stdout.str()
    table = text[text.index("= claims =") : text.index("= short test summary")]
    assert "M A memo" in table
    assert "✗ refuted      tiny" in table
    assert "NOT AS EXPECTED: expected supported" in table
    assert "results: reports/claims.json" in table
    quiet = run("-q").stdout.str()
    assert "tiny" in quiet and "positive" not in quiet[quiet.rindex("= claims =") :]
    assert "\x1b[" not in text


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
    text = run(
        *select, "--claims-baseline=reports/claims.json", "--claims-history=history"
    ).stdout.str()
    assert (pytester.path / "reports" / "claims.json").read_bytes() == before
    part = reports(pytester, "claims.partial.json")
    assert part["partial"] and len(part["claims"]) < part["asked"] == 3
    assert "Partial: 3 were to be judged" in text
    assert "is the baseline and stays as it is" in text
    assert "not added to the history" in text
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
    assert run("--claims-report=base").ret == 0
    assert run("--claims-baseline=base/claims.json", "--claims-fail-on=drift").ret == 0  # a replay
    # chance
    assert (
        run(
            "--claims-baseline=base/claims.json", "--claims-fail-on=drift", "--claims-seed-base=500"
        ).ret
        == 0
    )
    file.write_text(text.replace("shift: 0.0", "shift: -0.4"))
    told = run("--claims-baseline=base/claims.json", "--claims-seed-base=900")
    assert told.ret == 0 and "Still supported, but the effect shrank" in told.stdout.str()
    failed = run(
        "--claims-baseline=base/claims.json", "--claims-seed-base=900", "--claims-fail-on=drift"
    )
    assert failed.ret == pytest.ExitCode.TESTS_FAILED
    assert "this run fails (--claims-fail-on=drift)" in failed.stdout.str()
    assert "effect shrank" in (pytester.path / "reports" / "claims.md").read_text()
    assert "effect shrank" in (pytester.path / "reports" / "claims.html").read_text()


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--claims-fail-on=drift",), "--claims-baseline=F"),
        (("--claims-baseline=nowhere.json",), "nowhere.json: cannot be read"),
        (("--claims-baseline=other.json",), "other.json: speaks of memo N, claims.yaml of memo M"),
        (("--claims-baseline=cut.json",), "cut.json: cut short"),
    ],
)
def test_a_baseline_that_is_none_is_refused_before_anything_runs(
    run, pytester, tmp_path_factory, options, why
):
    folder = tmp_path_factory.mktemp("other")
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
    assert told.ret == pytest.ExitCode.USAGE_ERROR
    assert why in told.stderr.str()
    assert not (pytester.path / "store").exists()


def test_history_takes_one_file_a_commit_and_renders_its_page(run, pytester):
    for base in ("0", "70"):
        run("--claims-history=history", f"--claims-seed-base={base}", process=True)
    assert len(list(pytester.path.glob("history/*.json"))) == 2
    assert "3 claims over 2 results" in (
        pytester.path / "history" / "history.html"
    ).read_text().replace("\n", " ")
