"""`python -m claims schema`: the committed schema is what it writes."""

from tests.support import ROOT
from tests.support.commands import call


def test_schema_writes_and_checks(tmp_path):
    path = tmp_path / "schema.json"
    assert call("schema", "--output", path).exit_code == 0
    assert path.read_text(encoding="utf-8") == (ROOT / "claims" / "schema.json").read_text(
        encoding="utf-8"
    )
    assert call("schema", "--output", path, "--check").exit_code == 0
    path.write_text("{}", encoding="utf-8")
    assert call("schema", "--output", path, "--check").exit_code == 1
    assert call("schema", "--output", "-").stdout.startswith("{")


def test_a_check_without_a_file_is_of_the_packaged_schema(monkeypatch, tmp_path):
    from claims.schema import json_schema

    assert call("schema", "--check").exit_code == 0
    monkeypatch.setattr(json_schema, "PACKAGED", tmp_path / "none.json")
    assert "stale" in call("schema", "--check").output
