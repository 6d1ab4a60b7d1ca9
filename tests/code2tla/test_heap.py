from code2tla import heap
from tlc_runner.types import Function, ModelValue, State

C1, NONE = ModelValue("c1"), ModelValue("None")
REF = (C1, 1)


def state(**values: object) -> State:
    return State(1, None, None, values)


def test_a_reference_becomes_what_it_refers_to() -> None:
    before = state(shelves=(), shelf_present=(), shelf_promised=(), at=Function(((C1, "idle"),)))
    after = state(
        shelves=Function((("a1", REF),)),
        shelf_present=Function(((REF, 2),)),
        shelf_promised=Function(((REF, 0),)),
        at=Function(((C1, "put:3"),)),
        local=Function(((C1, Function((("shelf", REF), ("present", Function(((REF, 2),))), ("n", 7)))),)),
    )
    first, last = heap.readable((before, after), {"shelf_present": "present", "shelf_promised": "promised"})
    assert first.values == {"shelves": (), "at": Function(((C1, "idle"),))}
    assert last.values["shelves"] == Function((("a1", Function((("present", 2), ("promised", 0)))),))
    assert last.values["local"] == Function(((C1, Function((("shelf", NONE), ("present", 2), ("n", 7)))),))
    assert "shelf_present" not in last.values


def test_objects_in_a_ring_end_somewhere() -> None:
    (told,) = heap.readable((state(head=REF, node_next=Function(((REF, REF),))),), {"node_next": "next"})
    depth = 0
    value = told.values["head"]
    while isinstance(value, Function):
        value = value.pairs[0][1]
        depth += 1
    assert value == REF
    assert depth == 3


def test_a_trace_without_objects_stays_as_it_is() -> None:
    states = (state(left=1, pair=(C1, 1)),)
    assert heap.readable(states, {}) == states
