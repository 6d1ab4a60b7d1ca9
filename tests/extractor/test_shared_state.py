from __future__ import annotations

from extractor.types import Facts


def touches(facts: Facts) -> list[tuple[str, str, str, int]]:
    return [(access.target, access.mode, access.scope, access.span.line) for access in facts.accesses]


def test_attributes_are_read_written_and_changed_inside(read):
    facts = read(
        source=(
            "class A:\n"
            "    def m(self, k):\n"
            "        self.n = 1\n"
            "        self.n += 1\n"
            "        self.table[k] = self.n\n"
            "        del self.table[k]\n"
            "        self.items.append(k)\n"
            "        self.node.next.value = 3\n"
            "        self.x, self.y = self.y, k\n"
            "        for self.i in self.items: pass\n"
            "        return len(self.items)\n"
        )
    )
    assert touches(facts) == [
        ("self.n", "write", "attribute", 3),
        ("self.n", "read", "attribute", 4),
        ("self.n", "write", "attribute", 4),
        ("self.table", "mutate", "attribute", 5),
        ("self.n", "read", "attribute", 5),
        ("self.table", "mutate", "attribute", 6),
        ("self.items", "mutate", "attribute", 7),
        ("self.node", "mutate", "attribute", 8),
        ("self.x", "write", "attribute", 9),
        ("self.y", "write", "attribute", 9),
        ("self.y", "read", "attribute", 9),
        ("self.i", "write", "attribute", 10),
        ("self.items", "read", "attribute", 10),
        ("self.items", "read", "attribute", 11),
    ]


def test_calls_on_constructor_parameters_are_external(read):
    facts = read(
        source=(
            "class A:\n"
            "    def __init__(self, store, clock=None, size: int = 3):\n"
            "        self.store = store\n        self.clock = clock or Clock()\n        self.size = size\n"
            "    async def m(self, k):\n"
            "        v = await self.store.get(k)\n"
            "        await self.store.put(k, v)\n"
            "        await self.store.delete(k)\n"
            "        self.clock.now()\n"
            "        self.size.bit_length()\n"
        )
    )
    assert touches(facts)[3:] == [
        ("self.store.get", "read", "external", 7),
        ("self.store.put", "write", "external", 8),
        ("self.store.delete", "mutate", "external", 9),
        ("self.clock.now", "mutate", "external", 10),
        ("self.size", "read", "attribute", 11),
    ]


def test_fields_of_a_dataclass_are_constructor_parameters(read):
    facts = read(
        source=(
            "from dataclasses import dataclass\n@dataclass\nclass A:\n    store: Store\n    n: int = 0\n"
            "    def m(self):\n        self.store.get(1)\n        self.n += 1\n"
        )
    )
    assert ("self.store.get", "read", "external", 7) in touches(facts)
    assert ("self.n", "write", "attribute", 8) in touches(facts)


def test_code_inside_methods_and_other_names_for_self_count(read):
    facts = read(
        source=(
            "class A:\n"
            "    def m(this):\n        f = lambda: this.n\n        def g(): this.n = 1\n"
            "    @classmethod\n    def c(cls): cls.n += 1\n"
            "    @staticmethod\n    def s(self): return self.n\n"
            "def outside(self): return self.n\n"
        )
    )
    assert [(access.function, access.target, access.mode) for access in facts.accesses] == [
        ("A.m", "this.n", "read"),
        ("A.m.g", "this.n", "write"),
        ("A.c", "cls.n", "read"),
        ("A.c", "cls.n", "write"),
    ]


def test_methods_and_locks_are_no_state(read):
    facts = read(
        source=(
            "import threading\n"
            "class A:\n"
            "    def __init__(self):\n        self.guard = threading.Lock()\n        self.n = 0\n"
            "    def m(self):\n"
            "        with self.guard:\n            self.m()\n            callback = self.m\n            self.n = 1\n"
        )
    )
    assert touches(facts) == [
        ("self.guard", "write", "attribute", 4),
        ("self.n", "write", "attribute", 5),
        ("self.n", "write", "attribute", 10),
    ]


def test_module_variables_that_functions_change(read):
    facts = read(
        source=(
            'CACHE = {}\ncount = 0\nLIMIT = 3\nseen = []\n"""count in a text"""\n'
            "def put(k, v):\n"
            "    global count\n"
            "    count += 1  # count in a comment\n"
            "    CACHE[k] = v\n"
            "    f(count=LIMIT, x=count)\n"
            "def look(k):\n    return CACHE.get(k), k.CACHE\n"
            "def hidden(CACHE):\n    return CACHE\n"
            "def remember(x):\n    seen.append(x)\n    'count'\n"
        )
    )
    assert [(access.function, access.target, access.mode, access.span.line) for access in facts.accesses] == [
        ("put", "count", "read", 8),
        ("put", "count", "write", 8),
        ("put", "CACHE", "mutate", 9),
        ("put", "count", "read", 10),
        ("look", "CACHE", "read", 12),
        ("remember", "seen", "mutate", 16),
    ]
    assert {access.scope for access in facts.accesses} == {"global"}


def test_the_reads_of_one_line_stay_in_order_and_text_is_no_code(read):
    facts = read(
        source=(
            "class A:\n    def m(self):\n        '''self.a'''\n        # self.b\n"
            "        return self.d if self.c else f'{self.e} self.f'\n"
        )
    )
    assert [access.target for access in facts.accesses] == ["self.d", "self.c", "self.e"]
