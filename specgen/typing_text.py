"""Types as TLA+ text: the set of a type where TLC can test membership in it, else a predicate.

TLC stops at comparisons of values of two kinds (1 = "a"), but compares a model value or a record of other
fields with anything; unions therefore put ``None`` and constant sets first and box every other kind.
"""

from __future__ import annotations

from specgen.render import quoted
from specgen.value_types import (
    AtomT,
    BoolT,
    CallerT,
    DictT,
    IntT,
    NeverT,
    NoneT,
    RaisedT,
    RecordT,
    RefT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    UnionT,
    boxed_kinds,
    kind_of,
    members,
)


def type_set(ty: Ty) -> str | None:
    """The type as a set that TLC can test membership in; None where a predicate must do (dicts in it)."""
    match ty:
        case NeverT() | NoneT():
            return "{None}"
        case IntT():
            return "Int"
        case BoolT():
            return "BOOLEAN"
        case StrT(values) | RaisedT(values):
            return "{" + ", ".join(map(quoted, sorted(values))) + "}" if values else "STRING"
        case AtomT(domain):
            return domain
        case CallerT():
            return "Everyone"
        case RefT():
            return "(Everyone \\X Nat)"
        case SeqT(item):
            inner = type_set(item)
            return None if inner is None else "{<< >>}" if isinstance(item, NeverT) else f"Seq({bare(inner)})"
        case SetT(item):
            inner = type_set(item)
            return None if inner is None else "{{}}" if isinstance(item, NeverT) else f"SUBSET {inner}"
        case TupleT(items):
            return _tuple_set(items)
        case RecordT(_, fields):
            parts = [(n, type_set(t)) for n, t in fields]
            if any(t is None for _, t in parts):
                return None
            return "[" + ", ".join(f"{n} : {bare(t or '')}" for n, t in parts) + "]"
        case UnionT():
            return _union_set(ty)
    return None


def _tuple_set(items: tuple[Ty, ...]) -> str | None:
    inner = [type_set(i) for i in items]
    if any(i is None for i in inner):
        return None
    if not inner:
        return "{<< >>}"
    if len(inner) == 1:
        return f"Seq({bare(inner[0] or '')})"
    parts = [
        f"({i})" if i and (i.startswith("SUBSET") or " \\cup " in bare(i)) and not i.startswith("(") else i or ""
        for i in inner
    ]
    return "(" + " \\X ".join(parts) + ")"


def _union_set(ty: UnionT) -> str | None:
    boxed = boxed_kinds(ty)
    parts: list[str] = []
    for member in _ordered(ty):
        inner = type_set(member)
        if inner is None:
            return None
        kind = kind_of(member)
        if kind is not None and kind in boxed:
            parts.append(f"[{kind} : {bare(inner)}]")
        else:
            parts.append(inner)
    return parts[0] if len(parts) == 1 else "(" + " \\cup ".join(parts) + ")"


def _ordered(ty: Ty) -> list[Ty]:
    """Members of a union, model values first."""
    return sorted(members(ty), key=lambda m: (kind_of(m) is not None, not isinstance(m, NoneT), repr(m)))


def bare(text: str) -> str:
    """The text without parentheses around the whole of it."""
    if not text.startswith("(") or not text.endswith(")"):
        return text
    depth = 0
    for i, ch in enumerate(text):
        depth += (ch == "(") - (ch == ")")
        if depth == 0 and i < len(text) - 1:
            return text
    return text[1:-1]


def membership(value: str, ty: Ty, taken: frozenset[str] = frozenset(), depth: int = 0) -> str:
    """TLA+ text saying that ``value`` has the type, in a form that TLC evaluates for any value the code gives it.

    Quantified variables get names that are not ``taken``. ``IsDict`` is an operator of the module's frame.
    """
    whole = type_set(ty)
    if whole is not None:
        return f"{value} \\in {bare(whole)}"
    name = "kmnpqrstuv"[depth % 10] + "_" * (depth // 10)
    while name in taken:
        name += "_"
    match ty:
        case DictT(key, item):
            keys, values = type_set(key), type_set(item)
            if keys is not None and values is not None:
                return f"IsDict({value}, {bare(keys)}, {bare(values)})"
            domain = (
                f"DOMAIN {value} \\subseteq {keys}"
                if keys is not None
                else f"\\A {name} \\in DOMAIN {value} : {membership(name, key, taken, depth + 1)}"
            )
            each = membership(f"{value}[{name}]", item, taken, depth + 1)
            if keys is None:
                domain = f"({domain})"
            return f"{domain} /\\ \\A {name} \\in DOMAIN {value} : {each}"
        case SeqT(item):
            return f"\\A {name} \\in DOMAIN {value} : {membership(f'{value}[{name}]', item, taken, depth + 1)}"
        case SetT(item):
            return f"\\A {name} \\in {value} : {membership(name, item, taken, depth + 1)}"
        case TupleT(items):
            return " /\\ ".join(f"({membership(f'{value}[{i}]', t, taken, depth + 1)})" for i, t in enumerate(items, 1))
        case RecordT(_, fields):
            return " /\\ ".join(f"({membership(f'{value}.{n}', t, taken, depth + 1)})" for n, t in fields)
        case UnionT():
            return _union_membership(value, ty, taken, depth)
    return "TRUE"


def _union_membership(value: str, ty: UnionT, taken: frozenset[str], depth: int) -> str:
    boxed = boxed_kinds(ty)
    parts: list[str] = []
    for member in _ordered(ty):
        kind = kind_of(member)
        if kind is not None and kind in boxed and type_set(member) is None:
            parts.append(
                f'(DOMAIN {value} = {{"{kind}"}} /\\ {membership(f"{value}.{kind}", member, taken, depth + 1)})'
            )
        elif kind is not None and kind in boxed:
            parts.append(f"{value} \\in [{kind} : {bare(type_set(member) or '')}]")
        elif kind is not None:
            parts.append(f"({membership(value, member, taken, depth + 1)})")
        else:
            parts.append(f"{value} \\in {type_set(member)}" if not isinstance(member, NoneT) else f"{value} = None")
    return " \\/ ".join(parts)


def has_dict(ty: Ty) -> bool:
    """Whether values of the type may hold a dict."""
    match ty:
        case DictT():
            return True
        case SeqT(item) | SetT(item):
            return has_dict(item)
        case TupleT(items):
            return any(map(has_dict, items))
        case RecordT(_, fields):
            return any(has_dict(t) for _, t in fields)
        case UnionT(inner):
            return any(map(has_dict, inner))
    return False
