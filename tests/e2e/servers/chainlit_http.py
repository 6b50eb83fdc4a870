"""Chainlit's HTTP endpoints, with the errors that they answer where the session is not of this process."""

import uuid
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response, UploadFile
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse

PAGE = '<!doctype html><meta charset="utf-8"><title>Chainlit</title><div id="root"></div><script src="{}"></script>'
COOKIE = "X-Chainlit-Session-id"
CHUNK = 3000  # characters of a cookie of which there are several


class NoSession(Exception):
    """What Chainlit stumbles over when its context has no session: answered 500."""


def endpoints(sio, sessions, page):
    router = APIRouter()
    files(router, sessions)
    actions(router, sio, sessions)
    tools(router, sessions)
    stateless(router, sessions, page)
    return router


def files(router, sessions):
    @router.post("/project/file")
    async def upload(request: Request, session_id: str, file: UploadFile):
        session = sessions.find(session_id, request)
        if not session:
            raise HTTPException(404, "Session not found")
        file_id = str(uuid.uuid4())
        session.files[file_id] = (file.content_type, await file.read())
        return {"id": file_id}

    @router.get("/project/file/{file_id}")
    async def download(request: Request, file_id: str, session_id: str):
        session = sessions.find(session_id, request)
        if not session:
            raise HTTPException(401, "Unauthorized")
        if file_id not in session.files:
            raise HTTPException(404, "File not found")
        kind, content = session.files[file_id]
        return Response(content, media_type=kind)


async def asked(request, sessions):
    """The JSON of a request and its session."""
    body = await request.json()
    session = sessions.find(body.get("sessionId"), request)
    if not session:
        raise NoSession
    return body, session


def actions(router, sio, sessions):
    @router.post("/project/action")
    async def action(request: Request):
        body, session = await asked(request, sessions)
        return {"success": True, "response": f"{body['action']['name']} {session.turns}"}

    @router.put("/project/element")
    async def change_element(request: Request):
        body, session = await asked(request, sessions)
        await sio.emit("element", body["element"], to=session.socket)
        return {"success": True}

    @router.delete("/project/element")
    async def remove_element(request: Request):
        body, session = await asked(request, sessions)
        await sio.emit("remove_element", {"id": body["element"]["id"]}, to=session.socket)
        return {"success": True}

    @router.put("/feedback")
    async def feedback(request: Request):
        """Answered well either way: only the callback is lost."""
        body = await request.json()
        sessions.find(body.get("sessionId"), request)
        return {"success": True, "feedbackId": str(uuid.uuid4())}


def tools(router, sessions):
    @router.post("/mcp")
    async def connect_mcp(request: Request):
        body, session = await asked(request, sessions)
        session.tools[body["name"]] = body["clientType"]
        return {"success": True, "mcp": {"name": body["name"], "tools": [{"name": "look_up"}]}}

    @router.delete("/mcp")
    async def disconnect_mcp(request: Request):
        body, session = await asked(request, sessions)
        session.tools.pop(body["name"], None)
        return {"success": True}

    @router.get("/mcp")
    async def list_mcp(request: Request):
        """The one that tells its session by a header alone."""
        session = sessions.find(request.headers.get("x-session-id"), request)
        if not session:
            raise NoSession
        return {"mcp": sorted(session.tools)}


def stateless(router, sessions, page):
    """What any process can answer."""

    @router.post("/set-session-cookie")
    async def set_session_cookie(request: Request):
        session_id = (await request.json())["session_id"]
        answer = JSONResponse({"message": "Session cookie set"}, headers={"x-process": sessions.name})
        answer.set_cookie(COOKIE, session_id, path="/", httponly=True, samesite="lax")
        return answer

    @router.get("/seen")
    async def seen():
        return {"name": sessions.name, "live": list(sessions.by_id), **sessions.seen}

    @router.post("/login")
    async def login(length: int):
        """Says who the user is in so many characters, in cookies that are as long as Chainlit makes them."""
        answer = JSONResponse({"success": True})
        for n in range(-(-length // CHUNK)):
            answer.set_cookie(f"access_token_{n}", "t" * min(CHUNK, length - n * CHUNK), path="/", httponly=True)
        return answer

    @router.get("/user")
    async def user(request: Request):
        """How much of the cookies, in which the user is, has come."""
        return {"identifier": "admin", "cookie": len(request.headers.get("cookie", ""))}

    @router.get("/auth/oauth/{provider}")
    async def oauth(request: Request, provider: str):
        back = f"{request.headers.get('x-forwarded-proto', 'http')}://{request.headers['host']}"
        return RedirectResponse(f"{back}/auth/oauth/{provider}/callback")

    @router.get("/auth/config")
    async def auth_config():
        return {"requireLogin": False, "passwordAuth": False, "headerAuth": False, "oauthProviders": []}

    @router.get("/project/settings")
    async def settings():
        return {"ui": {"name": "Assistant"}, "features": {}, "userEnv": [], "chatProfiles": []}

    @router.get("/health")
    async def health():
        return {"status": "ok", "name": sessions.name}

    @router.get("/assets/page.js")
    async def script():
        return FileResponse(Path(page), media_type="text/javascript")

    @router.get("/")
    async def root(request: Request):
        return HTMLResponse(PAGE.format(f"{request.url.path.rstrip('/')}/assets/page.js"))
