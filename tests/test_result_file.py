"""The result file: what is written satisfies its schema, what is no result file is refused."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from claims.result_file import SCHEMAS, VERSION, read_result
from tests.support.commands import call
from tests.support.results import draw, judged


@pytest.fixture
def old(tmp_path):
    return judged(tmp_path / "old", draw(np.random.default_rng(1)))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[: len(text) // 2], "cut short|damaged"),
        (lambda text: text.replace('"version": 2', '"version": 3', 1), "version 3 is newer than 2"),
        (lambda text: text.replace('"version": 2', '"version": 0', 1), "`version` is 0"),
        (lambda text: text.replace('"version": 2', '"version": "2"', 1), '`version` is "2"'),
        (lambda text: text.replace('"version": 2', '"version": 1', 1), "of version 1: at claims/0"),
        (lambda text: "[]", "not a result file"),
        (lambda text: text.replace('"n_seeds": 16', '"n_seeds": "many"', 1), "at claims/0/n_seeds"),
        (lambda text: "", "cut short"),
    ],
    ids=[
        "truncated",
        "newer",
        "version before the first",
        "version as text",
        "another version's fields",
        "something else",
        "wrong type",
        "empty",
    ],
)
def test_files_that_are_no_result_are_refused_by_name(old, tmp_path, spoil, why):
    path = tmp_path / "spoiled.json"
    path.write_text(spoil(old.path.read_text()))
    told = call("compare", path, old.path)
    assert told.exit_code == 1
    assert re.search(rf"spoiled\.json: .*({why})", told.output), told.output


def test_every_result_validates_against_the_committed_schema(old):
    schema = json.loads(SCHEMAS[VERSION].read_text())
    Draft202012Validator.check_schema(schema)
    data = json.loads(old.path.read_text())
    Draft202012Validator(schema).validate(data)
    assert set(data["claims"][0]) <= set(schema["$defs"]["claim"]["properties"]), (
        "a field that the schema does not describe"
    )
    assert set(data["claims"][0]["atoms"][0]) <= set(schema["$defs"]["atom"]["properties"])


def test_a_result_does_not_need_torch(tmp_path):
    path = judged(tmp_path, draw(np.random.default_rng(1))).path
    data = json.loads(path.read_text())
    data["environment"].pop("torch", None)
    path.write_text(json.dumps(data))
    assert "torch" not in read_result(path).environment


@pytest.mark.parametrize("version", sorted(SCHEMAS))
def test_the_schema_of_each_version_says_which_it_is(version):
    schema = json.loads(SCHEMAS[version].read_text())
    assert schema["properties"]["version"] == {"const": version}
