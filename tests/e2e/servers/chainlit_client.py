"""A tab of Chainlit with python3-socketio's client, which comes back by itself.

argv: the URL, the transports, the id of its session, and after how many turns it leaves.
After each answer it prints it, and waits to be cut off, of which it prints `cut off`; once it has come back it goes on.
Prints `ok` at the end.
"""

import asyncio
import os
import sys
import uuid

import socketio

URL, TRANSPORTS, ID, TURNS = sys.argv[1], sys.argv[2].split(","), sys.argv[3], int(sys.argv[4])
AUTH = {"clientType": "webapp", "sessionId": ID, "threadId": "", "userEnv": "{}", "chatProfile": ""}


async def main():
    sio = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
    connects, answers = asyncio.Queue(), asyncio.Queue()
    sio.on("connect", lambda: connects.put_nowait(True))
    sio.on("disconnect", lambda *_: print("cut off", flush=True))
    sio.on("update_message", answers.put_nowait)
    await sio.connect(URL, auth=AUTH, transports=TRANSPORTS, socketio_path="/ws/socket.io", wait_timeout=10)
    for turn in range(1, TURNS + 1):
        await asyncio.wait_for(connects.get(), 30)
        await sio.emit("connection_successful")
        await sio.emit("client_message", {"message": {"id": str(uuid.uuid4()), "output": "hello"}})
        answer = await asyncio.wait_for(answers.get(), 20)
        print(answer["output"], flush=True)
        assert answer["turn"] == turn, answer
    print("ok", flush=True)
    # By polling its good-bye would wait for an answer to its last poll, up to a ping.
    os._exit(0)


asyncio.run(asyncio.wait_for(main(), 120))
