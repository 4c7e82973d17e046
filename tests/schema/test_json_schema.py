"""The JSON Schema by which editors complete and underline claim files."""

from __future__ import annotations

import json

import jsonschema
import pytest

from claims.schema import load_suite, read_suite
from claims.schema.json_schema import schema_text
from claims.schema.yaml_source import read
from tests.support import ROOT

SUITES = [ROOT / "claims.yaml", *sorted(ROOT.glob("examples/*/claims.yaml"))]


def schema_for(path):
    return schema_text(load_suite(path).kinds, path.parent)


def test_the_committed_schemas_are_what_the_models_say():
    committed = (ROOT / "claims" / "schema.json").read_text(encoding="utf-8")
    assert committed == schema_text(), "stale: `claims schema --output claims/schema.json`"
    committed = (ROOT / "claims.schema.json").read_text(encoding="utf-8")
    assert committed == schema_for(ROOT / "claims.yaml"), "stale: `claims schema claims.yaml`"


def validator_of(text):
    schema = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.fixture(scope="module")
def validator():
    """Of this repository's claim file, the settings of its kinds included."""
    return validator_of(schema_for(ROOT / "claims.yaml"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.parent.name)
def test_committed_claim_files_satisfy_both_schemas(path):
    data = read(path).root.data()
    for text in (schema_text(), schema_for(path)):
        assert not list(validator_of(text).iter_errors(data))
    assert not read_suite(path).problems
    assert "yaml-language-server: $schema=" in path.read_text(encoding="utf-8")


def test_the_packaged_schema_knows_the_tools_own_kinds_alone():
    assert "snapshot_sweep" not in schema_text() and "stepsize" not in schema_text()
    recorded = {"experiments": {"lab": {"kind": "recorded", "filee": "x.csv"}}}
    data = read(ROOT / "claims.yaml").root.data()
    assert list(validator_of(schema_text()).iter_errors(data | recorded))


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
