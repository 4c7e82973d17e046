"""The record of a claim: plain JSON, without numpy."""

import math
import subprocess
import sys

import numpy as np
import pytest

from claims.evidence import AtomEvidence, Evidence, NoVerdict, Outcome, plain
from claims.inference import Cause, Verdict

ATOM = AtomEvidence(
    "a < 1", {}, 0.5, -math.inf, 2.0, 1.0, 1.0, Verdict.INCONCLUSIVE, code=Cause.UNDECIDED
)
EVIDENCE = Evidence(
    "it",
    "default",
    "e",
    "a < 1",
    verdict=Verdict.INCONCLUSIVE,
    outcome=Outcome.FAILED,
    code=Cause.UNDECIDED,
    atoms=(ATOM,),
    terms={"a": [0.25, 0.75]},
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (math.nan, None),
        (-math.inf, None),
        ((1, (2.0, "x")), [1, [2.0, "x"]]),
        ({1: None, "a": True}, {"1": None, "a": True}),
        (Cause.TOO_FEW, "too_few"),
    ],
)
def test_plain_data(value, expected):
    found = plain(value)
    assert found == expected and type(found) is type(expected)


def test_a_record_crosses_as_exact_texts():
    """Another process gets str and no enumeration: what carries it there knows no other."""
    data = EVIDENCE.to_json()
    for record in (data, data["atoms"][0]):
        assert {type(record[name]) for name in ("code", "verdict")} == {str}
    assert data["atoms"][0]["low"] is None
    assert Evidence.from_json(data).to_json() == data


def test_unknown_fields_are_left_out():
    data = EVIDENCE.to_json() | {"later": 1}
    data["atoms"][0]["later"] = 2
    assert Evidence.from_json(data).to_json() == EVIDENCE.to_json()


def test_verdicts_and_outcomes_are_what_files_hold():
    assert list(map(str, Verdict)) == ["supported", "refuted", "inconclusive"]
    assert list(map(str, Outcome)) == ["passed", "failed", "not_asked", "error"]


def test_no_two_reasons_share_a_code():
    """Of a claim: why it is inconclusive, and why it has no verdict."""
    assert not set(map(str, Cause)) & set(map(str, NoVerdict))


def test_records_need_no_numpy():
    code = "import sys, claims.evidence; print({'numpy', 'scipy', 'xarray'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
