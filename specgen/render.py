"""Expressions as TLA+ text: the fewest parentheses that keep the meaning, broken over lines where they are long."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from specgen.blocks import WIDTH, Block, hang, indented, wrapped
from specgen.expr import Arg, Bound, Const, Expr, Lit, Local, Me, NoneE, Op, Var
from specgen.rewrite import apart
from specgen.words import KEYWORDS

_PRECEDENCE = {
    "and": 3, "or": 3, "not": 4,
    "=": 5, "#": 5, "<": 5, "<=": 5, ">": 5, ">=": 5, "in": 5, "notin": 5, "subseteq": 5,
    "union": 8, "inter": 8, "diff": 8, "DOMAIN": 9, "SUBSET": 9, "UNION": 9, "..": 9,
    "+": 10, "%": 10, "-": 11, "neg": 12, "*": 13, "\\div": 13, "concat": 13,
    "apply": 16, "field": 17,
}  # fmt: skip
_SIGNS = {
    "and": "/\\", "or": "\\/", "in": "\\in", "notin": "\\notin", "subseteq": "\\subseteq", "union": "\\cup",
    "inter": "\\cap", "diff": "\\", "concat": "\\o",
}  # fmt: skip
_ASSOCIATIVE = frozenset({"and", "or", "union", "inter", "+", "*", "concat"})
_INFIX = frozenset(
    [
        "and", "or", "=", "#", "<", "<=", ">", ">=", "in", "notin", "subseteq", "union", "inter", "diff", "..", "+",
        "%", "-", "*", "\\div", "concat",
    ]
)  # fmt: skip
_OPEN = frozenset({"if", "exists", "forall", "choose", "lambda"})
_ATOM = 20


@dataclass(frozen=True, slots=True)
class Renderer:
    """Prints expressions.

    ``me`` is what stands for the caller, ``call`` for the variable of the calls; ``operators`` renames helpers.
    """

    me: str = "c"
    width: int = WIDTH
    operators: Mapping[str, str] = field(default_factory=dict)
    call: str = "call"

    def text(self, e: Expr) -> str:
        """The expression on one line."""
        match e:
            case Lit(bool() as value):
                return "TRUE" if value else "FALSE"
            case Lit(int() as value):
                return str(value)
            case Lit(value):
                return quoted(str(value))
            case NoneE():
                return "None"
            case Me():
                return self.me
            case Arg(name):
                return f"{self.call}[{self.me}].{name}"
            case Local(name):
                return f"local[{self.me}].{name}"
            case Const(name) | Var(name) | Bound(name):
                return name
            case Op():
                return self._op(e)
        raise TypeError(e)

    def _op(self, op: Op) -> str:
        e = apart(op)
        assert isinstance(e, Op)
        args, names = e.args, e.names
        match e.name:
            case "not" | "neg":
                return ("~" if e.name == "not" else "-") + self._operand(args[0], 9 if e.name == "not" else 12)
            case "DOMAIN" | "SUBSET" | "UNION":
                return f"{e.name} {self._operand(args[0], 16)}"
            case "apply":
                return f"{self._operand(args[0], 16)}[{self.text(args[1])}]"
            case "field":
                return f"{self._operand(args[0], 16)}.{names[0]}"
            case "except" | "except_field":
                return self._except(e)
            case "tuple":
                return "<<" + ", ".join(map(self.text, args)) + ">>"
            case "set":
                return "{" + ", ".join(map(self.text, args)) + "}"
            case "record":
                return "[" + ", ".join(f"{n} |-> {self.text(a)}" for n, a in zip(names, args, strict=True)) + "]"
            case "if":
                c, a, b = map(self.text, args)
                return f"IF {c} THEN {a} ELSE {b}"
            case "filter":
                return f"{{{names[0]} \\in {self.text(args[0])} : {self.text(args[1])}}}"
            case "map":
                return f"{{{self.text(args[1])} : {names[0]} \\in {self.text(args[0])}}}"
            case "function":
                return f"[{names[0]} \\in {self.text(args[0])} |-> {self.text(args[1])}]"
            case "exists" | "forall" | "choose":
                return f"{_quantifier(e)} {names[0]} \\in {self._operand(args[0], 5)} : {self.text(args[1])}"
            case "lambda":
                return f"LAMBDA {', '.join(names)} : {self.text(args[0])}"
            case "call":
                if (entries := _entries(e)) is not None:
                    return "[" + ", ".join(f"{k} |-> {self.text(v)}" for k, v in entries.items()) + "]"
                name = self.operators.get(names[0], names[0])
                return name + (f"({', '.join(map(self.text, args))})" if args else "")
        return self._infix(e)

    def _infix(self, e: Op) -> str:
        if e.name not in _INFIX:
            raise ValueError(f"no TLA+ form for the operator {e.name!r}")
        sign = _SIGNS.get(e.name, e.name)
        sep = sign if e.name == ".." else f" {sign} "
        return sep.join(self._side(e, a, i == 0) for i, a in enumerate(e.args))

    def _side(self, parent: Op, child: Expr, leftmost: bool) -> str:
        text = self.text(child)
        mine, theirs = _PRECEDENCE[parent.name], _precedence(child)
        if isinstance(child, Op) and (child.name in _OPEN or (parent.name == "%" and child.name == "-")):
            return f"({text})"  # TLA+ gives % and - no order
        if theirs > mine or (
            theirs == mine and isinstance(child, Op) and child.name == parent.name and _flows(parent, leftmost)
        ):
            return text
        return f"({text})"

    def _operand(self, e: Expr, at_least: int) -> str:
        text = self.text(e)
        return text if _precedence(e) >= at_least else f"({text})"

    def _except(self, e: Op) -> str:
        base, changes = _changes(e)
        return f"[{self.text(base)} EXCEPT " + ", ".join(f"!{self._path(p)} = {self.text(v)}" for p, v in changes) + "]"

    def _path(self, path: Sequence[Expr | str]) -> str:
        return "".join(f".{p}" if isinstance(p, str) else f"[{self.text(p)}]" for p in path)

    # --- over several lines ---------------------------------------------------------------------

    def block(self, e: Expr, indent: int = 0) -> Block:
        """The expression over as many lines as it takes, for a place ``indent`` columns in."""
        e = apart(e)
        flat = self.text(e)
        if len(flat) + indent <= self.width or not isinstance(e, Op) or not e.args:
            return [flat]
        match e.name:
            case "and" | "or":
                sign = _SIGNS[e.name]
                return [line for a in e.args for line in hang(f"{sign} ", self.block(a, indent + 3))]
            case "if":
                c, a, b = e.args
                return [
                    *hang("IF ", self.block(c, indent + 3)),
                    *hang("THEN ", self.block(a, indent + 5)),
                    *hang("ELSE ", self.block(b, indent + 5)),
                ]
            case "exists" | "forall" | "choose":
                head = f"{_quantifier(e)} {e.names[0]} \\in {self._operand(e.args[0], 5)} :"
                return [head, *indented(self.block(e.args[1], indent + 4), 4)]
            case "except" | "except_field":
                base, changes = _changes(e)
                head = f"[{self.text(base)} EXCEPT "
                out: Block = []
                for i, (path, value) in enumerate(changes):
                    lead = (head if i == 0 else " " * len(head)) + f"!{self._path(path)} = "
                    lines = hang(lead, self.block(value, indent + len(lead) + 1))
                    lines[-1] += "," if i < len(changes) - 1 else "]"
                    out += lines
                return out
            case "record":
                return self._list(
                    "[",
                    [
                        hang(f"{n} |-> ", self.block(a, indent + len(n) + 7))
                        for n, a in zip(e.names, e.args, strict=True)
                    ],
                    "]",
                )
            case "tuple":
                return self._list("<<", [self.block(a, indent + 3) for a in e.args], ">>")
            case "set":
                return self._list("{", [self.block(a, indent + 2) for a in e.args], "}")
            case "function":
                head = f"[{e.names[0]} \\in {self.text(e.args[0])} |->"
                lines = [head, *indented(self.block(e.args[1], indent + 5), 4)]
                lines[-1] += "]"
                return lines
            case "filter":
                lines = [
                    f"{{{e.names[0]} \\in {self.text(e.args[0])} :",
                    *indented(self.block(e.args[1], indent + 5), 4),
                ]
                lines[-1] += "}"
                return lines
            case "call" if e.args:
                head = f"{self.operators.get(e.names[0], e.names[0])}("
                return self._list(head, [self.block(a, indent + len(head)) for a in e.args], ")")
            case "=" | "#" | "in" | "notin" | "union" | "concat":
                a, b = e.args
                sign = _SIGNS.get(e.name, e.name)
                first = self._side(e, a, True)
                rest = self.block(b, indent + len(sign) + 1)
                if isinstance(b, Op) and _precedence(b) <= _PRECEDENCE[e.name]:
                    rest = wrapped(rest)
                return [first, *indented(hang(f"{sign} ", rest), 4)]
        return [flat]

    def _list(self, head: str, items: list[Block], tail: str) -> Block:
        out: Block = []
        for i, item in enumerate(items):
            lines = hang(head if i == 0 else " " * len(head), item)
            lines[-1] += "," if i < len(items) - 1 else tail
            out += lines
        return out


def _entries(e: Op) -> dict[str, Expr] | None:
    """A dict written out with keys that can be field names, put together from the empty one; else None."""
    if e.names != ("Put",):
        return None
    d, key, value = e.args
    if (
        not isinstance(key, Lit)
        or not isinstance(key.value, str)
        or not re.fullmatch(r"[A-Za-z]\w*", key.value, re.ASCII)
    ):
        return None
    if key.value in KEYWORDS:
        return None
    before = {} if d == Op("tuple") else _entries(d) if isinstance(d, Op) and d.name == "call" else None
    return None if before is None else before | {key.value: value}


def _flows(parent: Op, leftmost: bool) -> bool:
    """Whether a child with the parent's own operator needs no parentheses on that side."""
    return parent.name in _ASSOCIATIVE or (leftmost and parent.name == "-")


def _precedence(e: Expr) -> int:
    if not isinstance(e, Op):
        return (
            12
            if isinstance(e, Lit) and not isinstance(e.value, bool) and isinstance(e.value, int) and e.value < 0
            else _ATOM
        )
    if e.name in _OPEN:
        return 0
    return _PRECEDENCE.get(e.name, _ATOM)


def _quantifier(e: Op) -> str:
    return {"exists": "\\E", "forall": "\\A", "choose": "CHOOSE"}[e.name]


def _changes(e: Op) -> tuple[Expr, list[tuple[list[Expr | str], Expr]]]:
    """The base of a chain of EXCEPTs and its changes; ``[f EXCEPT ![k] = [f[k] EXCEPT !.a = v]]`` is ``![k].a``."""
    changes: list[tuple[list[Expr | str], Expr]] = []
    base: Expr = e
    while isinstance(base, Op) and base.name in {"except", "except_field"}:
        step: Expr | str = base.args[1] if base.name == "except" else base.names[0]
        value = base.args[-1]
        inner = base.args[0]
        old = Op("apply", (inner, base.args[1])) if base.name == "except" else Op("field", (inner,), base.names)
        if isinstance(value, Op) and value.name in {"except", "except_field"}:
            deep, more = _changes(value)
            if deep == old:
                changes[:0] = [([step, *path], v) for path, v in more]
                base = inner
                continue
        changes.insert(0, ([step], value))
        base = inner
    return base, changes


def quoted(text: str) -> str:
    """A TLA+ string; characters that TLC can't print are replaced."""
    out = "".join(c if 32 <= ord(c) < 127 else "?" for c in text)
    return '"' + out.replace("\\", "\\\\").replace('"', '\\"') + '"'
