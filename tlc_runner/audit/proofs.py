"""Stands in for modules that only proofs use, which TLC need not check: their names, so that a module can be parsed."""

from __future__ import annotations

_METHODS = (
    *("SMT", "CVC3", "Yices", "verit", "Z3", "Spass", "LS4", "PTL", "PropositionalTemporalLogic", "Isa", "Auto"),
    *("Zenon", "SlowZenon", "SlowerZenon", "VerySlowZenon", "SlowestZenon", "Force", "Blast", "AutoBlast"),
    *("SimplifyAndSolve", "Simplification", "SimpleArithmetic", "CooperQE", "ExpandENABLED", "ExpandCdot"),
    *("ENABLEDaxioms", "AutoUSE", "Lambdify", "LevelComparison", "EnabledWrapper", "CdotWrapper", "Trivial"),
)
_WITH_ARGUMENT = ("SMTT", "CVC3T", "YicesT", "veritT", "Z3T", "SpassT", "ZenonT", "IsaT", "IsaM")
_STATEMENTS = ("SetExtensionality", "IsaWithSetExtensionality", "NoSetContainsEverything")

#: File name to text.
PROOF_MODULES = {
    "TLAPS.tla": "\n".join(
        [
            "---- MODULE TLAPS ----",
            *(f"{name} == TRUE" for name in (*_METHODS, *_STATEMENTS)),
            *(f"{name}(argument) == TRUE" for name in _WITH_ARGUMENT),
            "IsaMT(method, time) == TRUE",
            "====",
            "",
        ]
    )
}
