#!/usr/bin/env python3
"""The doors of the real program: who comes in, and what nobody gets at.

Ends with "N passed, M failed". The program is STEPWELL_BIN, else --stepwell.
"""
import hashlib
import hmac
import http.client
import json
import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from daemon import Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
PASSWORD = "correct horse battery"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-security-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = os.path.join(self.folder, "data")

    def start(self, *arguments, environment=None, is_open=False):
        """A daemon as it is by default: closed."""
        daemon = Daemon(PROGRAM, self.data, *arguments, environment=environment, is_open=is_open)
        self.addCleanup(lambda: daemon.process and daemon.process.poll() is None and daemon.kill())
        daemon.start()
        return daemon

    def stepwell(self, *arguments, stdin=None):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("STEPWELL_")}
        return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, input=stdin, timeout=120, env=clean)

    def ask(self, daemon, method, path, body=None, **headers):
        """Status, headers and JSON of an answer. Header names: _ stands for -."""
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        connection.request(method, path, json.dumps(body) if isinstance(body, (dict, list)) else body, sent)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        try:
            return response.status, dict(response.headers), json.loads(text or b"null")
        except ValueError:
            return response.status, dict(response.headers), text

    def status(self, *arguments, **more):
        return self.ask(*arguments, **more)[0]

    def raw(self, daemon, data, wait=5):
        """All statuses that the server answers until it closes."""
        with socket.create_connection(("127.0.0.1", daemon.port)) as connection:
            connection.settimeout(wait)
            out = b""
            try:
                connection.sendall(data)
                while got := connection.recv(65536):
                    out += got
            except OSError:
                pass
        return [int(line.split()[1]) for line in out.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]

    def add_admin(self, daemon):
        self.assertEqual(self.status(daemon, "POST", "/api/v1/users", {"name": "ann", "role": "admin", "password": PASSWORD}, **daemon.headers), 201)

    def sign_in(self, daemon, name="ann", password=PASSWORD):
        status, headers, body = self.ask(daemon, "POST", "/api/v1/session", {"name": name, "password": password})
        self.assertEqual(status, 200, body)
        return headers["Set-Cookie"], body["csrf"]


class Doors(Case):
    def test_nothing_is_open_by_default(self):
        daemon = self.start()
        for account in ("root", "nobody"):  # S4: the loopback is everybody's on the machine
            for method, path in (("GET", "/api/v1/runs"), ("GET", "/api/v1/users"), ("POST", "/api/v1/runs"), ("POST", "/"), ("POST", "/api/v1/backups"), ("POST", "/api/v1/users"),
                                 ("POST", "/api/v1/session/link"), ("GET", "/metrics")):
                self.assertEqual(self.status(daemon, method, path, None if method == "GET" else {}), 401, (account, path))
        self.assertEqual(self.status(daemon, "GET", "/healthz"), 200)
        self.assertEqual(self.ask(daemon, "GET", "/api/v1/session", **daemon.headers)[2]["id"], "admin")
        file = os.path.join(self.data, "admin.token")
        self.assertEqual(os.stat(file).st_mode & 0o777, 0o600)
        before = daemon.admin_token()
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.admin_token(), before)

    def test_a_proxy_opens_nothing(self):
        # As nginx sends it by default: Host of the backend, from the loopback.
        forwarded = {"X_Forwarded_For": "203.0.113.9"}
        closed = self.start()
        self.assertEqual(self.status(closed, "GET", "/api/v1/runs", **forwarded), 401)
        closed.stop()
        daemon = self.start(is_open=True)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/runs"), 200)
        for header in ("X_Forwarded_For", "Forwarded", "X_Real_IP", "Via"):
            self.assertEqual(self.status(daemon, "GET", "/api/v1/runs", **{header: "203.0.113.9"}), 401, header)
        self.assertIn("--open", daemon.tail())

    def test_no_token_and_no_user_locks_the_command_line_out(self):
        daemon = self.start()
        server = ("--server", f"http://127.0.0.1:{daemon.port}")
        self.assertEqual(self.stepwell("list", *server).returncode, 0)
        made = self.stepwell("tokens", "create", "grafana", "--role", "viewer", *server)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(self.stepwell("users", *server).returncode, 0)
        self.assertEqual(self.stepwell("users", "add", "ann", "--role", "admin", *server, stdin=PASSWORD + "\n").returncode, 0)
        self.assertIn("ann", self.stepwell("users", *server).stdout)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/users", Authorization="Bearer " + made.stdout.strip()), 403)
        # Who listens there and is no daemon of ours gets no token.
        with socket.create_server(("127.0.0.1", 0)) as listener:
            asked = subprocess.Popen([PROGRAM, "list", "--server", "http://127.0.0.1:%d" % listener.getsockname()[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(asked.kill)
            with listener.accept()[0] as connection:
                self.assertNotIn(b"swa_", connection.recv(65536))
        asked.wait(60)

    def test_what_was_made_while_the_door_was_open_counts_no_more(self):
        daemon = self.start(is_open=True)
        made = self.ask(daemon, "POST", "/api/v1/tokens", {"name": "planted", "role": "admin"})[2]
        self.assertEqual(self.ask(daemon, "GET", "/api/v1/session", Authorization="Bearer " + made["token"])[2]["kind"], "service")
        self.assertEqual(self.status(daemon, "POST", "/api/v1/session/link"), 409)
        daemon.stop()
        daemon = self.start()
        self.assertEqual(self.status(daemon, "GET", "/api/v1/session", Authorization="Bearer " + made["token"]), 401)
        self.assertIn(made["id"], daemon.tail())

    def test_a_link_signs_a_browser_in_once(self):
        daemon = self.start()
        made = self.stepwell("open", "--data", self.data)
        self.assertEqual(made.returncode, 0, made.stderr)
        address, path = made.stdout.strip()[:-len(made.stdout.strip().split("/", 3)[3]) - 1], "/" + made.stdout.strip().split("/", 3)[3]
        self.assertEqual(address, f"http://127.0.0.1:{daemon.port}")
        self.assertEqual(self.status(daemon, "HEAD", path), 200)
        status, headers, _ = self.ask(daemon, "GET", path)
        self.assertEqual((status, headers["Location"]), (303, "/"))
        cookie = headers["Set-Cookie"].split(";")[0]
        who = self.ask(daemon, "GET", "/api/v1/session", Cookie=cookie)[2]
        self.assertEqual((who["kind"], who["id"], who["role"]), ("local", "admin", "admin"))
        self.assertEqual(self.status(daemon, "GET", path), 410)
        self.assertEqual(self.status(daemon, "GET", "/sign-in?code=guess"), 410)
        self.assertEqual(self.stepwell("open", "--data", os.path.join(self.folder, "none")).returncode, 3)

    def signed(self, daemon, action, document, key, secret, moment=None, body=None):
        """Status and answer of a call of the AWS API, signed as SDKs do (Signature Version 4); `body` is sent instead of what was signed."""
        text = json.dumps(document)
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() if moment is None else moment))
        headers = {"content-type": "application/x-amz-json-1.0", "host": f"127.0.0.1:{daemon.port}", "x-amz-date": date, "x-amz-target": "AWSStepFunctions." + action}
        names, scope = ";".join(sorted(headers)), f"{date[:8]}/us-east-1/states/aws4_request"
        request = "\n".join(["POST", "/", "", *(f"{n}:{headers[n]}" for n in sorted(headers)), "", names, hashlib.sha256(text.encode()).hexdigest()])
        signing = ("AWS4" + secret).encode()
        for step in scope.split("/"):
            signing = hmac.new(signing, step.encode(), hashlib.sha256).digest()
        to_sign = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(request.encode()).hexdigest()])
        signature = hmac.new(signing, to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
        status, _, answer = self.ask(daemon, "POST", "/", body or text, **{n.replace("-", "_"): v for n, v in headers.items()})
        return status, answer

    def test_access_keys_let_aws_clients_in(self):
        daemon = self.start()
        server = ("--server", f"http://127.0.0.1:{daemon.port}")
        made = {}
        for role in ("viewer", "editor"):
            done = self.stepwell("keys", "create", role, "--role", role, *server)
            self.assertEqual(done.returncode, 0, done.stderr)
            made[role] = dict(line.split("=", 1) for line in done.stdout.splitlines())
        pair = {role: (keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]) for role, keys in made.items()}
        create = {"name": "m", "definition": json.dumps(PASS), "roleArn": "arn:aws:iam::123456789012:role/r"}
        self.assertEqual(self.signed(daemon, "CreateStateMachine", create, *pair["viewer"])[0], 403)
        self.assertEqual(self.signed(daemon, "CreateStateMachine", create, *pair["editor"])[0], 200)
        self.assertEqual(len(self.signed(daemon, "ListStateMachines", {}, *pair["viewer"])[1]["stateMachines"]), 1)
        wrong = {"secret": dict(secret="x" * 40), "old": dict(moment=time.time() - 400), "new": dict(moment=time.time() + 400), "body": dict(body='{"maxResults": 1}')}
        for name, change in wrong.items():
            status, answer = self.signed(daemon, "ListStateMachines", {}, pair["editor"][0], change.pop("secret", pair["editor"][1]), **change)
            self.assertEqual((status, answer.get("__type")), (403, "InvalidSignatureException"), name)
        self.assertEqual(self.signed(daemon, "ListStateMachines", {}, "AKSW" + "A" * 16, pair["editor"][1])[0], 401)
        daemon.kill()
        daemon.start()
        self.assertEqual(self.signed(daemon, "ListStateMachines", {}, *pair["viewer"])[0], 200)
        # Nobody sees a secret again.
        for keys in (self.stepwell("keys", "--server", f"http://127.0.0.1:{daemon.port}", "--output", "json").stdout, json.dumps(self.ask(daemon, "GET", "/api/v1/tokens", **daemon.headers)[2])):
            self.assertNotIn(pair["editor"][1], keys)
        self.with_boto(daemon, *pair["editor"])
        server = ("--server", f"http://127.0.0.1:{daemon.port}")
        self.assertEqual(self.stepwell("keys", "remove", pair["viewer"][0], *server).returncode, 0)
        self.assertEqual(self.signed(daemon, "ListStateMachines", {}, *pair["viewer"])[0], 401)

    def with_boto(self, daemon, key, secret):
        """The SDK itself and the AWS CLI, where this machine has them."""
        endpoint = f"http://127.0.0.1:{daemon.port}"
        try:
            import boto3
        except ImportError:
            return
        client = boto3.client("stepfunctions", endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id=key, aws_secret_access_key=secret)
        arn = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
        self.assertTrue(client.start_execution(stateMachineArn=arn, input='{"ä": "€"}')["executionArn"])
        if shutil.which("aws"):
            environment = {**os.environ, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1"}
            done = subprocess.run(["aws", "stepfunctions", "list-state-machines", "--endpoint-url", endpoint], capture_output=True, text=True, env=environment, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(arn, done.stdout)

    def test_an_open_door_takes_any_credentials(self):
        daemon = self.start(is_open=True)
        self.assertEqual(self.signed(daemon, "ListStateMachines", {}, "any", "credentials")[0], 200)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/runs", Authorization="Bearer any"), 200)

    def test_streams_end_with_their_token(self):
        daemon = self.start("--workflows", self.folder)
        with open(os.path.join(self.folder, "m.json"), "w") as file:
            json.dump(PASS, file)
        daemon.workflow("m")
        token = self.ask(daemon, "POST", "/api/v1/tokens", {"name": "x", "role": "viewer"}, **daemon.headers)[2]
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("GET", "/api/v1/events", headers={"Authorization": "Bearer " + token["token"]})
        stream = connection.getresponse()
        self.assertEqual(stream.status, 200)
        def start(name):
            self.assertEqual(self.status(daemon, "POST", "/api/v1/runs", {"workflow": "m", "name": name}, **daemon.headers), 201)
        start("before")
        while b"before" not in (line := stream.readline()):
            self.assertTrue(line)
        self.assertEqual(self.status(daemon, "DELETE", "/api/v1/tokens/" + token["id"], **daemon.headers), 204)
        start("after")
        self.assertNotIn(b"after", stream.read())

    def test_secrets_can_be_set_before_there_is_a_daemon(self):
        config = os.path.join(self.folder, "stepwell.yaml")
        with open(config, "w") as file:
            json.dump({"notifications": {"channels": {"ops": {"type": "webhook", "url": "http://127.0.0.1:9/x", "hmac": "${secret:hook_key}"}}}}, file)
        refused = self.stepwell("serve", "--data", self.data, "--config", config, "--listen", "127.0.0.1:0")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("stepwell secrets set hook_key", refused.stderr)
        for _ in range(2):
            done = self.stepwell("secrets", "set", "hook_key", "--data", self.data, stdin="a long enough value\n")
            self.assertEqual((done.returncode, done.stdout), (0, "secret hook_key is set\n"), done.stderr)
        daemon = self.start("--config", config)
        self.assertEqual(self.stepwell("secrets", "set", "hook_key", "--data", self.data, stdin="a long enough value\n").returncode, 2)
        self.assertIn("secrets set", json.dumps(self.ask(daemon, "GET", "/api/v1/audit", **daemon.headers)[2]))

    def test_a_lost_key_costs_the_secrets_alone(self):
        daemon = self.start()
        self.assertEqual(self.status(daemon, "PUT", "/api/v1/secrets/partner", {"value": "a long enough value"}, **daemon.headers), 200)
        self.add_admin(daemon)
        daemon.stop()
        backup, restored = os.path.join(self.folder, "b.tar"), os.path.join(self.folder, "restored")
        self.assertEqual(self.stepwell("backup", backup, "--data", self.data).returncode, 0)
        done = self.stepwell("restore", backup, "--data", restored)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("partner", done.stderr)
        self.data = restored
        daemon = self.start()
        self.assertIn("partner", daemon.tail())
        self.sign_in(daemon)
        self.assertEqual(self.status(daemon, "PUT", "/api/v1/secrets/partner", {"value": "a long enough value"}, **daemon.headers), 200)

    def test_what_was_typed_in_secret_is_never_said_back(self):
        daemon = self.start()
        for method, path, body in (("POST", "/api/v1/users", {"name": "bob", "role": "viewer", "password": "kurz"}), ("PUT", "/api/v1/secrets/s", {"value": "abc"}), ("PATCH", "/api/v1/users/ann", {"password": "kurz"})):
            status, _, answer = self.ask(daemon, method, path, body, **daemon.headers)
            self.assertEqual(status, 400, path)
            for typed in ("kurz", "abc"):
                self.assertNotIn(typed, json.dumps(answer))

    def test_many_wrong_names_keep_nobody_out(self):
        daemon = self.start()
        self.add_admin(daemon)
        statuses = {self.status(daemon, "POST", "/api/v1/session", {"name": f"user{n}", "password": "wrong"}) for n in range(40)}
        self.assertLessEqual(statuses, {401, 429})
        wait_until(lambda: self.status(daemon, "POST", "/api/v1/session", {"name": "ann", "password": PASSWORD}) == 200, 30, "ann to sign in")

    def test_a_terminal_is_told_how_to_sign_in(self):
        mine, theirs = pty.openpty()
        self.addCleanup(os.close, mine)
        serving = subprocess.Popen([PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        self.addCleanup(serving.wait)
        self.addCleanup(serving.kill)
        text = ""
        while "sign-in?code=" not in text or not text.endswith("\n"):
            text += os.read(mine, 4096).decode()
        host, port, path = re.search(r"open http://([\d.]+):(\d+)(/sign-in\S+)", text).groups()
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request("GET", path)
        self.assertEqual(connection.getresponse().status, 303)

    def test_a_token_that_can_be_guessed_or_read_is_refused(self):
        refused = subprocess.run([PROGRAM, "serve", "--data", self.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True, env={**os.environ, "STEPWELL_TOKEN": "x"}, timeout=60)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        config, token = os.path.join(self.folder, "stepwell.yaml"), os.path.join(self.folder, "token")
        with open(config, "w") as file:
            file.write("token_file: token\n")
        with open(token, "w") as file:
            file.write("long enough to be one\n")
        os.chmod(token, 0o644)
        refused = self.stepwell("serve", "--data", self.data, "--config", config, "--listen", "127.0.0.1:0")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("chmod o=", refused.stderr)

    def test_the_first_user_can_be_added_without_a_daemon(self):
        added = self.stepwell("users", "add", "ann", "--role", "admin", "--data", self.data, stdin=PASSWORD + "\n")
        self.assertEqual((added.returncode, added.stdout), (0, "user ann is admin\n"), added.stderr)
        again = self.stepwell("users", "add", "ann", "--role", "admin", "--data", self.data, stdin=PASSWORD + "\n")
        self.assertEqual(again.returncode, 2, again.stderr)
        daemon = self.start()
        self.assertEqual(self.status(daemon, "GET", "/api/v1/runs"), 401)
        self.sign_in(daemon)
        busy = self.stepwell("users", "add", "bob", "--data", self.data, stdin=PASSWORD + "\n")
        self.assertEqual(busy.returncode, 2, busy.stdout)
        verified = self.stepwell("audit", "verify", "--data", self.data)
        self.assertEqual(verified.returncode, 0, verified.stdout)

    def test_a_name_opens_nothing(self):
        # A token that is called as a user is, made by one that belongs to nobody, is not that user.
        daemon = self.start(environment={"STEPWELL_TOKEN": "the daemon's own, long enough"})
        own = {"Authorization": "Bearer the daemon's own, long enough"}
        self.assertEqual(self.status(daemon, "POST", "/api/v1/users", {"name": "ann", "role": "admin", "password": PASSWORD}, **own), 201)
        of_ann = self.ask(daemon, "POST", "/api/v1/tokens", {"name": "hers", "owner": "ann", "role": "admin"}, **own)[2]
        ci = self.ask(daemon, "POST", "/api/v1/tokens", {"name": "ann", "role": "viewer"}, **own)[2]
        as_ci = {"Authorization": "Bearer " + ci["token"]}
        who = self.ask(daemon, "GET", "/api/v1/session", **as_ci)[2]
        self.assertEqual((who["kind"], who["id"], who["role"]), ("service", ci["id"], "viewer"))
        self.assertEqual([t["id"] for t in self.ask(daemon, "GET", "/api/v1/tokens", **as_ci)[2]["items"]], [ci["id"]])
        self.assertEqual(self.status(daemon, "DELETE", "/api/v1/tokens/" + of_ann["id"], **as_ci), 404)
        for body in ({"name": "ann"}, {"name": "ann", "owner": "ann"}, {"name": "x", "owner": "token"}, {"name": "x", "owner": "local"}):
            self.assertEqual(self.status(daemon, "POST", "/api/v1/tokens", body, **as_ci), 400, body)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/users", Authorization="Bearer " + of_ann["token"]), 200)
        # The entries of what was refused do not keep the answers waiting.
        def seen():
            entries = self.ask(daemon, "GET", "/api/v1/audit", **own)[2]["items"]
            by = {entry["who"] for entry in entries if entry["action"].startswith(("DELETE /api/v1/tokens", "POST /api/v1/tokens"))}
            return by if len(by) > 1 else None
        self.assertEqual(wait_until(seen, 10, "the entry of what was refused"), {"daemon:token", "service:" + ci["id"]})
        # Its own it may give back.
        self.assertEqual(self.status(daemon, "DELETE", "/api/v1/tokens/" + ci["id"], **as_ci), 204)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/session", **as_ci), 401)

    def test_tasks_find_no_credential_of_the_daemon(self):
        token = "the daemon's own, long enough"
        config = os.path.join(self.folder, "stepwell.yaml")
        with open(config, "w") as file:
            json.dump({"tasks": {"environment": ["WANTED_BY_TASKS"]}}, file)
        daemon = self.start("--config", config, environment={"STEPWELL_TOKEN": token, "CREDENTIALS_DIRECTORY": "/run/credentials/x", "WANTED_BY_TASKS": "yes"})
        daemon.headers = {"X-Stepwell-Token": token}
        # Reversed, for what is printed as it is would be masked.
        script = "{ env; cat /proc/$PPID/environ; for p in /proc/[0-9]*; do grep -qs serve $p/cmdline && cat $p/environ; done; } | tr '\\0' '\\n' | rev"
        machine = {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "stepwell:shell", "End": True,
                                                    "Parameters": {"script": script.replace("/proc/[0-9]*", "/proc/%d" % daemon.process.pid), "parse_output": "text"}}}}
        daemon.call("CreateStateMachine", name="m", definition=json.dumps(machine), roleArn="arn:aws:iam::123456789012:role/r")
        text = daemon.run("m", {})["output"]
        self.assertIn("sey=SKSAT_YB_DETNAW", text)
        self.assertNotIn(token[::-1], text)
        self.assertNotIn("YROTCERID_SLAITNEDERC", text.split("sey=SKSAT_YB_DETNAW")[0])

    def test_only_its_owner_may_look_into_the_data_folder(self):
        old = os.umask(0o022)
        self.addCleanup(os.umask, old)
        self.start().stop()
        modes = {path: os.stat(path).st_mode & 0o077 for folder, _, files in os.walk(self.data) for path in [folder, *(os.path.join(folder, f) for f in files)]}
        self.assertEqual({path for path, others in modes.items() if others}, set())
        backup, restored = os.path.join(self.folder, "b.tar"), os.path.join(self.folder, "restored")
        os.mkdir(restored, 0o755)
        for arguments in (("backup", backup, "--data", self.data), ("restore", backup, "--data", restored)):
            done = self.stepwell(*arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([os.stat(p).st_mode & 0o077 for p in (restored, os.path.join(restored, "stepwell.db"))], [0, 0])

    def test_a_session_has_to_be_meant(self):
        daemon = self.start()
        self.add_admin(daemon)
        line, csrf = self.sign_in(daemon)
        for attribute in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(attribute, line)
        cookie = line.split(";")[0]
        self.assertEqual(self.ask(daemon, "GET", "/api/v1/session", Cookie=cookie)[2]["csrf"], csrf)
        body = {"name": "bob", "role": "viewer", "password": PASSWORD}
        self.assertEqual(self.status(daemon, "POST", "/api/v1/users", body, Cookie=cookie), 403)
        self.assertEqual(self.status(daemon, "POST", "/api/v1/users", body, Cookie=cookie, X_Stepwell_Csrf="guess"), 403)
        self.assertEqual(self.status(daemon, "POST", "/api/v1/users", body, Cookie=cookie, X_Stepwell_Csrf=csrf), 201)
        self.assertEqual(self.status(daemon, "DELETE", "/api/v1/session", Cookie=cookie, X_Stepwell_Csrf=csrf), 200)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/session", Cookie=cookie), 401)

    def test_guessing_is_slowed_down_and_tells_nothing(self):
        daemon = self.start()
        self.add_admin(daemon)
        answers = [self.ask(daemon, "POST", "/api/v1/session", {"name": name, "password": "wrong"})[::2] for name in ("ann", "nobody")]
        for _, answer in answers:
            del answer["request_id"]
        self.assertEqual(answers[0], answers[1])
        statuses = [self.status(daemon, "POST", "/api/v1/session", {"name": "ann", "password": "wrong"}) for _ in range(6)]
        self.assertIn(429, statuses)

    def test_who_guesses_secrets_by_starts_is_told_when_to_come_again(self):
        daemon = self.start("--workflows", self.folder)
        with open(os.path.join(self.folder, "m.json"), "w") as file:
            json.dump(PASS, file)
        daemon.workflow("m")
        self.assertEqual(self.status(daemon, "PUT", "/api/v1/secrets/key", {"value": "s3cret-value"}, **daemon.headers), 200)
        body, seen = {"workflow": "m", "input": {"k": "s3cret-value"}}, []
        for _ in range(8):
            status, response, answer = self.ask(daemon, "POST", "/api/v1/runs", body, **daemon.headers)
            seen.append(status)
        self.assertEqual(set(seen), {400, 429}, seen)
        self.assertEqual((status, answer["code"]), (429, "too_many_requests"))
        self.assertGreaterEqual(int(response["Retry-After"]), 1)

    def test_two_who_change_one_thing_lose_nothing_of_each_other(self):
        daemon = self.start()
        self.add_admin(daemon)
        headers = {**daemon.headers}
        self.assertEqual(self.status(daemon, "POST", "/api/v1/users", {"name": "bob", "role": "viewer"}, **headers), 201)
        for path, method, change in (("/api/v1/users/bob", "PATCH", [{"role": "operator"}, {"role": "editor"}]),
                                     ("/api/v1/secrets/key", "PUT", [{"value": "first-value"}, {"value": "second-value"}])):
            with self.subTest(path):
                if method == "PUT":
                    self.assertEqual(self.status(daemon, "PUT", path, change[0], If_None_Match="*", **headers), 200)
                    self.assertEqual(self.status(daemon, "PUT", path, change[0], If_None_Match="*", **headers), 412)
                tag = self.ask(daemon, "GET", path, **headers)[1]["ETag"]
                self.assertEqual(self.status(daemon, method, path, change[0], If_Match=tag, **headers), 200)
                self.assertEqual(self.status(daemon, method, path, change[1], If_Match=tag, **headers), 412)
                tag = self.ask(daemon, "GET", path, **headers)[1]["ETag"]
                self.assertEqual(self.status(daemon, method, path, change[1], If_Match=tag, **headers), 200)
        self.assertEqual(self.ask(daemon, "GET", "/api/v1/users/bob", **headers)[2]["role"], "editor")
        self.assertEqual(self.status(daemon, "GET", "/api/v1/users/nobody", **headers), 404)

    def test_users_and_tokens_survive_a_kill(self):
        daemon = self.start()
        self.add_admin(daemon)
        cookie, csrf = self.sign_in(daemon)
        daemon.kill()
        daemon.start()
        self.assertEqual(self.status(daemon, "GET", "/api/v1/users", Cookie=cookie.split(";")[0]), 200)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/users"), 401)


if __name__ == "__main__":
    suite.main(sys.modules[__name__])
