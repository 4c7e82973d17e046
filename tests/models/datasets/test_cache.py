"""Decoded data: kept once, shared by mapping, checked, made again where damaged; by one process of
many.
"""

import multiprocessing
import os
import warnings

import numpy as np
import pytest
import torch

from models.datasets import cache
from models.datasets.base import DatasetError, Pixels
from models.datasets.image_folder import ImageFolder
from tests.support.miniatures import as_folder, images

CONTEXT = multiprocessing.get_context("fork")


def made(seed=0, n=5000):
    rng = np.random.default_rng(seed)
    train, held = (rng.integers(0, 256, (some, 2, 3, 4), dtype=np.uint8) for some in (n, 7))
    return Pixels(train, np.arange(n) % 3, held, np.arange(7) % 3, 3)


def never():
    raise AssertionError("decoded again")


def test_what_is_kept_is_not_decoded_again():
    first, again = (
        cache.load_or_decode("data", "code", made),
        cache.load_or_decode("data", "code", never),
    )
    for name in cache.PARTS:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert again.n_classes == 3 and again.train_x.shape == (5000, 24)


def test_moments_are_exact_and_a_constant_channel_keeps_its_scale():
    x = made().train_x.copy()
    x[:, 1] = 7
    mean, spread = cache.channel_moments(x)
    assert mean.ravel().tolist() == pytest.approx([x[:, 0].mean(), 7])
    assert spread.ravel().tolist() == pytest.approx([x[:, 0].std(), 1])


def test_arrays_are_mapped_and_a_tensor_of_them_gives_no_warning():
    arrays = cache.load_or_decode("data", "code", made)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensor = torch.from_numpy(arrays.train_x)
    assert isinstance(arrays.train_x, np.memmap) and arrays.train_x.mode == "c"
    tensor.zero_()  # a process's own copy
    assert cache.load_or_decode("data", "code", never).train_x.any()


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: (place / "train_x.npy").write_bytes(
            (place / "train_x.npy").read_bytes()[:-8]
        ),
        lambda place: (place / "held_y.npy").write_bytes(
            (place / "held_y.npy").read_bytes()[:-1] + b"\1"
        ),
        lambda place: (place / "held_x.npy").unlink(),
        lambda place: (place / "manifest.json").write_text("{}"),
        lambda place: (place / "manifest.json").write_text("[]"),
        lambda place: np.save(place / "train_y.npy", np.zeros(5000)),
    ],
    ids=["short", "flipped", "gone", "manifest", "no manifest", "dtype"],
)
def test_a_damaged_entry_is_named_and_made_again(own_cache, damage):
    before = np.array(cache.load_or_decode("data", "code", made).train_x)
    damage(own_cache / "decoded" / "data" / "code")
    with pytest.warns(
        cache.DamagedCacheWarning, match=r"are damaged \(.*\); they are decoded again"
    ):
        again = cache.load_or_decode("data", "code", made)
    np.testing.assert_array_equal(again.train_x, before)
    cache.load_or_decode("data", "code", never)


def test_newer_code_replaces_what_older_code_made(own_cache):
    cache.load_or_decode("data", "old", made)
    cache.load_or_decode("other", "old", made)
    cache.load_or_decode("data", "new", made)
    assert sorted(
        path.parent.name + "/" + path.name for path in (own_cache / "decoded").glob("*/*")
    ) == ["data/new", "other/old"]


def test_what_a_killed_process_left_is_no_hindrance(own_cache):
    (own_cache / "decoded" / "data" / "code.part").mkdir(parents=True)
    cache.load_or_decode("data", "code", made)
    assert [path.name for path in (own_cache / "decoded" / "data").iterdir()] == ["code"]


def test_a_failure_leaves_nothing_behind(own_cache):
    def flawed():
        raise DatasetError("a flaw")

    with pytest.raises(DatasetError, match="a flaw"):
        cache.load_or_decode("data", "code", flawed)
    assert not list((own_cache / "decoded" / "data").iterdir())


def test_a_cache_that_cannot_be_kept_is_told(own_cache):
    own_cache.mkdir(parents=True)
    (own_cache / "decoded").write_text("in the way")
    with pytest.raises(
        DatasetError,
        match=r"cannot keep decoded data in .*; free some space, or let XDG_CACHE_HOME",
    ):
        cache.load_or_decode("data", "code", made)


def test_one_of_several_workers_decodes(tmp_path):
    as_folder(tmp_path / "photos", images())
    log = tmp_path / "log"

    def work():
        def decode():
            with open(log, "a") as file:
                file.write(f"{os.getpid()}\n")
            return made()

        cache.load_or_decode("data", "code", decode)

    workers = [CONTEXT.Process(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert len(log.read_text().splitlines()) == 1


def test_a_changed_image_is_decoded_anew(tmp_path):
    root, files = tmp_path / "photos", images()
    first = np.array(ImageFolder(as_folder(root, files)).load().train_x)
    as_folder(root, {"train/cat/0000.png": files["test/dog/0001.png"]})
    os.utime(root / "train/cat/0000.png", ns=(1, 1))
    assert not np.array_equal(ImageFolder(root).load().train_x, first)
