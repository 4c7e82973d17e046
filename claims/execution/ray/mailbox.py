"""Messages of tasks, kept until the driver takes them: an actor beside the driver, so that what has
arrived survives the node it came from.

(Streaming tasks would do the same without an actor, but not through Ray Client, which `ray://`
addresses mean.) Sent to the cluster by value: it may use nothing of this package.
"""

from __future__ import annotations

from typing import Any

# bytes of all boxes: a task with more waits until the driver has taken some
LIMIT = 2**28
POLL = 0.02  # seconds


def mailbox(ray: Any) -> Any:
    """A running mailbox on the node that the driver is connected to; it ends with its last
    reference, or with the driver.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return (
        ray.remote(_by_value(LIMIT, POLL))
        .options(num_cpus=0, scheduling_strategy=here, max_concurrency=4096)
        .remote()
    )


def _by_value(limit: int, poll: float) -> type:
    class Mailbox:
        def __init__(self):
            self.boxes: dict[str, list] = {}
            self.sizes: dict[str, int] = {}  # bytes by box, from when they are announced
            self.closed: set[str] = set()

        async def announce(self, box: str, size: int) -> None:
            """Wait for room, before the bytes are sent: those of a whole cluster would be too many
            here.
            """
            import asyncio

            while self.sizes and sum(self.sizes.values()) + size > limit and box not in self.closed:
                await asyncio.sleep(poll)
            if box not in self.closed:
                self.sizes[box] = self.sizes.get(box, 0) + size

        async def post(self, box: str, kind: str, about: dict, content: bytes = b"") -> None:
            if box not in self.closed:
                self.boxes.setdefault(box, []).append((kind, about, content))

        async def close(self, box: str) -> None:
            """Drop what is in a box that the driver takes no more from."""
            self.closed.add(box)
            self.boxes.pop(box, None)
            self._release(box, self.sizes.get(box, 0))

        def _release(self, box: str, size: int) -> None:
            self.sizes[box] = self.sizes.get(box, 0) - size
            if not self.sizes[box]:
                del self.sizes[box]

        async def take(self, box: str, wait: float) -> list:
            import asyncio

            while not self.boxes.get(box) and wait > 0:
                await asyncio.sleep(poll)
                wait -= poll
            taken = self.boxes.pop(box, [])
            self._release(box, sum(len(content) for _, _, content in taken))
            return taken

    return Mailbox
