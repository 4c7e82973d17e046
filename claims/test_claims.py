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


def under_reading(reading, reread):
    """With `--variants`: all claims judged under one reading of the memo. Another verdict is a
    finding, and no failure.
    """
    found = reread(reading)
    found.settle()
