"""Progress: what workers leave in the store, and how it is shown."""

import io
import time

import numpy as np
import pytest

from claims.execution.display import Display, Line, Named, SeedTotals, duration
from claims.execution.measure import (
    STAGE,
    Machine,
    expected_seconds,
    measure,
    observations_digest,
    plan,
)
from claims.execution.progress import RecordedProgress as Progress
from claims.store.activity import WorkStatus, register_process, work_statuses
from claims.store.entries import Key, Store
from tests.support.workers import DieAtEpoch, experiment, hire, training, until

MACHINE = Machine(workers=2)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def test_a_working_process_is_seen_from_another(store):
    (worker,) = hire(store, range(4))
    assert until(lambda: training(store))
    digest = observations_digest(experiment(), MACHINE)
    found = work_statuses(store)[digest]
    assert (
        found.kind == "snapshot_sweep"
        and found.asked == frozenset(range(4))
        and found.of_epochs == 200
        and found.doing == "training"
    )
    assert 0 < found.share < found.chunk <= 2
    worker.kill()
    worker.join()
    assert not work_statuses(store)


def test_shares_count_training_and_what_comes_after(store):
    with register_process(store, digest="d", kind="k", asked=[0, 1, 2]) as record:
        progress = Progress(record, (0, 1))
        progress.start(10, beyond=10)
        progress.found([1], 5)
        progress.at_epoch([0, 1], 10)
        progress.done(5, "probing")
        found = work_statuses(store)["d"]
        assert (found.chunk, found.epochs, found.of_epochs, found.doing) == (2, 20, 10, "probing")
        assert found.share == pytest.approx(2 * 15 / 20) and progress.resumed
    assert not work_statuses(store)


def test_progress_on_a_store_that_cannot_be_written_disturbs_nothing(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with register_process(Store(tmp_path / "file"), digest="d", kind="k", asked=[0]) as record:
        Progress(record, (0,)).start(3)
    assert not list(work_statuses(Store(tmp_path / "file")))


def standing(**changes):
    return WorkStatus(
        **{
            "digest": "d",
            "kind": "k",
            "asked": frozenset(range(8)),
            "chunk": 2,
            "epochs": 30,
            "of_epochs": 100,
            "share": 0.3,
            "doing": "training",
            **changes,
        }
    )


def tally(seconds=None):
    names = {"d": Named("sweep (digits)", seconds)}
    return SeedTotals(lambda: names)


def test_a_line_counts_seeds_epochs_and_time_left(store):
    for seed in (0, 1):
        store.save(Key(STAGE, "d", seed), {"a": np.zeros(1)}, {})
    counted = tally()
    (line,) = counted.lines({"d": standing()}, store, now=100.0)
    assert line.text() == "sweep (digits): 2/8 seeds, 230/800 epochs, training"
    # half a seed in 10 s: 5.2 are left
    (line,) = counted.lines({"d": standing(epochs=80, share=0.8)}, store, now=110.0)
    assert (
        line.left == pytest.approx(104)
        and line.text() == "sweep (digits): 2/8 seeds, 280/800 epochs, training, about 2 min left"
    )


def test_before_there_is_a_pace_earlier_seeds_tell_the_time(store):
    (line,) = tally(seconds=10.0).lines(
        {"d": standing(chunk=4, share=0.0, epochs=0, workers=2)}, store, now=0.0
    )
    assert line.left == pytest.approx(8 * 10 / 2)


def test_seeds_asked_for_by_different_workers_add_up_and_done_ones_stay_counted(store):
    counted = tally()
    counted.lines({"d": standing(asked=frozenset(range(4)))}, store, 0.0)
    (line,) = counted.lines({"d": standing(asked=frozenset(range(2, 8)))}, store, 1.0)
    assert line.asked == 8
    for seed in range(8):
        store.save(Key(STAGE, "d", seed), {"a": np.zeros(1)}, {})
    # its worker has not taken its record away yet
    (line,) = counted.lines({"d": standing()}, store, 2.0)
    assert line.share == 8 and line.epochs == 800


def test_a_kind_that_tells_nothing_counts_seeds(store):
    (line,) = tally().lines({"d": standing(epochs=0, of_epochs=0, share=0.0)}, store, 0.0)
    assert line.text() == "sweep (digits): 0/8 seeds, training"


@pytest.fixture
def display(store, monkeypatch):
    monkeypatch.setattr("claims.execution.display.work_statuses", lambda _: {"d": standing()})
    return lambda **options: Display(
        store, lambda: {"d": Named("sweep (digits)")}, io.StringIO(), **options
    )


def test_a_log_gets_a_line_after_five_seconds_and_then_every_half_minute(display):
    shown = display(bars=False, at_line_start=lambda: False)
    for now in range(0, 100):
        shown.tick(float(now))
    lines = shown.file.getvalue().splitlines()
    assert [line for line in lines if line] == [
        "training sweep (digits): 0/8 seeds, 30/800 epochs, training"
    ] * 4  # at 5, 35, 65, 95
    assert lines[0] == "", "not behind pytest's dots"


def test_a_terminal_gets_bars_that_leave_no_trace(display, monkeypatch):
    shown = display(bars=True)
    shown.tick(10.0)
    assert "sweep (digits)" in shown.file.getvalue() and "30/800 epochs" in shown.file.getvalue()
    with shown.hidden():
        assert shown.bars is None and shown.file.getvalue().endswith("\x1b[2K"), "the line is wiped"
    shown.tick(shown.hidden_at + 0.5)
    assert shown.bars is None, "results are coming in"
    shown.tick(shown.hidden_at + 2)
    assert shown.bars is not None
    monkeypatch.setattr("claims.execution.display.work_statuses", lambda _: {})
    shown.tick(shown.hidden_at + 3)
    assert shown.bars is None


def test_a_display_that_fails_ends_no_run(store, monkeypatch):
    def broken(_):
        raise RuntimeError("broken")

    monkeypatch.setattr("claims.execution.display.work_statuses", broken)
    monkeypatch.setattr("claims.execution.display.TICK", 0.01)
    with Display(store, dict, io.StringIO(), bars=False) as shown:
        time.sleep(0.1)
        assert shown.thread.is_alive()


def test_the_expected_time_is_that_of_earlier_seeds_with_these_settings(store):
    assert plan(experiment(), range(3), MACHINE, store).seconds is None
    measure(experiment(), [0, 1], MACHINE, store)
    each = expected_seconds(experiment(), MACHINE, store)
    assert each > 0
    found = plan(experiment(), range(6), MACHINE, store)
    assert (found.missing, found.seconds) == (4, pytest.approx(each * 4 / 2))
    assert plan(experiment(), [0, 1], MACHINE, store).seconds == 0.0
    assert plan(experiment(network={"width": 9, "blocks": 1}), [0], MACHINE, store).seconds is None


def test_seeds_resumed_halfway_do_not_say_how_long_one_takes(store):
    (dying,) = hire(store, [0], accident=DieAtEpoch(30))
    dying.join(60)
    measure(experiment(), [0], MACHINE, store)
    assert expected_seconds(experiment(), MACHINE, store) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (100, "2 min"), (5000, "83 min"), (7500, "2 h 5 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_line_is_a_value():
    assert (
        Line("d", "n", 1, 2, 0, 0, 1.0, "probing", 30.0).text()
        == "n: 1/2 seeds, probing, about 30 s left"
    )
