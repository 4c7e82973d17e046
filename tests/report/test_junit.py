"""What `--junitxml` says of a claim."""

import xml.etree.ElementTree as ElementTree

import pytest

from tests.support.reports import reports


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_junit_has_estimate_and_interval(run, pytester, workers):
    run("--junitxml=junit.xml", *workers)
    cases = {
        c.get("name"): c for c in ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    }
    properties = {
        p.get("name"): p.get("value") for p in cases["test_claim[positive]"].iter("property")
    }
    claim = next(c for c in reports(pytester)["claims"] if c["id"] == "positive")
    assert properties["verdict"] == "supported" and int(properties["n_seeds"]) == 12
    assert [float(properties[k]) for k in ("low", "estimate", "high")] == [
        claim[k] for k in ("low", "estimate", "high")
    ]
