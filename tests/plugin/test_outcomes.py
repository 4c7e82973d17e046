"""What a judged claim does to its test."""

import pytest

from tests.support.coin import GOOD


def test_what_is_not_as_expected_fails_with_its_reason(suite):
    result = suite("""
      wrong: {says: A loses., expect: gain(a) < 0}
      open: {says: About one., expect: gain(a) > 1}
      unrecorded: {says: A gains., expect: gain(a) > 0, expected: {shifted: supported}}
    """)
    result.assert_outcomes(failed=3)
    text = " ".join(result.stdout.str().split())
    assert "`wrong` came out refuted; expected supported." in text and "against 0" in text
    assert "`open` came out inconclusive; expected supported." in text
    assert "seeds would decide it with 90 % chance" in text
    assert "no verdict is recorded for setting first" in text
    assert result.claims["open@first"]["seeds_needed"] > 8


def test_inconclusive_can_be_softened(suite):
    claims = (
        "\n  open: {says: About one., expect: gain(a) > 1}\n  wrong: {says: A loses., expect: "
        "gain(a) < 0}\n"
    )
    suite(claims, "--claims-inconclusive=warn").assert_outcomes(passed=1, failed=1, warnings=1)


def test_not_asked_is_counted_with_its_reason(suite):
    result = suite(GOOD, "--claims-setting=short")
    result.stdout.fnmatch_lines(["*not asked*ordered*has no b in this setting*"])
    assert result.claims["ordered@short"]["outcome"] == "not_asked"
    assert result.claims["ordered@short"]["verdict"] is None


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_divergence_is_an_error_and_never_a_refutation(suite, workers):
    result = suite(
        "\n  one: {experiment: broken, says: A loses., expect: gain(a) < 0, expected: "
        "refuted, note: n}\n",
        *workers,
    )
    result.assert_outcomes(failed=1)
    claim = result.claims["one@default"]
    assert claim["verdict"] == "error" and claim["outcome"] == "error" and claim["estimate"] is None
    assert "epoch 7 in seed 3" in result.stdout.str()


def test_a_kind_that_stops_the_process_is_an_error_of_its_claims_alone(suite):
    result = suite("""
      stopped: {experiment: stopping, says: A gains., expect: gain(a) > 0}
      again: {experiment: stopping, says: B gains., expect: gain(b) > 0}
      fine: {says: A gains., expect: gain(a) > 0}
    """)
    result.assert_outcomes(passed=1, failed=2)
    assert (
        result.claims["stopped@default"]["reason"]
        == result.claims["again@default"]["reason"]
        == "SystemExit: out of coins"
    )
