"""The one test: judge a claim on freshly measured seeds, record the evidence, compare with what is expected."""


def test_claim(claim, setting, judged):
    evidence = judged(claim, setting)
    evidence.settle()
