"""The mailbox through which tasks send what they have made."""

import asyncio

from claims.execution.ray.mailbox import _by_value


def test_the_mailbox_bounds_what_all_tasks_have_said_together():
    async def said():
        box = _by_value(limit=10, poll=0.001)()
        await box.announce("a", 8)
        await box.post("a", "entry", {}, b"8" * 8)
        waiting = asyncio.create_task(box.announce("b", 3))
        await asyncio.sleep(0.02)
        assert not waiting.done() and len(await box.take("a", 0)) == 1
        await asyncio.wait_for(waiting, 5)
        await box.announce("c", 5)
        # more than there will ever be room for: alone
        waiting = asyncio.create_task(box.announce("d", 99))
        await box.close("b")  # its task died before it could post
        await box.post("b", "entry", {}, b"333")
        await asyncio.sleep(0.02)
        assert not waiting.done() and await box.take("b", 0) == []
        await box.post("c", "entry", {}, b"55555")
        await box.take("c", 0)
        await asyncio.wait_for(waiting, 5)

    asyncio.run(said())
