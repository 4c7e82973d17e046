"""The test that `pytest claims/` collects: a claim is judged on freshly measured seeds, and what
comes out compared with what is expected.
"""


def test_claim(claims_case, claims_judge):
    claims_judge(claims_case)


def false_positives(claims_case, claims_check):
    """With `--claims-check-false-positives`: where the claim is false, it must not be supported."""
    claims_check(claims_case)


def under_variant(claims_variant, claims_judge_variant):
    """With `--claims-variants`: all claims judged under one variant of the settings. Another
    verdict is a finding, and no failure.
    """
    claims_judge_variant(claims_variant)
