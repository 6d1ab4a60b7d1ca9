"""What an expression is while it is being lowered: a pure TLA+ value, or something known to the compiler."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from specgen.expr import Arg, Expr, Lit, Local, Op
from specgen.source import Class, Function, Module
from specgen.value_types import TupleT, Ty, is_container, members

if TYPE_CHECKING:
    from specgen.lower.state import Frame


@dataclass(frozen=True, slots=True)
class Val:
    """A pure value: locals, arguments and constants only. ``origin`` names the parameter it came from, if any."""

    expr: Expr
    ty: Ty
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A mutable container inside a shared variable, not read yet: ``root`` and the keys leading to it.

    ``default`` is what stands for it where the last key is missing (``d.get(k, [])``).
    """

    root: str
    path: tuple[Expr, ...]
    ty: Ty
    effect: bool = False
    default: Val | None = None


@dataclass(eq=False, slots=True)
class Obj:
    """An object that exists once (``self``, a resolved collaborator, a module); its fields are variables."""

    cls: Class | None
    module: Module
    prefix: str
    static: dict[str, Value] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    outside: bool = False


@dataclass(frozen=True, slots=True)
class New:
    """A mutable object of an in-feature class made while the code runs; ``ref`` is its reference."""

    ref: Expr
    cls: Class


@dataclass(eq=False, slots=True)
class Sync:
    """A synchronisation object that exists once. ``lock`` of a condition is the variable of its lock.

    ``waiting`` of an event that some code clears is the variable of those who wait.
    """

    kind: str
    var: str
    lock: str = ""
    limit: Expr = field(default_factory=lambda: Lit(0))
    reentrant: bool = False
    ref: Expr | None = None
    waiting: str = ""


@dataclass(eq=False, slots=True)
class Contract:
    """A collaborator that the feature does not define. ``key`` tells apart those of one name."""

    name: str
    key: str
    methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a container does beyond its kind: what a defaultdict makes, how long a deque gets, a Counter."""

    factory: Value | None = None
    limit: Expr | None = None
    counter: bool = False

    def and_(self, new: Behaviour) -> Behaviour:
        """What another one that is assigned there does as well."""
        factory = self.factory if new.factory is None else new.factory
        return Behaviour(factory, self.limit if new.limit is None else new.limit, self.counter or new.counter)


@dataclass(frozen=True, slots=True)
class Func:
    """A function or bound method of the feature; ``outer`` is the frame of a nested function.

    A ``plain`` one is the function as written, without its decorators.
    """

    function: Function
    me: Value | None = None
    outer: Frame | None = None
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Packed:
    """What ``*args`` of an inlined function took up."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Keywords:
    """What ``**kwargs`` of an inlined function took up."""

    items: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class LambdaV:
    """A lambda and the frame it closes over."""

    node: ast.Lambda
    outer: Frame


@dataclass(frozen=True, slots=True)
class ClassV:
    """A class of the feature."""

    cls: Class


@dataclass(frozen=True, slots=True)
class External:
    """A name from outside the feature: ``threading.Lock``, ``time``, ``len``."""

    name: str


@dataclass(frozen=True, slots=True)
class SuperV:
    """``super()``: the object itself, its methods looked up in the classes above the current one."""

    me: Value
    above: tuple[Class, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a built-in value, place, synchronisation object or contract, not called yet."""

    owner: Value
    name: str
    node: ast.Attribute


@dataclass(frozen=True, slots=True)
class Exc:
    """An exception instance of a known class, or (``name`` empty) one named by the local ``expr``."""

    name: str
    expr: Expr | None = None
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Coro:
    """A call of an ``async def`` that has not been awaited."""

    start: Callable[[], Value]
    text: str


@dataclass(frozen=True, slots=True)
class Generated:
    """A call of a generator-based context manager, to be run around the body of its ``with``."""

    func: Func
    args: tuple[Value, ...]
    kwargs: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value beyond the subset; any use of it is approximated. ``why`` names the construct."""

    why: str


Value: TypeAlias = (
    Val
    | Place
    | Obj
    | New
    | Sync
    | Contract
    | Func
    | Packed
    | Keywords
    | LambdaV
    | ClassV
    | External
    | SuperV
    | Method
    | Exc
    | Coro
    | Generated
    | Unknown
)


STATIC = (Obj, ClassV, External, Func, LambdaV, Method)


def is_static(value: Value) -> bool:
    """Whether the compiler knows the value whole, so that a name can simply stand for it."""
    return isinstance(value, (*STATIC, Contract, Coro, Sync, New))


def is_constant(value: Val) -> bool:
    """No local and no argument in it: the same in every state."""

    def clean(e: object) -> bool:
        if isinstance(e, Op):
            return all(clean(a) for a in e.args)
        return not isinstance(e, (Local, Arg))

    return clean(value.expr) and not _holds_container(value.ty)


def _holds_container(ty: Ty) -> bool:
    """Whether values of the type are lists, dicts or sets, or tuples that hold one."""
    return is_container(ty) or any(_holds_container(t) for m in members(ty) if isinstance(m, TupleT) for t in m.items)
