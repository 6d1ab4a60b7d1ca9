"""Go by its table."""

from __future__ import annotations

from extractor.tables.common import PROMISES, RETRIES, storage
from extractor.tables.table import Table

GO = Table(
    name="go",
    family="go",
    suffixes=(".go",),
    grammar="tree_sitter_go",
    entry="language",
    queries=("go",),
    kinds={
        "unordered": r"^[\w, ]*(:=\s*|=\s*|\s+)(make\()?map\[|\bsync\.Map\b",
        "channel": r"\bchan\b",
        "rwlock": r"\bsync\.RWMutex\b",
        "lock": r"\bsync\.(Mutex|Locker)\b|\bNewMutex\b",
        "condition": r"\bsync\.(Cond|NewCond)\b",
        "barrier": r"\bsync\.WaitGroup\b|\berrgroup\.",
        "once": r"\bsync\.Once",
        "semaphore": r"\bsemaphore\.",
        "atomic": r"\batomic\.(?!(Load|Store|Add|Swap|CompareAndSwap)\w)\w+",
    },
    methods=(
        ("atomic", "use", r"^(Load|Store|Add|Swap|CompareAndSwap|And|Or)$"),
        ("rwlock", "acquire", r"^(Try)?R?Lock$"),
        ("rwlock", "release", r"^R?Unlock$"),
        ("barrier", "use", r"^(Add|Go|SetLimit)$"),
        ("barrier", "notify", r"^Done$"),
        ("barrier", "wait", r"^Wait$"),
        ("condition", "wait", r"^Wait$"),
        ("condition", "notify", r"^(Signal|Broadcast)$"),
        ("once", "use", r"^Do$"),
        ("semaphore", "acquire", r"^(Try)?Acquire$"),
        ("semaphore", "release", r"^Release$"),
    ),
    syncs=(
        ("rwlock", "acquire", r"\.(Try)?RLock$"),
        ("rwlock", "release", r"\.RUnlock$"),
        ("lock", "acquire", r"\.(Try)?Lock$"),
        ("lock", "release", r"\.Unlock$"),
        ("atomic", "use", r"^atomic\.(Load|Store|Add|Swap|CompareAndSwap|And|Or)\w*$"),
        ("atomic", "use", r"\.CompareAndSwap$"),
        ("condition", "notify", r"(?i:cond)\w*\.(Signal|Broadcast)$"),
        ("condition", "wait", r"(?i:cond)\w*\.Wait$"),
        ("barrier", "wait", r"(?i:wg|group|wait)\w*\.Wait$"),
        ("barrier", "notify", r"(?i:wg|group|wait)\w*\.Done$"),
        ("once", "use", r"(?i:once)\w*\.Do$"),
        ("channel", "notify", r"^close$"),
        ("transaction", "acquire", r"\.(Begin|BeginTx|Txn)$"),
        ("transaction", "release", r"\.(Commit|Rollback)$"),
        *PROMISES,
    ),
    suspensions={
        "blocking": r"\.(R?Lock|Wait|Accept|Acquire)$|^time\.Sleep$|^runtime\.Gosched$|\.(Read|Write)(At|Full"
        r"|String)?$"
    },
    nondeterminism={
        "clock": r"^time\.(Now|Since|Until)$",
        "timeout": r"^time\.(After|AfterFunc|Tick|NewTimer|NewTicker)$|^context\.With(Timeout|Deadline)$"
        r"|\.Set\w*Deadline$",
        "random": r"^(math/)?rand\.|^uuid\.New|\brand\.\w*(Int|Float|Perm|Shuffle)\w*$",
        "gather": r"\b(wg|eg|g|group)\.Go$",
        "message": r"\.(Recv|ReadMessage|Subscribe|Receive)$",
        "retry": RETRIES,
    },
    storage=storage(
        read=r"^(os|ioutil)\.(Open|ReadFile|ReadDir|Stat|Lstat)$|\.(Query|QueryRow|QueryContext"
        r"|QueryRowContext)$|^http\.(Get|Head)$|\.(ReadAt|Seek)$",
        write=r"^(os|ioutil)\.(WriteFile|Create|OpenFile|Mkdir\w*|CreateTemp)$|^http\.(Post|PostForm)$"
        r"|\.(WriteAt|WriteTo|WriteString)$",
        mutate=r"^os\.(Remove|RemoveAll|Rename|Truncate|Link|Symlink|Chmod)$|\.(Exec|ExecContext|Truncate"
        r"|Sync)$|\bhttp\.DefaultClient\.Do$|(?i:client)\.Do$",
    ),
    mutators=r"^delete$|\.(Add|Append|Clear|Delete|Insert|Pop|PopBack|PopFront|Push|PushBack|PushFront|Put"
    r"|Remove|Reset|Set|Store|LoadOrStore|LoadAndDelete|MoveToFront|MoveToBack|Write|WriteString"
    r"|WriteByte|Init)$",
    raises=r"^panic$|^log\.(Fatal|Panic)\w*$|^os\.Exit$",
    catches=r"^recover$",
    asserts=r"^(assert|require)\.\w+$|^(common\.)?(_assert|Assert|Verify)$",
)
