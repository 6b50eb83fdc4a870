"""Runs the scenario of scenario.mjs with python3-socketio clients.

argv: the URL, the transports, the size of the largest message.
Prints `ok` at the end; a failed assertion is a traceback and exit code 1.
"""

import asyncio
import sys

import socketio

URL, TRANSPORTS = sys.argv[1], sys.argv[2].split(",")
BIG = "m" * int(sys.argv[3])


async def client():
    sio = socketio.AsyncClient(reconnection=False)
    sio.gone = asyncio.Event()
    sio.said = asyncio.Queue()
    sio.on("disconnect", lambda *_: sio.gone.set())
    sio.on("said", sio.said.put)
    await sio.connect(URL, transports=TRANSPORTS)
    return sio


async def peers():
    """Two clients of the same backend: with three backends, two of four must share one."""
    clients = [await client() for _ in range(4)]
    by_name = {}
    for one in clients:
        by_name.setdefault(await one.call("join", "room"), []).append(one)
    pair = max(by_name.values(), key=len)[:2]
    for one in clients:
        if one not in pair:
            await one.disconnect()
    assert len(pair) == 2
    return pair


async def main():
    a, b = await peers()
    assert a.transport() == TRANSPORTS[-1], a.transport()
    assert await a.call("echo", {"text": "grüße", "n": 1}) == {"text": "grüße", "n": 1}
    data = bytes(range(256))
    assert await a.call("binary", data) == data[::-1]
    await a.emit("say", ("room", "hello"))
    assert await asyncio.wait_for(a.said.get(), 10) == "hello"
    assert await asyncio.wait_for(b.said.get(), 10) == "hello"
    assert await a.call("echo", BIG) == BIG
    await a.disconnect()
    await b.emit("kick")
    await asyncio.wait_for(b.gone.wait(), 10)
    print("ok")


asyncio.run(asyncio.wait_for(main(), 60))
