"""Real threads, one at a time: another one may take over before any touch of an attribute, container or lock."""

from __future__ import annotations

import dis
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from replay.runtime import standins
from replay.runtime.guide import Guide, Place
from replay.runtime.standins import GiveUp

_TOUCHES = frozenset(
    {
        *("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR"),
        *("BINARY_SLICE", "STORE_SLICE", "CONTAINS_OP", "CALL", "CALL_KW", "CALL_FUNCTION_EX", "STORE_GLOBAL"),
        *("DELETE_GLOBAL", "FOR_ITER"),
    }
)
_STORES = frozenset({"STORE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "DELETE_ATTR", "STORE_GLOBAL", "STORE_SLICE"})

#: The process that makes the object and the calls before the others.
SETUP = "set-up"

#: A call that touches more than this is taken to go on for ever.
_ENDLESS = 20_000


@cache
def _touches(code: CodeType, changing: frozenset[str]) -> Mapping[int, bool]:
    """Offsets of the instructions that touch what is shared; True for those that store."""
    out = {}
    for i in dis.get_instructions(code):
        subscript = i.opname == "BINARY_OP" and str(i.argrepr) == "[]"
        if i.opname in _TOUCHES or subscript or (i.opname == "LOAD_GLOBAL" and str(i.argval) in changing):
            out[i.offset] = i.opname in _STORES
    return out


class Threads:
    """One run of several calls in threads of their own, in the order that ``guide`` wants.

    ``changing`` names the module globals that the target assigns. Threads that the target starts take turns as the
    calls do, under the name of whoever started them: ``c1.t1``. After ``run``, ``begun`` says how many there were, and
    ``overlapped`` which calls had to wait while another call went on.
    """

    def __init__(self, root: Path, guide: Guide, changing: frozenset[str] = frozenset()) -> None:
        self._root = f"{root}{os.sep}"
        self._guide = guide
        self._changing = changing
        self._turns: dict[str, threading.Semaphore] = {}
        self._blocked: dict[str, Callable[[], bool]] = {}
        self._timed: set[str] = set()
        self._timed_out: set[str] = set()
        self._ended: set[str] = set()
        self._failure: Exception | None = None
        self._places: dict[str, Place] = {}
        self._calls: frozenset[str] = frozenset()
        self._open = True
        self._threads: list[threading.Thread] = []
        self.overlapped: set[str] = set()
        self.begun: Counter[str] = Counter()
        self._over = threading.Event()
        self._giving_up = False
        self._points = 0
        self._me = threading.local()
        self._watch: Callable[[], None] = lambda: None
        self._pass_time: Callable[[], None] = lambda: None

    def run(
        self,
        bodies: Mapping[str, Callable[[], None]],
        at_rest: Callable[[], None],
        watch: Callable[[], None],
        pass_time: Callable[[], None],
        setup: Callable[[], None] | None = None,
    ) -> frozenset[str]:
        """Run all bodies; returns those that have ended. ``watch`` is called where no call is inside a step.

        ``setup`` is run first, with the threads that it starts, until nothing moves. ``at_rest`` is called when nothing
        moves any more, before those who wait for ever are given up, unless ``setup`` is one of them. Raises what
        ``setup`` raises.
        """
        standins.scheduler = self
        self._watch, self._pass_time = watch, pass_time
        self._calls, self._open = frozenset(bodies), setup is None
        for name, body in ({SETUP: setup} if setup else {}).items():
            self._add(name, body)
        for name, body in bodies.items():
            self._add(name, body)
        self._turns[self._following("", None) or SETUP].release()
        if not self._over.wait(60):
            raise RuntimeError("the calls did not come to an end: one of them blocks outside the code that is replayed")
        ended = frozenset(self._ended)
        if self._open:
            at_rest()
        self._giving_up = True
        for turn in self._turns.values():
            turn.release()
        for thread in self._threads:
            thread.join(10)
        if self._failure is not None:
            raise self._failure
        return ended

    def _add(self, name: str, body: Callable[[], None]) -> None:
        self._turns[name] = threading.Semaphore(0)
        thread = threading.Thread(target=self._body, args=(name, body), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _body(self, name: str, body: Callable[[], None]) -> None:
        self._me.name = name
        try:
            self._sleep(name)
            if name != SETUP:
                sys.settrace(self._trace)
            body()
        except GiveUp:
            return
        except Exception as error:  # noqa: BLE001 - only what makes the object raises, and the run then ends with it
            self._failure = error
            self._over.set()
            return
        finally:
            sys.settrace(None)
        self._ended.add(name)
        self._hand_on(name)

    def _trace(self, frame: FrameType, _event: str, _arg: object) -> Any:
        if not frame.f_code.co_filename.startswith(self._root):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        return self._touch

    def _touch(self, frame: FrameType, event: str, _arg: object) -> Any:
        if event == "opcode" and not self._giving_up:
            stores = _touches(frame.f_code, self._changing).get(frame.f_lasti)
            if stores is not None:
                path = frame.f_code.co_filename[len(self._root) :].lstrip("/\\").replace("\\", "/")
                self._point(Place(path, frame.f_lineno or 0, stores))
        return self._touch

    def _point(self, place: Place) -> None:
        name = self._me.name
        self._places[name] = place
        self._points += 1
        if self._points > _ENDLESS:
            self._over.set()
            self._sleep(name)
        following = self._following(name, place)
        if following and following != name:
            self._turns[following].release()
            self._sleep(name)

    def _following(self, current: str, place: Place | None) -> str | None:
        """Who goes on: as the guide says, once the set-up has come to rest. None if nobody can."""
        if not self._open:
            able = self._able() or self._late()
            if able:
                return current if current in able else able[0]
            if SETUP not in self._ended:
                return None
            self._open = True
            current, place = "", None
        able = self._able()
        if not able and self._guide.stuck(self):
            able = self._able()
        if not able and not self._calls <= self._ended:
            able = self._late()
        if not able:
            return None
        following = self._guide.pick(current, place, able, self)
        following = following if self.runnable(following) else able[0]
        if following in self._calls:
            self.overlapped |= self._calls & set(self._blocked) - {following}
        return following

    def _late(self) -> list[str]:
        """One whose wait has a time limit, which is then over; none if there is none."""
        late = sorted(self._timed)[:1]
        self._timed_out.update(late)
        return late

    def _able(self) -> list[str]:
        return [process for process in self._turns if self.runnable(process)]

    # What the stand-ins for locks ask.

    def me(self) -> object:
        """Whose turn it is."""
        return getattr(self._me, "name", SETUP)

    def wait(self, ready: Callable[[], bool], timed: bool = False) -> bool:
        """Others' turn until ``ready``; False if the wait timed out."""
        name = getattr(self._me, "name", None)
        while not ready():
            if self._giving_up or name is None:
                raise GiveUp
            self._blocked[name] = ready
            if timed:
                self._timed.add(name)
            self._hand_on(name)
            self._sleep(name)
            self._blocked.pop(name, None)
            self._timed.discard(name)
            if name in self._timed_out:
                self._timed_out.discard(name)
                return ready()
        return True

    def begin(self, body: Callable[[], None]) -> None:
        """Add a thread that the target starts."""
        starter = str(self.me())
        self.begun[starter] += 1
        self._add(f"{starter}.t{self.begun[starter]}", body)

    def _hand_on(self, name: str) -> None:
        following = self._following(name, None)
        if following is None:
            self._over.set()
        else:
            self._turns[following].release()

    def _sleep(self, name: str) -> None:
        self._turns[name].acquire()
        if self._giving_up:
            raise GiveUp

    # What the guide asks.

    def runnable(self, process: str) -> bool:
        """Whether it can go on."""
        if process in self._ended or process not in self._turns:
            return False
        if not self._open and process.partition(".")[0] != SETUP:
            return False
        return process in self._timed_out or self._blocked.get(process, lambda: True)()

    def done(self, process: str) -> bool:
        """Whether it has ended."""
        return process in self._ended

    def waiting(self, process: str) -> bool:
        """Whether it waits."""
        return process in self._blocked

    def stands(self, process: str) -> Place | None:
        """The last touch that it came to."""
        return self._places.get(process)

    def cancel(self, process: str) -> bool:  # noqa: ARG002 - threads have no such thing
        """Threads cannot be cancelled."""
        return False

    def time_out(self, process: str) -> bool:
        """End its wait by the time limit."""
        if process in self._timed:
            self._timed_out.add(process)
            return True
        return False

    def tick(self) -> None:
        """Let time pass."""
        self._pass_time()

    def between(self) -> None:
        """Look at the invariant."""
        self._watch()
