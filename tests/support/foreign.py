"""Somebody else's repository: files of their own, and claims of recorded results."""

CLAIMS = """\
version: 1
experiments:
  lab: {kind: recorded, file: lab.csv, replicate: run, conditions: [rule], metrics: [loss]}
claims:
  ordered: {says: A's loss is below B's., expect: loss(a) < loss(b)}
  wrong: {says: A's loss is above B's., expect: loss(a) > loss(b), expected: refuted, note: No.}
"""
RULES = {"a": (1.0, 3), "b": (2.0, 7)}  # level, and order in which ten values around it come
ROWS = [
    f"{run},{rule},{level + run * order % 10 / 20}"
    for run in range(10)
    for rule, (level, order) in RULES.items()
]
RESULTS = "\n".join(["run,rule,loss", *ROWS]) + "\n"
BROKEN = "claims: ["
OWN_TEST = "def test_own():\n    pass\n"
CLAIMS_TEST = "from claims.test_claims import test_claim\n"
