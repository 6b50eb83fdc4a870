"""What Chainlit hears and says on its socket.

A message is answered with a stream of tokens; they and the message that ends it tell which turn of the conversation it is:
a session that was not found again begins with 1. Of a message `stream N RATE` the answer is N numbered tokens, RATE a
second, with the time at which each was sent. What is sent while nobody is there is lost, as with Chainlit.
"""

import asyncio
import time
import uuid


def step(session, output, kind="assistant_message", **more):
    return {
        "id": str(uuid.uuid4()),
        "threadId": session.id,
        "type": kind,
        "name": "Assistant",
        "output": output,
        "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **more,
    }


def words(sessions, session, text):
    return [f"{word} " for word in f"{sessions.name} turn {session.turns}: {text}".split()]


class Answer:
    """One answer that is being written."""

    def __init__(self, sio, sessions, session, asked):
        self.sio, self.sessions, self.session, self.asked = sio, sessions, session, asked

    async def say(self, event, data):
        if self.session.socket:
            await self.sio.emit(event, data, to=self.session.socket)

    async def write(self, tokens):
        """`tokens` are written as they come; numbers and times are beside the text, for tests that measure."""
        message = step(self.session, "", streaming=True)
        await self.say("stream_start", message)
        async for n, token in tokens:
            said = {"id": message["id"], "token": token, "isSequence": False, "isInput": False}
            await self.say("stream_token", {**said, "n": n, "at": time.time() * 1000})
            message["output"] += token
        known = {"answers": self.asked, "turn": self.session.turns}  # not of Chainlit
        await self.say("update_message", {**message, **known, "streaming": False})
        await self.say("task_end", {})

    async def words(self, text):
        for n, word in enumerate(words(self.sessions, self.session, text)):
            yield n, word
            await asyncio.sleep(0)

    async def numbers(self, count, rate):
        start = asyncio.get_running_loop().time()
        for n in range(count):
            await asyncio.sleep(start + n / rate - asyncio.get_running_loop().time())
            yield n, f"{n} "


def tokens_of(answer, text):
    match text.split():
        case ["stream", count, rate]:
            return answer.numbers(int(count), float(rate))
    return answer.words(text)


def listen(sio, sessions):
    @sio.on("connect")
    async def connect(sid, environ, auth):
        if not auth or not auth.get("sessionId"):
            sessions.seen["refused"] += 1
            return False
        sessions.connect(sid, auth)
        return True

    @sio.on("connection_successful")
    async def connection_successful(sid):
        await sio.emit("task_end", {}, to=sid)
        await sio.emit("clear_ask", {}, to=sid)
        await sio.emit("clear_call_fn", {}, to=sid)

    @sio.on("disconnect")
    async def disconnect(sid):
        sessions.disconnect(sid)

    @sio.on("clear_session")
    async def clear_session(sid):
        if session := sessions.by_socket.get(sid):
            sessions.end(session)

    @sio.on("client_message")
    async def client_message(sid, payload):
        session = sessions.by_socket[sid]
        session.turns += 1
        sessions.seen["messages"] += 1
        message = payload["message"]
        await sio.emit("task_start", {}, to=sid)
        if session.turns == 1:
            first = {"interaction": message["output"], "thread_id": session.id}
            await sio.emit("first_interaction", first, to=sid)
        await sio.emit("new_message", {**message, "threadId": session.id}, to=sid)
        answer = Answer(sio, sessions, session, message["id"])
        session.task = asyncio.create_task(answer.write(tokens_of(answer, message["output"])))

    @sio.on("stop")
    async def stop(sid):
        session = sessions.by_socket[sid]
        if session.task:
            session.task.cancel()
        await sio.emit("task_end", {}, to=sid)

    @sio.on("window_message")
    async def window_message(sid, data):
        await sio.emit("window_message", data, to=sid)

    @sio.on("who")
    async def who(sid):
        """Not of Chainlit: who holds this tab, and how far the conversation is."""
        session = sessions.by_socket[sid]
        return {"name": sessions.name, "id": session.id, "turns": session.turns}
