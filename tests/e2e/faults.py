#!/usr/bin/env python3
"""What goes wrong outside: a full disk, a read-only, locked or stolen database, tasks that eat memory or ignore their time-out.

Each gets a clear error and nothing is lost. Small tmpfs mounts stand for the disks: it needs root, or user
namespaces to become it.
"""
import concurrent.futures
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import ApiError, Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/r"
PASS_ON = {"StartAt": "Hold", "States": {"Hold": {"Type": "Wait", "SecondsPath": "$.pause", "End": True}}}


def task(resource, parameters, **more):
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}}}


def create(daemon, name, definition):
    return daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]


def run(daemon, name, definition, document=None):
    arn = daemon.call("StartExecution", stateMachineArn=create(daemon, name, definition), input=json.dumps(document or {}))["executionArn"]
    return daemon.ended(arn, 120)


def expect(what, is_true, got):
    if not is_true:
        raise AssertionError(f"{what}: {got}")


@contextlib.contextmanager
def small_disk(megabytes):
    """A folder that is a file system of its own, of that size."""
    folder = tempfile.mkdtemp(prefix="stepwell-disk-")
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


def full_disk(program):
    """Starts are refused while the disk is full; what was accepted before ends after space is made."""
    with small_disk(160) as disk, tempfile.TemporaryDirectory() as logs:
        daemon = Daemon(program, os.path.join(disk, "data"), log=os.path.join(logs, "log"))
        with daemon:
            machine = create(daemon, "hold", PASS_ON)
            accepted, refusal = [], None
            ballast = os.path.join(disk, "ballast")
            with open(ballast, "wb") as file:
                file.write(b"x" * 100_000_000)
            for number in range(2000):
                document = json.dumps({"pause": 3600 if number else 0, "filler": "x" * 100_000})
                try:
                    accepted.append(daemon.call("StartExecution", stateMachineArn=machine, name=f"r{number}", input=document)["executionArn"])
                except (ApiError, OSError) as error:
                    refusal = str(error)
                    break
            expect("expected the full disk to refuse a start", refusal is not None, len(accepted))
            expect("expected the refusal or the log to say that the disk is full",
                   any("full" in text or "disk" in text for text in (refusal, daemon.tail())), refusal)
            expect("expected a full disk to end no daemon", daemon.process.poll() is None, daemon.tail())
            os.unlink(ballast)
            daemon.kill()
            daemon.start()
            for arn in accepted:
                execution = daemon.call("DescribeExecution", executionArn=arn)
                expect("expected an accepted run to be kept", execution["status"] in ("RUNNING", "SUCCEEDED"), execution)
            number = len(accepted)
            again = daemon.call("StartExecution", stateMachineArn=machine, name=f"r{number}", input='{"pause": 0}')["executionArn"]
            expect("expected a start after space was made", daemon.ended(again)["status"] == "SUCCEEDED", again)
            for arn in accepted[1:]:
                daemon.call("StopExecution", executionArn=arn)
            expect("expected a clean stop", daemon.stop() == 0, daemon.tail())


def read_only_database(program):
    """A daemon that cannot write says so and does not start."""
    with small_disk(160) as disk, tempfile.TemporaryDirectory() as logs:
        daemon = Daemon(program, os.path.join(disk, "data"), log=os.path.join(logs, "log"))
        with daemon:
            create(daemon, "hold", PASS_ON)
            daemon.stop()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        done = subprocess.run(daemon.command, capture_output=True, text=True, timeout=60)
        expect("expected exit code 1 of a daemon on a read-only disk", done.returncode == 1, (done.returncode, done.stderr))
        expect("expected the message to say read-only", "read-only" in done.stderr.lower(), done.stderr)


def memory_eater(program):
    """A task that eats memory fails by name; its neighbours and the daemon do not notice."""
    with tempfile.TemporaryDirectory() as folder, Daemon(program, os.path.join(folder, "data")) as daemon:
        eater = task("stepwell:shell", {"command": ["/usr/bin/python3", "-c", "x = bytearray(2_000_000_000)"], "memory_limit": "200MB"})
        got = run(daemon, "eater", eater)
        expect("expected the eater to fail", got["status"] == "FAILED", got)
        expect("expected a named error", got["error"].startswith(("Shell.", "Stepwell.OutOfMemory")), got)
        neighbour = run(daemon, "neighbour", task("stepwell:echo", {"x": 1}))
        expect("expected its neighbour to succeed", neighbour["status"] == "SUCCEEDED", neighbour)
        daemon.stop()


def memory_by_default(program):
    """Without a configuration a task cannot fill the machine, and where that is full, tasks go before the daemon."""
    with tempfile.TemporaryDirectory() as folder, Daemon(program, os.path.join(folder, "data")) as daemon:
        got = run(daemon, "limits", task("stepwell:shell", {"script": "ulimit -d; cat /proc/self/oom_score_adj"}))
        expect("expected the limits", got["status"] == "SUCCEEDED", got)
        limit, score = json.loads(got["output"])["stdout"].split()
        with open("/proc/meminfo") as file:
            machine = int(file.readline().split()[1])
        expect("expected a limit below the machine's memory", limit.isdigit() and 0 < int(limit) < machine, (limit, machine))
        with open(f"/proc/{daemon.process.pid}/oom_score_adj") as file:
            own = int(file.read())
        expect("expected tasks to be ended before the daemon", int(score) > own, (score, own))
        daemon.stop()


def deaf_task(program):
    """A task that ignores its time-out is killed, with its children."""
    with tempfile.TemporaryDirectory() as folder, Daemon(program, os.path.join(folder, "data")) as daemon:
        mark = os.path.join(folder, "pid")
        script = f"trap '' TERM INT HUP\nsh -c 'echo $$ > {mark}; trap \"\" TERM; while :; do sleep 1; done' &\nwait\nwhile :; do sleep 1; done\n"
        got = run(daemon, "deaf", task("stepwell:shell", {"script": script}, TimeoutSeconds=2))
        expect("expected States.Timeout", got.get("error") == "States.Timeout", got)
        with open(mark) as file:
            pid = int(file.read())
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 30, "the child of the killed task to be gone")
        daemon.stop()


def locked_database(program):
    """While another program has locked the database, starts are refused; then everything goes on, and nothing is lost."""
    with tempfile.TemporaryDirectory() as folder, Daemon(program, os.path.join(folder, "data")) as daemon:
        machine = create(daemon, "hold", PASS_ON)
        held = daemon.call("StartExecution", stateMachineArn=machine, name="held", input='{"pause": 3600}')["executionArn"]
        other = sqlite3.connect(os.path.join(folder, "data", "stepwell.db"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            stop = pool.submit(daemon.call, "StopExecution", executionArn=held)
            wait_until(lambda: "database is locked" in daemon.tail(), 30, "the daemon to notice the lock")
            refused = None
            try:
                daemon.call("StartExecution", stateMachineArn=machine, input='{"pause": 0}')
            except ApiError as error:
                refused = error
            expect("expected the refusal to say that the journal cannot be written", "journal" in str(refused), refused)
            expect("expected the daemon to live", daemon.process.poll() is None, daemon.tail())
            expect("expected nobody to be answered before the commit", not stop.done(), stop.done() and stop.exception())
            other.execute("ROLLBACK")
            stop.result(60)
        expect("expected the stop to be kept", daemon.ended(held)["status"] == "ABORTED", held)
        again = daemon.call("StartExecution", stateMachineArn=machine, input='{"pause": 0}')["executionArn"]
        expect("expected a start after the lock", daemon.ended(again)["status"] == "SUCCEEDED", again)
        expect("expected a clean stop", daemon.stop() == 0, daemon.tail())


def stand_still(daemon, data):
    """Stops the process where it holds no lock of the database; false where it does."""
    daemon.process.send_signal(signal.SIGSTOP)
    other = sqlite3.connect(os.path.join(data, "stepwell.db"), isolation_level=None, timeout=0)
    try:
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        return True
    except sqlite3.OperationalError:
        daemon.process.send_signal(signal.SIGCONT)
        return False
    finally:
        other.close()


def taken_over(program):
    """A daemon that stood still while another one took its folder over ends, and writes nothing."""
    with tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        first = Daemon(program, data, log=os.path.join(folder, "first.log"))
        second = Daemon(program, data, log=os.path.join(folder, "second.log"))
        with first:
            machine = create(first, "hold", PASS_ON)
            held = first.call("StartExecution", stateMachineArn=machine, name="held", input='{"pause": 2}')["executionArn"]
            wait_until(lambda: stand_still(first, data), 30, "the daemon to stand still between two transactions")
            # As on a network file system that gives a lock away whose owner does not answer.
            os.unlink(os.path.join(data, "stepwell.lock"))
            with second:
                second.call("StartExecution", stateMachineArn=machine, name="mine", input='{"pause": 0}')
                expect("expected the second daemon to end the run", second.ended(held)["status"] == "SUCCEEDED", held)
                first.process.send_signal(signal.SIGCONT)
                code = first.process.wait(60)
                expect("expected the first daemon to end with an error", code != 0, code)
                expect("expected it to say why", "taken it over" in first.tail(), first.tail())
                kinds = [event["type"] for event in second.history(held)]
                expect("expected every event once", kinds == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"], kinds)
                again = second.call("StartExecution", stateMachineArn=machine, input='{"pause": 0}')["executionArn"]
                expect("expected the second daemon to go on", second.ended(again)["status"] == "SUCCEEDED", again)
                second.stop()


CASES = [full_disk, read_only_database, locked_database, taken_over, memory_eater, memory_by_default, deaf_task]


if __name__ == "__main__":
    suite.run_cases(sys.modules[__name__], CASES)
