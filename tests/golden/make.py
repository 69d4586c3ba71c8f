#!/usr/bin/env python3
"""Makes the golden journal of a release: make.py PROGRAM VERSION leaves it in tests/golden/VERSION.

README.md here says what it holds. It takes up to a minute: the schedule has to fire.
"""
import json
import os
import shutil
import sqlite3
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from daemon import Daemon, wait_until  # noqa: E402

ROLE = "arn:aws:iam::123456789012:role/r"
DAY = 86_400


def shell(*command, **more):
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:shell", "Parameters": {"command": command}, **more, "End": True}}}


MACHINES = {
    "waits": {"StartAt": "W", "TimeoutSeconds": 10 * DAY, "States": {
        "W": {"Type": "Wait", "Seconds": DAY, "Next": "P"}, "P": {"Type": "Pass", "Result": {"waited": True}, "End": True}}},
    "retries": shell("/bin/false", Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": DAY, "MaxAttempts": 3}]),
    "flies": shell("/bin/sleep", "600"),
    "fans": {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.done", "End": True, "ItemProcessor": {
        "StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": DAY, "Next": "D"}, "D": {"Type": "Pass", "End": True}}}}}},
    "passes": {"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 5}, "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "C"}], "Default": "F"},
        "C": {"Type": "Succeed"}, "F": {"Type": "Fail", "Error": "E.Small", "Cause": "too small"}}},
    "shells": shell("/bin/echo", "hi"),
    "nests": {"StartAt": "N", "States": {"N": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
        "Parameters": {"StateMachineArn.$": "$.child", "Name": "nested", "Input": {}}, "ResultSelector": {"output.$": "$.Output"}}}},
    "fails": shell("/bin/sh", "-c", "echo no route to host >&2; exit 3"),
    "counts": {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "End": True, "ItemProcessor": {
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}}}},
}
SCHEDULED = {"schedules": [{"cron": "* * * * *", "overlap": "skip", "input": {"n": 1}}], "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def make_runs(daemon):
    arns = {name: daemon.call("CreateStateMachine", name=name, definition=json.dumps(machine), roleArn=ROLE)["stateMachineArn"]
            for name, machine in MACHINES.items()}

    def start(workflow, name, document=None):
        return daemon.call("StartExecution", stateMachineArn=arns[workflow], name=name, input=json.dumps(document or {}))["executionArn"]

    def types(arn):
        return [event["type"] for event in daemon.history(arn)]

    start("waits", "waiting")
    retrying = start("retries", "retrying")
    flying = start("flies", "in-flight")
    start("fans", "fanned-out", {"items": [1, 2, 3]})
    daemon.ended(start("passes", "good", {"n": 2}))
    daemon.ended(start("passes", "bad", {"n": 1}))
    redriven = start("passes", "redriven", {"n": 1})
    daemon.ended(redriven)
    daemon.call("RedriveExecution", executionArn=redriven)
    daemon.ended(redriven)
    stopped = start("waits", "stopped")
    daemon.call("StopExecution", executionArn=stopped, error="Operator", cause="enough")
    daemon.ended(start("shells", "echoed"))
    daemon.call("DeleteStateMachine", stateMachineArn=arns["shells"])
    nesting = start("nests", "nesting", {"child": arns["waits"]})
    daemon.ended(start("fails", "failed"))
    daemon.ended(start("counts", "long", {"items": list(range(1_000))}))
    wait_until(lambda: "TaskFailed" in types(retrying), 30, "the first attempt to fail")
    wait_until(lambda: "TaskStarted" in types(flying), 30, "the task to be at work")
    wait_until(lambda: "TaskSubmitted" in types(nesting), 30, "the child to be started")


def has_fired(daemon):
    return daemon.call("ListExecutions", stateMachineArn=daemon.workflow("scheduled"))["executions"]


def fold(path):
    """One file, without a log beside it."""
    database = sqlite3.connect(path)
    for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA journal_mode = DELETE", "VACUUM"):
        database.execute(statement)
    database.close()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.splitlines()[0])
    target = os.path.join(HERE, sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        workflows, data = os.path.join(folder, "workflows"), os.path.join(folder, "data")
        os.mkdir(workflows)
        with open(os.path.join(workflows, "scheduled.json"), "w") as file:
            json.dump(SCHEDULED, file)
        with Daemon(sys.argv[1], data, "--workflows", workflows) as daemon:
            make_runs(daemon)
            wait_until(lambda: has_fired(daemon), 90, "the schedule to fire")
            daemon.kill()
        fold(os.path.join(data, "stepwell.db"))
        os.mkdir(target)
        shutil.move(os.path.join(data, "stepwell.db"), os.path.join(target, "stepwell.db"))
    print(f"{target}/stepwell.db: {os.path.getsize(os.path.join(target, 'stepwell.db'))} bytes")


if __name__ == "__main__":
    main()
