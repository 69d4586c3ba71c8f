"""How long starts wait while one client asks the dearest questions there are: a long history, large logs, home over all runs."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import threading
import urllib.parse

from daemon import wait_until

PASS = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
# Five events an item, so that 20,000 of them make a history of 100,000.
LONG = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": {
    "StartAt": "One", "States": {"One": {"Type": "Pass", "Next": "Two"}, "Two": {"Type": "Pass", "End": True}}}, "ResultPath": None}}}
LOUD = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": True, "ResultPath": None, "ItemProcessor": {
    "StartAt": "Say", "States": {"Say": {"Type": "Task", "Resource": "stepwell:shell", "End": True, "ResultPath": None, "Parameters": {
        "command": ["sh", "-c", "yes 'one line of a log among very many' | head -c 10000000"]}}}}}}}


class Asker(threading.Thread):
    """Asks one question after the other, and follows the pages of each to the end."""

    def __init__(self, port, paths):
        super().__init__(daemon=True)
        self.port, self.paths, self.is_over, self.answers, self.bytes, self.fault = port, paths, threading.Event(), 0, 0, None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        while not self.is_over.is_set():
            for path in self.paths:
                try:
                    self.follow(connection, path)
                except (OSError, http.client.HTTPException, ValueError) as error:
                    self.fault = f"{path}: {error}"
                    return

    def follow(self, connection, path):
        after = ""
        while not self.is_over.is_set():
            connection.request("GET", path + after)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise ValueError(f"{response.status} {body[:200]}")
            self.answers, self.bytes = self.answers + 1, self.bytes + len(body)
            following = json.loads(body).get("next") if response.getheader("Content-Type", "").startswith("application/json") else None
            if not isinstance(following, str):
                return
            after = ("&" if "?" in path else "?") + "after=" + urllib.parse.quote(following)


def figures(table, serving, program, load, quick, resident_mb):
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    scale = 20 if quick else 1
    with serving(program, os.path.join(folder, "data")) as daemon:
        def made(name, definition):
            return daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]

        def started(machine, count):
            arn = daemon.call("StartExecution", stateMachineArn=machine, input=json.dumps({"items": list(range(count))}))["executionArn"]
            if daemon.ended(arn, 600)["status"] != "SUCCEEDED":
                raise RuntimeError(f"expected {arn} to succeed")
            return daemon.call("DescribeExecution", executionArn=arn)["name"]

        machine, long, loud = made("bench", PASS), made("long", LONG), made("loud", LOUD)
        runs = 1_000_000 // scale
        subprocess.run([load, "--port", str(daemon.port), "--machine", machine, "--clients", "256", "--count", str(runs)], capture_output=True, check=True)
        wait_until(lambda: not daemon.call("ListExecutions", stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)["executions"], 300, "all runs to end")
        started(long, 20_000 // scale)
        started(loud, 50 // min(scale, 10))
        numbers = [run_number(daemon, name) for name in ("long", "loud")]
        questions = ["/api/v1/home", f"/api/v1/runs/{numbers[0]}/history?limit=1000", f"/api/v1/runs/{numbers[1]}/logs",
                     "/api/v1/runs?limit=1000&workflow=bench"]
        for asked in ([], questions):
            asker = Asker(daemon.port, asked)
            if asked:
                asker.start()
            out = subprocess.run([load, "--port", str(daemon.port), "--machine", machine, "--clients", "4", "--seconds", "2" if quick else "10"],
                                 capture_output=True, text=True, check=True).stdout
            asker.is_over.set()
            figure = json.loads(out.splitlines()[-1])
            what = "while the dearest questions are asked" if asked else "with nobody asking"
            note = f"p50 {figure['p50_ms']:.2f} ms, {figure['per_second']:,.0f}/s"
            if asked:
                asker.join(120)
                note += f", {asker.answers} answers of {asker.bytes / 1e6:,.0f} MB" + (f"; FAULT {asker.fault}" if asker.fault else "")
            table.add(f"StartExecution p99 {what}", figure["p99_ms"], "ms", 20 if asked else None, False, note)
        table.add(f"resident memory with {runs:,} closed runs, after them", resident_mb(daemon.process.pid), "MB", 200, False)
        daemon.stop()
    shutil.rmtree(folder)


def run_number(daemon, workflow):
    """The number of its newest run."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
    connection.request("GET", f"/api/v1/runs?limit=1&workflow={workflow}")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["items"][0]["run"]
