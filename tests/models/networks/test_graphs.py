"""Captured steps, with a stand-in for the device that records and replays as CUDA graphs do: same
memory, no run while recording.
"""

import pytest
import torch

from models import training
from models.networks.graphs import WARM_CALLS, Graphed
from models.training import Trainer, fresh
from tests.support.networks import same, task


class Recorder:
    """Records a step with the very tensors it was given; counts what it does."""

    def __init__(self):
        self.captured = self.replayed = 0

    def capture(self, step, inputs):
        self.captured += 1

        def replay():
            self.replayed += 1
            step(*inputs)

        return replay


def plain(step, inputs):
    step(*inputs)


def test_each_call_does_its_work_once_with_its_own_inputs():
    seen, recorder = [], Recorder()
    graphed = Graphed(
        lambda x, y: seen.append((x.item(), y.item())), capture=recorder.capture, warm=plain
    )
    for i in range(8):
        graphed(torch.tensor(float(i)), torch.tensor(-i))
    assert seen == [(float(i), -i) for i in range(8)]
    assert recorder.captured == 1 and recorder.replayed == 8 - WARM_CALLS


def test_what_cannot_be_captured_runs_as_it_is_and_says_so_once(recwarn):
    def refuse(step, inputs):
        raise RuntimeError("operation not permitted when stream is capturing")

    seen = []
    graphed = Graphed(lambda x: seen.append(x.item()), capture=refuse, warm=plain)
    for i in range(8):
        graphed(torch.tensor(float(i)))
    assert seen == [float(i) for i in range(8)]
    assert [str(w.message) for w in recwarn] == [
        "training steps could not be captured as a CUDA graph (operation not permitted "
        "when stream is capturing); they are launched one by one"
    ]


def step_of(trainer):
    """The step as CUDA runs it: the rate comes as a float32 tensor, which is all that its fused
    optimizers read.
    """

    def step(index, rate, *noise):
        assert rate.dtype == torch.float32
        trainer._step(index, rate.item(), *noise)

    return step


@pytest.mark.parametrize(
    "options",
    [
        {"credit": "dfa"},
        {"credit": "vec"},
        {"schedule": "cosine", "epochs": 3},
        {"optimizer": "sgd", "lr": 0.1},
    ],
    ids=str,
)
def test_training_replays_to_the_same_bits(options, monkeypatch):
    exact = Trainer._rate
    # as CUDA's optimizer is given it
    monkeypatch.setattr(
        Trainer, "_rate", lambda trainer, step: float(torch.tensor(exact(trainer, step)))
    )
    made, recorder = task(width=20, blocks=2, **options), Recorder()
    direct, replayed = (Trainer(made, fresh(made, [1, 2], "cpu"), "cpu") for _ in range(2))
    replayed._graphs = {
        o: Graphed(step_of(replayed), capture=recorder.capture, warm=plain) for o in (False, True)
    }
    for trainer in (direct, replayed):
        trainer.run_epoch()
        trainer.run_epoch()
    assert recorder.captured == 1 and recorder.replayed == 2 * direct.n_steps - WARM_CALLS
    assert same(direct.state().tensors, replayed.state().tensors)


def test_only_training_on_cuda_is_captured():
    made = task(width=8)
    assert Trainer(made, fresh(made, [1], "cpu"), "cpu")._graphs == {}
    assert training.Graphed is Graphed
