"""Data sets by name: paths found, errors with their line, digests in the key, training on what was
decoded.
"""

import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from claims.__main__ import main
from claims.execution.machine import Machine
from claims.execution.measure import measure, observations_digest
from claims.judging import judge
from claims.schema import load_suite
from claims.schema.problems import ClaimFileError
from claims.store.entries import Store
from models import datasets
from models.datasets.base import DatasetError
from tests.support import ROOT
from tests.support.experiments import create
from tests.support.miniatures import as_folder, images, miniature_jpeg

OPTIONS = {
    "network": {"width": 8, "blocks": 1},
    "train": {"epochs": 1, "batch": 4},
    "snapshots": [1],
    "probe": {"lr": 0.01, "batch": 4, "batches": 8, "fit_batches": 2, "fit_batch": 4, "steps": 1},
}
CLAIM_FILE = """version: 1
experiments:
  sweep:
    kind: models.experiments.snapshot_sweep:SnapshotSweep
    dataset: {name}
    snapshots: [1]
    probe: {{lr: 0.01}}
claims:
  a: {{expect: "accuracy(epoch=1) > 0.1"}}
"""


def sweep(name, base):
    return create("snapshot_sweep", {**OPTIONS, "dataset": name}, base)


def test_a_path_is_sought_beside_the_claims_file_then_in_the_data_folder(tmp_path, monkeypatch):
    here, there = (
        as_folder(tmp_path / "here" / "photos", images()),
        as_folder(tmp_path / "there" / "others", images()),
    )
    monkeypatch.setenv("CLAIMS_DATA", str(there.parent))

    def name(path):
        return sweep(f"image_folder:{path}", here.parent).implementation.settings.dataset

    assert name("photos") == f"image_folder:{here}"
    assert name("others") == name(there) == f"image_folder:{there}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist", r"`mnist` is no data set; allowed: digits, cifar10, image_folder:PATH"),
        ("digits:x", r"`digits:x` names a path, but `digits` takes none; write `digits`"),
        ("image_folder", r"`image_folder` names no path; write `image_folder:PATH`"),
        (
            "image_folder:gone",
            r"there is no .*gone; a path is relative to the claims file or to CLAIMS_DATA",
        ),
    ],
)
def test_a_name_that_is_none_is_told_with_its_line(tmp_path, name, message):
    (tmp_path / "claims.yaml").write_text(CLAIM_FILE.format(name=name))
    with pytest.raises(ClaimFileError, match=rf"claims.yaml:5:14: .*{message}"):
        load_suite(tmp_path / "claims.yaml")


def test_a_data_folder_that_is_not_there_is_told_where_a_path_is_sought(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match="`CLAIMS_DATA` is"):
        datasets.full_name("image_folder:photos", tmp_path)


def test_the_datas_digest_is_in_the_key(tmp_path):
    for name, changed in (
        ("a", {}),
        ("b", {}),
        ("c", {"test/dog/0000.png": images(size=(9, 9))["test/dog/0000.png"]}),
    ):
        as_folder(tmp_path / name, images() | changed)
    digests = [
        observations_digest(sweep(f"image_folder:{name}", tmp_path), Machine()) for name in "abc"
    ]
    assert digests[0] == digests[1] != digests[2]


def test_networks_are_trained_on_images_and_a_flaw_is_an_error_of_the_measurement(tmp_path):
    as_folder(tmp_path / "photos", images(train=8, test=4))
    observed = measure(
        sweep("image_folder:photos", tmp_path), [0, 1], Machine(), Store(tmp_path / "store")
    )
    assert observed.accuracy.shape == (2, 1) and np.isfinite(observed.loss).all()
    as_folder(tmp_path / "flawed", images(classes=("cat",)))
    with pytest.raises(DatasetError, match="has one class"):
        measure(sweep("image_folder:flawed", tmp_path), [0], Machine(), Store(tmp_path / "store"))


def test_cifar10_is_trained_on_as_it_lies_in_the_data_folder(tmp_path, monkeypatch):
    miniature_jpeg(tmp_path / "cifar10-jpeg.zip")
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path))
    data = datasets.on_device("cifar10", "cpu")
    assert data.train_x.shape == (20, 3072)
    assert data.train_x.data_ptr() == datasets.load("cifar10").train_x.ctypes.data
    observed = measure(sweep("cifar10", tmp_path), [0, 1], Machine(), Store(tmp_path / "store"))
    assert observed.accuracy.shape == (2, 1)


def test_data_that_cannot_be_had_are_the_claims_error_and_told_by_check(tmp_path, monkeypatch):
    (tmp_path / "claims.yaml").write_text(CLAIM_FILE.format(name="cifar10"))
    claim = load_suite(tmp_path / "claims.yaml").claims[0]
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path / "nowhere"))

    def observe(seeds):
        return measure(
            claim.spec.experiment("default"), seeds, Machine(), Store(tmp_path / "store")
        )

    evidence = judge(claim, "default", observe)
    assert evidence.verdict == "error" and "which is no folder" in evidence.reason
    found = CliRunner().invoke(main, ["check", str(tmp_path / "claims.yaml"), "--device", "cpu"])
    text = " ".join(found.output.split())
    assert found.exit_code == 0
    assert "sweep (default) cannot be measured here: `CLAIMS_DATA` is" in text


def test_a_fingerprint_needs_neither_torch_nor_pillow(tmp_path):
    miniature_jpeg(tmp_path / "cifar10-jpeg.zip")
    code = (
        "import sys; from models import datasets; datasets.fingerprint('cifar10'); "
        "print(*(m for m in ('torch', 'PIL', 'pooch') if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        env={"CLAIMS_DATA": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": ""},
    )
    assert done.stdout.split() == []


def test_what_one_data_set_is_made_of_is_not_the_source_of_another():
    from claims.store.sources import closure

    assert not {
        name for name in closure("models.training") if name.startswith("models.datasets.")
    } - {"models.datasets.base"}


def test_a_data_set_that_was_handed_over_needs_no_file(monkeypatch):
    monkeypatch.setattr(datasets, "_PRELOADED", {})
    given = datasets.load("digits")
    monkeypatch.setattr(datasets, "_dataset", lambda name: pytest.fail("looked for the file"))
    datasets.preload("digits", given, "f" * 16)
    assert datasets.load("digits") is given and datasets.fingerprint("digits") == "f" * 16
    datasets.preload("image_folder:nowhere", given, "e" * 16)
    assert datasets.full_name("image_folder:nowhere")
    assert datasets.load("image_folder:nowhere") is given
    datasets._on_device.cache_clear()
