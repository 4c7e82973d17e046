"""CUDA graphs: a step of small networks is a hundred launches, which take the host longer than the
device takes for the work.

The first calls run as they are, on a stream of their own, which is what capturing asks for; the
next is captured, and from then on replayed with the inputs copied to where it was captured. Every
call does its work once: nothing is run for the sake of warming up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

WARM_CALLS = 3

Step = Callable[..., None]  # of tensors; works in place on others


def on_cuda(step: Step, inputs: tuple[Tensor, ...]) -> Callable[[], None]:
    """`step(*inputs)` recorded and not run; returns what runs it."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(*inputs)
    return graph.replay


def beside(step: Step, inputs: tuple[Tensor, ...]) -> None:
    """`step(*inputs)` on a stream of its own, in order with what the current stream does before and
    after.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        step(*inputs)
    torch.cuda.current_stream().wait_stream(stream)


class Graphed:
    """`step`, captured once it is warm. All calls pass tensors of the same shapes."""

    def __init__(
        self,
        step: Step,
        *,
        capture: Callable[[Step, tuple[Tensor, ...]], Callable[[], None]] = on_cuda,
        warm: Callable = beside,
    ):
        self.step, self.capture, self.warm = step, capture, warm
        self.calls = 0
        self.inputs: tuple[Tensor, ...] = ()
        self.replay: Callable[[], None] | None = None

    def __call__(self, *inputs: Tensor) -> None:
        self.calls += 1
        if self.calls <= WARM_CALLS:
            return self.warm(self.step, inputs)
        if self.calls == WARM_CALLS + 1:
            self.inputs = tuple(t.clone() for t in inputs)
            self.replay = self._captured()
        if self.replay is None:
            return self.step(*inputs)
        for mine, given in zip(self.inputs, inputs, strict=True):
            mine.copy_(given)
        return self.replay()

    def _captured(self) -> Callable[[], None] | None:
        """What replays the step; None, with a warning, where it cannot be captured: then it is run
        as it is, only slower.
        """
        try:
            return self.capture(self.step, self.inputs)
        except RuntimeError as error:
            warnings.warn(
                f"training steps could not be captured as a CUDA graph ({error}); they are "
                "launched one by one",
                stacklevel=3,
            )
            return None
