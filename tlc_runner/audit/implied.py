"""Which invariants say no more than the types do: tried in every state that the types allow, reachable or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tlc_runner.audit import kit
from tlc_runner.audit.cfg import Cfg
from tlc_runner.audit.kit import Names
from tlc_runner.audit.run import Session, printed
from tlc_runner.audit.syntax import Tree

#: Seconds for the states of the types; where there are too many of them, nothing is said.
_MOST = 15.0


def by_types(
    session: Session, modules: Mapping[str, str], tree: Tree, cfg: Cfg, names: Names, asked: Sequence[str]
) -> tuple[str, ...]:
    """Those of ``asked`` that hold in every state in which the type invariants of the configuration hold.

    TLC can list these states where the types are finite sets, one a variable; elsewhere the answer is none.
    """
    types = [name for name in cfg.invariants if kit.is_type(name)]
    open_ones = [name for name in asked if name not in types]
    if not types or not open_ones or session.over:
        return ()
    prepared = kit.anywhere(modules, tree, _bare(cfg), names, types, open_ones)
    result = session.run(prepared, seconds=_MOST)
    if not result.complete:
        return ()
    refuted = {int(str(number)) for what, number, *_ in printed(result) if what == "violated"}
    return tuple(name for number, name in enumerate(open_ones, 1) if number not in refuted)


def _bare(cfg: Cfg) -> Cfg:
    return replace(cfg, specification="", properties=(), constraints=(), action_constraints=(), symmetry="", view="")
