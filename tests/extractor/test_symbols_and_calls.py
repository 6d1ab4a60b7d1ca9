from __future__ import annotations

from pathlib import Path

from extractor.types import Facts, Param, Span

SEATS = '''"""Seats."""


class SoldOut(Exception):
    """No seat is left."""


class Seats:
    def __init__(self, store):
        self.store = store
        self.left = 1

    async def hold(self, visitor):
        if self.left == 0:
            raise SoldOut(visitor)
        await self.store.put(visitor, "held")
        self.left -= 1
'''


def resolved(facts: Facts) -> dict[str, str | None]:
    return {call.callee: call.resolved for call in facts.calls}


def test_classes_and_methods_have_names_spans_and_parameters(read):
    facts = read(source=SEATS)
    assert [(symbol.kind, symbol.qualname, symbol.span.line, symbol.span.end_line) for symbol in facts.symbols] == [
        ("class", "SoldOut", 4, 5),
        ("class", "Seats", 8, 17),
        ("method", "Seats.__init__", 9, 11),
        ("method", "Seats.hold", 13, 17),
    ]
    assert facts.symbols[0].bases == ("Exception",)
    assert facts.symbols[3].is_async
    assert facts.symbols[2].params == (Param("self"), Param("store"))
    assert facts.symbols[3].span == Span("it.py", 13, 17)


def test_every_form_of_parameter(read):
    facts = read(
        source="def f(a, /, b: int, c=3, *args: int, d: 'str' = 'x', **kw: dict[str, int]): pass\ndef g(*, k): pass\n"
    )
    assert facts.symbols[0].params == (
        Param("a"),
        Param("b", "int"),
        Param("c", None, "3"),
        Param("args", "int", None, "varargs"),
        Param("d", "'str'", "'x'", "keyword"),
        Param("kw", "dict[str, int]", None, "varkwargs"),
    )
    assert facts.symbols[1].params == (Param("k", kind="keyword"),)


def test_decorators_and_nesting(read):
    source = (
        "class A(B, metaclass=M):\n    @deco(1)\n    @property\n    def p(self):\n"
        "        def inner(): pass\n        class K:\n            def m(self): pass\n"
    )
    facts = read(source=source)
    found = {symbol.qualname: symbol for symbol in facts.symbols}
    assert found["A"].bases == ("B",)
    assert found["A.p"].decorators == ("deco(1)", "property")
    assert found["A.p"].span.line == 4
    assert {name: symbol.kind for name, symbol in found.items()} == {
        "A": "class",
        "A.p": "method",
        "A.p.inner": "function",
        "A.p.K": "class",
        "A.p.K.m": "method",
    }


def test_calls_know_their_caller_and_whether_they_are_awaited(read):
    facts = read(source=SEATS + "\n\nseats = Seats(None)\n")
    assert [(call.caller, call.callee, call.awaited, call.span.line) for call in facts.calls] == [
        ("Seats.hold", "SoldOut", False, 15),
        ("Seats.hold", "self.store.put", True, 16),
        ("", "Seats", False, 20),
    ]


def test_calls_that_start_at_one_place_stay_apart(read):
    facts = read(source="def f():\n    return a(b(c))(d).e(\n        g(),\n    )\n")
    assert [(call.callee, call.span.end_line) for call in facts.calls] == [
        ("a", 2),
        ("a(b(c))", 2),
        ("a(b(c))(d).e", 4),
        ("b", 2),
        ("g", 3),
    ]


def test_a_default_and_a_decorator_belong_to_what_is_around_the_function(read):
    facts = read(source="class A:\n    @deco()\n    def m(self, x=make()):\n        self.m(inside())\n")
    assert [(call.caller, call.callee) for call in facts.calls] == [
        ("A", "deco"),
        ("A", "make"),
        ("A.m", "self.m"),
        ("A.m", "inside"),
    ]


def test_methods_functions_and_nested_functions_resolve(read):
    facts = read(
        source=(
            "def helper(): pass\n"
            "class Base:\n    def shared(self): pass\n"
            "class A(Base):\n"
            "    def m(self):\n"
            "        def inner(): pass\n"
            "        inner()\n        self.own()\n        self.shared()\n        helper()\n"
            "        self.missing()\n        len([])\n"
            "    def own(self): pass\n"
        )
    )
    assert resolved(facts) == {
        "inner": "it.py:A.m.inner",
        "self.own": "it.py:A.own",
        "self.shared": "it.py:Base.shared",
        "helper": "it.py:helper",
        "self.missing": None,
        "len": None,
    }


def test_what_is_not_certain_stays_unresolved(read):
    facts = read(
        source=(
            "def twice(): pass\ndef twice(): pass\n"
            "def hidden(): pass\ndef rebound(): pass\nrebound = None\n"
            "class Base:\n    def m(self): self.m()\n    def n(self): self.n()\n"
            "class Sub(Base):\n    def m(self): pass\n"
            "class Stranger(Elsewhere):\n    def k(self): self.z()\n"
            "def f(hidden, g):\n    twice(); hidden(); rebound(); g()\n"
        )
    )
    assert resolved(facts) == {
        "self.m": None,  # Sub overrides it
        "self.n": "it.py:Base.n",
        "self.z": None,  # maybe in Elsewhere
        "twice": None,
        "hidden": None,
        "rebound": None,
        "g": None,
    }


def test_imports_between_files_of_the_feature_resolve(repo: Path, read):
    package = repo / "src" / "shop"
    (package / "sub").mkdir(parents=True)
    (package / "__init__.py").write_text("from .store import Store\n")
    (package / "sub" / "__init__.py").write_text("")
    (package / "store.py").write_text("class Store:\n    def put(self): pass\n\ndef connect(): pass\n")
    (package / "sub" / "work.py").write_text(
        "import shop.store\nimport queue\nfrom shop import Store\n"
        "from ..store import connect as c\nfrom . import queue as q\n"
        "class W:\n"
        "    def __init__(self, store: Store):\n        self.store = store\n        self.other = Store()\n"
        "    def go(self):\n"
        "        c()\n        shop.store.connect()\n        Store()\n"
        "        self.store.put()\n        self.other.put()\n        queue.Queue()\n"
    )
    (package / "sub" / "queue.py").write_text("class Queue: pass\n")
    assert resolved(read("src")) == {
        "c": "src/shop/store.py:connect",
        "shop.store.connect": "src/shop/store.py:connect",
        "Store": "src/shop/store.py:Store",
        "self.store.put": "src/shop/store.py:Store.put",
        "self.other.put": "src/shop/store.py:Store.put",
        "queue.Queue": None,  # the standard library's, hidden by the relative import of the same name or not
    }


def test_a_field_with_values_of_two_classes_resolves_to_neither(read):
    facts = read(
        source=(
            "class X:\n    def go(self): pass\n"
            "class Y:\n    def go(self): pass\n"
            "class A:\n"
            "    def __init__(self):\n        self.a = X()\n        self.b = X()\n        self.c = None\n"
            "    def m(self):\n        self.b = Y()\n        self.c = X()\n"
            "        self.a.go(); self.b.go(); self.c.go()\n"
        )
    )
    assert resolved(facts) == {
        "X": "it.py:X",
        "Y": "it.py:Y",
        "self.a.go": "it.py:X.go",
        "self.b.go": None,
        "self.c.go": "it.py:X.go",
    }
