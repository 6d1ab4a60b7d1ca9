"""A server on loopback that plays a script to a provider's real client, faults included.

What each provider's protocol looks like stands in a module of its own (``openai_server.py`` and its like), all with the
same names (``Protocol``).
"""

from __future__ import annotations

import json
import time
import typing
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar, Self

#: What one request is answered with.
Turn = Callable[["Handler"], None]


class Protocol(typing.Protocol):
    """A provider's wire format; the modules of this directory are its instances."""

    #: The model to ask for, and the end of the path where it is asked.
    MODEL: str
    PATH: str
    #: The environment variable that says where the provider's servers are.
    ADDRESS: str
    #: The header that carries the key.
    KEY_IN: str

    def say(self, text: str | Mapping[str, Any], finish: str = ..., tokens: tuple[int, int] | None = ...) -> Turn:
        """Words, or a JSON object; ``finish`` is "stop", "cut" or "refused", ``tokens`` those of prompt and answer."""
        ...

    def wish(
        self, *calls: tuple[str, Mapping[str, Any]], words: str | None = ..., tokens: tuple[int, int] = ...
    ) -> Turn:
        """Calls of tools, each a name and arguments, and what is said along with them."""
        ...

    def status(self, code: int, headers: Mapping[str, str] | None = ..., text: str = ...) -> Turn:
        """An HTTP error."""
        ...

    def schema(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema that the answer must fit."""
        ...

    def prompt(self, request: Mapping[str, Any]) -> str:
        """The user's last message."""
        ...


def replied(value: Mapping[str, Any]) -> Turn:
    """A JSON object."""
    return body(json.dumps(value).encode())


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


def by_task(
    protocol: Protocol, script: Mapping[str, Any], looks: tuple[tuple[str, Mapping[str, Any]], ...] = ()
) -> Turn:
    """The answer that a script of answers has for the task asked: by ``kind subject``, else by ``kind``.

    The kind is the schema's name; the subject stands in the prompt's first line. Who explores makes the calls of
    ``looks`` first, and is READY then.
    """

    def turn(handler: Handler) -> None:
        asked = handler.script.requests[-1]
        prompt = protocol.prompt(asked)
        if asked.get("tools"):
            looked = not looks or "What you have looked at so far" in prompt
            return (protocol.say("READY") if looked else protocol.wish(*looks))(handler)
        kind = protocol.schema(asked)["title"]
        first_line = prompt.partition("\n")[0]
        named = [key for key in script if key.startswith(f"{kind} ") and key.split()[1] in first_line]
        return protocol.say(script[named[0] if named else kind])(handler)

    return turn


def responses(transcript: Path) -> list[dict[str, Any]]:
    """What came of each call that a transcript holds, failures included."""
    entries = [json.loads(line) for line in transcript.read_text().splitlines()]
    return [entry["response"] for entry in entries if "response" in entry]


class LoopbackServer:
    """Plays ``turns`` one a request, then the last one for ever where ``again``, else a 418.

    ``requests`` are the bodies of all requests, ``keys`` what each gave for a key.
    """

    def __init__(self, protocol: Protocol, turns: Iterable[Turn], again: bool = False) -> None:
        self.protocol = protocol
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self._turns = list(turns)
        self._again = again

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def next(self) -> Turn:
        if len(self._turns) == 1 and self._again:
            return self._turns[0]
        return self._turns.pop(0) if self._turns else self.protocol.status(418, text="the script is over")

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
    script: ClassVar[LoopbackServer]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        protocol = self.script.protocol
        if not self.path.endswith(protocol.PATH):
            protocol.status(404, text=f"nothing at {self.path}")(self)
            return
        self.script.requests.append(asked)
        self.script.keys.append(self.headers.get(protocol.KEY_IN, ""))
        self.script.next()(self)

    def send(
        self, code: int, content: bytes, headers: Mapping[str, str] | None = None, kind: str = "application/json"
    ) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing to stderr."""
