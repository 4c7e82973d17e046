"""`python -m claims check` and the variants of a claim file."""

from click.testing import CliRunner

from claims.__main__ import main
from tests.support.variants import load_sweep


def test_check_says_how_many_variants_there_are(tmp_path):
    load_sweep(tmp_path, "  sweep: {choices: {probe.lr: [0.2], feedback.scale: [2.0]}, seeds: 4}\n")
    result = CliRunner().invoke(main, ["check", str(tmp_path / "claims.yaml")])
    expected = (
        "sweep (digits): 2 claims under 4 variants (1 as written, 2 single choices, 1 "
        "combinations) on 4 seeds; 2 trainings a seed"
    )
    assert result.exit_code == 0
    assert expected in " ".join(result.stdout.split())
