"""Codes and their sentences."""

import json

import pytest

from claims.comparison.changes import Change
from claims.evidence import NoVerdict
from claims.inference import Cause, Verdict
from claims.inference.boundary import BoundaryFailure


@pytest.mark.parametrize("codes", [Verdict, Cause, NoVerdict, BoundaryFailure, Change])
def test_a_code_is_a_text_with_a_sentence(codes):
    for code in codes:
        assert code == str(code) == codes(str(code))
        assert json.loads(json.dumps({"code": code})) == {"code": str(code)}
    assert len({code.sentence for code in codes}) == len(codes)
