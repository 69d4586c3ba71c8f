#!/usr/bin/env python3
"""Secrets, planted wherever a workflow may use them, are found nowhere but where they were meant to go.

Ends with "N passed, M failed". The program is STEPWELL_BIN, else --stepwell.
"""
import base64
import http.client
import http.server
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from daemon import ApiError, Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
ROLE = "arn:aws:iam::123456789012:role/r"

STORED = 'st0red "value"/with+all <kinds> of \\marks ü'
FROM_FILE = "p4ssword&from=file"
FROM_ENVIRONMENT = "env1ronment-t0ken-0123456789"
HOOK = "h00k-authorization-key"
SECRETS = [STORED, FROM_FILE, FROM_ENVIRONMENT, HOOK]


def forms(secret):
    """Every way in which a secret must not be found."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), json.dumps(secret)[1:-1].encode(),
             json.dumps(secret, ensure_ascii=False)[1:-1].encode(), json.dumps(json.dumps(secret))[3:-3].encode(),
             urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode(), urllib.parse.quote(secret).encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + raw)
        core = encoded[(shift * 8 + 5) // 6:(shift + len(raw)) * 8 // 6]
        found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return found


class Listener:
    """A web server that keeps what it gets."""

    def __init__(self):
        self.requests = requests = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                requests.append((self.path, dict(self.headers), body))
                answer = json.dumps({"echo": self.headers.get("Authorization"), "path": self.path}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def machine(states):
    names = list(states)
    for name, after in zip(names, names[1:] + [None]):
        states[name] = {"Type": "Task", **states[name], **({"Next": after} if after else {"End": True})}
    return {"StartAt": names[0], "States": states}


def shell(script, **environment):
    return {"Resource": "stepwell:shell", "Parameters": {"script": script, "environment": environment, "parse_output": "text"}}


class Secrets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-secrets-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = os.path.join(self.folder, "data")
        self.listener = Listener()
        self.addCleanup(self.listener.close)
        database = os.path.join(self.folder, "app.sqlite")
        with sqlite3.connect(database) as connection:
            connection.execute("create table t(a)")
        with open(os.path.join(self.folder, "bank.json"), "w") as file:
            json.dump({"username": "erin", "password": FROM_FILE}, file)
        self.config = os.path.join(self.folder, "stepwell.yaml")
        with open(self.config, "w") as file:
            json.dump({"secrets": {"bank": {"file": "bank.json"}, "token": {"env": "PLANTED_TOKEN"}, "hook": {"env": "PLANTED_HOOK"}},
                       "connections": {"app": {"type": "sqlite", "path": database}},
                       "notifications": {"channels": {"ops": {"type": "webhook", "url": self.listener.url + "/ops", "hmac": "${secret:hook}",
                                                              "headers": {"Authorization": "Bearer ${secret:hook}"}}}}}, file)
        self.answers = []

    def start(self, *arguments):
        os.environ.update(PLANTED_TOKEN=FROM_ENVIRONMENT, PLANTED_HOOK=HOOK)
        daemon = Daemon(PROGRAM, self.data, "--config", self.config, *arguments)
        self.addCleanup(lambda: daemon.process and daemon.process.poll() is None and daemon.kill())
        daemon.start()
        for name in ("PLANTED_TOKEN", "PLANTED_HOOK"):
            os.environ.pop(name)
        return daemon

    def rest(self, daemon, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        connection.request(method, "/api/v1/" + path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        connection.close()
        self.answers.append(text)
        return response.status, json.loads(text) if text else None

    def create(self, daemon, name, definition):
        return daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]

    def run_machine(self, daemon, name, definition, document=None):
        arn = daemon.call("StartExecution", stateMachineArn=self.create(daemon, name, definition), input=json.dumps(document or {}))["executionArn"]
        ended = daemon.ended(arn)
        self.answers += [json.dumps(ended).encode(), json.dumps(daemon.history(arn), default=str).encode()]
        run = arn.rsplit(":", 1)[1]
        for what in ("", "/history", "/logs"):
            status, _ = self.rest(daemon, "GET", f"runs/{run}{what}")
            self.assertEqual(status, 200)
        return ended

    def assert_nowhere(self, daemon):
        """Neither in any file of the data folder, nor in the daemon's log, nor in what it answered."""
        places = {"an answer": b"\n".join(self.answers), "the log": open(daemon.log, "rb").read()}
        for folder, _, names in os.walk(self.data):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    places[path] = file.read()
        self.assertTrue(any(place.endswith("stepwell.db") for place in places))
        for secret in SECRETS:
            for form in forms(secret):
                for place, content in places.items():
                    self.assertNotIn(form, content, f"{form!r} is in {place}")

    def test_planted_secrets_are_found_nowhere(self):
        daemon = self.start()
        self.assertEqual(self.rest(daemon, "PUT", "secrets/crm", {"value": STORED})[0], 200)
        ended = self.run_machine(daemon, "uses", machine({
            "Environment": shell('printf "%s|" "$S" "$P" "$T"; printf "%s" "$S" >&2; printf "%s" "x$S" | base64 -w0; printf "%s" "$P" | od -An -tx1 | tr -d " \\n"',
                                 S="${secret:crm}", P="${secret:bank#password}", T="${secret:token}"),
            "Header": {"Resource": "stepwell:http", "Parameters": {"url": self.listener.url + "/header", "method": "POST",
                       "headers": {"Authorization": "Bearer ${secret:token}"}, "query": {"key": "${secret:bank#password}"}}},
            "Inherited": shell("printenv PLANTED_TOKEN || echo not inherited"),
            "Failing": {**shell('echo "no entry for $T" >&2; exit 3', T="${secret:token}"), "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Query", "ResultPath": "$.failed"}]},
            "Query": {"Resource": "stepwell:unload", "Parameters": {"connection": "app", "sql": "select nothing from t where a = '${secret:token}'", "to": "lake://out/"},
                      "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Unload", "ResultPath": "$.query"}]},
            "Unload": {"Resource": "stepwell:unload", "Parameters": {"connection": "app", "sql": "select 1 as one where 'a' <> '${secret:token}'", "to": "lake://exported/", "format": "csv"}},
            "Tell": {"Resource": "stepwell:notify", "Parameters": {"to": ["ops"], "subject": "s", "message": "m", "payload.$": "$", "required": True}},
        }))
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        header = next(headers for path, headers, _ in self.listener.requests if path.startswith("/header"))
        self.assertEqual(header["Authorization"], "Bearer " + FROM_ENVIRONMENT)
        told = next((headers, body) for path, headers, body in self.listener.requests if path == "/ops")
        self.assertEqual(told[0]["Authorization"], "Bearer " + HOOK)
        for secret in SECRETS:
            for form in forms(secret):
                self.assertNotIn(form, told[1])
        self.assertEqual(self.rest(daemon, "GET", "secrets")[1]["items"][0]["used_by"], ["workflow: uses"])
        self.rest(daemon, "GET", "audit")
        self.assert_nowhere(daemon)
        daemon.stop()
        self.assert_nowhere(daemon)

    def test_the_values_arrive_and_their_masks_leave(self):
        daemon = self.start()
        self.rest(daemon, "PUT", "secrets/crm", {"value": STORED})
        size = len(STORED.encode())
        ended = self.run_machine(daemon, "m", machine({"A": shell('printf "%s" "$S" | wc -c; printf "(%s)" "$S"', S="${secret:crm}")}))
        self.assertEqual(json.loads(ended["output"])["output"].split(), [str(size), "(***)"])

    def test_data_cannot_ask_for_a_secret(self):
        daemon = self.start()
        definition = machine({"A": {"Resource": "stepwell:shell", "Parameters": {
            "command": ["cat"], "input": {"row.$": "$.row", "own": "${secret:token}"}, "parse_output": "json"}}})
        ended = self.run_machine(daemon, "m", definition, {"row": "${secret:token}"})
        self.assertEqual(json.loads(ended["output"])["output"], {"row": "${secret:token}", "own": "***"})

    def test_inputs_and_definitions_that_hold_a_secret_are_refused(self):
        daemon = self.start()
        arn = self.create(daemon, "m", machine({"A": shell("true")}))
        with self.assertRaises(ApiError) as caught:
            daemon.call("StartExecution", stateMachineArn=arn, input=json.dumps({"k": FROM_ENVIRONMENT}))
        self.assertEqual(caught.exception.status, 400)
        # Whoever may start runs is not told which secret they have guessed.
        self.assertIn("${secret:NAME}", caught.exception.body)
        status, body = self.rest(daemon, "POST", "runs", {"workflow": "m", "input": {"k": "x" + FROM_FILE}})
        self.assertEqual(status, 400)
        self.assertIn("${secret:NAME}", body["detail"])
        self.assertNotIn("bank", body["detail"])
        with self.assertRaises(ApiError) as caught:
            self.create(daemon, "other", machine({"A": shell("true", T=FROM_ENVIRONMENT)}))
        self.assertEqual(caught.exception.status, 400)
        self.answers.append(caught.exception.body.encode())
        self.assert_nowhere(daemon)

    def test_a_missing_secret_is_named(self):
        daemon = self.start()
        ended = self.run_machine(daemon, "m", machine({"A": shell("true", T="${secret:not_there}")}))
        self.assertEqual(ended["error"], "Stepwell.SecretUnavailable")
        self.assertIn("not_there", ended["cause"])
        self.assertEqual(self.rest(daemon, "GET", "secrets")[1]["missing"], [{"name": "not_there", "used_by": ["workflow: m"]}])

    def test_a_webhook_is_opened_by_a_secret(self):
        folder = os.path.join(self.folder, "workflows")
        os.makedirs(folder)
        with open(os.path.join(folder, "hooked.yaml"), "w") as file:
            json.dump({"triggers": [{"webhook": {"name": "orders", "token": "${secret:bank#password}"}}], **machine({"A": shell("true")})}, file)
        daemon = self.start("--workflows", folder)
        daemon.workflow("hooked")

        def call(token, body):
            connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
            connection.request("POST", "/hooks/orders", json.dumps(body), {"Content-Type": "application/json", "Authorization": "Bearer " + token})
            response = connection.getresponse()
            self.answers.append(response.read())
            connection.close()
            return response.status
        wait_until(lambda: call("wrong", {}) == 401, 30, "the webhook")
        self.assertEqual(call(FROM_FILE, {"n": 1}), 202)
        self.assertEqual(call(FROM_FILE, {"n": FROM_ENVIRONMENT}), 400)
        self.assert_nowhere(daemon)

    def test_a_message_may_hold_none(self):
        daemon = self.start()
        ended = self.run_machine(daemon, "m", machine({"A": {"Resource": "stepwell:notify", "Parameters": {"to": ["ops"], "message": "${secret:token}"}}}))
        self.assertEqual(ended["error"], "Stepwell.InvalidParameters")

    def test_a_new_value_counts_at_once_and_the_old_one_stays_masked(self):
        daemon = self.start()
        definition = machine({"A": shell('printf "%s" "$S" | wc -c; printf "the %s value / the %s value!\\n" first second', S="${secret:crm}")})
        self.rest(daemon, "PUT", "secrets/crm", {"value": "the first value"})
        self.rest(daemon, "PUT", "secrets/crm", {"value": "the second value!"})
        ended = self.run_machine(daemon, "m", definition)
        self.assertEqual(json.loads(ended["output"])["output"].splitlines(), ["17", "*** / ***"])
        self.assertEqual(self.rest(daemon, "DELETE", "secrets/crm")[0], 204)
        daemon.stop()
        daemon = self.start()
        self.assertEqual(self.rest(daemon, "GET", "secrets")[1]["missing"][0]["name"], "crm")

    def test_a_configuration_that_names_a_missing_secret_is_refused(self):
        with open(self.config, "w") as file:
            json.dump({"connections": {"app": {"type": "sqlite", "path": "${secret:nowhere}"}}}, file)
        with self.assertRaises(RuntimeError) as caught:
            self.start()
        self.assertIn("nowhere", str(caught.exception))

    def test_stored_secrets_survive_a_kill_and_need_their_key(self):
        daemon = self.start()
        self.rest(daemon, "PUT", "secrets/crm", {"value": STORED})
        daemon.kill()
        daemon = self.start()
        self.assertEqual([s["name"] for s in self.rest(daemon, "GET", "secrets")[1]["items"]], ["bank", "crm", "hook", "token"])
        daemon.stop()
        os.rename(os.path.join(self.data, "secret.key"), os.path.join(self.folder, "secret.key"))
        # Without it the daemon works, and says what is lost; with it, it is there again.
        daemon = self.start()
        self.assertIn("crm", daemon.tail())
        self.assertNotIn("crm", [s["name"] for s in self.rest(daemon, "GET", "secrets")[1]["items"]])
        daemon.stop()
        os.rename(os.path.join(self.folder, "secret.key"), os.path.join(self.data, "secret.key"))
        daemon = self.start()
        self.assertIn("crm", [s["name"] for s in self.rest(daemon, "GET", "secrets")[1]["items"]])


if __name__ == "__main__":
    suite.main(sys.modules[__name__])
