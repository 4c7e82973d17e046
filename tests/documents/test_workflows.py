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
    known = {
        option
        for action in pytestconfig._parser.optparser._actions
        for option in action.option_strings
    }
    used = {
        word
        for line in script.splitlines()
        if "pytest" in line or "baseline=" in line
        for word in re.findall(r"(?<![\w-])--[a-z-]+", line)
    }
    assert used <= known, used - known
