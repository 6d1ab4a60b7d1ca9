"""Arguments of public operations: their types and the sets that their values are chosen from."""

from __future__ import annotations

import ast

from specgen.expr import Arg, Bound, Lit, Op
from specgen.lower.formulas import NONE, const
from specgen.lower.lowerer import Lowerer
from specgen.lower.values import Val
from specgen.syntax import dotted
from specgen.value_types import AtomT, BoolT, IntT, NeverT, NoneT, SeqT, StrT, Ty, join, members


def annotation_type(lw: Lowerer, node: ast.expr | None, domain: str) -> Ty:
    """The type that an annotation promises, or NeverT where it says nothing usable."""
    if node is None:
        return NeverT()
    if isinstance(node, ast.Constant):
        if node.value is None:
            return NoneT()
        if isinstance(node.value, str):
            try:
                return annotation_type(lw, ast.parse(node.value, mode="eval").body, domain)
            except (SyntaxError, ValueError, RecursionError):
                return NeverT()
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return join(annotation_type(lw, node.left, domain), annotation_type(lw, node.right, domain))
    name = dotted(node).rpartition(".")[2]
    match name:
        case "int" | "float" | "Decimal":
            return IntT()
        case "bool":
            return BoolT()
        case "str" | "bytes" | "UUID" | "Hashable" | "datetime":
            return AtomT(lw.shared.domain(domain))
        case "None":
            return NoneT()
        case "Optional" if isinstance(node, ast.Subscript):
            return join(annotation_type(lw, node.slice, domain), NoneT())
    return NeverT()


def domain_name(name: str) -> str:
    """The constant set for opaque values of a parameter: ``visitor`` -> ``Visitors``."""
    stem = "".join(part[:1].upper() + part[1:] for part in name.strip("_").split("_") if part)
    if stem.endswith("s"):
        return f"{stem}es" if stem.endswith("ss") else stem
    if stem.endswith("y") and stem[-2:-1] not in "aeiou":
        return f"{stem[:-1]}ies"
    return f"{stem}es" if stem.endswith(("x", "z", "ch", "sh")) else f"{stem}s"


def parameter(lw: Lowerer, owner: str, arg: ast.arg, default: ast.expr | None) -> tuple[Val, Ty, object]:
    """Type and domain of a parameter of a public operation: (value, type, domain expression)."""
    from specgen.lower.exprs import lower as lower_expr
    from specgen.lower.exprs import rv

    origin = f"{owner}.{arg.arg}"
    expr = Arg(arg.arg.strip("_") or "it")
    dom = lw.shared.domain(domain_name(arg.arg))
    ty = annotation_type(lw, arg.annotation, domain_name(arg.arg))
    # One name, one constant: what one operation needs of `ttl` all of them are given.
    wanted = lw.shared.demands.get(origin) or (lw.wanted_elsewhere(arg.arg) if arg.annotation is None else None)
    literals = lw.shared.literals.get(origin)
    if literals and default is None and not isinstance(ty, (IntT, BoolT)):
        values = sorted(literals) + ([] if len(literals) > 2 else ["other"])
        ty = StrT(frozenset(values))
        return Val(expr, ty, origin), ty, Op("set", tuple(Lit(v) for v in values))
    if (isinstance(default, ast.Constant) and default.value is None) or (default is not None and not _simple(default)):
        return Val(NONE, NoneT(), None), NoneT(), None
    if isinstance(ty, NeverT) or (wanted in {"int", "bool"} and not isinstance(ty, (IntT, BoolT))):
        known: dict[str, Ty] = {"int": IntT(), "bool": BoolT(), "seq": SeqT(AtomT(lw.shared.domain("Items_")))}
        ty = known.get(wanted or "", AtomT(dom))
    ty = next((m for m in sorted(members(ty), key=repr) if not isinstance(m, NoneT)), ty)
    if isinstance(default, ast.Constant):
        value = rv(lw, lower_expr(lw, default))
        if isinstance(default.value, bool):
            return Val(expr, BoolT(), origin), BoolT(), const("BOOLEAN")
        if isinstance(default.value, (int, float)):
            keep = default.value if isinstance(default.value, int) and 0 <= default.value <= 2 else 1
            if isinstance(default.value, float) or keep == 0:
                return Val(Lit(int(keep)), IntT(), None), IntT(), None
            lw.constants.setdefault(
                dom, (f"values of the argument `{arg.arg}`", (f"{{{keep}}}", f"{{{keep}, {keep + 1}}}"))
            )
            return Val(expr, IntT(), origin), IntT(), const(dom)
        if isinstance(default.value, str):
            return Val(value.expr, value.ty, None), value.ty, None
    match ty:
        case IntT():
            lw.constants.setdefault(dom, (f"values of the argument `{arg.arg}`", ("{1}", "{1, 2}")))
            return Val(expr, ty, origin), ty, const(dom)
        case BoolT():
            return Val(expr, ty, origin), ty, const("BOOLEAN")
        case SeqT(AtomT(items)):
            return Val(expr, ty, origin), ty, Op("map", (const(items), Op("tuple", (Bound("x"),))), ("x",))
        case AtomT(name):
            return Val(expr, ty, origin), ty, const(name)
    return Val(expr, AtomT(dom), origin), AtomT(dom), const(dom)


def _simple(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)
