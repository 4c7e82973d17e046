"""The bare command in a checkout, with the project not installed, installed editable, and installed
as a wheel: the checkout's own `claims` is what runs.
"""

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("newest")]

HOW = pytest.mark.parametrize("how", [None, "editable", "wheel"], ids=lambda how: how or "neither")


@HOW
def test_the_bare_command_judges(installed, checkout, tmp_path, how):
    done = installed(how).run(
        "pytest",
        "claims/",
        "-n",
        "2",
        "--claims-file=examples/rcp/claims.yaml",
        f"--claims-report={tmp_path}",
        cwd=checkout,
    )
    assert done.returncode == 0 and "5 passed" in done.stdout, done.stdout + done.stderr


@HOW
def test_the_checkouts_own_code_runs(installed, checkout, how):
    done = installed(how).run("pytest", "claims/", "--collect-only", "--trace-config", cwd=checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"<module 'claims.plugin' from '{checkout}/claims/plugin/__init__.py'>" in done.stdout
    assert "<Function test_claim[" in done.stdout
