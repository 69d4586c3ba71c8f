"""A stepwell daemon under test: starts it on a free port, speaks the AWS API to it, kills it."""
import http.client
import json
import os
import re
import signal
import subprocess
import threading
import time


class ApiError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body


def wait_until(condition, seconds=60, what="the condition"):
    """Polls `condition` until it gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected {what} within {seconds} s, but it did not come")
        time.sleep(0.005)


class Daemon:
    """One data folder, and the daemon that serves it: it may be started and killed many times.

    Nobody is asked for a credential, unless `is_open` is False: then calls show the admin's token.
    None is for programs of before there was a door."""

    READY = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")

    def __init__(self, program, data, *arguments, log=None, environment=None, is_open=True):
        self.command = [os.path.abspath(program), "serve", "--data", data, "--listen", "127.0.0.1:0", *(["--open"] if is_open else []), *arguments]
        self.environment = {**os.environ, **(environment or {})}
        self.log = log or os.path.join(os.path.dirname(os.path.abspath(data)), "daemon.log")
        self.process = self.port = None
        self.data, self.is_open = data, is_open
        self.headers = {}  # of every call
        self.connections = threading.local()

    def start(self, seconds=60):
        """Returns the seconds that it took until the daemon answered."""
        begun, offset = time.monotonic(), os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        self.connections = threading.local()

        def listening():
            if self.process.poll() is not None:
                raise RuntimeError(f"the daemon ended with {self.process.returncode}:\n{self.tail(offset)}")
            found = self.READY.search(self.tail(offset))
            return found and int(found[1])

        self.port = wait_until(listening, seconds, "the daemon to listen")
        if self.is_open is False:
            self.headers = {"Authorization": "Bearer " + self.admin_token()}
        return time.monotonic() - begun

    def admin_token(self):
        with open(os.path.join(self.data, "admin.token")) as file:
            return file.read().strip()

    def tail(self, offset=0):
        with open(self.log, errors="replace") as log:
            log.seek(offset)
            return log.read()[-4000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=30):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()

    def call(self, action, timeout=60, **payload):
        """One call of the AWS API; a connection a thread. Raises ApiError, or OSError where nobody answers."""
        for attempt in (0, 1):
            connection = getattr(self.connections, "connection", None)
            is_fresh = connection is None
            if is_fresh:
                connection = self.connections.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
            try:
                connection.request("POST", "/", json.dumps(payload), {
                    **self.headers, "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{action}"})
                response = connection.getresponse()
                body = response.read()
                break
            except (http.client.HTTPException, OSError) as error:
                self.connections.connection = None
                if is_fresh or attempt:
                    raise OSError(str(error)) from error
        if response.status != 200:
            raise ApiError(response.status, body.decode(errors="replace"))
        return json.loads(body or b"{}")

    def workflow(self, name):
        """The ARN of the workflow of that name, once the daemon has read its file."""
        def found():
            machines = self.call("ListStateMachines", maxResults=1000)["stateMachines"]
            return next((m["stateMachineArn"] for m in machines if m["name"] == name), None)
        return wait_until(found, 30, f"the workflow {name}")

    def run(self, workflow, document, seconds=300):
        """Starts an execution and waits for its end; returns its description."""
        arn = self.call("StartExecution", stateMachineArn=self.workflow(workflow), input=json.dumps(document))["executionArn"]
        return self.ended(arn, seconds)

    def ended(self, arn, seconds=300):
        def closed():
            execution = self.call("DescribeExecution", executionArn=arn)
            return execution["status"] != "RUNNING" and execution
        return wait_until(closed, seconds, f"the end of {arn}")

    def history(self, arn):
        events, more = [], {}
        while True:
            page = self.call("GetExecutionHistory", executionArn=arn, maxResults=1000, **more)
            events += page["events"]
            if not page.get("nextToken"):
                return events
            more = {"nextToken": page["nextToken"]}
