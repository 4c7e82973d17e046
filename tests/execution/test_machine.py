"""The machine as each kind of experiment takes it, and what is said where it cannot."""

import pytest

from claims.execution import machine as machines
from claims.execution.machine import Machine, Placement, check_machine
from claims.experiments import DeviceError, Experiment, MissingLibrary
from claims.experiments.kinds import BoundExperiment


class Plain(Experiment):
    """An experiment that declares nothing."""

    def measure(self, seeds, context):
        raise NotImplementedError


class Accelerated(Plain):
    """An experiment that knows an accelerator with two precisions, two devices of it."""

    libraries = ("numpy", "scipy")
    devices = ("auto", "cpu", "tpu")
    precisions = ("fp32", "bf16")

    @classmethod
    def spread(cls, device, worker, workers):
        return (f"tpu:{worker % 2}", min(workers, 2)) if device == "tpu" else (device, workers)


def bound(kind, tmp_path):
    return BoundExperiment("lab", "lab:Kind", {}, tmp_path, kind(), None)


def test_each_kind_takes_what_it_knows_of_the_machine(tmp_path):
    asked = Machine("tpu", "bf16", workers=4, worker=3)
    there = asked.place(bound(Accelerated, tmp_path))
    assert (there.device, there.precision, there.workers) == ("tpu:1", "bf16", 2)
    assert there.identity().keys() == {"numpy", "scipy", "device", "precision"}
    assert there.identity()["device"] == "tpu"
    plain = asked.place(bound(Plain, tmp_path))
    assert (plain.device, plain.precision, plain.workers) == ("cpu", "", 4)
    assert plain.identity().keys() == {"numpy", "device"}


def test_the_usual_precision_is_the_first(tmp_path):
    assert Machine().place(bound(Accelerated, tmp_path)).precision == "fp32"


def test_another_machines_device_is_taken_as_it_is(tmp_path):
    there = Machine("tpu", workers=4, worker=3, remote=True).place(bound(Accelerated, tmp_path))
    assert (there.device, there.workers) == ("tpu", 4)


def test_threads_are_what_was_asked_for_or_a_share_of_the_cores(monkeypatch):
    monkeypatch.setattr(machines, "cores", lambda: 8)
    assert Placement("cpu", "", 3, 0, {}).threads_each == 2
    assert Placement("cpu", "", 16, 0, {}).threads_each == 1
    assert Placement("cpu", "", 16, 5, {}).threads_each == 5


@pytest.mark.parametrize(
    ("machine", "message"),
    [
        (Machine("gpu"), r"`--claims-device` is 'gpu'; allowed: auto, cpu, tpu"),
        (Machine(precision="fp8"), r"`--claims-precision` is 'fp8'; allowed: fp32, bf16"),
    ],
)
def test_what_no_experiment_knows_is_refused(tmp_path, machine, message):
    experiments = [bound(Plain, tmp_path), bound(Accelerated, tmp_path)]
    with pytest.raises(DeviceError, match=message):
        check_machine(machine, experiments, "--claims-{}")
    check_machine(Machine("tpu", "bf16"), experiments)


def test_a_missing_library_is_named_with_its_remedy_and_fails_nothing_else(tmp_path):
    class Needs(Plain):
        libraries = ("numpy", "no-such-library")
        install_hint = "pip install lab[all]"

    with pytest.raises(
        MissingLibrary, match=r"`lab` needs no-such-library.*pip install lab\[all\]"
    ):
        Machine().place(bound(Needs, tmp_path))
    check_machine(Machine(), [bound(Needs, tmp_path), bound(Plain, tmp_path)])
