------------------------------ MODULE StaleCache ------------------------------
(* Profiles in profiles/service.py of the case stale_cache, written by hand.   *)
(* A step is what nobody else can look into: code between two suspension       *)
(* points, or the moment at which the store answers. The store does each       *)
(* call at once and for everyone. What the mended code does while it holds its *)
(* lock is one step: nobody can look at the store without the lock, and the    *)
(* cache changes once in there.                                                *)
EXTENDS Integers, FiniteSets, TLC, StaleCacheSerial

CONSTANTS
    Callers,    \* the calls that may overlap
    Users,      \* values of the argument `user`
    Profiles,   \* values of the argument `profile`
    Before,     \* how many calls may run, one after another, before them
    Overlap,    \* FALSE: one call at a time, to learn what serial orders give
    Mended,     \* TRUE: the code after its fix, with a lock round the store
    Setup,      \* the caller that runs the calls before
    None        \* Python's None; no entry

VARIABLES
    store,      \* self._store   user -> profile | None
    cache,      \* self._cache   user -> profile | None
    call,       \* caller -> its call
    at,         \* caller -> where it will go on
    profile,    \* caller -> its local variable
    result,     \* caller -> what it returned or raised
    start,      \* <<store, cache>> when the calls began to overlap
    before      \* how many calls ran before

vars == <<store, cache, call, at, profile, result, start, before>>
object == <<store, cache>>

Everyone == Callers \cup {Setup}
Calls == [op : {"find"}, user : Users] \cup [op : {"change"}, user : Users, profile : Profiles]
Map == [Users -> Profiles \cup {None}]

TypeOK ==
    /\ store \in Map
    /\ cache \in Map
    /\ call \in [Everyone -> Calls \cup {None}]
    /\ at \in [Everyone -> {"idle", "look", "ask", "remember", "locked", "put", "forget", "end"}]
    /\ profile \in [Everyone -> Profiles \cup {None}]
    /\ result \in [Callers -> Profiles \cup {None, "UnknownUser"}]
    /\ start \in (Map \X Map) \cup {None}
    /\ before \in 0..Before

Init ==
    /\ store = [u \in Users |-> None]
    /\ cache = [u \in Users |-> None]
    /\ call = [c \in Everyone |-> None]
    /\ at = [c \in Everyone |-> "idle"]
    /\ profile = [c \in Everyone |-> None]
    /\ result = [c \in Callers |-> None]
    /\ start = None
    /\ before = 0

--------------------------------------------------------------------------------
Busy == \E c \in Callers : at[c] \notin {"idle", "end"}

First(k) == IF k.op = "find" THEN "look" ELSE IF Mended THEN "locked" ELSE "put"

Begin(c) ==
    /\ at[c] = "idle"
    /\ IF c = Setup THEN before < Before
                    ELSE at[Setup] = "end" /\ (Overlap \/ ~Busy)
    /\ \E k \in Calls :
        /\ call' = [call EXCEPT ![c] = k]
        /\ at' = [at EXCEPT ![c] = First(k)]
    /\ before' = IF c = Setup THEN before + 1 ELSE before
    /\ UNCHANGED <<object, profile, result, start>>

\* How many calls ran before does not matter any more.
EndSetup ==
    /\ at[Setup] = "idle"
    /\ at' = [at EXCEPT ![Setup] = "end"]
    /\ start' = object
    /\ before' = 0
    /\ UNCHANGED <<object, call, profile, result>>

GoTo(c, place) ==
    /\ at' = [at EXCEPT ![c] = place]
    /\ UNCHANGED <<call, result, start, before>>

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
(* Profiles.find *)

\* if user in self._cache:
\*     return self._cache[user]
look(c) ==
    /\ at[c] = "look"
    /\ LET known == cache[call[c].user] IN
        IF known # None THEN Finish(c, known) ELSE GoTo(c, IF Mended THEN "locked" ELSE "ask")
    /\ UNCHANGED <<object, profile>>

\* profile = await self._store.get(user)      (the moment at which the store answers)
ask(c) ==
    /\ at[c] = "ask"
    /\ profile' = [profile EXCEPT ![c] = store[call[c].user]]
    /\ GoTo(c, "remember")
    /\ UNCHANGED object

\* if profile is None:
\*     raise UnknownUser(user)
\* self._cache[user] = profile
\* return profile
remember(c) ==
    /\ at[c] = "remember"
    /\ IF profile[c] = None
       THEN Finish(c, "UnknownUser") /\ UNCHANGED cache
       ELSE Finish(c, profile[c]) /\ cache' = [cache EXCEPT ![call[c].user] = profile[c]]
    /\ profile' = [profile EXCEPT ![c] = None]
    /\ UNCHANGED store

\* async with self._asking:
\*     all of the above, a second look at the cache ahead of it
findLocked(c) ==
    /\ at[c] = "locked" /\ call[c].op = "find"
    /\ LET u == call[c].user IN
        IF cache[u] # None THEN Finish(c, cache[u]) /\ UNCHANGED cache
        ELSE IF store[u] = None THEN Finish(c, "UnknownUser") /\ UNCHANGED cache
        ELSE Finish(c, store[u]) /\ cache' = [cache EXCEPT ![u] = store[u]]
    /\ UNCHANGED <<store, profile>>

(* Profiles.change *)

\* await self._store.put(user, profile)
put(c) ==
    /\ at[c] = "put"
    /\ store' = [store EXCEPT ![call[c].user] = call[c].profile]
    /\ GoTo(c, "forget")
    /\ UNCHANGED <<cache, profile>>

\* self._cache.pop(user, None)
forget(c) ==
    /\ at[c] = "forget"
    /\ cache' = [cache EXCEPT ![call[c].user] = None]
    /\ Finish(c, None)
    /\ UNCHANGED <<store, profile>>

\* async with self._asking:
\*     both of the above
changeLocked(c) ==
    /\ at[c] = "locked" /\ call[c].op = "change"
    /\ store' = [store EXCEPT ![call[c].user] = call[c].profile]
    /\ cache' = [cache EXCEPT ![call[c].user] = None]
    /\ Finish(c, None)
    /\ UNCHANGED profile

--------------------------------------------------------------------------------
Next ==
    \/ EndSetup
    \/ \E c \in Everyone :
        \/ Begin(c)
        \/ look(c) \/ ask(c) \/ remember(c) \/ findLocked(c)
        \/ put(c) \/ forget(c) \/ changeLocked(c)

Spec == Init /\ [][Next]_vars

--------------------------------------------------------------------------------
Over == \A c \in Callers : at[c] = "end"
Outcome == <<start, [c \in Callers |-> <<call[c], result[c]>>], object>>

\* One call at a time only: what serial orders give.
Report == Over => PrintT(ToString(Outcome))

\* What calls that overlap do, some serial order does too.
Explained == Over => ToString(Outcome) \in SerialOutcomes

\* Once all is quiet, nobody is told an old profile.
NeverStale == Over => \A u \in Users : cache[u] \in {None, store[u]}
================================================================================
