"""Kills, damage, full disks and rivals: whatever happens, results are those of a run to which
nothing happened.
"""

import json
import os
import random
import shutil
import signal
import subprocess
from collections import Counter

import pytest

from claims.execution import chunks
from claims.execution.machine import Machine
from claims.execution.measure import measure
from claims.store.entries import JOURNAL, DamagedEntryWarning, Store, StoreError
from claims.store.pruning import list_entries, remove_leftovers
from tests.support import workers as crew
from tests.support.workers import (
    DieAtEpoch,
    DieInWrite,
    SmallFiles,
    arrays_of,
    experiment,
    hire,
    leftovers,
    same,
    training,
    until,
)

SEEDS = tuple(range(6))
MACHINE = Machine(workers=2)  # one thread


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """The store of a run that nobody disturbed, and what it measured."""
    store = Store(tmp_path_factory.mktemp("untouched"))
    return store, measure(experiment(), SEEDS, MACHINE, store)


def journal(store):
    return [json.loads(line) for line in (store.root / JOURNAL).read_text().splitlines()]


def made(store):
    return Counter(line["entry"] for line in journal(store) if line["event"] == "made")


def test_killed_in_training_and_in_writing_then_run_cleanly(store, untouched):
    reference, expected = untouched
    for n in (1, 4):
        (dying,) = hire(store, SEEDS, accident=DieInWrite(n))
        dying.join(60)
        assert dying.exitcode == -signal.SIGKILL
        assert list(store.root.rglob("*.part"))
        assert list(store.root.rglob("*.lock"))
    for _ in range(2):
        workers = hire(store, SEEDS, n=2)
        assert until(lambda: training(store))
        for worker in workers:
            worker.kill()
            worker.join(60)
    assert list(store.root.rglob("*.lock"))
    assert same(measure(experiment(), SEEDS, MACHINE, store), expected)
    remove_leftovers(store)
    assert not leftovers(store.root)
    assert arrays_of(store) == arrays_of(reference)


def test_a_killed_workers_seeds_are_taken_over_by_the_living(store, untouched):
    (first,) = hire(store, SEEDS)
    assert until(lambda: training(store))
    os.kill(first.pid, signal.SIGSTOP)
    (second,) = hire(store, SEEDS)
    second.join(1.0)
    assert second.is_alive(), "it must wait for one that lives"
    os.kill(first.pid, signal.SIGKILL)
    second.join(60)
    assert second.exitcode == 0
    assert arrays_of(store) == arrays_of(untouched[0])


def test_interrupted_at_epoch_60_of_100_it_goes_on_from_20(store, tmp_path):
    longer = {"train": {"epochs": 100, "batch": 64}, "snapshots": [5, 20, 100]}
    (dying,) = hire(store, (0,), accident=DieAtEpoch(60), **longer)
    dying.join(60)
    assert dying.exitcode == -signal.SIGKILL
    # would die, did it begin anew
    (resumed,) = hire(store, (0,), accident=DieAtEpoch(19), **longer)
    resumed.join(60)
    assert resumed.exitcode == 0
    whole = Store(tmp_path / "whole")
    expected = measure(experiment(**longer), (0,), MACHINE, whole)
    assert same(measure(experiment(**longer), (0,), MACHINE, store), expected)
    assert arrays_of(store) == arrays_of(whole)


def test_two_groups_that_start_at_once_make_each_entry_once(store):
    workers = [
        *hire(store, SEEDS, n=2, kinds=("snapshot_sweep", "online_training")),
        *hire(store, SEEDS, n=2, kinds=("online_training", "snapshot_sweep")),
    ]
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * 4
    counted = made(store)
    assert set(counted.values()) == {1}
    assert len(counted) == len(SEEDS) * (1 + 1 + len(crew.SWEEP["snapshots"]))
    assert not leftovers(store.root)


def damage(store, n, rng):
    """Spoil n entries, every observation among them; returns {path: its bytes now}."""
    known = sorted(list_entries(store), key=lambda e: e.stage)  # observations first
    chosen = known[: len(known) // 6] + rng.sample(known[len(known) // 6 :], n - len(known) // 6)
    paths = [entry.path for entry in chosen]
    for path in paths[: n // 5 * 2]:
        content = bytearray(path.read_bytes())
        bit = rng.randrange(8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
    for path in paths[n // 5 * 2 : n // 5 * 4]:
        path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])
    swapped = paths[n // 5 * 4 :]
    contents = [path.read_bytes() for path in swapped]
    for path, content in zip(swapped, contents[1:] + contents[:1], strict=True):
        path.write_bytes(content)
    return {path: path.read_bytes() for path in paths}


@pytest.mark.parametrize(
    "seeds", [6, pytest.param(20, marks=pytest.mark.slow)], ids=["30-entries", "100-entries"]
)
def test_no_damaged_entry_is_used(store, tmp_path, seeds):
    reference = Store(tmp_path / "reference")
    expected = measure(experiment(), range(seeds), MACHINE, reference)
    shutil.copytree(reference.root, store.root, dirs_exist_ok=True)
    spoilt = damage(store, 5 * seeds, random.Random(seeds))
    with pytest.warns(DamagedEntryWarning) as warned:
        again = measure(experiment(), range(seeds), MACHINE, store)
    assert same(again, expected)
    assert arrays_of(store) == arrays_of(reference)
    assert len(spoilt) == 5 * seeds
    assert not [path for path, content in spoilt.items() if path.read_bytes() == content]
    named = {line["entry"] for line in journal(store) if line["event"] == "set aside"}
    assert len(named) >= seeds
    assert all(any(name in str(w.message) for w in warned) for name in named)


def test_results_are_equal_for_any_chunks_and_any_workers(tmp_path, monkeypatch):
    short = {"train": {"epochs": 2, "batch": 64}, "snapshots": [1, 2]}
    found = []
    for number, (seeds_at_once, workers) in enumerate([(1, 2), (2, 2), (6, 2), (6, 1)]):
        monkeypatch.setattr(
            chunks,
            "CPU_WORKING_SET",
            seeds_at_once * experiment(**short).implementation.bytes_of_seed(),
        )
        monkeypatch.setattr(chunks, "FEWEST_AT_ONCE", 1)
        store = Store(tmp_path / str(number))
        measured = measure(experiment(**short), SEEDS, Machine(workers=workers), store)
        found.append((measured, arrays_of(store)))
    for measured, stored in found[1:]:
        assert same(measured, found[0][0]) and stored == found[0][1]


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half_written(store, untouched):
    complaint = crew.CONTEXT.SimpleQueue()
    worker = crew.CONTEXT.Process(target=_complaining, args=(store.root, complaint), daemon=True)
    worker.start()
    text = complaint.get()
    worker.join(60)
    assert (
        text.startswith("StoreError: cannot write ")
        and "File too large. Free some space, or set CLAIMS_STORE" in text
    )
    assert not leftovers(store.root) and not list_entries(store)
    assert same(measure(experiment(), SEEDS, MACHINE, store), untouched[1])


def _complaining(root, complaint):
    SmallFiles(4096)()
    try:
        measure(experiment(), SEEDS, MACHINE, Store(root))
        complaint.put("no complaint")
    except Exception as error:
        complaint.put(f"{type(error).__name__}: {error}")


@pytest.fixture
def disk(tmp_path):
    """A disk of one MiB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True, check=False
    ).returncode:
        pytest.skip("mounting takes root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_disk_that_fills_up(disk, untouched):
    store = Store(disk / "store")
    (disk / "ballast").write_bytes(b"x" * 950 * 1024)
    with pytest.raises(StoreError, match="No space left on device"):
        measure(experiment(), SEEDS, MACHINE, store)
    assert not leftovers(store.root)
    for entry in list_entries(store):
        assert store.fetch(crew.key_of(entry)) is not None
    (disk / "ballast").unlink()
    assert same(measure(experiment(), SEEDS, MACHINE, store), untouched[1])


def test_a_store_that_may_only_be_read_serves_what_it_has(disk, untouched):
    store = Store(disk / "store")
    expected = measure(experiment("online_training"), (0, 1), MACHINE, store)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert same(measure(experiment("online_training"), (0, 1), MACHINE, store), expected)
    with pytest.raises(StoreError, match=r"Read-only file system.*set CLAIMS_STORE"):
        measure(experiment("online_training"), (0, 1, 2), MACHINE, store)
    remove_leftovers(store)
