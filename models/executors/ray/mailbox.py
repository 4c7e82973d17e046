"""What tasks have to say, kept until the driver takes it: an actor beside the driver, so that what has arrived survives the node it came from.

(Streaming tasks would do the same without an actor, but not through Ray Client, which `ray://` addresses mean.) Sent to the cluster by value: it
may use nothing of this package.
"""

from __future__ import annotations

from typing import Any

LIMIT = 2**26  # bytes of one box: who writes more waits until the driver has taken some
POLL = 0.02  # seconds


def mailbox(ray: Any) -> Any:
    """A running mailbox on the node that the driver is connected to; it ends with its last reference, or with the driver."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(_by_value(LIMIT, POLL)).options(num_cpus=0, scheduling_strategy=here, max_concurrency=4096).remote()


def _by_value(limit: int, poll: float) -> type:
    class Mailbox:
        def __init__(self):
            self.boxes: dict[str, list] = {}
            self.sizes: dict[str, int] = {}

        async def post(self, box: str, kind: str, about: dict, content: bytes = b"") -> None:
            import asyncio

            while self.sizes.get(box, 0) > limit:
                await asyncio.sleep(poll)
            self.boxes.setdefault(box, []).append((kind, about, content))
            self.sizes[box] = self.sizes.get(box, 0) + len(content)

        async def take(self, box: str, wait: float) -> list:
            import asyncio

            while not self.boxes.get(box) and wait > 0:
                await asyncio.sleep(poll)
                wait -= poll
            self.sizes.pop(box, None)
            return self.boxes.pop(box, [])

    return Mailbox
