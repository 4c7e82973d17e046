"""Tests run in as many processes as there are cores: one thread each. Hypothesis draws the same
examples every time.
"""

import importlib
import json
import os
import pkgutil
import sys
import textwrap

import pytest
from hypothesis import settings

from tests.support import ROOT
from tests.support.coin import HEAD, KIND

NOT_LOADED = (".execution.ray", "__main__", "test_claims")
# imported by the suite where they are first needed
OUTSIDE = (
    "jinja2",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "matplotlib.ticker",
    "scipy.special",
    "scipy.stats",
    "torch",
    "xarray",
)

os.environ.setdefault("OMP_NUM_THREADS", "1")
# several processes share the cores: a thread that spins while it waits takes them from the others
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def one_thread():
    """Measuring sets the process's threads to its share of the cores; the next test is not to
    inherit that.
    """
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(scope="session")
def loaded():
    """All modules that a run of the suite imports: pytester forgets those that first come in a run,
    and a second import of numpy's extensions ends the process.
    """
    for package in (importlib.import_module(name) for name in ("claims", "models")):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in NOT_LOADED):
                importlib.import_module(module.name)
    for name in OUTSIDE:
        importlib.import_module(name)


@pytest.fixture
def run_claims(loaded, pytester):
    """`run_claims(*arguments, of="", process=False)`: pytest on claims/ (or on the test `of` in
    it), in pytester's folder. In this process, which saves the second that imports take; in one of
    its own where a test asks for what only a process has.
    """

    def run(*arguments, of="", process=False):
        command = [
            f"--rootdir={ROOT}",
            "-c",
            str(ROOT / "pyproject.toml"),
            str(ROOT / "claims") + of,
            "-p",
            "no:cacheprovider",
            "-p",
            "no:hypothesispytest",
            *arguments,
        ]
        return (
            pytester.runpytest_subprocess(*command, timeout=120)
            if process
            else pytester.runpytest_inprocess(*command)
        )

    return run


@pytest.fixture
def suite(run_claims, pytester, monkeypatch):
    """`suite(claims, *options)`: write a claim file and run the suite on it; the result has
    `.claims`, the result file's entries by id.
    """
    (pytester.path / "coin.py").write_text(KIND)
    monkeypatch.setenv("MEASURED", str(pytester.path / "measured"))
    monkeypatch.setenv("CLAIMS_STORE", str(pytester.path / "store"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def run(claims, *options, head=HEAD, file="claims.yaml", process=False):
        if claims is not None:
            (pytester.path / "claims.yaml").write_text(
                head + textwrap.indent(textwrap.dedent(claims), "  ")
            )
        result = run_claims(f"--claims-file={file}", *options, process=process)
        path = pytester.path / "reports" / "claims.json"
        result.file = json.loads(path.read_text()) if path.exists() else None
        result.claims = (
            {f"{c['id']}@{c['setting']}": c for c in result.file["claims"]} if result.file else {}
        )
        return result

    return run
