"""The lab's protocol for an engine in Python: reads the command line, obeys `trial` lines, times, and prints one line each.

An engine is `run = lab.start("package", ...)` and `lab.serve(run, trial)`, where `trial(requests)` returns an `Answer`.
The protocol is described in benches/FORMAT.md and, for who writes an engine, in BYOR.md.
"""

import contextlib
import importlib.metadata
import os
import platform
import resource
import socket
import sys
import time
import traceback
from dataclasses import dataclass, field

MASK = (1 << 64) - 1


class Unsupported(Exception):
    """The engine does not do this workload: it is left out, which is no failure."""


class Failure(Exception):
    """The engine cannot go on: a word for the kind, a sentence for people."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


@dataclass
class Run:
    """One engine on one workload: the words that FORMAT.md describes, with the runner's defaults."""

    engine: str = ""
    origin: str = ""
    cpus: list = field(default_factory=list)
    threads: int = 1
    version: str = ""
    model: str = "fetch"
    requests: int = 1000
    concurrency: int = 64
    delay_us: int = 0
    page: str = "corpus"
    parse: str = "length"
    compute: str = "inline"
    silent_percent: int = 0
    deadline_ms: int = 30_000
    heavy_every: int = 1
    upto: int = 10_000_000
    jobs: int = 4
    tasks: int = 1000

    def url(self, index):
        """The address of request `index`. Silent pages are spread evenly, the same ones for every engine."""
        if index * self.silent_percent % 100 < self.silent_percent:
            return f"http://{self.origin}/silent"
        kind, _, size = self.page.partition(":")
        path = f"/fixed/{size}" if kind == "fixed" else f"/page/{index}"
        return f"http://{self.origin}{path}?delay_us={self.delay_us}"

    def urls(self, requests):
        return [self.url(index) for index in range(requests)]

    @property
    def deadline(self):
        """What an exchange may take, in seconds."""
        return self.deadline_ms / 1000


@dataclass
class Answer:
    """What a trial found. Sums, so that the order of arrival does not matter."""

    pages: int = 0
    bytes: int = 0
    errors: int = 0
    timeouts: int = 0
    checksum: int = 0
    # Each page's address and links as its program found them. They are resolved and summed when the clock has stopped.
    found: list = field(default_factory=list)
    # The peak of the worker processes, which is added to this one's. Pages that they share are counted for each.
    children_peak: int = 0
    # Words of the model's own, such as per_task_bytes.
    extra: dict = field(default_factory=dict)

    def add_page(self, url, body, hrefs=None):
        """Adds one page; `hrefs` are the values of its `a[href]`, or None where pages are not parsed."""
        self.pages += 1
        self.bytes += len(body)
        if hrefs is None:
            self.checksum = (self.checksum + spread(len(body))) & MASK
        else:
            self.found.append((url, hrefs))

    def add_error(self, message):
        # The first few are worth reading; the count tells the rest.
        if self.errors < 3:
            print(message, file=sys.stderr)
        self.errors += 1

    def words(self):
        count, checksum = 0, self.checksum
        if self.found:
            # Here, because it needs a package, and who finds no links should do without the environment.
            import links

            count, found = links.total(self.found)
            checksum = (checksum + found) & MASK
        return {
            "pages": self.pages,
            "bytes": self.bytes,
            "links": count,
            "checksum": f"{checksum:016x}",
            "errors": self.errors,
            "timeouts": self.timeouts,
        } | self.extra


def start(*packages, models=("fetch",)):
    """Reads the command line and stays on its CPUs; `packages` are named in the version. Ends the process where the
    workload asks for something that is not in `models` or that Python does not do."""
    with reporting():
        run = arguments(sys.argv[1:])
        run.version = "/".join(
            [f"python-{platform.python_version()}"] + [f"{name}-{importlib.metadata.version(name)}" for name in packages]
        )
        if run.model not in models:
            raise Unsupported(f"this engine does no {run.model}")
        if run.parse not in ("length", "links", "extract", "dom-links"):
            raise Unsupported("the CPU that a heavy page burns is counted in native instructions")
        if run.compute != "inline":
            raise Unsupported("Python computes where it fetches")
        if run.cpus:
            try:
                os.sched_setaffinity(0, run.cpus)
            except OSError as error:
                raise Failure("cpus", f"cannot stay on CPUs {run.cpus}: {error}") from error
        raise_descriptor_limit(run.concurrency + 64)
        return run


def serve(run, trial):
    """Says that the engine is ready and runs a trial for each line of standard input, until that ends."""
    # Standard output belongs to the protocol: whatever a library prints goes to standard error.
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    with reporting(out):
        print(f"ready engine={run.engine} version={run.version} threads={run.threads} profile=release", file=out)
        for line in sys.stdin:
            requests = command(run, line)
            ask_origin(run, "/_reset")
            usage = Usage()
            answer = trial(requests)
            used = usage.stop()
            # The origin first: resolving links takes a while, and its period should not last longer than the trial.
            origin = [f"origin_{word}" for word in ask_origin(run, "/_stats").split()]
            used["vmhwm_bytes"] += answer.children_peak
            words = {"requests": requests} | used | answer.words()
            print("trial", *(f"{key}={value}" for key, value in words.items()), *origin, file=out)


def arguments(words):
    """The command line as a Run."""
    run = Run()
    words = list(words)
    while words:
        word = words.pop(0)
        if word in ("--engine", "--origin", "--cpus", "--threads"):
            if not words:
                raise Failure("usage", f"{word} needs a value")
            key, value = word[2:], words.pop(0)
        else:
            key, equals, value = word.partition("=")
            if not equals:
                raise Failure("usage", f"`{word}` is not key=value")
        if not hasattr(Run, key) and key != "cpus":
            # Ignored, it would make the comparison a different one.
            raise Unsupported(f"this engine does not know the parameter {key}")
        setattr(run, key, parameter(key, value))
    if not run.engine or not run.origin:
        raise Failure("usage", "--engine NAME and --origin ADDRESS are needed")
    return run


def parameter(key, value):
    if key == "cpus":
        return [number(key, cpu) for cpu in value.split(",")]
    return number(key, value) if isinstance(getattr(Run, key), int) else value


def number(key, value):
    if not value.isdecimal():
        raise Failure("usage", f"{key}: `{value}` is not a number")
    return int(value)


def command(run, line):
    """How many requests the trial that `line` asks for makes."""
    kind, *words = line.split() or [""]
    if kind != "trial":
        raise Failure("input", f"`{line.strip()}` is not a trial")
    requests = run.requests
    for word in words:
        key, _, value = word.partition("=")
        if key == "requests":
            requests = number(key, value)
    return requests


class Usage:
    """What the process and its ended children have used since this was made."""

    def __init__(self):
        # 5 resets VmHWM (proc(5)). Where that is not allowed the peak is that of the process's life.
        with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
        self.before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        self.cpu = time.process_time_ns()
        self.wall = time.perf_counter_ns()

    def stop(self):
        """The words of a trial's line."""
        wall = time.perf_counter_ns() - self.wall
        cpu = time.process_time_ns() - self.cpu
        after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        own, children = ([getattr(new, key) - getattr(old, key) for key in USED] for old, new in zip(self.before, after))
        # The clock gives the sum to the nanosecond; the kernel's split of it is coarser, so only its proportion is used.
        system = int(cpu * own[1] / (own[0] + own[1])) if own[0] + own[1] > 0 else cpu // 2
        return {
            "wall_ns": wall,
            "cpu_user_ns": cpu - system + int(children[0] * 1e9),
            "cpu_sys_ns": system + int(children[1] * 1e9),
            "vmhwm_bytes": status("VmHWM") * 1024,
            "vmrss_bytes": status("VmRSS") * 1024,
            "nvcsw": own[2] + children[2],
            "nivcsw": own[3] + children[3],
            "threads": status("Threads"),
        }


USED = ("ru_utime", "ru_stime", "ru_nvcsw", "ru_nivcsw")


def status(key, process="self"):
    """A number of /proc/PROCESS/status; memory is in kilobytes."""
    with open(f"/proc/{process}/status") as lines:
        return next((int(line.split()[1]) for line in lines if line.startswith(f"{key}:")), 0)


def spread(value):
    """A number that differs in every bit when the input differs in one, so that sums do not hide a swap."""
    return (value + 0x9E37_79B9_7F4A_7C15) * 0xBF58_476D_1CE4_E5B9 & MASK


def raise_descriptor_limit(need):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < need:
        raise Failure("descriptors", f"{need} file descriptors are needed and {hard} allowed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < need:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def ask_origin(run, path):
    """What the origin says of itself."""
    return fetch(run, f"http://{run.origin}{path}").decode()


def fetch(run, url):
    """The body of the origin's answer, over a connection of its own and outside of the timed region."""
    host, _, port = run.origin.rpartition(":")
    path = url.removeprefix(f"http://{run.origin}")
    try:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {run.origin}\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except (OSError, ValueError) as error:
        raise Failure("origin", f"{url}: {error}") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Failure("origin", f"{url}: {head.splitlines()[0].decode(errors='replace') if head else 'no answer'}")
    return body


@contextlib.contextmanager
def reporting(out=None):
    """Turns what goes wrong into a line of the protocol and an exit code: never a traceback on standard output."""
    try:
        yield
        return
    except Unsupported as reason:
        line, code = f"unsupported reason={blank_free(reason)}", 0
    except Failure as failure:
        line, code = f"error kind={failure.kind} message={blank_free(failure)}", 1
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        traceback.print_exc()
        line, code = f"error kind=engine message={blank_free(f'{type(error).__name__}: {error}')}", 1
    with contextlib.suppress(OSError):
        print(line, file=out or sys.stdout, flush=True)
    # Threads and loops that are still at work must not hold up the end.
    sys.stderr.flush()
    os._exit(code)


def blank_free(message):
    return "_".join(str(message).split()) or "no_message"
