"""From observations to evidence: verdicts where the truth is known, for every kind of atom and for
conjunctions; what cannot be judged.
"""

import json
import math

import numpy as np
import pytest
import xarray

from claims.evidence import Evidence, NoVerdict
from claims.execution.jobs import FailedElsewhere, Failure
from claims.experiments.base import Diverged
from claims.judging import judge, outcome_of
from claims.samples import ObservationError
from tests.support.given import given_claim, observations


@pytest.fixture
def claim(tmp_path):
    """`claim(text)`: the one claim whose YAML keys are `text`."""
    return lambda text, options="", head="": given_claim(tmp_path, text, options, head)


CASES = [
    ("expect: m(a) < m(b)", "supported", -1.0, 0),
    ("expect: m(a) > m(b)", "refuted", -1.0, 0),
    ("expect: m(a) > 0.9", "supported", 1.0, 0.9),
    ("expect: m(a) < 0.9", "refuted", 1.0, 0.9),
    ("expect: z > 0", "inconclusive", None, 0),
    ("expect: m(a) + m(b) < 0.1 * m(c)", "supported", -2.0, 0),
    ("expect: m(a) << m(c)", "supported", -math.log(50), -math.log(10)),
    ("expect: m(c) >> m(a)\nby: 40", "supported", math.log(50), math.log(40)),
    ("expect: m(c) >> m(a)\nby: 100", "refuted", math.log(50), math.log(100)),
    ("expect: approx(m(b), 2, within=0.2)", "supported", 2.0, [1.8, 2.2]),
    ("expect: approx(m(b), 3, within=0.5)", "refuted", 2.0, [2.5, 3.5]),
    (
        "expect: approx(m(b) / m(a), 2, factor=1.2)",
        "supported",
        math.log(2),
        [math.log(2 / 1.2), math.log(2 * 1.2)],
    ),
    (
        "expect: approx(m(b) / m(a), 4, factor=1.2)",
        "refuted",
        math.log(2),
        [math.log(4 / 1.2), math.log(4 * 1.2)],
    ),
    ("expect: share(a) < 0.2", "supported", 0.1, 0.2),
    ("expect: log(m(c)) > sqrt(abs(m(a)))", "supported", math.log(50) - 1, 0),
    ("expect: m(a) < m(b) < m(c)", "supported", None, 0),
    ("expect: m(a) < m(c) < m(b)", "refuted", 48.0, 0),
    ("expect: m(a) < m(b) and z > 0", "inconclusive", None, 0),
    ("never: m(a) > m(b)", "supported", -1.0, 0),
    ("never: m(x) < 1.5\nfor_every: {x: [a, b]}", "refuted", 1.0, 1.5),
    ("never: m(a) < 1.01\nmargin: 0.3", "supported", 1.0, 0.71),
    ("expect: m(x) > 0.5\nfor_every: {x: [a, b, c]}", "supported", 1.0, 0.5),
    ("expect: m(x) > 1.5\nfor_every: {x: [a, b, c]}", "refuted", 1.0, 1.5),
]


@pytest.mark.parametrize(
    ("text", "verdict", "estimate", "threshold"),
    CASES,
    ids=[c[0].replace("\n", " ") for c in CASES],
)
def test_verdicts_where_the_truth_is_known(claim, text, verdict, estimate, threshold):
    evidence = judge(claim(text), "default", observations)
    assert evidence.verdict == verdict, evidence.reason
    assert evidence.outcome == ("passed" if verdict == "supported" else "failed")
    assert evidence.threshold == pytest.approx(threshold)
    if estimate is not None:
        assert evidence.estimate == pytest.approx(estimate, rel=0.1)
        assert evidence.low < evidence.estimate < evidence.high
    if verdict != "inconclusive":
        assert evidence.seeds_needed is None
    assert evidence.p_value <= 0.025 if verdict == "supported" else evidence.p_value > 0.025


def test_evidence_is_plain_json_and_comes_back(claim):
    evidence = judge(claim("expect: m(a) < m(b) < m(c)"), "default", observations)
    text = json.dumps(evidence.to_json(), allow_nan=False)
    assert Evidence.from_json(json.loads(text)).to_json() == evidence.to_json()
    assert len(evidence.atoms) == 2 and set(evidence.terms) == {f"m(arm={x})" for x in "abc"}
    assert all(len(values) == 16 for values in evidence.terms.values())


def test_the_same_seeds_give_the_same_digits_and_order_does_not_matter(claim):
    made, base = claim("expect: m(a) < m(b)"), observations(range(16))
    first = judge(made, "default", lambda seeds: base)
    again = judge(made, "default", lambda seeds: base)
    shuffled = judge(
        made, "default", lambda seeds: base.isel(seed=np.random.default_rng(0).permutation(16))
    )
    assert (first.low, first.high, first.p_value) == (again.low, again.high, again.p_value)
    assert first.low == pytest.approx(shuffled.low, rel=1e-9)
    assert first.high == pytest.approx(shuffled.high, rel=1e-9)


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=["nan", "inf"])
def test_missing_and_infinite_values_are_an_error_that_names_selection_and_seeds(claim, value):
    def spoiled(seeds):
        data = observations(seeds)
        data["m"][{"seed": [3, 5], "arm": 1}] = value
        return data

    evidence = judge(claim("expect: m(a) < m(b)"), "default", spoiled)
    assert evidence.verdict == "error" and evidence.outcome == "error" and evidence.estimate is None
    assert "`m(arm=b)`" in evidence.reason and "for seed 3, 5" in evidence.reason
    # what it does not need does not matter
    assert judge(claim("expect: m(a) < m(c)"), "default", spoiled).verdict == "supported"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("expect: m(a) > 0", "inconclusive"),
        ("expect: m(a) < 0", "inconclusive"),
        ("expect: approx(m(a), 1, within=1)", "inconclusive"),
    ],
)
def test_a_sample_without_spread_decides_nothing(claim, text, expected):
    def constant(seeds):
        data = observations(seeds)
        return data.assign(m=xarray.ones_like(data["m"]))

    evidence = judge(claim(text), "default", constant)
    assert evidence.verdict == expected and "agree" in evidence.reason


def test_too_few_seeds_are_said_to_be_too_few(claim):
    evidence = judge(claim("expect: m(a) > 0\nseeds: 4"), "default", observations)
    assert evidence.verdict == "inconclusive" and "too few" in evidence.reason


def test_a_ratio_to_nothing_is_unbounded(claim):
    evidence = judge(claim("expect: m(a) / z > 0.001"), "default", observations)
    assert evidence.verdict == "inconclusive" and "denominator" in evidence.reason
    assert evidence.to_json()["low"] is None and evidence.to_json()["high"] is None


def test_unpaired_terms_keep_their_meaning_when_conditions_interleave(claim):
    """m(a), m(b), n(a): the sample groups a's rows, the estimand still gets each mean in its own
    place.
    """
    made = claim("expect: m(a) + m(b) - n(a) < 0", options=", paired: false")
    evidence = judge(made, "default", observations)
    assert evidence.estimate == pytest.approx(1 + 2 - 10, rel=0.1)
    assert evidence.verdict == "supported"


def test_an_exception_while_measuring_is_an_error(claim):
    def failing(seeds):
        raise RuntimeError("the machine burned down")

    evidence = judge(claim("expect: m(a) < m(b)\nexpected: refuted\nnote: n"), "default", failing)
    assert evidence.verdict == "error"
    assert evidence.outcome == "error"
    assert "burned down" in evidence.explanation()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (RuntimeError("It burned down."), "RuntimeError: It burned down."),
    ],
)
def test_a_kind_that_stops_the_process_leaves_a_record_whose_sentence_ends_once(
    claim, error, reason
):
    def stopping(seeds):
        raise error

    evidence = judge(claim("expect: m(a) < m(b)"), "default", stopping)
    assert evidence.verdict == "error" and evidence.reason == reason
    assert evidence.explanation().endswith(f"{reason.removesuffix('.')}.")
    assert ".." not in evidence.explanation()


def test_an_interrupt_is_no_evidence(claim):
    def interrupted(seeds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(claim("expect: m(a) < m(b)"), "default", interrupted)


def test_an_inconclusive_claim_has_the_code_of_its_weakest_atom(claim):
    evidence = judge(claim("expect: m(a) < m(b) and z > 0"), "default", observations)
    assert (evidence.code, evidence.headline) == ("undecided", 1)
    assert [atom.code for atom in evidence.atoms] == [None, "undecided"]
    assert evidence.to_json()["code"] == "undecided" and type(evidence.to_json()["code"]) is str


def test_a_decided_claim_has_no_code(claim):
    evidence = judge(claim("expect: m(a) < m(b)"), "default", observations)
    assert evidence.code is None and evidence.atoms[0].code is None


def constant(seeds):
    data = observations(seeds)
    return data.assign(m=xarray.ones_like(data["m"]))


@pytest.mark.parametrize(
    ("text", "observe", "code"),
    [
        ("expect: m(a) > 0\nseeds: 4", observations, "too_few"),
        ("expect: m(a) > 0", constant, "degenerate"),
        ("expect: m(a) / z > 0.001", observations, "unbounded"),
        ("expect: z + 0.3 << m(c)", observations, "not_positive"),
        ("expect: sqrt(-1 * m(a)) > 1", observations, "undefined"),
        ("expect: z > 0", observations, "undecided"),
    ],
)
def test_what_cannot_be_judged_has_a_code(claim, text, observe, code):
    assert judge(claim(text), "default", observe).code == code


DIVERGED, FULL = (
    Failure("e (default)", "NonFiniteError", "training diverged", True),
    Failure("e (default)", "MemoryError", "no room"),
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Diverged("training diverged", [3]), "diverged"),
        (FailedElsewhere([DIVERGED, DIVERGED]), "diverged"),
        (FailedElsewhere([DIVERGED, FULL]), "measurement_failed"),
        (FailedElsewhere([FULL]), "measurement_failed"),
        (RuntimeError("NonFiniteError: the machine burned down"), "measurement_failed"),
        (SystemExit(3), "measurement_failed"),
        (ObservationError("metric `m` was not measured"), "unusable"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_an_error_has_a_code(claim, error, code):
    def failing(seeds):
        raise error

    evidence = judge(claim("expect: m(a) < m(b)"), "default", failing)
    assert evidence.code == code == NoVerdict(code)


def test_missing_values_count_as_divergence(claim):
    def spoiled(seeds):
        data = observations(seeds)
        data["m"][{"seed": 3, "arm": 1}] = math.nan
        return data

    assert judge(claim("expect: m(a) < m(b)"), "default", spoiled).code == "diverged"


@pytest.mark.parametrize(
    ("verdict", "expected", "outcome"),
    [
        ("supported", "supported", "passed"),
        ("refuted", "supported", "failed"),
        ("inconclusive", "inconclusive", "passed"),
        ("inconclusive", "supported", "failed"),
        ("supported", None, "failed"),
        ("error", None, "error"),
    ],
)
def test_an_outcome_compares_the_verdict_with_the_expected_one(verdict, expected, outcome):
    assert outcome_of(verdict, expected) == outcome
