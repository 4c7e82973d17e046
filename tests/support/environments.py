"""Virtual environments, into which the project is installed as a user has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

NAME = "memo-claims"
OF_THE_CALLER = ("PYTHONPATH", "PYTEST_ADDOPTS", "VIRTUAL_ENV", "CLAIMS_STORE", "CLAIMS_DATA")
OF_PYTEST = ("PYTEST_", "GITHUB_", "COV_")  # how the names of variables begin that it sets


def copy_checkout(folder: Path) -> Path:
    """The files of this repository that git has or would take, in another folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    return folder


class Environment:
    """A virtual environment; what runs in it knows nothing of the one that runs the tests."""

    def __init__(self, folder: Path):
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)

    def run(self, program: str, *arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
        """A program of the environment, by its bare name; its return code is the caller's to
        judge.
        """
        outside = {
            name: value
            for name, value in os.environ.items()
            if name not in OF_THE_CALLER and not name.startswith(OF_PYTEST)
        }
        return subprocess.run(
            [str(self.folder / "bin" / program), *map(str, arguments)],
            cwd=cwd,
            env=outside | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def pip(self, *arguments: object) -> str:
        """pip, which has to succeed; returns what it said."""
        done = self.run(
            "python", "-m", "pip", "--disable-pip-version-check", *arguments, cwd=self.folder
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def lacks(self, *modules: str) -> bool:
        """Whether none of these modules can be imported."""
        code = f"import importlib.util as u; print([m for m in {modules!r} if u.find_spec(m)])"
        return self.run("python", "-c", code, cwd=self.folder).stdout.strip() == "[]"

    @property
    def size(self) -> int:
        """Bytes on disk of all that is installed."""
        (packages,) = self.folder.glob("lib/python*/site-packages")
        return sum(path.lstat().st_blocks * 512 for path in packages.rglob("*"))
