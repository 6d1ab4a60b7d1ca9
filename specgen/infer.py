"""Types of expressions, as far as declarations tell: enough to know that a value is never None."""

from __future__ import annotations

from collections.abc import Callable

from specgen.expr import Arg, Expr, Lit, Local, NoneE, Op, Var
from specgen.folding import conj, disj, fold, negate
from specgen.ir import Operation, Program
from specgen.value_types import BoolT, DictT, IntT, NoneT, RecordT, SeqT, StrT, TupleT, Ty, join, members

_NUMBERS = frozenset({"+", "-", "*", "\\div", "%", "neg"})
_ITEM_OF = frozenset({"Head", "Last"})
_SAME_AS = frozenset({"Tail", "Front", "Append", "SubSeq", "SelectSeq", "RemoveAt", "Put", "Without"})

Infer = Callable[[Expr], Ty | None]


def inference(program: Program, operation: Operation | None = None) -> Infer:
    """A function from an expression, over the state and the operation's arguments, to its type or None."""
    variables = {v.name: v.ty for v in program.vars}
    arguments = {p.name: p.ty for p in operation.params} if operation else {}

    def infer(e: Expr) -> Ty | None:
        match e:
            case Lit(bool()):
                return BoolT()
            case Lit(int()):
                return IntT()
            case Lit(str() as text):
                return StrT(frozenset({text}))
            case NoneE():
                return NoneT()
            case Var(name):
                return variables.get(name)
            case Local(name):
                return program.locals.get(name)
            case Arg(name):
                return arguments.get(name)
            case Op(name, _, _) if name in _NUMBERS:
                return IntT()
            case Op("apply", (f, _), _):
                return _item(infer(f))
            case Op("field", (r,), (name,)):
                found = infer(r)
                return dict(found.fields).get(name) if isinstance(found, RecordT) else None
            case Op("except", (f, _, _), _):
                return infer(f)
            case Op("if", (_, a, b), _):
                x, y = infer(a), infer(b)
                return join(x, y) if x is not None and y is not None else None
            case Op("call", args, (name,)) if name in _ITEM_OF:
                return _item(infer(args[0]))
            case Op("call", args, (name,)) if name in _SAME_AS:
                return infer(args[0])
            case Op("call", _, (name,)) if name in {"Len", "Cardinality"}:
                return IntT()
        return None

    return infer


def _item(ty: Ty | None) -> Ty | None:
    match ty:
        case DictT(_, value):
            return value
        case SeqT(item):
            return item
        case TupleT(items) if items:
            out: Ty = items[0]
            for other in items[1:]:
                out = join(out, other)
            return out
    return None


def never_none(e: Expr, infer: Infer) -> bool:
    """Whether the expression certainly has a value other than None."""
    ty = infer(e)
    return ty is not None and bool(members(ty)) and NoneT() not in members(ty)


def sharpen(e: Expr, infer: Infer) -> Expr:
    """The expression with comparisons against None decided and those of an IF moved into its condition."""
    if not isinstance(e, Op):
        return e
    args = tuple(sharpen(a, infer) for a in e.args)
    e2 = e if args == e.args else fold(Op(e.name, args, e.names))
    if isinstance(e2, Op) and e2.name in {"=", "#"}:
        equal = _equal(e2.args[0], e2.args[1], infer)
        return equal if e2.name == "=" else negate(equal)
    return e2


def _equal(a: Expr, b: Expr, infer: Infer) -> Expr:
    if (b == NoneE() and never_none(a, infer)) or (a == NoneE() and never_none(b, infer)):
        return Lit(False)
    for x, y in ((a, b), (b, a)):
        if isinstance(x, Op) and x.name == "if" and not isinstance(y, Op):
            cond, yes, no = x.args
            first, second = _equal(yes, y, infer), _equal(no, y, infer)
            match first, second:
                case _, Lit(False):
                    return conj(cond, first)
                case _, Lit(True):
                    return disj(negate(cond), first)
                case Lit(False), _:
                    return conj(negate(cond), second)
                case Lit(True), _:
                    return disj(cond, second)
    return fold(Op("=", (a, b)))
