"""docs/inference.md and docs/calibration.md against what they describe."""

import re

from claims.evidence import NoVerdict
from claims.inference import Cause
from claims.inference.calibration import CONJUNCTIONS, ESTIMATIONS
from tests.support import ROOT

INFERENCE = (ROOT / "docs" / "inference.md").read_text(encoding="utf-8")
CALIBRATION = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")


def test_every_code_is_explained():
    table = INFERENCE.partition("## Why there is no verdict")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == [*Cause, *NoVerdict]


def test_the_tables_are_those_of_the_designs_that_are_simulated():
    titles = [line.removeprefix("## ") for line in CALIBRATION.splitlines() if line[:3] == "## "]
    designs = [design.name for design in (*ESTIMATIONS, *CONJUNCTIONS)]
    assert titles[-len(designs) :] == [f"{name[0].upper()}{name[1:]}" for name in designs]


def test_links_to_sections_lead_somewhere():
    slugs = {
        re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in CALIBRATION.splitlines()
        if line.startswith("#")
    }
    links = re.findall(r"calibration\.md#([\w-]+)", INFERENCE)
    assert links and set(links) <= slugs
