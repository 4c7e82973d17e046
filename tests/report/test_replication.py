"""What a run says of the chance that fresh seeds give the expected verdict again."""

import numpy as np

from claims.evidence import Evidence
from claims.report.replication import replication_lines
from tests.support.coin import GOOD


def test_the_chance_to_pass_again_is_told_for_each_claim_and_for_all(suite):
    result = suite(
        GOOD + "  close: {says: A gains 0.75., expect: gain(a) > 0.75}\n",
        "--claims-inconclusive=warn",
    )
    claims = result.claims
    assert claims["positive@first"]["replication_probability"] > 0.95
    assert claims["close@first"]["replication_probability"] < 0.9
    together = np.mean(
        [
            set(w) == {"1"}
            for w in zip(*(c["replication_worlds"] for c in claims.values()), strict=True)
        ]
    )
    assert together <= min(c["replication_probability"] for c in claims.values())
    result.stdout.fnmatch_lines(
        [
            f"*all claims would come out as expected with a chance of {100 * together:.0f} %*",
            "*close: * %*",
        ]
    )


def remedy(**fields):
    """What a run says of one claim that may well come out differently."""
    told = {
        "expected": "supported",
        "verdict": "supported",
        "replication_probability": 0.8,
        "replication_worlds": "11110",
        "n_seeds": 16,
    } | fields
    return list(replication_lines([Evidence("close", "first", "coin", "gain(a) > 0", **told)]))[1]


def test_the_remedy_for_a_close_claim_fits_what_is_expected_of_it():
    assert remedy(seeds_to_replicate=70).endswith(
        "close: 80 %; about 70 seeds in one look would make it 90 %"
    )
    assert remedy(seeds_to_replicate=70, max_seeds=16) == remedy(seeds_to_replicate=70)
    assert remedy(seeds_to_replicate=50, max_seeds=64).endswith(
        "would make it 90 %; it stopped at 16, and its schedule goes to 64 already"
    )
    assert remedy(max_seeds=64).endswith(
        "the data do not say how many seeds would help; it stopped at 16, and its schedule "
        "goes to 64 already"
    )
    assert remedy(expected="inconclusive", verdict="inconclusive").endswith(
        "seeds that decide it would change what is expected"
    )


def test_a_close_claim_is_told_the_seeds_that_its_own_chance_asks_for(suite):
    claim = suite(
        "  close: {says: A gains two thirds., expect: gain(a) > 0.65, seeds: {start: 8, "
        "step: 8, max: 24}}\n",
        "--claims-inconclusive=warn",
    ).claims["close@first"]
    assert claim["max_seeds"] == 24 and claim["verdict"] == "supported"
    assert claim["replication_probability"] >= 0.9 or claim["seeds_to_replicate"] > claim["n_seeds"]
