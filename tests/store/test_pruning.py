"""Care of the store: what lies there is listed, what the dead left is swept, what is in use is
never pruned.
"""

import os
import time

import numpy as np
import pytest

from claims.store.activity import register_process
from claims.store.entries import Key, Store
from claims.store.pruning import (
    WORKING,
    list_entries,
    live_records,
    parse_size,
    prune,
    read_info,
    remove_leftovers,
)
from tests.support.workers import CONTEXT, leftovers

ARRAYS = {"a": np.zeros(100)}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def put(store, digest, seed, *, age=0.0, idle=0.0, part=""):
    """An entry made `age` and last used `idle` seconds ago."""
    key, now = Key("snapshots", digest, seed, part), time.time()
    store.save(key, ARRAYS, {"kind": "k"})
    os.utime(store.path(key), (now - idle, now - age))
    return key


def test_entries_say_when_they_were_made_and_used(store):
    key = put(store, "d", 3, age=500, idle=100, part="epoch-5")
    (entry,) = list_entries(store)
    assert (entry.stage, entry.digest, entry.seed, entry.damaged) == ("snapshots", "d", 3, False)
    assert (
        entry.size == store.path(key).stat().st_size
        and time.time() - entry.made > 499
        and 90 < time.time() - entry.used < 110
    )
    assert read_info(entry.path) == {"kind": "k"}
    assert list_entries(store)[0].used == entry.used, "looking is not using"
    store.fetch(key)
    (used,) = list_entries(store)
    assert time.time() - used.used < 10 and used.made == pytest.approx(entry.made)


def test_info_of_what_is_no_entry_is_empty(tmp_path):
    (tmp_path / "file").write_bytes(b"\xff" * 40)
    assert read_info(tmp_path / "file") == read_info(tmp_path / "none") == read_info(tmp_path) == {}


def test_nothing_stored_is_an_empty_list(tmp_path):
    assert list_entries(Store(tmp_path / "none")) == []
    remove_leftovers(Store(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_a_sweep_takes_what_the_dead_left_and_nothing_else(store):
    key = put(store, "d", 1)
    folder = store.path(key).parent
    for name in (
        "seed-1.safetensors.part",
        "seed-1-epoch-5.safetensors.part",
        "seed-2.lock",
        "seed-12-epoch-20.safetensors.part",
        "notes.txt",
    ):
        (folder / name).write_text("x")
    with store.lock("snapshots", "d", 7):
        writing = folder / "seed-7-epoch-5.safetensors.part"
        writing.write_text("a living process writes")
        remove_leftovers(store)
        assert sorted(p.name for p in folder.iterdir()) == [
            "notes.txt",
            "seed-1.safetensors",
            "seed-7-epoch-5.safetensors.part",
            "seed-7.lock",
        ]
        writing.unlink()
    assert store.fetch(key) is not None


def test_what_was_half_written_goes_when_its_seed_is_next_locked(store):
    folder = store.path(put(store, "d", 1)).parent
    for name in (
        "seed-1.safetensors.part",
        "seed-1-epoch-5.safetensors.part",
        "seed-11.safetensors.part",
    ):
        (folder / name).write_text("x")
    with store.lock("snapshots", "d", 1):
        assert [p.name for p in folder.glob("*.part")] == ["seed-11.safetensors.part"]


def test_the_least_recently_used_goes_first(store):
    keys = [
        put(store, "d", seed, age=1000, idle=idle) for seed, idle in enumerate([500, 900, 100, 700])
    ]
    each = list_entries(store)[0].size
    gone = prune(store, bound=2 * each + 1)
    assert (gone.entries, gone.size, gone.left) == (2, 2 * each, 2 * each)
    assert [store.has(key) for key in keys] == [True, False, True, False]


def test_pruning_by_age_goes_by_use(store):
    keys = [put(store, "d", 0, age=9000, idle=10), put(store, "e", 1, age=9000, idle=5000)]
    assert prune(store, older_than=3600).entries == 1
    assert [store.has(key) for key in keys] == [True, False]
    assert not (store.root / "snapshots" / "e").exists() and not leftovers(store.root)


def test_what_no_one_wants_goes(store):
    keys = [put(store, "d", 0, age=9, idle=9), put(store, "e", 0, age=9, idle=9)]
    prune(store, keep={"e"})
    assert [store.has(key) for key in keys] == [False, True]


def test_what_is_locked_or_used_by_a_living_run_stays(store):
    locked, idle = put(store, "d", 0, age=99, idle=99), put(store, "d", 1, age=99, idle=99)
    with register_process(store), store.lock("snapshots", "d", 0):
        used = put(store, "d", 2, age=99, idle=-1)  # after the run began
        assert prune(store, bound=0).entries == 1
        assert [store.has(key) for key in (locked, idle, used)] == [True, False, True]
    assert prune(store, bound=0).entries == 1, (
        "used in the future by its clock: kept; the other one goes"
    )


def test_set_aside_entries_go_before_any_other(store):
    key = put(store, "d", 0, age=999, idle=999)
    aside = store.path(key).with_name("seed-5.safetensors.damaged")
    aside.write_bytes(b"x" * 100)
    found = {entry.path: entry for entry in list_entries(store)}
    assert found[aside].damaged and found[aside].seed == 5
    prune(store, bound=found[store.path(key)].size)
    assert not aside.exists() and store.has(key)


def _stay(root, ready):
    with register_process(Store(root), digest="d"):
        ready.put(True)
        time.sleep(60)


def test_records_are_of_the_living_only(store):
    with register_process(store, digest="mine"):
        ready = CONTEXT.SimpleQueue()
        other = CONTEXT.Process(target=_stay, args=(store.root, ready), daemon=True)
        other.start()
        ready.get()
        assert sorted(r["digest"] for r in live_records(store)) == ["d", "mine"]
        other.kill()
        other.join()
        assert [r["digest"] for r in live_records(store)] == ["mine"]
        assert len(list((store.root / WORKING).iterdir())) == 2, "its record went with it"
    assert not list(live_records(store)) and not leftovers(store.root)


@pytest.mark.parametrize(
    ("text", "size"),
    [("100", 100), ("2K", 2048), ("1.5 GiB", 3 * 2**29), ("8g", 2**33), ("500MB", 500 * 2**20)],
)
def test_sizes_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "-1", "8X", "G", "1e3"])
def test_what_is_no_size(text):
    with pytest.raises(ValueError, match="is no size; write 500M, 8G"):
        parse_size(text)
