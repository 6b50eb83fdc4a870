"""python3-socketio clients whose sessions belong to an id: each must meet the same server again.

argv: the URL, the transports, the id.
Prints `ok` at the end; a failed assertion is a traceback and exit code 1.
"""

import asyncio
import os
import sys

import socketio

URL, TRANSPORTS, ID = sys.argv[1], sys.argv[2].split(","), sys.argv[3]


async def visit():
    """The name of the server, after a look at what its stream brings; this client takes 16 packets of a poll at most."""
    sio = socketio.AsyncClient(reconnection=False)
    tokens, done = [], asyncio.Event()
    sio.on("token", tokens.append)
    sio.on("done", lambda _: done.set())
    await sio.connect(URL, transports=TRANSPORTS, auth={"id": ID}, wait_timeout=10)
    assert sio.transport() == TRANSPORTS[-1], sio.transport()
    home = await sio.call("who")
    await sio.emit("stream", 9)
    await asyncio.wait_for(done.wait(), 10)
    assert tokens == list(range(9)), tokens
    return home


async def main():
    homes = {await visit() for _ in range(4)}
    assert len(homes) == 1, homes
    print("ok", flush=True)
    # By polling its good-bye would wait for an answer to its last poll, up to a ping.
    os._exit(0)


asyncio.run(asyncio.wait_for(main(), 60))
