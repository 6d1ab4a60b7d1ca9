"""TypeScript, plain and with JSX, by its table."""

from __future__ import annotations

from dataclasses import replace

from extractor.tables.common import PROMISES, RETRIES, storage
from extractor.tables.table import Table

TYPESCRIPT = Table(
    name="typescript",
    family="typescript",
    suffixes=(".ts", ".mts", ".cts"),
    grammar="tree_sitter_typescript",
    entry="language_typescript",
    queries=("typescript",),
    receivers=frozenset({"this"}),
    kinds={
        "lock": r"\b(Mutex|MutexInterface|AsyncLock|Lock)\b(?!\s*=\s*require)",
        "semaphore": r"\b(Semaphore|SemaphoreInterface|Sema|PLimit|pLimit)\b",
        "queue": r"\b(PQueue|AsyncQueue|BullQueue|Queue)\b",
        "atomic": r"\bSharedArrayBuffer\b",
    },
    methods=(
        ("lock", "acquire", r"^acquire$"),
        ("lock", "release", r"^(release|cancel)$"),
        ("lock", "with", r"^(runExclusive|use|withLock)$"),
        ("lock", "wait", r"^waitForUnlock$"),
        ("lock", "use", r"^isLocked$"),
        ("semaphore", "acquire", r"^acquire$"),
        ("semaphore", "release", r"^release$"),
        ("semaphore", "with", r"^(runExclusive|use)$"),
        ("semaphore", "wait", r"^waitForUnlock$"),
        ("queue", "use", r"^(add|addAll|push|enqueue|process)$"),
    ),
    syncs=(
        ("lock", "with", r"\.(runExclusive|withLock)$|\bnavigator\.locks\.request$"),
        ("lock", "acquire", r"(?i:lock|mutex)\w*\.acquire$"),
        ("lock", "release", r"(?i:lock|mutex)\w*\.release$"),
        ("semaphore", "acquire", r"(?i:sema)\w*\.acquire$"),
        ("semaphore", "release", r"(?i:sema)\w*\.release$"),
        ("atomic", "use", r"^Atomics\.(?!wait|notify)\w+$"),
        ("condition", "wait", r"^Atomics\.wait(Async)?$"),
        ("condition", "notify", r"^Atomics\.notify$"),
        ("transaction", "with", r"\.(\$?transaction|runTransaction|withTransaction)$"),
        *PROMISES,
    ),
    suspensions={"blocking": r"^Atomics\.wait$|\b\w+(FileSync|execSync|spawnSync)$"},
    nondeterminism={
        "clock": r"^(Date|performance)\.now$|^new Date$|^process\.hrtime",
        "timeout": r"^(window\.|globalThis\.)?(setTimeout|setInterval|setImmediate|requestAnimationFrame)$"
        r"|\bAbortSignal\.timeout$",
        "random": r"^Math\.random$|\b(randomUUID|getRandomValues|randomBytes)$|^(uuid|uuidv4|nanoid)$",
        "gather": r"^Promise\.(all|allSettled|race|any)$|^new (Worker|SharedWorker)$"
        r"|^queueMicrotask$|^process\.nextTick$",
        "message": r"\.(onmessage|subscribe|addEventListener|on|once|addListener)$",
        "retry": RETRIES,
    },
    storage=storage(
        read=r"\bfs(\.promises)?\.(read\w*|stat\w*|exists\w*|access)$|^(localStorage|sessionStorage)\.getItem$"
        r"|\.(findOne|findMany|findUnique|findFirst|findById)$|^axios\.get$",
        write=r"\bfs(\.promises)?\.(write\w*|append\w*|mkdir\w*|copyFile\w*)$|^(localStorage"
        r"|sessionStorage)\.setItem$|^axios\.(post|put|patch)$|\.(insertOne|insertMany|upsert)$",
        mutate=r"\bfs(\.promises)?\.(unlink\w*|rm\w*|rename\w*|truncate\w*)$|^(localStorage"
        r"|sessionStorage)\.(removeItem|clear)$|^fetch$|^axios(\.(delete|request))?$|\.(updateOne"
        r"|updateMany|deleteOne|deleteMany|findOneAndUpdate|findByIdAndUpdate)$",
    ),
    mutators=r"\.(add|clear|copyWithin|delete|fill|pop|push|reverse|set|shift|sort|splice|unshift|enqueue"
    r"|dequeue)$",
    raises=r"^process\.(exit|abort)$|^(Promise\.)?reject$",
    catches=r"\.catch$",
    asserts=r"^(console\.)?assert(\.\w+)?$|^invariant$",
)

TSX = replace(TYPESCRIPT, name="tsx", suffixes=(".tsx",), entry="language_tsx")
