"""A python3-socketio server for the tests, with the events of node_server.mjs. Prints `ready` once it listens."""

import json
import pathlib
import sys
import time

import socketio

told = json.loads(sys.argv[1])
kind = told["kind"]
sio = socketio.AsyncServer(
    async_mode="aiohttp" if kind == "aiohttp" else "asgi",
    max_http_buffer_size=8_000_000,
    ping_interval=told.get("ping", 25),
    ping_timeout=told.get("ping", 20),
)


@sio.event
async def echo(sid, value):
    return value


@sio.event
async def who(sid):
    return told["name"]


@sio.event
async def binary(sid, data):
    return bytes(reversed(data))


@sio.event
async def join(sid, room):
    sio.enter_room(sid, room)
    return told["name"]


@sio.event
async def say(sid, room, text):
    await sio.emit("said", text, room=room)


@sio.event
async def sessions(sid):
    return len(sio.eio.sockets)


@sio.event
async def block(sid, ms):
    time.sleep(ms / 1000)


queued = 0


@sio.event
async def queue(sid, length):
    global queued
    queued = length


@sio.event
async def stream(sid, n):
    for i in range(n):
        await sio.emit("token", i, to=sid)
    await sio.emit("done", n, to=sid)


@sio.event
async def kick(sid):
    await sio.disconnect(sid)


async def ready(*_):
    print("ready", flush=True)


def serve_aiohttp():
    from aiohttp import web

    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app)

    async def start():
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", told["port"]).start()
        await ready()

    import asyncio

    loop = asyncio.new_event_loop()
    loop.run_until_complete(start())
    loop.run_forever()


def serve_uvicorn():
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            await ready()

    app = socketio.ASGIApp(sio)
    if told.get("reports"):
        sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "conf" / "examples"))
        from load_report import LoadReport

        app = LoadReport(app, queue=lambda: queued)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=told["port"],
        ws=kind.removeprefix("uvicorn-"),
        log_level="warning",
    )
    Server(config).run()


serve_aiohttp() if kind == "aiohttp" else serve_uvicorn()
