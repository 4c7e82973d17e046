"""The wheel, and what can be done with it where neither torch nor a data set is installed."""

import json
import zipfile

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("newest")]

MEBIBYTE = 2**20
JUDGE = ("--pyargs", "claims.test_claims", "--claims-file=claims.yaml")


def test_it_contains_claims_alone(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    roots = {name.partition("/")[0] for name in names}
    assert roots == {"claims", next(root for root in roots if root.endswith(".dist-info"))}
    assert {"claims/schema.json", "claims/result_schema.json", "claims/test_claims.py"} <= set(
        names
    )
    assert any(name.startswith("claims/report/templates/") for name in names)


def test_what_only_the_memo_needs_is_not_installed(installed):
    assert installed("wheel").lacks("torch", "sklearn", "pooch", "models", "hypothesis")


def test_all_that_is_installed_takes_less_than_450_megabytes(installed):
    assert installed("wheel").size < 450 * MEBIBYTE


def test_recorded_results_are_judged_and_the_pages_written(installed, rcp):
    done = installed("wheel").run("pytest", *JUDGE, "-n", "2", cwd=rcp)
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((rcp / "reports" / "claims.json").read_text(encoding="utf-8"))
    assert len(results["claims"]) == 5
    assert {claim["outcome"] for claim in results["claims"]} == {"passed"}
    assert "<svg" in (rcp / "reports" / "claims.html").read_text(encoding="utf-8")
    assert (rcp / "reports" / "claims.md").stat().st_size


def test_a_figure_that_needs_matplotlib_says_so_in_its_place(installed, rcp):
    environment = installed("wheel")
    assert environment.lacks("matplotlib")
    done = environment.run("pytest", *JUDGE, "--claims-history=history", cwd=rcp)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (rcp / "history" / "history.html").read_text(encoding="utf-8")
    assert "pip install matplotlib" in page and "<svg" not in page


def test_the_commands_check_and_compare(installed, rcp):
    environment = installed("wheel")
    done = environment.run("claims", "check", cwd=rcp)
    assert done.returncode == 0 and "5 claims" in done.stdout, done.stdout + done.stderr
    for folder in ("before", "after"):
        done = environment.run("pytest", *JUDGE, f"--claims-report={folder}", cwd=rcp)
        assert done.returncode == 0, done.stdout + done.stderr
    done = environment.run("claims", "compare", "before/claims.json", "after/claims.json", cwd=rcp)
    assert done.returncode == 0 and done.stdout, done.stdout + done.stderr


def test_a_conftest_that_asks_for_the_plugin_as_well_does_no_harm(installed, rcp):
    (rcp / "conftest.py").write_text('pytest_plugins = ["claims.plugin"]\n')
    (rcp / "test_paper.py").write_text("from claims.test_claims import test_claim\n")
    done = installed("wheel").run(
        "pytest", "-W", "error", "--claims-file=claims.yaml", "-k", "ssd", cwd=rcp
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
