"""`python -m claims calibrate`: a small run writes tables, with worlds resampled from what claims
measured.
"""

import textwrap

import pytest
from click.testing import CliRunner

from claims.commands.calibrate import command, observed_worlds

CSV = "\n".join(
    ["run,arm,score", *(f"{i},a,{1 + i % 5 / 10}\n{i},b,{2 + i % 7 / 10}" for i in range(9))]
)
CLAIMS = """
    version: 1
    experiments:
      e: {kind: recorded, file: r.csv, replicate: run, conditions: [arm], metrics: [score]}
    claims:
      ordered: {says: B is ahead., expect: score(a) < score(b)}
      bounded: {says: A is between., expect: 0.5 < score(a) < 1.5}
"""


@pytest.fixture
def claims_file(tmp_path, monkeypatch):
    (tmp_path / "r.csv").write_text(CSV)
    (tmp_path / "claims.yaml").write_text(textwrap.dedent(CLAIMS))
    monkeypatch.setenv("CLAIMS_STORE", str(tmp_path / "store"))
    return tmp_path / "claims.yaml"


def test_every_atom_with_observations_is_a_world(claims_file):
    worlds = list(observed_worlds(claims_file))
    assert [world.name for world in worlds] == ["`ordered`", "`bounded`", "`bounded`"]


def test_tables_are_written(claims_file, tmp_path, monkeypatch):
    import claims.inference.calibration as calibration

    original = calibration.run
    small = dict(sizes=(8,), worlds=calibration.WORLDS[:1], conjunctions=())
    monkeypatch.setattr(calibration, "run", lambda **options: original(**{**options, **small}))
    out = tmp_path / "deep" / "calibration.md"
    done = CliRunner().invoke(
        command, [str(claims_file), "--worlds", "50", "--resamples", "199", "--output", str(out)]
    )
    assert done.exit_code == 0, done.output
    text = out.read_text()
    assert "| `ordered` | 16 |" in text and "| limit |" in text
    assert "| normal | 8 |" in text and "| normal | 16 |" not in text
    assert all(
        f"| {method} | normal | 8 |" in text for method in ("t", "studentized", "bootstrap-t")
    )


def test_an_unknown_method_is_named(claims_file):
    done = CliRunner().invoke(command, [str(claims_file), "--method", "bayes"])
    assert done.exit_code == 2
    assert "allowed: bootstrap-t, studentized, t, bca, percentile" in done.output
