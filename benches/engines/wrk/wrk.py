"""wrk as a ceiling: how many pages a load generator in C takes from the origin on the same CPU.

It runs for a time and not for a number of requests, so it does about as many as it is asked for: the time is chosen by what
the trial before came to. What counts is pages by wall time, and no answer is checked but that there were no errors.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "python"))

import lab

run = lab.start()

# wrk keeps at least one connection for each thread, and takes whole seconds only.
SHORTEST, LONGEST = 1, 10


def check():
    """wrk's version; ends the process where it cannot do the workload."""
    with lab.reporting():
        if not shutil.which("wrk"):
            raise lab.Unsupported("wrk is not installed; run `cargo xtask engines wrk`")
        if not run.page.startswith("fixed:"):
            raise lab.Unsupported("wrk asks for one address again and again")
        if run.parse != "length" or run.silent_percent:
            raise lab.Unsupported("wrk only counts")
        if run.threads > run.concurrency:
            raise lab.Unsupported("wrk needs a connection for each thread")
        output = subprocess.run(["wrk", "-v"], capture_output=True, text=True)
        words = (output.stdout + output.stderr).split()
        return words[1].replace("/", "-") if len(words) > 1 else "unknown"


def trial(requests):
    global rate
    # What the trial before came to says how long this one has to be; the first takes the shortest time that wrk knows.
    seconds = min(max(round(requests / rate), SHORTEST), LONGEST) if rate else SHORTEST
    command = ["wrk", f"-t{run.threads}", f"-c{run.concurrency}", f"-d{seconds}s", run.url(0)]
    command += ["--timeout", f"{max(1, run.deadline_ms // 1000)}s"]
    begin = time.perf_counter_ns()
    output = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    wall = time.perf_counter_ns() - begin
    if output.returncode != 0:
        raise lab.Failure("wrk", f"ended with {output.returncode}: {output.stderr or output.stdout}")
    answer = read(output.stdout)
    rate = answer.pages / (answer.extra.get("wall_ns", wall) / 1e9)
    return answer


def read(text):
    """What wrk says: `161403 requests in 1.10s, 437.49MB read` (heads included), and its complaints where it has any."""
    done = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m), ([\d.]+)(B|KB|MB|GB) read", text)
    if not done or not int(done[1]):
        raise lab.Failure("wrk", f"made no requests: {text}")
    answer = lab.Answer(pages=int(done[1]))
    answer.bytes = int(float(done[4]) * {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}[done[5]])
    # The time that wrk measured its requests over: the process also starts and ends in ours.
    answer.extra["wall_ns"] = int(float(done[2]) * {"us": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9}[done[3]])
    if wrong := re.search(r"Non-2xx or 3xx responses: (\d+)", text):
        answer.errors += int(wrong[1])
    if broken := re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text):
        answer.errors += sum(int(number) for number in broken.groups()[:3])
        answer.timeouts = int(broken[4])
    return answer


rate = 0
run.version = check()
lab.serve(run, trial)
