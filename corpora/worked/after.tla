------------------------------ MODULE References -------------------------------
(* Reference counts in blobkeeper/references.py: calls of add and delete that *)
(* overlap on one table, under a lock                                         *)
(* Not modelled: Failures of the table: a statement that raises, times out or *)
(* is applied twice: Nothing in the feature handles them, so a call that      *)
(* meets one ends with whatever the table raised; what the row then holds is  *)
(* the table's to say.                                                        *)
(* Not modelled: Cancelling a call between its two statements: `async with`   *)
(* frees the lock, and a cancelled call has only read, so it leaves the table *)
(* as it was; that is the same as a call that was never made.                 *)
(* Not modelled: The log line at 39 and the text of UnknownFile: Neither is   *)
(* read by anything.                                                          *)
(* Not modelled: Other users of the same table: The feature is the only code  *)
(* shown that writes it; two References on one table have a lock each and do  *)
(* not keep each other out, so the specification is of callers of one object. *)
(* Not modelled: In which order waiting calls get the lock: The specification *)
(* lets any of them be the next, which is more than the first in the queue.   *)
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS
    Calls,   \* the calls that are made, each one task of the event loop
    Files    \* the names of files that calls are about: two among three calls, since rows are apart and callers are not; then one among four

VARIABLES
    table,    \* self._table, blobkeeper/references.py:19: the rows on the database server, count by file; a file without a row is not in its domain
    at,       \* the statement that each call waits for: new before it holds the lock
    op,       \* what each call is, none before it has begun
    file,     \* the argument `name` of each call, none before it has begun
    count,    \* the local variable of that name, which a call keeps across its second await; 0 when it has none
    answer,   \* how each call ended, and the number that it returned
    lock      \* self._lock, blobkeeper/references.py:21: the call that holds the lock, free when none does

vars == <<table, at, op, file, count, answer, lock>>

\* how many references the table says there are: none where there is no row
Count(f) == IF f \in DOMAIN table THEN table[f] ELSE 0

\* how many calls of add on f have returned
Added(f) == Cardinality({k \in Calls : op[k] = "add" /\ file[k] = f /\ answer[k].how = "returned"})

\* how many calls of delete on f have returned
Deleted(f) == Cardinality({k \in Calls : op[k] = "delete" /\ file[k] = f /\ answer[k].how = "returned"})

\* how many references to f its users hold: what they added and have not deleted
References(f) == Added(f) - Deleted(f)

\* call k takes the lock, with this operation and this file
Begin(k, o, f) ==
    /\ at[k] = "new"
    /\ lock = "free"
    /\ lock' = k
    /\ op' = [op EXCEPT ![k] = o]
    /\ file' = [file EXCEPT ![k] = f]

\* call k goes on to wait for the statement of this line, and keeps n as its count; it still holds the lock
GoOn(k, line, n) ==
    /\ at' = [at EXCEPT ![k] = line]
    /\ count' = [count EXCEPT ![k] = n]
    /\ UNCHANGED <<answer, lock>>

\* call k leaves the block of the lock and ends: it returned n, or raised
End(k, how, n) ==
    /\ at' = [at EXCEPT ![k] = "end"]
    /\ count' = [count EXCEPT ![k] = 0]
    /\ answer' = [answer EXCEPT ![k] = [how |-> how, number |-> n]]
    /\ lock' = "free"

TypeOK ==
    /\ DOMAIN table \subseteq Files /\ \A f \in DOMAIN table : table[f] \in -1..(Cardinality(Calls) + 1)
    /\ at \in [Calls -> {"new", "add:26", "add:29", "delete:35", "delete:40", "delete:42", "end"}]
    /\ op \in [Calls -> {"none", "add", "delete"}]
    /\ file \in [Calls -> Files \cup {"none"}]
    /\ count \in [Calls -> 0..Cardinality(Calls)]
    /\ answer \in [Calls -> [how : {"none", "returned", "raised"}, number : -1..(Cardinality(Calls) + 1)]]
    /\ lock \in Calls \cup {"free"}

Init ==
    /\ table = [f \in {} |-> 0]
    /\ at = [k \in Calls |-> "new"]
    /\ op = [k \in Calls |-> "none"]
    /\ file = [k \in Calls |-> "none"]
    /\ count = [k \in Calls |-> 0]
    /\ answer = [k \in Calls |-> [how |-> "none", number |-> 0]]
    /\ lock = "free"

--------------------------------------------------------------------------------
\* blobkeeper/references.py:25: add waits until nobody holds the lock, and takes
\* it.
add_25(k, f) ==
    /\ Begin(k, "add", f)
    /\ at' = [at EXCEPT ![k] = "add:26"]
    /\ UNCHANGED <<table, count, answer>>

\* blobkeeper/references.py:26-28: add reads the row of its file; no row counts
\* as 0.
add_26(k) ==
    /\ at[k] = "add:26"
    /\ GoOn(k, "add:29", Count(file[k]))
    /\ UNCHANGED <<table, op, file>>

\* blobkeeper/references.py:29-30: add writes one more than it read, frees the
\* lock and returns that number.
add_29(k) ==
    /\ at[k] = "add:29"
    /\ LET f == file[k]
           n == count[k] + 1
       IN  /\ table' = [x \in DOMAIN table \cup {f} |-> IF x = f THEN n ELSE table[x]]
           /\ End(k, "returned", n)
    /\ UNCHANGED <<op, file>>

\* blobkeeper/references.py:34: delete waits until nobody holds the lock, and
\* takes it.
delete_34(k, f) ==
    /\ Begin(k, "delete", f)
    /\ at' = [at EXCEPT ![k] = "delete:35"]
    /\ UNCHANGED <<table, count, answer>>

\* blobkeeper/references.py:35-38: delete reads the row of its file; where there
\* is none it frees the lock and raises, else it decides by the count what to
\* do.
delete_35(k) ==
    /\ at[k] = "delete:35"
    /\ LET f == file[k]
       IN  CASE f \notin DOMAIN table -> End(k, "raised", 0)
             [] f \in DOMAIN table /\ Count(f) = 1 -> GoOn(k, "delete:40", 1)
             [] OTHER -> GoOn(k, "delete:42", Count(f))
    /\ UNCHANGED <<table, op, file>>

\* blobkeeper/references.py:39-41: delete, having read 1, takes the row away,
\* frees the lock and returns 0.
delete_40(k) ==
    /\ at[k] = "delete:40"
    /\ table' = [x \in DOMAIN table \ {file[k]} |-> table[x]]
    /\ End(k, "returned", 0)
    /\ UNCHANGED <<op, file>>

\* blobkeeper/references.py:42-43: delete, having read more than 1, writes one
\* less than it read, frees the lock and returns that number.
delete_42(k) ==
    /\ at[k] = "delete:42"
    /\ LET f == file[k]
           n == count[k] - 1
       IN  /\ table' = [x \in DOMAIN table \cup {f} |-> IF x = f THEN n ELSE table[x]]
           /\ End(k, "returned", n)
    /\ UNCHANGED <<op, file>>

--------------------------------------------------------------------------------
Next ==
    \/ \E k \in Calls, f \in Files : add_25(k, f)
    \/ \E k \in Calls : add_26(k)
    \/ \E k \in Calls : add_29(k)
    \/ \E k \in Calls, f \in Files : delete_34(k, f)
    \/ \E k \in Calls : delete_35(k)
    \/ \E k \in Calls : delete_40(k)
    \/ \E k \in Calls : delete_42(k)

Spec ==
    /\ Init /\ [][Next]_vars
    /\ \A k \in Calls : WF_vars(add_26(k))
    /\ \A k \in Calls : WF_vars(add_29(k))
    /\ \A k \in Calls : WF_vars(delete_35(k))
    /\ \A k \in Calls : WF_vars(delete_40(k))
    /\ \A k \in Calls : WF_vars(delete_42(k))
    /\ \A k \in Calls, f \in Files : WF_vars(add_25(k, f))
    /\ \A k \in Calls, f \in Files : WF_vars(delete_34(k, f))

--------------------------------------------------------------------------------
\* A file that somebody still references has a row.
NeverLost == \A f \in Files : References(f) > 0 => f \in DOMAIN table

\* The table counts as many references to a file as were added and not deleted.
CountIsBalance == \A f \in Files : Count(f) = References(f)

\* A file that nobody references, and that no call is about, has no row.
NoLeak ==
    \A f \in Files :
        (References(f) = 0 /\ \A k \in Calls : file[k] = f => at[k] = "end") => f \notin DOMAIN table

\* No more references to a file are deleted than were added.
DeletedOnce == \A f \in Files : Deleted(f) <= Added(f)

\* The table never counts more references to a file than were ever added.
NotCountedTwice == \A f \in Files : Count(f) <= Added(f)

\* No row says that there is no reference, or fewer: such a file has no row.
NoEmptyRow == \A f \in DOMAIN table : table[f] >= 1

\* The number that a call returns is how many references there are at that
\* moment.
AnswersAreCounts ==
    [][\A k \in Calls :
           (answer[k].how = "none" /\ answer'[k].how = "returned") => answer'[k].number = References(file[k])']_vars

\* When add returns, the table counts one more than just before.
AddCountsOneMore ==
    [][\A k \in Calls :
           (op[k] = "add" /\ answer[k].how = "none" /\ answer'[k].how = "returned")
               => Count(file[k])' = Count(file[k]) + 1]_vars

\* When delete returns, the table counts one less than just before.
DeleteCountsOneLess ==
    [][\A k \in Calls :
           (op[k] = "delete" /\ answer[k].how = "none" /\ answer'[k].how = "returned")
               => Count(file[k])' = Count(file[k]) - 1]_vars

\* delete raises UnknownFile only for a file that nobody references at that
\* moment.
RefusedOnlyUnreferenced ==
    [][\A k \in Calls :
           (answer[k].how = "none" /\ answer'[k].how = "raised") => References(file'[k]) = 0]_vars

\* Every call that is made returns or raises, as long as the table answers.
EveryCallEnds == \A k \in Calls : <>(at[k] = "end")

\* A call that has ended does not hold the lock, whether it returned or raised.
LockGivenBack == \A k \in Calls : at[k] = "end" => lock # k

\* Between its read and its write a call knows how many references there are:
\* nobody counts in between.
ReadStillHolds ==
    \A k \in Calls :
        at[k] \in {"add:29", "delete:40", "delete:42"} => count[k] = Count(file[k])

================================================================================
