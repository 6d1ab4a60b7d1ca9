"""Objects that say themselves what they equal: by ``__eq__``, or as dataclasses by their fields."""

from __future__ import annotations

from specgen.lower.lowerer import Lowerer
from specgen.lower.records import compares_fields
from specgen.lower.values import Val
from specgen.source import Class
from specgen.value_types import DictT, RefT, SeqT, SetT, TupleT, Ty, members


def note_equality(lw: Lowerer, *types: Ty) -> None:
    """Values are looked for among others: say so where objects in them say themselves what they equal."""
    if any(_says_what_it_equals(lw, ty) for ty in types):
        lw.leave_out("objects that say themselves what they equal, in a container", "each equals itself alone")


def compared_by_fields(lw: Lowerer, a: Val, b: Val) -> Class | None:
    """The dataclass whose objects both values are, where ``==`` compares their fields."""
    if not isinstance(a.ty, RefT) or a.ty != b.ty:
        return None
    cls = lw.sources.find_class(a.ty.cls)
    return cls if cls is not None and compares_fields(cls) and lw.sources.method(cls, "__eq__") is None else None


def _says_what_it_equals(lw: Lowerer, ty: Ty) -> bool:
    for member in members(ty):
        match member:
            case RefT(name):
                cls = lw.sources.find_class(name)
                if cls is not None and (lw.sources.method(cls, "__eq__") or compares_fields(cls)):
                    return True
            case SeqT(item) | SetT(item) | DictT(_, item):
                if _says_what_it_equals(lw, item):
                    return True
            case TupleT(items):
                if any(_says_what_it_equals(lw, t) for t in items):
                    return True
    return False
