"""`--claims-variants` through pytest, on an experiment that costs nothing."""

import json

import pytest

from tests.support.coin import GOOD, HEAD, measured


def varied(choices, **options):
    """The head of the claim file with variants of the coin."""
    stated = ", ".join(
        f"{name}: {value}"
        for name, value in {"choices": choices, "sample": 2, "seeds": 6, **options}.items()
    )
    return HEAD.replace("claims:\n", f"variants: {{coin: {{{stated}}}}}\nclaims:\n")


def table_of(pytester):
    return json.loads((pytester.path / "reports" / "variants.json").read_text())


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_variants_are_judged_and_another_verdict_is_no_failure(suite, pytester, workers):
    result = suite(GOOD, "--claims-variants", *workers, head=varied("{shift: [-3, 0.01]}"))
    result.assert_outcomes(passed=6)
    assert {name: c["verdict"] for name, c in result.claims.items()} == {
        "positive@first": "supported",
        "ordered@first": "supported",
        "tiny@first": "refuted",
    }
    assert not result.file["partial"]
    found = table_of(pytester)
    claims = {claim["id"]: claim for claim in found["experiments"][0]["claims"]}
    assert not found["partial"]
    assert [r["name"] for r in found["experiments"][0]["variants"]] == [
        "base",
        "shift=-3",
        "shift=0.01",
    ]
    assert claims["tiny"]["sentence"] == "reversed by shift (-3: supported)"
    assert claims["positive"]["decisive_choices"] == [
        {"path": "shift", "value": -3, "verdict": "refuted", "change": "reversed"}
    ]
    assert claims["positive"]["counts"] == {"supported": 2, "refuted": 1}
    assert claims["positive"]["expected"] == "supported"
    shifted = claims["positive"]["variants"]
    assert shifted[1]["estimate"] == pytest.approx(shifted[0]["estimate"] - 3)
    assert shifted[2]["estimate"] == pytest.approx(shifted[0]["estimate"] + 0.01)
    assert sorted(set(measured(pytester))) == list(range(8))  # six of them for the variants
    text = " ".join(result.stdout.str().split())
    assert (
        "coin (first): 3 claims under 3 variants on 6 seeds; 1 with one verdict in all, 2 "
        "reversed by a single choice" in text
    )
    assert "tiny reversed by shift (-3: supported)" in text
    html = (pytester.path / "reports" / "variants.html").read_text()
    assert html.count("<svg") == 3
    assert "reversed by shift (-3: refuted)" in (
        pytester.path / "reports" / "variants.md"
    ).read_text().replace("\\", "")


def test_the_number_of_workers_does_not_change_a_digit(suite, pytester):
    found = []
    for workers in ("0", "2"):
        suite(
            GOOD, "--claims-variants", "--claims-fresh", "-n", workers, head=varied("{shift: [-3]}")
        )
        found.append(table_of(pytester)["experiments"])
    assert found[0] == found[1]


def test_without_the_option_no_variant_is_judged(suite, pytester):
    suite(GOOD, head=varied("{shift: [-3]}")).assert_outcomes(passed=3)
    assert not (pytester.path / "reports" / "variants.json").exists()


def test_a_network_that_diverges_is_an_outcome_and_no_failure(suite, pytester):
    suite(GOOD, "--claims-variants", head=varied("{fails: [2]}")).assert_outcomes(passed=5)
    claims = table_of(pytester)["experiments"][0]["claims"]
    assert {claim["sentence"] for claim in claims} == {"not measurable with fails (2)"}
    assert all(
        c["variants"][1]["diverged"] and "epoch 7 in seed 2" in c["variants"][1]["reason"]
        for c in claims
    )


def test_what_cannot_be_measured_for_another_reason_fails_and_is_in_the_table_all_the_same(
    suite, pytester
):
    result = suite(GOOD, "--claims-variants", head=varied("{fails: [-1]}"))
    result.assert_outcomes(passed=4, failed=1)
    assert "`positive` could not be measured: SystemExit: out of coins" in result.stdout.str()
    assert table_of(pytester)["experiments"][0]["claims"][0]["variants"][1]["verdict"] == "error"


def test_variants_alone_take_the_seed_base_and_say_when_they_are_not_all(suite, pytester):
    result = suite(
        GOOD,
        "--claims-variants",
        "--claims-seed-base=100",
        "-k",
        "under_variant and base",
        head=varied("{shift: [-3]}"),
    )
    result.assert_outcomes(passed=1, deselected=4)
    assert result.file is None
    assert sorted(measured(pytester)) == list(range(100, 106))
    found = table_of(pytester)
    assert found["partial"]
    assert found["experiments"][0]["claims"][0]["variants"][1] is None
    assert found["environment"]["seed_base"] == 100
    assert "(partial: of 2)" in result.stdout.str()


def test_what_a_variant_lacks_is_not_asked_there(suite, pytester):
    result = suite(
        GOOD,
        "--claims-variants",
        "--claims-setting=short",
        head=varied("{shift: [0.5]}", without="[early]"),
    )
    assert result.ret == 0
    claims = table_of(pytester)["experiments"][0]["claims"]
    assert [c["id"] for c in claims] == ["ordered", "tiny"]  # `without` names the tag of the other
    assert claims[0]["sentence"] == "not asked"
    assert claims[0]["variants"][0]["verdict"] is None


def test_variants_that_no_one_stated_are_a_usage_error(suite):
    result = suite(GOOD, "--claims-variants")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*claims.yaml states no `variants`; name the choices*"])
