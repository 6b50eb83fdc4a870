"""The sessions of one process, by the id that a tab made up, and a record of what became of requests for them."""

import asyncio

KEPT = 300  # seconds that a session is kept without a socket


class Session:
    def __init__(self, session_id, auth):
        self.id = session_id
        self.client_type = auth.get("clientType", "webapp")
        self.socket = None
        self.turns = 0
        self.files = {}
        self.tools = {}
        self.task = None
        self.leaving = None

    def joins(self, sid):
        self.socket = sid
        if self.leaving:
            self.leaving.cancel()
            self.leaving = None


class Sessions:
    def __init__(self, name):
        self.name = name
        self.by_id = {}
        self.by_socket = {}
        self.seen = {"new": {}, "restored": {}, "ended": {}, "wrong": [], "right": {}, "messages": 0, "refused": 0}

    def count(self, what, key):
        self.seen[what][key] = self.seen[what].get(key, 0) + 1

    def connect(self, sid, auth):
        """The session of that id goes on; if this process has none, a new one begins and nobody is told."""
        session_id = auth["sessionId"]
        session = self.by_id.get(session_id)
        self.count("restored" if session else "new", session_id)
        if session:
            self.by_socket.pop(session.socket, None)
        else:
            session = self.by_id[session_id] = Session(session_id, auth)
        session.joins(sid)
        self.by_socket[sid] = session
        return session

    def disconnect(self, sid):
        session = self.by_socket.pop(sid, None)
        if session and session.socket == sid:
            session.socket = None
            session.leaving = asyncio.get_running_loop().call_later(KEPT, self.end, session)

    def end(self, session):
        if session.leaving:
            session.leaving.cancel()
        if session.task:
            session.task.cancel()
        self.by_socket.pop(session.socket, None)
        if self.by_id.pop(session.id, None):
            self.count("ended", session.id)

    def find(self, session_id, request):
        """The session of a request, or None; either is recorded."""
        session = self.by_id.get(session_id)
        what = f"{request.method} {request.url.path}"
        if session:
            self.count("right", what)
        else:
            self.seen["wrong"].append({"request": what, "id": session_id})
        return session
