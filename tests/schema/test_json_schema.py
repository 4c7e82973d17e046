"""The JSON Schema by which editors complete and underline claim files."""

from __future__ import annotations

import json

import jsonschema
import pytest

from claims.schema import read_suite
from claims.schema.json_schema import schema_text
from claims.schema.yaml_source import read
from tests.support import ROOT

SUITES = [ROOT / "claims.yaml", *sorted(ROOT.glob("examples/*/claims.yaml"))]


def test_the_committed_json_schema_is_what_the_models_say():
    committed = (ROOT / "claims" / "schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "claims/schema.json is stale: run `python -m claims schema`"


@pytest.fixture(scope="module")
def validator():
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_committed_claim_files_satisfy_the_json_schema(validator, path):
    assert not list(validator.iter_errors(read(path).root.data()))
    assert not read_suite(path).problems
    assert "yaml-language-server: $schema=" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"claims": {}},
        {"claims": {"a": {"says": "x"}}},
        {"claims": {"a": {"expect": "x < 0", "never": "x < 0"}}},
        {"claims": {"a": {"expect": "x < 0", "expected": "error"}}},
        {"claims": {"a": {"expect": "x < 0", "memo": "7A"}}},
        {"claims": {"a": {"expect": "x < 0", "by": 1}}},
        {"claims": {"a": {"expect": "x < 0", "exspect": 1}}},
        {"experiments": {"sweep": {"kind": "snapshot_sweep", "snapshot": [5]}}},
        {"experiments": {"sweep": {"kind": "nonsense"}}},
        {"experiments": {"sweep": {"kind": "snapshot_sweep", "probe": {"lrr": 1}}}},
        {"experiments": {"sweep": {}}},
        {
            "experiments": {
                "sweep": {"kind": "snapshot_sweep", "settings": {"digits": {"datasett": "digits"}}}
            }
        },
    ],
)
def test_the_json_schema_refuses_mistakes(validator, change):
    data = read(ROOT / "claims.yaml").root.data() | change
    assert list(validator.iter_errors(data))
