"""One method call on a list, dict or set: what it is now, and what becomes of it.

A method that changes its container reads and writes the whole shared variable in one access group, which is what a call
into a built-in type is: no other thread runs in the middle.
"""

from __future__ import annotations

from specgen.expr import Arg, Expr, Local, Op, Var
from specgen.lower import containers, kinds, membership, places
from specgen.lower.formulas import EMPTY, FALSE, NONE, call, domain
from specgen.lower.lowerer import Lowerer
from specgen.lower.second_names import changed_inside
from specgen.lower.values import Place, Val, Value
from specgen.value_types import DictT, NeverT, NoneT, SeqT, SetT, Ty


class Change:
    """One method call on a container: what it is now, and how to write what it becomes."""

    def __init__(
        self, lw: Lowerer, owner: Val | Place, root: Val, now: Val, group: int, kwargs: dict[str, Val]
    ) -> None:
        self.lw = lw
        self.owner = owner
        self.root = root
        self.now = now
        self.group = group
        self.kwargs = kwargs

    @property
    def e(self) -> Expr:
        """The container now."""
        return self.now.expr

    @property
    def item(self) -> Ty:
        """The type of its items (values, for a dict)."""
        match self.now.ty:
            case SeqT(item) | SetT(item):
                return item
            case DictT(_, value):
                return value
        return NeverT()

    def becomes(self, expr: Expr, ty: Ty) -> None:
        """The container is now this; ``ty`` may hold more than before."""
        if isinstance(self.owner, Place):
            owner = self.owner
            changed_inside(self.lw, owner)
            places.still_there(
                self.lw, owner, self.root, lambda: places.store(self.lw, owner, Val(expr, ty), self.root, self.group)
            )
        elif part_of_another(self.owner.expr):
            self.lw.leave_out("change of a container that a tuple or another value holds", "the change is lost")

    def grows(self, expr: Expr, drop_last: bool = False) -> None:
        """The list is now this, cut down to the limit of a bounded deque."""
        owner = self.owner
        limit = self.lw.behaviour(owner.root).limit if isinstance(owner, Place) and not owner.path else None
        if limit is not None:
            expr = call("FirstOf" if drop_last else "LastOf", expr, limit)
        self.becomes(expr, self.now.ty)

    def fit(self, value: Val) -> Expr:
        """An item as the container holds it; the container's type is declared to hold it."""
        match self.now.ty:
            case SeqT():
                self.declare(SeqT(value.ty))
            case SetT(item):
                self.declare(SetT(value.ty))
                membership.looked_up(self.lw, value, item)
        return kinds.coerce(value, self.item) if not isinstance(self.item, NeverT) else value.expr

    def declare(self, ty: Ty) -> None:
        """Values of this type arrive in the container."""
        if not isinstance(self.owner, Place):
            return
        base = places.place_type(self.lw, Place(self.owner.root, (), self.owner.ty))
        outers: list[Ty] = []
        for _ in self.owner.path:
            base = containers.container_of(base)
            outers.append(base)
            base = base.value if isinstance(base, DictT) else base.item if isinstance(base, SeqT) else NeverT()
        for outer in reversed(outers):
            ty = SeqT(ty) if isinstance(outer, SeqT) else DictT(outer.key if isinstance(outer, DictT) else NeverT(), ty)
        root = self.owner.root
        self.lw.declare(root if root.startswith("l.") else f"v.{root}", ty)

    def key(self, value: Val) -> Expr:
        """A key as the dict holds it."""
        assert isinstance(self.now.ty, DictT)
        membership.looked_up(self.lw, value, self.now.ty.key)
        if isinstance(self.now.ty.key, NeverT) or not membership.comparable(value.ty, self.now.ty.key):
            return value.expr
        return kinds.coerce(value, self.now.ty.key)

    def has_key(self, value: Val) -> Expr:
        """Whether the dict has the key."""
        assert isinstance(self.now.ty, DictT)
        if not membership.comparable(value.ty, self.now.ty.key):
            membership.looked_up(self.lw, value, self.now.ty.key)
            return FALSE
        return Op("in", (self.key(value), domain(self.e)))


def part_of_another(e: Expr) -> bool:
    """Whether the value is taken out of something else, which should show a change of it."""
    match e:
        case Local() | Var() | Arg():
            return True
        case Op("if", (_, yes, no)):
            return part_of_another(yes) or part_of_another(no)
        case Op("apply" | "field", (holder, *_)) | Op("call", (holder,), ("Head" | "Last",)):
            return part_of_another(holder)
    return False


NOTHING = Val(NONE, NoneT())


def clear(ch: Change, args: list[Val]) -> Value:
    """``clear``."""
    ch.becomes(Op("set") if isinstance(ch.now.ty, SetT) else EMPTY, ch.now.ty)
    return NOTHING


def copy(ch: Change, args: list[Val]) -> Value:
    """``copy``."""
    return ch.now
