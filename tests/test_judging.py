"""From observations to evidence: verdicts where the truth is known, for every kind of atom and for
conjunctions; what cannot be judged.
"""

import json
import math

import numpy as np
import pytest
import xarray

from claims.evidence import Evidence
from claims.judging import ObservationError, cut, judge
from claims.schema import load_suite

KIND = '''
class Given:
    """Observations are handed to the judge; this only says what there is."""

    replicates = ("batch",)

    def __init__(self, paired=True):
        self.paired = paired

    def describe(self):
        return {"m": {"arm": ("a", "b", "c")}, "n": {"arm": ("a", "b", "c")}, "z": {}}

    def measure(self, seeds, context):
        raise AssertionError("not asked")
'''
TRUTH = {"a": 1.0, "b": 2.0, "c": 50.0}  # means of m; n is ten times m; spread 5 %


def observations(seeds, spread=0.05):
    """m, n (seed, arm, batch): means TRUTH and 10 TRUTH, seeds shared by the arms; z (seed,) about
    zero.
    """
    rng = np.random.default_rng([len(seeds), *seeds])
    common = 1 + spread * rng.normal(size=(len(seeds), 1, 1))
    m = (
        np.array(list(TRUTH.values()))[:, None]
        * common
        * (1 + 0.02 * rng.normal(size=(len(seeds), 3, 4)))
    )
    dims = ("seed", "arm", "batch")
    n = 10 * m * (1 + 0.02 * rng.normal(size=m.shape))
    return xarray.Dataset(
        {"m": (dims, m), "n": (dims, n), "z": ("seed", rng.normal(size=len(seeds)))},
        {"seed": list(seeds), "arm": ["a", "b", "c"]},
    )


@pytest.fixture
def claim(tmp_path):
    """`claim(text)`: the one claim whose YAML keys are `text`."""
    (tmp_path / "given.py").write_text(KIND)

    def made(text, options="", head=""):
        keys = "".join(f"    {line.strip()}\n" for line in text.strip().split("\n"))
        (tmp_path / "claims.yaml").write_text(
            f"version: 1\n{head}defaults: {{seeds: 16}}\nexperiments:\n  e: {{kind: "
            f"'given:Given'{options}}}\n"
            f"metrics: {{share: m / n}}\nclaims:\n  it:\n    says: It is so.\n{keys}"
        )
        return load_suite(tmp_path / "claims.yaml").claims[0]

    return made


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


def test_replicates_are_averaged_inside_the_seed(claim):
    made = claim("expect: m(a) > 0")
    terms = cut(observations(range(5)), made.ask("default").terms, made.spec.experiment("default"))
    np.testing.assert_allclose(
        terms.sample.cells[0][:, 0], observations(range(5))["m"].sel(arm="a").mean("batch")
    )


def test_the_same_seeds_give_the_same_digits_and_order_does_not_matter(claim):
    made, base = claim("expect: m(a) < m(b)"), observations(range(16))
    first = judge(made, "default", lambda seeds: base)
    again = judge(made, "default", lambda seeds: base)
    shuffled = judge(
        made, "default", lambda seeds: base.isel(seed=np.random.default_rng(0).permutation(16))
    )
    assert (first.low, first.high, first.p_value) == (again.low, again.high, again.p_value)
    assert first.low == pytest.approx(shuffled.low, rel=1e-9) and first.high == pytest.approx(
        shuffled.high, rel=1e-9
    )


@pytest.mark.parametrize("value", [math.nan, math.inf], ids=["nan", "inf"])
def test_missing_and_infinite_values_are_an_error_that_names_selection_and_seeds(claim, value):
    def spoiled(seeds):
        data = observations(seeds)
        data["m"][{"seed": [3, 5], "arm": 1}] = value
        return data

    evidence = judge(claim("expect: m(a) < m(b)"), "default", spoiled)
    assert evidence.verdict == "error" and evidence.outcome == "error" and evidence.estimate is None
    assert "`m(arm=b)`" in evidence.reason and "for seed 3, 5" in evidence.reason
    assert (
        judge(claim("expect: m(a) < m(c)"), "default", spoiled).verdict == "supported"
    )  # what it does not need does not matter


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


def test_unpaired_conditions_may_differ_in_size_and_keep_their_rows(claim):
    def unequal(seeds):
        data = observations(range(12))
        for metric in ("m", "n"):
            data[metric][{"seed": slice(8, None), "arm": 0}] = math.nan
        return data

    made = claim("expect: share(a) + m(a) < m(b)", options=", paired: false")
    terms = cut(unequal(()), made.ask("default").terms, made.spec.experiment("default"))
    assert terms.sample.sizes == (8, 12) and [c.shape[1] for c in terms.sample.cells] == [2, 1]
    assert judge(made, "default", unequal).verdict == "supported"


def test_unpaired_terms_keep_their_meaning_when_conditions_interleave(claim):
    """m(a), m(b), n(a): the sample groups a's rows, the estimand still gets each mean in its own
    place.
    """
    made = claim("expect: m(a) + m(b) - n(a) < 0", options=", paired: false")
    evidence = judge(made, "default", observations)
    assert (
        evidence.estimate == pytest.approx(1 + 2 - 10, rel=0.1) and evidence.verdict == "supported"
    )


def test_what_was_not_measured_is_named(claim):
    made = claim("expect: m(a) < m(b)")
    with pytest.raises(ObservationError, match="metric `m` was not measured; measured: z"):
        cut(
            observations(range(3)).drop_vars(["m", "n"]),
            made.ask("default").terms,
            made.spec.experiment("default"),
        )
    with pytest.raises(ObservationError, match="`m\\(arm=b\\)` was not measured: `arm` has a, c"):
        cut(
            observations(range(3)).sel(arm=["a", "c"]),
            made.ask("default").terms,
            made.spec.experiment("default"),
        )


def test_an_exception_while_measuring_is_an_error(claim):
    def failing(seeds):
        raise RuntimeError("the machine burned down")

    evidence = judge(claim("expect: m(a) < m(b)\nexpected: refuted\nnote: n"), "default", failing)
    assert (
        evidence.verdict == "error"
        and evidence.outcome == "error"
        and "burned down" in evidence.explanation()
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (RuntimeError("It burned down."), "RuntimeError: It burned down."),
    ],
)
def test_a_kind_that_stops_the_process_leaves_a_record_whose_sentence_ends_once(claim, error, told):
    def stopping(seeds):
        raise error

    evidence = judge(claim("expect: m(a) < m(b)"), "default", stopping)
    assert evidence.verdict == "error" and evidence.reason == told
    assert (
        evidence.explanation().endswith(f"{told.removesuffix('.')}.")
        and ".." not in evidence.explanation()
    )


def test_an_interrupt_is_no_evidence(claim):
    def interrupted(seeds):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(claim("expect: m(a) < m(b)"), "default", interrupted)
