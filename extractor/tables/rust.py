"""Rust by its table."""

from __future__ import annotations

from extractor.tables.common import PROMISES, RETRIES, storage
from extractor.tables.table import Table

RUST = Table(
    name="rust",
    family="rust",
    suffixes=(".rs",),
    grammar="tree_sitter_rust",
    entry="language",
    queries=("rust",),
    receivers=frozenset({"self"}),
    kinds={
        "rwlock": r"\bRwLock\b",
        "lock": r"\b(Mutex|ReentrantMutex|FairMutex|SpinLock|SpinMutex)\b",
        "condition": r"\b(Condvar|Notify)\b",
        "semaphore": r"\bSemaphore\b",
        "barrier": r"\b(Barrier|WaitGroup|JoinSet)\b",
        "once": r"\b(Once|OnceCell|OnceLock|LazyLock|LazyCell|Lazy)\b",
        "atomic": r"\bAtomic[A-Z]\w*|\bAtomic<",
        "channel": r"\b(mpsc|oneshot|broadcast|watch|Sender|Receiver|UnboundedSender|UnboundedReceiver)\b",
        "unordered": r"\b(HashMap|HashSet|DashMap|AHashMap|FxHashMap)\b",
    },
    methods=(
        ("atomic", "use", r"^(load|store|swap|compare_\w+|fetch_\w+|take)$"),
        ("rwlock", "acquire", r"^(try_)?(read|write|upgradable_read)(_owned)?$"),
        ("condition", "wait", r"^(wait\w*|notified)$"),
        ("condition", "notify", r"^notify_\w+$"),
        ("semaphore", "acquire", r"^(try_)?acquire\w*$"),
        ("barrier", "wait", r"^(wait|join_next)$"),
        ("once", "use", r"^(get_or_\w+|call_once\w*|set)$"),
        ("channel", "use", r"^(try_|blocking_)?send$"),
        ("channel", "wait", r"^((try_|blocking_)?recv\w*|changed|borrow_and_update)$"),
    ),
    syncs=(
        ("lock", "acquire", r"\.(try_|blocking_)?lock(_owned|_arc|_for|_exclusive)?$"),
        ("rwlock", "acquire", r"(?i:lock\w*)\.(try_)?(read|write)$"),
        (
            "atomic",
            "use",
            (
                r"\.(compare_exchange\w*|compare_and_swap|fetch_(add|sub|and|or|xor|max|min|update"
                r"|nand))$"
            ),
        ),
        ("atomic", "use", r"\batomic\.fence$|^fence$"),
        ("condition", "notify", r"\.notify_(one|all|waiters|last)$"),
        ("condition", "wait", r"\.(wait_while|wait_timeout\w*|notified)$|(?i:cond|cv)\w*\.wait$"),
        ("semaphore", "acquire", r"\.(try_)?acquire(_many|_owned)*$"),
        (
            "channel",
            "create",
            (
                r"\b(mpsc|oneshot|broadcast|watch|crossbeam\w*|flume)\.(\w+\.)?(channel|sync_channel"
                r"|unbounded_channel|bounded|unbounded)$"
            ),
        ),
        ("channel", "use", r"(?i:\b(tx|sender)\w*|_tx|_sender)\.(try_|blocking_)?send$"),
        ("channel", "wait", r"\.(try_|blocking_)?recv(_timeout|_async)?$"),
        *PROMISES,
    ),
    suspensions={
        "blocking": r"\.(lock|recv|recv_timeout|wait|wait_while|wait_timeout|accept|blocking_\w+|park)$"
        r"|(?i:handle|thread|worker|jh)s?(\[\])?\.join$|\bthread\.(sleep|park|yield_now)$|\bblock_on$"
    },
    nondeterminism={
        "clock": r"\b(Instant|SystemTime|Utc|Local)\.now$|\.elapsed$",
        "timeout": r"\b(time\.)?(timeout|timeout_at|sleep|sleep_until|interval)$|\.(recv_timeout|wait_timeout\w*)$",
        "random": r"\b(rand|fastrand)\.|\bthread_rng$|\.gen(_range|_bool)?$|\bUuid\.new_v\d$|\bOsRng\b",
        "gather": r"\b(thread|tokio|task|rayon|async_std\.task|smol)\.(spawn\w*|scope)$|\.(spawn|spawn_blocking)$"
        r"|\b(join_all|try_join_all|select_all|FuturesUnordered\.new)$|\b(join|try_join)!$",
        "message": r"\.(recv|try_recv|recv_async|accept|next_message)$",
        "retry": RETRIES,
    },
    storage=storage(
        read=r"\bfs\.(read\w*|metadata|File\.open)$|\bFile\.open$|\.(fetch_one|fetch_all|fetch_optional"
        r"|query_row|query_map|read_to_string|read_to_end|read_exact)$|\breqwest\.get$",
        write=r"\bfs\.(write|create_dir\w*|copy)$|\bFile\.create$|\.(write_all|write_fmt)$"
        r"|\bOpenOptions\.new\(\).*\.open$",
        mutate=r"\bfs\.(remove\w*|rename|set_permissions|hard_link)$|\.(sync_all|sync_data|set_len|execute)$"
        r"|\bsqlx\.query\w*$",
    ),
    mutators=r"\.(append|clear|drain|entry|extend|get_mut|get_or_insert_with|insert|iter_mut|last_mut|pop"
    r"|pop_back|pop_front|push|push_back|push_front|push_str|remove|replace|reserve|resize|retain|set"
    r"|sort\w*|split_off|swap|swap_remove|take|truncate|values_mut|as_mut|borrow_mut)$",
    raises=r"^(panic|unreachable|todo|unimplemented|bail|anyhow\.bail|ensure)!$|\bprocess\.(exit|abort)$",
    catches=r"\bcatch_unwind$|\.(unwrap_or|unwrap_or_else|unwrap_or_default|or_else|map_err|ok)$",
    asserts=r"^(debug_)?assert(_eq|_ne|_matches)?!$",
)
