"""A lowered object put together as a Program: variables, constants, names."""

from __future__ import annotations

from specgen.expr import Const, Expr, Lit, Local, Op, Var
from specgen.ir import CodeAssertion, ConstDecl, EnvAction, Program, VarDecl
from specgen.lower import program as front
from specgen.lower.formulas import NONE, const
from specgen.lower.heap_view import views
from specgen.lower.lowerer import Lowerer
from specgen.lower.parameters import domain_name
from specgen.lower.state import ANYTHING, Shared
from specgen.sources import Sources
from specgen.types import Target
from specgen.value_types import AtomT, DictT, RecordT, SeqT, SetT, TupleT, Ty, members


def assemble(sources: Sources, target: Target, shared: Shared, made: front.Made) -> Program:
    """The program of what was lowered. Raises NothingToModel."""
    lw = made.lw
    name = target.cls or target.path.rpartition("/")[2].removesuffix(".py")
    if not made.operations:
        raise front.NothingToModel(f"{name}: none of its operations could be modelled")
    program = Program(_module_name(name), f"{name} in {target.path}", target.mode)
    program.operations = made.operations
    _keep_reachable(program, lw)
    used = {a.var for n in program.nodes.values() for a in n.accesses} | {
        v for i in made.invariants for v in _vars_in(i.expr)
    }
    if not used:
        raise front.NothingToModel(f"{name}: its operations touch no state that it keeps")
    program.locals = {k[2:]: shared.canonical(t) for k, t in shared.types.items() if k.startswith("l.")}
    program.result_ty = lw.type_of("r")
    for var, info in lw.vars.items():
        if var not in used:
            continue
        init = _closed(_first(var, lw, made), lw, made, used)
        ty = lw.var_type(var)
        program.vars.append(
            VarDecl(var, ty, init, info.comment, info.source, observable=info.observable, lock=info.lock)
        )
    views(program, lw)
    if "clock" in used:
        program.env.append(
            EnvAction(
                "Tick",
                "Time passes.",
                Op("<", (Var("clock"), const("MaxClock"))),
                (("clock", Op("+", (Var("clock"), Lit(1)))),),
            )
        )
        lw.constants["MaxClock"] = ("how far the clock goes", ("1", "2"))
    program.invariants = made.invariants
    program.code_assertions = [
        CodeAssertion(f"Assertion_{span.line}", text, failure, span)
        for text, failure, span in lw.code_assertions.values()
    ]
    program.abstractions = list(lw.abstractions.values())
    program.assumptions = list(lw.assumptions.values())
    program.sources = {m.path: m.lines for m in sources.modules.values()}
    _constants(program, lw)
    return program


def _first(var: str, lw: Lowerer, made: front.Made) -> Expr:
    """What a variable begins with: what the constructor made of it, where nothing else is fixed."""
    info = lw.vars.get(var)
    fixed = info.init if info is not None and var not in lw.heap.values() else None
    if fixed is not None:
        return fixed
    return made.inits.get(var, NONE if info is None or info.init is None else info.init)


def _closed(e: Expr, lw: Lowerer, made: front.Made, used: set[str], depth: int = 0) -> Expr:
    """A first value in which variables that the specification leaves out are replaced by their own first values."""
    if isinstance(e, Var) and e.name not in used and depth < 8:
        return _closed(_first(e.name, lw, made), lw, made, used, depth + 1)
    if isinstance(e, Op):
        return Op(e.name, tuple(_closed(a, lw, made, used, depth) for a in e.args), e.names)
    return e


def _module_name(name: str) -> str:
    text = (
        "".join(ch for ch in name.title().replace("_", "") if ch.isalnum()) if "_" in name or name.islower() else name
    )
    text = "".join(ch for ch in text if ch.isalnum() and ch.isascii()) or "Feature"
    taken = {
        "Integers",
        "Naturals",
        "Sequences",
        "FiniteSets",
        "Bags",
        "Reals",
        "TLC",
        "Toolbox",
        "Randomization",
        "Json",
        "Relation",
    }
    return f"{text}Object" if text in taken or not text[0].isalpha() else text


def _keep_reachable(program: Program, lw: Lowerer) -> None:
    seen: set[int] = set()
    todo = [o.entry for o in program.operations]
    while todo:
        at = todo.pop()
        if at in seen or at < 0:
            continue
        seen.add(at)
        node = lw.graph.nodes[at]
        todo += [node.next, node.other, *(a.target for a in node.alternatives)]
    program.nodes = {i: lw.graph.nodes[i] for i in sorted(seen)}


def _vars_in(e: Expr) -> set[str]:
    if isinstance(e, Var):
        return {e.name}
    return {v for a in e.args for v in _vars_in(a)} if isinstance(e, Op) else set()


def _constants(program: Program, lw: Lowerer) -> None:
    sets: set[str] = set()
    mentioned: set[str] = set()

    def look(e: Expr | None) -> None:
        if isinstance(e, Const):
            mentioned.add(e.name)
        elif isinstance(e, Op):
            for a in e.args:
                look(a)

    def look_type(ty: Ty) -> None:
        for member in members(ty):
            match member:
                case AtomT(name):
                    sets.add(name)
                case SeqT(item) | SetT(item):
                    look_type(item)
                case DictT(key, value):
                    look_type(key)
                    look_type(value)
                case TupleT(items):
                    for t in items:
                        look_type(t)
                case RecordT(_, fields):
                    for _, t in fields:
                        look_type(t)

    for node in program.nodes.values():
        look(node.value)
        look(node.cond)
    for op in program.operations:
        for p in op.params:
            look(p.domain)
            look_type(p.ty)
    for var in program.vars:
        look(var.init)
        look_type(var.ty)
    for inv in program.invariants:
        look(inv.expr)
    for env in program.env:
        look(env.guard)
    for name, ty in program.locals.items():
        if any(isinstance(n.target, Local) and n.target.name == name for n in program.nodes.values()):
            look_type(ty)
    look_type(program.result_ty)
    keys = {d for v in program.vars for d in _key_domains(v.ty)}
    arguments = {domain_name(p.name): p.name for op in program.operations for p in op.params}
    stems: set[str] = {"c"}
    for name in sorted(sets):
        comment = (
            "values that come from code not modelled here"
            if name == ANYTHING
            else f"values of the argument `{arguments.get(name) or _argument(name)}`"
        )
        stem = _stem(name, stems)
        stems.add(stem)
        size = (1, 1) if name == ANYTHING else (1, 2) if name in keys else (2, 2)
        program.consts.append(ConstDecl(name, comment, stem=stem, size=size))
    for name, (comment, values) in sorted(lw.constants.items()):
        if name in mentioned and name not in sets:
            program.consts.append(ConstDecl(name, comment, value=values))


def _key_domains(ty: Ty) -> set[str]:
    out: set[str] = set()
    for member in members(ty):
        if isinstance(member, DictT):
            out |= {m.domain for m in members(member.key) if isinstance(m, AtomT)}
            if isinstance(member.key, TupleT):
                out |= {m.domain for t in member.key.items for m in members(t) if isinstance(m, AtomT)}
            out |= _key_domains(member.value)
        elif isinstance(member, SetT):
            out |= {m.domain for m in members(member.item) if isinstance(m, AtomT)}
    return out


def _argument(domain: str) -> str:
    return domain[:1].lower() + domain[1:].removesuffix("s")


def _stem(name: str, taken: set[str]) -> str:
    low = name.lower().removesuffix("_")
    for length in range(1, len(low) + 1):
        if low[:length] not in taken and low[:length] != "c":
            return low[:length]
    return low + "_"
