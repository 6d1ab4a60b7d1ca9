"""C and C++ by their tables."""

from __future__ import annotations

from dataclasses import replace

from extractor.tables.common import PROMISES, RETRIES, storage
from extractor.tables.table import Table

_STORAGE = storage(
    read=r"^(fopen|fread|fgets|getline|open|read|pread|recv|recvfrom|mmap|stat|fstat|lseek|sqlite3_step"
    r"|sqlite3_column_\w+|PQgetvalue|mysql_store_result)$",
    write=r"^(fwrite|fputs|fprintf|write|pwrite|writev|send|sendto|creat)$",
    mutate=r"^(fsync|fdatasync|ftruncate|truncate|unlink|remove|rename|msync|fflush|sqlite3_exec"
    r"|sqlite3_prepare\w*|PQexec\w*|mysql_query|redisCommand|curl_easy_perform)$",
)

_SYNCS = (
    ("rwlock", "acquire", r"^pthread_rwlock_(try|timed)?(rd|wr)lock$|^uv_rwlock_(rd|wr)lock$"),
    ("rwlock", "release", r"^pthread_rwlock_unlock$"),
    ("lock", "create", r"^pthread_(mutex|spin|rwlock)_init$|^mtx_init$|^uv_mutex_init$"),
    (
        "lock",
        "acquire",
        (
            r"^(pthread_(mutex|spin)_(try|timed)?lock|mtx_(try|timed)?lock|(raw_)?spin_lock\w*|mutex_lock\w*"
            r"|uv_mutex_(try)?lock|EnterCriticalSection|flock)$"
        ),
    ),
    (
        "lock",
        "release",
        (
            r"^(pthread_(mutex|spin)_unlock|mtx_unlock|(raw_)?spin_unlock\w*|mutex_unlock\w*|uv_mutex_unlock"
            r"|LeaveCriticalSection)$"
        ),
    ),
    ("condition", "create", r"^(pthread_cond_init|cnd_init)$"),
    ("condition", "wait", r"^(pthread_cond_(timed)?wait|cnd_(timed)?wait|uv_cond_(timed)?wait)$"),
    (
        "condition",
        "notify",
        (
            r"^(pthread_cond_(signal|broadcast)|cnd_(signal|broadcast)|uv_cond_(signal"
            r"|broadcast))$"
        ),
    ),
    ("semaphore", "create", r"^sem_(init|open)$"),
    ("semaphore", "acquire", r"^sem_(try|timed)?wait$"),
    ("semaphore", "release", r"^sem_post$"),
    ("barrier", "wait", r"^pthread_barrier_wait$"),
    ("once", "use", r"^(pthread_once|call_once|std\.call_once)$"),
    ("atomic", "use", r"^(__atomic_\w+|__sync_\w+|atomic_\w+|atomic[A-Z]\w*|Interlocked\w+)$|^(std\.)?atomic_\w+$"),
    *PROMISES,
)

C = Table(
    name="c",
    family="c",
    suffixes=(".c",),
    grammar="tree_sitter_c",
    entry="language",
    queries=("c",),
    kinds={
        "lock": r"\b(pthread_mutex_t|pthread_spinlock_t|mtx_t|spinlock_t|struct mutex|uv_mutex_t"
        r"|CRITICAL_SECTION)\b",
        "rwlock": r"\b(pthread_rwlock_t|uv_rwlock_t|rwlock_t)\b",
        "condition": r"\b(pthread_cond_t|cnd_t|uv_cond_t)\b",
        "semaphore": r"\bsem_t\b",
        "barrier": r"\bpthread_barrier_t\b",
        "once": r"\bpthread_once_t\b",
        "atomic": r"\b(_Atomic|atomic_\w+|atomic_t|redisAtomic|sig_atomic_t)\b",
        "volatile": r"\bvolatile\b",
    },
    syncs=_SYNCS,
    suspensions={
        "blocking": r"^(pthread_(mutex|spin)_lock|mutex_lock\w*|(raw_)?spin_lock\w*|pthread_rwlock_(rd|wr)lock"
        r"|pthread_cond_(timed)?wait|pthread_join"
        r"|mtx_lock|cnd_wait|thrd_join|sem_wait"
        r"|sleep|usleep|nanosleep|select|poll|epoll_wait|kevent|accept4?|connect|recv|recvfrom|read|write|fsync"
        r"|flock|waitpid|sched_yield)$"
    },
    nondeterminism={
        "clock": r"^(time|gettimeofday|clock_gettime|clock|ustime|mstime|ftime)$",
        "timeout": r"^(alarm|setitimer|timer_settime|pthread_cond_timedwait|pthread_mutex_timedlock)$",
        "random": r"^(rand|random|rand_r|drand48|lrand48|arc4random\w*|getrandom)$",
        "gather": r"^(pthread_create|thrd_create|fork|clone|uv_thread_create|uv_queue_work)$",
        "message": r"^(recv|recvfrom|recvmsg|epoll_wait|select|poll|kevent|mq_receive)$",
        "retry": RETRIES,
    },
    storage=_STORAGE,
    raises=r"^(abort|exit|_exit|longjmp|siglongjmp|panic|serverPanic)$",
    catches=r"^(sigsetjmp|setjmp)$",
    asserts=r"^_?_?(static_|Static_|debug)?[aA]ssert(ion)?$|^(ASSERT|DEBUG_ASSERT|serverAssert\w*"
    r"|debugServerAssert\w*|redis[aA]ssert|CHECK|_Static_assert|BUG_ON|WARN_ON)$",
)

_GUARD = r"\b(lock_guard|unique_lock|scoped_lock|shared_lock|MutexLock|MutexGuard)\b"

CPP = replace(
    C,
    name="c++",
    suffixes=(".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".tcc", ".inl"),
    grammar="tree_sitter_cpp",
    queries=("c", "cpp"),
    receivers=frozenset({"this"}),
    bare_members=True,
    kinds={
        "rwlock": rf"(?s)^(?!.*{_GUARD}).*(\bshared_(timed_)?mutex\b|{C.kinds['rwlock']})",
        "lock": rf"(?s)^(?!.*{_GUARD}).*(\b(std::(recursive_|timed_)*mutex|boost::mutex|absl::Mutex|QMutex"
        rf"|spinlock)\b|{C.kinds['lock']})",
        "condition": rf"\b(condition_variable(_any)?|CondVar)\b|\bstd::(latch|barrier)\b|{C.kinds['condition']}",
        "semaphore": rf"\b(counting_semaphore|binary_semaphore|LightweightSemaphore)\b|{C.kinds['semaphore']}",
        "once": rf"\bonce_flag\b|{C.kinds['once']}",
        "atomic": rf"\batomic(_\w+)?\s*<|\batomic_(flag|bool|int|uint\w*|size_t)\b|{C.kinds['atomic']}",
        "volatile": C.kinds["volatile"],
        "unordered": r"\bunordered_(multi)?(map|set)\b|\b(flat|node)_hash_(map|set)\b",
    },
    methods=(
        (
            "atomic",
            "use",
            (
                r"^(load|store|exchange|compare_exchange_\w+|fetch_\w+|test_and_set|clear|wait"
                r"|notify_\w+)$"
            ),
        ),
        ("condition", "wait", r"^(wait\w*|arrive_and_wait)$"),
        ("condition", "notify", r"^(notify_\w+|count_down|arrive)$"),
        ("semaphore", "acquire", r"^(try_acquire\w*|acquire|wait|tryWait\w*)$"),
        ("semaphore", "release", r"^(release|signal)$"),
        ("lock", "acquire", r"^(try_)?[lL]ock$"),
        ("lock", "release", r"^[uU]nlock$"),
        ("rwlock", "acquire", r"^(try_)?lock(_shared)?$"),
        ("rwlock", "release", r"^unlock(_shared)?$"),
    ),
    syncs=(
        ("lock", "acquire", r"\.(try_)?lock$|^std\.lock$"),
        ("lock", "release", r"\.unlock$"),
        ("rwlock", "acquire", r"\.(try_)?lock_shared$"),
        ("rwlock", "release", r"\.unlock_shared$"),
        ("condition", "notify", r"\.notify_(one|all)$"),
        ("condition", "wait", r"(?i:cv|cond\w*)_?\.wait(_for|_until)?$"),
        (
            "atomic",
            "use",
            (
                r"\.(compare_exchange_(weak|strong)|fetch_(add|sub|and|or|xor)|test_and_set)$|\batomic_(thread"
                r"|signal)_fence$"
            ),
        ),
        ("atomic", "use", r"\.(load|store|exchange)$"),
        *_SYNCS,
    ),
    suspensions={
        "blocking": rf"{C.suspensions['blocking']}|\.(lock|wait|wait_for|wait_until|join|acquire)$"
        rf"|\bthis_thread\.(sleep_\w+|yield)$|(?i:fut\w*)\.get$"
    },
    nondeterminism={
        "clock": rf"\w*clock\.now$|{C.nondeterminism['clock']}",
        "timeout": rf"\.(wait_for|wait_until|try_lock_for|try_lock_until|expires_\w+)$"
        rf"|{C.nondeterminism['timeout']}",
        "random": rf"\brandom_device\b|\bmt19937\w*|{C.nondeterminism['random']}",
        "gather": r"\bstd\.(thread|jthread|async)$|(?i:threads?_?)\.(emplace_back|push_back)$"
        rf"|{C.nondeterminism['gather']}",
        "message": C.nondeterminism["message"],
        "retry": C.nondeterminism["retry"],
    },
    storage=storage(
        read=f"{_STORAGE['read'].partition('|(?i:')[0]}|\\bifstream\\b",
        write=f"{_STORAGE['write'].partition('|(?i:')[0]}|\\bofstream\\b",
        mutate=f"{_STORAGE['mutate'].partition('|(?i:')[0]}|\\bfilesystem\\.(remove\\w*|rename|resize_file"
        f"|create_\\w+)$",
    ),
    mutators=r"\.(append|assign|clear|emplace\w*|erase|extract|insert\w*|merge|pop|pop_back|pop_front|push"
    r"|push_back|push_front|reset|resize|reserve|swap|release|splice|shrink_to_fit)$",
    asserts=rf"{C.asserts}|^(DCHECK|CHECK|ASSERT|EXPECT|REQUIRE)(_\w+)?$",
)
