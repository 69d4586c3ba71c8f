#!/usr/bin/env python3
"""Tasks that end by their token: callbacks and activities, through restarts and kills of the daemon.

The program is STEPWELL_BIN, else --stepwell. Ends with "N passed, M failed".
"""
import http.client
import http.server
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import ApiError, Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
ROLE = "arn:aws:iam::123456789012:role/r"
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:"
CONFIG = """bindings:
  - resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    task: shell
    parameters: {script: "true"}
    result: {MessageId: "m-1"}
"""


def callback(**more):
    return {"StartAt": "Ask", "States": {"Ask": {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}, "End": True, **more}}}


def activity(name, **more):
    return {"StartAt": "Do", "States": {"Do": {"Type": "Task", "Resource": ACTIVITY + name, "End": True, **more}}}


class Receiver(http.server.ThreadingHTTPServer):
    """Where messages of a channel arrive: `taken` has their bodies."""
    daemon_threads = True

    def __init__(self):
        taken = self.taken = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                taken.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def json_section(name, value):
    return f"{name}: {json.dumps(value)}\n"  # JSON is YAML


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-callbacks-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        config = os.path.join(self.folder, "stepwell.yaml")
        with open(config, "w") as file:
            file.write(CONFIG)
        self.daemon = Daemon(PROGRAM, os.path.join(self.folder, "data"), "--config", config)
        self.addCleanup(lambda: self.daemon.process and self.daemon.process.poll() is None and self.daemon.kill())
        self.daemon.start()

    def begin(self, definition, name="m", given=None):
        """A run of the definition; its ARN."""
        machine = self.daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]
        return self.daemon.call("StartExecution", stateMachineArn=machine, input=json.dumps(given or {}))["executionArn"]

    def types(self, run):
        return [event["type"] for event in self.daemon.history(run)]

    def token(self, run, nth=1):
        """The token of the nth attempt, once it was submitted."""
        def submitted():
            return self.types(run).count("TaskSubmitted") == nth and self.daemon.history(run)
        events = wait_until(submitted, 60, "the submission")
        scheduled = [e["taskScheduledEventDetails"] for e in events if e["type"] == "TaskScheduled"]
        return json.loads(scheduled[nth - 1]["parameters"])["MessageBody"]["token"]

    def refused(self, action, **payload):
        with self.assertRaises(ApiError) as caught:
            self.daemon.call(action, **payload)
        body = json.loads(caught.exception.body)
        return caught.exception.status, body["__type"], body["message"]

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=60)
        try:
            connection.request(method, "/api/v1" + path, None if body is None else json.dumps(body),
                               {**({"Content-Type": "application/json"} if body is not None else {}), **self.daemon.headers, **(headers or {})})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()

    def poll(self, name, worker="w"):
        return self.daemon.call("GetActivityTask", timeout=90, activityArn=ACTIVITY + name, workerName=worker)


GONE = (400, "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


class Tokens(Case):
    def test_success_is_the_result_of_the_state(self):
        run = self.begin(callback())
        token = self.token(run)
        self.assertEqual(self.daemon.call("SendTaskHeartbeat", taskToken=token), {})
        self.assertEqual(self.daemon.call("SendTaskSuccess", taskToken=token, output='{"by": "ann"}'), {})
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"by": "ann"})
        self.assertEqual(self.types(run)[2:6], ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"])
        for action, more in (("SendTaskSuccess", {"output": "{}"}), ("SendTaskFailure", {}), ("SendTaskHeartbeat", {})):
            self.assertEqual(self.refused(action, taskToken=token, **more), GONE)

    def test_failure_is_the_error_of_the_state(self):
        run = self.begin(callback())
        self.daemon.call("SendTaskFailure", taskToken=self.token(run), error="Rejected", cause="too dear")
        ended = self.daemon.ended(run)
        self.assertEqual((ended["status"], ended["error"], ended["cause"]), ("FAILED", "Rejected", "too dear"))

    def test_what_is_wrong_is_refused_in_the_words_of_step_functions(self):
        run = self.begin(callback())
        token = self.token(run)
        self.assertEqual(self.refused("SendTaskSuccess", taskToken="nonsense", output="{}"), (400, "InvalidToken", "Invalid Token: 'Invalid token'"))
        self.assertEqual(self.refused("SendTaskSuccess", taskToken=token, output="{nonsense")[1], "InvalidOutput")
        self.assertEqual(self.refused("SendTaskSuccess", taskToken=token)[1], "ValidationException")
        self.assertEqual(self.daemon.call("DescribeExecution", executionArn=run)["status"], "RUNNING")

    def test_each_attempt_has_a_token_of_its_own(self):
        run = self.begin(callback(Retry=[{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}]))
        first = self.token(run)
        self.daemon.call("SendTaskFailure", taskToken=first, error="Again")
        second = self.token(run, 2)
        self.assertNotEqual(first, second)
        self.assertEqual(self.refused("SendTaskSuccess", taskToken=first, output="1"), GONE)
        self.daemon.call("SendTaskSuccess", taskToken=second, output="2")
        self.assertEqual(self.daemon.ended(run)["output"], "2")

    def test_without_heartbeats_the_wait_ends(self):
        run = self.begin(callback(HeartbeatSeconds=1))
        token = self.token(run)
        self.assertEqual(self.daemon.ended(run)["error"], "States.Timeout")
        self.assertEqual(self.types(run)[-2:], ["TaskTimedOut", "ExecutionFailed"])
        self.assertEqual(self.refused("SendTaskHeartbeat", taskToken=token), GONE)

    def test_a_token_outlives_restarts_and_kills(self):
        run = self.begin(callback(HeartbeatSeconds=600))
        token = self.token(run)
        for end in (self.daemon.stop, self.daemon.kill):
            end()
            self.daemon.start()
            self.assertEqual(self.daemon.call("SendTaskHeartbeat", taskToken=token), {})
        self.daemon.call("SendTaskSuccess", taskToken=token, output="7")
        self.daemon.kill()  # what was answered is durable
        self.daemon.start()
        self.assertEqual(self.daemon.ended(run)["output"], "7")
        self.assertEqual(self.types(run).count("TaskScheduled"), 1)

    def test_a_token_of_another_daemon_is_none(self):
        run = self.begin(callback())
        token = self.token(run)
        with Daemon(PROGRAM, os.path.join(self.folder, "other")) as other:
            mine, self.daemon = self.daemon, other
            self.assertEqual(self.refused("SendTaskSuccess", taskToken=token, output="1")[1], "InvalidToken")
            self.daemon = mine


class Activities(Case):
    def test_an_activity_is_made_shown_listed_and_removed(self):
        made = self.daemon.call("CreateActivity", name="review", tags=[{"key": "team", "value": "a"}])
        self.assertEqual(made["activityArn"], ACTIVITY + "review")
        self.assertEqual(self.daemon.call("CreateActivity", name="review"), made)
        self.assertEqual(self.daemon.call("DescribeActivity", activityArn=made["activityArn"]),
                         {"activityArn": made["activityArn"], "name": "review", "creationDate": made["creationDate"]})
        self.daemon.call("CreateActivity", name="audit")
        page = self.daemon.call("ListActivities", maxResults=1)
        self.assertEqual([a["name"] for a in page["activities"]], ["audit"])
        self.assertEqual([a["name"] for a in self.daemon.call("ListActivities", nextToken=page["nextToken"])["activities"]], ["review"])
        self.assertEqual(self.daemon.call("DeleteActivity", activityArn=made["activityArn"]), {})
        self.assertEqual(self.refused("DescribeActivity", activityArn=made["activityArn"]),
                         (400, "ActivityDoesNotExist", f"Activity Does Not Exist: '{ACTIVITY}review'"))
        self.assertEqual(self.refused("GetActivityTask", activityArn=made["activityArn"])[1], "ActivityDoesNotExist")
        self.assertEqual(self.refused("CreateActivity", name="a b")[1], "InvalidName")
        self.assertEqual(self.refused("DescribeActivity", activityArn="nonsense")[1], "InvalidArn")
        run = self.begin(activity("review"))
        self.assertEqual(self.daemon.ended(run)["error"], "States.Runtime")

    def test_a_worker_waits_for_a_task_and_tells_its_end(self):
        self.daemon.call("CreateActivity", name="a")
        got = []
        worker = threading.Thread(target=lambda: got.append(self.poll("a", "ann")))
        worker.start()
        run = self.begin(activity("a", HeartbeatSeconds=60), given={"n": 1})
        worker.join(60)
        self.assertEqual(json.loads(got[0]["input"]), {"n": 1})
        self.assertEqual(self.types(run)[2:], ["ActivityScheduled", "ActivityStarted"])
        self.assertEqual(self.daemon.history(run)[3]["activityStartedEventDetails"], {"workerName": "ann"})
        self.daemon.call("SendTaskHeartbeat", taskToken=got[0]["taskToken"])
        self.daemon.call("SendTaskSuccess", taskToken=got[0]["taskToken"], output='{"n": 2}')
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"n": 2})
        audited = [entry["action"] for entry in self.ask("GET", "/audit?limit=100")[1]["items"]]
        self.assertIn("aws:SendTaskSuccess", audited)
        self.assertNotIn("aws:GetActivityTask", audited)  # the history says who took the task

    def test_a_worker_who_hung_up_gets_nothing(self):
        self.daemon.call("CreateActivity", name="a")
        gone = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=60)
        gone.request("POST", "/", json.dumps({"activityArn": ACTIVITY + "a"}), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions.GetActivityTask"})
        gone.getresponse()  # its head has come: it waits
        gone.sock.shutdown(socket.SHUT_WR)
        while gone.sock.recv(4096):
            pass  # the daemon has seen it, and closes as well
        gone.close()
        run = self.begin(activity("a"))
        self.daemon.call("SendTaskSuccess", taskToken=self.poll("a")["taskToken"], output="1")
        self.assertEqual(self.daemon.ended(run)["output"], "1")

    def test_many_workers_keep_nobody_from_being_served(self):
        self.daemon.call("CreateActivity", name="a")
        got = []
        workers = [threading.Thread(target=lambda: got.append(self.poll("a"))) for _ in range(100)]
        for worker in workers:
            worker.start()
        begun = time.monotonic()
        machine = self.daemon.call("CreateStateMachine", name="m", definition=json.dumps(activity("a")), roleArn=ROLE)["stateMachineArn"]
        runs = [self.daemon.call("StartExecution", stateMachineArn=machine)["executionArn"] for _ in range(100)]
        self.assertLess(time.monotonic() - begun, 30)
        for worker in workers:
            worker.join(60)
        tokens = {one["taskToken"] for one in got}
        self.assertEqual(len(tokens), 100)
        for token in tokens:
            self.daemon.call("SendTaskSuccess", taskToken=token, output="1")
        self.assertEqual({self.daemon.ended(run)["status"] for run in runs}, {"SUCCEEDED"})

    def test_tasks_and_workers_outlive_kills(self):
        self.daemon.call("CreateActivity", name="a")
        first, second = self.begin(activity("a"), given={"n": 1}), None
        self.daemon.kill()
        self.daemon.start()
        task = self.poll("a")
        self.assertEqual(json.loads(task["input"]), {"n": 1})
        machine = self.daemon.workflow("m")
        second = self.daemon.call("StartExecution", stateMachineArn=machine, input='{"n": 2}')["executionArn"]
        self.daemon.kill()
        self.daemon.start()
        other = self.poll("a")
        self.assertEqual(json.loads(other["input"]), {"n": 2})  # the first is its worker's
        for one, run in ((task, first), (other, second)):
            self.daemon.call("SendTaskSuccess", taskToken=one["taskToken"], output="1")
            self.assertEqual(self.daemon.ended(run)["status"], "SUCCEEDED")


class Approvals(Case):
    def stepwell(self, *arguments):
        return subprocess.run([PROGRAM, *arguments, "--server", f"http://127.0.0.1:{self.daemon.port}"], capture_output=True, text=True, timeout=60)

    def test_what_waits_is_listed_without_its_token_and_answered_by_its_id(self):
        self.daemon.call("CreateActivity", name="a")
        first, second = self.begin(callback(TimeoutSeconds=600)), self.begin(activity("a"), "n")
        token = self.token(first)
        status, found = self.ask("GET", "/callbacks")
        self.assertEqual((status, found["complete"]), (200, True))
        self.assertNotIn(token, json.dumps(found))
        newest, oldest = found["items"]
        self.assertEqual((newest["kind"], newest["taken"], newest["due"]), ("activity", False, None))
        self.assertEqual((oldest["id"], oldest["kind"], oldest["workflow"], oldest["state"]), ("1.0.1", "callback", "m", "Ask"))
        self.assertIsNotNone(oldest["due"])
        self.assertEqual([one["id"] for one in self.ask("GET", "/callbacks?workflow=n")[1]["items"]], [newest["id"]])
        page = self.ask("GET", "/callbacks?limit=1")[1]
        self.assertEqual(self.ask("GET", "/callbacks?limit=1&after=" + page["next"])[1]["items"], [oldest])

        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/heartbeat")[0], 204)
        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/success", {})[0], 400)
        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/success", {"output": {"approved": True}})[0], 204)
        self.assertEqual(json.loads(self.daemon.ended(first)["output"]), {"approved": True})
        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/success", {"output": 1})[0], 409)
        self.assertEqual(self.ask("POST", "/callbacks/77.0.1/success", {"output": 1})[0], 404)
        self.assertEqual(self.ask("POST", "/callbacks/nonsense/failure", {})[0], 404)
        self.assertEqual(self.ask("POST", f"/callbacks/{newest['id']}/failure", {"error": "No"})[0], 409)  # no worker has it
        self.assertEqual(self.daemon.call("DescribeExecution", executionArn=second)["status"], "RUNNING")
        entries = self.ask("GET", "/audit?action=POST")[1]["items"]
        self.assertNotIn(token, json.dumps(entries))

    def test_approve_and_reject_are_a_result_and_an_error_of_their_own(self):
        asked = {"order": 7, "token.$": "$$.Task.Token"}
        run = self.begin(callback(Comment="May it be shipped?", Parameters={"QueueUrl": "q", "MessageBody": asked}))
        token = self.token(run)
        status, found = self.ask("GET", "/callbacks/1.0.1")
        self.assertEqual((status, found["comment"], found["scope"]), (200, "May it be shipped?", "result"))
        self.assertEqual(found["asked"]["MessageBody"], {"order": 7, "token": "•••"})
        self.assertNotIn(token, json.dumps(found))
        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/reject", {})[0], 400)
        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/approve", {"comment": "fine"})[0], 204)
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"approved": True, "by": "local:open", "comment": "fine"})
        self.assertEqual(self.ask("GET", "/callbacks/1.0.1")[0], 409)
        other = self.begin(callback(), "other")
        self.token(other)
        self.assertEqual(self.ask("POST", "/callbacks/2.0.1/reject", {"reason": "too dear"})[0], 204)
        ended = self.daemon.ended(other)
        self.assertEqual((ended["error"], ended["cause"]), ("Rejected", "too dear (by local:open)"))

    def test_the_command_line_lists_and_answers(self):
        run = self.begin(callback())
        token = self.token(run)
        listed = self.stepwell("callbacks")
        self.assertRegex(listed.stdout, r"1\.0\.1 +callback +m +1 +Ask")
        self.assertEqual(self.stepwell("send-task-heartbeat", token).returncode, 0)
        self.assertEqual(self.stepwell("send-task-success", "nonsense", "--result", "1").returncode, 2)
        done = self.stepwell("send-task-success", token, "--result", '{"ok": 1}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"ok": 1})
        other = self.begin(callback(), "other")
        self.token(other)
        failed = self.stepwell("callbacks", "fail", "2.0.1", "--error", "Rejected", "--cause", "too dear")
        self.assertEqual(failed.returncode, 0, failed.stderr)
        self.assertEqual(self.daemon.ended(other)["error"], "Rejected")


class Doors(Case):

    def setUp(self):
        super().setUp()
        self.daemon.stop()
        self.daemon = Daemon(PROGRAM, os.path.join(self.folder, "data"), "--config", os.path.join(self.folder, "stepwell.yaml"), is_open=False)
        self.addCleanup(lambda: self.daemon.process.poll() is None and self.daemon.kill())
        self.daemon.start()

    def test_a_viewer_sees_what_waits_and_an_operator_answers(self):
        run = self.begin(callback())
        token = self.token(run)
        made = self.ask("POST", "/tokens", {"name": "look", "role": "viewer"})[1]["token"]
        as_viewer = {"Authorization": "Bearer " + made}
        self.assertEqual(self.ask("GET", "/callbacks", headers=as_viewer)[0], 200)
        self.assertEqual(self.ask("POST", "/callbacks/1.0.1/success", {"output": 1}, as_viewer)[0], 403)
        self.assertEqual(self.ask("POST", "/task-tokens/success", {"token": token, "output": 1}, as_viewer)[0], 403)
        self.assertEqual(self.ask("POST", "/task-tokens/success", {"token": token, "output": 1})[0], 204)
        self.assertEqual(self.daemon.ended(run)["output"], "1")

    def by_link(self, link, method, path, body=None):
        return self.ask(method, path, body, {"X-Stepwell-Link": link})

    def link(self, **wanted):
        status, made = self.ask("POST", "/callbacks/1.0.1/links", wanted)
        self.assertEqual(status, 201, made)
        self.assertTrue(made["path"].startswith("/answer#1.0.1."), made)
        return made["path"].split("#")[1]

    def test_a_link_answers_its_own_task_once_and_opens_nothing_else(self):
        run = self.begin(callback())
        self.token(run)
        link = self.link()
        self.assertEqual(self.by_link(link, "GET", "/callbacks/1.0.1")[1]["scope"], "decide")
        for method, path, body in (("GET", "/callbacks", None), ("GET", "/runs", None), ("GET", "/callbacks/2.0.1", None),
                                   ("POST", "/callbacks/1.0.1/success", {"output": 1}), ("POST", "/callbacks/1.0.1/heartbeat", {}),
                                   ("POST", "/callbacks/1.0.1/links", {}), ("POST", "/runs/1/stop", {})):
            self.assertEqual(self.by_link(link, method, path, body)[0], 403, path)
        self.assertEqual(self.by_link(link, "POST", "/callbacks/1.0.1/approve", {})[0], 204)
        self.assertEqual(json.loads(self.daemon.ended(run)["output"])["by"], "link:1.0.1")
        self.assertEqual(self.by_link(link, "POST", "/callbacks/1.0.1/approve", {})[0], 409)
        self.assertEqual(self.by_link(link, "GET", "/callbacks/1.0.1")[0], 409)
        noted = [one for one in self.ask("GET", "/audit?limit=100")[1]["items"] if one["action"].endswith("/approve")]
        self.assertEqual({one["who"] for one in noted}, {"link:1.0.1"})
        self.assertNotIn(link, json.dumps(self.ask("GET", "/audit?limit=100")[1]))

    def test_a_link_for_results_sends_any_and_a_changed_one_nothing(self):
        run = self.begin(callback())
        self.token(run)
        link = self.link(scope="result", expires_in=60)
        for bad in (link[:-1], link.replace("1.0.1.", "2.0.1.", 1), link.replace("result", "decide"), "nonsense"):
            self.assertIn(self.by_link(bad, "GET", "/callbacks/1.0.1")[0], (401, 429), bad)
        for _ in range(10):
            self.by_link("nonsense", "GET", "/callbacks/1.0.1")
        self.assertEqual(self.by_link("nonsense", "GET", "/callbacks/1.0.1")[0], 429)
        self.daemon.stop()
        self.daemon.start()  # a link outlives the daemon
        self.assertEqual(self.by_link(link, "POST", "/callbacks/1.0.1/success", {"output": {"rows": 3}})[0], 204)
        self.assertEqual(json.loads(self.daemon.ended(run)["output"]), {"rows": 3})

    def test_a_workflow_puts_a_link_into_what_leaves_and_not_into_its_history(self):
        asked = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:approvals", "Message": {"text": "Decide: ${link:decide}", "row.$": "$.row"}}
        machine = {"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish.waitForTaskToken", "Parameters": asked, "End": True}}}
        with Receiver() as receiver:
            self.daemon.stop()
            with open(os.path.join(self.folder, "stepwell.yaml"), "a") as file:
                file.write(json_section("public_url", "https://etl.example/") + json_section("notifications", {
                    "channels": {"people": {"type": "webhook", "url": receiver.url}}, "topics": {"*": ["people"]}}))
            self.daemon.start()
            run = self.begin(machine, given={"row": "${link:decide}"})
            message = json.loads(receiver.taken.get(timeout=60)["message"])
            self.assertEqual(message["row"], "${link:decide}")  # what came with the data of a run stays a text
            self.assertRegex(message["text"], r"^Decide: https://etl\.example/answer#1\.0\.1\.decide\.")
            self.assertNotIn("etl.example", json.dumps(self.daemon.history(run)))
            link = message["text"].split("#")[1]
            self.assertEqual(self.by_link(link, "POST", "/callbacks/1.0.1/reject", {"reason": "no"})[0], 204)
            self.assertEqual(self.daemon.ended(run)["error"], "Rejected")


if __name__ == "__main__":
    suite.main(sys.modules[__name__])
