"""How often claims are supported where they are false; claims that cannot fail are found."""

from dataclasses import replace

import numpy as np
import pytest

from claims.execution.machine import Machine
from claims.false_positives import MAX_FALSE_POSITIVE_RATE
from claims.report.false_positives import false_positive_lines
from claims.run import Run
from claims.schema import load_suite
from claims.store.entries import Store
from tests.support.coin import GOOD, measured


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_controls_are_tests_of_their_own_and_measure_nothing_more(suite, pytester, workers):
    result = suite(GOOD, "--claims-check-false-positives", "-v", *workers)
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["*false_positives?ordered?*"])
    assert sorted(measured(pytester)) == list(range(8))
    assert all(0 <= claim["false_positive_rate"] < 0.1 for claim in result.claims.values())
    assert not result.file["partial"]
    assert all(0 <= claim["false_positive_rate_skewed"] < 0.3 for claim in result.claims.values())
    worst = max(claim["false_positive_rate"] for claim in result.claims.values())
    result.stdout.fnmatch_lines(
        [f"*where they are false, claims were supported in {100 * worst:.3g} % of worlds or less*"]
    )


def test_without_controls_none_are_collected_and_nothing_is_said_of_them(suite):
    result = suite(GOOD)
    result.assert_outcomes(passed=3)
    assert [claim["false_positive_rate"] for claim in result.claims.values()] == [None] * 3
    assert "where they are false" not in result.stdout.str()


def test_a_claim_that_cannot_fail_passes_and_its_control_does_not(suite):
    result = suite(
        """
      toothless: {says: A is no catastrophe., expect: gain(a) > -1000}
    """,
        "--claims-check-false-positives",
    )
    result.assert_outcomes(passed=1, failed=1)
    text = " ".join(result.stdout.str().split())
    assert (
        "`toothless` cannot fail as it should: it holds in every single replicate however "
        "conditions are swapped" in text
    )


MARGIN = """\
version: 1
experiments:
  lab:
    {kind: recorded, file: lab.csv, replicate: run, conditions: [rule], metrics: [accuracy],
     ranges: {accuracy: [0, 1]}}
claims:
  wide: {says: A is no better than B by a half., expect: accuracy(a) < accuracy(b) + 0.5}
  narrow: {says: A is no better than B by a twentieth., expect: accuracy(a) < accuracy(b) + 0.05}
"""


def recorded(folder, rows, claims=MARGIN):
    """A run on recorded accuracies: rows of (run, rule, accuracy)."""
    (folder / "claims.yaml").write_text(claims)
    (folder / "lab.csv").write_text(
        "run,rule,accuracy\n" + "".join(f"{run},{rule},{value}\n" for run, rule, value in rows)
    )
    return Run(load_suite(folder / "claims.yaml"), (), Machine(), Store(folder / "store"))


def test_a_margin_wider_than_what_can_be_measured_is_found_out(tmp_path):
    """Accuracies of 0.90 give or take 0.01: a margin of a half is used up only where one of them is
    above 1.
    """
    rng = np.random.default_rng(0)
    run = recorded(
        tmp_path, [(i, rule, 0.9 + 0.01 * rng.normal()) for i in range(16) for rule in "ab"]
    )
    wide, narrow = (run.check_false_positives(claim, setting) for claim, setting in run.cases())
    assert not wide.passed
    assert not wide.error
    assert "only at means outside the range of what is measured" in wide.reason
    assert narrow.passed and narrow.false_positive_rate < 0.06


def test_skew_that_drawing_signs_hides_is_told_beside_it(tmp_path):
    """Sixteen values of a lognormal, claimed to be low: the one far out is missed as often as not,
    and the rest look low for certain.
    """
    values = np.exp(1.2 * np.random.default_rng(3).normal(size=16))  # mean 4.6, one of them 54
    claims = (
        MARGIN.partition("  wide")[0].replace(",\n     ranges: {accuracy: [0, 1]}", "")
        + "  low: {says: A is low., expect: accuracy(a) < 5.5}\n"
    )
    run = recorded(tmp_path, [(i, "a", value) for i, value in enumerate(values)], claims)
    (found,) = (run.check_false_positives(claim, setting) for claim, setting in run.cases())
    assert (
        found.passed
        and found.false_positive_rate < MAX_FALSE_POSITIVE_RATE < found.false_positive_rate_skewed
    )
    told = list(
        false_positive_lines(
            [
                replace(
                    run.judge(*case),
                    false_positive_rate=found.false_positive_rate,
                    false_positive_rate_skewed=found.false_positive_rate_skewed,
                )
                for case in run.cases()
            ]
        )
    )
    assert len(told) == 2
    assert f"low was supported in {100 * found.false_positive_rate_skewed:.3g} %" in told[1]


def test_what_cannot_be_judged_has_one_readable_reason(suite):
    result = suite(
        """
      diverges: {says: A gains., experiment: broken, expect: gain(a) > 0}
      stops: {says: A gains., experiment: stopping, expect: gain(a) > 0}
    """,
        "--claims-check-false-positives",
        "-k",
        "false_positives",
    )
    result.assert_outcomes(failed=2, deselected=2)
    text = " ".join(result.stdout.str().split())
    assert "whether `diverges` can fail is not known in setting default: Diverged: " in text
    assert (
        "whether `stops` can fail is not known in setting default: SystemExit: out of coins."
        in text
    )
    assert "Traceback" not in text


def test_an_undefined_quantity_is_not_taken_for_a_boundary_out_of_reach(tmp_path):
    claims = (
        MARGIN.partition("  wide")[0]
        + "  folded: {says: A is tiny., expect: accuracy(a) << accuracy(b), by: 2}\n"
    )
    rng = np.random.default_rng(0)
    run = recorded(
        tmp_path,
        [
            (i, rule, sign * (0.5 + 0.1 * rng.normal()))
            for i in range(16)
            for rule, sign in (("a", -1), ("b", 1))
        ],
        claims.replace(",\n     ranges: {accuracy: [0, 1]}", ""),
    )
    (found,) = (run.check_false_positives(claim, setting) for claim, setting in run.cases())
    assert not found.passed and "is undefined at the observed means" in found.reason


def test_what_is_not_asked_has_no_control(suite):
    result = suite(
        GOOD, "--claims-check-false-positives", "--claims-setting=short", "-k", "ordered"
    )
    # the claim itself is counted as not asked, its control as skipped
    result.assert_outcomes(skipped=1, deselected=4)
