"""The plugin's options, and whether a run asks for claims.

Imported in every run of pytest where the project is installed, so that nothing but pytest and the
standard library is imported here. What the options' values mean is in `claims.plugin.setup`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

FILE_NAME = "claims.yaml"
TEST_FILE = "test_claims.py"
INI_FILE = "claims_file"
EXECUTORS = ("local", "ray")


class RunError(ValueError):
    """A run as the options describe it is impossible; the message says why and what to do."""


OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--claims-file": {
        "metavar": "F",
        "help": f"Claim file (default: `{INI_FILE}` of the ini file, or {FILE_NAME} in the root "
        "folder)",
    },
    "--claims-setting": {
        "action": "append",
        "default": [],
        "metavar": "S",
        "help": "Judge in this setting; repeatable (default: each experiment's first)",
    },
    "--claims-device": {
        "default": "auto",
        "metavar": "D",
        "help": "Where missing seeds are measured: auto, cpu, or one that the experiments know "
        "(default: auto)",
    },
    "--claims-precision": {
        "metavar": "P",
        "help": "Numerical precision, one that the experiments know (default: each kind's usual)",
    },
    "--claims-fresh": {
        "action": "store_true",
        "help": "Measure everything anew, in an empty store of this run's own",
    },
    "--claims-seed-base": {
        "type": int,
        "default": 0,
        "metavar": "N",
        "help": "Judge on seeds N, N+1, ... (default: 0)",
    },
    "--claims-report": {
        "default": "reports",
        "metavar": "D",
        "help": "Folder of the result file and the pages (default: reports)",
    },
    "--claims-baseline": {
        "metavar": "F",
        "help": "Compare with this result file: verdicts that changed, estimates that moved",
    },
    "--claims-fail-on": {
        "choices": ("drift",),
        "metavar": "WHAT",
        "help": "What else fails the run; drift: a claim that drifted from the --claims-baseline",
    },
    "--claims-history": {
        "metavar": "D",
        "help": "Add this run's results to a folder of them, and render the page of their history",
    },
    "--claims-check-false-positives": {
        "action": "store_true",
        "help": "Also test of every claim that it can fail: judge it where it is false, on its own "
        "observations",
    },
    "--claims-variants": {
        "action": "store_true",
        "help": "Also judge the claims in every variant of the settings that the claim file's "
        "`variants` states",
    },
    "--claims-inconclusive": {
        "choices": ("fail", "warn"),
        "default": "fail",
        "help": "What a claim does that is inconclusive and not expected to be (default: fail)",
    },
    "--claims-executor": {
        "choices": EXECUTORS,
        "default": "local",
        "help": "Where missing seeds are measured: in the test processes, or on a Ray cluster "
        "(default: local)",
    },
    "--claims-ray-address": {
        "metavar": "A",
        "help": "Ray cluster: auto, HOST:PORT or ray://HOST:PORT (default: one on this machine, "
        "for this run)",
    },
    "--claims-ray-cpus": {
        "type": float,
        "metavar": "N",
        "help": "Cores of one task, and its threads (default: 1)",
    },
    "--claims-ray-gpus": {
        "type": float,
        "metavar": "N",
        "help": "GPUs of one task (default: 1 on cuda; 0.5: two tasks share one)",
    },
}


def destination(option: str) -> str:
    """The name by which pytest's `getoption` knows an option of OPTIONS."""
    return option.removeprefix("--").replace("-", "_")


def add_options(parser: pytest.Parser) -> None:
    """Register all options of the plugin, on the command line and in the ini file."""
    group = parser.getgroup("claims", "claims of research memos")
    for name, attributes in OPTIONS.items():
        group.addoption(name, dest=destination(name), **attributes)
    parser.addini(
        INI_FILE, "Claim file that this project's claims are stated in, from the root folder"
    )


def claim_file(config: pytest.Config) -> Path:
    """The claim file of a run; whether it exists is another matter."""
    if given := config.option.claims_file:
        return config.invocation_params.dir / given
    return config.rootpath / (config.getini(INI_FILE) or FILE_NAME)


def asks_for_claims(config: pytest.Config) -> bool:
    """Whether a run is to judge claims: where `--claims-file` is given; where the ini file names a
    claim file and a `test_claims.py` is collected; else, where `claims/test_claims.py` is collected
    that has `claims.yaml` beside its folder.

    Any other run is left alone: a broken claim file cannot disturb `pytest tests/`.
    """
    if config.option.claims_file:
        return True
    paths = collected_paths(config)
    if config.getini(INI_FILE):
        return any(_has_test(path) for path in paths)
    test = config.rootpath / "claims" / TEST_FILE
    return (
        any(path == test or path in test.parents for path in paths)
        and test.is_file()
        and claim_file(config).is_file()
    )


def _has_test(path: Path) -> bool:
    """Whether a collected path is a test of claims, or a folder with one in it or one below."""
    return path.name == TEST_FILE or any(
        next(path.glob(pattern), None) for pattern in (TEST_FILE, f"*/{TEST_FILE}")
    )


def collected_paths(config: pytest.Config) -> list[Path]:
    """The files and folders that a run collects from."""
    named = (Path(str(arg).partition("::")[0]) for arg in config.args)
    return [(config.invocation_params.dir / path).resolve() for path in named]
