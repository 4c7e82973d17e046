"""A repository of somebody else's, with a package `models`, options and tests of its own: it works
as before with the project installed, and after it is removed.
"""

import textwrap

import pytest

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("newest")]

FILES = {
    "pyproject.toml": """
        [project]
        name = "somelab"
        version = "0.1"
        [tool.pytest.ini_options]
        testpaths = ["tests"]
        pythonpath = ["."]
        """,
    "models/__init__.py": "class Net:\n    width = 32\n",
    "claims/notes.md": "A folder that happens to be called claims.\n",
    "conftest.py": """
        import pytest

        def pytest_addoption(parser):
            parser.addoption("--device", default="cpu")
            parser.addoption("--setting", default="small")

        @pytest.fixture
        def setting(request):
            return request.config.getoption("--setting")
        """,
    "tests/test_net.py": """
        import pytest
        from models import Net

        @pytest.fixture
        def claim():
            return 32

        def test_width(claim, setting):
            assert Net.width == claim and setting == "small"

        def test_device(pytestconfig):
            assert pytestconfig.getoption("--device") == "cpu"
        """,
}


@pytest.fixture
def repository(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text))
    return tmp_path


@pytest.mark.parametrize("workers", ["0", "2"])
def test_its_tests_pass_before_during_and_after(installed, repository, workers):
    for how in (None, "wheel", None):
        done = installed(how).run("pytest", "-n", workers, cwd=repository)
        assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout + done.stderr


def test_models_are_its_own(installed, repository):
    environment = installed("wheel")
    code = "import claims, models; print(models.__file__)"
    done = environment.run("python", "-c", code, cwd=repository)
    assert done.stdout.strip() == str(repository / "models" / "__init__.py"), done.stderr
    installed(None)
    assert (repository / "models" / "__init__.py").is_file()
