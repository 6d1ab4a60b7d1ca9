"""Lists, deques, dicts and sets: subscripts, membership and methods, each one moment of time.

A method that changes its container reads and writes the whole shared variable in one access group, which
is what a call into a built-in type is: no other thread runs in the middle.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from specgen.expr import (
    Arg,
    BoolT,
    Bound,
    DictT,
    Expr,
    IntT,
    Lit,
    NeverT,
    NoneT,
    Op,
    SeqT,
    SetT,
    TupleT,
    Ty,
    join,
    kind_of,
    members,
)
from specgen.lower import kinds, names
from specgen.lower.graph import Edge
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import (
    EMPTY,
    FALSE,
    NONE,
    TRUE,
    Exc,
    Place,
    Unknown,
    Val,
    Value,
    apply,
    call,
    conj,
    disj,
    domain,
    eq,
    ite,
    neg,
)


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
        case TupleT() as found:
            return tuple_item(found)
    return NeverT()


def usable(lw: Lowerer, value: Val, error: str = "TypeError") -> Ty:
    """The container that a value is used as; ``error`` is raised where it is None or of another kind."""
    from specgen.lower.exprs import only_kinds

    found = container_of(value.ty)
    if not isinstance(found, NeverT):
        only_kinds(lw, value, (str(kind_of(found)),), error)
    return found


def index(seq: Expr, position: Expr) -> Expr:
    """TLA+ index of a Python index."""
    if isinstance(position, Lit) and isinstance(position.value, int):
        if position.value == -1:
            return call("Len", seq)
        return Lit(position.value + 1) if position.value >= 0 else Op("+", (call("Len", seq), Lit(position.value + 1)))
    if isinstance(position, Op) and position.name == "neg" and not_negative(position.args[0]):
        return Op("+", (Op("-", (call("Len", seq), position.args[0])), Lit(1)))
    if not_negative(position):
        return Op("+", (position, Lit(1)))
    return call("Index", seq, position)


def not_negative(e: Expr) -> bool:
    """Whether a number is certainly 0 or more: arguments are, and so are lengths."""
    match e:
        case Lit(int() as value):
            return value >= 0
        case Arg():
            return True
        case Op("call", args, (name,)):
            return name in {"Len", "Cardinality"} or (name in {"Min", "Max"} and all(map(not_negative, args)))
        case Op("+" | "*", args):
            return all(map(not_negative, args))
        case Op("%", (_, Lit(int() as value))):
            return value > 0
    return False


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


def contains(lw: Lowerer, item: Val, holder: Value) -> Expr:
    """``item in holder``."""
    from specgen.lower.calls import call_method
    from specgen.lower.exprs import any_value, rv

    if not isinstance(holder, (Val, Place)):
        found = call_method(lw, holder, "__contains__", [item], {})
        return kinds.truth(rv(lw, found, "bool"))
    value = rv(lw, holder, "seq")
    match usable(lw, value):
        case SeqT(inner):
            _same_domain(lw, item, inner)
            return (
                Op("in", (kinds.coerce(item, inner), call("Items", kinds.unbox(value, "seq"))))
                if _comparable(item.ty, inner)
                else FALSE
            )
        case SetT(inner):
            _same_domain(lw, item, inner)
            return (
                Op("in", (kinds.coerce(item, inner), kinds.unbox(value, "set")))
                if _comparable(item.ty, inner)
                else FALSE
            )
        case DictT(key, _):
            _same_domain(lw, item, key)
            return (
                Op("in", (kinds.coerce(item, key), domain(kinds.unbox(value, "dict"))))
                if _comparable(item.ty, key)
                else FALSE
            )
        case TupleT(items):
            if isinstance(value.expr, Op) and value.expr.name == "tuple":
                return disj(*[kinds.equal(item, Val(e, t)) for e, t in zip(value.expr.args, items, strict=True)])
    if isinstance(value.ty, NeverT):
        return FALSE
    lw.approximate("membership in a value of unknown type", "any answer")
    return rv(lw, any_value(lw, "bool")).expr


def _comparable(a: Ty, b: Ty) -> bool:
    if isinstance(b, NeverT):
        return False
    ka, kb = {kind_of(m) for m in members(a)}, {kind_of(m) for m in members(b)}
    return bool(ka & kb) or (None in ka and None in kb)


def _same_domain(lw: Lowerer, a: Val, b: Ty) -> None:
    lw.meet(a, b)
    if isinstance(a.ty, TupleT) and isinstance(b, TupleT):
        for x, y in zip(a.ty.items, b.items, strict=False):
            lw.meet(Val(NONE, x), y)


def raise_unless(lw: Lowerer, test: Expr, name: str) -> None:
    """Raise the exception where the test fails; go on where it holds."""
    yes, no = lw.graph.branch(test)
    if no:
        lw.graph.cursor = no
        lw.raise_(Exc(name))
    lw.graph.cursor = yes


def subscript(lw: Lowerer, node: ast.Subscript) -> Value:
    """``holder[key]``."""
    from specgen.lower.exprs import lower, rv

    holder = lower(lw, node.value)
    if isinstance(node.slice, ast.Slice):
        return slice_(lw, rv(lw, holder), node.slice)
    return item_of(lw, holder, rv(lw, lower(lw, node.slice)))


def item_of(lw: Lowerer, holder: Value, key: Val) -> Value:
    """``holder[key]`` of anything."""
    from specgen.lower.calls import call_method

    if isinstance(holder, Unknown):
        return holder
    if not isinstance(holder, (Val, Place)):
        return call_method(lw, holder, "__getitem__", [key], {})
    return item(lw, holder, key)


def item(lw: Lowerer, holder: Val | Place, key: Val) -> Value:
    """``holder[key]`` of a built-in container."""
    from specgen.lower.exprs import number

    group = lw.graph.group()
    if isinstance(holder, Place):
        root, value = lw.fetch(holder, group)
    else:
        root = value = holder
    found = usable(lw, value)
    match found:
        case DictT(key_ty, value_ty):
            _same_domain(lw, key, key_ty)
            if not _comparable(key.ty, key_ty) and not isinstance(key_ty, NeverT):
                lw.raise_(Exc("KeyError"))
                return Val(NONE, value_ty)
            inner = kinds.unbox(value, "dict")
            k = kinds.coerce(key, key_ty) if not isinstance(key_ty, NeverT) else key.expr
            if isinstance(holder, Place) and not holder.path and holder.root in lw.counters:
                test = Op("in", (k, domain(inner))) if not isinstance(key_ty, NeverT) else FALSE
                return Val(ite(test, apply(inner, k), Lit(0)), IntT())
            factory = lw.factories.get(holder.root) if isinstance(holder, Place) and not holder.path else None
            if factory is not None and isinstance(holder, Place):
                yes, no = lw.graph.branch(Op("in", (k, domain(inner))))
                lw.graph.cursor = no
                _declare_key(lw, holder, key.ty)
                default = factory()
                lw.store(Place(holder.root, (k,), holder.ty), default, root, group)
                made = lw.graph.cursor
                lw.graph.cursor = yes + made
                if not names.is_container(value_ty) and not isinstance(value_ty, NeverT):
                    test = Op("in", (k, domain(inner)))
                    return Val(ite(test, apply(inner, k), kinds.coerce(default, value_ty)), value_ty)
                return Place(holder.root, (*holder.path, k), value_ty)
            raise_unless(lw, Op("in", (k, domain(inner))) if not isinstance(key_ty, NeverT) else FALSE, "KeyError")
            if isinstance(holder, Place) and names.is_container(value_ty):
                return Place(holder.root, (*holder.path, k), value_ty)
            return Val(apply(inner, k), value_ty)
        case SeqT(item_ty):
            inner = kinds.unbox(value, "seq")
            lw.demand(key, "int")
            position = index(inner, number(lw, key))
            raise_unless(lw, _within(inner, position), "IndexError")
            if isinstance(holder, Place) and names.is_container(item_ty):
                return Place(holder.root, (*holder.path, position), item_ty)
            return Val(apply(inner, position), item_ty)
        case TupleT(items):
            if (
                isinstance(key.expr, Lit)
                and isinstance(key.expr.value, int)
                and -len(items) <= key.expr.value < len(items)
            ):
                at = key.expr.value % len(items)
                tuple_expr = kinds.unbox(value, str(kind_of(found)))
                if isinstance(tuple_expr, Op) and tuple_expr.name == "tuple":
                    return Val(tuple_expr.args[at], items[at])
                return Val(apply(tuple_expr, Lit(at + 1)), items[at])
    if isinstance(value.ty, NeverT):
        return Val(NONE, NeverT())
    return lw.approximate("subscript of a value of unknown type", "any value")


def _within(seq: Expr, position: Expr) -> Expr:
    if position in (Lit(1), call("Len", seq)):
        return neg(eq(seq, EMPTY))
    return Op("in", (position, domain(seq)))


def slice_(lw: Lowerer, value: Val, node: ast.Slice) -> Value:
    """``s[a:b]``, and ``s[::-1]``."""
    found = container_of(value.ty)
    if isinstance(found, TupleT):
        part = _tuple_slice(value, found, node)
        if part is not None:
            return part
    if isinstance(found, SeqT) and node.step is None:
        seq = kinds.unbox(value, "seq")
        low, high = slice_ends(lw, seq, node)
        return Val(call("SubSeq", seq, low, high), found)
    if isinstance(found, SeqT) and node.lower is None and node.upper is None and _literal(node.step) == -1:
        return Val(backwards(kinds.unbox(value, "seq")), found)
    return value if isinstance(value.ty, NeverT) else lw.approximate("slice", "any value")


def backwards(seq: Expr) -> Expr:
    """The sequence from its end."""
    at = Op("-", (Op("+", (call("Len", seq), Lit(1))), Bound("i")))
    return Op("function", (domain(seq), apply(seq, at)), ("i",))


def slice_ends(lw: Lowerer, seq: Expr, node: ast.Slice) -> tuple[Expr, Expr]:
    """First and last TLA+ index of a slice; the last is below the first where the slice is empty."""
    from specgen.lower.exprs import lower, number, rv

    low: Expr = Lit(1)
    high: Expr = call("Len", seq)
    if node.lower is not None:
        low = index(seq, number(lw, rv(lw, lower(lw, node.lower))))
        if not (
            isinstance(low, Lit)
            or (
                isinstance(low, Op)
                and low.name == "+"
                and not_negative(low.args[0])
                and low.args[0] != call("Len", seq)
            )
        ):
            low = call("Max", low, Lit(1))
    if node.upper is not None:
        end = number(lw, rv(lw, lower(lw, node.upper)))
        if isinstance(end, Lit) and isinstance(end.value, int) and end.value < 0:
            high = Op("-", (call("Len", seq), Lit(-end.value)))
        elif not_negative(end):
            high = call("Min", end, call("Len", seq))
        else:
            high = call("Min", Op("-", (call("Index", seq, end), Lit(1))), call("Len", seq))
    return low, high


def _literal(node: ast.expr | None) -> int | None:
    try:
        found = ast.literal_eval(node) if node is not None else None
    except ValueError:
        return None
    return found if type(found) is int else None


def _tuple_slice(value: Val, ty: TupleT, node: ast.Slice) -> Val | None:
    ends = [None if e is None else _literal(e) for e in (node.lower, node.upper, node.step)]
    if any(e is not None and n is None for e, n in zip((node.lower, node.upper, node.step), ends, strict=True)):
        return None
    expr = kinds.unbox(value, str(kind_of(ty)))
    kept = range(len(ty.items))[slice(*ends)]
    items = [expr.args[i] if isinstance(expr, Op) and expr.name == "tuple" else apply(expr, Lit(i + 1)) for i in kept]
    return Val(Op("tuple", tuple(items)), TupleT(tuple(ty.items[i] for i in kept)))


def set_item(lw: Lowerer, holder: Value, key: Val, value: Val) -> None:
    """``holder[key] = value``."""
    from specgen.lower.calls import call_method

    if not isinstance(holder, Place):
        if not isinstance(holder, (Val, Unknown)):
            call_method(lw, holder, "__setitem__", [key, value], {})
        else:
            lw.approximate("assignment into a value", "no effect")
        return
    from specgen.lower.exprs import number

    ty = container_of(lw.place_type(holder))
    group = lw.graph.group()
    root, current = lw.fetch(holder, group)

    def put() -> None:
        if isinstance(ty, SeqT):
            seq = kinds.unbox(current, "seq")
            position = index(seq, number(lw, key))
            raise_unless(lw, _within(seq, position), "IndexError")
            lw.store(Place(holder.root, (*holder.path, position), ty), value, root, group)
        else:
            _same_domain(lw, key, ty.key if isinstance(ty, DictT) else NeverT())
            key_ty = ty.key if isinstance(ty, DictT) else NeverT()
            k = kinds.coerce(key, key_ty) if not isinstance(key_ty, NeverT) else key.expr
            wrapped = Place(holder.root, (*holder.path, k), ty)
            _declare_key(lw, holder, key.ty)
            lw.store(wrapped, value, root, group)

    still_there(lw, holder, root, put)


def place_key(lw: Lowerer, holder: Place, key: Val) -> Expr:
    """A key or index as the last step of a place inside the holder."""
    from specgen.lower.exprs import number

    ty = container_of(lw.place_type(holder))
    if isinstance(ty, SeqT):
        return index(lw.fetch(holder)[1].expr, number(lw, key))
    return kinds.coerce(key, ty.key) if isinstance(ty, DictT) and not isinstance(ty.key, NeverT) else key.expr


def _declare_key(lw: Lowerer, holder: Place, key: Ty) -> None:
    ty: Ty = DictT(key, NeverT())
    base = lw.place_type(Place(holder.root, (), holder.ty))
    for depth in range(len(holder.path), 0, -1):
        outer = container_of(base) if depth == 1 else base
        ty = SeqT(ty) if isinstance(outer, SeqT) else DictT(outer.key if isinstance(outer, DictT) else NeverT(), ty)
    lw.declare(holder.root if holder.root.startswith("l.") else f"v.{holder.root}", ty)


def still_there(lw: Lowerer, place: Place, root: Val, run: Callable[[], None]) -> None:
    """Run where the keys that lead to the place are present; where they are gone, nothing shared changes."""
    if not place.path:
        run()
        return
    yes, no = lw.graph.branch(lw.present(place, root))
    lw.graph.cursor = yes
    run()
    lw.graph.cursor = lw.graph.cursor + no


def del_item(lw: Lowerer, holder: Value, key: Val) -> None:
    """``del holder[key]``."""
    from specgen.lower.calls import call_method

    if not isinstance(holder, Place):
        if not isinstance(holder, (Val, Unknown)):
            call_method(lw, holder, "__delitem__", [key], {})
        return
    group = lw.graph.group()
    root, current = lw.fetch(holder, group)
    ty = usable(lw, current)
    if isinstance(ty, SeqT):
        from specgen.lower.exprs import number

        seq = kinds.unbox(current, "seq")
        position = index(seq, number(lw, key))
        raise_unless(lw, _within(seq, position), "IndexError")
        lw.store(holder, Val(call("RemoveAt", seq, position), ty), root, group)
        return
    inner = kinds.unbox(current, "dict")
    k = kinds.coerce(key, ty.key) if isinstance(ty, DictT) else key.expr
    raise_unless(lw, Op("in", (k, domain(inner))), "KeyError")
    lw.store(holder, Val(call("Without", inner, k), ty), root, group)


def del_slice(lw: Lowerer, holder: Value, node: ast.Slice) -> None:
    """``del holder[a:b]``."""
    if not isinstance(holder, Place) or node.step is not None:
        lw.approximate("del of a slice", "no effect")
        return
    group = lw.graph.group()
    root, current = lw.fetch(holder, group)
    ty = usable(lw, current)
    if not isinstance(ty, SeqT):
        return
    seq = kinds.unbox(current, "seq")
    low, high = slice_ends(lw, seq, node)
    if (low, high) == (Lit(1), call("Len", seq)):
        lw.store(holder, Val(EMPTY, ty), root, group)
        return
    front = call("SubSeq", seq, Lit(1), call("Min", Op("-", (low, Lit(1))), call("Len", seq)))
    rest = call("SubSeq", seq, call("Max", low, Op("+", (high, Lit(1)))), call("Len", seq))
    if low == Lit(1):
        lw.store(holder, Val(rest, ty), root, group)
    elif high == call("Len", seq):
        lw.store(holder, Val(front, ty), root, group)
    else:
        lw.store(holder, Val(Op("concat", (front, rest)), ty), root, group)


def method(lw: Lowerer, owner: Val | Place, name: str, args: list[Val], kwargs: dict[str, Val]) -> Value | None:
    """A method of a list, deque, dict or set; None where the container has no such method here."""
    group = lw.graph.group()
    if isinstance(owner, Place):
        root, current = lw.fetch(owner, group)
    else:
        root = current = owner
    match usable(lw, current, "AttributeError"):
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
            still_there(self.lw, owner, self.root, lambda: self.lw.store(owner, Val(expr, ty), self.root, self.group))

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
            case SetT():
                self.declare(SetT(value.ty))
        return kinds.coerce(value, self.item) if not isinstance(self.item, NeverT) else value.expr

    def declare(self, ty: Ty) -> None:
        """Values of this type arrive in the container."""
        if not isinstance(self.owner, Place):
            return
        base = self.lw.place_type(Place(self.owner.root, (), self.owner.ty))
        outers: list[Ty] = []
        for _ in self.owner.path:
            base = container_of(base)
            outers.append(base)
            base = base.value if isinstance(base, DictT) else base.item if isinstance(base, SeqT) else NeverT()
        for outer in reversed(outers):
            ty = SeqT(ty) if isinstance(outer, SeqT) else DictT(outer.key if isinstance(outer, DictT) else NeverT(), ty)
        root = self.owner.root
        self.lw.declare(root if root.startswith("l.") else f"v.{root}", ty)

    def key(self, value: Val) -> Expr:
        """A key as the dict holds it."""
        assert isinstance(self.now.ty, DictT)
        _same_domain(self.lw, value, self.now.ty.key)
        if isinstance(self.now.ty.key, NeverT) or not _comparable(value.ty, self.now.ty.key):
            return value.expr
        return kinds.coerce(value, self.now.ty.key)

    def has_key(self, value: Val) -> Expr:
        """Whether the dict has the key."""
        assert isinstance(self.now.ty, DictT)
        if not _comparable(value.ty, self.now.ty.key):
            return FALSE
        return Op("in", (self.key(value), domain(self.e)))


_NOTHING = Val(NONE, NoneT())


def _append(ch: Change, args: list[Val]) -> Value:
    ch.grows(call("Append", ch.e, ch.fit(args[0])))
    return _NOTHING


def _appendleft(ch: Change, args: list[Val]) -> Value:
    ch.grows(Op("concat", (Op("tuple", (ch.fit(args[0]),)), ch.e)), drop_last=True)
    return _NOTHING


def _pop(ch: Change, args: list[Val]) -> Value:
    raise_unless(ch.lw, neg(eq(ch.e, EMPTY)), "IndexError")
    if args and args[0].expr == Lit(0):
        return _take_first(ch)
    if args and args[0].expr != Lit(-1):
        from specgen.lower.exprs import number

        at = index(ch.e, number(ch.lw, args[0]))
        raise_unless(ch.lw, Op("in", (at, domain(ch.e))), "IndexError")
        ch.becomes(call("RemoveAt", ch.e, at), ch.now.ty)
        return Val(apply(ch.e, at), ch.item)
    ch.becomes(call("Front", ch.e), ch.now.ty)
    return Val(call("Last", ch.e), ch.item)


def _popleft(ch: Change, args: list[Val]) -> Value:
    raise_unless(ch.lw, neg(eq(ch.e, EMPTY)), "IndexError")
    return _take_first(ch)


def _take_first(ch: Change) -> Value:
    ch.becomes(call("Tail", ch.e), ch.now.ty)
    return Val(call("Head", ch.e), ch.item)


def _list_remove(ch: Change, args: list[Val]) -> Value:
    x = ch.fit(args[0])
    there = Op("in", (x, call("Items", ch.e))) if _comparable(args[0].ty, ch.item) else FALSE
    raise_unless(ch.lw, there, "ValueError")
    ch.becomes(call("RemoveAt", ch.e, call("FirstIndex", ch.e, x)), ch.now.ty)
    return _NOTHING


def _insert(ch: Change, args: list[Val]) -> Value:
    from specgen.lower.exprs import number

    x = ch.fit(args[1])
    at = number(ch.lw, args[0])
    if at == Lit(0):
        return _appendleft(ch, [args[1]])
    low = call("Min", at, call("Len", ch.e))
    if not not_negative(at):
        low = call("Max", Op("-", (call("Min", index(ch.e, at), Op("+", (call("Len", ch.e), Lit(1)))), Lit(1))), Lit(0))
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
    other = container_of(args[0].ty)
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
    other = container_of(args[0].ty)
    if not isinstance(other, SeqT):
        return ch.lw.approximate("extendleft", "no effect")
    ch.declare(other)
    found = kinds.coerce(Val(kinds.unbox(args[0], "seq"), other), ch.now.ty)
    ch.grows(Op("concat", (backwards(found), ch.e)), drop_last=True)
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
    ch.becomes(backwards(ch.e), ch.now.ty)
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
    raise_unless(ch.lw, Op("in", (x, call("Items", ch.e))), "ValueError")
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
    if not _comparable(key.ty, ch.now.ty.key if isinstance(ch.now.ty, DictT) else NeverT()):
        return default
    return Place(ch.owner.root, (*ch.owner.path, ch.key(key)), join(ch.item, default.ty), default=default)


def _dict_pop(ch: Change, args: list[Val]) -> Value:
    test = ch.has_key(args[0])
    if len(args) == 1:
        raise_unless(ch.lw, test, "KeyError")
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
    if args and isinstance(container_of(args[0].ty), DictT):
        ch.declare(container_of(args[0].ty))
        other = kinds.coerce(Val(kinds.unbox(args[0], "dict"), container_of(args[0].ty)), ch.now.ty)
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
    raise_unless(lw, neg(eq(ch.e, EMPTY)), "KeyError")
    lw.approximate("popitem", "any entry may be the one taken: the order of insertion is not kept")
    name = lw.temp("taken")
    lw.active.add(name)
    lw.declare(f"l.{name}", ch.now.ty.key)
    lw.graph.choose(Local(name), domain(ch.e), "any entry")
    taken = Local(name)
    ch.becomes(call("Without", ch.e, taken), ch.now.ty)
    return Val(Op("tuple", (taken, apply(ch.e, taken))), TupleT((ch.now.ty.key, ch.now.ty.value)))


def _move_to_end(ch: Change, args: list[Val]) -> Value:
    raise_unless(ch.lw, ch.has_key(args[0]), "KeyError")
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
    raise_unless(ch.lw, Op("in", (x, ch.e)) if _comparable(args[0].ty, ch.item) else FALSE, "KeyError")
    ch.becomes(Op("diff", (ch.e, Op("set", (x,)))), ch.now.ty)
    return _NOTHING


def _set_pop(ch: Change, args: list[Val]) -> Value:
    from specgen.expr import Local

    raise_unless(ch.lw, neg(eq(ch.e, Op("set"))), "KeyError")
    name = ch.lw.temp("taken")
    ch.lw.active.add(name)
    ch.lw.declare(f"l.{name}", ch.item)
    ch.lw.graph.choose(Local(name), ch.e, "unordered")
    ch.becomes(Op("diff", (ch.e, Op("set", (Local(name),)))), ch.now.ty)
    return Val(Local(name), ch.item)


def _set_update(ch: Change, args: list[Val]) -> Value:
    for arg in args:
        found = container_of(arg.ty)
        item = item_type(arg.ty)
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
        if len(args) != 1 or isinstance(item_type(args[0].ty), NeverT):
            return ch.now if not in_place else _NOTHING
        found, item = container_of(args[0].ty), item_type(args[0].ty)
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
        found = container_of(args[0].ty)
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

__all__ = [
    "TRUE",
    "BoolT",
    "Edge",
    "conj",
    "contains",
    "del_item",
    "item",
    "method",
    "set_item",
    "size",
    "slice_",
    "subscript",
]
