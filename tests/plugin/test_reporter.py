"""What a run of claims writes."""

from tests.support.coin import GOOD


def test_the_result_file_has_the_fields_of_the_contract(suite):
    claim = suite(GOOD).claims["ordered@first"]
    contract = """id memo where says expression experiment setting expected
        verdict outcome estimate low high threshold confidence method p_value p_holm n_seeds seeds
        seeds_needed replication_probability false_positive_rate note elapsed_s
        settings_digest source_digest atoms terms"""
    assert set(contract.split()) <= set(claim)
    assert set(
        ["expression", "bindings", "estimate", "low", "high", "threshold", "p_value", "verdict"]
    ) <= set(claim["atoms"][0])
