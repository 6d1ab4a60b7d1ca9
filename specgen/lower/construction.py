"""What the constructor of a shared object is given, and what the object then is."""

from __future__ import annotations

import ast
import sys

from specgen.expr import Expr, Lit
from specgen.lower import parameters
from specgen.lower.contracts import is_store
from specgen.lower.formulas import NONE, const
from specgen.lower.initial import initial_values
from specgen.lower.lowerer import Lowerer
from specgen.lower.singletons import build
from specgen.lower.state import Boundary, Frame
from specgen.lower.values import Obj, Val, Value
from specgen.lower.world import RESERVED
from specgen.source import Class, Function, Module
from specgen.sources import Sources
from specgen.syntax import dotted, walk, walk_shallow
from specgen.value_types import BoolT, IntT, StrT, members


def construct(lw: Lowerer, me: Obj, cls: Class, inits: dict[str, Expr]) -> None:
    """Run the constructor once and keep the first values of the fields in ``inits``."""
    init = lw.sources.method(cls, "__init__")
    lw.in_init, lw.operation = True, "__init__"
    frame = Frame(None, cls.module, None)
    saved, lw.frame = lw.frame, frame
    lw.exits = [Boundary(frame)]
    with lw.graph.at(cls.module.path, cls.node.lineno, cls.name):
        entry = lw.graph.skip()
        args: dict[str, Value] = {}
        if init is not None:
            args = _constructor_arguments(lw, (cls,), init)
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
            value = _constructor_argument(lw, (cls,), item.target.id, arg, None, [item.target.id])
            if value is not None:
                out[item.target.id] = value
    return out


def _constructor_arguments(lw: Lowerer, owners: tuple[Class, ...], init: Function) -> dict[str, Value]:
    """What the constructor of the last of ``owners`` is given; the others are those that hold it."""
    spec = init.node.args
    params = [*spec.posonlyargs, *spec.args][1:]
    defaults = dict(zip([p.arg for p in params][::-1], spec.defaults[::-1], strict=False))
    for param, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            defaults[param.arg] = default
    out: dict[str, Value] = {}
    for param in [*params, *spec.kwonlyargs]:
        held = _attributes_holding(init, param.arg)
        for above in lw.sources.mro(owners[-1])[1:] if not held else ():
            # Most often it is handed to the constructor of the base under the same name.
            if "__init__" in above.methods:
                held = held or _attributes_holding(above.methods["__init__"], param.arg)
        value = _constructor_argument(lw, owners, param.arg, param, defaults.get(param.arg), held)
        if value is not None:
            out[param.arg] = value
    return out


def _attributes_holding(init: Function, param: str) -> list[str]:
    out = []
    for node in walk_shallow(init.node.body):
        value = getattr(node, "value", None)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and value is not None:
            used = any(isinstance(n, ast.Name) and n.id == param for n in walk(value))
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            out += [t.attr for t in targets if used and isinstance(t, ast.Attribute)]
    return out


def _constructor_argument(
    lw: Lowerer, owners: tuple[Class, ...], name: str, param: ast.arg, default: ast.expr | None, held: list[str]
) -> Value | None:
    """What a constructor argument is: a collaborator, a small number, an opaque value, or its default."""
    cls = owners[-1]
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
    concrete = None
    if found is not None and not lw.sources.is_exception(found.name):
        concrete = _implementation(lw.sources, found) if _is_interface(lw.sources, found) else found
    elif found is None and methods and not _known_annotation(annotated):
        concrete = _the_one_class_with(lw.sources, cls, methods)
    if concrete is not None and not any(concrete is owner for owner in owners):  # a chain of its kind has no end
        obj = Obj(concrete, concrete.module, (held[0] if held else name).strip("_"))
        init = lw.sources.method(concrete, "__init__")
        build(lw, obj, [], _constructor_arguments(lw, (*owners, concrete), init) if init is not None else {})
        return obj
    called = any(attr in lw.sources.usage.called for attr in held)
    if (methods or called or found is not None) and not _known_annotation(annotated):
        shown = (held[0] if held else name).strip("_")
        if methods and not is_store(methods):
            lw.assume(
                f"collaborator:{shown}", f"what `{shown}` does is not known: its calls return any value", lw.span()
            )
        return lw.collaborator(shown, methods)
    if default is not None:
        if isinstance(default, ast.Constant) and type(default.value) is int and default.value > 3:
            return _number(lw, name)
        return None
    ty = parameters.annotation_type(lw, param.annotation, parameters.domain_name(name))
    wanted = lw.shared.demands.get(f"{cls.name}({name})")
    numeric = wanted is None and any(attr in lw.sources.usage.numeric for attr in held)
    if any(isinstance(m, IntT) for m in members(ty)) or wanted == "int" or (numeric and param.annotation is None):
        return _number(lw, name)
    if isinstance(ty, BoolT) or wanted == "bool":
        return Val(Lit(True), BoolT())
    return Val(Lit(name), StrT(frozenset({name})), f"{cls.name}({name})")


def _number(lw: Lowerer, name: str) -> Val:
    constant = "".join(p[:1].upper() + p[1:] for p in name.strip("_").split("_"))
    while constant in RESERVED:
        constant += "_"
    lw.constants[constant] = (f"the constructor's argument `{name}`", ("1", "2"))
    return Val(const(constant), IntT())


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


def _implementation(sources: Sources, interface: Class) -> Class | None:
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
