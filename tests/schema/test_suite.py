"""What a claim asks of each setting, and what is not asked there."""

from __future__ import annotations

import pytest

from claims.execution.machine import Machine
from claims.language import ExpressionError
from claims.run import Run
from claims.schema import ClaimFileError, NotAsked, Question, Seeds, Undescribed
from claims.store.entries import Store
from tests.support.claim_files import sweep


def test_a_setting_may_have_its_own_number_of_seeds(suite_of, tmp_path):
    text = sweep(
        "  a: {expect: 'dL_held(vec, epoch=5) < 0', seeds: {start: 8, step: 8, max: 32}}\n"
    )
    claim = suite_of(
        text.replace("metrics:", "defaults: {seeds: 12, seeds_in: {short: 6}}\nmetrics:")
    ).claims[0]
    assert claim.within("digits").seeds == Seeds(8, 8, 32)
    assert claim.within("short").seeds == Seeds(6, 0, 6)
    run = Run(
        suite_of(text.replace("metrics:", "defaults: {seeds_in: {short: 6}}\nmetrics:")),
        ("digits", "short"),
        Machine(),
        Store(tmp_path),
    )
    assert [(setting, claim.seeds.start) for claim, setting in run.cases()] == [
        ("digits", 8),
        ("short", 6),
    ]


def test_a_label_that_only_another_setting_has_is_not_asked(suite_of):
    suite = suite_of(
        sweep(
            "  late: {expect: 'PUR(vec, epoch=late) < 0', for_every: {late: [20, 100]}}\n"
            "  oracle: {expect: 'dL_held(oracle, epoch=5) < 0'}\n  both: {expect: "
            "'dL_held(vec, epoch=20) < 0'}\n"
        )
    )
    late, oracle, both = suite.claims
    assert all(isinstance(claim.ask("digits"), Question) for claim in suite.claims)
    assert "100" in late.ask("short").reason
    assert "oracle" in oracle.ask("short").reason
    assert isinstance(both.ask("short"), Question)


def test_a_label_that_only_the_experiment_before_its_settings_has_is_not_asked(suite_of):
    text = sweep("  a: {expect: 'dL_held(vec, epoch=100) < 0'}\n").replace(
        "      digits: {dataset: digits}\n", ""
    )
    claim = suite_of(text).claims[0]
    assert isinstance(claim.ask("short"), NotAsked)


def test_what_is_inherited_counts_as_the_experiments_own_before_its_settings(suite_of):
    text = sweep("  a: {experiment: online, expect: 'loss(takeover=20, epoch=40) < 1'}\n")
    one_arm = (
        "    like: sweep\n    train: {epochs: 40}\n    takeover: [0, 20, never]\n    "
        "settings:\n      digits: {takeover: [0, never]}\n"
    )
    claim = suite_of(
        text.replace(
            "    like: sweep\n    train: {epochs: 40}\n    takeover: [0, 20, never]\n    "
            "settings:\n",
            one_arm,
        )
    ).claims[0]
    assert all("20" in claim.ask(setting).reason for setting in ("digits", "short"))


def test_a_label_that_no_setting_has_is_an_error(suite_of):
    with pytest.raises(ClaimFileError, match="no label 50"):
        suite_of(sweep("  a: {expect: 'dL_held(vec, epoch=50) < 0'}\n"))


def test_expected_by_setting(suite_of):
    suite = suite_of(
        sweep(
            "  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n"
            "  b: {expect: 'dL_held(vec, epoch=5) < 0', expected: refuted, note: why}\n"
            "  c: {expect: 'dL_held(vec, epoch=5) < 0', expected: {short: inconclusive}, "
            "note: why}\n"
        )
    )
    assert [
        [claim.expected_in(setting) for setting in ("digits", "short")] for claim in suite.claims
    ] == [["supported", "supported"], ["refuted", "refuted"], [None, "inconclusive"]]


def test_seeds_confidence_tags_and_lines(suite_of):
    suite = suite_of(
        sweep(
            "  a: {expect: 'dL_held(vec, epoch=5) < 0'}\n"
            "  b: {expect: 'dL_held(vec, epoch=5) < 0', seeds: 8, confidence: 0.9, tags: [x, y]}\n"
            "  c: {expect: 'dL_held(vec, epoch=5) < 0', seeds: {start: 8, step: 8, max: 30}}\n"
        )
        + "defaults: {seeds: 12}\n"
    )
    a, b, c = suite.claims
    assert (a.seeds, b.seeds, c.seeds) == (Seeds(12, 0, 12), Seeds(8, 0, 8), Seeds(8, 8, 30))
    assert (a.seeds.looks, c.seeds.looks) == ((12,), (8, 16, 24, 30))
    assert (a.confidence, b.confidence, b.tags) == (0.95, 0.9, ("x", "y"))
    assert [claim.line for claim in suite.claims] == [21, 22, 23]


def test_a_kind_that_does_not_describe_itself_is_asked_with_what_it_measured(tmp_path, suite_of):
    (tmp_path / "silent_kind.py").write_text(
        "import claims\n\nclass Silent(claims.Experiment):\n"
        "    def measure(self, seeds, context): ...\n"
    )
    suite = suite_of(
        "version: 1\nexperiments: {mine: {kind: 'silent_kind:Silent'}}\nclaims: {a: "
        "{expect: 'speed(fast) > 0'}}\n"
    )
    claim = suite.claims[0]
    with pytest.raises(Undescribed):
        claim.ask("default")
    assert (
        str(claim.ask("default", {"speed": {"gear": ("fast", "slow")}}).terms[0])
        == "speed(gear=fast)"
    )
    with pytest.raises(ExpressionError, match=r"no label|has the label"):
        claim.ask("default", {"speed": {"gear": ("slow",)}})
