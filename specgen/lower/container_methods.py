"""Methods of lists, deques, dicts and sets: each call one moment."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import (
    Arg,
    BoolT,
    Bound,
    DictT,
    Expr,
    IntT,
    Lit,
    Local,
    NeverT,
    NoneT,
    Op,
    SeqT,
    SetT,
    TupleT,
    Ty,
    Var,
    join,
    kind_of,
)
from specgen.lower import containers, kinds, names
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import (
    EMPTY,
    FALSE,
    NONE,
    Place,
    Val,
    Value,
    apply,
    call,
    domain,
    eq,
    ite,
    neg,
)


def method(lw: Lowerer, owner: Val | Place, name: str, args: list[Val], kwargs: dict[str, Val]) -> Value | None:
    """A method of a list, deque, dict or set; None where the container has no such method here."""
    group = lw.graph.group()
    if isinstance(owner, Place):
        root, current = lw.fetch(owner, group)
    else:
        root = current = owner
    match containers.usable(lw, current, "AttributeError"):
        case SeqT() as ty:
            table: dict[str, Callable[[Change, list[Val]], Value]] = SEQ_METHODS
            seq_kind, found = "seq", ty
        case DictT() as ty:
            table, seq_kind, found = DICT_METHODS, "dict", ty  # type: ignore[assignment]
        case SetT() as ty:
            table, seq_kind, found = SET_METHODS, "set", ty  # type: ignore[assignment]
        case TupleT() as ty:
            table, seq_kind, found = SEQ_METHODS, str(kind_of(ty)), SeqT(tuple_item(ty))
        case _:
            return None
    if name not in table or (kwargs and not (name in {"update", "sort"} or set(kwargs) <= {"default"})):
        return None
    change = Change(lw, owner, root, Val(kinds.unbox(current, seq_kind), found), group, kwargs)
    return table[name](change, args)


def tuple_item(ty: TupleT) -> Ty:
    """The type that holds every item of a tuple."""
    out: Ty = NeverT()
    for t in ty.items:
        out = join(out, t)
    return out


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
            containers.still_there(
                self.lw, owner, self.root, lambda: self.lw.store(owner, Val(expr, ty), self.root, self.group)
            )
        elif _is_part(self.owner.expr):
            self.lw.approximate("change of a container that a tuple or another value holds", "the change is lost")

    def grows(self, expr: Expr, drop_last: bool = False) -> None:
        """The list is now this, cut down to the limit of a bounded deque."""
        limit = self.lw.limits.get(self.owner.root) if isinstance(self.owner, Place) and not self.owner.path else None
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
                containers.looked_up(self.lw, value, item)
        return kinds.coerce(value, self.item) if not isinstance(self.item, NeverT) else value.expr

    def declare(self, ty: Ty) -> None:
        """Values of this type arrive in the container."""
        if not isinstance(self.owner, Place):
            return
        base = self.lw.place_type(Place(self.owner.root, (), self.owner.ty))
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
        containers.looked_up(self.lw, value, self.now.ty.key)
        if isinstance(self.now.ty.key, NeverT) or not containers.comparable(value.ty, self.now.ty.key):
            return value.expr
        return kinds.coerce(value, self.now.ty.key)

    def has_key(self, value: Val) -> Expr:
        """Whether the dict has the key."""
        assert isinstance(self.now.ty, DictT)
        if not containers.comparable(value.ty, self.now.ty.key):
            containers.looked_up(self.lw, value, self.now.ty.key)
            return FALSE
        return Op("in", (self.key(value), domain(self.e)))


def _is_part(e: Expr) -> bool:
    """Whether the value is taken out of something else, which should show a change of it."""
    match e:
        case Local() | Var() | Arg():
            return True
        case Op("if", (_, yes, no)):
            return _is_part(yes) or _is_part(no)
        case Op("apply" | "field", (holder, *_)) | Op("call", (holder,), ("Head" | "Last",)):
            return _is_part(holder)
    return False


_NOTHING = Val(NONE, NoneT())


def _append(ch: Change, args: list[Val]) -> Value:
    ch.grows(call("Append", ch.e, ch.fit(args[0])))
    return _NOTHING


def _appendleft(ch: Change, args: list[Val]) -> Value:
    ch.grows(Op("concat", (Op("tuple", (ch.fit(args[0]),)), ch.e)), drop_last=True)
    return _NOTHING


def _pop(ch: Change, args: list[Val]) -> Value:
    containers.raise_unless(ch.lw, neg(eq(ch.e, EMPTY)), "IndexError")
    if args and args[0].expr == Lit(0):
        return _take_first(ch)
    if args and args[0].expr != Lit(-1):
        from specgen.lower.operators import number

        at = containers.index(ch.e, number(ch.lw, args[0]))
        containers.raise_unless(ch.lw, Op("in", (at, domain(ch.e))), "IndexError")
        ch.becomes(call("RemoveAt", ch.e, at), ch.now.ty)
        return Val(apply(ch.e, at), ch.item)
    ch.becomes(call("Front", ch.e), ch.now.ty)
    return Val(call("Last", ch.e), ch.item)


def _popleft(ch: Change, args: list[Val]) -> Value:
    containers.raise_unless(ch.lw, neg(eq(ch.e, EMPTY)), "IndexError")
    return _take_first(ch)


def _take_first(ch: Change) -> Value:
    ch.becomes(call("Tail", ch.e), ch.now.ty)
    return Val(call("Head", ch.e), ch.item)


def _list_remove(ch: Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    there = Op("in", (x, call("Items", ch.e))) if containers.comparable(args[0].ty, ch.item) else FALSE
    containers.raise_unless(ch.lw, there, "ValueError")
    ch.becomes(call("RemoveAt", ch.e, call("FirstIndex", ch.e, x)), ch.now.ty)
    return _NOTHING


def _insert(ch: Change, args: list[Val]) -> Value:
    from specgen.lower.operators import number

    x = ch.fit(args[1])
    at = number(ch.lw, args[0])
    if at == Lit(0):
        return _appendleft(ch, [args[1]])
    low = call("Min", at, call("Len", ch.e))
    if not containers.not_negative(at):
        low = call(
            "Max",
            Op("-", (call("Min", containers.index(ch.e, at), Op("+", (call("Len", ch.e), Lit(1)))), Lit(1))),
            Lit(0),
        )
    ch.becomes(
        Op(
            "concat",
            (
                call("Append", call("SubSeq", ch.e, Lit(1), low), x),
                call("SubSeq", ch.e, Op("+", (low, Lit(1))), call("Len", ch.e)),
            ),
        ),
        ch.now.ty,
    )
    return _NOTHING


def _extend(ch: Change, args: list[Val]) -> Value:
    other = containers.container_of(args[0].ty)
    if isinstance(other, (SeqT, TupleT)):
        whole = other if isinstance(other, SeqT) else SeqT(tuple_item(other))
        ch.declare(whole)
        found = Val(kinds.unbox(args[0], str(kind_of(other))), other)
        ch.grows(Op("concat", (ch.e, kinds.coerce(found, ch.now.ty))))
        return _NOTHING
    if isinstance(args[0].ty, NeverT):
        return _NOTHING
    return ch.lw.approximate("extend by a value of unknown type", "no effect")


def _extendleft(ch: Change, args: list[Val]) -> Value:
    other = containers.container_of(args[0].ty)
    if not isinstance(other, SeqT):
        return ch.lw.approximate("extendleft", "no effect")
    ch.declare(other)
    found = kinds.coerce(Val(kinds.unbox(args[0], "seq"), other), ch.now.ty)
    ch.grows(Op("concat", (containers.backwards(found), ch.e)), drop_last=True)
    return _NOTHING


def _rotate(ch: Change, args: list[Val]) -> Value:
    by = args[0].expr if args else Lit(1)
    if by == Lit(1):
        ch.becomes(
            ite(eq(ch.e, EMPTY), EMPTY, Op("concat", (Op("tuple", (call("Last", ch.e),)), call("Front", ch.e)))),
            ch.now.ty,
        )
    elif by == Lit(-1):
        ch.becomes(ite(eq(ch.e, EMPTY), EMPTY, call("Append", call("Tail", ch.e), call("Head", ch.e))), ch.now.ty)
    else:
        return ch.lw.approximate("rotate", "no effect")
    return _NOTHING


def _reverse(ch: Change, args: list[Val]) -> Value:
    ch.becomes(containers.backwards(ch.e), ch.now.ty)
    return _NOTHING


def _sort(ch: Change, args: list[Val]) -> Value:
    if isinstance(ch.item, IntT) and not ch.kwargs:
        ch.becomes(call("Sorted", ch.e), ch.now.ty)
        return _NOTHING
    return ch.lw.approximate("sort", "the order stays as it was") if not isinstance(ch.item, NeverT) else _NOTHING


def _clear(ch: Change, args: list[Val]) -> Value:
    ch.becomes(Op("set") if isinstance(ch.now.ty, SetT) else EMPTY, ch.now.ty)
    return _NOTHING


def _copy(ch: Change, args: list[Val]) -> Value:
    return ch.now


def _list_count(ch: Change, args: list[Val]) -> Value:
    from specgen.expr import Bound

    return Val(
        call("Cardinality", Op("filter", (domain(ch.e), eq(apply(ch.e, Bound("i")), ch.fit(args[0]))), ("i",))), IntT()
    )


def _list_index(ch: Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    containers.raise_unless(ch.lw, Op("in", (x, call("Items", ch.e))), "ValueError")
    return Val(Op("-", (call("FirstIndex", ch.e, x), Lit(1))), IntT())


def _get(ch: Change, args: list[Val]) -> Value:
    default = args[1] if len(args) > 1 else ch.kwargs.get("default", _NOTHING)
    ty = join(ch.item, default.ty)
    if isinstance(ch.item, NeverT):
        return default
    if names.is_container(ch.item) and isinstance(ch.owner, Place):
        return _get_place(ch, args[0], default)
    found = Val(apply(ch.e, ch.key(args[0])), ch.item)
    return Val(ite(ch.has_key(args[0]), kinds.coerce(found, ty), kinds.coerce(default, ty)), ty)


def _get_place(ch: Change, key: Val, default: Val) -> Value:
    assert isinstance(ch.owner, Place)
    if not containers.comparable(key.ty, ch.now.ty.key if isinstance(ch.now.ty, DictT) else NeverT()):
        return default
    return Place(ch.owner.root, (*ch.owner.path, ch.key(key)), join(ch.item, default.ty), default=default)


def _dict_pop(ch: Change, args: list[Val]) -> Value:
    test = ch.has_key(args[0])
    if len(args) == 1:
        containers.raise_unless(ch.lw, test, "KeyError")
        ch.becomes(call("Without", ch.e, ch.key(args[0])), ch.now.ty)
        return Val(apply(ch.e, ch.key(args[0])), ch.item)
    ty = join(ch.item, args[1].ty)
    value = Val(ite(test, kinds.coerce(Val(apply(ch.e, ch.key(args[0])), ch.item), ty), kinds.coerce(args[1], ty)), ty)
    ch.becomes(call("Without", ch.e, ch.key(args[0])), ch.now.ty)
    return value


def _setdefault(ch: Change, args: list[Val]) -> Value:
    default = args[1] if len(args) > 1 else _NOTHING
    assert isinstance(ch.now.ty, DictT)
    ch.declare(DictT(args[0].ty, default.ty))
    test = ch.has_key(args[0])
    k = ch.key(args[0])
    value_ty = join(ch.item, default.ty)
    boxed = kinds.coerce(default, value_ty)
    yes, no = ch.lw.graph.branch(test)
    ch.lw.graph.cursor = no
    ch.becomes(call("Put", ch.e, k, boxed), DictT(join(ch.now.ty.key, args[0].ty), value_ty))
    ch.lw.graph.cursor = ch.lw.graph.cursor + yes
    if isinstance(ch.owner, Place) and names.is_container(value_ty):
        return Place(ch.owner.root, (*ch.owner.path, k), value_ty)
    return Val(ite(test, apply(ch.e, k), boxed), value_ty)


def _update(ch: Change, args: list[Val]) -> Value:
    if ch.kwargs:
        return ch.lw.approximate("update of a dict by names", "no effect")
    if args and isinstance(containers.container_of(args[0].ty), DictT):
        ch.declare(containers.container_of(args[0].ty))
        other = kinds.coerce(Val(kinds.unbox(args[0], "dict"), containers.container_of(args[0].ty)), ch.now.ty)
        x = Bound("x")
        keys = Op("union", (domain(ch.e), domain(other)))
        merged = Op("function", (keys, ite(Op("in", (x, domain(other))), apply(other, x), apply(ch.e, x))), ("x",))
        ch.becomes(merged, ch.now.ty)
        return _NOTHING
    if args and isinstance(args[0].ty, NeverT):
        return _NOTHING
    return ch.lw.approximate("update of a dict", "no effect")


def _keys(ch: Change, args: list[Val]) -> Value:
    assert isinstance(ch.now.ty, DictT)
    return Val(domain(ch.e), SetT(ch.now.ty.key))


def _values(ch: Change, args: list[Val]) -> Value:
    return Val(call("Values", ch.e), SetT(ch.item))


def _items(ch: Change, args: list[Val]) -> Value:
    from specgen.expr import Bound

    assert isinstance(ch.now.ty, DictT)
    x = Bound("x")
    pairs = Op("map", (domain(ch.e), Op("tuple", (x, apply(ch.e, x)))), ("x",))
    return Val(pairs, SetT(TupleT((ch.now.ty.key, ch.now.ty.value))))


def _popitem(ch: Change, args: list[Val]) -> Value:
    from specgen.expr import Local

    lw = ch.lw
    assert isinstance(ch.now.ty, DictT)
    containers.raise_unless(lw, neg(eq(ch.e, EMPTY)), "KeyError")
    lw.approximate("popitem", "any entry may be the one taken: the order of insertion is not kept")
    name = lw.temp("taken")
    lw.active.add(name)
    lw.declare(f"l.{name}", ch.now.ty.key)
    lw.graph.choose(Local(name), domain(ch.e), "any entry")
    taken = Local(name)
    ch.becomes(call("Without", ch.e, taken), ch.now.ty)
    return Val(Op("tuple", (taken, apply(ch.e, taken))), TupleT((ch.now.ty.key, ch.now.ty.value)))


def _move_to_end(ch: Change, args: list[Val]) -> Value:
    containers.raise_unless(ch.lw, ch.has_key(args[0]), "KeyError")
    return _NOTHING


def _add(ch: Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    ch.becomes(Op("union", (ch.e, Op("set", (x,)))), ch.now.ty)
    return _NOTHING


def _set_take(ch: Change, args: list[Val]) -> Expr:
    x = ch.fit(args[0])
    ch.becomes(Op("diff", (ch.e, Op("set", (x,)))), ch.now.ty)
    return x


def _discard(ch: Change, args: list[Val]) -> Value:
    _set_take(ch, args)
    return _NOTHING


def _set_remove(ch: Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    containers.raise_unless(
        ch.lw, Op("in", (x, ch.e)) if containers.comparable(args[0].ty, ch.item) else FALSE, "KeyError"
    )
    ch.becomes(Op("diff", (ch.e, Op("set", (x,)))), ch.now.ty)
    return _NOTHING


def _set_pop(ch: Change, args: list[Val]) -> Value:
    from specgen.expr import Local

    containers.raise_unless(ch.lw, neg(eq(ch.e, Op("set"))), "KeyError")
    name = ch.lw.temp("taken")
    ch.lw.active.add(name)
    ch.lw.declare(f"l.{name}", ch.item)
    ch.lw.graph.choose(Local(name), ch.e, "unordered")
    ch.becomes(Op("diff", (ch.e, Op("set", (Local(name),)))), ch.now.ty)
    return Val(Local(name), ch.item)


def _set_update(ch: Change, args: list[Val]) -> Value:
    for arg in args:
        found = containers.container_of(arg.ty)
        item = containers.item_type(arg.ty)
        if isinstance(found, NeverT):
            return _NOTHING if isinstance(arg.ty, NeverT) else ch.lw.approximate("update of a set", "no effect")
        ch.declare(SetT(item))
        inner = kinds.unbox(arg, str(kind_of(found)))
        if isinstance(found, TupleT):
            inner = kinds.coerce(Val(inner, found), SeqT(item))
        elements = (
            domain(inner) if isinstance(found, DictT) else inner if isinstance(found, SetT) else call("Items", inner)
        )
        ch.now = Val(Op("union", (ch.e, kinds.coerce(Val(elements, SetT(item)), ch.now.ty))), ch.now.ty)
    ch.becomes(ch.e, ch.now.ty)
    return _NOTHING


def _set_operation(name: str, in_place: bool) -> Callable[[Change, list[Val]], Value]:
    """``union``, ``difference_update`` and the like, with one other set."""

    def run(ch: Change, args: list[Val]) -> Value:
        if len(args) != 1 or isinstance(containers.item_type(args[0].ty), NeverT):
            return ch.now if not in_place else _NOTHING
        found, item = containers.container_of(args[0].ty), containers.item_type(args[0].ty)
        inner = kinds.unbox(args[0], str(kind_of(found)))
        if isinstance(found, TupleT):
            inner = kinds.coerce(Val(inner, found), SeqT(item))
        elements = (
            domain(inner) if isinstance(found, DictT) else inner if isinstance(found, SetT) else call("Items", inner)
        )
        ty = join(ch.now.ty, SetT(item))
        out = Val(Op(name, (kinds.coerce(ch.now, ty), kinds.coerce(Val(elements, SetT(item)), ty))), ty)
        if not in_place:
            return out
        ch.becomes(out.expr, ch.now.ty)
        return _NOTHING

    return run


def _subset(flip: bool) -> Callable[[Change, list[Val]], Value]:
    def run(ch: Change, args: list[Val]) -> Value:
        found = containers.container_of(args[0].ty)
        if not isinstance(found, SetT):
            return ch.lw.approximate("issubset or issuperset", "any answer")
        ty = join(ch.now.ty, found)
        a, b = kinds.coerce(ch.now, ty), kinds.coerce(Val(kinds.unbox(args[0], "set"), found), ty)
        return Val(Op("subseteq", (b, a) if flip else (a, b)), BoolT())

    return run


SEQ_METHODS: dict[str, Callable[[Change, list[Val]], Value]] = {
    "append": _append, "appendleft": _appendleft, "pop": _pop, "popleft": _popleft, "remove": _list_remove,
    "insert": _insert, "extend": _extend, "clear": _clear, "copy": _copy, "count": _list_count, "index": _list_index,
    "extendleft": _extendleft, "rotate": _rotate, "reverse": _reverse, "sort": _sort,
}  # fmt: skip


DICT_METHODS: dict[str, Callable[[Change, list[Val]], Value]] = {
    "get": _get, "pop": _dict_pop, "setdefault": _setdefault, "update": _update, "keys": _keys, "values": _values,
    "items": _items, "popitem": _popitem, "clear": _clear, "copy": _copy, "move_to_end": _move_to_end,
}  # fmt: skip


SET_METHODS: dict[str, Callable[[Change, list[Val]], Value]] = {
    "add": _add, "discard": _discard, "remove": _set_remove, "pop": _set_pop, "update": _set_update,
    "clear": _clear, "copy": _copy,
    "union": _set_operation("union", False), "intersection": _set_operation("inter", False),
    "difference": _set_operation("diff", False), "difference_update": _set_operation("diff", True),
    "intersection_update": _set_operation("inter", True), "issubset": _subset(False), "issuperset": _subset(True),
}  # fmt: skip
