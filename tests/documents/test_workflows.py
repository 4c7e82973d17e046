"""The workflows of this repository use options that pytest has."""

import re

import pytest
import yaml

from tests.support import ROOT


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda p: p.name
)
def test_workflows_use_options_that_exist(path, pytestconfig):
    steps = [
        step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]
    ]
    script = "\n".join(step.get("run", "") for step in steps)
    parser = pytestconfig._parser.optparser
    current = [action for action in parser._actions if action.dest != "claims_old_spellings"]
    known = {option for action in current for option in action.option_strings}
    assert "--claims-setting" in known and "--setting" not in known
    used = {
        word
        for line in script.splitlines()
        if "pytest" in line or "baseline=" in line
        for word in re.findall(r"(?<![\w-])--[a-z-]+", line)
    }
    assert used <= known, used - known
