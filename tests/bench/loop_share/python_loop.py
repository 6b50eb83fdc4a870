"""A python3-socketio server under uvicorn whose event loop is kept busy by known pieces of work, as node_loop.mjs.

A fifth argument, "slow": it takes its time over every other CONNECT while its loop is free.
"""

import asyncio
import random
import selectors
import sys
import time

import socketio
import uvicorn

HTTP_PORT, WORK_PORT, PIECE_MS, HOW = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]


class Idle(selectors.EpollSelector):
    """Adds up the time in which the loop waits for something to do."""

    seconds = 0.0

    def select(self, timeout=None):
        began = time.perf_counter()
        try:
            return super().select(timeout)
        finally:
            Idle.seconds += time.perf_counter() - began


class Work(asyncio.Protocol):
    def data_received(self, data):
        for _ in data:
            if HOW == "sleep":
                time.sleep(PIECE_MS / 1000)
                continue
            end = time.perf_counter() + PIECE_MS / 1000
            while time.perf_counter() < end:
                pass


last = (time.perf_counter(), 0.0)


async def share(scope, receive, send):
    global last
    if scope["type"] != "http":
        return
    now = (time.perf_counter(), Idle.seconds)
    busy = 1 - (now[1] - last[1]) / (now[0] - last[0])
    last = now
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(busy).encode()})


async def main():
    sio = socketio.AsyncServer(async_mode="asgi")
    sio.on("message", lambda sid, *arguments: "ok")

    @sio.event
    async def connect(sid, environ):
        if "slow" in sys.argv[5:] and random.random() < 0.5:
            await asyncio.sleep(random.uniform(0.002, 0.02))

    app = socketio.ASGIApp(sio, share)
    await asyncio.get_running_loop().create_server(Work, "127.0.0.1", WORK_PORT)
    config = uvicorn.Config(app, host="127.0.0.1", port=HTTP_PORT, log_level="error", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    print("ready", flush=True)
    await serving


loop = asyncio.SelectorEventLoop(Idle())
loop.run_until_complete(main())
