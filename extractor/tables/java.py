"""Java by its table."""

from __future__ import annotations

from extractor.tables.common import PROMISES, RETRIES, storage
from extractor.tables.table import Table

JAVA = Table(
    name="java",
    family="java",
    suffixes=(".java",),
    grammar="tree_sitter_java",
    entry="language",
    queries=("java",),
    receivers=frozenset({"this"}),
    bare_members=True,
    kinds={
        "rwlock": r"\b(ReadWriteLock|ReentrantReadWriteLock|StampedLock)\b",
        "rlock": r"\bReentrantLock\b",
        "lock": r"\b(Lock|InterProcessMutex)\s+\w+",
        "condition": r"\b(Condition|CountDownLatch|CyclicBarrier|Phaser)\b",
        "semaphore": r"\bSemaphore\b",
        "queue": r"\b\w*(Blocking|Transfer|ConcurrentLinked)(Queue|Deque)\b|\bSynchronousQueue\b|\bExchanger\b",
        "atomic": r"\bAtomic(Integer|Long|Boolean|Reference|IntegerArray|LongArray|ReferenceArray|\w+Reference"
        r"|\w+FieldUpdater)\b"
        r"|\b(LongAdder|LongAccumulator|DoubleAdder|VarHandle)\b",
        "volatile": r"\bvolatile\b",
        "unordered": r"\b(HashMap|HashSet|Map|Set|ConcurrentMap|ConcurrentHashMap|IdentityHashMap|WeakHashMap)<",
    },
    methods=(
        ("rwlock", "use", r"^(readLock|writeLock)$"),
        ("rwlock", "release", r"^unlock\w*$"),
        ("rlock", "acquire", r"^(try[lL]ock|lock\w*)$"),
        ("rlock", "release", r"^unlock$"),
        ("rlock", "use", r"^(newCondition|isHeldByCurrentThread)$"),
        ("condition", "wait", r"^(await\w*|wait|arriveAndAwait\w*)$"),
        ("condition", "notify", r"^(signal|signalAll|countDown|arrive\w*)$"),
        ("semaphore", "acquire", r"^(try)?[aA]cquire\w*$"),
        ("semaphore", "release", r"^release$"),
        ("queue", "use", r"^(put|offer\w*|add|poll|peek)$"),
        ("queue", "wait", r"^(take\w*|transfer|exchange)$"),
        (
            "atomic",
            "use",
            (
                r"^((weak)?[cC]ompareAnd\w+|get(And\w+|Plain|Acquire|Opaque)?|set(Plain|Release|Opaque)?|lazySet"
                r"|add|addAndGet|increment\w*|decrement\w*|updateAndGet|accumulate\w*|sum|sumThenReset|reset)$"
            ),
        ),
    ),
    syncs=(
        ("rwlock", "acquire", r"\b(readLock|writeLock)\(\)\.(lock\w*|tryLock)$"),
        ("rwlock", "release", r"\b(readLock|writeLock)\(\)\.unlock$"),
        ("lock", "acquire", r"\.(lock|tryLock|lockInterruptibly)$"),
        ("lock", "release", r"\.unlock$"),
        ("condition", "wait", r"^wait$|\.wait$|(?i:condition|cond|latch|barrier)\w*\.await\w*$"),
        ("condition", "notify", r"(^|\.)notify(All)?$|\.(signal|signalAll|countDown)$"),
        (
            "atomic",
            "use",
            (
                r"\.((weak)?[cC]ompareAnd(Set|Exchange)\w*|getAnd(Set|Add|Increment|Decrement|Update|Accumulate)"
                r"|(increment|decrement|add|update|accumulate)AndGet)$"
            ),
        ),
        ("version", "use", r"\.(putIfAbsent|computeIfAbsent|computeIfPresent|compute|merge)$"),
        ("transaction", "acquire", r"\.setAutoCommit$"),
        *PROMISES,
    ),
    suspensions={
        "blocking": r"\.(lock|lockInterruptibly|acquire|await\w*|take|wait|park\w*)$|(?i:thread|future|worker"
        r"|task)s?\.join$|(?i:socket|server)\w*\.accept$|^(wait|park(Nanos|Until)?)$"
        r"|\bThread\.(sleep|yield|onSpinWait)$|(?i:queue|deque)\w*\.(put\w*|transfer)$"
        r"|(?i:future|task)\w*\.get$|\.(invokeAll|invokeAny|awaitTermination|block|blockingGet|blockFirst)$"
    },
    nondeterminism={
        "clock": r"\bSystem\.(currentTimeMillis|nanoTime)$|\b(Instant|LocalDateTime|LocalDate|ZonedDateTime"
        r"|OffsetDateTime)\.now$|(?i:clock|ticker)\w*(\(\))?\.(millis|instant|read|nanoTime\w*|getTime)$",
        "timeout": r"\.(orTimeout|completeOnTimeout|schedule\w*)$|\bnew Timer$",
        "random": r"\bMath\.random$|\bnew (Secure)?Random$|\bThreadLocalRandom\.|\bUUID\.randomUUID$|(?i:random"
        r"|rnd|rng)\w*\.next\w+$",
        "gather": r"\bnew Thread$|\.(submit|execute|invokeAll|invokeAny|parallelStream|startVirtualThread)$"
        r"|\bCompletableFuture\.(runAsync|supplyAsync|allOf|anyOf)$|\.then\w+Async$",
        "message": r"\.(receive|onMessage|subscribe|poll)$",
        "retry": RETRIES,
    },
    storage=storage(
        read=r"\bFiles\.(read\w*|lines|newBufferedReader|exists|size|list|walk)$|\.(executeQuery|queryForObject"
        r"|queryForList)$|\bnew (FileInputStream|FileReader)$",
        write=r"\bFiles\.(write\w*|create\w*|copy|newBufferedWriter)$|\bnew (FileOutputStream|FileWriter"
        r"|RandomAccessFile)$",
        mutate=r"\bFiles\.(delete\w*|move)$|\.(executeUpdate|executeBatch)$|(?i:http\w*|client)\.(send|exchange)$",
    ),
    mutators=r"\.(add\w*|clear|compute\w*|delete\w*|insert\w*|merge|offer\w*|poll\w*|pop|push|put\w*|remove\w*"
    r"|replace\w*|retainAll|set\w*|sort|append)$",
    asserts=r"(^|\b(Assert|Assertions|Preconditions|Objects)\.)(assert[A-Z]\w*|checkState|checkArgument"
    r"|checkNotNull|requireNonNull|requireNonNullElse|requireState|requireArgument)$",
)
