"""A claim file of two claims on recorded results."""

import pytest

from tests.support.commands import TEXT


@pytest.fixture
def file(tmp_path):
    """TEXT in a file, beside the results that it names."""
    (tmp_path / "lab.csv").write_text(
        "run,credit,loss\n"
        + "".join(f"{run},{credit},-{run}.5\n" for run in range(4) for credit in ("dfa", "vec"))
    )
    path = tmp_path / "claims.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path
