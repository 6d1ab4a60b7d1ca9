"""What outlives the lowering of one operation: variables, objects, types and demands of the whole shared object."""

from __future__ import annotations

from specgen.expr import Expr
from specgen.lower.consulted import Consulted
from specgen.lower.conversation import Log, Watched, WatchedSet
from specgen.lower.state import Shared, VarInfo
from specgen.lower.values import Behaviour, Contract, Obj, Val, Value
from specgen.source import Class, Module
from specgen.sources import Sources
from specgen.value_types import AtomT, BoolT, DictT, IntT, NeverT, SeqT, SetT, StrT, Ty, join, members

RESERVED = {
    "call", "at", "local", "result", "start", "before", "vars", "object", "Init", "Next", "Spec", "None", "Setup",
    "Callers", "Before", "Overlap", "Everyone", "Calls", "Unborn", "TypeOK", "Begin", "EndSetup", "GoTo", "Finish",
    "Busy", "Stuck", "Waiting", "Quiescent", "Outcome", "Report", "Step", "c", "d", "k", "r", "x", "i", "j", "s",
    "y", "z", "u", "v", "w", "e", "f", "g", "h",
    "Len", "Head", "Tail", "Append", "Seq", "SubSeq", "Cardinality", "Nat", "Int", "Symmetry", "Turn", "MidTurn",
}  # fmt: skip


class World:
    """One round's state beside the graph; what an operation reads and changes of it is its conversation."""

    #: Types of an earlier round say how values look, and are not kept.
    afresh = False

    def __init__(self, sources: Sources, mode: str, shared: Shared, log: Log) -> None:
        self.sources = Consulted(sources, log)
        self.mode = mode
        self.shared = shared
        self.log = log
        log.begin()
        for name in ("types", "domains", "demands", "literals", "ties", "static_fields"):
            setattr(shared, name, Watched(log, f"known {name}", dict(getattr(shared, name))))
        for name in ("split", "opaque", "cleared"):
            setattr(shared, name, WatchedSet(log, f"known {name}", getattr(shared, name)))
        self.vars: dict[str, VarInfo] = Watched(log, "vars", {})
        self.heap: dict[str, str] = Watched(log, "heap", {})
        self.stores: dict[str, str] = Watched(log, "stores", {})
        self.behaviours: dict[str, Behaviour] = Watched(log, "behaviours", {})
        self.static_fields: dict[str, Value] = Watched(log, "static_fields", {})
        self.ties: dict[str, tuple[str, tuple[Expr, ...]]] = Watched(log, "ties", {})
        self.new_types: dict[str, Ty] = {}
        self.objects: dict[str, Obj] = {}
        self.collaborators = 0
        self.globals_begun: set[str] = set()
        self.inits: dict[str, Expr] = {}

    # --- types -----------------------------------------------------------------------------------

    def type_of(self, key: str) -> Ty:
        """The type found so far for a variable (``v.left``), a local (``l.state``) or the result (``r``)."""
        return self.shared.canonical(self.shared.types.get(key, NeverT()))

    def declare(self, key: str, ty: Ty) -> None:
        """A value of this type arrives there."""
        self.log.once("declare", key, ty)
        # Results start afresh in every round: how exceptions are written depends on what else is returned.
        again = self.afresh or key in {"r", "r.returned"}
        with self.log.aside():
            earlier = NeverT() if again else self.shared.types.get(key, NeverT())
            self.new_types[key] = join(self.new_types.get(key, earlier), ty)
            if not key.startswith("r"):
                self._unify_inside(self.new_types[key])

    def _unify_inside(self, ty: Ty) -> None:
        atoms = sorted(m.domain for m in members(ty) if isinstance(m, AtomT))
        for other in atoms[1:]:
            self.shared.unify(atoms[0], other)
        for member in members(ty):
            match member:
                case SeqT(item) | SetT(item):
                    self._unify_inside(item)
                case DictT(key, value):
                    self._unify_inside(key)
                    self._unify_inside(value)

    def demand(self, value: Value, kind: str) -> None:
        """The code needs this value to be of that kind; parameters of unknown type become it."""
        if isinstance(value, Val) and value.origin is not None:
            self.need(value.origin, kind)

    def need(self, origin: str, kind: str) -> None:
        """A parameter is of that kind, unless the code needed something else of it before."""
        self.log.once("need", origin, kind)
        with self.log.aside():
            self.shared.demands.setdefault(origin, kind)

    def unify(self, a: str, b: str) -> None:
        """Opaque values of both domains meet: make them one domain."""
        self.log.once("unify", a, b)
        with self.log.aside():
            self.shared.unify(a, b)

    def compare(self, origin: str, literals: frozenset[str]) -> None:
        """A parameter is compared with these texts."""
        self.log.once("compare", origin, literals)
        with self.log.aside():
            self.shared.literals[origin] = self.shared.literals.get(origin, frozenset()) | literals

    def meet(self, value: Val, other: Ty) -> None:
        """The value is compared with values of a type: one domain, or a parameter that is one of some literals."""
        atoms = [m.domain for t in (value.ty, other) for m in members(t) if isinstance(m, AtomT)]
        for name in atoms[1:]:
            self.unify(atoms[0], name)
        for member in members(other):
            if isinstance(member, IntT):
                self.demand(value, "int")
            elif isinstance(member, BoolT) and isinstance(other, BoolT):
                self.demand(value, "bool")
            elif isinstance(member, StrT) and value.origin is not None and member.values and len(member.values) <= 4:
                self.compare(value.origin, member.values - {"other"})

    def wanted_elsewhere(self, parameter: str) -> str | None:
        """What an operation needs of its parameter of that name."""
        with self.log.aside():
            known = sorted(self.shared.demands.items())
            found = next((kind for origin, kind in known if origin.endswith(f".{parameter}")), None)
        self.log.ask(("wanted_elsewhere", parameter), found)
        return found

    # --- how the feature uses names --------------------------------------------------------------

    def written_outside_init(self, obj: Obj) -> set[str]:
        """Attributes that a method other than ``__init__`` assigns, on ``self`` or on any other name."""
        usage = self.sources.usage
        return usage.globals_assigned[obj.module.path] if obj.cls is None else usage.assigned

    def methods_called_on(self, attr: str) -> frozenset[str]:
        """Names of the methods that the feature calls on ``self.attr``."""
        return frozenset(self.sources.usage.methods_on.get(attr, ()))

    # --- variables and objects -------------------------------------------------------------------

    def fresh_var(self, name: str) -> str:
        """A name for a shared variable that collides with nothing."""
        name = name.strip("_") or "value"
        while name in RESERVED or name in self.vars or name == "c":
            name += "_"
        return name

    def object_of(self, module: Module) -> Obj:
        """The module as an object whose attributes are its globals."""
        return self._object(f"module {self.log.describer.book.number(module)}", Obj(None, module, ""))

    def class_object(self, cls: Class) -> Obj:
        """The class as an object, for what its body assigns."""
        return self._object(f"class {self.log.describer.book.number(cls)}", Obj(cls, cls.module, ""))

    def _object(self, name: str, obj: Obj) -> Obj:
        if name not in self.objects:
            self.watch(name, obj)
        return self.objects[name]

    def watch(self, name: str, obj: Obj) -> None:
        """Know an object by a name, and write down what is read and written in it and in those that it holds."""
        if self.log.describer.objects.setdefault(id(obj), name) != name:
            return
        self.objects[name] = obj
        obj.static = Watched(self.log, f"static {name}", obj.static)
        obj.fields = Watched(self.log, f"fields {name}", obj.fields)
        for attr, value in obj.static.items():
            if isinstance(value, Obj):
                self.watch(f"{name}.{attr}", value)

    def fix(self, obj: Obj, attr: str, value: Value) -> None:
        """An attribute holds something that the compiler knows whole, for good."""
        obj.static[attr] = value
        name = self.log.describer.objects.get(id(obj))
        if name is not None and isinstance(value, Obj):
            self.watch(f"{name}.{attr}", value)

    def collaborator(self, name: str, methods: frozenset[str]) -> Contract:
        """Something that the feature does not define."""
        self.collaborators += 1
        return Contract(name, f"{name} {self.collaborators}", methods)
