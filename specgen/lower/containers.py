"""Lists, deques, dicts, sets and tuples: which of them a value is, what it holds and how much."""

from __future__ import annotations

from specgen.expr import Expr, Lit, Op
from specgen.lower import kinds
from specgen.lower.formulas import call, domain
from specgen.lower.values import Val
from specgen.value_types import DictT, NeverT, SeqT, SetT, TupleT, Ty, join_all, members


def container_of(ty: Ty) -> Ty:
    """The list, dict, set or tuple among the members of a type, or NeverT."""
    found = [m for m in sorted(members(ty), key=repr) if isinstance(m, (SeqT, DictT, SetT, TupleT))]
    return found[0] if found else NeverT()


def item_type(ty: Ty) -> Ty:
    """The type of the items that a loop over the container meets."""
    match container_of(ty):
        case SeqT(item) | SetT(item):
            return item
        case DictT(key, _):
            return key
        case TupleT(items):
            return join_all(items)
    return NeverT()


def size(value: Val) -> Expr:
    """``len``."""
    match container_of(value.ty):
        case SeqT():
            return call("Len", kinds.unbox(value, "seq"))
        case TupleT(items):
            return Lit(len(items))
        case SetT() if isinstance(value.expr, Op) and value.expr.names == ("Values",):
            return call("Cardinality", domain(value.expr.args[0]))
        case SetT():
            return call("Cardinality", kinds.unbox(value, "set"))
        case DictT():
            return call("Cardinality", domain(kinds.unbox(value, "dict")))
    return Lit(0)
