#!/usr/bin/env python3
"""The real program from outside: command line, daemon, restarts, bad input, hostile requests.

The program is STEPWELL_BIN, else --stepwell. Ends with "N passed, M failed".
"""
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import ApiError, Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
ROLE = "arn:aws:iam::123456789012:role/r"
PROBE = os.path.join(ROOT, "..", "shared", "probes", "http.py")


def stepwell(*arguments, stdin=None, environment=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("STEPWELL_")}
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, input=stdin, timeout=120,
                          env={**clean, **(environment or {})})


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = path + ".new"
    with open(temporary, "w") as file:
        file.write(text if isinstance(text, str) else json.dumps(text))
    os.rename(temporary, path)
    return path


def machine(states, start=None):
    return {"StartAt": start or next(iter(states)), "States": states}


PASS = machine({"Only": {"Type": "Pass", "End": True}})


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-e2e-")
        self.data = os.path.join(self.folder, "data")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, text):
        return write(os.path.join(self.folder, name), text)

    def daemon(self, *arguments):
        daemon = Daemon(PROGRAM, self.data, *arguments)
        self.addCleanup(lambda: daemon.process and daemon.process.poll() is None and daemon.kill())
        daemon.start()
        return daemon

    def create(self, daemon, definition, name="m"):
        return daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]

    def refused(self, daemon, action, **payload):
        with self.assertRaises(ApiError) as caught:
            daemon.call(action, **payload)
        return json.loads(caught.exception.body)


class Run(Case):
    def test_the_example_workflows_run(self):
        for name, given in (("hello.yaml", {"name": "Ada"}), ("fan-out.yaml", {"numbers": [1, 2, 3]}), ("retry-and-catch.yaml", {})):
            with self.subTest(name):
                got = stepwell("run", os.path.join(ROOT, "workflows", name), "--input", json.dumps(given), "--data", self.data)
                self.assertEqual(got.returncode, 0, got.stdout + got.stderr)
                self.assertIn("SUCCEEDED", got.stdout)

    def test_it_shows_each_state_and_the_outcome(self):
        file = self.file("w.yaml", "StartAt: A\nStates:\n  A: {Type: Pass, Result: {x: 1}, Next: B}\n  B: {Type: Succeed}\n")
        got = stepwell("run", file, "--data", self.data)
        self.assertEqual((got.returncode, got.stderr), (0, ""))
        self.assertRegex(got.stdout, r"✓ A +\d+ ms\n  ✓ B +\d+ ms\nSUCCEEDED in ")
        self.assertIn('output  {"x":1}', got.stdout)
        self.assertNotIn("\033", got.stdout)

    def test_a_run_that_fails_ends_with_1(self):
        file = self.file("w.json", machine({"F": {"Type": "Fail", "Error": "E_NO", "Cause": "because"}}))
        got = stepwell("run", file, "--data", self.data, "--output", "json")
        view = json.loads(got.stdout)
        self.assertEqual((got.returncode, view["status"], view["error"], view["cause"]), (1, "FAILED", "E_NO", "because"))

    def test_a_function_that_is_not_here_says_what_to_do(self):
        file = self.file("w.json", machine({"F": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:check", "End": True}}))
        got = stepwell("run", file, "--data", self.data)
        self.assertIn("error   Lambda.ResourceNotFoundException", got.stdout)
        logs = re.search(r"logs    stepwell (logs .*)", got.stdout).group(1)
        self.assertIn("by a binding in stepwell.yaml", stepwell(*logs.split()).stdout)

    def test_input_comes_from_the_argument_a_file_or_standard_input(self):
        file = self.file("w.json", PASS)
        at = "@" + self.file("input.json", '{"from": "file"}')
        for argument, stdin, want in (('{"from": "flag"}', None, "flag"), (at, None, "file"), ("-", '{"from": "stdin"}', "stdin")):
            got = stepwell("run", file, "--data", self.data, "--input", argument, "--output", "json", stdin=stdin)
            self.assertEqual(json.loads(got.stdout)["output"], {"from": want}, got.stderr)

    def test_its_log_lines_are_kept_and_shown(self):
        file = self.file("w.json", machine({"Say": {"Type": "Task", "Resource": "stepwell:shell", "Parameters": {"script": "echo one; echo two"}, "End": True}}))
        shown = stepwell("run", file, "--data", self.data, "-v")
        self.assertIn("| two", shown.stdout, shown.stderr)
        logs = json.loads(stepwell("logs", "1", "--data", self.data, "--output", "json").stdout)["items"]
        self.assertEqual([(log["state"], log["lines"]) for log in logs], [("Say", ["one", "two"])])

    def test_an_interrupt_stops_the_run_and_its_task(self):
        mark = os.path.join(self.folder, "started")
        file = self.file("w.json", machine({"Sleep": {"Type": "Task", "Resource": "stepwell:shell", "End": True,
                                                      "Parameters": {"script": f"echo $$ > {mark}; exec sleep 600"}}}))
        process = subprocess.Popen([PROGRAM, "run", file, "--data", self.data], stdout=subprocess.PIPE, text=True)
        pid = int(wait_until(lambda: os.path.exists(mark) and open(mark).read().strip(), 60, "the task"))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, out)
        self.assertIn("ABORTED", out)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), 30, "the end of the task's process")

    def test_it_refuses_a_folder_that_a_daemon_has(self):
        self.daemon()
        got = stepwell("run", self.file("w.json", PASS), "--data", self.data)
        self.assertEqual(got.returncode, 2)
        self.assertIn("another stepwell works in it; start the run there with `stepwell start`", got.stderr)


class Look(Case):
    def setUp(self):
        super().setUp()
        self.file("flows/greet.yaml", "StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n")
        self.running = self.daemon("--workflows", os.path.join(self.folder, "flows"))
        self.server = ("--server", f"http://127.0.0.1:{self.running.port}")

    def test_a_daemon_and_its_folder_give_the_same_views(self):
        started = json.loads(stepwell("start", "greet", *self.server, "--input", '{"a": 1}', "--output", "json").stdout)
        wait_until(lambda: json.loads(stepwell("show", str(started["run"]), *self.server, "--output", "json").stdout)["status"] == "succeeded")
        for command in (("list",), ("list", "workflows"), ("show", "1"), ("history", "1"), ("logs", "1"), ("show", started["arn"]),
                        ("show", f"greet/{started['name']}")):
            with self.subTest(command):
                asked = stepwell(*command, *self.server, "--output", "json")
                read = stepwell(*command, "--data", self.data, "--output", "json")
                self.assertEqual((asked.returncode, asked.stderr), (0, ""))
                self.assertEqual(self.members_of_both(command, asked, read), json.loads(read.stdout))
                self.assertEqual(stepwell(*command, *self.server).stdout, stepwell(*command, "--data", self.data).stdout)

    def members_of_both(self, command, asked, read):
        """What the daemon answers, without what only it can know: what is usual, what a run waits for, the file of a workflow."""
        asked, read = json.loads(asked.stdout), json.loads(read.stdout)
        if command[0] == "list":
            asked["items"] = [{name: item[name] for name in known} for item, known in zip(asked["items"], read["items"], strict=True)]
            asked.pop("complete", None)
        return asked

    def test_runs_are_listed_newest_first_and_by_status(self):
        for _ in range(3):
            stepwell("start", "greet", *self.server)
        def ended():
            runs = json.loads(stepwell("list", *self.server, "--status", "succeeded", "--output", "json").stdout)["items"]
            return len(runs) == 3 and runs
        self.assertEqual([r["run"] for r in wait_until(ended)], [3, 2, 1])
        self.assertEqual(json.loads(stepwell("list", *self.server, "--limit", "1", "--output", "json").stdout)["items"][0]["run"], 3)
        self.assertEqual(json.loads(stepwell("list", *self.server, "--status", "failed", "--output", "json").stdout)["items"], [])

    def test_runs_are_listed_by_every_condition_of_the_api(self):
        for _ in range(2):
            stepwell("start", "greet", *self.server)
        wait_until(lambda: all(r["status"] == "succeeded" for r in json.loads(stepwell("list", *self.server, "--output", "json").stdout)["items"]))
        for flags, want in ((("--workflow", "greet", "--version", "1"), 2), (("--origin", "api,webhook"), 2), (("--origin", "schedule"), 0),
                            (("--error", "E"), 0), (("--workflow", "gr*t"), 2), (("--name", "nobody*"), 0), (("--text", "no such"), 0), (("--caught",), 0),
                            (("--trigger", "greet#nightly"), 0), (("--from", "2020-01-01T00:00:00Z"), 2), (("--from", "2999-01-01T00:00:00.5Z"), 0),
                            (("--to", "2020-01-01T00:00:00+01:00"), 0), (("--duration-from", "1h"), 0), (("--duration-to", "1h"), 2)):
            for place in (self.server, ("--data", self.data)):
                with self.subTest((flags, place)):
                    got = stepwell("list", *flags, *place, "--output", "json")
                    self.assertEqual((got.returncode, len(json.loads(got.stdout)["items"])), (0, want), got.stderr)
        for flags in (("--version", "1"), ("--origin", "nobody"), ("--from", "yesterday"), ("--duration-from", "long")):
            with self.subTest(flags):
                got = stepwell("list", *flags, *self.server)
                self.assertEqual((got.returncode, got.stdout), (2, ""), got.stderr)

    def test_a_run_is_stopped(self):
        self.create(self.running, machine({"W": {"Type": "Wait", "Seconds": 600, "End": True}}), "wait")
        run = json.loads(stepwell("start", "wait", *self.server, "--output", "json").stdout)["run"]
        self.assertEqual(stepwell("stop", str(run), *self.server, "--cause", "enough").returncode, 0)
        view = json.loads(stepwell("show", str(run), *self.server, "--output", "json").stdout)
        self.assertEqual((view["status"], view["cause"]), ("aborted", "enough"))

    def test_what_is_not_there_is_said(self):
        for command in (("show", "99"), ("history", "greet/none"), ("logs", "arn:x"), ("start", "none")):
            got = stepwell(*command, *self.server)
            self.assertEqual(got.returncode, 2, command)
            self.assertTrue(got.stderr.startswith("stepwell: "), got.stderr)

    def test_without_a_daemon_the_status_is_3(self):
        self.running.stop()
        got = stepwell("list", *self.server)
        self.assertEqual(got.returncode, 3)
        self.assertIn("expected a daemon at http://127.0.0.1", got.stderr)


class Serve(Case):
    def test_workflow_files_are_watched(self):
        flows = os.path.join(self.folder, "flows")
        self.file("flows/a.json", PASS)
        self.file("flows/notes.yaml", "just: notes\n")
        daemon = self.daemon("--workflows", flows)
        names = lambda: [m["name"] for m in daemon.call("ListStateMachines")["stateMachines"]]
        self.assertEqual(names(), ["a"])
        self.file("flows/b.yaml", "StartAt: X\nStates:\n  X: {Type: Succeed}\n")
        wait_until(lambda: names() == ["a", "b"], 30, "the new file's workflow")

        arn = daemon.workflow("b")
        version = lambda: daemon.call("DescribeStateMachine", stateMachineArn=arn)
        self.assertNotIn("revisionId", version())
        self.file("flows/b.yaml", "StartAt: X\nStates:\n  X: {Type: Pass, End: true}\n")
        changed = wait_until(lambda: "revisionId" in version() and version(), 30, "a new version")
        self.file("flows/b.yaml", "StartAt: X\nStates:\n  X: {Type: Pass, Nxt: Y}\n")
        wait_until(lambda: "did you mean 'Next'" in daemon.tail(), 30, "the report of the fault")
        self.assertIn("b.yaml:3:", daemon.tail())
        self.assertEqual(version(), changed)
        self.assertEqual(daemon.run("b", {})["status"], "SUCCEEDED")

    def test_two_files_with_one_name_are_told_apart(self):
        self.file("flows/a.json", PASS)
        self.file("flows/b.json", {"name": "a", **PASS})
        daemon = self.daemon("--workflows", os.path.join(self.folder, "flows"))
        self.assertIn("'a' is the workflow of", daemon.tail())

    def test_a_second_daemon_on_the_folder_is_refused(self):
        self.daemon()
        got = stepwell("serve", "--data", self.data, "--listen", "127.0.0.1:0")
        self.assertEqual(got.returncode, 1)
        self.assertIn("another stepwell works in it", got.stderr)

    def test_a_taken_port_is_said(self):
        port = self.daemon().port
        got = stepwell("serve", "--data", os.path.join(self.folder, "other"), "--listen", f"127.0.0.1:{port}")
        self.assertEqual(got.returncode, 1)
        self.assertIn("another program listens there", got.stderr)

    def test_the_door_is_open_on_the_loopback_only(self):
        got = stepwell("serve", "--data", self.data, "--listen", "0.0.0.0:0", "--open")
        self.assertEqual(got.returncode, 2)
        self.assertIn("expected --open with a loopback address", got.stderr)

    def test_sigterm_ends_it_with_0_and_keeps_what_runs(self):
        daemon = self.daemon()
        arn = self.create(daemon, machine({"W": {"Type": "Wait", "Seconds": 600, "End": True}}))
        run = daemon.call("StartExecution", stateMachineArn=arn)["executionArn"]
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        self.assertEqual(daemon.call("DescribeExecution", executionArn=run)["status"], "RUNNING")

    def test_an_execution_out_of_its_own_time_is_described_as_on_aws(self):
        daemon = self.daemon()
        arn = self.create(daemon, {"TimeoutSeconds": 1, **machine({"W": {"Type": "Wait", "Seconds": 600, "End": True}})})
        described = daemon.ended(daemon.call("StartExecution", stateMachineArn=arn)["executionArn"], 30)
        self.assertEqual((described["status"], described.get("error"), described.get("cause")), ("TIMED_OUT", None, None))

    def test_after_kill_9_a_wait_and_a_shell_task_go_on(self):
        mark = os.path.join(self.folder, "tries")
        go = os.path.join(self.folder, "go")
        daemon = self.daemon()
        wait = self.create(daemon, machine({"W": {"Type": "Wait", "Seconds": 2, "End": True}}), "wait")
        shell = self.create(daemon, machine({"S": {"Type": "Task", "Resource": "stepwell:shell", "End": True, "Parameters": {
            "script": f"echo try >> {mark}; while ! [ -e {go} ]; do sleep 0.05; done; echo done"}}}), "shell")
        runs = [daemon.call("StartExecution", stateMachineArn=arn)["executionArn"] for arn in (wait, shell)]
        wait_until(lambda: os.path.exists(mark) and os.path.getsize(mark), 30, "what the shell task writes")
        daemon.kill()
        daemon.start()
        open(go, "w").close()
        for run in runs:
            self.assertEqual(daemon.ended(run, 60)["status"], "SUCCEEDED")
        with open(mark) as tries:
            self.assertEqual(tries.read().split(), ["try", "try"])

    def test_hostile_requests_are_refused(self):
        daemon = self.daemon()
        got = subprocess.run([sys.executable, PROBE, str(daemon.port)], capture_output=True, text=True)
        self.assertEqual(got.returncode, 0, got.stdout)


class AwsApi(Case):
    def setUp(self):
        super().setUp()
        self.running = self.daemon()

    def call(self, action, **payload):
        return self.running.call(action, **payload)

    def test_a_machine_lives(self):
        arn = self.create(self.running, PASS)
        self.assertEqual(self.create(self.running, PASS), arn)
        other = machine({"Only": {"Type": "Succeed"}})
        error = self.refused(self.running, "CreateStateMachine", name="m", definition=json.dumps(other), roleArn=ROLE)
        self.assertEqual((error["__type"], error["message"]), ("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'"))
        described = self.call("DescribeStateMachine", stateMachineArn=arn)
        self.assertEqual(described["definition"], json.dumps(PASS))
        self.assertEqual(described["loggingConfiguration"], {"level": "OFF", "includeExecutionData": False})
        self.assertNotIn("revisionId", described)
        self.assertIn("revisionId", self.call("UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(other)))
        self.assertEqual(self.call("DescribeStateMachine", stateMachineArn=arn)["definition"], json.dumps(other))
        self.assertEqual(self.call("DeleteStateMachine", stateMachineArn=arn), {})
        self.assertEqual(self.refused(self.running, "DescribeStateMachine", stateMachineArn=arn)["message"], f"State Machine Does Not Exist: '{arn}'")

    def test_an_execution_lives(self):
        arn = self.create(self.running, machine({"W": {"Type": "Wait", "Seconds": 600, "End": True}}))
        first = self.call("StartExecution", stateMachineArn=arn, name="one", input='{"a": 1}')
        self.assertEqual(self.call("StartExecution", stateMachineArn=arn, name="one", input='{"a": 1}'), first)
        error = self.refused(self.running, "StartExecution", stateMachineArn=arn, name="one", input='{"a": 2}')
        self.assertEqual(error["message"], f"Execution Already Exists: '{first['executionArn']}'")
        described = self.call("DescribeExecution", executionArn=first["executionArn"])
        self.assertEqual((described["status"], described["input"], described["redriveStatusReason"]),
                         ("RUNNING", '{"a": 1}', "Execution is RUNNING and cannot be redriven"))
        self.assertEqual(first["startDate"], described["startDate"])
        self.call("StopExecution", executionArn=first["executionArn"], error="E", cause="c")
        described = self.call("DescribeExecution", executionArn=first["executionArn"])
        self.assertEqual((described["status"], described["error"], described["cause"], described["redriveStatus"]), ("ABORTED", "E", "c", "REDRIVABLE"))
        events = self.running.history(first["executionArn"])
        self.assertEqual([e["type"] for e in events], ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"])

    def test_a_failed_execution_is_redriven(self):
        marker = os.path.join(self.folder, "ready")
        arn = self.create(self.running, machine({"T": {
            "Type": "Task", "Resource": "stepwell:shell", "End": True, "Parameters": {"command": ["test", "-e", marker]}}}))
        run = self.call("StartExecution", stateMachineArn=arn)["executionArn"]

        def status(wanted):
            return lambda: self.call("DescribeExecution", executionArn=run)["status"] == wanted
        wait_until(status("FAILED"))
        error = self.refused(self.running, "RedriveExecution", executionArn=run, clientToken="a b")
        self.assertIn("[!-~]+", error["message"])
        first = self.call("RedriveExecution", executionArn=run, clientToken="once")
        self.assertEqual(self.call("RedriveExecution", executionArn=run, clientToken="once"), first)
        wait_until(status("FAILED"))
        write(marker, "")
        self.call("RedriveExecution", executionArn=run)
        wait_until(status("SUCCEEDED"))
        described = self.call("DescribeExecution", executionArn=run)
        self.assertEqual((described["redriveCount"], described["redriveStatus"]), (2, "NOT_REDRIVABLE"))
        self.assertIn("redriveDate", described)
        error = self.refused(self.running, "RedriveExecution", executionArn=run)
        self.assertEqual((error["__type"], error["message"]), ("ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven"))
        details = [e["executionRedrivenEventDetails"]["redriveCount"] for e in self.running.history(run) if e["type"] == "ExecutionRedriven"]
        self.assertEqual(details, [1, 2])
        for wanted, count in (("REDRIVEN", 1), ("NOT_REDRIVEN", 0)):
            listed = self.call("ListExecutions", stateMachineArn=arn, redriveFilter=wanted)["executions"]
            self.assertEqual([e["redriveCount"] for e in listed], [2] * count)

    def test_lists_come_in_pages(self):
        arn = self.create(self.running, PASS)
        runs = [self.call("StartExecution", stateMachineArn=arn)["executionArn"] for _ in range(5)]
        listed, token = [], {}
        while True:
            page = self.call("ListExecutions", stateMachineArn=arn, maxResults=2, **token)
            listed += [e["executionArn"] for e in page["executions"]]
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}
        self.assertEqual(listed, runs[::-1])
        error = self.refused(self.running, "ListExecutions", stateMachineArn=arn, nextToken="nonsense")
        self.assertEqual((error["__type"], error["message"]), ("InvalidToken", "Invalid Token: 'Invalid token'"))
        names = [f"x{n}" for n in range(4)]
        for name in names:
            self.create(self.running, PASS, name)
        first = self.call("ListStateMachines", maxResults=3)
        rest = self.call("ListStateMachines", maxResults=3, nextToken=first["nextToken"])
        self.assertEqual([m["name"] for m in first["stateMachines"] + rest["stateMachines"]], ["m", *names])
        self.assertNotIn("nextToken", rest)

    def test_faults_have_the_words_of_aws(self):
        arn = self.create(self.running, PASS)
        execution = arn.replace("stateMachine", "execution")
        for action, payload, kind, message in (
                ("StartExecution", {"stateMachineArn": arn, "input": "not a json"}, "InvalidExecutionInput",
                 "Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'"),
                ("StartExecution", {"stateMachineArn": arn, "input": ""}, "InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'"),
                ("StartExecution", {"stateMachineArn": arn, "name": "a b"}, "InvalidName", "Invalid Name: 'a b'"),
                ("StartExecution", {"stateMachineArn": arn + "x"}, "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}x'"),
                ("StartExecution", {"stateMachineArn": "nonsense"}, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'"),
                ("DescribeExecution", {"executionArn": execution + ":none"}, "ExecutionDoesNotExist", f"Execution Does Not Exist: '{execution}:none'"),
                ("DescribeExecution", {"executionArn": arn.replace("stateMachine", "express") + ":a:b"}, "InvalidArn",
                 "Invalid Arn: 'Resource type not valid in this context: express'"),
                ("CreateStateMachine", {"name": "x", "definition": "{}", "roleArn": ROLE}, "InvalidDefinition",
                 "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'"),
                ("UpdateStateMachine", {"stateMachineArn": arn}, "MissingRequiredParameter",
                 "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified"),
                ("ListExecutions", {"stateMachineArn": arn, "maxResults": 1001}, "ValidationException",
                 "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000"),
                ("Nonsense", {}, "UnknownOperationException", None)):
            with self.subTest(action=action, payload=payload):
                error = self.refused(self.running, action, **payload)
                self.assertEqual(error["__type"], kind)
                if message:
                    self.assertEqual(error["message"], message)

    def test_an_answer_carries_a_request_id_and_the_protocols_type(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=30)
        connection.request("POST", "/", "", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
        response = connection.getresponse()
        self.assertEqual((response.status, json.loads(response.read())), (200, {"stateMachines": []}))
        self.assertEqual(response.headers["Content-Type"], "application/x-amz-json-1.0")
        self.assertRegex(response.headers["x-amzn-RequestId"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class BadInput(Case):
    def validate(self, text, name="w.yaml"):
        got = stepwell("validate", self.file(name, text))
        return got.returncode, got.stderr

    def test_broken_files_are_reported_with_their_place(self):
        for name, text, want in (
                ("broken YAML", "StartAt: A\nStates: {A: [\n", "w.yaml:"),
                ("a cyclic alias", "a: &x [*x]\n", "w.yaml:1:"),
                ("a repeated key", "StartAt: A\nStartAt: B\n", "w.yaml:2:"),
                ("an unknown field", "StartAt: A\nStates:\n  A: {Type: Pass, Ennd: true}\n", "did you mean 'End'"),
                ("an empty file", "", "w.yaml"),
                ("deep nesting", "a: " + "[" * 100 + "]" * 100, "w.yaml")):
            with self.subTest(name):
                status, said = self.validate(text)
                self.assertEqual(status, 2)
                self.assertIn(want, said)

    def test_ten_faults_are_ten_reports(self):
        text = "\n".join(["StartAt: Nowhere", "Bogus: 1", "States:", "  A: {Type: Pass, Next: Missing}", "  B: {Type: Paas, End: true}",
                          "  C: {Type: Wait, End: true}", "  D: {Type: Task, End: true}", "  E: {Type: Choice, Choices: []}",
                          "  F: {Type: Pass, InputPath: nonsense, End: true}", "  G: {Type: Pass}",
                          "  H: {Type: Task, Resource: 'stepwell:nope', End: true}", ""])
        got = stepwell("validate", "--output", "json", self.file("w.yaml", text))
        self.assertEqual(got.returncode, 2)
        errors = [d for d in json.loads(got.stdout)["files"][0]["diagnostics"] if d["severity"] == "error"]
        self.assertGreaterEqual(len(errors), 10, got.stdout)
        self.assertTrue(all(d["line"] > 0 for d in errors), errors)

    def test_a_good_file_is_good(self):
        got = stepwell("validate", self.file("w.json", PASS))
        self.assertEqual((got.returncode, got.stdout.endswith(": good\n")), (0, True))

    def test_a_pool_that_the_configuration_does_not_have_is_a_warning(self):
        workflow = self.file("w.yaml", "pool: warehose\nStartAt: A\nStates:\n  A: {Type: Pass, End: true}\n")
        configuration = self.file("stepwell.yaml", "pools: {warehouse: 2}\n")
        self.assertEqual(stepwell("validate", workflow).stderr, "")
        got = stepwell("validate", workflow, "--config", configuration)
        self.assertEqual(got.returncode, 0)
        self.assertIn("warning: expected a pool of the configuration, but it has no 'warehose'", got.stderr)
        self.assertIn("did you mean 'warehouse'?", got.stderr)

    def test_the_command_line_says_what_it_expects(self):
        for arguments in ((), ("nonsense",), ("run",), ("list", "things"), ("run", "/nowhere.yaml"), ("run", self.file("w.json", PASS), "--input", "{")):
            got = stepwell(*arguments, environment={"XDG_DATA_HOME": self.folder})
            self.assertEqual(got.returncode, 2, arguments)
            self.assertTrue(got.stdout + got.stderr)

    def test_a_configuration_with_unknown_keys_is_refused(self):
        config = self.file("stepwell.yaml", "conections: {}\n")
        got = stepwell("serve", "--data", self.data, "--config", config)
        self.assertEqual(got.returncode, 2)
        self.assertIn("did you mean 'connections'?", got.stderr)


if __name__ == "__main__":
    suite.main(sys.modules[__name__])
