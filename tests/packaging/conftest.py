"""The project as it is installed: built once, and put into an environment of its own."""

import shutil

import pytest

from tests.support import ROOT
from tests.support.environments import NAME, Environment, copy_checkout


@pytest.fixture(scope="session")
def checkout(tmp_path_factory):
    """A copy of this repository, in which building leaves what it leaves."""
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def wheel(checkout, builder):
    """The project's wheel."""
    folder = checkout.parent / "wheels"
    builder.pip("wheel", "--quiet", "--no-deps", "--wheel-dir", folder, checkout)
    shutil.rmtree(checkout / "build")
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def builder(tmp_path_factory):
    """An environment with pip alone."""
    return Environment(tmp_path_factory.mktemp("builder"))


@pytest.fixture(scope="session")
def newest(tmp_path_factory, wheel):
    """An environment with the newest version of all that is required, without torch."""
    environment = Environment(tmp_path_factory.mktemp("newest"))
    environment.pip("install", "--quiet", wheel)
    return environment


@pytest.fixture
def installed(newest, wheel, checkout):
    """`installed(how)`: that environment with the project installed as a "wheel", "editable", or
    not at all (None).
    """

    def install(how):
        newest.pip("uninstall", "--quiet", "--yes", NAME)
        source = {"wheel": [wheel], "editable": ["--editable", checkout], None: []}[how]
        if source:
            newest.pip("install", "--quiet", "--no-deps", *source)
        return newest

    yield install
    install("wheel")


@pytest.fixture
def rcp(tmp_path):
    """A folder of one's own with recorded results, and claims of them."""
    folder = tmp_path / "rcp"
    shutil.copytree(ROOT / "examples" / "rcp", folder)
    return folder
