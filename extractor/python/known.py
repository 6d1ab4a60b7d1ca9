"""Names of Python's libraries that say something about concurrency; plain tables, looked up by dotted name."""

from __future__ import annotations

import re
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Annotations of parameters that are values, not collaborators.
VALUE_TYPES = _words(
    "int str float bool bytes bytearray complex object None list dict set frozenset tuple deque List Dict Set Tuple "
    "FrozenSet Deque Sequence Iterable Mapping MutableMapping Collection Counter OrderedDict defaultdict DefaultDict "
    "Literal Callable Awaitable Type type timedelta datetime date Decimal Path PurePath UUID Any"
) - {"Any", "object"}

_SYNC_MODULES = _words(
    "threading asyncio multiprocessing queue anyio trio curio gevent eventlet locks queues synchronize _thread "
    "dummy_threading mp sync"
)

_SYNC_CLASSES = {
    "Lock": "lock",
    "allocate_lock": "lock",
    "_allocate_lock": "lock",
    "FileLock": "lock",
    "RLock": "rlock",
    "Condition": "condition",
    "Barrier": "condition",
    "Semaphore": "semaphore",
    "BoundedSemaphore": "semaphore",
    "CapacityLimiter": "semaphore",
    "Event": "event",
    "Queue": "queue",
    "LifoQueue": "queue",
    "PriorityQueue": "queue",
    "SimpleQueue": "queue",
    "JoinableQueue": "queue",
    "Thread": "thread",
    "Timer": "thread",
    "Process": "thread",
}
#: These mean the same whatever module they come from.
_ALWAYS = frozenset({"Lock", "RLock", "allocate_lock", "_allocate_lock", "BoundedSemaphore", "Semaphore", "FileLock"})

_CONTAINERS = {"set": "set", "frozenset": "set", "WeakSet": "set"}

MECHANISMS = frozenset({"lock", "rlock", "condition", "semaphore", "event", "queue"})

#: Methods that change the object they are called on.
MUTATORS = _words(
    "append appendleft add clear discard extend extendleft insert move_to_end pop popitem popleft remove reverse "
    "setdefault sort subtract update difference_update intersection_update symmetric_difference_update rotate "
    "__setitem__ __delitem__ write writelines truncate"
)

_READING = re.compile(
    r"(get|has|is|contains|exists|list|read|find|fetch|load|lookup|peek|count|size|len|keys|values|items|iter|scan|"
    r"query|select|search|stat|head|describe|show|check)(_|[A-Z]|all\b|many\b|one\b|$)"
)
_WRITING = re.compile(r"(set|put|write|save|store|insert|create|upsert|replace)(_|[A-Z]|nx\b|ex\b|all\b|many\b|$)")


def method_mode(name: str) -> str:
    """What a call of an unknown collaborator's method does by its name: read, write or mutate."""
    bare = name.lstrip("_")
    if bare.startswith(("get_and", "get_or", "getset", "check_and")):
        return "mutate"
    if _READING.match(bare):
        return "read"
    return "write" if _WRITING.match(bare) else "mutate"


def created_kind(meant: str) -> str | None:
    """The kind of synchronisation object, thread or set that calling ``meant`` makes."""
    *modules, name = meant.lstrip(".").split(".")
    kind = _SYNC_CLASSES.get(name)
    if kind is not None and (name in _ALWAYS or not _SYNC_MODULES.isdisjoint(modules)):
        return kind
    return _CONTAINERS.get(name) if not modules or modules == ["weakref"] else None


@lru_cache(maxsize=65536)
def mechanism_by_name(target: str) -> str | None:
    """What a lock-like thing is, going by its last name: ``self._write_lock`` is a lock."""
    name = target.rpartition(".")[2].lower().strip("_")
    if name.endswith("rlock"):
        return "rlock"
    if re.search(r"(?<![bc])(?<!dead)(?<!un)lock$|mutex$|^(w|r)?lock_|^lock\d*$", name):
        return "lock"
    if re.search(r"(^|_)cond(ition)?$|^cv$|^not_(empty|full)$", name):
        return "condition"
    if re.search(r"(^|_)sem(aphore)?$", name):
        return "semaphore"
    return None


CLOCKS = _words(
    "time.time time.time_ns time.monotonic time.monotonic_ns time.perf_counter time.perf_counter_ns "
    "time.process_time time.localtime time.gmtime datetime.datetime.now datetime.datetime.utcnow "
    "datetime.datetime.today datetime.date.today datetime.now datetime.utcnow date.today django.utils.timezone.now "
    "pendulum.now arrow.now arrow.utcnow"
)
RANDOM_ROOTS = ("random.", "secrets.", "numpy.random.", "np.random.")
_RANDOM = _words("os.urandom uuid.uuid1 uuid.uuid4 uuid1 uuid4")
_CONCURRENT = _words(
    "asyncio.gather asyncio.wait asyncio.as_completed asyncio.create_task asyncio.ensure_future asyncio.TaskGroup "
    "asyncio.run_coroutine_threadsafe asyncio.to_thread concurrent.futures.wait concurrent.futures.as_completed "
    "threading.Thread threading.Timer multiprocessing.Process anyio.create_task_group trio.open_nursery "
    "_thread.start_new_thread"
)
_CONCURRENT_METHODS = _words(
    "create_task ensure_future run_in_executor start_soon call_soon_threadsafe call_later call_at imap_unordered"
)
_TIMEOUTS = _words(
    "asyncio.wait_for asyncio.timeout asyncio.timeout_at async_timeout.timeout anyio.move_on_after anyio.fail_after "
    "trio.move_on_after trio.fail_after threading.Timer signal.alarm signal.setitimer"
)
_MESSAGES = _words(
    "recv recv_into recvfrom recvmsg recv_json recv_bytes receive receive_json receive_text receive_nowait "
    "subscribe consume read_message get_message xread xreadgroup blpop brpop sock_recv"
)
_UNORDERED = _words(
    "os.listdir os.scandir os.walk glob.glob glob.iglob set frozenset asyncio.all_tasks threading.enumerate"
)
_UNORDERED_METHODS = frozenset({"popitem", "iterdir", "rglob"})
_BLOCKING = _words(
    "time.sleep select.select socket.create_connection subprocess.run subprocess.call subprocess.check_call "
    "subprocess.check_output os.wait os.waitpid os.system urllib.request.urlopen requests.get requests.post "
    "requests.put requests.delete requests.request input concurrent.futures.wait signal.pause"
)
_BLOCKING_METHODS = _words("acquire wait wait_for recv recv_into recvfrom accept sendall communicate")


def nondeterminism_of(meant: str) -> str | None:
    """The source of nondeterminism that a call of ``meant`` is; unordered only counts where it is iterated."""
    target, _, name = meant.rpartition(".")
    if meant in CLOCKS or (name == "time" and target.endswith("loop")) or meant.endswith("get_running_loop().time"):
        return "clock"
    if meant in _RANDOM or meant.startswith(RANDOM_ROOTS):
        return "random"
    if meant in _TIMEOUTS:
        return "timeout"
    if meant in _CONCURRENT or (target and name in _CONCURRENT_METHODS):
        return "gather"
    if name == "submit" and re.search(r"pool|executor", target.lower()):
        return "gather"
    if target and name in _MESSAGES:
        return "message"
    if target and name == "popitem":
        return "unordered"
    return None


def is_unordered(meant: str) -> bool:
    """Whether what ``meant`` returns is iterated in no given order."""
    return meant in _UNORDERED or meant.rpartition(".")[2] in _UNORDERED_METHODS


def is_blocking(meant: str) -> bool:
    """Whether a call of ``meant`` that isn't awaited makes the calling thread wait."""
    target, _, name = meant.rpartition(".")
    if meant in _BLOCKING or (target and name in _BLOCKING_METHODS):
        return True
    return name in ("result", "exception") and bool(re.search(r"fut(ure)?s?$|task$", target.lower()))


_TRANSACTIONS = {
    "begin": "acquire",
    "begin_nested": "acquire",
    "start_transaction": "acquire",
    "commit": "release",
    "rollback": "release",
    "select_for_update": "use",
    "with_for_update": "use",
    "savepoint": "use",
}
TRANSACTION_CONTEXTS = _words("transaction atomic begin begin_nested start_transaction savepoint pipeline")
_VERSIONS = _words(
    "compare_and_set compare_and_swap compare_exchange compareAndSet cas check_and_set put_if_absent set_if_absent "
    "setnx put_if_match replace_if get_with_version"
)
_LEASES = _words("renew_lease acquire_lease release_lease grant_lease revoke_lease lease keepalive keep_alive")
_RETRIES = _words("retry retrying Retrying AsyncRetrying retry_call stamina backoff on_exception")
#: Keyword arguments that ask a store for a guarantee.
KEYWORDS = {
    "if_match": "version",
    "if_none_match": "version",
    "etag": "version",
    "expected_version": "version",
    "if_version": "version",
    "lease": "lease",
    "ttl": "lease",
    "timeout": "timeout",
}

_LOCK_METHODS = {
    "acquire": "acquire",
    "acquire_nowait": "acquire",
    "release": "release",
    "wait": "wait",
    "wait_for": "wait",
    "notify": "notify",
    "notify_all": "notify",
    "notifyAll": "notify",
    "locked": "use",
}
_EVENT_METHODS = {"set": "notify", "clear": "use", "is_set": "use", "wait": "wait"}
_QUEUE_METHODS = {
    "put": "use",
    "put_nowait": "use",
    "get": "wait",
    "get_nowait": "use",
    "join": "wait",
    "task_done": "notify",
    "empty": "use",
    "full": "use",
    "qsize": "use",
}


QUEUE_OR_THREAD_METHODS = frozenset({"join", "get", "put"})
SYNC_METHODS = _LOCK_METHODS.keys() | _EVENT_METHODS.keys() | _QUEUE_METHODS.keys()


def guarantee_of(meant: str) -> tuple[str, str] | None:
    """(mechanism, operation) of a call of a transaction, version check, lease or retry by its name."""
    target, _, name = meant.rpartition(".")
    if target and name in _TRANSACTIONS:
        return "transaction", _TRANSACTIONS[name]
    if target and name in _VERSIONS:
        return "version", "use"
    if name in _LEASES:
        return "lease", {"acquire_lease": "acquire", "release_lease": "release"}.get(name, "use")
    if name in _RETRIES:
        return "retry", "use"
    return None


def method_of(kind: str | None, target: str, name: str) -> tuple[str, str] | None:
    """(mechanism, operation) of calling ``name`` on ``target``, made as ``kind`` (None: not known)."""
    if kind == "event":
        operation = _EVENT_METHODS.get(name)
    elif kind == "queue":
        operation = _QUEUE_METHODS.get(name)
    else:
        operation = _LOCK_METHODS.get(name)
        if kind is None and operation is not None:
            guess = mechanism_by_name(target)
            if guess is None:
                if operation == "notify":
                    guess = "condition"
                elif name in ("acquire", "release"):
                    guess = "lock"
            kind = guess
    if operation is None or kind not in MECHANISMS:
        return None
    return kind, operation


#: The last names of all calls that any of these tables speaks of, types and what is under RANDOM_ROOTS apart.
TELLING = (
    {
        name.rpartition(".")[2]
        for name in CLOCKS | _RANDOM | _CONCURRENT | _TIMEOUTS | _UNORDERED | _BLOCKING | _CONTAINERS.keys()
    }
    | _SYNC_CLASSES.keys()
    | _CONCURRENT_METHODS
    | _MESSAGES
    | _UNORDERED_METHODS
    | _BLOCKING_METHODS
    | {"time", "submit", "result", "exception"}
    | _TRANSACTIONS.keys()
    | _VERSIONS
    | _LEASES
    | _RETRIES
    | SYNC_METHODS
    | QUEUE_OR_THREAD_METHODS
    | MUTATORS
)
