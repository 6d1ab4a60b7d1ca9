"""The whole front end: one shared object's source to a Program, lowered until types no longer change."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from specgen.expr import (
    Arg,
    AtomT,
    DictT,
    Expr,
    IntT,
    Lit,
    Local,
    NeverT,
    NoneT,
    Op,
    RecordT,
    RefT,
    SeqT,
    SetT,
    StrT,
    TupleT,
    Ty,
    Var,
    boxed_kinds,
    depth,
    members,
)
from specgen.ir import (
    CodeAssertion,
    ConstDecl,
    EnvAction,
    Operation,
    ParamDecl,
    Program,
    UserInvariant,
    VarDecl,
)
from specgen.lower import kinds, names
from specgen.lower.calls import inline, open_frame
from specgen.lower.contracts import is_store
from specgen.lower.exprs import condition, lower
from specgen.lower.heap_view import views
from specgen.lower.initial import initial_values
from specgen.lower.lowerer import ANYTHING, RESERVED, Boundary, Frame, Lowerer, Shared, TooLarge
from specgen.lower.objects import build
from specgen.lower.stmts import body
from specgen.lower.values import EMPTY, NONE, ClassV, Contract, External, Func, Obj, Val, Value, const
from specgen.source import Class, Function, Module, Sources, dotted, walk_shallow
from specgen.types import Target

ROUNDS = 60
#: Rounds after which types that still change are given up on.
PATIENCE = 12
#: How deep values may nest in each other before their type is taken to grow without end.
DEEPEST = 6
#: Rounds in which types are found again from nothing, to lose what only a first guess had let in.
NARROWING = 4


class NothingToModel(Exception):
    """The target has no shared state, or no operation that could be lowered; says which."""


class InvariantUnsupported(Exception):
    """An invariant of the user's is not an expression the compiler can read as a state predicate."""


@dataclass(frozen=True, slots=True)
class WrittenInvariant:
    """An invariant from the settings: a Python expression over ``self``."""

    name: str
    expr: str
    when: str = "always"


def lower_target(sources: Sources, target: Target, invariants: Iterable[WrittenInvariant] = ()) -> Program:
    """Lower a target. Raises NothingToModel and InvariantUnsupported."""
    shared = Shared()
    wanted = list(invariants)
    made: _Made | None = None
    # First as if nothing were approximated: what is not known yet would else count as any value, and stay one.
    hopeful, patience = True, PATIENCE
    for _ in range(ROUNDS):
        demands, domains, split = dict(shared.demands), dict(shared.domains), set(shared.split)
        literals = {k: set(v) for k, v in shared.literals.items()}
        made = _once(sources, target, shared, wanted, hopeful=hopeful)
        old = {k: shared.canonical(v) for k, v in shared.types.items()}
        new = {k: shared.canonical(v) for k, v in made.lw.new_types.items()}
        merged = {**old, **new}
        endless = {k for k, t in merged.items() if depth(t) > DEEPEST} - shared.opaque
        if endless:
            shared.opaque |= {k for k in endless if k.startswith("v.")} or endless
            shared.types, hopeful = {}, True
            continue
        known, shared.ties = shared.ties, made.lw.ties
        if (demands, domains, literals) != (shared.demands, shared.domains, shared.literals):
            shared.types, hopeful = {}, True
            continue
        if known != shared.ties:
            shared.types = merged
            continue
        conflicted = {k[2:] for k, t in merged.items() if k.startswith("l.") and boxed_kinds(t)} - split
        if conflicted and any(not n.endswith(f"_{op}") for n in conflicted for op in target.operations):
            stems = {n.rstrip("0123456789") for n in conflicted} | conflicted
            if stems - shared.split:
                shared.split |= stems
                shared.types = {k: t for k, t in merged.items() if not k.startswith("l.")}
                continue
        if merged == old and not hopeful:
            break
        patience -= not hopeful
        if patience == 0:
            moving = {k for k, t in merged.items() if old.get(k) != t}
            shared.opaque |= {k for k in moving if k.startswith("v.")} or moving
            shared.types, hopeful, patience = {}, True, PATIENCE
            continue
        hopeful = hopeful and merged != old
        shared.types = merged
    else:
        raise NothingToModel(f"{target.cls or target.path}: the types of its values did not settle")
    made = _narrow(sources, target, shared, wanted) or made
    assert made is not None
    return _assemble(sources, target, shared, made)


def _narrow(sources: Sources, target: Target, shared: Shared, wanted: list[WrittenInvariant]) -> _Made | None:
    """Find the types again from themselves alone, which drops what only an early round's ignorance had put there.

    A lowering whose values all fit the types that it was made with is as good as any; None (and the types as they
    were) where no such one is met.
    """
    before = dict(shared.types)
    known = (dict(shared.demands), dict(shared.domains), {k: set(v) for k, v in shared.literals.items()})
    for _ in range(NARROWING):
        made = _once(sources, target, shared, wanted, afresh=True)
        new = {k: shared.canonical(v) for k, v in made.lw.new_types.items()}
        if known != (shared.demands, shared.domains, shared.literals):
            break
        if new == {k: t for k, t in shared.types.items() if k in new}:
            shared.types = new
            return made
        shared.types = new
    shared.types = before
    shared.demands, shared.domains, shared.literals = known
    return None


@dataclass(slots=True)
class _Made:
    lw: Lowerer
    me: Obj
    operations: list[Operation]
    inits: dict[str, Expr]
    invariants: list[UserInvariant]


def _once(
    sources: Sources,
    target: Target,
    shared: Shared,
    wanted: list[WrittenInvariant],
    afresh: bool = False,
    hopeful: bool = False,
) -> _Made:
    lw = Lowerer(sources, target.mode, shared)
    lw.afresh, lw.hopeful = afresh, hopeful
    module = sources.modules[target.path]
    cls = module.classes.get(target.cls) if target.cls else None
    me = Obj(cls, module, "") if cls is not None else names.module_object(lw, module)
    inits: dict[str, Expr] = lw.inits
    if cls is not None:
        _construct(lw, me, cls, inits)
    functions = [_function(sources, me, n) for n in target.operations]
    found: list[Operation] = []
    for function in functions:
        if function is not None:
            operation = _operation(lw, me, function)
            if operation is not None:
                found.append(operation)
    for var, info in lw.vars.items():
        if info.init is None and var not in inits:
            lw.declare(f"v.{var}", NoneT())  # never given a first value that is known: None stands for that
    written = [_invariant(lw, me, w) for w in wanted]
    return _Made(lw, me, found, inits, written)


def _function(sources: Sources, me: Obj, name: str) -> Function | None:
    if me.cls is not None:
        return sources.method(me.cls, name)
    return me.module.functions.get(name)


# --- construction ----------------------------------------------------------------------------------


def _construct(lw: Lowerer, me: Obj, cls: Class, inits: dict[str, Expr]) -> None:
    init = lw.sources.method(cls, "__init__")
    lw.in_init, lw.operation = True, "__init__"
    frame = Frame(None, cls.module, None)
    saved, lw.frame = lw.frame, frame
    lw.exits = [Boundary(frame)]
    with lw.graph.at(cls.module.path, cls.node.lineno, cls.name):
        entry = lw.graph.skip()
        args: dict[str, Value] = {}
        if init is not None:
            args = _constructor_arguments(lw, cls, init)
        elif cls.decorators() & {"dataclass", "define"}:
            args = _dataclass_arguments(lw, cls)
        build(lw, me, [], args)
        if lw.graph.cursor:
            lw.graph.done(NONE, raised=False)
    lw.frame = saved
    inits.update(initial_values(lw, entry))
    lw.in_init = False
    lw.graph.nodes = {}
    lw.graph.cursor = []
    lw.exits = []
    lw.temps, lw.active = {}, set()


def _dataclass_arguments(lw: Lowerer, cls: Class) -> dict[str, Value]:
    out: dict[str, Value] = {}
    for item in cls.node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value is None:
            arg = ast.arg(item.target.id, item.annotation)
            value = _constructor_argument(lw, cls, item.target.id, arg, None, [item.target.id])
            if value is not None:
                out[item.target.id] = value
    return out


def _constructor_arguments(lw: Lowerer, cls: Class, init: Function) -> dict[str, Value]:
    spec = init.node.args
    params = [*spec.posonlyargs, *spec.args][1:]
    defaults = dict(zip([p.arg for p in params][::-1], spec.defaults[::-1], strict=False))
    for param, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            defaults[param.arg] = default
    out: dict[str, Value] = {}
    for param in [*params, *spec.kwonlyargs]:
        held = _attributes_holding(init, param.arg)
        for above in lw.sources.mro(cls)[1:] if not held else ():
            # Most often it is handed to the constructor of the base under the same name.
            if "__init__" in above.methods:
                held = held or _attributes_holding(above.methods["__init__"], param.arg)
        value = _constructor_argument(lw, cls, param.arg, param, defaults.get(param.arg), held)
        if value is not None:
            out[param.arg] = value
    return out


def _attributes_holding(init: Function, param: str) -> list[str]:
    out = []
    for node in walk_shallow(init.node.body):
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and value is not None:
            used = any(isinstance(n, ast.Name) and n.id == param for n in ast.walk(value))
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            out += [t.attr for t in targets if used and isinstance(t, ast.Attribute)]
    return out


def _constructor_argument(
    lw: Lowerer, cls: Class, name: str, param: ast.arg, default: ast.expr | None, held: list[str]
) -> Value | None:
    """What a constructor argument is: a collaborator, a small number, an opaque value, or its default."""
    if isinstance(default, ast.Name | ast.Attribute):
        return None  # a class or function of known rules, such as condition_cls=threading.Condition
    methods = frozenset(m for attr in held for m in lw.methods_called_on(attr)) | lw.sources.usage.methods_on_name(
        cls, name
    )
    annotated = dotted(param.annotation).rpartition(".")[2] if param.annotation is not None else ""
    if isinstance(param.annotation, ast.Constant) and isinstance(param.annotation.value, str):
        annotated = param.annotation.value.rpartition(".")[2]
    found = lw.sources.find_class(annotated, cls.module) if annotated else None
    if isinstance(default, ast.Constant) and default.value is None and not (methods and found is None):
        return None
    if found is not None and not lw.sources.is_exception(found.name):
        if not _is_interface(lw.sources, found):
            obj = Obj(found, found.module, (held[0] if held else name).strip("_"))
            _build_nested(lw, obj, found)
            return obj
        concrete = _implementation(lw.sources, found, methods)
        if concrete is not None:
            obj = Obj(concrete, concrete.module, (held[0] if held else name).strip("_"))
            _build_nested(lw, obj, concrete)
            return obj
    called = any(attr in lw.sources.usage.called for attr in held)
    if methods and found is None and not _known_annotation(annotated):
        matching = _the_one_class_with(lw.sources, cls, methods)
        if matching is not None:
            obj = Obj(matching, matching.module, (held[0] if held else name).strip("_"))
            _build_nested(lw, obj, matching)
            return obj
    if (methods or called or found is not None) and not _known_annotation(annotated):
        shown = (held[0] if held else name).strip("_")
        if methods and not is_store(methods):
            lw.assume(
                f"collaborator:{shown}", f"what `{shown}` does is not known: its calls return any value", lw.span()
            )
        return Contract(shown, "", methods, lw.graph.where.line)
    if default is not None:
        if isinstance(default, ast.Constant) and type(default.value) is int and default.value > 3:
            return _number(lw, name)
        return None
    ty = names.annotation_type(lw, param.annotation, names.domain_name(name))
    wanted = lw.shared.demands.get(f"{cls.name}({name})")
    if any(isinstance(m, IntT) for m in members(ty)) or wanted == "int":
        return _number(lw, name)
    from specgen.expr import BoolT

    if isinstance(ty, BoolT) or wanted == "bool":
        return Val(Lit(True), BoolT())
    return Val(Lit(name), StrT(frozenset({name})), f"{cls.name}({name})")


def _number(lw: Lowerer, name: str) -> Val:
    constant = "".join(p[:1].upper() + p[1:] for p in name.strip("_").split("_"))
    while constant in RESERVED:
        constant += "_"
    lw.constants[constant] = (f"the constructor's argument `{name}`", ("1", "2"))
    return Val(const(constant), IntT())


def _build_nested(lw: Lowerer, obj: Obj, cls: Class) -> None:
    init = lw.sources.method(cls, "__init__")
    args = _constructor_arguments(lw, cls, init) if init is not None else {}
    build(lw, obj, [], args)


def _known_annotation(name: str) -> bool:
    return name in {
        "int",
        "float",
        "str",
        "bytes",
        "bool",
        "Decimal",
        "dict",
        "list",
        "set",
        "tuple",
        "timedelta",
        "Path",
        "Dict",
        "List",
        "Set",
    }


def _is_interface(sources: Sources, cls: Class) -> bool:
    from specgen.plan import is_stub

    bases = {b.rpartition(".")[2] for b in cls.bases}
    methods = [f for n, f in cls.methods.items() if not n.startswith("__")]
    return "Protocol" in bases or (bool(methods) and all(is_stub(f) for f in methods))


def _implementation(sources: Sources, interface: Class, methods: frozenset[str]) -> Class | None:
    found = [
        c
        for m in sources.modules.values()
        for c in m.classes.values()
        if c is not interface and interface in sources.mro(c) and not _is_interface(sources, c)
    ]
    return _only(found)


def _the_one_class_with(sources: Sources, cls: Class, methods: frozenset[str]) -> Class | None:
    found = [
        c
        for m in sources.modules.values()
        for c in m.classes.values()
        if c is not cls and cls not in sources.mro(c) and methods <= {n for o in sources.mro(c) for n in o.methods}
    ]
    return _only([c for c in found if not _is_interface(sources, c)])


def _only(found: list[Class]) -> Class | None:
    """The only class, or the only one whose module needs nothing from outside: of several backends, that in memory."""
    if len(found) > 1:
        found = [c for c in found if _self_contained(c.module)]
    return found[0] if len(found) == 1 else None


def _self_contained(module: Module) -> bool:
    return all(t.startswith(".") or t.partition(".")[0] in sys.stdlib_module_names for t in module.imports.values())


# --- operations ------------------------------------------------------------------------------------


def _operation(lw: Lowerer, me: Obj, function: Function) -> Operation | None:
    name = function.name.strip("_")
    if name != function.name and _function(lw.sources, me, name) is not None:
        name = f"{name}_special"  # __call__ beside call
    lw.operation = name
    lw.temps, lw.active, lw.origins, lw.held, lw.handled = {}, set(), {}, [], []
    before = set(lw.graph.nodes)
    lw.first_node = len(before)
    lw.graph.cursor = []
    frame = open_frame(function, me if me.cls is not None else None, None)
    lw.frame = frame
    lw.stack = [function]
    lw.exits = [Boundary(frame)]
    params: list[ParamDecl] = []
    try:
        with lw.graph.at(function.module.path, function.node.lineno, function.name):
            entry = lw.graph.skip()
            _parameters(lw, function, frame, params, name)
            _run(lw, me, function)
    except (TooLarge, RecursionError):
        for node_id in set(lw.graph.nodes) - before:
            del lw.graph.nodes[node_id]
        lw.graph.where.path, lw.graph.where.line = function.module.path, function.node.lineno
        lw.approximate(f"operation {name}", "left out: it is too large to model")
        return None
    finally:
        lw.stack = []
        lw.frame = None
        lw.exits = []
    return Operation(name, function.qualname, tuple(params), entry, function.span)


def _run(lw: Lowerer, me: Obj, function: Function) -> None:
    if function.is_generator() and function.decorators() & {"contextmanager", "asynccontextmanager"}:
        lw.frame = Frame(None, function.module, None)

        def around(value: Value) -> None:
            from specgen.lower import suspension

            suspension.suspend(lw)

        args: list[Value] = []
        inline(lw, Func(function, me if me.cls is not None else None), args, {}, yield_body=around)
    else:
        body(lw, function.node.body)
    lw.graph.where.line = function.node.body[-1].lineno
    if lw.graph.cursor:
        lw.finish(Val(NONE, NoneT()))


def _parameters(lw: Lowerer, function: Function, frame: Frame, params: list[ParamDecl], owner: str) -> None:
    spec = function.node.args
    wanted = [*spec.posonlyargs, *spec.args]
    if function.cls is not None and "staticmethod" not in function.decorators() and wanted:
        assert frame.me is not None
        frame.names[wanted[0].arg] = frame.me
        wanted = wanted[1:]
    defaults = dict(zip([p.arg for p in wanted][::-1], spec.defaults[::-1], strict=False))
    for param, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            defaults[param.arg] = default
    for param in [*wanted, *spec.kwonlyargs]:
        fixed = _fixed_default(lw, function, defaults.get(param.arg))
        if fixed is not None:
            frame.names[param.arg] = fixed
            continue
        annotated = (
            lw.sources.find_class(dotted(param.annotation).rpartition(".")[2], function.module)
            if param.annotation
            else None
        )
        value, ty, domain = names.parameter(lw, owner, param, defaults.get(param.arg))
        if annotated is not None and param.arg not in defaults:
            ty, domain, value = _object_parameter(lw, param, annotated, value)
        if domain is not None:
            params.append(ParamDecl(param.arg.strip("_") or "it", domain, ty))  # type: ignore[arg-type]
        if param.arg in frame.stored:
            lw.set_local(lw.local_for(frame, param.arg), value)
        else:
            frame.names[param.arg] = value
    if spec.vararg is not None:
        frame.names[spec.vararg.arg] = Val(Op("tuple"), TupleT(()))
    if spec.kwarg is not None:
        frame.names[spec.kwarg.arg] = Val(EMPTY, DictT(NeverT(), NeverT()))


def _fixed_default(lw: Lowerer, function: Function, default: ast.expr | None) -> Value | None:
    """The function or class that a parameter stands for unless a caller says otherwise, as in ``now=time.time``."""
    if not isinstance(default, (ast.Name, ast.Attribute)):
        return None
    point, saved = lw.checkpoint(), lw.frame
    lw.frame = Frame(None, function.module, None)
    try:
        value = lower(lw, default)
    finally:
        lw.frame = saved
    if isinstance(value, (Func, ClassV, External)) and lw.untouched_since(point):
        return value
    lw.roll_back(point)
    return None


def _object_parameter(lw: Lowerer, param: ast.arg, cls: Class, value: Val) -> tuple[Ty, Expr | None, Val]:
    domain = lw.shared.domain(names.domain_name(param.arg))
    return AtomT(domain), const(domain), Val(Arg(param.arg.strip("_") or "it"), AtomT(domain), value.origin)


# --- invariants ------------------------------------------------------------------------------------


def _invariant(lw: Lowerer, me: Obj, wanted: WrittenInvariant) -> UserInvariant:
    try:
        tree = ast.parse(wanted.expr, mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise InvariantUnsupported(
            f"invariant {wanted.name}: `{wanted.expr}` is not a Python expression: {error}"
        ) from error
    frame = Frame(None, me.module, me)
    frame.names["self"] = me
    lw.frame, lw.pure_reads, lw.operation = frame, True, wanted.name
    lw.graph.cursor = []
    known = dict(lw.abstractions)
    mark = lw.graph.mark()
    try:
        expr = _predicate(lw, tree)
    except Exception as error:
        if isinstance(error, (InvariantUnsupported, TooLarge)):
            raise
        raise InvariantUnsupported(f"invariant {wanted.name}: `{wanted.expr}` could not be read: {error}") from error
    finally:
        lw.frame, lw.pure_reads = None, False
    if lw.graph.grown_since(mark) or lw.abstractions != known:
        lw.graph.roll_back(mark)
        raise InvariantUnsupported(
            f"invariant {wanted.name}: `{wanted.expr}` is beyond what the compiler can read as a state predicate"
        )
    if isinstance(expr, Lit) and isinstance(expr.value, bool) and not _settled(lw):
        expr = Lit(True)
    return UserInvariant(
        _identifier(wanted.name), wanted.expr, expr, "quiescent" if wanted.when == "quiescent" else "always", None
    )


def _settled(lw: Lowerer) -> bool:
    return bool(lw.shared.types)


def _predicate(lw: Lowerer, node: ast.expr) -> Expr:
    if isinstance(node, ast.BoolOp):
        parts = tuple(_predicate(lw, v) for v in node.values)
        return Op("and" if isinstance(node.op, ast.And) else "or", parts)
    return condition(lw, node)


def _identifier(name: str) -> str:
    words = [w for w in "".join(ch if ch.isalnum() else " " for ch in name).split() if w]
    text = "".join(w[:1].upper() + w[1:] for w in words) or "Invariant"
    return text if text[0].isalpha() and text not in RESERVED else f"Inv{text}"


# --- assembly --------------------------------------------------------------------------------------


def _assemble(sources: Sources, target: Target, shared: Shared, made: _Made) -> Program:
    lw = made.lw
    name = target.cls or target.path.rpartition("/")[2].removesuffix(".py")
    if not made.operations:
        raise NothingToModel(f"{name}: none of its operations could be modelled")
    program = Program(_module_name(name), f"{name} in {target.path}", target.mode)
    program.operations = made.operations
    _keep_reachable(program, lw)
    used = {a.var for n in program.nodes.values() for a in n.accesses} | {
        v for i in made.invariants for v in _vars_in(i.expr)
    }
    if not used:
        raise NothingToModel(f"{name}: its operations touch no state that it keeps")
    program.locals = {k[2:]: shared.canonical(t) for k, t in shared.types.items() if k.startswith("l.")}
    program.result_ty = lw.type_of("r")
    for var, info in lw.vars.items():
        if var not in used:
            continue
        init = info.init if info.init is not None else made.inits.get(var, NONE)
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
    from specgen.expr import Const

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
    stems: set[str] = {"c"}
    for name in sorted(sets):
        comment = (
            "values that come from code not modelled here"
            if name == ANYTHING
            else f"values of the argument `{_argument(name)}`"
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


__all__ = ["InvariantUnsupported", "Mapping", "NothingToModel", "RefT", "WrittenInvariant", "kinds", "lower_target"]
