"""The probe's step size: found on a made-up, nearly linear loss; rounded; and what is told where
there is none.
"""

from __future__ import annotations

import math

import pytest
from click.testing import CliRunner

from benchmarks.stepsize import command, probing_at
from models.stepsize import TARGET, TOLERANCE, find_rate, rounded
from tests.support import ROOT
from tests.support.experiments import KINDS


def nearly_linear(slope, bend):
    """A change of loss, -slope * rate, that flattens as steps grow; `tried` lists the rates asked
    for.
    """

    def change(rate):
        change.tried.append(rate)
        return -slope * rate * (1 - bend * rate)

    change.tried = []
    return change


@pytest.mark.parametrize(
    ("slope", "bend", "start"),
    [(0.5, 0.0, 0.019), (0.5, 4.0, 0.001), (0.02, 0.1, 1e-4), (90.0, 100.0, 0.002)],
)
def test_the_rate_is_found(slope, bend, start):
    change = nearly_linear(slope, bend)
    rate = find_rate(change, start)
    assert abs(-slope * rate * (1 - bend * rate) / TARGET - 1) < TOLERANCE
    exact = (
        TARGET / -slope if not bend else (1 - math.sqrt(1 + 4 * bend * TARGET / slope)) / (2 * bend)
    )
    assert rate == pytest.approx(exact, rel=0.02)
    assert change.tried[0] == start and len(change.tried) <= 10
    assert all(
        0.1 - 1e-9 <= b / a <= 10 + 1e-9
        for a, b in zip(change.tried, change.tried[1:], strict=False)
    )


def test_a_linear_loss_takes_one_step():
    change = nearly_linear(0.5, 0.0)
    assert find_rate(change, 0.01) == pytest.approx(0.0172) and len(change.tried) == 2


@pytest.mark.parametrize("value", [0.001, 0.0, math.nan, math.inf])
def test_a_loss_that_does_not_fall_is_told(value):
    with pytest.raises(ValueError, match=r"away from -0.0086; start from a smaller probe.lr"):
        find_rate(lambda rate: value, 0.01)


def test_a_target_out_of_reach_is_told():
    with pytest.raises(ValueError, match=r"no step size found .* after 20 tries"):
        find_rate(lambda rate: -0.001 * (1 + rate / (1 + rate)), 0.01)


@pytest.mark.parametrize(
    ("rate", "two_digits"),
    [(0.0187, 0.019), (0.01249, 0.012), (1.96, 2.0), (123.4, 120.0), (4.96e-5, 5e-5)],
)
def test_the_answer_has_two_digits(rate, two_digits):
    assert rounded(rate) == pytest.approx(two_digits, rel=1e-12)


def test_what_is_tried_is_the_experiment_with_that_rate_and_the_oracle_alone(tmp_path):
    options = {
        "dataset": "digits",
        "snapshots": [5, 20],
        "train": {"epochs": 20},
        "probe": {"lr": 1.0, "credits": ["dfa", "vec"], "steps": 3},
    }
    settings = probing_at(KINDS["snapshot_sweep"], options, 0.25, tmp_path).settings
    assert settings.probe.lr == 0.25
    assert settings.probe.credits == ("oracle",)
    assert settings.snapshots == (5,)
    assert settings.probe.steps == 3


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--experiment", "swep"], 2, "no experiment is called `swep`; did you mean `sweep`?"),
        (["--experiment", "online"], 2, "`online` is of kind online_training, which has no probe"),
        (
            ["--setting", "digit"],
            2,
            "experiment `sweep` has no setting `digit`; did you mean `digits`?",
        ),
        (["--seeds", "0"], 2, "0 is not in the range x>=6"),
        (["--device", "tpu"], 2, "'tpu' is not one of"),
        (["missing.yaml"], 1, "missing.yaml:1:1: error: there is no such file"),
    ],
)
def test_what_cannot_be_calibrated_is_told(tmp_path, monkeypatch, arguments, code, told):
    monkeypatch.chdir(tmp_path)
    file = [] if arguments == ["missing.yaml"] else [str(ROOT / "claims.yaml")]
    result = CliRunner().invoke(command, [*file, *arguments])
    assert result.exit_code == code and isinstance(result.exception, SystemExit)
    assert told in " ".join(result.stderr.split())


def test_an_experiment_that_ends_before_epoch_5_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path / "store"))
    path = tmp_path / "claims.yaml"
    path.write_text(
        "version: 1\nexperiments:\n  sweep: {kind: "
        "models.experiments.snapshot_sweep:SnapshotSweep, "
        "dataset: digits, train: {epochs: 3}, snapshots: [3], probe: {lr: 0.01}}\n"
        'claims: {one: {expect: "accuracy(epoch=3) > 0.5"}}\n'
    )
    result = CliRunner().invoke(command, [str(path), "--device", "cpu"])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "asks for epoch 5" in result.stderr
