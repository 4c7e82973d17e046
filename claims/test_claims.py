"""The one test: judge a claim on freshly measured seeds, record the evidence, compare with what is
expected.
"""


def test_claim(claim, setting, judged):
    evidence = judged(claim, setting)
    evidence.settle()


def can_fail(claim, setting, controlled):
    """With `--controls`: in worlds where the claim is false, it must not be supported."""
    control = controlled(claim, setting)
    control.settle()


def under_variant(claims_variant, claims_judge_variant):
    """With `--claims-variants`: all claims judged under one variant of the settings. Another
    verdict is a finding, and no failure.
    """
    result = claims_judge_variant(claims_variant)
    result.apply_outcome()
