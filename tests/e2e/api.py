#!/usr/bin/env python3
"""The REST API from outside: every route against every role, live events over kills, the OpenAPI document against the
running server (schemathesis). Ends with "N passed, M failed".

--schemathesis PROGRAM: the command `st`; without it that test is not there.
--keep: writes what the program prints to api/openapi.json, which is the contract from then on; breaks are named.
"""
import csv
import datetime
import gzip
import http.client
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "support"), os.path.join(ROOT, "tests", "contract")]
import contract  # noqa: E402
from daemon import Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = SCHEMATHESIS = None
KEPT = os.path.join(ROOT, "api", "openapi.json")
with open(KEPT) as kept_file:
    CHECKER = contract.Checker(json.load(kept_file))
ROLES = ["viewer", "operator", "editor", "admin"]
PASSWORD = "correct horse battery"
JSON = {"Content-Type": "application/json"}
PASS = {"StartAt": "Only", "States": {"Only": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 900, "End": True}}}
SHELL = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:shell", "End": True,
                                          "Parameters": {"command": ["/bin/sh", "-c", "echo one; echo two"]}}}}


def ask(daemon, method, path, body=None, headers=None):
    """Status, headers and body (JSON where it is that) of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
    try:
        text = None if body is None else body if isinstance(body, str) else json.dumps(body)
        connection.request(method, path, text, {**(JSON if body is not None else {}), **(headers or {})})
        response = connection.getresponse()
        data = response.read().decode()
        is_json = response.getheader("Content-Type", "").startswith(("application/json", "application/problem+json"))
        answer = json.loads(data) if is_json and data else data
        faults = CHECKER.faults(method, path, response.status, response.getheader("Content-Type", ""), answer) if is_json else []
        assert not faults, "an answer is not as api/openapi.json declares it: " + "; ".join(faults[:5])
        return response.status, response, answer
    finally:
        connection.close()


def bearer(token):
    return {"Authorization": "Bearer " + token}


def make_admin(daemon):
    status, _, body = ask(daemon, "POST", "/api/v1/users", {"name": "ann", "role": "admin", "password": PASSWORD}, daemon.headers)
    assert status == 201, body


def role_tokens(daemon):
    """A token of each role, made by the admin."""
    status, response, body = ask(daemon, "POST", "/api/v1/session", {"name": "ann", "password": PASSWORD})
    assert status == 200, body
    session = {"Cookie": response.getheader("Set-Cookie").split(";")[0], "X-Stepwell-Csrf": body["csrf"]}
    return {role: ask(daemon, "POST", "/api/v1/tokens", {"name": role, "role": role}, session)[2]["token"] for role in ROLES}


class Events:
    """Reads server-sent events: (id, event, data) each; remembers the last id as a browser does."""

    def __init__(self, daemon, path, last_id=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.connection.request("GET", path, headers={"Last-Event-ID": last_id} if last_id else {})
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.read()
        assert self.response.getheader("Content-Type") == "text/event-stream"

    def __iter__(self):
        fields = {}
        while True:
            try:
                line = self.response.readline().decode().rstrip("\n")
            except (OSError, http.client.HTTPException, ValueError):
                return
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                yield fields.get("id"), fields.get("event"), json.loads(fields["data"])
                fields = {}
            elif not fields:
                self.connection.close()
                return
            else:
                fields = {}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-api-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.workflows = os.path.join(self.folder, "workflows")
        os.makedirs(self.workflows)
        for name, machine in (("pass", PASS), ("wait", WAIT), ("shell", SHELL)):
            with open(os.path.join(self.workflows, name + ".json"), "w") as file:
                json.dump(machine, file)

    def daemon(self, *arguments, is_open=True):
        daemon = Daemon(PROGRAM, os.path.join(self.folder, "data"), "--workflows", self.workflows, *arguments, is_open=is_open)
        self.addCleanup(lambda: daemon.process and daemon.process.poll() is None and daemon.kill())
        daemon.start()
        return daemon

    def start(self, daemon, workflow, **more):
        status, _, body = ask(daemon, "POST", "/api/v1/runs", {"workflow": workflow, **more})
        self.assertEqual(status, 201, body)
        return body

    def end_of(self, daemon, run):
        return wait_until(lambda: (found := ask(daemon, "GET", f"/api/v1/runs/{run}")[2])["status"] != "running" and found, 60, f"the end of {run}")


class Routes(Case):
    def operations(self, daemon, headers=None):
        document = ask(daemon, "GET", "/api/v1/openapi.json", headers=headers)[2]
        self.assertEqual(document["openapi"], "3.1.0")
        return [(method.upper(), path, operation) for path, methods in document["paths"].items() for method, operation in methods.items()]

    def test_every_route_with_no_token_a_bad_one_and_each_role(self):
        daemon = self.daemon(is_open=False)
        make_admin(daemon)
        tokens = role_tokens(daemon)
        operations = self.operations(daemon, bearer(tokens["admin"]))
        self.assertGreater(len(operations), 20)
        for method, path, operation in operations:
            least, target = operation["x-role"], re.sub(r"\{\w+\}", "nothing", path)
            if operation.get("tags") == ["session"] or (method == "POST" and path == "/"):
                continue  # who they are is in the body; the AWS actions have a test of their own
            for who, headers in {"nobody": {}, "bad": bearer("swt_bad"), **{role: bearer(tokens[role]) for role in ROLES}}.items():
                with self.subTest(f"{method} {path} as {who}"):
                    status = self.status_only(daemon, method, target, headers)
                    if least == "none":
                        self.assertNotEqual(status, 403)
                    elif who in ("nobody", "bad"):
                        self.assertEqual(status, 401)
                    else:
                        self.assertEqual(status == 403, ROLES.index(who) < ROLES.index(least), status)

    def status_only(self, daemon, method, target, headers):
        """Without a body: what needs one says 400 or 415 to those who may ask. Streams are left at once."""
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        connection.request(method, target, headers=headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def test_methods_types_and_parameters_are_held_to(self):
        daemon = self.daemon()
        for method, path, body, headers, want in (
                ("PUT", "/api/v1/runs", None, {}, 405), ("DELETE", "/healthz", None, {}, 405), ("GET", "/api/v1/nothing", None, {}, 404),
                ("GET", "/api/v1/runs?colour=red", None, {}, 400), ("GET", "/api/v1/runs?limit=0&from=x", None, {}, 400),
                ("POST", "/api/v1/runs", "{}", {"Content-Type": "text/plain"}, 415), ("POST", "/api/v1/runs", "{", {}, 400),
                ("POST", "/api/v1/runs", {"workflow": "pass", "nam": "x"}, {}, 400), ("POST", "/api/v1/runs", {"workflow": "none"}, {}, 404)):
            with self.subTest(f"{method} {path} {body}"):
                status, response, answer = ask(daemon, method, path, body, headers)
                self.assertEqual(status, want, answer)
                self.assertEqual(answer["status"], want)
                self.assertEqual(response.getheader("Allow") is not None, want == 405)
        status, _, answer = ask(daemon, "GET", "/api/v1/runs?limit=0&from=x")
        self.assertEqual(sorted(fault["pointer"] for fault in answer["faults"]), ["?from", "?limit"], answer)

    def test_every_problem_has_one_form(self):
        daemon = self.daemon()
        for method, path, body, headers, code in (
                ("GET", "/api/v1/nothing", None, {}, "not_found"), ("GET", "/api/v1/runs/77", None, {}, "not_found"),
                ("DELETE", "/api/v1/runs", None, {}, "method_not_allowed"), ("POST", "/api/v1/runs", "{}", {"Content-Type": "text/plain"}, "unsupported_media_type"),
                ("GET", "/healthz", None, {"Host": "attacker.example"}, "forbidden"), ("GET", "/healthz", "body", {}, "body_too_large"),
                ("POST", "/api/v1/runs", {"workflow": 1}, {}, "invalid")):
            with self.subTest(f"{method} {path}"):
                status, response, answer = ask(daemon, method, path, body, headers)
                self.assertEqual(response.getheader("Content-Type"), "application/problem+json")
                self.assertEqual((answer["code"], answer["status"], answer["request_id"]), (code, status, response.getheader("X-Request-Id")), answer)
                self.assertTrue(answer["type"] and answer["title"] and answer["detail"], answer)
        self.assertEqual(answer["faults"][0]["pointer"], "#/workflow")

    def test_workflows_are_put_shown_and_deleted(self):
        daemon = self.daemon()
        put = ask(daemon, "PUT", "/api/v1/workflows/mine", PASS)[2]
        self.assertEqual((put["version"], put["changed"]), (1, True))
        self.assertFalse(ask(daemon, "PUT", "/api/v1/workflows/mine", PASS)[2]["changed"])
        yaml = "description: d\nStartAt: A\nStates: {A: {Type: Succeed}}\n"
        self.assertEqual(ask(daemon, "PUT", "/api/v1/workflows/mine", yaml, {"Content-Type": "application/yaml"})[2]["version"], 2)
        status, _, faults = ask(daemon, "PUT", "/api/v1/workflows/mine", {"StartAt": "A", "States": {"A": {"Type": "Pas"}}})
        self.assertEqual(status, 400)
        self.assertTrue(faults["faults"])
        self.assertEqual(ask(daemon, "GET", "/api/v1/workflows/mine")[2]["description"], "d")
        self.assertEqual(ask(daemon, "GET", "/api/v1/workflows/mine/definition?version=1")[2]["definition"], PASS)
        versions = ask(daemon, "GET", "/api/v1/workflows/mine/versions?limit=1")[2]
        self.assertEqual([v["version"] for v in versions["items"]], [2])
        older = ask(daemon, "GET", f"/api/v1/workflows/mine/versions?after={versions['next']}")[2]
        self.assertEqual([v["version"] for v in older["items"]], [1])
        self.assertEqual(ask(daemon, "GET", "/api/v1/workflows/mine?version=3")[0], 404)
        self.assertEqual(ask(daemon, "DELETE", "/api/v1/workflows/mine")[0], 204)
        self.assertEqual(ask(daemon, "GET", "/api/v1/workflows/mine")[0], 404)
        self.assertEqual(ask(daemon, "DELETE", "/api/v1/workflows/mine")[0], 404)

    def test_viewers_see_no_values_of_samples_wherever_they_look(self):
        """A result that is passed on, is an output, an input and the cause of a failure: no answer to a viewer has the value."""
        result = {"checks": [{"name": "c", "failed": 1, "samples": [{"line": 3, "value": "pearl"}]}], "rows": {"read": 1}}
        machine = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "T"}, "T": {
            "Type": "Task", "Resource": "stepwell:shell", "Parameters": {"command.$": "States.Array('/bin/sh', '-c', $.says, States.JsonToString($.result))"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failed", "Next": "F"}], "Next": "F"},
            "F": {"Type": "Fail", "Error": "Bad", "CausePath": "States.JsonToString($)"}}}
        with open(os.path.join(self.workflows, "sampled.json"), "w") as file:
            json.dump(machine, file)
        daemon = self.daemon()
        daemon.workflow("sampled")
        run = self.start(daemon, "sampled", input={"result": result, "says": 'echo "result: $0"; exit 1'})
        self.end_of(daemon, run["run"])
        make_admin(daemon)
        tokens = role_tokens(daemon)
        here = f"/api/v1/runs/{run['run']}"
        paths = [here, here + "/history", here + "/history?limit=100", here + "/states", here + "/overview", here + "/failure", here + "/logs",
                 here + "/logs?follow=true"]
        aws = {"Content-Type": "application/x-amz-json-1.0"}
        for action in ("DescribeExecution", "GetExecutionHistory"):
            paths.append(("AWSStepFunctions." + action, {"executionArn": run["arn"]}))
        for role in ("viewer", "operator"):
            seen = []
            for path in paths:
                if isinstance(path, tuple):
                    status, _, answer = ask(daemon, "POST", "/", path[1], {**aws, **bearer(tokens[role]), "X-Amz-Target": path[0]})
                else:
                    status, _, answer = ask(daemon, "GET", path, None, bearer(tokens[role]))
                self.assertEqual(status, 200, (path, answer))
                seen.append("pearl" in json.dumps(answer))
            with self.subTest(role):
                self.assertEqual(any(seen), role == "operator", dict(zip(map(str, paths), seen)))
                self.assertEqual(seen[6:8], [role == "operator"] * 2, "the logs")
        self.assertIn("•••", json.dumps(ask(daemon, "GET", here, None, bearer(tokens["viewer"]))[2], ensure_ascii=False))

    def test_rejected_rows_are_read_page_by_page_and_by_check(self):
        validate = {"Type": "Task", "Resource": "stepwell:validate", "End": True, "Parameters": {
            "input": "lake://raw/in.csv", "columns": {"id": {"type": "bigint"}, "amount": {"type": "integer", "nullable": False}},
            "on_fail": "quarantine", "quarantine": {"uri": "lake://quarantine/in/", "max_bad": "90%"}}}
        later = {**validate, "Parameters": {**validate["Parameters"], "quarantine": {"uri": "lake://quarantine/last.parquet", "max_bad": "90%"}}}
        for name, state in (("sorted", validate), ("overwritten", later)):
            with open(os.path.join(self.workflows, name + ".json"), "w") as file:
                json.dump({"StartAt": "Validate", "States": {"Validate": state}}, file)
        raw = os.path.join(self.folder, "data", "lake", "raw")
        os.makedirs(raw, exist_ok=True)
        with open(os.path.join(raw, "in.csv"), "w") as file:
            file.write("id,amount\n1,pearl\n2,5\n3,\n4,x\n")
        daemon = self.daemon()
        make_admin(daemon)
        tokens = role_tokens(daemon)
        for name in ("sorted", "overwritten", "pass"):
            daemon.workflow(name)
        run = self.start(daemon, "sorted")["run"]
        self.assertEqual(self.end_of(daemon, run)["status"], "succeeded")
        here = f"/api/v1/runs/{run}/rejected"
        operator = bearer(tokens["operator"])
        status, _, first = ask(daemon, "GET", here + "?limit=2", None, operator)
        self.assertEqual((status, first["total"], first["path"], first["columns"]), (200, 3, "Validate", ["id", "amount"]))
        self.assertEqual([(row["line"], row["reasons"], row["cells"]) for row in first["items"]], [
            (2, ["amount.type"], {"id": "1", "amount": "pearl"}), (4, ["amount.not_null"], {"id": "3", "amount": None})])
        rest = ask(daemon, "GET", here + "?limit=2&after=" + first["next"], None, operator)[2]
        self.assertEqual(([row["line"] for row in rest["items"]], "next" in rest), ([5], False))
        typed = ask(daemon, "GET", here + "?check=amount.type", None, operator)[2]
        self.assertEqual([row["line"] for row in typed["items"]], [2, 5])
        seen = ask(daemon, "GET", here, None, bearer(tokens["viewer"]))[2]
        self.assertEqual([(row["line"], row["cells"]["amount"]) for row in seen["items"]], [(2, "•••"), (4, None), (5, "•••")])
        again = self.start(daemon, "sorted")["run"]  # nothing has changed, so it puts nothing aside by itself
        self.assertEqual(self.end_of(daemon, again)["status"], "succeeded")
        status, _, kept = ask(daemon, "GET", f"/api/v1/runs/{again}/rejected?limit=2", None, operator)
        self.assertEqual((status, kept.get("items")), (200, first["items"]), kept)
        self.assertEqual(ask(daemon, "GET", here + "?path=Nowhere", None, operator)[0], 404)
        got = {}
        for who, form in (("operator", "csv?check=amount.type"), ("operator", "jsonl"), ("viewer", "csv")):
            request = urllib.request.Request(f"http://127.0.0.1:{daemon.port}{here}/export.{form}", headers=bearer(tokens[who]))
            with urllib.request.urlopen(request, timeout=60) as response:
                self.assertIn('filename="rejected.', response.headers["Content-Disposition"])
                got[who, form] = response.read().decode("utf-8-sig")
        table = list(csv.DictReader(io.StringIO(got["operator", "csv?check=amount.type"], newline="")))
        self.assertEqual([(row["_sw_line"], row["_sw_reasons"], row["amount"]) for row in table], [("2", "amount.type", "pearl"), ("5", "amount.type", "x")])
        self.assertEqual([json.loads(line) for line in got["operator", "jsonl"].splitlines()], first["items"] + rest["items"])
        self.assertNotIn("pearl", got["viewer", "csv"])
        self.assertEqual(ask(daemon, "GET", here + "/export.csv?path=Nowhere", None, operator)[0], 404)
        passed = self.start(daemon, "pass")["run"]
        self.end_of(daemon, passed)
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{passed}/rejected/export.csv", None, operator)[0], 404)
        os.remove(os.path.join(self.folder, "data", first["sources"][0]["uri"].replace("lake://", "lake/")))
        self.assertEqual(ask(daemon, "GET", here, None, operator)[0], 404)
        self.assertEqual(ask(daemon, "GET", here + "/export.jsonl", None, operator)[0], 404)
        runs = [self.start(daemon, "overwritten")["run"] for _ in range(2)]
        for one in runs:
            self.end_of(daemon, one)
        statuses = sorted(ask(daemon, "GET", f"/api/v1/runs/{one}/rejected", None, operator)[0] for one in runs)
        self.assertEqual(statuses, [200, 409], "the file is of one of them")

    def test_runs_are_found_by_every_filter_and_stopped_together(self):
        daemon = self.daemon()
        done = [self.start(daemon, "pass", name=f"p{i}")["run"] for i in range(5)]
        waiting = [self.start(daemon, "wait")["run"] for _ in range(3)]
        for run in done:
            self.end_of(daemon, run)
        first = ask(daemon, "GET", f"/api/v1/runs/{done[0]}")[2]
        later = ask(daemon, "GET", f"/api/v1/runs/{waiting[0]}")[2]["started_at"]
        for query, want in (("", done + waiting), ("workflow=pass", done), ("workflow=pass&version=1", done), ("status=running", waiting),
                            ("status=succeeded,running&workflow=wait", waiting), ("origin=api", done + waiting), ("origin=schedule,file", []),
                            ("error=E", []), (f"to={first['started_at']}", []), (f"from={first['started_at']}", done + waiting),
                            (f"from={later}&workflow=wait", waiting), ("workflow=pa*,wai?", done + waiting), ("name=p*&status=succeeded", done),
                            ("workflow=pass&name=p3", done[3:4]), ("q=P4", done[4:]), ("q=no%20such", []), ("is=caught", []), ("trigger=pass%23nightly", []),
                            ("is=waiting", waiting), ("is=queued", []), ("is=late,waiting", []), (f"parent={done[0]}", []), ("duration_from_ms=0", done), ("duration_from_ms=3600000", [])):
            with self.subTest(query):
                got, after = [], ""
                while True:
                    status, _, page = ask(daemon, "GET", f"/api/v1/runs?limit=2&{query}{after}")
                    self.assertEqual(status, 200, page)
                    got += [run["run"] for run in page["items"]]
                    if "next" not in page:
                        break
                    after = f"&after={page['next']}"
                self.assertEqual(got, sorted(want, reverse=True))
                histogram = ask(daemon, "GET", f"/api/v1/runs/histogram?intervals=3&{query}")[2]
                self.assertEqual((histogram["count"], histogram["exact"]), (len(want), True))
                self.assertEqual(sum(sum(bar.values()) for bar in histogram["items"]), len(want))
        self.assertEqual(ask(daemon, "GET", "/api/v1/runs?version=1")[0], 400)
        self.assertEqual(ask(daemon, "GET", "/api/v1/runs?workflow=nothing")[0], 404)
        answer = ask(daemon, "POST", "/api/v1/bulk/stop", {"runs": [str(run) for run in waiting] + ["999999"], "cause": "enough"})[2]
        self.assertEqual([(one["asked"], one["code"]) for one in answer["refused"]], [("999999", "not_found")])
        self.assertEqual([one["run"] for one in answer["done"]], sorted(waiting, reverse=True))
        self.assertEqual(self.end_of(daemon, waiting[0])["cause"], "enough")
        page = ask(daemon, "GET", f"/api/v1/runs/{done[0]}/history?limit=1&newest_first=true&without_data=true")[2]
        self.assertEqual([event["type"] for event in page["items"]], ["ExecutionSucceeded"])
        self.assertIn("next", page)
        states = ask(daemon, "GET", f"/api/v1/runs/{done[0]}/states?limit=1&status=succeeded")[2]
        self.assertEqual((states["items"][0]["definition_path"], states.get("next")), ("Only", None))
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{done[0]}/map/Only/items")[0], 404)
        self.assertEqual([s["state"] for s in ask(daemon, "GET", f"/api/v1/runs/{done[0]}/states")[2]["items"]], ["Only"])

    def test_many_runs_are_stopped_and_redriven_by_what_they_are_with_one_entry_in_the_audit_log(self):
        daemon = self.daemon()
        daemon.workflow("wait")
        runs = [self.start(daemon, "wait")["run"] for _ in range(7)]
        preview = ask(daemon, "POST", "/api/v1/bulk/stop?workflow=wa*&limit=3&preview=true")[2]
        self.assertEqual((preview["matched"], preview["total"]), (3, {"count": 7, "exact": True}))
        done, after = [], ""
        while True:
            status, _, part = ask(daemon, "POST", f"/api/v1/bulk/stop?workflow=wa*&limit=3{after}", {"cause": "enough"})
            self.assertEqual(status, 200, part)
            done += [one["run"] for one in part["done"]]
            if "next" not in part:
                break
            after = f"&after={part['next']}"
        self.assertEqual(done, sorted(runs, reverse=True))
        again = ask(daemon, "POST", "/api/v1/bulk/redrive?status=aborted", {"client_token": "t"})[2]
        self.assertEqual([(one["run"], one["redrives"], one["new"]) for one in again["done"]], [(run, 1, True) for run in done])
        self.assertEqual(ask(daemon, "POST", "/api/v1/bulk/stop")[0], 400)
        entries = [entry for entry in ask(daemon, "GET", "/api/v1/audit")[2]["items"] if "/bulk/" in entry["action"] and entry["outcome"] == "200"]
        self.assertEqual([entry["details"]["done"] for entry in entries], [7, 1, 3, 3, 3])
        self.assertEqual(entries[0]["details"]["filter"], {"status": "aborted"})

    def test_runs_are_exported_whole_as_a_table_and_as_lines(self):
        daemon = self.daemon()
        daemon.workflow("pass")
        runs = [self.start(daemon, "pass", **({"name": "n-" + "ü" * 30} if i == 3 else {}))["run"] for i in range(250)]
        self.end_of(daemon, runs[-1])
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        self.addCleanup(connection.close)
        got = {}
        for form in ("csv", "jsonl"):
            for coding in ("identity", "gzip"):
                connection.request("GET", f"/api/v1/runs/export.{form}?workflow=pass", headers={"Accept-Encoding": coding})
                response = connection.getresponse()
                data = response.read()
                self.assertEqual((response.status, response.getheader("Content-Encoding") == "gzip"), (200, coding == "gzip"))
                self.assertIn(f'filename="runs.{form}"', response.getheader("Content-Disposition"))
                got[form, coding] = gzip.decompress(data) if coding == "gzip" else data
        self.assertEqual(got["csv", "gzip"], got["csv", "identity"])
        self.assertEqual(got["jsonl", "gzip"], got["jsonl", "identity"])
        table = list(csv.DictReader(io.StringIO(got["csv", "gzip"].decode("utf-8-sig"), newline="")))
        lines = [json.loads(line) for line in got["jsonl", "gzip"].decode().splitlines()]
        self.assertEqual([int(row["run"]) for row in table], sorted(runs, reverse=True))
        self.assertEqual([run["run"] for run in lines], sorted(runs, reverse=True))
        self.assertEqual({(row["status"], row["version"], row["origin"]) for row in table}, {("succeeded", "1", "api")})
        listed = ask(daemon, "GET", "/api/v1/runs?limit=1")[2]["items"][0]
        self.assertEqual(lines[0], {name: value for name, value in listed.items() if name not in ("usual", "against")})
        self.assertEqual(ask(daemon, "GET", "/api/v1/runs/export.csv?workflow=nothing")[0], 404)

    def test_storage_backups_and_a_workflow_that_nobody_has_put_are_looked_at(self):
        daemon = self.daemon()
        self.end_of(daemon, self.start(daemon, "shell")["run"])
        for name in ("one.tar", "two.tar"):
            self.assertEqual(ask(daemon, "POST", "/api/v1/backups", {"name": name})[0], 201)
        backups = ask(daemon, "GET", "/api/v1/backups")[2]["items"]
        self.assertEqual([backup["name"] for backup in backups], ["two.tar", "one.tar"])
        storage = ask(daemon, "GET", "/api/v1/storage")[2]
        kinds = {item["kind"]: item for item in storage["items"]}
        self.assertEqual(kinds["backups"]["bytes"], sum(backup["bytes"] for backup in backups))
        self.assertEqual((kinds["logs"]["files"], kinds["logs"]["exact"]), (1, True))
        self.assertGreaterEqual(kinds["journal"]["bytes"], storage["journal"]["bytes"])
        self.assertTrue(storage["disk"]["has_room"])
        before = len(ask(daemon, "GET", "/api/v1/audit")[2]["items"])
        good = ask(daemon, "POST", "/api/v1/validation", {"name": "mine", **PASS})[2]
        self.assertEqual(good, {"valid": True, "name": "mine", "faults": []})
        bad = ask(daemon, "POST", "/api/v1/validation", "StartAt: A\nStates:\n  A: {Type: Pas, End: true}\n", {"Content-Type": "application/yaml"})[2]
        self.assertEqual((bad["valid"], bad["faults"][0]["line"], bad["faults"][0]["severity"]), (False, 3, "error"))
        self.assertEqual(len(ask(daemon, "GET", "/api/v1/audit")[2]["items"]), before)
        self.assertEqual(ask(daemon, "GET", "/api/v1/workflows/mine")[0], 404)

    def test_a_state_is_tried_and_nothing_is_changed(self):
        daemon = self.daemon()
        before = len(ask(daemon, "GET", "/api/v1/audit")[2]["items"])
        shell = "/api/v1/workflows/shell/state-test"
        name = next(iter(ask(daemon, "GET", "/api/v1/workflows/shell/definition")[2]["definition"]["States"]))
        unmocked = ask(daemon, "POST", shell, {"state": name, "input": {"a": 1}})[2]
        self.assertEqual((unmocked["status"], unmocked["stages"][0]), ("needs_mock", {"stage": "afterInputPath", "data": {"a": 1}}))
        mocked = ask(daemon, "POST", shell, {"state": name, "mock": {"result": [1]}})[2]
        self.assertEqual((mocked["status"], mocked["output"]), ("succeeded", [1]))
        for body, status in (({"state": "no such"}, 404), ({"state": name, "mock": {"cause": "x"}}, 400), ({"state": name, "version": 99}, 404)):
            self.assertEqual(ask(daemon, "POST", shell, body)[0], status)
        self.assertEqual(len(ask(daemon, "GET", "/api/v1/audit")[2]["items"]), before)

    def test_the_aws_api_has_a_task_done_that_no_run_asks_for(self):
        daemon = self.daemon()
        task = json.dumps({"Type": "Task", "Resource": "stepwell:shell", "Parameters": {"script.$": "$.script"}, "TimeoutSeconds": 60, "End": True})
        aws = {"X-Amz-Target": "AWSStepFunctions.TestState", "Content-Type": "application/x-amz-json-1.0"}

        def tested(script):
            body = {"definition": task, "input": json.dumps({"script": script}), "inspectionLevel": "DEBUG"}
            return json.loads(ask(daemon, "POST", "/", body, aws)[2])
        done = tested("echo hello")
        self.assertEqual(done["status"], "SUCCEEDED", done)
        self.assertIn("result", done["inspectionData"])
        failed = tested("exit 3")
        self.assertEqual(failed["status"], "FAILED", failed)
        self.assertEqual(ask(daemon, "GET", "/api/v1/runs")[2]["items"], [])

    def test_probes_and_metrics(self):
        daemon = self.daemon()
        self.end_of(daemon, self.start(daemon, "pass")["run"])
        waiting = self.start(daemon, "wait")
        self.assertEqual(ask(daemon, "GET", "/healthz")[2], {"status": "ok"})
        self.assertEqual(ask(daemon, "GET", "/readyz")[2], {"status": "ready", "reasons": []})
        status, response, text = ask(daemon, "GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(response.getheader("Content-Type").startswith("text/plain; version=0.0.4"))
        for line in ('stepwell_runs_started_total{workflow="pass"} 1', 'stepwell_runs_ended_total{workflow="pass",status="succeeded"} 1',
                     'stepwell_http_requests_total{route="GET /healthz",status="200"} 1',
                     'stepwell_runs_open{status="running"} 1', 'stepwell_runs_open{status="quarantined"} 0',
                     'stepwell_accepts_starts 1'):
            self.assertIn(line, text.splitlines())
        self.assertRegex(text, r"(?m)^stepwell_engine_inbox_messages \d+$")
        began = datetime.datetime.fromisoformat(waiting["started_at"].replace("Z", "+00:00")).timestamp()
        oldest = float(re.search(r"(?m)^stepwell_runs_open_oldest_timestamp_seconds (\S+)$", text)[1])
        self.assertAlmostEqual(oldest, began, delta=0.01)
        for line in text.splitlines():
            self.assertRegex(line, r"^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+(\{.*\})? [0-9.]+$")


class Live(Case):
    def test_no_event_is_missed_or_told_twice_over_kills(self):
        """One client comes back with the last id it saw, over kill -9 and restarts, while runs are started."""
        daemon = self.daemon()
        seen, last, runs = [], "0", []
        for life in range(4):
            if life:
                daemon.start()
            stop = threading.Event()

            def load():
                while not stop.is_set():
                    try:
                        runs.append(ask(daemon, "POST", "/api/v1/runs", {"workflow": "pass"})[2]["run"])
                    except (OSError, http.client.HTTPException, ValueError):
                        return

            thread = threading.Thread(target=load)
            thread.start()
            before = len(seen)
            for identity, name, data in Events(daemon, "/api/v1/events?types=ExecutionStarted,PassStateEntered,ExecutionSucceeded", last):
                self.assertIsNone(name, data)
                seen.append((data["run"], data["type"]))
                last = identity
                if len(seen) == before + 150:
                    break  # the connection is cut in the middle of what is being told
            daemon.kill()
            stop.set()
            thread.join()
        daemon.start()
        final = self.start(daemon, "pass")["run"]
        for identity, name, data in Events(daemon, "/api/v1/events?types=ExecutionStarted,PassStateEntered,ExecutionSucceeded", last):
            seen.append((data["run"], data["type"]))
            if seen[-1] == (final, "ExecutionSucceeded"):
                break
        self.assertEqual(len(seen), len(set(seen)), "an event was told twice")
        self.assertEqual(sorted({run for run, _ in seen}), list(range(1, final + 1)))
        self.assertEqual(len(seen), 3 * final)

    def test_a_page_goes_on_with_the_events_behind_its_snapshot(self):
        """While runs are started: what a list shows and what the events then tell is everything, once."""
        daemon = self.daemon()
        stop = threading.Event()

        def load():
            while not stop.is_set():
                self.start(daemon, "pass")

        thread = threading.Thread(target=load)
        thread.start()
        try:
            for _ in range(10):
                page = ask(daemon, "GET", "/api/v1/runs?limit=1000")[2]
                shown = {run["run"] for run in page["items"]}
                events = Events(daemon, f"/api/v1/events?types=ExecutionStarted&after={page['as_of']}")
                told = [data["run"] for _, (_, _, data) in zip(range(3), events)]
                events.connection.close()
                newest = max(shown, default=0)
                self.assertEqual(told, [newest + 1, newest + 2, newest + 3])
        finally:
            stop.set()
            thread.join()
        for path in ("home", "failures", "workflows", "schedules", "deadlines", "triggers", "runs/1", "runs/1/history", "runs/1/states", "runs/1/overview"):
            self.assertRegex(ask(daemon, "GET", "/api/v1/" + path)[2]["as_of"], "^[0-9]+$", path)

    def test_lists_come_in_pages_and_the_same_start_twice_is_one(self):
        daemon = self.daemon()
        names, after = [], ""
        for _ in range(3):
            page = ask(daemon, "GET", "/api/v1/workflows?limit=1" + after)[2]
            names += [workflow["name"] for workflow in page["items"]]
            after = "&after=" + page.get("next", "")
        self.assertEqual((names, "next" in page), (["pass", "shell", "wait"], False))
        document = ask(daemon, "GET", "/api/v1/openapi.json")[2]["paths"]
        for path, methods in document.items():
            schema = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
            if "items" in schema.get("properties", {}) and methods["get"]["operationId"].startswith("list"):
                names = {parameter["name"] for parameter in methods["get"]["parameters"]}
                self.assertTrue({"limit", "after"} <= names and schema["properties"]["next"]["type"] == "string", path)
        body = {"workflow": "pass", "name": "once", "input": {"a": 1}}
        first, again = ask(daemon, "POST", "/api/v1/runs", body), ask(daemon, "POST", "/api/v1/runs", body)
        self.assertEqual((first[0], again[0], again[2]["run"], again[2]["is_new"]), (201, 200, first[2]["run"], False))
        self.end_of(daemon, first[2]["run"])
        self.assertEqual(ask(daemon, "POST", "/api/v1/runs", body)[0], 200)
        self.assertEqual(ask(daemon, "POST", "/api/v1/runs", {**body, "input": {}})[0], 409)

    def test_what_a_client_has_is_not_sent_again_and_what_it_replaces_is_what_it_saw(self):
        daemon = self.daemon()
        daemon.workflow("wait")
        here = "/api/v1/workflows/mine"
        self.assertEqual(ask(daemon, "PUT", here, PASS, {"If-Match": "*"})[0], 412)
        self.assertEqual(ask(daemon, "PUT", here, PASS, {"If-None-Match": "*"})[0], 200)
        self.assertEqual(ask(daemon, "PUT", here, PASS, {"If-None-Match": "*"})[2]["code"], "stale")
        tags = {}
        for path in (here + "/definition", here + "/source", "/api/v1/workflows", "/api/v1/schedules"):
            tags[path] = ask(daemon, "GET", path)[1].getheader("ETag")
            status, response, body = ask(daemon, "GET", path, None, {"If-None-Match": tags[path]})
            self.assertEqual((status, body, response.getheader("ETag")), (304, "", tags[path]))
        for path, machine in ((here + "/definition", WAIT), (here + "/source", PASS)):
            self.assertEqual(ask(daemon, "PUT", here, machine, {"If-Match": tags[path]})[0], 200)
            self.assertEqual(ask(daemon, "PUT", here, machine, {"If-Match": tags[path]})[0], 412)
            tags[here + "/source"] = ask(daemon, "GET", here + "/source")[1].getheader("ETag")
        plain = ask(daemon, "GET", "/api/v1/openapi.json")[2]
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        connection.request("GET", "/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        data = response.read()
        connection.close()
        self.assertEqual((response.getheader("Content-Encoding"), json.loads(gzip.decompress(data))), ("gzip", plain))
        self.assertLess(len(data), len(json.dumps(plain)) / 5)

    def test_a_key_makes_a_start_one_and_a_listed_page_may_read(self):
        with open(os.path.join(self.folder, "stepwell.yaml"), "w") as file:
            file.write("allowed_origins: ['https://ops.example']\n")
        daemon = self.daemon("--config", os.path.join(self.folder, "stepwell.yaml"))
        daemon.workflow("pass")
        body, key = {"workflow": "pass", "input": {"a": 1}}, {"Idempotency-Key": "k1"}
        first, again = ask(daemon, "POST", "/api/v1/runs", body, key), ask(daemon, "POST", "/api/v1/runs", body, key)
        self.assertEqual((first[0], again[0], again[2]["run"]), (201, 200, first[2]["run"]))
        self.assertEqual(ask(daemon, "POST", "/api/v1/runs", {**body, "input": {}}, key)[0], 409)
        self.assertEqual(ask(daemon, "POST", "/api/v1/runs", body, {"Idempotency-Key": "k" * 201})[2]["faults"][0]["pointer"], "^Idempotency-Key")
        self.assertEqual(ask(daemon, "POST", "/api/v1/runs", body, {"Idempotency-Key": "k2"})[0], 201)
        page = {"Origin": "https://ops.example"}
        self.assertEqual(ask(daemon, "GET", "/api/v1/runs", None, page)[1].getheader("Access-Control-Allow-Origin"), page["Origin"])
        self.assertEqual(ask(daemon, "GET", "/api/v1/nothing", None, page)[1].getheader("Access-Control-Allow-Origin"), page["Origin"])
        status, response, _ = ask(daemon, "OPTIONS", "/api/v1/runs", None, {**page, "Access-Control-Request-Method": "POST"})
        self.assertEqual((status, "Idempotency-Key" in response.getheader("Access-Control-Allow-Headers")), (204, True))
        self.assertIsNone(ask(daemon, "GET", "/api/v1/runs")[1].getheader("Access-Control-Allow-Origin"))
        self.assertEqual(ask(daemon, "OPTIONS", "/api/v1/runs", None, {"Origin": "https://evil.example"})[0], 403)
        self.assertEqual(ask(daemon, "GET", "/api/v1/session/ways")[2], {"ways": ["open", "link"]})

    def test_of_one_run_everything_is_told_and_then_the_end(self):
        daemon = self.daemon()
        run = self.start(daemon, "wait")["run"]
        events = iter(Events(daemon, f"/api/v1/runs/{run}/events"))
        self.assertEqual([next(events)[2]["type"] for _ in range(2)], ["ExecutionStarted", "WaitStateEntered"])
        ask(daemon, "POST", f"/api/v1/runs/{run}/stop", {})
        rest = list(events)
        self.assertEqual([(name, data.get("type")) for _, name, data in rest], [(None, "ExecutionAborted"), ("end", None)])
        # Who comes back with the end's place is told, once for all, that there is nothing more.
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{run}/events", None, {"Last-Event-ID": rest[-1][0]})[0], 204)
        self.assertEqual(list(Events(daemon, f"/api/v1/runs/{run}/events", rest[0][0]))[-1][1], "end")
        self.assertEqual(ask(daemon, "GET", "/api/v1/runs/nothing/events")[0], 404)
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{run}/events?after=x")[0], 400)

    def test_logs_are_followed_to_the_end(self):
        daemon = self.daemon()
        run = self.start(daemon, "shell")["run"]
        lines = list(Events(daemon, f"/api/v1/runs/{run}/logs?follow=true"))
        self.assertEqual(lines[-1][1], "end")
        texts = [data["text"] for _, name, data in lines if name is None]
        self.assertEqual([text for text in texts if text in ("one", "two")], ["one", "two"])
        self.assertEqual(len({identity for identity, name, _ in lines if name is None}), len(texts))
        told = [(identity, data["text"]) for identity, name, data in lines if name is None]
        for number, (identity, _) in enumerate(told):
            rest = list(Events(daemon, f"/api/v1/runs/{run}/logs?follow=true", identity))
            self.assertEqual([(i, data.get("text")) for i, _, data in rest[:-1]], told[number + 1:])
            self.assertEqual(rest[-1][1], "end")
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{run}/logs?follow=true", None, {"Last-Event-ID": lines[-1][0]})[0], 204)
        anew = list(Events(daemon, f"/api/v1/runs/{run}/logs?follow=true", "0-1:1"))
        self.assertEqual(([anew[0][1]], [data["text"] for _, name, data in anew if name is None]), (["reset"], texts))
        pages, after = [], ""
        while True:
            page = ask(daemon, "GET", f"/api/v1/runs/{run}/logs?limit=1{after}")[2]
            pages += [(log["first_line"], line) for log in page["items"] for line in log["lines"]]
            if "next" not in page:
                break
            after = f"&after={page['next']}"
        self.assertEqual([line for _, line in pages], texts)
        self.assertEqual([number for number, _ in pages], list(range(1, len(texts) + 1)))
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{run}/logs?search=two")[2]["items"][0]["lines"], ["two"])
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{run}/logs?tail=true&limit=1")[2]["items"][0]["lines"], texts[-1:])
        self.assertEqual(ask(daemon, "GET", f"/api/v1/runs/{run}/logs?after=x")[0], 400)


    def test_logs_are_followed_over_cuts_without_a_gap_or_a_double(self):
        script = "for i in $(seq 150); do echo line-$i; [ $((i % 30)) != 0 ] || sleep 0.05; done"
        step = {**SHELL["States"]["T"], "Parameters": {"command": ["/bin/sh", "-c", script]}}
        branches = [{"StartAt": f"T{i}", "States": {f"T{i}": step}} for i in range(4)]
        daemon = self.daemon()
        daemon.workflow("shell")
        self.assertEqual(ask(daemon, "PUT", "/api/v1/workflows/chatty", {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}})[0], 200)
        run = self.start(daemon, "chatty")["run"]
        seen, last, is_over = {}, None, False
        while not is_over:
            events = Events(daemon, f"/api/v1/runs/{run}/logs?follow=true", last)
            for _, (identity, name, data) in zip(range(37), events):
                is_over = name == "end"
                self.assertIn(name, (None, "end"), data)
                if not is_over:
                    seen.setdefault(data["state"], []).append((data["line"], data["text"]))
                    last = identity
            events.connection.close()
        self.assertEqual(len(seen), 4)
        for lines in seen.values():
            self.assertEqual([number for number, _ in lines], list(range(1, len(lines) + 1)))
            self.assertEqual([text for _, text in lines if text.startswith("line-")], [f"line-{i}" for i in range(1, 151)])


class Document(Case):
    def test_what_is_printed_breaks_nothing_that_was_kept(self):
        printed = ask(self.daemon(), "GET", "/api/v1/openapi.json")[2]
        with open(KEPT) as file:
            text = file.read()
        command = f"python3 tests/e2e/api.py --stepwell {os.path.relpath(PROGRAM, ROOT)} --keep"
        self.assertEqual(contract.breaking(json.loads(text), printed), [], f"clients would break; where that is meant: {command}")
        self.assertTrue(text == contract.as_text(printed), f"the API has something new, which breaks nothing: record it with: {command}")

    def test_schemathesis_finds_nothing(self):
        daemon = self.daemon(is_open=False)
        make_admin(daemon)
        # Not one that belongs to a user: users are removed and disabled on the way.
        headers = daemon.headers
        status, _, run = ask(daemon, "POST", "/api/v1/runs", {"workflow": "pass", "name": "one"}, headers)
        self.assertEqual(status, 201, run)
        # Streams have no end that a tool could wait for; the AWS API and the hooks have tests of their own; a validation answers what does not fit. That all that fits
        # a schema is accepted cannot hold: a page's token, a definition and a secret's name have rules that no schema says.
        # A secret such as "0000" is in what it starts afterwards: those starts are refused and slowed down (429), as they should.
        command = [SCHEMATHESIS, "run", f"http://127.0.0.1:{daemon.port}/api/v1/openapi.json", "--seed", "1", "--max-examples", "15",
                   "--exclude-path-regex", r"/events$|^/$|^/hooks/|/validation$", "--exclude-checks", "positive_data_acceptance",
                   "--suppress-health-check", "all", "--no-color", "-H", f"Authorization: {headers['Authorization']}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout[-8000:] + done.stderr[-2000:])
        self.assertIsNone(daemon.process.poll(), "the daemon ended")


def keep():
    """Records what the program prints; says what that breaks."""
    folder = tempfile.mkdtemp(prefix="stepwell-api-")
    daemon = Daemon(PROGRAM, os.path.join(folder, "data"), is_open=True)
    try:
        daemon.start()
        printed = ask(daemon, "GET", "/api/v1/openapi.json")[2]
    finally:
        daemon.kill()
        shutil.rmtree(folder, ignore_errors=True)
    with open(KEPT) as file:
        broken = contract.breaking(json.load(file), printed)
    with open(KEPT, "w") as file:
        file.write(contract.as_text(printed))
    print("\n".join(["breaks " + each for each in broken]) or "breaks nothing")


def main():
    global PROGRAM, SCHEMATHESIS
    parse = suite.arguments_of(sys.modules[__name__])
    parse.add_argument("--schemathesis", type=os.path.abspath)
    parse.add_argument("--keep", action="store_true", help="record the API that the program prints")
    parse.add_argument("names", nargs="*", help="only these: Class or Class.test_name")
    arguments = parse.parse_args()
    PROGRAM, SCHEMATHESIS = arguments.stepwell, arguments.schemathesis
    if arguments.keep:
        return keep()
    if not SCHEMATHESIS:
        del Document.test_schemathesis_finds_nothing
    suite.run_classes(sys.modules[__name__], arguments.names)


if __name__ == "__main__":
    main()
