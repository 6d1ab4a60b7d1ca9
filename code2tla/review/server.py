"""The review server: one page and three things to write, for whoever has the token, on loopback only."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from code2tla.errors import UsageError
from code2tla.review.desk import Answer, Decide, Desk, Unknown, Withdraw

_COOKIE = "code2tla-review"
_MOST_BYTES = 64_000
_Body = TypeVar("_Body", bound=BaseModel)


def application(desk: Desk, token: str, port: int) -> ASGIApp:
    """The server's ASGI application.

    The token comes once in the address and stays in a cookie that no script reads and no other site sends. A request
    must name this server as its host, which keeps names that point here from being used, and a writing one must come
    from its own page.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}

    async def page(request: Request) -> Response:
        given = request.query_params.get("token")
        if given is not None:
            if not compare_digest(given.encode(), token.encode()):
                return _refused(403, "this is not the token that the server printed")
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(_COOKIE, token, httponly=True, samesite="strict", path="/")
            return answer
        if not _known(request):
            return _refused(403, "open the address that the server printed, with its token")
        return Response(await run_in_threadpool(desk.page), media_type="text/html; charset=utf-8")

    def _known(request: Request) -> bool:
        return compare_digest(request.cookies.get(_COOKIE, "").encode(), token.encode())

    def writes(model: type[_Body], write: Callable[[_Body], None]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if not _known(request):
                return _refused(403, "open the address that the server printed, with its token")
            if request.headers.get("origin") not in {f"http://{host}" for host in hosts}:
                return _refused(403, "only the page of this server may write")
            if request.headers.get("content-type", "").partition(";")[0] != "application/json":
                return _refused(415, "JSON is wanted")
            body = bytearray()
            async for chunk in request.stream():
                body += chunk
                if len(body) > _MOST_BYTES:
                    return _refused(413, "too long")
            try:
                await run_in_threadpool(write, model.model_validate_json(bytes(body)))
            except ValidationError as error:
                first = error.errors(include_url=False)[0]
                return _refused(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
            except Unknown as error:
                return _refused(404, str(error))
            except UsageError as error:
                return _refused(409, str(error))
            return JSONResponse({"ok": True})

        return endpoint

    routes = [
        Route("/", page, methods=["GET"]),
        Route("/decide", writes(Decide, desk.decide), methods=["POST"]),
        Route("/withdraw", writes(Withdraw, desk.withdraw), methods=["POST"]),
        Route("/answer", writes(Answer, desk.answer), methods=["POST"]),
    ]
    return _Guarded(Starlette(routes=routes), hosts)


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(32)


def _refused(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status_code=status)


class _Guarded:
    """Refuses other hosts' names, and sends with every answer that it is for this page alone."""

    _HEADERS = (
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
    )

    def __init__(self, inner: ASGIApp, hosts: set[str]) -> None:
        self._inner = inner
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._HEADERS]
            await send(message)

        if host not in self._hosts:
            await _refused(421, "this server answers to its own address only")(scope, receive, guarded)
            return
        await self._inner(scope, receive, guarded)
