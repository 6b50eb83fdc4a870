"""Lets a Python chat server tell pinion how much it has to do: a line in the head of each HTTP answer,
those to pinion's probes included. Copy this file beside your server:

    from load_report import LoadReport
    app = LoadReport(socketio.ASGIApp(sio), queue=lambda: len(jobs))      # an ASGI application

pinion takes the utilization without being told to. To go by the queue instead, 50 jobs being all that
one process can have:

    [pool.health]
    load_metric = "queue"
    load_full = 50
"""

import asyncio
import time


class Idle:
    """Adds up the time in which the event loop waits for something to do. Knows asyncio's own loops."""

    def __init__(self, loop):
        self.seconds = 0.0
        selector = getattr(loop, "_selector", None)
        self.known = selector is not None
        if not self.known:
            return
        wait = selector.select

        def select(timeout=None):
            began = time.perf_counter()
            try:
                return wait(timeout)
            finally:
                self.seconds += time.perf_counter() - began

        selector.select = select


class LoadReport:
    """An ASGI middleware. The utilization is the share of time in which the event loop did not wait for
    something to do; of a loop that does not tell (uvloop) the share of ticks that came late, which is too
    little where pieces of work are short."""

    TICK = 0.02  # seconds
    LATE = 0.004  # seconds: more than a timer is late by itself
    MEMORY = 100  # ticks

    def __init__(self, app, **metrics):
        """metrics: functions that give numbers of your own, by name."""
        self.app = app
        self.metrics = metrics
        self.utilization = 0.0
        self.delay = 0.0
        self.watch = None

    async def __call__(self, scope, receive, send):
        if self.watch is None:
            self.watch = asyncio.get_running_loop().create_task(self.keep_watch())
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_with_report(message):
            if message["type"] == "http.response.start":
                field = (b"endpoint-load-metrics", self.report().encode())
                message = {**message, "headers": [*message.get("headers", []), field]}
            await send(message)

        await self.app(scope, receive, send_with_report)

    def report(self):
        named = {"event_loop_delay_ms": 1000 * self.delay}
        named.update((name, value()) for name, value in self.metrics.items())
        numbers = [f"application_utilization={self.utilization:.4f}"]
        numbers += [f"named_metrics.{name}={value}" for name, value in named.items()]
        return "TEXT " + ", ".join(numbers)

    async def keep_watch(self):
        loop = asyncio.get_running_loop()
        idle = Idle(loop)
        began, waited = loop.time(), idle.seconds
        while True:
            due = loop.time() + self.TICK
            await asyncio.sleep(self.TICK)
            late = max(0.0, loop.time() - due)
            # A long stall is as many late ticks as would have fallen into it.
            ticks = min(self.MEMORY, 1 + int(late / self.TICK))
            keep = (1 - 1 / self.MEMORY) ** ticks
            busy = float(late > self.LATE)
            if idle.known:
                now, waits = loop.time(), idle.seconds
                busy = min(1.0, max(0.0, 1 - (waits - waited) / (now - began)))
                began, waited = now, waits
            self.utilization = keep * self.utilization + (1 - keep) * busy
            self.delay = keep * self.delay + (1 - keep) * late
