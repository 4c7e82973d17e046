"""The memo's printed figures: estimated from what the run has, never trained for."""

import json
from dataclasses import replace

import numpy as np
import pytest

from claims.reported import ReproducedFigure, reproduced_figures
from claims.schema import load_suite
from claims.store.entries import Store
from tests.support.coin import HEAD as COIN
from tests.support.coin import measured
from tests.support.results import HEAD, draw, recorded_run


@pytest.fixture
def losses():
    return draw(np.random.default_rng(1))


def judged(run):
    return [run.judge(claim, setting) for claim, setting in run.cases()]


def test_a_figure_has_the_mean_and_interval_of_its_quantity(tmp_path, losses):
    run = recorded_run(tmp_path, losses)
    first, second = reproduced_figures(run, judged(run))
    assert (first.memo, first.expression, first.value) == ("M", "loss(a)", 0.9)
    assert first.estimand == "loss(rule=a)" and first.setting == "default"
    assert first.estimate == pytest.approx(np.mean(losses["a"]))
    assert first.low < first.estimate < first.high
    assert second.estimate == pytest.approx(np.mean(losses["b"]))


def test_the_same_seeds_give_the_same_digits(tmp_path, losses):
    run = recorded_run(tmp_path, losses)
    assert reproduced_figures(run, judged(run)) == reproduced_figures(run, judged(run))


def test_a_figure_that_the_setting_lacks_has_no_estimand(tmp_path, losses):
    head = HEAD.replace("loss(b), value: -2", "loss(c), value: -2").replace(
        "metrics: [loss]}",
        "metrics: [loss], settings: {few: {}, all: {file: all.csv}}}",
    )
    (tmp_path / "all.csv").write_text("run,rule,loss\n0,a,1\n0,b,1\n0,c,1\n1,a,2\n1,b,1\n1,c,2\n")
    run = recorded_run(tmp_path, losses, head=head)
    known, lacking = reproduced_figures(run, judged(run))
    assert known.estimate is not None
    assert lacking == ReproducedFigure("M", "loss(c)", -2.0, "few")


def test_a_figure_of_an_experiment_without_a_judged_claim_is_left_out(tmp_path, losses):
    run = recorded_run(tmp_path, losses)
    assert reproduced_figures(run, []) == ()


def test_nothing_is_trained_for_a_figure(suite, pytester, losses):
    """Judged on one store, reported from another: the figure stays without an estimate."""
    suite("positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0}", head=COIN)
    run = replace(
        recorded_run(pytester.path / "lab", losses),
        suite=load_suite(pytester.path / "claims.yaml"),
        store=Store(pytester.path / "store"),
    )
    evidence, before = judged(run), measured(pytester)
    (known,) = reproduced_figures(run, evidence)
    (unknown,) = reproduced_figures(
        replace(run, store=Store(pytester.path / "empty"), _seen={}), evidence
    )
    assert known.estimate is not None
    assert unknown.estimand == "gain(level=a)" and unknown.estimate is None
    assert measured(pytester) == before


def test_a_row_of_the_result_file_has_no_memo_and_is_plain(tmp_path, losses):
    run = recorded_run(tmp_path, losses)
    row = reproduced_figures(run, judged(run))[0].to_json()
    assert json.loads(json.dumps(row)) == row
    assert list(row) == ["expression", "value", "setting", "estimate", "low", "high", "estimand"]
