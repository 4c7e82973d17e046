"""Digests of plain data, and settings merged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.experiments.digests import deep_merge, digest_of

LEAVES = st.integers(-5, 5) | st.text(max_size=3) | st.booleans() | st.none()
NAMES = st.text("ab", min_size=1, max_size=2)
NESTED = st.dictionaries(NAMES, LEAVES, max_size=2)
DATA = st.dictionaries(NAMES, LEAVES | NESTED, max_size=3)


@given(DATA)
def test_the_order_of_keys_does_not_matter(data):
    turned = dict(reversed(data.items()))
    assert digest_of(data) == digest_of(turned) and len(digest_of(data)) == 16


@given(DATA, DATA)
def test_other_data_have_another_digest(one, other):
    same = repr(sorted(one.items(), key=repr)) == repr(sorted(other.items(), key=repr))
    assert same or one == other or digest_of(one) != digest_of(other)


def test_a_number_that_json_does_not_know_is_refused():
    with pytest.raises(ValueError):
        digest_of({"rate": float("nan")})


@given(DATA)
def test_merging_nothing_changes_nothing(data):
    assert deep_merge(data, {}) == deep_merge(data, data) == data


def test_mappings_are_merged_and_all_else_is_replaced_whole():
    base = {"probe": {"lr": 1, "steps": [1, 2]}, "seeds": 3}
    merged = deep_merge(base, {"probe": {"steps": [3]}, "seeds": {"start": 1}})
    assert merged == {"probe": {"lr": 1, "steps": [3]}, "seeds": {"start": 1}}
    assert base == {"probe": {"lr": 1, "steps": [1, 2]}, "seeds": 3}
