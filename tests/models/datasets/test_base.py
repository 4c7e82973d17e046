"""Optional libraries of the data sets: where one is missing, the remedy is named."""

import importlib.util

import pytest

from models.datasets import DatasetError
from models.datasets.base import require
from models.datasets.cifar10 import Cifar10, Original
from models.datasets.digits import Digits
from models.datasets.image_folder import ImageFolder


@pytest.fixture
def missing(monkeypatch):
    """`missing(module)`: as if it were not installed."""
    find = importlib.util.find_spec

    def hide(module):
        monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == module else find(n))

    return hide


def test_a_library_that_is_there_is_located():
    assert require("numpy", "NumPy", "this needs").parent.name == "numpy"


def test_digits_without_scikit_learn(missing):
    missing("sklearn")
    with pytest.raises(DatasetError, match=r"`digits` comes with .*pip install scikit-learn"):
        Digits().load()


def test_a_download_without_pooch(missing):
    missing("pooch")
    with pytest.raises(DatasetError, match=r"fetching .* needs pooch.*pip install pooch"):
        Cifar10(Original("http://127.0.0.1:9/nothing", "0" * 64, 1)).load()


def test_images_without_pillow(missing, tmp_path):
    for part in ("train/cat", "train/dog", "test/cat", "test/dog"):
        (tmp_path / part).mkdir(parents=True)
        (tmp_path / part / "1.png").write_bytes(b"not read")
    missing("PIL")
    with pytest.raises(DatasetError, match=r"1\.png` in .* needs Pillow.*pip install Pillow"):
        ImageFolder(tmp_path).load()
