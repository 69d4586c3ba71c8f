#!/usr/bin/env python3
"""What hostile requests get of the real program, and that its audit log tells who did what.

Ends with "N passed, M failed". The program is STEPWELL_BIN, else --stepwell.
"""
import json
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import security  # noqa: E402
import suite  # noqa: E402
from security import PASSWORD, Case, wait_until  # noqa: E402


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.running = self.start(is_open=True)

    def post(self, headers, body=b"", path=b"/api/v1/runs"):
        host = b"Host: 127.0.0.1:%d\r\nConnection: close\r\n" % self.running.port
        return self.raw(self.running, b"POST " + path + b" HTTP/1.1\r\n" + host + headers + b"\r\n" + body)

    def test_pages_of_other_sites_get_nothing(self):
        port = self.running.port
        for origin, status in (("https://attacker.example", 403), ("null", 403), ("http://127.0.0.1.attacker.example", 403), (f"http://127.0.0.1:{port + 1}", 403), (f"http://127.0.0.1:{port}", 200)):
            self.assertEqual(self.status(self.running, "GET", "/api/v1/runs", Origin=origin), status, origin)
        # What a form of another site may send without asking first.
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            self.assertEqual(self.status(self.running, "POST", "/api/v1/runs", '{"workflow": "m"}', Content_Type=kind), 415, kind)
        headers = self.ask(self.running, "OPTIONS", "/api/v1/runs", Origin="https://attacker.example")[1]
        self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_names_that_lead_here_from_outside_get_nothing(self):
        for host in ("attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example:80", "[::ffff:10.0.0.1]", "0.0.0.0", ""):
            self.assertIn(self.status(self.running, "GET", "/api/v1/runs", Host=host), (400, 403), host)

    def test_ids_are_not_paths(self):
        secret = os.path.join(self.folder, "secret.txt")
        with open(secret, "w") as file:
            file.write("must not be read")
        up = "..%2f..%2f..%2f..%2fsecret.txt"
        for path in (f"runs/{up}", f"runs/{up}/logs", f"runs/{up}/history", f"runs/1/logs?state={up}", f"workflows/{up}", "runs/%2e%2e/%2e%2e/secret.txt", "runs/..%5c..%5csecret.txt",
                     "runs/%00", "runs/1%00/logs", "runs/%ff%fe", f"secrets/{up}", f"tokens/{up}", f"users/{up}"):
            status, _, body = self.ask(self.running, "GET", "/api/v1/" + path)
            self.assertIn(status, (400, 404, 405), path)
            self.assertNotIn("must not be read", json.dumps(body if not isinstance(body, bytes) else body.decode(errors="replace")))
        for name in ("../../x", "a/b", "x\0y", "..", "a" * 10_000):
            self.assertIn(self.status(self.running, "POST", "/api/v1/runs", {"workflow": name, "name": name}), (400, 404), name[:20])
        self.assertEqual(self.status(self.running, "PUT", "/api/v1/secrets/..%2f..%2fx%00", {"value": "long enough"}), 400)

    def test_what_is_too_large_is_refused_early(self):
        begun = time.monotonic()
        self.assertEqual(self.post(b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n"), [413])
        self.assertEqual(self.post(b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n", b"300000\r\n" + b"x" * 0x300000 + b"\r\n0\r\n\r\n")[:1], [413])
        self.assertIn(self.post(b"X: " + b"a" * 100_000 + b"\r\n")[:1], ([431], [400], [413], []))
        self.assertIn(self.post(b"".join(b"X%d: a\r\n" % n for n in range(5_000)))[:1], ([431], [400], [413], []))
        self.assertIn(self.post(b"", path=b"/" + b"a" * 100_000)[:1], ([414], [431], [400], []))
        self.assertLess(time.monotonic() - begun, 30)

    def test_requests_in_requests_are_never_answered(self):
        smuggled = b"GET /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % self.running.port
        for headers, body in ((b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello!"), (b"Content-Length: 5, 6\r\n", b"hello!"), (b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
                              (b"Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", b"0\r\n\r\n"), (b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), (b"Transfer-Encoding: x\r\n", b"0\r\n\r\n"),
                              (b"Transfer-Encoding:\x0bchunked\r\n", b"0\r\n\r\n")):
            answers = self.post(b"Content-Type: application/json\r\n" + headers, body + smuggled)
            self.assertLessEqual(len(answers), 1, headers)
            self.assertTrue(not answers or 400 <= answers[0] < 500, (headers, answers))

    def test_documents_that_explode_are_refused(self):
        deep = "[" * 100_000
        self.assertEqual(self.status(self.running, "POST", "/api/v1/runs", deep), 400)
        self.assertEqual(self.status(self.running, "POST", "/api/v1/runs", '{"workflow": "m", "input": ' + "[" * 1_000 + "]" * 1_000 + "}"), 400)
        self.assertEqual(self.status(self.running, "POST", "/api/v1/runs", '{"a":' * 50_000 + "1" + "}" * 50_000), 400)
        laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(10))
        bombs = {"laughs.yaml": laughs, "cycle.yaml": "a: &a [*a]\n", "deep.yaml": "[" * 5_000 + "]" * 5_000, "deep.json": deep, "wide.yaml": "a: [" + "x, " * 200_000 + "]\n", "twice.yaml": "a: 1\na: 2\n"}
        for name, text in bombs.items():
            path = os.path.join(self.folder, name)
            with open(path, "w") as file:
                file.write(text)
            begun = time.monotonic()
            checked = self.stepwell("validate", path)
            self.assertEqual(checked.returncode, 2, name)
            self.assertLess(time.monotonic() - begun, 20, name)
        self.assertEqual(self.status(self.running, "GET", "/healthz"), 200)


class AuditLog(Case):
    def test_it_tells_who_did_what_and_every_tampering_is_found(self):
        daemon = self.start()
        self.add_admin(daemon)
        cookie, csrf = self.sign_in(daemon)
        headers = {"Cookie": cookie.split(";")[0], "X_Stepwell_Csrf": csrf}
        self.assertEqual(self.status(daemon, "PUT", "/api/v1/secrets/crm", {"value": "not to be told"}, **headers), 200)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/runs"), 401)
        self.assertEqual(self.status(daemon, "POST", "/api/v1/session", {"name": "ann", "password": "wrong password"}), 401)
        self.status(daemon, "POST", "/api/v1/runs", {"workflow": "nothing"}, **headers)

        def told():
            entries = self.ask(daemon, "GET", "/api/v1/audit", **headers)[2]["items"]
            return entries if any(e["action"] == "POST /api/v1/runs" for e in entries) else None
        entries = wait_until(told, 10, "the entry of the start")
        seen = {(e["who"], e["action"], e["outcome"]) for e in entries}
        for entry in (("local:admin", "POST /api/v1/users", "201"), ("", "GET /api/v1/runs", "401"), ("ann", "PUT /api/v1/secrets/crm", "200"), ("ann", "POST /api/v1/runs", "404")):
            self.assertIn(entry, seen)
        self.assertNotIn("not to be told", json.dumps(entries))
        self.assertNotIn(PASSWORD, json.dumps(entries))
        self.assertEqual([e["sequence"] for e in entries], list(range(len(entries), 0, -1)))
        self.assertTrue(self.ask(daemon, "GET", "/api/v1/audit/verification", **headers)[2]["whole"])
        daemon.stop()
        last = self.verified()
        self.assertGreaterEqual(last, len(entries))
        database = os.path.join(self.data, "stepwell.db")
        cases = {"update documents set value = replace(value, 'ann', 'eve') where collection = 'audit' and key = (select min(key) from documents where collection = 'audit' and value like '%ann%')": None,
                 f"delete from documents where collection = 'audit' and key = '{3:020}'": 3,
                 f"delete from documents where collection = 'audit' and key = '{last:020}'": last,
                 "delete from documents where collection = 'audit_head'": last}
        for statement, broken in cases.items():
            with open(database, "rb") as file:
                before = file.read()
            connection = sqlite3.connect(database)
            connection.execute(statement)
            connection.commit()
            connection.execute("pragma wal_checkpoint(truncate)")
            connection.close()
            checked = self.stepwell("audit", "verify", "--data", self.data, "--output", "json")
            self.assertEqual(checked.returncode, 1, statement)
            if broken:
                self.assertEqual(json.loads(checked.stdout)["broken"], broken)
            with open(database, "wb") as file:
                file.write(before)
        self.verified()

    def verified(self):
        checked = self.stepwell("audit", "verify", "--data", self.data, "--output", "json")
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        return json.loads(checked.stdout)["entries"]

    def test_it_goes_on_after_a_kill(self):
        daemon = self.start()
        for n in range(5):
            self.assertEqual(self.status(daemon, "PUT", f"/api/v1/secrets/s{n}", {"value": f"value number {n}"}, **daemon.headers), 200)
            daemon.kill()
            daemon.start()
        daemon.kill()
        self.assertGreaterEqual(self.verified(), 5)


if __name__ == "__main__":
    suite.main(sys.modules[__name__], security)
