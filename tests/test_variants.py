"""Readings of the memo: which there are, what a verdict hangs on, and the whole through the plugin,
on an experiment that costs nothing.
"""

import json
import math
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.comparison.sensitivity import (
    Effect,
    Fate,
    Hinge,
    Share,
    Table,
    effects,
    fate,
    sensitivity,
)
from claims.execution.jobs import Failure
from claims.execution.measure import Machine
from claims.report.variants import chapters_of, markdown, page
from claims.report.variants_plot import curve, points_of
from claims.run import Run
from claims.schema import ClaimFileError, load_suite
from claims.schema.entries import VariantsEntry
from claims.schema.variants import Variant, Variants, combinations, settings_of
from claims.store.entries import Store
from claims.variants import Reread, Row, cases, experiment_of, reread, trainings
from tests.support import ROOT
from tests.support.coin import GOOD, HEAD, measured

CHOICES = st.dictionaries(
    st.sampled_from("abcde"),
    st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True).map(tuple),
    min_size=1,
    max_size=5,
)


# Which readings there are


@given(CHOICES, st.integers(0, 40), st.integers(0, 3))
def test_combinations_are_of_two_choices_or_more_without_repeats_and_drawn_alike_again(
    choices, n, seed
):
    found = combinations(choices, n, seed)
    there_are = (
        math.prod(len(v) + 1 for v in choices.values()) - 1 - sum(map(len, choices.values()))
    )
    assert len(found) == min(n, there_are) == len({frozenset(changes) for changes in found})
    assert found == combinations(choices, n, seed)
    for changes in found:
        assert len(changes) == len(dict(changes)) > 1 and all(
            value in choices[path] for path, value in changes
        )


@given(CHOICES, st.integers(0, 40), st.integers(0, 3))
def test_readings_are_the_one_as_written_every_choice_alone_and_the_sample(choices, n, seed):
    readings = Variants(choices, n, seed).readings({})
    alone = [reading.changes for reading in readings if reading.alone]
    assert readings[0] == Variant() and [r for r in readings if not r.changes] == [Variant()]
    assert alone == [((path, value),) for path, values in choices.items() for value in values]
    assert [r.changes for r in readings if r.number] == combinations(choices, n, seed)
    assert len({r.name for r in readings}) == len(readings)


def test_another_seed_draws_other_combinations():
    choices = {name: tuple(range(5)) for name in "abcdef"}
    assert combinations(choices, 10, 1) != combinations(choices, 10, 2)


def test_combinations_are_drawn_uniformly():
    """Of 3 x 3 x 2 - 1 - 5 = 12 combinations each comes first in 1/12 of 2,400 drawings: within 5
    standard errors.
    """
    choices = {"a": (1, 2), "b": (1, 2), "c": (True,)}
    firsts = [combinations(choices, 1, seed)[0] for seed in range(2400)]
    counts = {one: firsts.count(one) for one in firsts}
    assert len(counts) == 12 and all(
        abs(count - 200) < 5 * math.sqrt(2400 * (1 / 12) * (11 / 12)) for count in counts.values()
    )


def test_a_choice_that_a_setting_has_made_already_is_none_there():
    readings = Variants({"width": (64, 128), "residual": (False, True)}, 10, 0).readings(
        {"width": 64, "residual": True}
    )
    assert [r.label for r in readings] == [
        "as written",
        "width 128",
        "residual false",
        "width 128, residual false",
    ]


def test_true_is_not_one():
    assert len(Variants({"x": (1, True)}, 0).readings({"x": 1})) == 2


# What a verdict hangs on


@pytest.mark.parametrize(
    ("written", "other", "became"),
    [
        ("supported", "supported", "same"),
        ("supported", "refuted", "turned"),
        ("refuted", "supported", "turned"),
        ("refuted", "inconclusive", "lost"),
        ("inconclusive", "refuted", "gained"),
        ("supported", "error", "broken"),
        ("inconclusive", "error", "broken"),
        ("error", "error", "same"),
        ("error", "supported", "gained"),
        ("supported", None, "not asked"),
        (None, "supported", "not asked"),
    ],
)
def test_what_becomes_of_a_verdict(written, other, became):
    assert fate(written, other) == became


READINGS = (
    Variant(),
    Variant((("rule", "b"),)),
    Variant((("rule", "c"),)),
    Variant((("step", 2),)),
    Variant((("rule", "b"), ("step", 2)), 1),
    Variant((("rule", "c"), ("step", 2)), 2),
    Variant((("rule", "b"), ("size", 9)), 3),
)
WORDS = {"s": "supported", "r": "refuted", "i": "inconclusive", "e": "error", "-": None}


def table(**verdicts):
    """A letter a reading; a dot is a reading that was not judged."""
    rows = {
        name.replace("_", "-"): tuple(
            None
            if letter == "."
            else Row(name, WORDS[letter], estimate=float(i), low=i - 0.5, high=i + 0.5, lower=1.0)
            for i, letter in enumerate(letters)
        )
        for name, letters in verdicts.items()
    }
    return Table("lab", "first", READINGS, rows)


@pytest.mark.parametrize(
    ("letters", "sentence"),
    [
        ("sssssss", "supported in every reading"),
        ("rrrrrrr", "refuted in every reading"),
        ("srsssss", "hangs on rule (b: refuted); combinations: 3 the same"),
        ("ssiisis", "left open by rule (c), step (2); combinations: 2 the same, 1 left open"),
        (
            "srrissr",
            "hangs on rule (b: refuted, c: refuted); left open by step (2); combinations: "
            "2 the same, 1 turned",
        ),
        (
            "ssssrie",
            "the same with every choice alone; combinations: 1 turned, 1 left open, 1 not "
            "measurable",
        ),
        (
            "iisreee",
            "decided by rule (c: supported), step (2: refuted); combinations: 3 not measurable",
        ),
        ("ssessss", "not measurable with rule (c); combinations: 3 the same"),
        ("s--s...", "supported in all 2 readings that were judged"),
        ("-------", "not asked"),
        (".rrrrrr", "not judged as written"),
    ],
)
def test_what_is_said_of_a_claim(letters, sentence):
    assert sensitivity(table(one=letters), "one").sentence() == sentence


def test_the_summary_of_a_claim():
    found = sensitivity(table(one="srisrei"), "one")
    assert (
        found.verdict == "supported"
        and found.counts == {"supported": 2, "refuted": 2, "inconclusive": 2, "error": 1}
        and found.n == 7
    )
    assert found.hinges == (
        Hinge("rule", "b", "refuted", Fate.TURNED),
        Hinge("rule", "c", "inconclusive", Fate.LOST),
    )
    assert (
        found.combined == {Fate.TURNED: 1, Fate.BROKEN: 1, Fate.LOST: 1}
        and not found.same_everywhere
    )
    by_path = {contrast.path: (contrast.made, contrast.left) for contrast in found.contrasts}
    assert by_path == {
        "rule": (Share(3, 1, 3), Share(0, 0, 0)),
        "step": (Share(2, 1, 2), Share(1, 0, 1)),
        "size": (Share(1, 0, 1), Share(2, 1, 2)),
    }


def test_what_a_choice_does_over_all_claims():
    found = {(e.path, e.value): e for e in effects(table(one="srisrei", other="rrrirr-"))}
    assert set(found) == {("rule", "b"), ("rule", "c"), ("step", 2)} and all(
        isinstance(e, Effect) for e in found.values()
    )
    assert found["rule", "b"].alone == {Fate.TURNED: 1, Fate.SAME: 1}
    assert found["step", 2].alone == {Fate.SAME: 1, Fate.LOST: 1}
    assert found["step", 2].contrast.made == Share(4, 1, 2) and found[
        "step", 2
    ].contrast.left == Share(1, 0, 1)
    assert found["rule", "c"].contrast.made == Share(2, 0, 1) and found[
        "rule", "c"
    ].contrast.left == Share(0, 0, 0)


# The picture


def test_a_curve_is_sorted_and_keeps_what_has_no_estimate_for_the_end():
    rows = (
        Row("a", "supported", estimate=2.0),
        Row("a", "error", diverged=True),
        Row("a", "refuted", estimate=-1.0),
        Row("a", None),
        None,
        Row("a", "supported", estimate=math.log(8), log=True),
        Row("a", "inconclusive", estimate=0.0),
    )
    points = list(points_of(Table("lab", "first", READINGS, {"a": rows}), "a"))
    assert [p.estimate for p in points] == [-1.0, 0.0, 2.0, pytest.approx(8.0), None] and [
        p.place for p in points
    ] == [0, 1, 2, 3, 4]
    assert [p.kind for p in points] == ["alone", "drawn", "written", "drawn", "alone"]


@pytest.mark.parametrize("scale", ["linear", "wide", "log", "nothing", "unbounded"])
def test_a_curve_is_a_picture_whatever_the_figures(scale):
    values = {
        "linear": [1, 2, 3, 4, 5, 6, 7],
        "wide": [1e-6, -1e-6, 2e-6, 1e3, -1e3, 0, 1],
        "log": [0.1, 1, 2, 3, 9, 4, 5],
        "nothing": [None] * 7,
        "unbounded": [1, 2, 3, 4, 5, 6, 7],
    }[scale]
    rows = tuple(
        Row("a", "error")
        if v is None
        else Row(
            "a",
            "supported",
            "",
            False,
            "x",
            v,
            None if scale == "unbounded" else v - 0.1,
            v + 0.1,
            0.5,
            None,
            scale == "log",
        )
        for v in values
    )
    svg = curve(Table("lab", "first", READINGS, {"a": rows}), "a", "v0")
    root = ElementTree.fromstring(svg)
    texts = "".join(root.itertext())
    assert root.tag.endswith("svg") and all(
        f"{r.changes[0][0]} {r.changes[0][1]}" in texts for r in READINGS[1:4]
    )
    assert svg == curve(
        Table("lab", "first", READINGS, {"a": rows}), "a", "v0"
    )  # the same digits make the same file
    assert not re.search("#0[0-9]0[0-9]0[0-9]", svg) and "var(--" in svg


def test_a_choice_is_text_in_the_picture_and_the_largest_ratio_is_beyond_it():
    evil = r"<b>$\frac$</b>"
    readings = (Variant(), Variant((("rule", evil),)))
    rows = (
        Row("a", "supported", "", False, "x", 1.0, 0.5, 2.0, 0.0, None, True),
        Row("a", "refuted", "", False, "x", 900.0, 1.0, 901.0, 0.0, None, True),
    )
    svg = curve(Table("lab", "first", readings, {"a": rows}), "a", "v0")
    assert "<b>" not in svg and f"rule {evil}" in "".join(ElementTree.fromstring(svg).itertext())
    assert [p.estimate for p in points_of(Table("lab", "first", readings, {"a": rows}), "a")] == [
        pytest.approx(math.e),
        None,
    ]


# The claim file


SWEEP = """\
version: 1
experiments:
  sweep:
    kind: snapshot_sweep
    network: {width: 8, blocks: 1}
    train: {epochs: 2}
    snapshots: [1, 2]
    probe: {lr: 0.02, steps: 1, batch: 8, batches: 2, averaged_over: 2, fit_batches: 2}
    settings: {digits: {dataset: digits}, wide: {dataset: digits, network: {width: 16}}}
  lab: {kind: recorded, file: lab.csv, replicate: run, conditions: [rule], metrics: [loss]}
variants:
"""
CLAIM = """\
claims:
  falls: {expect: "loss(epoch=1) > loss(epoch=2)"}
  helps: {expect: "dL_same(oracle, epoch=1) < 0"}
  guard: {expect: "dL_same(dfa, epoch=1) < 0", tags: [control]}
"""


def loaded(folder, variants, claims=CLAIM, sweep=SWEEP):
    (folder / "lab.csv").write_text("run,rule,loss\n0,a,1\n1,a,2\n")
    path = folder / "claims.yaml"
    path.write_text(sweep + variants + claims, encoding="utf-8")
    return load_suite(path)


def test_variants_are_read(tmp_path):
    found = loaded(
        tmp_path,
        "  sweep: {choices: {probe.lr: [0.2], network.residual: [false]}, sample: 3, "
        "sample_seed: 5, seeds: 4}\n",
    ).variants["sweep"]
    assert found == Variants(
        {"probe.lr": (0.2,), "network.residual": (False,)}, 3, 5, 4, ("control",)
    )


@pytest.mark.parametrize(
    ("variants", "place", "message"),
    [
        (
            "  swep: {choices: {probe.lr: [0.1]}}",
            "12:3",
            "no experiment is called `swep`*did you mean `sweep`",
        ),
        ("  lab: {choices: {probe.lr: [0.1]}}", "12:3", "holds recorded results"),
        ("  sweep: {sample: 3}", "12:3", "`choices` is missing"),
        ("  sweep: {choice: {}}", "12:11", "unknown key `choice`*did you mean `choices`"),
        (
            "  sweep: {choices: {probe.lrr: [0.1]}}",
            "12:21",
            "`probe.lrr` is no setting of experiment `sweep`*did you mean `probe.lr`",
        ),
        ("  sweep: {choices: {probe lr: [0.1]}}", "12:21", "write its path with dots"),
        ("  sweep: {choices: {probe.lr: [0.3, 0.02]}}", "12:37", "is 0.02 as written"),
        (
            "  sweep: {choices: {probe.lr: [-1]}}",
            "12:32",
            "cannot be -1: input should be greater than 0",
        ),
        (
            "  sweep: {choices: {probe.batches: [3]}}",
            "12:37",
            "cannot be 3: `batches` (3) must be a multiple",
        ),
        ("  sweep: {choices: {probe.lr: [[1]]}}", "12:32", "not a list or a mapping"),
        ("  sweep: {choices: {probe.steps: [2, 3, 2]}}", "12:34", "`2` stands here twice"),
        ("  sweep: {choices: {probe.steps: [2, '2']}}", "12:34", "stands here twice, once as text"),
        (
            "  sweep: {choices: {probe.batches: [4], probe.averaged_over: [1, 4]}}",
            "12:66",
            "cannot be 4",
        ),
        (
            "  sweep: {choices: {probe.batches: [6], probe.averaged_over: [1]}, seeds: 1}",
            "12:75",
            "`seeds` must be at least 2",
        ),
        ("  sweep: {choices: {train.epochs: [4], snapshots: [1]}}", "12:52", "cannot be 1"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path, variants, place, message):
    with pytest.raises(ClaimFileError) as caught:
        loaded(tmp_path, variants + "\n")
    text = " ".join(str(caught.value).split())
    assert f"claims.yaml:{place}: error:" in text and re.search(
        ".*".join(map(re.escape, message.split("*"))), text
    ), text


def test_choices_that_do_not_go_together_are_told_before_anything_trains(tmp_path):
    """Each is fine alone: 6 batches in groups of 2, 12 in groups of 4."""
    with pytest.raises(
        ClaimFileError,
        match=r"claims.yaml:12:11: error: probe.batches 6, probe.averaged_over 4 do not go "
        r"together: .*multiple",
    ):
        loaded(
            tmp_path,
            "  sweep: {choices: {probe.batches: [6], probe.averaged_over: [4]}}\n",
            sweep=SWEEP.replace("batches: 2, averaged", "batches: 12, averaged"),
        )


def test_the_memos_own_choices_span_what_was_asked():
    suite = load_suite(ROOT / "claims.yaml")
    found = suite.variants["sweep"]
    steps, own = (
        found.choices["probe.lr"],
        settings_of(suite.experiments["sweep"], "digits")["probe.lr"],
    )
    assert (
        min(steps) == pytest.approx(own / 10)
        and max(steps) == pytest.approx(own * 10)
        and own not in steps
    )
    assert set(found.choices["train.credit"]) == {"oracle", "vec"} and found.sample == 30
    asked = {
        "network.width",
        "network.residual",
        "network.activation",
        "feedback.scale",
        "probe.credit_scale",
        "probe.blocks",
        "probe.batch",
        "probe.steps",
        "probe.fit_batches",
    }
    assert asked < set(found.choices)


def test_the_page_on_variants_states_some_that_load(tmp_path):
    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    own = re.sub(
        r"^variants:.*?(?=^\w+:)",
        "",
        (ROOT / "claims.yaml").read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    (tmp_path / "claims.yaml").write_text(own + block, encoding="utf-8")
    assert load_suite(tmp_path / "claims.yaml").variants["sweep"].sample_seed == 7
    for key in VariantsEntry.model_fields:
        assert f"| `{key}` |" in page


# Measured


@pytest.fixture
def small(tmp_path):
    """A run of the sweep, tiny; `.made()` lists what its store made, by stage."""
    text = (
        "  sweep: {choices: {probe.lr: [0.2], probe.steps: [2], feedback.scale: [2.0]}, "
        "sample: 1, seeds: 6}\n"
    )
    return Run(loaded(tmp_path, text), (), Machine(), Store(tmp_path / "store"))


def made(run):
    lines = [
        json.loads(line) for line in (run.store.root / "journal.jsonl").read_text().splitlines()
    ]
    return [line["entry"] for line in lines if line["event"] == "made"]


def test_a_reading_that_only_probes_otherwise_trains_nothing(small):
    by_name = {case.name: case for case in cases(small)}
    assert list(by_name) == [
        "sweep-base",
        "sweep-probe.lr=0.2",
        "sweep-probe.steps=2",
        "sweep-feedback.scale=2.0",
        "sweep-sample-01",
    ]
    reread(small, by_name["sweep-base"])
    base = made(small)
    assert (
        len([entry for entry in base if entry.startswith("snapshots/")]) == 12
    )  # six seeds at two epochs
    reread(small, by_name["sweep-probe.lr=0.2"])
    more = made(small)[len(base) :]
    assert len(more) == 6 and all(entry.startswith("observations/") for entry in more)
    reread(small, by_name["sweep-feedback.scale=2.0"])
    assert len([entry for entry in made(small) if entry.startswith("snapshots/")]) == 24
    assert trainings(small, list(by_name.values())[:4]) == 2


def test_a_reading_is_judged_by_its_settings_and_controls_are_left_out(small):
    found = {case.name: reread(small, case) for case in cases(small)}
    assert all(
        [row.id for row in one.rows] == ["falls", "helps"] and not one.unmeasured
        for one in found.values()
    )
    helps = {name: one.rows[1].estimate for name, one in found.items()}
    assert helps["sweep-probe.lr=0.2"] < helps["sweep-base"] < 0  # a larger step goes further down
    assert (
        found["sweep-probe.lr=0.2"].rows[0] == found["sweep-base"].rows[0]
    )  # the same networks, the same loss
    assert all(
        Reread.from_json(json.loads(json.dumps(one.to_json()))) == one for one in found.values()
    )


def test_settings_that_are_asked_for_are_read_otherwise_too(small):
    run = Run(small.suite, ("wide",), small.machine, small.store)
    found = {case.name: experiment_of(run, case).implementation.settings for case in cases(run)}
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
        loaded(
            tmp_path,
            "  sweep: {choices: {probe.lr: [1e38], probe.steps: [4]}, sample: 1, seeds: 6}\n",
        ),
        (),
        Machine(),
        Store(tmp_path / "store"),
    )
    found = {case.name: reread(run, case) for case in cases(run)}["sweep-sample-01"]
    falls, helps = found.rows
    assert (
        helps.verdict == "error"
        and helps.diverged
        and "for seed 0" in helps.reason
        and not found.unmeasured
    )
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
    found = reread(run, next(cases(run)))
    assert all(
        row.verdict == "error" and row.diverged == diverged and row.reason.startswith(reason)
        for row in found.rows
    )
    assert found.unmeasured == (() if diverged else found.rows)


# Reports


def hostile(run):
    every = list(cases(run))
    found = {
        case.name: Reread(
            case.name,
            (
                Row("falls", "supported", "", False, "x", 1.0, 0.5, 1.5, 0.0),
                Row("helps", "refuted", "", False, "x", 1.0),
            ),
        )
        for case in every
    }
    return tuple(chapters_of(run, every, found))


def test_text_in_a_claim_stays_text(tmp_path):
    evil = "<script>alert(1)</script> | `x` **b**"
    claims = CLAIM.replace("falls: {", f"falls: {{says: '{evil}', ")
    run = Run(
        loaded(
            tmp_path,
            "  sweep: {choices: {train.schedule: [cosine], probe.lr: [0.3]}, sample: 1}\n",
            claims,
        ),
        (),
        Machine(),
        Store(tmp_path / "store"),
    )
    chapters = hostile(run)
    html = page(chapters, {"created": "<b>2026</b>"}, True)
    assert (
        "<script" not in html
        and "&lt;script&gt;" in html
        and "<b>2026" not in html
        and "Partial" in html
    )
    assert html.count('<section class="claim') == 2 and len(
        re.findall(r'id="([^"]+)"', html)
    ) == len(set(re.findall(r'id="([^"]+)"', html)))
    assert "**falls**" in markdown(chapters, False) and "Partial" not in markdown(chapters, False)


# Through the plugin


def varied(choices, **options):
    stated = ", ".join(
        f"{name}: {value}"
        for name, value in {"choices": choices, "sample": 2, "seeds": 6, **options}.items()
    )
    return HEAD.replace("claims:\n", f"variants: {{coin: {{{stated}}}}}\nclaims:\n")


def table_of(pytester):
    return json.loads((pytester.path / "reports" / "variants.json").read_text())


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_readings_are_judged_and_another_verdict_is_no_failure(suite, pytester, workers):
    result = suite(GOOD, "--variants", *workers, head=varied("{shift: [-3, 0.01]}"))
    result.assert_outcomes(passed=6)
    assert {name: c["verdict"] for name, c in result.claims.items()} == {
        "positive@first": "supported",
        "ordered@first": "supported",
        "tiny@first": "refuted",
    } and not result.file["partial"]
    found = table_of(pytester)
    claims = {claim["id"]: claim for claim in found["experiments"][0]["claims"]}
    assert not found["partial"] and [r["name"] for r in found["experiments"][0]["readings"]] == [
        "base",
        "shift=-3",
        "shift=0.01",
    ]
    assert claims["tiny"]["sentence"] == "hangs on shift (-3: supported)"
    assert claims["positive"]["hinges"] == [
        {"path": "shift", "value": -3, "verdict": "refuted", "fate": "turned"}
    ]
    assert (
        claims["positive"]["counts"] == {"supported": 2, "refuted": 1}
        and claims["positive"]["expected"] == "supported"
    )
    shifted = claims["positive"]["readings"]
    assert shifted[1]["estimate"] == pytest.approx(shifted[0]["estimate"] - 3) and shifted[2][
        "estimate"
    ] == pytest.approx(shifted[0]["estimate"] + 0.01)
    assert sorted(set(measured(pytester))) == list(range(8))  # six of them for the readings
    text = " ".join(result.stdout.str().split())
    assert (
        "coin (first): 3 claims under 3 readings on 6 seeds; 1 with one verdict in all, 2 "
        "turned by a single choice" in text
    )
    assert "tiny hangs on shift (-3: supported)" in text
    html = (pytester.path / "reports" / "variants.html").read_text()
    assert html.count("<svg") == 3 and "hangs on shift (-3: refuted)" in (
        pytester.path / "reports" / "variants.md"
    ).read_text().replace("\\", "")


def test_the_number_of_workers_does_not_change_a_digit(suite, pytester):
    found = []
    for workers in ("0", "2"):
        suite(GOOD, "--variants", "--fresh", "-n", workers, head=varied("{shift: [-3]}"))
        found.append(table_of(pytester)["experiments"])
    assert found[0] == found[1]


def test_without_the_option_no_reading_is_judged(suite, pytester):
    suite(GOOD, head=varied("{shift: [-3]}")).assert_outcomes(passed=3)
    assert not (pytester.path / "reports" / "variants.json").exists()


def test_a_network_that_diverges_is_an_outcome_and_no_failure(suite, pytester):
    suite(GOOD, "--variants", head=varied("{fails: [2]}")).assert_outcomes(passed=5)
    claims = table_of(pytester)["experiments"][0]["claims"]
    assert {claim["sentence"] for claim in claims} == {"not measurable with fails (2)"}
    assert all(
        c["readings"][1]["diverged"] and "epoch 7 in seed 2" in c["readings"][1]["reason"]
        for c in claims
    )


def test_what_cannot_be_measured_for_another_reason_fails_and_is_in_the_table_all_the_same(
    suite, pytester
):
    result = suite(GOOD, "--variants", head=varied("{fails: [-1]}"))
    result.assert_outcomes(passed=4, failed=1)
    assert "`positive` could not be measured: SystemExit: out of coins" in result.stdout.str()
    assert table_of(pytester)["experiments"][0]["claims"][0]["readings"][1]["verdict"] == "error"


def test_readings_alone_take_the_seed_base_and_say_when_they_are_not_all(suite, pytester):
    result = suite(
        GOOD,
        "--variants",
        "--seed-base=100",
        "-k",
        "under_reading and base",
        head=varied("{shift: [-3]}"),
    )
    result.assert_outcomes(passed=1, deselected=4)
    assert result.file is None and sorted(measured(pytester)) == list(range(100, 106))
    found = table_of(pytester)
    assert (
        found["partial"]
        and found["experiments"][0]["claims"][0]["readings"][1] is None
        and found["environment"]["seed_base"] == 100
    )
    assert "(partial: of 2)" in result.stdout.str()


def test_what_a_reading_lacks_is_not_asked_there(suite, pytester):
    result = suite(
        GOOD, "--variants", "--setting=short", head=varied("{shift: [0.5]}", without="[early]")
    )
    assert result.ret == 0
    claims = table_of(pytester)["experiments"][0]["claims"]
    assert [c["id"] for c in claims] == ["ordered", "tiny"]  # `without` names the tag of the other
    assert claims[0]["sentence"] == "not asked" and claims[0]["readings"][0]["verdict"] is None


def test_variants_that_no_one_stated_are_a_usage_error(suite):
    result = suite(GOOD, "--variants")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*claims.yaml states no `variants`; name the choices*"])


def test_check_says_how_many_readings_there_are(tmp_path):
    from click.testing import CliRunner

    from claims.__main__ import main as cli

    loaded(tmp_path, "  sweep: {choices: {probe.lr: [0.2], feedback.scale: [2.0]}, seeds: 4}\n")
    result = CliRunner().invoke(cli, ["check", str(tmp_path / "claims.yaml")])
    told = (
        "sweep (digits): 2 claims under 4 readings (1 as written, 2 single choices, 1 "
        "combinations) on 4 seeds; 2 trainings a seed"
    )
    assert result.exit_code == 0 and told in " ".join(result.stdout.split())
