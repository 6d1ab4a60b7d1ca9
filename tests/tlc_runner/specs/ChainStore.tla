----------------------------- MODULE ChainStore -----------------------------
(* A replicated register on a chain of nodes. A write enters at the head,    *)
(* passes to the tail and is committed there; every node answers queries, a  *)
(* node with an unacknowledged write by asking the tail. What was meant to   *)
(* bring a failed node back can never happen: nobody declares it repaired.   *)
EXTENDS Naturals

CONSTANTS Length, MostWrites

VARIABLES
    status,     \* node -> up, down or repaired
    clean,      \* node -> the version that it knows to be committed
    dirty,      \* node -> the version that it has seen
    written,    \* the version of the last write that began
    answered    \* the version that the last query was answered with

vars == <<status, clean, dirty, written, answered>>

Nodes == 1..Length
Up(n) == status[n] = "up"
Committed == clean[Length]

Init ==
    /\ status = [n \in Nodes |-> "up"]
    /\ clean = [n \in Nodes |-> 0]
    /\ dirty = [n \in Nodes |-> 0]
    /\ written = 0
    /\ answered = 0

Write ==
    /\ Up(1)
    /\ written < MostWrites
    /\ dirty[1] = written
    /\ written' = written + 1
    /\ dirty' = [dirty EXCEPT ![1] = written + 1]
    /\ UNCHANGED <<status, clean, answered>>

Forward(n) ==
    /\ n < Length
    /\ Up(n) /\ Up(n + 1)
    /\ dirty[n] > dirty[n + 1]
    /\ dirty' = [dirty EXCEPT ![n + 1] = dirty[n]]
    /\ UNCHANGED <<status, clean, written, answered>>

Commit ==
    /\ Up(Length)
    /\ dirty[Length] > clean[Length]
    /\ clean' = [clean EXCEPT ![Length] = dirty[Length]]
    /\ UNCHANGED <<status, dirty, written, answered>>

Acknowledge(n) ==
    /\ n < Length
    /\ Up(n)
    /\ clean[n] < clean[n + 1]
    /\ clean' = [clean EXCEPT ![n] = clean[n + 1]]
    /\ UNCHANGED <<status, dirty, written, answered>>

Query(n) ==
    /\ Up(n) /\ Up(Length)
    /\ answered' = IF clean[n] = dirty[n] THEN clean[n] ELSE Committed
    /\ UNCHANGED <<status, clean, dirty, written>>

Fail(n) ==
    /\ Up(n)
    /\ n # 1 /\ n # Length
    /\ status' = [status EXCEPT ![n] = "down"]
    /\ UNCHANGED <<clean, dirty, written, answered>>

Rejoin(n) ==
    /\ n \in Nodes
    /\ status[n] = "repaired"
    /\ status' = [status EXCEPT ![n] = "up"]
    /\ UNCHANGED <<clean, dirty, written, answered>>

CopyClean(n) ==
    /\ n < Length
    /\ status[n] = "repaired"
    /\ clean' = [clean EXCEPT ![n] = clean[n + 1]]
    /\ UNCHANGED <<status, dirty, written, answered>>

CopyDirty(n) ==
    /\ n > 1
    /\ status[n] = "repaired"
    /\ dirty' = [dirty EXCEPT ![n] = dirty[n - 1]]
    /\ UNCHANGED <<status, clean, written, answered>>

Next ==
    \/ Write
    \/ Commit
    \/ \E n \in Nodes :
        \/ Forward(n)
        \/ Acknowledge(n)
        \/ Query(n)
        \/ Fail(n)
        \/ Rejoin(n)
        \/ CopyClean(n)
        \/ CopyDirty(n)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
TypeOK ==
    /\ status \in [Nodes -> {"up", "down", "repaired"}]
    /\ clean \in [Nodes -> 0..MostWrites]
    /\ dirty \in [Nodes -> 0..MostWrites]
    /\ written \in 0..MostWrites
    /\ answered \in 0..MostWrites

NothingLostOnTheWay == \A n \in Nodes : n < Length => dirty[n] >= dirty[n + 1]
OnlyCommittedAnswers == answered <= Committed
NoGhosts == written >= 0
=============================================================================
