"""The plan of the static author: which classes and modules of a feature are shared objects worth modelling."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence

from extractor.types import Facts, Span
from specgen.source import Class, Function, Module
from specgen.sources import Sources
from specgen.syntax import dotted, walk_shallow
from specgen.types import Plan, Target

MAX_OPERATIONS = 10
SPECIAL_OPERATIONS = ("__getitem__", "__setitem__", "__delitem__", "__contains__", "__len__", "__call__")
_NO_OBJECTS = {"an exception", "an enumeration", "a record", "a protocol: an interface without state"}
_TEST = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?|benchmarks?)(/|$)|(^|/)(test_[^/]*|[^/]*_test|conftest|setup)\.py$"
)


def make_plan(facts: Facts, sources: Sources, only: Sequence[str] = ()) -> Plan:
    """Choose the targets of a feature; ``only`` names classes (then private and unlikely ones count too).

    A class counts when it has public operations and keeps state that they change. Modules count when their
    functions assign module globals. Everything left out is listed with its reason.
    """
    targets: list[Target] = []
    skipped: dict[str, str] = {}
    for path, why in sources.rejected.items():
        skipped[path] = f"Python's own parser rejects it ({why})"
    modules = [m for m in sources.modules.values() if not _TEST.search(_below(facts.feature, m.path))]
    private = [c for m in modules for c in m.classes.values() if c.name.startswith("_")]
    for module in modules:
        for cls in module.classes.values():
            reason = _unfit(sources, cls, modules)
            if only:
                reason = (
                    None if cls.name in only and operations(sources, cls) else f"not among --class {', '.join(only)}"
                )
            elif cls in private and len(private) < sum(len(m.classes) for m in modules):
                reason = reason or "private: modelled as part of the classes that use it"
            if reason in _NO_OBJECTS and not only:
                continue  # nobody expects a model of these
            if reason is not None:
                skipped[cls.name] = reason
                continue
            targets.append(class_target(sources, cls))
        if not only:
            target = module_target(sources, module)
            if target is not None:
                targets.append(target)
    return Plan(facts.feature, tuple(targets), skipped, tuple(only))


def _below(feature: str, path: str) -> str:
    """The path below the feature, so that a feature inside a test directory can still be modelled."""
    feature = feature.strip("./")
    return path.removeprefix(feature + "/") if feature and path.startswith(feature + "/") else path.rpartition("/")[2]


def _unfit(sources: Sources, cls: Class, modules: list[Module]) -> str | None:
    if sources.is_exception(cls.name, cls.module):
        return "an exception"
    bases = {b.rpartition(".")[2] for c in sources.mro(cls) for b in c.bases}
    if bases & {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}:
        return "an enumeration"
    if bases & {"NamedTuple", "TypedDict"}:
        return "a record"
    direct = {b.rpartition(".")[2] for b in cls.bases}
    if "Protocol" in direct:
        return "a protocol: an interface without state"
    if "TestCase" in bases:
        return "a test"
    found = operations(sources, cls)
    if not found:
        return "no public operations"
    if all(is_stub(f) for f in found):
        return "abstract: an interface without state"
    if not keeps_state(sources, cls):
        return "no state that its operations change"
    return None


def is_stub(function: Function) -> bool:
    """A body that only documents, raises NotImplementedError or is ``...``."""
    if "abstractmethod" in function.decorators():
        return True
    for node in function.node.body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Pass):
            continue
        if isinstance(node, ast.Raise) and node.exc is not None and "NotImplemented" in ast.unparse(node.exc):
            continue
        return False
    return True


def operations(sources: Sources, cls: Class) -> list[Function]:
    """Public operations, inherited ones included, in source order, the most derived definition of each."""
    found: dict[str, Function] = {}
    for owner in reversed(sources.mro(cls)):
        found |= owner.methods
    out = []
    for name, function in found.items():
        public = not name.startswith("_") or name in SPECIAL_OPERATIONS
        kinds = function.decorators()
        if not public or kinds & {
            "staticmethod",
            "classmethod",
            "property",
            "cached_property",
            "abstractmethod",
            "fixture",
            "overload",
        }:
            continue
        if function.is_generator() and not kinds & {"contextmanager", "asynccontextmanager"}:
            continue
        out.append(function)
    return out


def keeps_state(sources: Sources, cls: Class) -> bool:
    """Whether a method other than the constructor changes an attribute, uses a collaborator, or hands on its own."""
    made = _made(sources, cls)
    for owner in sources.mro(cls):
        for name, function in owner.methods.items():
            if name in {"__init__", "__new__", "__repr__", "__str__"}:
                continue
            for node in walk_shallow(function.node.body):
                if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, (ast.Store, ast.Del)):
                    return True
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and dotted(node.func).count(".") >= 2
                ):
                    return True
                if (
                    isinstance(node, ast.Call)
                    and not hasattr(builtins, dotted(node.func))
                    and any(isinstance(arg, ast.Attribute) and arg.attr in made for arg in node.args)
                ):
                    return True
    return False


def _made(sources: Sources, cls: Class) -> set[str]:
    """Attributes that start as a container or as an object of the feature."""
    init = sources.method(cls, "__init__")
    out: set[str] = set()
    for node in walk_shallow(init.node.body) if init is not None else ():
        match node:
            case (
                ast.Assign(targets=[ast.Attribute(attr=attr)], value=value)
                | ast.AnnAssign(target=ast.Attribute(attr=attr), value=value)
            ):
                if isinstance(value, (ast.List, ast.Dict, ast.Set)) or (
                    isinstance(value, ast.Call) and sources.find_class(dotted(value.func), cls.module) is not None
                ):
                    out.add(attr)
    return out


def is_async(sources: Sources, cls: Class) -> bool:
    """Whether an operation is ``async def``, or the class keeps asyncio objects."""
    if any(f.is_async for f in operations(sources, cls)):
        return True
    text = ast.dump(cls.node)
    return "'asyncio'" in text and "'threading'" not in text


def rank(functions: list[Function]) -> tuple[list[str], list[str]]:
    """(operations kept, operations left out): those that change something first, then source order."""

    def weight(f: Function) -> int:
        nodes = walk_shallow(f.node.body)
        stores = any(
            isinstance(n, (ast.Attribute, ast.Subscript)) and isinstance(n.ctx, (ast.Store, ast.Del)) for n in nodes
        )
        calls = any(isinstance(n, ast.Call) for n in nodes)
        return 0 if stores else 1 if calls else 2

    ordered = sorted(functions, key=weight)
    kept = ordered[:MAX_OPERATIONS]
    names = [f.name for f in functions if f in kept]
    return names, [f.name for f in functions if f not in kept]


def class_target(sources: Sources, cls: Class) -> Target:
    """The class as a target."""
    names, _ = rank([f for f in operations(sources, cls) if not is_stub(f)])
    mode = "asyncio" if is_async(sources, cls) else "threads"
    return Target(cls.module.path, cls.name, tuple(names), mode, cls.span)  # type: ignore[arg-type]


def module_target(sources: Sources, module: Module) -> Target | None:
    """The module as a target, if its public functions change its globals."""
    changed = False
    containers = {n for n, v in module.globals.items() if isinstance(v, (ast.Dict, ast.List, ast.Set, ast.Call))}
    for function in module.functions.values():
        declared = {n for node in ast.walk(function.node) if isinstance(node, ast.Global) for n in node.names}
        for node in walk_shallow(function.node.body):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in declared:
                changed = True
            if (
                isinstance(node, ast.Subscript)
                and isinstance(node.ctx, (ast.Store, ast.Del))
                and dotted(node.value) in containers
            ):
                changed = True
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and dotted(node.func.value) in containers
            ):
                changed = changed or node.func.attr in {
                    "append",
                    "add",
                    "pop",
                    "remove",
                    "update",
                    "clear",
                    "setdefault",
                    "discard",
                    "popleft",
                }
    public = [
        f
        for f in module.functions.values()
        if not f.name.startswith("_") and not f.is_generator() and not _is_stub_main(f)
    ]
    if not changed or not public:
        return None
    names, _ = rank(public)
    mode = "asyncio" if any(f.is_async for f in public) else "threads"
    return Target(module.path, None, tuple(names), mode, Span(module.path, 1, max(1, len(module.lines))))  # type: ignore[arg-type]


def _is_stub_main(function: Function) -> bool:
    return function.name in {"main", "run", "cli"}
