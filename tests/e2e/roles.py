#!/usr/bin/env python3
"""Who may what to whose, of the real program: every role and every kind of object, a row each.

Ends with "N passed, M failed". The program is STEPWELL_BIN, else --stepwell.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import security  # noqa: E402
import suite  # noqa: E402
from security import PASS, PASSWORD, Case  # noqa: E402


class Roles(Case):
    def test_roles_hold_for_each_object(self):
        """Who may what to whose: a viewer's token, an operator's, an editor's, a service, an access key's owner, and nobody."""
        daemon = self.start("--workflows", self.folder)
        with open(os.path.join(self.folder, "m.json"), "w") as file:
            json.dump(PASS, file)
        daemon.workflow("m")
        self.add_admin(daemon)
        as_admin = daemon.headers
        for name in ("vera", "olaf", "edna"):
            self.assertEqual(self.status(daemon, "POST", "/api/v1/users", {"name": name, "role": {"vera": "viewer", "olaf": "operator", "edna": "editor"}[name], "password": PASSWORD}, **as_admin), 201)
        def token(**body):
            status, _, answer = self.ask(daemon, "POST", "/api/v1/tokens", body, **as_admin)
            self.assertEqual(status, 201, answer)
            return answer
        own = {"viewer": token(name="t", owner="vera", role="viewer"), "operator": token(name="t", owner="olaf", role="operator"),
               "editor": token(name="t", owner="edna", role="editor"), "service": token(name="vera", role="viewer"), "admin": token(name="t", owner="ann", role="admin")}
        of_ann = token(name="other", owner="ann", role="viewer")["id"]
        key = self.ask(daemon, "POST", "/api/v1/keys", {"name": "k", "owner": "ann", "role": "viewer"}, **as_admin)[2]["id"]
        run = self.ask(daemon, "POST", "/api/v1/runs", {"workflow": "m", "name": "one"}, **as_admin)[2]["run"]
        self.sign_in(daemon, "vera")
        levels = ["nobody", "viewer", "service", "operator", "editor", "admin"]
        # What each gets, in the order of `levels`; None: anything but a refusal (401, 403, and 404 of what is another's).
        v, o, e, a = ([401] + [None] * 5, [401, 403, 403] + [None] * 3, [401, 403, 403, 403] + [None] * 2, [401, 403, 403, 403, 403, None])
        table = [
            ("GET", "/api/v1/runs", None, v), ("GET", f"/api/v1/runs/{run}", None, v), ("GET", f"/api/v1/runs/{run}/history", None, v), ("GET", f"/api/v1/runs/{run}/logs", None, v),
            ("POST", "/api/v1/runs", {"workflow": "m"}, o), ("POST", f"/api/v1/runs/{run}/stop", {}, o), ("POST", f"/api/v1/runs/{run}/redrive", {}, o),
            ("GET", "/api/v1/workflows", None, v), ("PUT", "/api/v1/workflows/n", {"definition": PASS}, e), ("DELETE", "/api/v1/workflows/none", None, e),
            ("POST", "/api/v1/workflows/m/pause", {}, o), ("POST", "/api/v1/workflows/m/resume", {}, o),
            ("GET", "/api/v1/callbacks", None, v), ("POST", "/api/v1/callbacks/99.0.1/success", {"output": 1}, o), ("POST", "/api/v1/task-tokens/failure", {"token": "x"}, o),
            ("GET", "/api/v1/secrets", None, a), ("PUT", "/api/v1/secrets/s", {"value": "a long value"}, a), ("DELETE", "/api/v1/secrets/s", None, a),
            ("GET", "/api/v1/users", None, a), ("POST", "/api/v1/users", {"name": "x"}, a), ("PATCH", "/api/v1/users/vera", {"role": "viewer"}, a), ("DELETE", "/api/v1/users/none", None, a),
            ("GET", "/api/v1/audit", None, a), ("POST", "/api/v1/backups", {}, a), ("POST", "/api/v1/tokens", {"name": "x", "owner": "ann", "role": "viewer"}, [401, 400, 400, 400, 400, None]),
            ("DELETE", f"/api/v1/tokens/{of_ann}", None, [401, 404, 404, 404, 404, None]), ("DELETE", f"/api/v1/keys/{key}", None, [401, 404, 404, 404, 404, None]),
            ("POST", "/api/v1/keys", {"name": "x", "role": "admin"}, [401, 400, 400, 400, 400, None]), ("DELETE", "/api/v1/sessions?user=vera", None, [401, None, 400, 400, 400, None]),
            ("POST", "/api/v1/session/link", None, [401, None, 409, None, None, None]), ("POST", "/api/v1/session/password", {"old_password": PASSWORD, "new_password": PASSWORD}, [401] + [409] * 5)]
        self.assertGreater(len(table), 17)
        for method, path, body, expected in table:
            for level, want in zip(levels, expected):
                headers = {} if level == "nobody" else {"Authorization": "Bearer " + own[level]["token"]}
                got = self.status(daemon, method, path, body, **headers)
                with self.subTest(f"{method} {path} as {level}"):
                    self.assertTrue(got == want if want else got not in (401, 403, 405), got)
        seen = {level: {t["id"] for t in self.ask(daemon, "GET", "/api/v1/tokens", Authorization="Bearer " + own[level]["token"])[2]["items"]} for level in levels[1:5]}
        self.assertEqual(seen, {level: {own[level]["id"]} for level in levels[1:5]})
        self.assertEqual(self.ask(daemon, "GET", "/api/v1/sessions", Authorization="Bearer " + own["operator"]["token"])[2]["items"], [])

    def test_roles_hold_for_tokens(self):
        daemon = self.start()
        self.add_admin(daemon)
        cookie, csrf = self.sign_in(daemon)
        tokens = {}
        for role in ("viewer", "operator", "editor", "admin"):
            status, _, body = self.ask(daemon, "POST", "/api/v1/tokens", {"name": role, "role": role}, Cookie=cookie.split(";")[0], X_Stepwell_Csrf=csrf)
            self.assertEqual(status, 201, body)
            tokens[role] = body["token"]
        create = {"name": "m", "definition": json.dumps(PASS), "roleArn": "arn:aws:iam::123456789012:role/r"}
        cases = [("GET", "/api/v1/runs", None, "viewer"), ("POST", "/api/v1/runs", {"workflow": "nothing"}, "operator"), ("GET", "/api/v1/users", None, "admin"),
                 ("PUT", "/api/v1/secrets/s", {"value": "a secret value"}, "admin"), ("GET", "/api/v1/audit", None, "admin")]
        order = ["viewer", "operator", "editor", "admin"]
        for method, path, body, least in cases:
            for role in order:
                status = self.status(daemon, method, path, body, Authorization="Bearer " + tokens[role])
                self.assertEqual(status == 403, order.index(role) < order.index(least), (method, path, role, status))
        for role in order:
            status = self.status(daemon, "POST", "/", create, Content_Type="application/x-amz-json-1.0",
                                 X_Amz_Target="AWSStepFunctions.CreateStateMachine", X_Stepwell_Token=tokens[role])
            self.assertEqual(status == 200, role in ("editor", "admin"), (role, status))
        # Nobody makes a token that may more than they.
        self.assertEqual(self.status(daemon, "POST", "/api/v1/tokens", {"name": "x", "role": "admin"}, Authorization="Bearer " + tokens["editor"]), 400)
        self.assertEqual(self.status(daemon, "GET", "/api/v1/runs", Authorization="Bearer " + tokens["viewer"] + "x"), 401)
        mine = self.ask(daemon, "GET", "/api/v1/tokens", Authorization="Bearer " + tokens["viewer"])[2]["items"]
        for token in mine:
            self.assertEqual(self.status(daemon, "DELETE", "/api/v1/tokens/" + token["id"], Authorization="Bearer " + tokens["viewer"]), 204)
            if token["name"] == "viewer":
                break
        self.assertEqual(self.status(daemon, "GET", "/api/v1/runs", Authorization="Bearer " + tokens["viewer"]), 401)


if __name__ == "__main__":
    suite.main(sys.modules[__name__], security)
