"""CIFAR-10 from either file is the same data; a file that is not what it should be is named.
Miniatures in the same layouts; no network.
"""

import functools
import hashlib
import http.server
import threading
from dataclasses import replace

import numpy as np
import pytest

from models.datasets.base import DatasetError
from models.datasets.cifar10 import ARCHIVE, CLASSES, JPEG, Cifar10, Original
from tests.support.miniatures import as_zip, binary_archive, images, miniature, miniature_jpeg


@pytest.fixture
def server(tmp_path):
    """The address of this machine's own server of the folder `served`."""
    (tmp_path / "served").mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path / "served")
    ) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/{ARCHIVE}"
        running.shutdown()


def test_both_files_are_the_same_data(binary, tmp_path, monkeypatch):
    original = binary[1].load()
    (tmp_path / "jpeg").mkdir()
    miniature_jpeg(tmp_path / "jpeg" / JPEG)
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path / "jpeg"))
    jpeg = Cifar10().load()
    for name in ("train_x", "train_y", "held_x", "held_y"):
        np.testing.assert_array_equal(getattr(original, name), getattr(jpeg, name))
    assert original.train_x.shape == (20, 3072) and original.n_classes == jpeg.n_classes == 10
    assert original.held_y.tolist() == list(range(10))


def test_pixels_are_the_records_in_order(binary):
    arrays = binary[1].load()
    raw = np.stack([image for _, image in miniature()["train"]]).astype(float)
    mean, spread = raw.mean((0, 2, 3)), raw.std((0, 2, 3))
    back = arrays.train_x.reshape(20, 3, 32, 32) * spread[:, None, None] + mean[:, None, None]
    np.testing.assert_allclose(back, raw, atol=1e-3)


def test_classes_in_alphabetical_order_are_the_labels():
    assert list(CLASSES) == sorted(CLASSES) and len(CLASSES) == 10


def test_the_jpegs_come_first_where_both_are_there(binary, tmp_path):
    before = binary[1].digest()
    miniature_jpeg(tmp_path / "data" / JPEG)
    assert binary[1].digest() != before


def test_half_a_download_is_named(binary):
    path, data = binary
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(
        DatasetError,
        match=r"tar.gz has [\d,]+ bytes, the original [\d,]+: it is half a download; download it "
        r"again from",
    ):
        data.load()


def test_a_wrong_hash_is_named(binary):
    path, data = binary
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        DatasetError, match=rf"has the SHA-256 [0-9a-f]{{64}}, the original {data.original.sha256}"
    ):
        data.digest()


def as_original(path):
    content = path.read_bytes()
    return Cifar10(
        Original("http://127.0.0.1:9/", hashlib.sha256(content).hexdigest(), len(content))
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda parts: parts.pop("test_batch.bin"),
            r"lacks test_batch.bin; it is not the binary version",
        ),
        (
            lambda parts: parts["data_batch_2.bin"].append((1, np.zeros(5, np.uint8))),
            r"data_batch_2.bin in .* no multiple of 3,073",
        ),
        (
            lambda parts: parts["data_batch_2.bin"].append((10, np.zeros((3, 32, 32), np.uint8))),
            r"has the label 10; CIFAR-10's go from 0 to 9",
        ),
    ],
    ids=["member", "size", "label"],
)
def test_an_archive_of_something_else_is_named(tmp_path, monkeypatch, change, message):
    parts = {
        **{f"data_batch_{n}.bin": list(miniature()["train"]) for n in range(1, 6)},
        "test_batch.bin": miniature()["test"],
    }
    change(parts)
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=message):
        as_original(binary_archive(tmp_path / ARCHIVE, parts)).load()


def test_no_archive_at_all_is_named(tmp_path, monkeypatch):
    (tmp_path / ARCHIVE).write_bytes(b"<html>not found</html>")
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match=r"is no whole archive: .*; download it again"):
        as_original(tmp_path / ARCHIVE).load()


def test_a_zip_of_other_classes_is_not_cifar10(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path))
    as_zip(tmp_path / JPEG, images())
    with pytest.raises(
        DatasetError,
        match=r"should have the classes airplane, .*, but it lacks classes `airplane`, .* and 3 "
        r"more; it is another",
    ):
        Cifar10().load()
    as_zip(tmp_path / JPEG, images(classes=(*CLASSES, "zebra")))
    with pytest.raises(DatasetError, match=r"but it also has class `zebra`"):
        Cifar10().load()


def test_it_is_fetched_once_verified_and_kept(binary, server, tmp_path, monkeypatch):
    path, data = binary
    expected = data.load()
    path.rename(tmp_path / "served" / ARCHIVE)
    data = replace(data, original=replace(data.original, url=server))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    digest = data.digest()  # known before anything is fetched
    assert not (tmp_path / "another" / "memo-claims" / "downloads").exists()
    found = data.load()
    np.testing.assert_array_equal(found.train_x, expected.train_x)
    (tmp_path / "served" / ARCHIVE).unlink()
    assert data.digest() == digest and data.load().n_classes == 10


def test_what_is_fetched_and_is_not_it_is_named_and_not_kept(server, tmp_path):
    (tmp_path / "served" / ARCHIVE).write_bytes(b"half")
    with pytest.raises(
        DatasetError,
        match=r"what http://127.* sent is not cifar-10-binary.tar.gz .*or put .* and let "
        r"CLAIMS_DATA name it",
    ):
        Cifar10(Original(server, "0" * 64, 4)).load()
    assert not list((tmp_path / "cache").rglob(ARCHIVE))


def test_without_a_network_the_remedy_is_told(tmp_path):
    with pytest.raises(
        DatasetError,
        match=r"cannot fetch http://127.0.0.1:9/x: .*refused.*; try again with a network, or put",
    ):
        Cifar10(Original("http://127.0.0.1:9/x", "0" * 64, 4)).load()


def test_an_address_that_has_nothing_is_told(server):
    with pytest.raises(DatasetError, match=r"cannot fetch .*404"):
        Cifar10(Original(server, "0" * 64, 4)).load()


def test_a_data_folder_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CLAIMS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DatasetError, match=r"`CLAIMS_DATA` is '.*nowhere', which is no folder"):
        Cifar10().digest()
