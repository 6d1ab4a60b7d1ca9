"""Identifiers that a module may not give to anything else."""

from __future__ import annotations

#: TLA+'s keywords and the operators of the standard modules.
KEYWORDS = frozenset(
    [
        "ACTION", "ASSUME", "ASSUMPTION", "AXIOM", "BOOLEAN", "BY", "CASE", "CHOOSE", "CONSTANT", "CONSTANTS",
        "COROLLARY", "DEF", "DEFINE", "DOMAIN", "ELSE", "ENABLED", "EXCEPT", "EXTENDS", "FALSE", "HAVE", "HIDE",
        "IF", "IN", "INSTANCE", "LAMBDA", "LEMMA", "LET", "LOCAL", "MODULE", "NEW", "OBVIOUS", "OMITTED",
        "OTHER", "PICK", "PROOF", "PROPOSITION", "PROVE", "QED", "RECURSIVE", "SF_", "STATE", "STRING",
        "SUBSET", "SUFFICES", "TAKE", "TEMPORAL", "THEN", "THEOREM", "TRUE", "UNCHANGED", "UNION", "USE",
        "VARIABLE", "VARIABLES", "WF_", "WITH", "WITNESS", "Int", "Nat", "Seq", "Len", "Append", "Head", "Tail",
        "SubSeq", "SelectSeq", "Cardinality", "IsFiniteSet", "Print", "PrintT", "Assert", "JavaTime", "TLCGet",
        "TLCSet", "Permutations", "SortSeq", "RandomElement", "Any", "ToString", "TLCEval",
    ]
)  # fmt: skip
#: Identifiers that the frame of every module defines; shared variables of these names are renamed.
FRAME = frozenset(
    [
        "Callers", "Before", "Overlap", "None", "Setup", "SerialOutcomes", "call", "at", "local", "result",
        "start", "before", "vars", "object", "Everyone", "Calls", "Unborn", "NoLocals", "TypeOK", "Init",
        "Busy", "Begin", "EndSetup", "GoTo", "GoToWith", "Finish", "GoesOn", "Arrive", "Turn", "MidTurn", "View",
        "Stuck", "Next", "Spec", "Finished", "Quiescent", "Outcome", "StuckOutcome", "Report", "Explained", "Together",
        "Symmetry", "Entries", "Plain", "Idle", "Start", "StuckExplained", "Serializable", "NoDeadlock", "IsDict",
    ]
)  # fmt: skip
RESERVED = KEYWORDS | FRAME
