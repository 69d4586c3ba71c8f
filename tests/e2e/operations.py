#!/usr/bin/env python3
"""Operating runs: pools, concurrency, explain, pause, retention, backups, a full disk, notifications."""
import contextlib
import http.server
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
sys.path.insert(0, HERE)
from daemon import Daemon, wait_until  # noqa: E402
import suite  # noqa: E402
from faults import expect, small_disk, task  # noqa: E402


class Place:
    """A folder with a configuration and workflow files, and a daemon on it."""

    def __init__(self, program, folder, configuration=None, workflows=None):
        self.program, self.folder = program, folder
        self.data = os.path.join(folder, "data")
        os.makedirs(os.path.join(folder, "workflows"), exist_ok=True)
        self.config = os.path.join(folder, "stepwell.yaml")
        with open(self.config, "w") as file:
            json.dump(configuration or {}, file)
        for name, definition in (workflows or {}).items():
            self.put(name, definition)
        self.daemon = Daemon(program, self.data, "--config", self.config, "--workflows", os.path.join(folder, "workflows"),
                             log=os.path.join(folder, "log"))

    def put(self, name, definition):
        with open(os.path.join(self.folder, "workflows", name + ".json"), "w") as file:
            json.dump(definition, file)

    def __enter__(self):
        self.daemon.start()
        return self

    def __exit__(self, *_):
        if self.daemon.process and self.daemon.process.poll() is None:
            self.daemon.kill()

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        path = path if path.startswith("/") else "/api/v1/" + path
        request = urllib.request.Request(f"http://127.0.0.1:{self.daemon.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def get(self, path):
        status, body = self.request("GET", path)
        expect(f"expected GET {path} to succeed", status in (200, 201), (status, body))
        return body

    def post(self, path, body=None):
        status, body = self.request("POST", path, body or {})
        expect(f"expected POST {path} to succeed", status in (200, 201), (status, body))
        return body

    def start(self, workflow, name=None, document=None):
        self.daemon.workflow(workflow)
        body = {"workflow": workflow, "input": document or {}}
        return self.post("runs", {**body, "name": name} if name else body)["run"]

    def ended(self, run, seconds=120):
        return wait_until(lambda: (lambda r: r["status"] != "running" and r)(self.get(f"runs/{run}")), seconds, f"the end of run {run}")

    def explained(self, run, code):
        """Waits until the run is explained by that code; returns the reason."""
        def found():
            return next((r for r in self.get(f"runs/{run}/explain")["reasons"] if r["code"] == code), None)
        return wait_until(found, 30, f"run {run} to be explained by {code}")


def gated(gate):
    """A shell task that is at work until the file appears."""
    return task("stepwell:shell", {"command": ["/bin/sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.02; done"]})


def touch(path):
    with open(path, "w"):
        pass


def pools(program):
    """A pool lets as many tasks work as it has slots, higher priorities first, also after a kill; explain names the holders."""
    with tempfile.TemporaryDirectory() as folder:
        gate = os.path.join(folder, "gate")
        body = task("stepwell:shell", {"command": ["/bin/sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.02; done"]})
        crowd = {"pool": "warehouse", "StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": body}}}
        urgent = {"pool": "warehouse", "priority": 5, **gated(gate)}
        with Place(program, folder, {"pools": {"warehouse": {"slots": 2}}}, {"crowd": crowd, "urgent": urgent}) as place:
            first = place.start("crowd", document={"items": [1, 2, 3, 4, 5]})
            reason = place.explained(first, "POOL_FULL")
            expect("expected two holders and three that wait", (reason["slots"], len(reason["holders"]), reason["count"]) == (2, 2, 3), reason)
            second = place.start("urgent")
            reason = place.explained(second, "POOL_FULL")
            expect("expected the higher priority to be next", reason["place"] == 1, reason)
            expect("expected the holders by name", {h["run"] for h in reason["holders"]} == {first}, reason)
            place.daemon.kill()
            place.daemon.start()
            wait_until(lambda: place.get("pools")["items"][0]["waiting_count"] == 4, 30, "the queue to be there again")
            shown = place.get("pools")["items"][0]
            expect("expected two tasks at work after the kill", len(shown["working"]) == 2, shown)
            touch(gate)
            for run in (first, second):
                expect("expected it to succeed", place.ended(run)["status"] == "succeeded", run)
            expect("expected the pool to be empty", place.get("pools")["items"][0]["working"] == [], place.get("pools"))
            expect("expected an ended run to be explained so", place.get(f"runs/{first}/explain")["code"] == "ENDED", first)


def concurrency(program):
    """A workflow's concurrency holds runs back, the oldest first; a stopped one that waits never works."""
    with tempfile.TemporaryDirectory() as folder:
        gate = os.path.join(folder, "gate")
        with Place(program, folder, {}, {"one": {"concurrency": 1, **gated(gate)}}) as place:
            runs = [place.start("one", f"r{n}") for n in range(3)]
            reason = place.explained(runs[2], "WORKFLOW_LIMIT")
            expect("expected the holder", [h["name"] for h in reason["holders"]] == ["r0"], reason)
            expect("expected its place", (reason["limit"], reason["place"]) == (1, 2), reason)
            expect("expected the workflow to say the same", "WORKFLOW_LIMIT" in [r["code"] for r in place.get("workflows/one/explain")["reasons"]], reason)
            place.post(f"runs/{runs[1]}/stop")
            touch(gate)
            expect("expected the first to succeed", place.ended(runs[0])["status"] == "succeeded", runs)
            expect("expected the last to succeed", place.ended(runs[2])["status"] == "succeeded", runs)
            logs = place.get(f"runs/{runs[1]}/logs")["items"]
            expect("expected the stopped one never to work", place.ended(runs[1])["status"] == "aborted" and logs == [], logs)


def places(program):
    """Killed again and again: of a workflow with concurrency 1 no run begins before the one at work has ended, also while that waits."""
    with tempfile.TemporaryDirectory() as folder:
        seen = os.path.join(folder, "seen")
        def work(next_state):
            parameters = {"command.$": f"States.Array('/bin/sh', '-c', 'echo \"$1\" >> {seen}', 'work', $$.Execution.Name)"}
            return {"Type": "Task", "Resource": "stepwell:shell", "Parameters": parameters, **next_state}
        states = {"A": work({"Next": "W"}), "W": {"Type": "Wait", "Seconds": 2, "Next": "B"}, "B": work({"End": True})}
        with Place(program, folder, {}, {"one": {"concurrency": 1, "StartAt": "A", "States": states}}) as place:
            runs = [place.start("one", f"r{n}") for n in range(3)]
            while any(place.get(f"runs/{run}")["status"] == "running" for run in runs):
                place.daemon.kill()
                place.daemon.start()
                time.sleep(0.7)  # so that each life gets some work done
        with open(seen) as file:
            order = file.read().split()
        changes = [name for n, name in enumerate(order) if n == 0 or order[n - 1] != name]
        expect("expected one run after the other", changes == ["r0", "r1", "r2"], order)


def nested(program):
    """Killed again and again amid runs that wait for others, one of which is stopped: each is started once, its end is heard once, and
    none is left over."""
    with tempfile.TemporaryDirectory() as folder:
        child = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "Next": "T"}, "T": task("stepwell:shell", {"command": ["true"]})["States"]["T"]}}
        with Place(program, folder, {}, {"child": child}) as place:
            wait = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
                    "Parameters": {"StateMachineArn": place.daemon.workflow("child"), "Input.$": "$"}}
            def each(name, **more):
                return {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"StartAt": name, "States": {name: wait}},
                        "ResultSelector": {"done.$": "States.ArrayLength($)"}, **more}
            place.put("parent", {"StartAt": "A", "States": {"A": each("M", ResultPath="$.first", Next="B"), "B": each("N", End=True)}})
            parents = [place.start("parent", f"p{n}", {"items": [1, 2, 3]}) for n in range(5)]
            stopped = parents[2]
            for life in range(6):
                time.sleep(0.4)
                if life == 1:
                    place.post(f"runs/{stopped}/stop")
                place.daemon.kill()
                place.daemon.start()
            for parent in parents:
                run = place.ended(parent)
                items = place.get(f"runs?parent={parent}&limit=100")["items"]
                expect("expected children to know their parent", all(item["parent"] == parent for item in items), items)
                if parent == stopped:
                    expect("expected it to be stopped", run["status"] == "aborted", run["status"])
                    expect("expected whom it waited for to be stopped with it", all(item["status"] in ("aborted", "succeeded") for item in items), items)
                    continue
                expect("expected the parent to go on", (run["status"], run.get("output")) == ("succeeded", {"done": 3}), run)
                expect("expected each child once", [item["status"] for item in items] == ["succeeded"] * 6, items)
            left = place.get("runs?status=running")["items"]
            expect("expected nothing to be left over", left == [], left)


def pause(program):
    """A paused workflow starts nothing by itself; people may start it; then it makes up for it."""
    with tempfile.TemporaryDirectory() as folder:
        quick = {"schedules": [{"rate": "1 minute", "name": "often"}], "triggers": [{"files": os.path.join(folder, "in", "*.csv"), "stable_for": "0s", "poll": "1s"}],
                 "StartAt": "P", "States": {"P": {"Type": "Succeed"}}}
        os.mkdir(os.path.join(folder, "in"))
        with Place(program, folder, {"allowed_roots": [os.path.join(folder, "in")]}, {"quick": quick}) as place:
            place.daemon.workflow("quick")
            codes = {r["code"] for r in place.get("workflows/quick/explain")["reasons"]}
            expect("expected what it waits for", {"NEXT_FIRE", "WAITING_FILE"} <= codes, codes)
            place.post("workflows/quick/pause", {"note": "the mart is moved"})
            shown = place.get("workflows/quick/explain")
            expect("expected PAUSED first, with its note", shown["code"] == "PAUSED" and shown["reasons"][0]["note"] == "the mart is moved", shown)
            touch(os.path.join(folder, "in", "a.csv"))
            wait_until(lambda: "paused" in place.get("triggers").get("trouble", ""), 30, "the trigger to be refused")
            by_hand = place.start("quick")
            expect("expected a start by hand to go on", place.ended(by_hand)["status"] == "succeeded", by_hand)
            expect("expected no other run", [r["run"] for r in place.get("runs")["items"]] == [by_hand], place.get("runs"))
            place.post("workflows/quick/resume")
            wait_until(lambda: len(place.get("runs")["items"]) == 2, 60, "the file's run after all")
            expect("expected 404 for an unknown workflow", place.request("POST", "workflows/none/pause", {})[0] == 404, None)


def retention(program):
    """Closed runs beyond the count go, the oldest first; open ones stay, and the file stops growing."""
    with tempfile.TemporaryDirectory() as folder:
        passes = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
        waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100_000, "End": True}}}
        with Place(program, folder, {"retention": {"runs": 5}}, {"passes": passes, "waits": waits}) as place:
            filler = "x" * 100_000
            open_run = place.start("waits")
            sizes = []
            for _ in range(4):
                for _ in range(40):
                    place.start("passes", document={"filler": filler})
                place.daemon.stop()
                place.daemon.start()
                wait_until(lambda: len(place.get("runs?limit=1000")["items"]) == 6, 60, "the runs to be forgotten")
                sizes.append(os.path.getsize(os.path.join(place.data, "stepwell.db")))
            expect("expected the file to stop growing", sizes[3] <= sizes[1] * 1.2, sizes)
            expect("expected the open run to stay", place.get(f"runs/{open_run}")["status"] == "running", open_run)
            expect("expected it to be counted", place.get("retention")["removed"]["count"] > 0, place.get("retention"))
            newest = place.get("runs?limit=1")["items"][0]["run"]
            status, answer = place.request("GET", f"runs/{newest - 20}")
            expect("expected 410 for a forgotten run", (status, answer["code"]) == (410, "gone"), answer)
            expect("expected 410 of its logs, too", place.request("GET", f"runs/{newest - 20}/logs")[0] == 410, newest)
            expect("expected 404 for a run that never was", place.request("GET", f"runs/{newest + 1}")[0] == 404, newest)


def backup(program):
    """A backup under load is one moment; what is restored from it goes on with its open runs."""
    with tempfile.TemporaryDirectory() as folder:
        waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "Next": "P"}, "P": {"Type": "Pass", "End": True}}}
        with Place(program, folder, {}, {"waits": waits}) as place:
            place.daemon.workflow("waits")
            stop, started = threading.Event(), []

            def load():
                while not stop.is_set():
                    started.append(place.start("waits", document={"filler": "x" * 20_000}))

            thread = threading.Thread(target=load)
            thread.start()
            wait_until(lambda: len(started) > 50, 60, "some load")
            answer = place.post("backups", {"name": "now.tar"})
            stop.set()
            thread.join()
            expect("expected open runs in it", answer["manifest"]["open_runs"] > 0, answer)
            expect("expected a second one of that name to be refused", place.request("POST", "backups", {"name": "now.tar"})[0] == 409, None)
            expect("expected a path to be refused", place.request("POST", "backups", {"name": "../now.tar"})[0] == 400, None)
            place.daemon.stop()
        restored = os.path.join(folder, "restored")
        verified = subprocess.run([program, "restore", answer["file"], "--verify", "--output", "json"], capture_output=True, text=True, timeout=60)
        expect("expected the backup to be sound", verified.returncode == 0, verified.stderr)
        done = subprocess.run([program, "restore", answer["file"], "--data", restored], capture_output=True, text=True, timeout=60)
        expect("expected it to be restored", done.returncode == 0, done.stderr)
        again = subprocess.run([program, "restore", answer["file"], "--data", restored], capture_output=True, text=True, timeout=60)
        expect("expected a folder in use to be refused", again.returncode != 0 and "something in it" in again.stderr, again.stderr)
        with Daemon(program, restored, log=os.path.join(folder, "restored.log")) as daemon:
            def all_ended():
                runs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{daemon.port}/api/v1/runs?limit=1000"))["items"]
                return runs if all(run["status"] == "succeeded" for run in runs) else None
            runs = wait_until(all_ended, 60, "the restored runs to end")
            expect("expected each of its runs", len(runs) == min(answer["manifest"]["runs"], 1000), (len(runs), answer))
            expect("expected a clean stop", daemon.stop() == 0, daemon.tail())
        check = [program, "check", "--data", restored, "--output", "json"]
        sound = subprocess.run(check, capture_output=True, text=True, timeout=60)
        expect("expected the restored journal to be sound", sound.returncode == 0 and json.loads(sound.stdout)["sound"], sound)
        with contextlib.closing(sqlite3.connect(os.path.join(restored, "stepwell.db"))) as database, database:
            database.execute("UPDATE history SET bytes = x'0102' WHERE id = (SELECT min(id) FROM history)")
        told = subprocess.run(check, capture_output=True, text=True, timeout=60)
        expect("expected a history that cannot be read to be told", told.returncode == 1 and json.loads(told.stdout)["damaged"] == 1, told)
        journal = os.path.join(restored, "stepwell.db")
        with open(journal, "r+b") as file:
            file.seek(os.path.getsize(journal) // 2 // 4096 * 4096)
            file.write(b"Z" * 65_536)
        told = subprocess.run(check, capture_output=True, text=True, timeout=60)
        expect("expected a file that is damaged to be told", told.returncode == 1 and not told.stdout, told)
        with open(answer["file"], "r+b") as file:
            file.seek(-20_000, os.SEEK_END)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        damaged = subprocess.run([program, "restore", answer["file"], "--verify"], capture_output=True, text=True, timeout=60)
        expect("expected a damaged backup to be refused", damaged.returncode != 0 and "damaged" in damaged.stderr, damaged.stderr)


def disk_full(program):
    """A nearly full disk: starts are refused and explained, what runs goes on; with room it starts again by itself."""
    with small_disk(160) as disk, tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.join(disk, "data"), os.path.join(folder, "data"))
        os.mkdir(os.path.join(disk, "data"))
        waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$.pause", "End": True}}}
        with Place(program, folder, {}, {"waits": waits}) as place:
            going = place.start("waits", document={"pause": 4})
            ballast = os.path.join(disk, "ballast")
            with open(ballast, "wb") as file:
                file.write(b"x" * 135_000_000)
            wait_until(lambda: place.get("workflows/waits/explain")["code"] == "DISK_FULL", 30, "the full disk to be explained")
            status, answer = place.request("GET", "/readyz")
            expect("expected no readiness", (status, answer["reasons"][0]["code"]) == (503, "DISK_FULL"), answer)
            status, answer = place.request("POST", "runs", {"workflow": "waits", "input": {"pause": 0}})
            expect("expected 503 for a start", status == 503, (status, answer))
            expect("expected the run to end all the same", place.ended(going)["status"] == "succeeded", going)
            os.unlink(ballast)
            wait_until(lambda: place.get("workflows/waits/explain")["code"] != "DISK_FULL", 30, "room again")
            expect("expected a start to succeed again", place.ended(place.start("waits", document={"pause": 0}))["status"] == "succeeded", None)
            log = place.daemon.tail()
            expect("expected one line for the episode, and one for its end", (log.count("nearly full"), log.count("has room again")) == (1, 1), log)
            expect("expected a clean stop", place.daemon.stop() == 0, log)


@contextlib.contextmanager
def mailbox():
    """A webhook's receiver: its URL, and what has come, by message id."""
    received = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received[body["id"]] = body
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def notifications(program):
    """One notification for an episode of failure and one for its end, though the daemon is killed after each run."""
    with tempfile.TemporaryDirectory() as folder, mailbox() as (url, received):
        ends = {"notify": {"failed": ["ops"], "recovered": ["ops"]}, "StartAt": "C", "States": {
            "C": {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "S"}], "Default": "F"},
            "S": {"Type": "Succeed"}, "F": {"Type": "Fail", "Error": "E_DATA", "Cause": "two rows"}}}
        configuration = {"notifications": {"channels": {"ops": {"type": "webhook", "url": url}}}}
        with Place(program, folder, configuration, {"ends": ends}) as place:
            for ok in (False, False, False, True, True, False):
                place.start("ends", document={"ok": ok})
                place.daemon.kill()
                place.daemon.start()
            # A kill amid a delivery holds the line up for the channel's time-out and a little more, each time.
            wait_until(lambda: len(received) >= 3, 120, "three notifications")
            subjects = [body.get("subject", "") for body in received.values()]
            expect("expected a notification for each end of an episode, in their order",
                   subjects == ["ends failed: E_DATA", "ends recovered", "ends failed: E_DATA"], subjects)
            first = next(iter(received.values()))["message"].splitlines()
            expect("expected the run, the state, the cause and the command to look",
                   (first[0].startswith("Run: 1 ("), first[1:]) == (True, ["State: F", "Error: E_DATA", "Cause: two rows", "Look: stepwell show 1"]), first)
            wait_until(lambda: all(one["status"] == "delivered" for one in place.get("deliveries")["items"]), 30, "the deliveries to be noted")
            first = place.get("deliveries?limit=2")
            rest = place.get("deliveries?limit=2&after=" + first["next"])
            listed = first["items"] + rest["items"]
            expect("expected each delivery once", len({one["id"] for one in listed}) == 3 and "next" not in rest, listed)
            again = listed[-1]
            place.post(f"deliveries/{again['id']}/replay", {})

            def delivered_again():
                one = next(one for one in place.get("deliveries")["items"] if one["id"] == again["id"])
                return one["status"] == "delivered" and one["attempts"] == again["attempts"] + 1
            wait_until(delivered_again, 30, "the replay")
            expect("expected an unknown one to be told", place.request("POST", "deliveries/nothing/replay", {})[0] == 404, None)
            expect("expected a clean stop", place.daemon.stop() == 0, place.daemon.tail())


def run_tells(program):
    """`stepwell run` tells what its workflow notifies of before it ends, and says what it could not."""
    with tempfile.TemporaryDirectory() as folder, mailbox() as (url, received):
        flow = os.path.join(folder, "ends.json")
        with open(flow, "w") as file:
            json.dump({"notify": {"failed": ["ops", "gone"]}, "StartAt": "T", "States": {
                "T": {"Type": "Task", "Resource": "stepwell:notify", "Parameters": {"to": ["ops"], "message": "begun"}, "Next": "F"},
                "F": {"Type": "Fail", "Error": "E_DATA", "Cause": "two rows"}}}, file)
        with open(os.path.join(folder, "stepwell.yaml"), "w") as file:
            json.dump({"notifications": {"channels": {"ops": {"type": "webhook", "url": url},
                                                      "gone": {"type": "webhook", "url": "http://127.0.0.1:1/"}}}}, file)
        ran = subprocess.run([program, "run", flow, "--data", os.path.join(folder, "data"), "--config", os.path.join(folder, "stepwell.yaml")],
                             capture_output=True, text=True, timeout=60)
        told = [body["message"].splitlines()[0] for body in received.values()]
        expect("expected both messages in their order, before the end", (ran.returncode, told[0], told[1][:7]) == (1, "begun", "Run: 1 "), (told, ran.stderr))
        expect("expected a word on what was not delivered", "stepwell: 1 message is not delivered yet" in ran.stderr, ran.stderr)


CASES = [pools, concurrency, places, nested, pause, retention, backup, disk_full, notifications, run_tells]


if __name__ == "__main__":
    suite.run_cases(sys.modules[__name__], CASES)
