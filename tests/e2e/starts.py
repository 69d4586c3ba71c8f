#!/usr/bin/env python3
"""Runs that start by themselves: files that land, schedules, webhooks; each once, whatever is killed when.

The flights pipeline gets a file trigger and starts as its months land: renamed into place, written in slow
chunks, and dropped while the daemon is down; the same bytes again start nothing. Then the daemon is killed
again and again while files, fires and calls come: each starts exactly one run. The seed is printed.
"""
import argparse
import hashlib
import hmac
import http.client
import json
import os
import random
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
FLIGHTS = os.path.join(ROOT, "workflows", "flights")
sys.path[:0] = [os.path.join(ROOT, "tests", "support"), FLIGHTS]
from daemon import Daemon, wait_until  # noqa: E402

SECRET = "a key for the webhooks"
passed = 0


def check(what, want, got):
    global passed
    if want != got:
        sys.exit(f"starts: expected {what} to be {want}, but it is {got}")
    passed += 1
    print(f"  {what}: {got}", flush=True)


def request(daemon, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


def api(daemon, path):
    status, answer = request(daemon, "GET", path)
    if status != 200:
        sys.exit(f"starts: GET {path}: {status} {answer}")
    return answer


def runs_of(daemon, workflow):
    found, after = [], ""
    while True:
        page = api(daemon, f"/api/v1/runs?limit=1000&workflow={workflow}{after}")
        found += page["items"]
        if "next" not in page:
            return found
        after = "&after=" + urllib.parse.quote(page["next"])


def ended_runs(daemon, workflow, count, seconds=300):
    """Waits until that many runs of the workflow are there and none of them goes on."""
    def done():
        runs = runs_of(daemon, workflow)
        return len(runs) >= count and all(r["status"] != "running" for r in runs) and runs
    return wait_until(done, seconds, f"{count} ended runs of {workflow}")


def settle(daemon, trigger):
    """Until the trigger has looked at its folder again and nothing waits."""
    name = trigger.split("#")[0]
    before = len(runs_of(daemon, name))
    waiting = lambda: next(t for t in api(daemon, "/api/v1/triggers")["items"] if t["id"] == trigger).get("waiting", 0)
    for _ in range(3):
        time.sleep(1.1)  # longer than its poll: that nothing comes can only be waited for
        wait_until(lambda: waiting() == 0, 30, "the trigger to be idle")
    return len(runs_of(daemon, name)) - before


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def flights(program, source):
    """The flights pipeline starts as its files land."""
    import demo  # noqa: E402
    import duckdb  # noqa: E402
    import land  # noqa: E402
    with tempfile.TemporaryDirectory(prefix="stepwell-starts-") as folder:
        landing, workflows, made = (os.path.join(folder, name) for name in ("landing", "workflows", "made"))
        for name in (landing, workflows, made):
            os.mkdir(name)
        receiver = demo.Receiver()
        config = os.path.join(folder, "stepwell.yaml")
        write(config, json.dumps(demo.configuration(folder, landing, receiver)))
        trigger = {"files": os.path.join(landing, "flights-*.csv"), "stable_for": "2s", "poll": "1s",
                   "input": {"months": ["{{ file.match }}"], "landing": "{{ file.folder }}", "project": FLIGHTS}}
        with open(os.path.join(FLIGHTS, "flights.yaml")) as file:
            write(os.path.join(workflows, "flights.yaml"), f"triggers: [{json.dumps(trigger)}]\nconcurrency: 1\n" + file.read())
        land.land(source, made)
        os.replace(os.path.join(made, "airports.csv"), os.path.join(landing, "airports.csv"))
        months = land.MONTHS[:4]

        daemon = Daemon(program, os.path.join(folder, "data"), "--config", config, "--workflows", workflows)
        with daemon:
            os.replace(land.csv_path(made, months[0]), land.csv_path(landing, months[0]))
            ended_runs(daemon, "flights", 1)
            with open(land.csv_path(made, months[1]), "rb") as whole, open(land.csv_path(landing, months[1]), "wb") as slow:
                text = whole.read()
                for part in range(5):
                    slow.write(text[len(text) * part // 5:len(text) * (part + 1) // 5])
                    slow.flush()
                    time.sleep(0.8)  # a slow writer is the subject of the test
                    check("runs while the file is written", 1, len(runs_of(daemon, "flights")))
            ended_runs(daemon, "flights", 2)
            daemon.stop()
            for month in months[2:]:
                os.replace(land.csv_path(made, month), land.csv_path(landing, month))
            daemon.start()
            runs = ended_runs(daemon, "flights", 4)
            check("runs that succeeded", 4, sum(r["status"] == "succeeded" for r in runs))
            again = land.csv_path(landing, months[0])
            with open(again, "rb") as file:
                text = file.read()
            with open(again + ".tmp", "wb") as file:
                file.write(text)
            os.replace(again + ".tmp", again)
            check("runs for the same bytes again", 0, settle(daemon, "flights#0"))
            ledger = api(daemon, "/api/v1/triggers/flights:0/ledger")["items"]
            check("runs in the ledger", sorted(r["run"] for r in runs), sorted(c["run"] for c in ledger))
            daemon.stop()
        warehouse = duckdb.connect(os.path.join(folder, "data", "warehouse.duckdb"), read_only=True)
        want = land.connect(source).execute("select count(*) from flights where strftime(departed_at, '%Y-%m') in ('" + "', '".join(months) + "')").fetchone()[0]
        check("rows in the warehouse", want, warehouse.execute("select count(*) from raw.flights").fetchone()[0])


def signed(body):
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Stepwell-Timestamp": stamp, "X-Stepwell-Signature": "sha256=" + signature}


class Caller(threading.Thread):
    """Calls the webhook with key after key, and repeats a call until it is answered."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.target, self.answered, self.is_over, self.fault = daemon, {}, threading.Event(), None

    def run(self):
        number = 0
        while not self.is_over.is_set():
            body = json.dumps({"number": number})
            try:
                status, answer = request(self.target, "POST", "/hooks/calls", body, {**signed(body), "Idempotency-Key": f"call-{number}"})
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.01)  # the daemon is down; the call is repeated
                continue
            if status == 202:
                self.answered[number] = answer["run"]
                number += 1
            elif status != 503:
                self.fault = f"{status} {answer}"
                return


def kills(program, rng, count):
    """kill -9 while files, fires and calls come."""
    with tempfile.TemporaryDirectory(prefix="stepwell-starts-") as folder:
        data, workflows = os.path.join(folder, "data"), os.path.join(folder, "workflows")
        landing = os.path.join(data, "in")
        os.makedirs(landing)
        os.mkdir(workflows)
        write(os.path.join(data, "key"), SECRET)
        machine = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
        write(os.path.join(workflows, "files.yaml"), json.dumps({"triggers": [
            {"files": "in/*.txt", "stable_for": "0s", "poll": "100ms"}], **machine}))
        write(os.path.join(workflows, "batches.yaml"), json.dumps({"triggers": [
            {"files": "in/*.txt", "stable_for": "0s", "poll": "100ms", "batch": {"max_files": 7}}], **machine}))
        write(os.path.join(workflows, "calls.yaml"), json.dumps({"triggers": [
            {"webhook": {"name": "calls", "hmac": {"secret": "${file:key}"}}}], **machine}))
        first = int(time.time()) + 4  # the daemon should have seen the schedules by then
        moments = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first + second)) for second in range(count)]
        write(os.path.join(workflows, "fires.yaml"), json.dumps({"schedules": [{"at": moment} for moment in moments], **machine}))
        daemon = Daemon(program, data, "--workflows", workflows)
        with daemon:
            caller = Caller(daemon)
            caller.start()
            names = 0
            for _ in range(count):
                for _ in range(rng.randrange(1, 30)):
                    path = os.path.join(landing, f"{names}.txt")
                    write(path + ".tmp", str(names))
                    os.replace(path + ".tmp", path)
                    names += 1
                time.sleep(rng.uniform(0, 0.5))  # the moment of the kill is the subject of the test
                daemon.kill()
                daemon.start()
            caller.is_over.set()
            caller.join(60)
            check("the fault of a call", None, caller.fault)
            runs = ended_runs(daemon, "files", names)
            inputs = [api(daemon, f"/api/v1/runs/{r['run']}")["input"]["trigger"]["files"] for r in runs]
            check("files, runs, different files", (names, names, names), (names, len(runs), len({f[0]["path"] for f in inputs})))
            listed = lambda: [f["path"] for r in runs_of(daemon, "batches") for f in api(daemon, f"/api/v1/runs/{r['run']}")["input"]["trigger"]["files"]]
            wait_until(lambda: len(listed()) >= names, 60, "the batches")
            check("files in batches, different ones", (names, names), (len(listed()), len(set(listed()))))
            calls = runs_of(daemon, "calls")
            numbers = [api(daemon, f"/api/v1/runs/{r['run']}")["input"]["number"] for r in calls]
            check("no call has started two runs", len(numbers), len(set(numbers)))
            check("answered calls that are there", True, set(caller.answered.values()) <= {r["run"] for r in calls})
            check("calls were answered", True, len(caller.answered) > count // 4)
            wait_until(lambda: time.time() > first + count, 60, "the last fire")
            wait_until(lambda: len(runs_of(daemon, "fires")) >= count, 60, "the fires")
            fires = [api(daemon, f"/api/v1/runs/{r['run']}")["input"]["schedule"]["scheduled_time"] for r in runs_of(daemon, "fires")]
            check("fires that started a run", [m.replace("Z", "+00:00") for m in moments], sorted(fires))
            daemon.stop()
        print(f"  {count} kills, {names} files, {len(caller.answered)} calls, {len(fires)} fires", flush=True)


def operating(program):
    """Schedules are listed, paused and resumed; doors of webhooks are shut; a secret is nowhere in the API."""
    with tempfile.TemporaryDirectory(prefix="stepwell-starts-") as folder:
        data, workflows = os.path.join(folder, "data"), os.path.join(folder, "workflows")
        os.makedirs(data)
        os.mkdir(workflows)
        write(os.path.join(data, "key"), SECRET)
        machine = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
        write(os.path.join(workflows, "clock.yaml"), json.dumps({"schedules": [
            {"name": "late", "cron": "0 6 * * *", "timezone": "Europe/Berlin"}], "deadlines": {"finish_by": "08:00"},
            "triggers": [{"webhook": {"name": "door", "token": "${file:key}"}}, {"webhook": {"name": "kept", "token": "${secret:kept}"}}, {"files": "missing/*"}], **machine}))
        with Daemon(program, data, "--workflows", workflows) as daemon:
            schedule = api(daemon, "/api/v1/schedules?fires=2")["items"][0]
            check("next fires", [True, True], ["T06:00:00+0" in fire for fire in schedule["next_fires"]])
            check("pause", (200, {"id": "clock#late", "paused": True}), request(daemon, "POST", "/api/v1/schedules/clock%23late/pause"))
            check("a paused schedule", (True, []), (lambda s: (s["paused"], s["next_fires"]))(api(daemon, "/api/v1/schedules")["items"][0]))
            check("resume", 200, request(daemon, "POST", "/api/v1/schedules/clock:late/resume")[0])
            check("an unknown schedule", 404, request(daemon, "POST", "/api/v1/schedules/clock:x/pause")[0])
            check("deadlines", ["clock#finish_by"], [d["id"] for d in api(daemon, "/api/v1/deadlines")["items"]])
            check("no token", 401, request(daemon, "POST", "/hooks/door", "{}")[0])
            check("a wrong token", 401, request(daemon, "POST", "/hooks/door", "{}", {"Authorization": "Bearer x"})[0])
            check("another name", 404, request(daemon, "POST", "/hooks/dor", "{}", {"Authorization": "Bearer " + SECRET})[0])
            check("the token", 202, request(daemon, "POST", "/hooks/door", "{}", {"Authorization": "Bearer " + SECRET})[0])
            check("a secret that is not there", 503, request(daemon, "POST", "/hooks/kept", "{}", {"Authorization": "Bearer x"})[0])
            check("the secret is kept", 200, request(daemon, "PUT", "/api/v1/secrets/kept", json.dumps({"value": SECRET}), {"Content-Type": "application/json"})[0])
            check("a wrong token for it", 401, request(daemon, "POST", "/hooks/kept", "{}", {"Authorization": "Bearer x"})[0])
            check("the kept token", 202, request(daemon, "POST", "/hooks/kept", "{}", {"X-Stepwell-Token": SECRET})[0])
            triggers = wait_until(lambda: (lambda t: any("fault" in x for x in t) and t)(api(daemon, "/api/v1/triggers")["items"]), 10, "the fault")
            check("a missing folder is told", True, any("missing" in t.get("fault", "") for t in triggers))
            check("the secret in the API", False, SECRET in json.dumps([triggers, api(daemon, "/api/v1/workflows"), api(daemon, "/api/v1/runs")]))
            daemon.stop()


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", required=True)
    parse.add_argument("--source", help="the folder of vega-datasets; without it the flights are left out")
    parse.add_argument("--kills", type=int, default=20)
    parse.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parse.parse_args()
    program = os.path.abspath(arguments.stepwell)
    print(f"starts: seed {arguments.seed}", flush=True)
    operating(program)
    kills(program, random.Random(arguments.seed), arguments.kills)
    if arguments.source:
        flights(program, os.path.abspath(arguments.source))
    print(f"{passed} passed, 0 failed")


if __name__ == "__main__":
    main()
