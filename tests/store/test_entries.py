"""The store: whole entries or none, checked on reading, locked by living processes only."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from claims.store.entries import DamagedEntryWarning, Entry, Key, Store, StoreError

KEY = Key("observations", "abc", 3, "epoch-5")
ARRAYS = {"loss": np.arange(6.0).reshape(2, 3), "steps": np.array([1, 2])}


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_what_is_saved_is_fetched(store):
    assert not store.has(KEY) and store.fetch(KEY) is None
    store.save(KEY, ARRAYS, {"dims": ["a"]})
    entry = store.fetch(KEY)
    assert isinstance(entry, Entry)
    assert entry.info == {"dims": ["a"]}
    assert set(entry.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(entry.arrays[name], array)
        assert entry.arrays[name].dtype == array.dtype
    store.delete(KEY)
    assert store.fetch(KEY) is None


@settings(max_examples=30, deadline=None)
@given(
    array=hnp.arrays(
        st.sampled_from([np.bool_, np.float32, np.float64, np.int64]),
        hnp.array_shapes(min_dims=0, min_side=0, max_side=4),
    )
)
def test_any_array_comes_back(tmp_path_factory, array):
    store = Store(tmp_path_factory.mktemp("store"))
    store.save(KEY, {"a": array}, {})
    np.testing.assert_array_equal(store.fetch(KEY).arrays["a"], array)


@pytest.mark.parametrize("scalar", [np.float64(0.1), np.float32(-2.5), np.bool_(True), np.array(7)])
def test_a_single_number_comes_back_as_one(store, scalar):
    store.save(KEY, {"a": scalar, "transposed": ARRAYS["loss"].T}, {})
    found = store.fetch(KEY).arrays
    assert found["a"].shape == ()
    assert found["a"].dtype == np.asarray(scalar).dtype
    assert found["a"] == scalar
    np.testing.assert_array_equal(found["transposed"], ARRAYS["loss"].T)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_damaged_entry_is_ever_used(tmp_path_factory, data):
    store = Store(tmp_path_factory.mktemp("store"))
    store.save(KEY, ARRAYS, {"a": 1})
    content = bytearray(store.path(KEY).read_bytes())
    kind = data.draw(st.sampled_from(["flip", "cut", "append", "empty"]))
    if kind == "flip":
        bit = data.draw(st.integers(0, 8 * len(content) - 1))
        content[bit // 8] ^= 1 << bit % 8
    elif kind == "cut":
        content = content[: data.draw(st.integers(1, len(content) - 1))]
    elif kind == "append":
        content += b"x"
    else:
        content = b""
    store.path(KEY).write_bytes(content)
    with pytest.warns(DamagedEntryWarning, match="seed-3-epoch-5.*is damaged"):
        assert store.fetch(KEY) is None
    assert not store.has(KEY) and list(store.path(KEY).parent.glob("*.damaged"))


def test_an_entry_under_another_name_is_not_taken_for_it(store):
    other = Key("observations", "abc", 4, "epoch-5")
    store.save(other, ARRAYS, {})
    os.replace(store.path(other), store.path(KEY))
    with pytest.warns(DamagedEntryWarning, match="it is the entry of .*seed-4"):
        assert store.fetch(KEY) is None


def test_a_write_that_fails_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(
        StoreError, match=r"No space left on device. Free some space, or set CLAIMS_STORE"
    ):
        store.save(KEY, ARRAYS, {})
    assert not list(store.path(KEY).parent.iterdir())


def test_a_store_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreError, match="set CLAIMS_STORE"):
        Store(tmp_path / "file").save(KEY, ARRAYS, {})
    with (
        pytest.raises(StoreError, match="set CLAIMS_STORE"),
        Store(tmp_path / "file").lock("observations", "abc", 3),
    ):
        pass


def test_a_lock_is_one_processs_and_leaves_no_file(store):
    with store.lock("observations", "abc", 3) as got:
        assert got
        code = f"""
            from claims.store.entries import Store
            with Store({str(store.root)!r}).lock("observations", "abc", 3, wait=False) as got:
                print(got)
        """
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "False"
    assert not list(store.root.rglob("*.lock"))


def test_a_killed_holders_lock_is_free_at_once(store):
    code = f"""
        import time
        from claims.store.entries import Store
        with Store({str(store.root)!r}).lock("observations", "abc", 3):
            print("held", flush=True)
            time.sleep(60)
    """
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline().strip() == "held"
    with store.lock("observations", "abc", 3, wait=False) as got:
        assert not got
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    began = time.monotonic()
    with store.lock("observations", "abc", 3) as got:
        assert got and time.monotonic() - began < 10
    assert not list(store.root.rglob("*.lock"))


def test_several_locks_are_taken_up_to_a_share(store):
    with (
        store.lock("observations", "abc", 1),
        store.locks("observations", "abc", [3, 1, 2, 0], at_most=2) as got,
    ):
        assert got == [0, 2]
