"""Methods of lists, deques, dicts and sets: each call one moment."""

from __future__ import annotations

from collections.abc import Callable

from specgen.lower import changes, dict_methods, guards, kinds, list_methods, places, set_methods
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Place, Val, Value
from specgen.value_types import DictT, SeqT, SetT, TupleT, join_all, kind_of


def method(lw: Lowerer, owner: Val | Place, name: str, args: list[Val], kwargs: dict[str, Val]) -> Value | None:
    """A method of a list, deque, dict or set; None where the container has no such method here."""
    group = lw.graph.group()
    if isinstance(owner, Place):
        root, current = places.fetch(lw, owner, group)
    else:
        root = current = owner
    match guards.usable(lw, current, "AttributeError"):
        case SeqT() as ty:
            table: dict[str, Callable[[changes.Change, list[Val]], Value]] = list_methods.SEQ_METHODS
            seq_kind, found = "seq", ty
        case DictT() as ty:
            table, seq_kind, found = dict_methods.DICT_METHODS, "dict", ty  # type: ignore[assignment]
        case SetT() as ty:
            table, seq_kind, found = set_methods.SET_METHODS, "set", ty  # type: ignore[assignment]
        case TupleT() as ty:
            table, seq_kind, found = list_methods.SEQ_METHODS, str(kind_of(ty)), SeqT(join_all(ty.items))
        case _:
            return None
    if name not in table or (kwargs and name not in {"update", "sort"} and not set(kwargs) <= {"default", "last"}):
        return None
    change = changes.Change(lw, owner, root, Val(kinds.unbox(current, seq_kind), found), group, kwargs)
    return table[name](change, args)
