"""What `--junitxml` says of a claim."""

import xml.etree.ElementTree as ElementTree

import pytest


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_junit_has_estimate_and_interval(suite, pytester, workers):
    positive = "positive: {memo: M, where: here, says: A gains., expect: gain(a) > 0}"
    claim = suite(positive, "--junitxml=junit.xml", *workers).claims["positive@first"]
    cases = {
        c.get("name"): c for c in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    }
    properties = {
        p.get("name"): p.get("value") for p in cases["test_claim[positive]"].iter("property")
    }
    assert properties["verdict"] == "supported" and int(properties["n_seeds"]) == 8
    assert [float(properties[k]) for k in ("low", "estimate", "high")] == [
        claim[k] for k in ("low", "estimate", "high")
    ]
