"""One's own images: decoded as they are, in one order, and every flaw named."""

import numpy as np
import pytest

from models.datasets.base import DatasetError
from models.datasets.decoding import decode
from models.datasets.image_folder import ImageFolder
from models.datasets.listing import list_images
from tests.support.miniatures import as_folder, as_zip, encoded, images, pixels


def test_pixels_come_channel_by_channel_by_class_and_name(tmp_path):
    found = decode(list_images(as_folder(tmp_path / "photos", images())))
    assert found.train_x.shape == (6, 3, 4, 5)
    assert found.held_x.shape == (4, 3, 4, 5)
    assert found.n_classes == 2
    assert found.train_y.tolist() == [0, 0, 0, 1, 1, 1] and found.held_y.tolist() == [0, 0, 1, 1]
    for place, seed in enumerate(range(6)):
        np.testing.assert_array_equal(found.train_x[place], pixels(seed).transpose(2, 0, 1))
    np.testing.assert_array_equal(found.held_x[3], pixels(9).transpose(2, 0, 1))


def test_a_folder_its_zip_and_its_wrapped_zip_are_the_same_data(tmp_path):
    files = images()
    folder = decode(list_images(as_folder(tmp_path / "photos", files)))
    for path in (
        as_zip(tmp_path / "a.zip", dict(reversed(files.items()))),
        as_zip(tmp_path / "b.zip", {f"photos/{name}": content for name, content in files.items()}),
    ):
        zipped = decode(list_images(path))
        np.testing.assert_array_equal(zipped.train_x, folder.train_x)
        np.testing.assert_array_equal(zipped.held_y, folder.held_y)


def test_arrays_are_standardised_by_channel_on_the_training_part(tmp_path):
    arrays = ImageFolder(as_folder(tmp_path / "photos", images(train=20))).load()
    by_channel = arrays.train_x.reshape(40, 3, 20)
    np.testing.assert_allclose(by_channel.mean((0, 2)), 0, atol=1e-6)
    np.testing.assert_allclose(by_channel.std((0, 2)), 1, atol=1e-5)
    raw = np.stack([pixels(seed).transpose(2, 0, 1) for seed in range(40)]).astype(float)
    expected = (pixels(40).transpose(2, 0, 1) - raw.mean((0, 2, 3), keepdims=True)[0]) / raw.std(
        (0, 2, 3), keepdims=True
    )[0]
    np.testing.assert_allclose(arrays.held_x[0], expected.ravel(), rtol=1e-5)
    assert arrays.train_x.dtype == np.float32 and arrays.train_y.dtype == np.int64


def test_grey_images_have_one_channel(tmp_path):
    assert ImageFolder(as_folder(tmp_path / "grey", images(mode="L"))).load().train_x.shape == (
        6,
        20,
    )


def test_what_systems_leave_behind_and_pages_beside_the_images_are_left_out(tmp_path):
    extra = {
        "train/cat/.DS_Store": b"",
        "__MACOSX/train/cat/0000.png": b"",
        "train/Thumbs.db": b"",
        "LICENSE": b"",
        "notes/a.txt": b"",
    }
    assert len(list_images(as_zip(tmp_path / "a.zip", {**images(), **extra})).names()) == 10


def test_the_digest_follows_names_and_bytes(tmp_path):
    files = images()
    digest = ImageFolder(as_folder(tmp_path / "a", files)).digest()
    assert digest == ImageFolder(as_folder(tmp_path / "b", files)).digest()
    renamed = {name.replace("0000", "9999"): content for name, content in files.items()}
    changed = {**files, "train/cat/0000.png": encoded(pixels(99))}
    assert (
        len(
            {
                digest,
                *(
                    ImageFolder(as_folder(tmp_path / f"c{n}", other)).digest()
                    for n, other in enumerate((renamed, changed))
                ),
            }
        )
        == 3
    )


def test_the_digest_knows_the_decoder(tmp_path, monkeypatch):
    data = ImageFolder(as_folder(tmp_path / "a", images()))
    before = data.digest()
    monkeypatch.setattr("models.datasets.image_folder.version", lambda name: "0")
    assert data.digest() != before


def without(prefix):
    return {name: content for name, content in images().items() if not name.startswith(prefix)}


FLAWS = {
    "missing in test": (
        without("test/dog"),
        r"class `dog` in .*photos.* is in train/ and not in test/; every class needs "
        r"images in both",
    ),
    "missing in train": (without("train/cat"), r"class `cat` in .* is in test/ and not in train/"),
    "no test": (without("test/"), r"holds no image below test/; the layout is train/CLASS/\*"),
    "nothing": ({"readme.txt": b"x"}, r"holds no image below train/"),
    "one class": (images(classes=("cat",)), r"has one class, class `cat`; it takes two"),
    "too deep": (
        {**images(), "train/cat/more/1.png": b""},
        r"`train/cat/more/1.png` in .* lies deeper than a class",
    ),
    "beside classes": (
        {**images(), "train/1.png": b""},
        r"`train/1.png` in .* lies outside a class",
    ),
    "grey": (
        {**images(), "test/dog/0001.png": encoded(pixels(1, mode="L"))},
        r"most are colour, 5 x 4, but `test/dog/0001.png` is grey, 5 x 4; convert it, or "
        r"leave it out",
    ),
    "grey first": (
        {**images(), "train/cat/0000.png": encoded(pixels(1, mode="L"))},
        r"most are colour, 5 x 4, but `train/cat/0000.png` is grey",
    ),
    "size": (
        {**images(), "train/dog/0002.png": encoded(pixels(1, size=(4, 5)))},
        r"`train/dog/0002.png` is colour, 4 x 5",
    ),
    "no image": (
        {**images(), "train/dog/0001.png": b"hello"},
        r"`train/dog/0001.png` in .* cannot be decoded: cannot identify image file",
    ),
    "half an image": (
        {**images(size=(64, 64)), "train/dog/0001.png": encoded(pixels(0, size=(64, 64)))[:5000]},
        r"`train/dog/0001.png` in .* cannot be decoded: .*truncated",
    ),
    "transparent": (
        {**images(), "train/dog/0001.png": encoded(np.zeros((4, 5, 4), np.uint8))},
        r"of Pillow's mode RGBA; save it as grey",
    ),
}


@pytest.mark.parametrize("form", [as_folder, as_zip])
@pytest.mark.parametrize("flaw", FLAWS)
def test_flaws_are_named(tmp_path, flaw, form):
    files, message = FLAWS[flaw]
    with pytest.raises(DatasetError, match=message):
        ImageFolder(form(tmp_path / "photos.zip", files)).load()


def test_an_empty_class_is_named(tmp_path):
    root = as_folder(tmp_path / "photos", images())
    (root / "train" / "emu").mkdir()
    with pytest.raises(DatasetError, match=r"train/emu in .* is empty"):
        list_images(root)
    with pytest.raises(DatasetError, match=r"test/emu in .* is empty"):
        list_images(as_zip(tmp_path / "a.zip", {**images(), "test/emu/": b""}))


def test_half_a_zip_and_a_damaged_member_are_named(tmp_path):
    whole = as_zip(tmp_path / "a.zip", images()).read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        DatasetError,
        match=r"half.zip \([\d,]+ bytes\) is no whole .zip: .*; copy or download it again",
    ):
        list_images(tmp_path / "half.zip")
    at = whole.index(b"IDAT")
    (tmp_path / "bad.zip").write_bytes(whole[: at + 6] + b"\0\0\0" + whole[at + 9 :])
    with pytest.raises(
        DatasetError, match=r"`train/cat/0000.png` in .*bad.zip cannot be decoded: Bad CRC-32"
    ):
        ImageFolder(tmp_path / "bad.zip").load()
