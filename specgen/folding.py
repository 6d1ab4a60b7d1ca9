"""The algebra of expressions: negation, and, or, and constants computed wherever that is certain."""

from __future__ import annotations

from specgen.expr import Expr, Lit, Me, NoneE, Op

TRUE = Lit(True)
FALSE = Lit(False)

_NEGATED = {
    "=": "#",
    "#": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "notin",
    "notin": "in",
}
_MODEL_VALUES = (NoneE, Me)
_NEVER_MODEL_VALUES = frozenset(
    {
        "tuple",
        "record",
        "set",
        "+",
        "-",
        "*",
        "\\div",
        "%",
        "concat",
        "union",
        "inter",
        "diff",
        "function",
        "except_field",
    }
)


def negate(expr: Expr) -> Expr:
    """The negation, pushed into comparisons."""
    match expr:
        case Lit(bool() as value):
            return Lit(not value)
        case Op("not", (inner,), _):
            return inner
        case Op(name, args, names) if name in _NEGATED:
            return Op(_NEGATED[name], args, names)
        case Op("and", args, _):
            return Op("or", tuple(negate(a) for a in args))
        case Op("or", args, _):
            return Op("and", tuple(negate(a) for a in args))
    return Op("not", (expr,))


def conj(*parts: Expr) -> Expr:
    """The conjunction, flat and folded."""
    return _junction("and", parts)


def disj(*parts: Expr) -> Expr:
    """The disjunction, flat and folded."""
    return _junction("or", parts)


def _junction(name: str, parts: tuple[Expr, ...]) -> Expr:
    unit, zero = (TRUE, FALSE) if name == "and" else (FALSE, TRUE)
    flat: list[Expr] = []
    for part in parts:
        inner = part.args if isinstance(part, Op) and part.name == name else (part,)
        for p in inner:
            if p == zero:
                return zero
            if p != unit and p not in flat:
                flat.append(p)
    if any(negate(p) in flat for p in flat):
        return zero
    if not flat:
        return unit
    return flat[0] if len(flat) == 1 else Op(name, tuple(flat))


def distinct(a: Expr, b: Expr) -> bool:
    """True where the two certainly have different values."""
    if isinstance(a, Lit) and isinstance(b, Lit):
        return a != b
    if isinstance(a, _MODEL_VALUES) and isinstance(b, _MODEL_VALUES):
        return type(a) is not type(b)
    for x, y in ((a, b), (b, a)):
        if isinstance(x, _MODEL_VALUES) and (
            isinstance(y, Lit) or (isinstance(y, Op) and (y.name in _NEVER_MODEL_VALUES or _is_append(y)))
        ):
            return True
        if x == Op("tuple") and isinstance(y, Op) and (_is_append(y) or (y.name == "tuple" and y.args)):
            return True
        if x == Op("set") and isinstance(y, Op) and y.name == "set" and y.args:
            return True
    if isinstance(a, Op) and isinstance(b, Op) and a.name == b.name:
        if a.name == "tuple" and len(a.args) == len(b.args):
            return any(distinct(x, y) for x, y in zip(a.args, b.args, strict=True))
        if a.name == "record" and a.names == b.names:
            return any(distinct(x, y) for x, y in zip(a.args, b.args, strict=True))
        if a.name == "record" and set(a.names) != set(b.names):
            return True
    return False


def _is_append(e: Op) -> bool:
    return e.name == "call" and e.names in {("Append",), ("Put",)}


def fold(e: Op) -> Expr:
    """The operator with constants computed and trivial cases undone; equal in value, never longer."""
    match e.name, e.args:
        case "not", (a,):
            return negate(a) if not (isinstance(a, Op) and a.name in {"and", "or"}) else e
        case "and" | "or", args:
            return _junction(e.name, args)
        case (("=" | "#" | ">" | ">=" | "<" | "<="), (Op("call", (s,), ("Len",)), Lit(int() as n))) if (
            holds := _says_empty(e.name, n)
        ) is not None:
            return fold(Op("=" if holds else "#", (s, Op("tuple"))))
        case (("=" | "#" | ">" | ">=" | "<" | "<="), (Op("call", (s,), ("Cardinality",)), Lit(int() as n))) if (
            holds := _says_empty(e.name, n)
        ) is not None:
            return fold(Op("=" if holds else "#", (s, Op("set"))))
        case "<", (Lit(int() as n), Op("call", _, ("Len" | "Cardinality",)) as size):
            return fold(Op(">", (size, Lit(n))))
        case "<=", (Lit(int() as n), Op("call", _, ("Len" | "Cardinality",)) as size):
            return fold(Op(">=", (size, Lit(n))))
        case "=", (a, b):
            return TRUE if a == b else FALSE if distinct(a, b) else e
        case "#", (a, b):
            return FALSE if a == b else TRUE if distinct(a, b) else e
        case ("in" | "notin") as name, (a, s):
            known = _member(a, s)
            return e if known is None else Lit(known == (name == "in"))
        case "if", (c, a, b):
            return _if(e, c, a, b)
        case _, (Lit(int() as x), Lit(int() as y)) if not isinstance(x, bool) and not isinstance(y, bool):
            return _arithmetic(e, x, y)
        case "+", (Lit(int() as n), a) if n == 0:
            return a
        case ("+" | "-") as name, (a, Lit(int() as n)):
            return _offset(name, a, n)
        case "neg", (Lit(int() as x),):
            return Lit(-x)
        case "apply", (f, k):
            return _apply(e, f, k)
        case "field", (r,):
            return _field(e, r)
        case "except", (Op("except", (f, k, _), _), k2, v) if k == k2:
            return Op("except", (f, k, v))
        case "DOMAIN", (Op("except", (f, _, _), _),):
            return fold(Op("DOMAIN", (f,)))
        case "union", (a, b) if Op("set") in (a, b):
            return b if a == Op("set") else a
        case "concat", (a, b) if Op("tuple") in (a, b):
            return b if a == Op("tuple") else a
        case "exists", (Op("set", (), _), _):
            return FALSE
        case "forall", (Op("set", (), _), _):
            return TRUE
        case "call", _:
            return _call(e)
    return e


def _says_empty(comparison: str, n: int) -> bool | None:
    """What a comparison of a size with ``n`` says: that it is 0, that it is not, or (None) something else."""
    if (comparison, n) in {("=", 0), ("<", 1), ("<=", 0)}:
        return True
    return False if (comparison, n) in {("#", 0), (">", 0), (">=", 1)} else None


def _if(e: Op, c: Expr, a: Expr, b: Expr) -> Expr:
    if isinstance(c, Lit):
        return a if c.value else b
    if a == b:
        return a
    if (a, b) == (TRUE, FALSE):
        return c
    if (a, b) == (FALSE, TRUE):
        return negate(c)
    return e


def _member(a: Expr, s: Expr) -> bool | None:
    match s:
        case Op("set", args, _):
            if a in args:
                return True
            if all(distinct(a, x) for x in args):
                return False
        case Op("union", (x, y), _):
            left, right = _member(a, x), _member(a, y)
            if left or right:
                return True
            if left is False and right is False:
                return False
        case Op("diff", (x, y), _):
            if _member(a, y) or _member(a, x) is False:
                return False
        case Op("DOMAIN", (Op("call", (_, k, _), ("Put",)),), _) if k == a:
            return True
        case Op("DOMAIN", (Op("call", (_, k), ("Without",)),), _) if k == a:
            return False
        case Op("DOMAIN", (Op("tuple", (), _),), _):
            return False
    return None


def _arithmetic(e: Op, x: int, y: int) -> Expr:
    match e.name:
        case "+":
            return Lit(x + y)
        case "-":
            return Lit(x - y)
        case "*":
            return Lit(x * y)
        case "<":
            return Lit(x < y)
        case "<=":
            return Lit(x <= y)
        case ">":
            return Lit(x > y)
        case ">=":
            return Lit(x >= y)
        case "\\div" if y > 0:
            return Lit(x // y)
        case "%" if y > 0:
            return Lit(x % y)
    return e


def _offset(name: str, a: Expr, n: int) -> Expr:
    total = n if name == "+" else -n
    if isinstance(a, Op) and a.name in {"+", "-"} and isinstance(a.args[1], Lit):
        inner = a.args[1].value
        if isinstance(inner, int) and not isinstance(inner, bool):
            return _offset("+", a.args[0], total + (inner if a.name == "+" else -inner))
    if total == 0:
        return a
    return Op("+", (a, Lit(total))) if total > 0 else Op("-", (a, Lit(-total)))


def _apply(e: Op, f: Expr, k: Expr) -> Expr:
    match f:
        case Op("except", (g, key, v), _) | Op("call", (g, key, v), ("Put",)):
            if key == k:
                return v
            if distinct(key, k):
                return fold(Op("apply", (g, k)))
        case Op("tuple", args, _) if isinstance(k, Lit) and isinstance(k.value, int) and 1 <= k.value <= len(args):
            return args[k.value - 1]
    return e


def _field(e: Op, r: Expr) -> Expr:
    name = e.names[0]
    match r:
        case Op("record", args, names) if name in names:
            return args[names.index(name)]
        case Op("except_field", (old, v), (changed,)):
            return v if changed == name else fold(Op("field", (old,), (name,)))
    return e


def _call(e: Op) -> Expr:
    match e.names, e.args:
        case ("Len",), (Op("tuple", args, _),):
            return Lit(len(args))
        case ("Len",), (Op("call", (s, _), ("Append",)),):
            return fold(Op("+", (fold(Op("call", (s,), ("Len",))), Lit(1))))
        case ("Head",), (Op("tuple", args, _),) if args:
            return args[0]
        case ("Tail",), (Op("tuple", args, _),) if args:
            return Op("tuple", args[1:])
        case ("Append",), (Op("tuple", args, _), x):
            return Op("tuple", (*args, x))
        case ("Put",), (Op("call", (d, k, _), ("Put",)), k2, v) if k == k2:
            return Op("call", (d, k, v), ("Put",))
        case ("Cardinality",), (Op("set", (), _),):
            return Lit(0)
    return e
