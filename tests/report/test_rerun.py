"""The command that a report names for a claim judges that claim alone, to the same digits."""

import json
import shlex

from tests.support.reports import reports


def test_the_command_of_a_claim_judges_that_claim_alone(run, pytester):
    run("--seed-base=5")
    claim = next(c for c in reports(pytester)["claims"] if c["id"] == "ordered")
    words = shlex.split(claim["rerun"])
    assert words == ["pytest", "claims/test_claims.py::test_claim[ordered]", "--seed-base=5"]
    again = run(words[2], "--report-dir=alone", of=words[1].removeprefix("claims"))
    again.assert_outcomes(passed=1)
    found = json.loads((pytester.path / "alone" / "claims.json").read_text())["claims"][0]
    assert {k: found[k] for k in ("estimate", "low", "high", "seeds")} == {
        k: claim[k] for k in ("estimate", "low", "high", "seeds")
    }
