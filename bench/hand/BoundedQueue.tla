----------------------------- MODULE BoundedQueue -----------------------------
(* JobQueue in thumbs/jobs.py of the case bounded_queue, written by hand.      *)
(* A step is all that a thread does while it holds the lock, without which     *)
(* nobody touches the jobs. No step ends with the lock held, so the lock       *)
(* itself can be left out.                                                     *)
EXTENDS Integers, Sequences, FiniteSets, TLC, BoundedQueueSerial

CONSTANTS
    Callers,    \* the calls that may overlap
    Jobs,       \* values of the argument `job`
    Limit,      \* self._limit
    Before,     \* how many calls may run, one after another, before them
    Overlap,    \* FALSE: one call at a time, to learn what serial orders give
    Mended,     \* TRUE: the code after its fix, with one look at the lock
    Setup,      \* the caller that runs the calls before
    None        \* Python's None

VARIABLES
    jobs,       \* self._jobs
    call,       \* caller -> its call
    at,         \* caller -> where it will go on
    result,     \* caller -> what it returned or raised
    start,      \* jobs, when the calls began to overlap
    before      \* how many calls ran before

vars == <<jobs, call, at, result, start, before>>

Everyone == Callers \cup {Setup}
Calls == [op : {"submit"}, job : Jobs] \cup [op : {"take"}]

TypeOK ==
    /\ jobs \in Seq(Jobs)
    /\ call \in [Everyone -> Calls \cup {None}]
    /\ at \in [Everyone -> {"idle", "is_full", "append", "submit", "take", "end"}]
    /\ result \in [Callers -> Jobs \cup {None, "Full"}]
    /\ start = None \/ start \in Seq(Jobs)
    /\ before \in 0..Before

Init ==
    /\ jobs = << >>
    /\ call = [c \in Everyone |-> None]
    /\ at = [c \in Everyone |-> "idle"]
    /\ result = [c \in Callers |-> None]
    /\ start = None
    /\ before = 0

--------------------------------------------------------------------------------
Busy == \E c \in Callers : at[c] \notin {"idle", "end"}

First(k) == IF k.op = "submit" /\ ~Mended THEN "is_full" ELSE k.op

Begin(c) ==
    /\ at[c] = "idle"
    /\ IF c = Setup THEN before < Before
                    ELSE at[Setup] = "end" /\ (Overlap \/ ~Busy)
    /\ \E k \in Calls :
        /\ call' = [call EXCEPT ![c] = k]
        /\ at' = [at EXCEPT ![c] = First(k)]
    /\ before' = IF c = Setup THEN before + 1 ELSE before
    /\ UNCHANGED <<jobs, result, start>>

\* How many calls ran before does not matter any more.
EndSetup ==
    /\ at[Setup] = "idle"
    /\ at' = [at EXCEPT ![Setup] = "end"]
    /\ start' = jobs
    /\ before' = 0
    /\ UNCHANGED <<jobs, call, result>>

Finish(c, r) ==
    /\ IF c = Setup
       THEN /\ at' = [at EXCEPT ![c] = "idle"]
            /\ call' = [call EXCEPT ![c] = None]
            /\ UNCHANGED result
       ELSE /\ at' = [at EXCEPT ![c] = "end"]
            /\ result' = [result EXCEPT ![c] = r]
            /\ UNCHANGED call
    /\ UNCHANGED <<start, before>>

--------------------------------------------------------------------------------
(* JobQueue.submit before its fix *)

\* if self._is_full():      with self._lock: return len(self._jobs) >= self._limit
\*     raise Full(job)
is_full(c) ==
    /\ at[c] = "is_full"
    /\ IF Len(jobs) >= Limit
       THEN Finish(c, "Full")
       ELSE at' = [at EXCEPT ![c] = "append"] /\ UNCHANGED <<call, result, start, before>>
    /\ UNCHANGED jobs

\* with self._lock:
\*     self._jobs.append(job)
append(c) ==
    /\ at[c] = "append"
    /\ jobs' = Append(jobs, call[c].job)
    /\ Finish(c, None)

(* JobQueue.submit after it: both under the lock *)
submit(c) ==
    /\ at[c] = "submit"
    /\ IF Len(jobs) >= Limit
       THEN Finish(c, "Full") /\ UNCHANGED jobs
       ELSE Finish(c, None) /\ jobs' = Append(jobs, call[c].job)

(* JobQueue.take *)

\* with self._lock:
\*     if not self._jobs:
\*         return None
\*     return self._jobs.popleft()
take(c) ==
    /\ at[c] = "take"
    /\ IF jobs = << >>
       THEN Finish(c, None) /\ UNCHANGED jobs
       ELSE Finish(c, Head(jobs)) /\ jobs' = Tail(jobs)

--------------------------------------------------------------------------------
Next ==
    \/ EndSetup
    \/ \E c \in Everyone :
        \/ Begin(c)
        \/ is_full(c) \/ append(c) \/ submit(c)
        \/ take(c)

Spec == Init /\ [][Next]_vars

--------------------------------------------------------------------------------
Over == \A c \in Callers : at[c] = "end"
Outcome == <<start, [c \in Callers |-> <<call[c], result[c]>>], jobs>>

\* One call at a time only: what serial orders give.
Report == Over => PrintT(ToString(Outcome))

\* What calls that overlap do, some serial order does too.
Explained == Over => ToString(Outcome) \in SerialOutcomes

NeverTooLong == Len(jobs) <= Limit
================================================================================
