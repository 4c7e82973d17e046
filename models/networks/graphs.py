"""CUDA graphs: a step of small networks is a hundred launches, which take the host longer than the
device takes for the work.

The first calls run as they are, on a stream of their own, as capturing requires; the next is
captured, and from then on replayed with the inputs copied into those of the capture. Every call
does its work once: no step is run only to warm up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import Tensor

WARM_CALLS = 3

Step = Callable[..., None]  # of tensors; works in place on others


def capture_on_cuda(step: Step, inputs: tuple[Tensor, ...]) -> Callable[[], None]:
    """Record `step(*inputs)` without running it; returns a function that runs it."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(*inputs)
    return graph.replay


def run_on_side_stream(step: Step, inputs: tuple[Tensor, ...]) -> None:
    """Run `step(*inputs)` on a stream of its own, after what the current stream has done so far and
    before what it does next.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        step(*inputs)
    torch.cuda.current_stream().wait_stream(stream)


class Graphed:
    """A step that is captured after its first calls. All calls pass tensors of the same shapes."""

    def __init__(
        self,
        step: Step,
        *,
        capture: Callable[[Step, tuple[Tensor, ...]], Callable[[], None]] = capture_on_cuda,
        warm: Callable = run_on_side_stream,
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
            self.replay = self._try_capture()
        if self.replay is None:
            return self.step(*inputs)
        for mine, given in zip(self.inputs, inputs, strict=True):
            mine.copy_(given)
        return self.replay()

    def _try_capture(self) -> Callable[[], None] | None:
        """A function that replays the step; None, with a warning, where it cannot be captured: the
        step is then run as it is, slower.
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
