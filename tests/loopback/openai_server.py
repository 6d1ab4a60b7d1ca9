"""A server on loopback that speaks OpenAI's chat protocol and plays a script, faults included."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar, Self

#: What one request is answered with.
Turn = Callable[["Handler"], None]


def completion(message: Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    """A whole answer; ``tokens`` are those of prompt and answer, None for a server that counts nothing."""
    body: dict[str, Any] = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
    }
    if tokens:
        body["usage"] = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)}
    return lambda handler: handler.send(200, json.dumps(body).encode())


def say(text: str | Mapping[str, Any], finish: str = "stop", tokens: tuple[int, int] | None = (100, 20)) -> Turn:
    """Words, or a JSON object."""
    return completion({"content": text if isinstance(text, str) else json.dumps(text)}, finish, tokens)


def wish(*calls: tuple[str, Mapping[str, Any]], words: str | None = None, tokens: tuple[int, int] = (100, 20)) -> Turn:
    """Calls of tools, each a name and arguments, and what is said along with them."""
    made = [
        {"id": f"t{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for n, (name, arguments) in enumerate(calls)
    ]
    return completion({"content": words, "tool_calls": made}, "tool_calls", tokens)


def by_task(script: Mapping[str, Any]) -> Turn:
    """The answer that a script of answers has for the task asked: by ``kind subject``, else by ``kind``.

    The kind is the schema's name; the subject stands in the prompt's first line. Who explores is READY at once.
    """

    def turn(handler: Handler) -> None:
        asked = handler.script.requests[-1]
        if "tools" in asked:
            return say("READY")(handler)
        kind = asked["response_format"]["json_schema"]["name"]
        first_line = asked["messages"][1]["content"].partition("\n")[0]
        named = [key for key in script if key.startswith(f"{kind} ") and key.split()[1] in first_line]
        return say(script[named[0] if named else kind])(handler)

    return turn


def refuse() -> Turn:
    """A refusal as OpenAI words it."""
    return completion({"content": None, "refusal": "I can't help with that."})


def status(code: int, headers: Mapping[str, str] | None = None, text: str = "no") -> Turn:
    """An HTTP error."""
    body = json.dumps({"error": {"message": text, "type": "error", "code": None}}).encode()
    return lambda handler: handler.send(code, body, headers)


def body(raw: bytes) -> Turn:
    """A success whose body is these bytes."""
    return lambda handler: handler.send(200, raw)


def hang(seconds: float) -> Turn:
    """No answer for so long."""

    def turn(handler: Handler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return turn


def cut() -> Turn:
    """A connection that ends in the middle of the answer."""

    def turn(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"id": "c1", "choices": [{"message": {"content": "ha')
        handler.close_connection = True

    return turn


class OpenAiServer:
    """Plays ``turns`` one a request, then the last one for ever where ``again``, else a 418.

    ``requests`` are the bodies of all requests, ``keys`` what each gave for a key.
    """

    def __init__(self, turns: Iterable[Turn], again: bool = False) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._turns = list(turns)
        self._again = again

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def next(self) -> Turn:
        if len(self._turns) == 1 and self._again:
            return self._turns[0]
        return self._turns.pop(0) if self._turns else status(418, text="the script is over")

    def __enter__(self) -> Self:
        handler = type("Playing", (Handler,), {"script": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    script: ClassVar[OpenAiServer]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.script.requests.append(json.loads(self.rfile.read(length)))
        self.script.keys.append(self.headers.get("Authorization", ""))
        self.script.next()(self)

    def send(self, code: int, content: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing to stderr."""
