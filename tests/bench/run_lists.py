"""What lists, histograms and home cost with a million runs: one page of each filter."""
import contextlib
import http.client
import json
import os
import shutil
import sqlite3
import tempfile
import time
import urllib.parse

WORKFLOWS = 10
BAD = {"Type": "Task", "Resource": "stepwell:shell", "Parameters": {"command": ["sh", "-c", "echo no route to host >&2; exit 3"]}}
MACHINE = {"StartAt": "Which", "States": {
    "Which": {"Type": "Choice", "Default": "Good", "Choices": [{"Variable": "$.kind", "StringEquals": "failed", "Next": "Bad"},
                                                               {"Variable": "$.kind", "StringEquals": "caught", "Next": "Tried"}]},
    "Bad": {**BAD, "End": True},
    "Tried": {**BAD, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Good"}], "End": True},
    "Good": {"Type": "Task", "Resource": "stepwell:echo", "Parameters": {"x": 1}, "End": True}}}
KINDS = ["good", "failed", "caught"]

# Of a hundred runs three fail and two catch a failure; the newest have their rows, as all have that were run and not copied.
COPY = """
INSERT INTO executions(id, workflow, version, name, status, started, stopped, first_chunk, last_chunk, error, origin, redrives, redriven, principal)
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
  SELECT :base + i, e.workflow, e.version, CASE WHEN i % 10 = 0 THEN 'nightly-' || i END, e.status, :begin + i * :step, :begin + i * :step + i % 60000,
    e.first_chunk, e.last_chunk, e.error, CASE i % 4 WHEN 0 THEN 'schedule' WHEN 1 THEN 'file' ELSE 'api' END, 0, NULL, NULL
  FROM n JOIN kinds k ON k.workflow = i % :workflows AND k.kind = CASE WHEN i / 10 % 100 < 95 THEN 0 WHEN i / 10 % 100 < 98 THEN 1 ELSE 2 END
    JOIN executions e ON e.id = k.run;
INSERT INTO run_rows
  SELECT e.id, e.workflow, e.started, e.last_chunk, 1, r.caught, 1000, 7, r.queued, r.details
  FROM executions e JOIN executions t ON t.last_chunk = e.last_chunk AND t.id <= :base JOIN run_rows r ON r.id = t.id
  WHERE e.id > :base AND (r.caught > 0 OR e.status > 1 OR e.id > :base + :count - 50000);
INSERT INTO run_failures
  SELECT e.id, f.fingerprint, f.workflow, e.started, f.recovered, f.state, f.path, f.error, f.cause, f.message
  FROM executions e JOIN executions t ON t.last_chunk = e.last_chunk AND t.id <= :base JOIN run_failures f ON f.run = t.id WHERE e.id > :base;
DELETE FROM run_counts;
INSERT INTO run_counts SELECT workflow, status, started / 60000, count(*) FROM executions GROUP BY 1, 2, 3;
"""


def fill(path, count):
    """Copies the runs that are there until there are `count` more, over the last thirty days."""
    database = sqlite3.connect(path)
    base = database.execute("SELECT max(id) FROM executions").fetchone()[0]
    database.execute("CREATE TEMP TABLE kinds(workflow, kind, run)")
    database.executemany("INSERT INTO kinds VALUES(?, ?, ?)", [(n // 3, n % 3, n + 1) for n in range(base)])
    month = 30 * 24 * 3_600_000
    values = {"count": count, "base": base, "begin": int(time.time() * 1000) - month, "step": month // count, "workflows": WORKFLOWS}
    database.commit()
    database.execute("PRAGMA synchronous = OFF")
    for statement in COPY.split(";\n"):
        if statement.strip():
            database.execute(statement, {name: value for name, value in values.items() if ":" + name in statement})
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def ask(connection, path):
    connection.request("GET", "/api/v1/" + path)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RuntimeError(f"{path}: {response.status} {body[:200]}")
    return json.loads(body)


def median_ms(connection, path, times):
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        answer = ask(connection, path)
        spent.append(time.perf_counter() - begun)
    return sorted(spent)[len(spent) // 2] * 1000, answer


def questions():
    day = urllib.parse.quote(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 15 * 86_400)))
    lists = {"no filter": "", "a workflow": "workflow=w3", "a pattern of workflows": "workflow=w*", "failed": "status=failed", "failed, of a workflow": "status=failed&workflow=w3",
             "succeeded": "status=succeeded", "an origin": "origin=schedule", "a version": "workflow=w3&version=1", "times": f"to={day}",
             "a duration that few have": "duration_from_ms=59990", "any error": "error=*", "a whole name of a workflow": "workflow=w0&name=nightly-400000",
             "a pattern of names that few have": "name=nightly-*999", "text that many have": "q=no%20route", "text that none has": "q=zzz", "caught": "is=caught", "late": "is=late",
             "a trigger that is not there": "trigger=w3%23nightly"}
    counts = {"all": "", "a workflow and a status": "workflow=w3&status=failed", "times": f"from={day}", "any error": "error=*", "text": "q=no%20route"}
    return lists, counts


@contextlib.contextmanager
def filled(serving, program, count):
    """A daemon with `count` runs of ten workflows in its data folder, which goes with it."""
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    with serving(program, os.path.join(folder, "data")) as daemon:
        for n in range(WORKFLOWS):
            machine = daemon.call("CreateStateMachine", name=f"w{n}", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
            for kind in KINDS:
                daemon.ended(daemon.call("StartExecution", stateMachineArn=machine, input=json.dumps({"kind": kind}))["executionArn"], 60)
        daemon.stop()
        fill(os.path.join(folder, "data", "stepwell.db"), count)
        daemon.start()
        yield daemon
        daemon.stop()
    shutil.rmtree(folder)


def figures(table, serving, program, quick, resident_mb):
    count = 50_000 if quick else 1_000_000
    with filled(serving, program, count) as daemon:
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=120)
        times = 5 if quick else 20
        lists, counts = questions()
        for name, query in lists.items():
            spent, page = median_ms(connection, "runs?" + query, times)
            more = ", and goes on" if "next" in page else ""
            table.add(f"list of {count:,} runs, {name}", spent, "ms", 100, False, f"{len(page['items'])} in a page{more}")
        for name, query in counts.items():
            spent, answer = median_ms(connection, "runs/histogram?" + query, times)
            table.add(f"histogram of {count:,} runs, {name}", spent, "ms", 500, False, f"{answer['count']:,}{'' if answer['exact'] else ' and more'}")
        for name, path in {"home, a day": "home", "home, thirty days": "home?range=30d", "failures, thirty days": "failures?range=30d", "the grid of a workflow": "workflows/w3/grid"}.items():
            spent, _ = median_ms(connection, path, times)
            table.add(f"{name}, with {count:,} runs", spent, "ms", 500, False)
        table.add("resident memory after them", resident_mb(daemon.process.pid), "MB", 200, False)
