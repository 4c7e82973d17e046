"""`python -m claims check`: the plan, and mistakes with their places."""

from __future__ import annotations

import subprocess
import sys

from claims.schema import load_suite
from tests.support import ROOT
from tests.support.commands import TEXT, call
from tests.support.variants import load_sweep


def test_check_prints_the_plan(file):
    result = call("check", file)
    assert result.exit_code == 0
    assert "first" in result.stdout
    assert "as recorded" in result.stdout
    assert "2 claims, no mistakes" in result.stdout


def test_check_of_the_committed_suite_names_what_is_cached_and_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path))
    result = call("check", ROOT / "claims.yaml", "--device", "cpu")
    assert result.exit_code == 0
    suite = load_suite(ROOT / "claims.yaml")
    lines = {
        tuple(line.split()[:2]): line.split() for line in result.stdout.splitlines() if line.strip()
    }
    for spec in suite.experiments.values():
        asked = [claim for claim in suite.claims if claim.experiment == spec.name]
        if asked:
            row = lines[spec.name, next(iter(spec.settings))]
            most = str(max(claim.seeds.max for claim in asked))
            assert row[3] == most and row[4:6] == ["0", most]
    assert not list(tmp_path.iterdir()), "a plan trains nothing and writes nothing"


def test_check_tells_mistakes_and_still_plans_the_others(file):
    file.write_text(TEXT + "  third:\n    expect: los(vec) < 0\n", encoding="utf-8")
    result = call("check", file)
    assert result.exit_code == 1
    assert "claims.yaml:22:13: error: no metric is called `los`" in result.stderr
    assert "1 problem in 1 claim." in result.stderr
    assert "first" in result.stdout and "no mistakes" not in result.stdout


def test_check_of_a_file_that_is_no_claim_file(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\x00\x01")
    result = call("check", tmp_path / "x.yaml")
    assert result.exit_code == 1 and "x.yaml:1:1: error" in result.stderr
    assert call("check", tmp_path / "none.yaml").exit_code == 1


def test_check_plans_the_last_look_of_a_schedule(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path / "store"))
    result = call("check", ROOT / "examples" / "own_experiment" / "claims.yaml", "--device", "cpu")
    assert result.exit_code == 0 and "8 to 32 by 8" in result.stdout
    assert ["curve", "digits", "2", "32", "0", "32"] in [
        line.split()[:6] for line in result.stdout.splitlines()
    ]


def test_check_knows_the_settings(file):
    assert call("check", file, "--setting", "default").exit_code == 0
    result = call("check", file, "--setting", "defualt")
    assert result.exit_code == 2 and "did you mean `default`" in result.stderr


def test_check_lists_what_is_not_asked(file):
    file.write_text(
        TEXT.replace(
            "    metrics:   [loss]\n",
            "    metrics:   [loss]\n    settings: {all: {}, few: {file: few.csv}}\n",
        ),
        encoding="utf-8",
    )
    (file.parent / "few.csv").write_text("run,credit,loss\n0,dfa,1\n1,dfa,2\n")
    result = call("check", file, "--setting", "few")
    assert result.exit_code == 0
    assert "not asked in few: first: `loss` has no vec in this setting" in result.stdout


def test_check_runs_as_a_module_without_torch(file):
    code = (
        "import sys; sys.argv = ['claims', 'check', sys.argv[1]]\nfrom claims.__main__ import "
        "main\ntry: main()\nexcept SystemExit as e: assert not e.code\nassert 'torch' not "
        "in sys.modules and 'pandas' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(file)], cwd=ROOT, check=True, capture_output=True
    )


def test_check_counts_claims_as_people_do(file):
    file.write_text(TEXT.split("  second:")[0], encoding="utf-8")
    assert "1 claim, no mistakes." in call("check", file).stdout


def test_check_says_how_many_variants_there_are(tmp_path):
    load_sweep(tmp_path, "  sweep: {choices: {probe.lr: [0.2], feedback.scale: [2.0]}, seeds: 4}\n")
    result = call("check", tmp_path / "claims.yaml")
    expected = (
        "sweep (digits): 2 claims under 4 variants (1 as written, 2 single choices, 1 "
        "combinations) on 4 seeds; 2 trainings a seed"
    )
    assert result.exit_code == 0
    assert expected in " ".join(result.stdout.split())
