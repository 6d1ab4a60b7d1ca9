------------------------------ MODULE LostWakeup ------------------------------
(* PauseSwitch in mailroom/switch.py of the case lost_wakeup, written by hand.  *)
(* A step is at most one look at or change of what the threads share, and all   *)
(* that a thread does while it holds the condition's lock. No step ends with    *)
(* the lock held (waiting gives it back), so the lock itself can be left out.   *)
EXTENDS Integers, FiniteSets, TLC, LostWakeupSerial

CONSTANTS
    Callers,    \* the calls that may overlap
    Before,     \* how many calls may run, one after another, before them
    Overlap,    \* FALSE: one call at a time, to learn what serial orders give
    Mended,     \* TRUE: the code after its fix, which looks under the lock
    Setup,      \* the caller that runs the calls before
    None

VARIABLES
    paused,     \* self._paused
    waiting,    \* who waits for self._changed
    call,       \* caller -> its call
    at,         \* caller -> where it will go on
    start,      \* paused, when the calls began to overlap
    before      \* how many calls ran before

vars == <<paused, waiting, call, at, start, before>>

Everyone == Callers \cup {Setup}
Calls == {"pause", "resume", "wait_until_running"}

TypeOK ==
    /\ paused \in BOOLEAN
    /\ waiting \subseteq Everyone
    /\ call \in [Everyone -> Calls \cup {None}]
    /\ at \in [Everyone -> {"idle", "pause", "resume", "look", "wait", "woken", "end"}]
    /\ start \in BOOLEAN \cup {None}
    /\ before \in 0..Before

Init ==
    /\ paused = FALSE
    /\ waiting = {}
    /\ call = [c \in Everyone |-> None]
    /\ at = [c \in Everyone |-> "idle"]
    /\ start = None
    /\ before = 0

--------------------------------------------------------------------------------
\* Someone is in the middle of a call and can go on.
Busy == \E c \in Callers : at[c] \notin {"idle", "end"} /\ c \notin waiting

Begin(c) ==
    /\ at[c] = "idle"
    /\ IF c = Setup THEN before < Before
                    ELSE at[Setup] = "end" /\ (Overlap \/ ~Busy)
    /\ \E k \in Calls :
        /\ call' = [call EXCEPT ![c] = k]
        /\ at' = [at EXCEPT ![c] = IF k = "wait_until_running" THEN "look" ELSE k]
    /\ before' = IF c = Setup THEN before + 1 ELSE before
    /\ UNCHANGED <<paused, waiting, start>>

\* How many calls ran before does not matter any more.
EndSetup ==
    /\ at[Setup] = "idle"
    /\ at' = [at EXCEPT ![Setup] = "end"]
    /\ start' = paused
    /\ before' = 0
    /\ UNCHANGED <<paused, waiting, call>>

GoTo(c, place) ==
    /\ at' = [at EXCEPT ![c] = place]
    /\ UNCHANGED <<call, start, before>>

\* No call returns anything but None.
Finish(c) ==
    /\ at' = [at EXCEPT ![c] = IF c = Setup THEN "idle" ELSE "end"]
    /\ call' = IF c = Setup THEN [call EXCEPT ![c] = None] ELSE call
    /\ UNCHANGED <<start, before>>

--------------------------------------------------------------------------------
\* with self._changed:
\*     self._paused = True
pause(c) ==
    /\ at[c] = "pause"
    /\ paused' = TRUE
    /\ Finish(c)
    /\ UNCHANGED waiting

\* with self._changed:
\*     self._paused = False
\*     self._changed.notify_all()
resume(c) ==
    /\ at[c] = "resume"
    /\ paused' = FALSE
    /\ waiting' = {}
    /\ Finish(c)

\* if self._paused:                     before the fix: without the lock
\* with self._changed:                  after it: with the lock, up to wait()
\*     while self._paused:
\*         self._changed.wait()
look(c) ==
    /\ at[c] = "look"
    /\ IF ~paused THEN Finish(c) /\ UNCHANGED waiting
       ELSE IF Mended THEN GoTo(c, "woken") /\ waiting' = waiting \cup {c}
       ELSE GoTo(c, "wait") /\ UNCHANGED waiting
    /\ UNCHANGED paused

\* with self._changed:
\*     self._changed.wait()
wait(c) ==
    /\ at[c] = "wait"
    /\ waiting' = waiting \cup {c}
    /\ GoTo(c, "woken")
    /\ UNCHANGED paused

\* ... wait() returns; after the fix, paused is looked at again
woken(c) ==
    /\ at[c] = "woken" /\ c \notin waiting
    /\ IF Mended /\ paused THEN GoTo(c, "woken") /\ waiting' = waiting \cup {c}
                           ELSE Finish(c) /\ UNCHANGED waiting
    /\ UNCHANGED paused

--------------------------------------------------------------------------------
Next ==
    \/ EndSetup
    \/ \E c \in Everyone :
        \/ Begin(c)
        \/ pause(c) \/ resume(c)
        \/ look(c) \/ wait(c) \/ woken(c)

Spec == Init /\ [][Next]_vars

--------------------------------------------------------------------------------
\* Every call has ended or waits for ever.
Over == \A c \in Callers : at[c] = "end" \/ c \in waiting
Outcome == <<start, [c \in Callers |-> <<call[c], at[c]>>], paused>>

\* One call at a time only: what serial orders give.
Report == Over => PrintT(ToString(Outcome))

\* What calls that overlap do, some serial order does too.
Explained == Over => ToString(Outcome) \in SerialOutcomes

\* Nobody waits for ever while the workers may go on.
NeverAsleep == Over /\ ~paused => waiting \cap Callers = {}
================================================================================
