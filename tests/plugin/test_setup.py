"""What is wrong with the options is said before anything is collected."""

import pytest
import torch

from tests.support.coin import GOOD, measured


@pytest.mark.parametrize("folder", ["taken", "taken/below"])
@pytest.mark.parametrize("option", ["claims-report", "claims-history"])
def test_reports_that_could_not_be_written_are_told_before_anything_is_measured(
    suite, pytester, option, folder
):
    (pytester.path / "taken").write_text("a file")
    result = suite(GOOD, f"--{option}={folder}")
    assert result.ret == 4 and not measured(pytester)
    result.stderr.fnmatch_lines([f"*`--{option}={folder}`: *taken is a file; name a folder*"])


def test_a_folder_is_no_claim_file(suite, pytester):
    result = suite(GOOD, file=str(pytester.path))
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*is a folder; name a file in it with --claims-file=F*"])


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
@pytest.mark.parametrize(
    ("claims", "options", "message"),
    [
        (None, {}, "does not exist; name another with --claims-file"),
        (
            "\n  one: {says: s, expect: gain(c) > 0}\n",
            {},
            "claims.yaml:*no dimension of `gain` has the label c",
        ),
        ("\n  one: {says: s, expect: loss(a) > 0}\n", {}, "no metric is called `loss`"),
        ("\n  one: {says: s, experiment: coins, expect: gain(a) > 0}\n", {}, "coins"),
        ("\n  one: [\n", {}, "claims.yaml:"),
        (
            GOOD,
            {"--claims-setting": "shfted"},
            "no experiment of claims.yaml has that setting; did you mean `shifted`?",
        ),
        (GOOD, {"--claims-device": "tpu"}, "device` is 'tpu'; allowed: auto, cpu"),
        (GOOD, {"--claims-seed-base": "-5"}, "`--claims-seed-base` is -5; allowed: 0 or more"),
    ],
    ids=["missing", "label", "metric", "experiment", "syntax", "setting", "device", "seed base"],
)
def test_bad_input_is_one_clean_usage_error(suite, claims, options, message, workers):
    result = suite(claims, *(f"{k}={v}" for k, v in options.items()), *workers)
    assert result.ret == 4
    errors = result.stderr.str()
    result.stderr.fnmatch_lines([f"*{message}*"])
    assert "Traceback" not in errors + result.stdout.str()
    assert "INTERNALERROR" not in errors + result.stdout.str()
    assert len(errors.strip().splitlines()) < 20


NETWORKS = """
version: 1
experiments:
  sweep:
    {kind: "models.experiments.snapshot_sweep:SnapshotSweep", dataset: digits, probe: {lr: 0.02}}
claims:
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_where_there_is_none_is_a_usage_error(suite):
    result = suite("\n  one: {expect: loss(epoch=5) < 9}\n", "--claims-device=cuda", head=NETWORKS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*sees no GPU; use cpu*"])
