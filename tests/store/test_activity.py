"""Records of running processes: there while their block runs, joined by digest, gone afterwards."""

import json

from claims.store.activity import WORKING, live_records, register_process, work_statuses
from claims.store.entries import Store

ABOUT = {"digest": "d", "kind": "k", "asked": [1, 2, 3]}


def doing(record, chunk, share, doing):
    record.write(chunk=chunk, epochs=4, of_epochs=8, share=share, doing=doing)


def test_a_record_is_there_while_the_block_runs(tmp_path):
    store = Store(tmp_path)
    with register_process(store, note="first"):
        (record,) = live_records(store)
        assert record["note"] == "first" and record["began"] > 0
    assert not list(live_records(store)) and not list((tmp_path / WORKING).iterdir())


def test_the_work_on_one_digest_is_that_of_all_processes_together(tmp_path):
    store = Store(tmp_path)
    with register_process(store, **ABOUT) as first, register_process(store, **ABOUT) as second:
        assert work_statuses(store) == {}  # neither has said what it works on
        doing(first, [1, 2], 0.5, "training")
        doing(second, [3], 0.25, "probing")
        (status,) = work_statuses(store).values()
    assert (status.digest, status.kind, status.asked) == ("d", "k", frozenset({1, 2, 3}))
    assert (status.chunk, status.epochs, status.workers) == (3, 8, 2)
    assert status.share == 2 * 0.5 + 1 * 0.25
    assert status.doing == "training and probing"


def test_records_left_over_are_removed_and_unreadable_ones_skipped(tmp_path):
    store = Store(tmp_path)
    with register_process(store, note="good"):
        folder = tmp_path / WORKING
        (folder / "9-dead.lock").touch()
        (folder / "9-dead.json").write_text(json.dumps({"note": "left over"}))
        with register_process(store) as other:
            other.path.write_text("{half")
            assert [record.get("note") for record in live_records(store)] == ["good"]
        assert not list(folder.glob("9-dead.*"))


def test_a_store_that_cannot_be_written_does_not_disturb_the_work(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with register_process(Store(tmp_path / "file")) as record:
        doing(record, [1], 0.5, "training")
