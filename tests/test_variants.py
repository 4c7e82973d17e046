"""Claims judged under variants: measured on a tiny sweep."""

import json
from dataclasses import replace

import pytest

from claims.execution.jobs import Failure
from claims.execution.machine import Machine
from claims.run import Run
from claims.store.entries import Store
from claims.variants import (
    VariantResult,
    count_trainings,
    judge_variant,
    variant_cases,
    variant_experiment,
)
from tests.support.variants import load_sweep


@pytest.fixture
def small(tmp_path):
    """A run of the tiny sweep with three choices and one combination."""
    text = (
        "  sweep: {choices: {probe.lr: [0.2], probe.steps: [2], feedback.scale: [2.0]}, "
        "sample: 1, seeds: 6}\n"
    )
    return Run(load_sweep(tmp_path, text), (), Machine(), Store(tmp_path / "store"))


def made(run):
    """The entries that the store of a run made, from its journal."""
    lines = [
        json.loads(line) for line in (run.store.root / "journal.jsonl").read_text().splitlines()
    ]
    return [line["entry"] for line in lines if line["event"] == "made"]


def test_a_variant_that_only_probes_otherwise_trains_nothing(small):
    by_name = {case.name: case for case in variant_cases(small)}
    assert list(by_name) == [
        "sweep-base",
        "sweep-probe.lr=0.2",
        "sweep-probe.steps=2",
        "sweep-feedback.scale=2.0",
        "sweep-sample-01",
    ]
    judge_variant(small, by_name["sweep-base"])
    base = made(small)
    # six seeds at two epochs
    assert len([entry for entry in base if entry.startswith("snapshots/")]) == 12
    judge_variant(small, by_name["sweep-probe.lr=0.2"])
    more = made(small)[len(base) :]
    assert len(more) == 6
    assert all(entry.startswith("observations/") for entry in more)
    judge_variant(small, by_name["sweep-feedback.scale=2.0"])
    assert len([entry for entry in made(small) if entry.startswith("snapshots/")]) == 24
    assert count_trainings(small, list(by_name.values())[:4]) == 2


def test_a_variant_is_judged_by_its_settings_and_controls_are_left_out(small):
    found = {case.name: judge_variant(small, case) for case in variant_cases(small)}
    assert all(
        [row.id for row in one.rows] == ["falls", "helps"] and not one.unmeasured
        for one in found.values()
    )
    helps = {name: one.rows[1].estimate for name, one in found.items()}
    assert helps["sweep-probe.lr=0.2"] < helps["sweep-base"] < 0  # a larger step goes further down
    # the same networks, the same loss
    assert found["sweep-probe.lr=0.2"].rows[0] == found["sweep-base"].rows[0]
    assert all(
        VariantResult.from_json(json.loads(json.dumps(one.to_json()))) == one
        for one in found.values()
    )


def test_settings_that_are_asked_for_have_variants_too(small):
    run = Run(small.suite, ("wide",), small.machine, small.store)
    found = {
        case.name: variant_experiment(run, case).implementation.settings
        for case in variant_cases(run)
    }
    assert (
        found["sweep@wide-base"].network.width
        == found["sweep@wide-probe.lr=0.2"].network.width
        == 16
    )
    assert found["sweep@wide-probe.lr=0.2"].probe.lr == 0.2


def test_a_probe_that_leaves_the_finite_numbers_is_an_outcome(tmp_path):
    """Ten thousand times the step: the held-out loss is no number any more; what was measured
    before the probe is judged all the same.
    """
    run = Run(
        load_sweep(
            tmp_path,
            "  sweep: {choices: {probe.lr: [1e38], probe.steps: [4]}, sample: 1, seeds: 6}\n",
        ),
        (),
        Machine(),
        Store(tmp_path / "store"),
    )
    found = {case.name: judge_variant(run, case) for case in variant_cases(run)}["sweep-sample-01"]
    falls, helps = found.rows
    assert helps.verdict == "error"
    assert helps.diverged
    assert "for seed 0" in helps.reason
    assert not found.unmeasured
    assert falls.verdict in ("supported", "refuted", "inconclusive")


DIVERGED, FULL = (
    ("NonFiniteError", "training diverged in seed 3; a smaller `train.lr` may help", True),
    ("MemoryError", "no room (seed 4)"),
)


@pytest.mark.parametrize(
    ("failures", "diverged", "reason"),
    [
        ([DIVERGED], True, "NonFiniteError: training diverged in seed 3"),
        ([DIVERGED, DIVERGED], True, "NonFiniteError: training diverged in seed 3"),
        ([FULL], False, "MemoryError: no room"),
        (
            [FULL, DIVERGED],
            False,
            "FailedElsewhere: MemoryError: no room (seed 4); NonFiniteError: training diverged",
        ),
        ([("ClusterError", "no cluster answers")], False, "ClusterError: no cluster answers"),
    ],
    ids=["diverged", "two seeds diverged", "no memory", "both", "no cluster"],
)
def test_a_network_that_diverges_elsewhere_is_an_outcome_too(small, failures, diverged, reason):
    class Elsewhere:
        def run(self, jobs, machine, store):
            return [Failure(jobs[0].name, *failure) for failure in failures]

    run = replace(small, executor=Elsewhere())
    found = judge_variant(run, next(variant_cases(run)))
    assert all(
        row.verdict == "error" and row.diverged == diverged and row.reason.startswith(reason)
        for row in found.rows
    )
    assert found.unmeasured == (() if diverged else found.rows)
