"""A server of Chainlit's shape for the tests: its socket, its HTTP endpoints, and a dict of sessions of one process.

argv: JSON with name and port, and as far as wanted
  root        what the path begins with, such as "/app"
  kind        chainlit-websockets or chainlit-wsproto: what uvicorn speaks WebSocket with
  deflate     false: without permessage-deflate
  ping        both ping times in seconds
  ws_ping     seconds between pings of the WebSocket itself
  keep_alive  seconds after which uvicorn closes an idle connection
  page        a file that is the script of the page at /
  origins     of pages of others that may talk to it, as in Chainlit's config
Prints `ready` once it listens. GET /seen tells what has happened (chainlit_sessions.py).
"""

import json
import sys

import socketio
import uvicorn
from chainlit_http import endpoints
from chainlit_sessions import Sessions
from chainlit_socket import listen
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

told = json.loads(sys.argv[1])


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("ready", flush=True)


def build():
    root = told.get("root", "")
    sessions = Sessions(told["name"])
    sio = socketio.AsyncServer(
        async_mode="asgi",
        cors_allowed_origins=[],  # the middleware does it
        ping_interval=told.get("ping", 25),
        ping_timeout=told.get("ping", 20),
    )
    listen(sio, sessions)
    app = FastAPI()
    origins = told.get("origins", ["*"])
    every = {"allow_methods": ["*"], "allow_headers": ["*"]}
    app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True, **every)
    # As Chainlit does it: the path of the socket is that of a mounted application.
    app.mount(f"{root}/ws/socket.io", socketio.ASGIApp(sio, socketio_path=""))
    app.include_router(endpoints(sio, sessions, told.get("page")), prefix=root)
    return app


Server(
    uvicorn.Config(
        build(),
        host="127.0.0.1",
        port=told["port"],
        ws=told["kind"].removeprefix("chainlit-"),
        ws_per_message_deflate=told.get("deflate", True),
        ws_ping_interval=told.get("ws_ping", 20),
        timeout_keep_alive=told.get("keep_alive", 5),
        log_level="critical",
    )
).run()
