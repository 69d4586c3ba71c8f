#!/usr/bin/env python3
"""kill -9 of the daemon at random moments: nothing accepted is lost, nothing happens twice.

Half of the kills fall into the flights pipeline, half into 1,000 concurrent small runs that each append
one row and one line. After each restart the runs go on. At the end every accepted run has finished,
no effect is missing, and no row is there twice. The seed of the moments is printed.
"""
import argparse
import collections
import json
import os
import random
import shutil
import sys
import tempfile
import time

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path[:0] = [os.path.join(ROOT, "tests", "support"), os.path.join(ROOT, "workflows", "flights")]
from daemon import Daemon, wait_until  # noqa: E402
import demo  # noqa: E402
import land  # noqa: E402

SMALL = {
    "Comment": "Waits, appends a row to a table, and makes a file of its own.",
    "StartAt": "Pause",
    "States": {
        "Pause": {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Append"},
        "Append": {
            "Type": "Task", "Resource": "stepwell:load",
            "Parameters": {"input": {"rows.$": "States.Array($)"}, "mode": "append",
                           "target": {"connection": "ledger", "table": "entries", "create": "auto"}},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 5}],
            "ResultPath": "$.appended", "Next": "Mark"},
        "Mark": {
            "Type": "Task", "Resource": "stepwell:shell",
            "Parameters": {"command.$": "States.Array('touch', States.Format('{}/{}', $.folder, $.number))"},
            "ResultPath": None, "End": True},
    },
}


def check(what, want, got):
    if want != got:
        sys.exit(f"crash: expected {what} to be {want}, but it is {got}")
    print(f"  {what}: {got}")


def kill_in_the_middle(daemon, rng, kills, longest, busy):
    """Kills and restarts until `kills` are done; `busy` is called after each restart to keep work in flight."""
    restarts = []
    for _ in range(kills):
        busy()
        time.sleep(rng.uniform(0, longest))  # the moment of the kill is the subject of the test
        daemon.kill()
        restarts.append(daemon.start())
    print(f"  {kills} kills, restart until it answers: median {sorted(restarts)[len(restarts) // 2]:.2f} s, worst {max(restarts):.2f} s")


def small_runs(program, folder, rng, count, kills):
    marks = os.path.join(folder, "marks")
    os.makedirs(marks)
    config = os.path.join(folder, "stepwell.yaml")
    with open(config, "w") as file:
        json.dump({"connections": {"ledger": {"type": "sqlite", "path": os.path.join(folder, "data", "ledger.db")}}}, file)
    accepted = {}
    with Daemon(program, os.path.join(folder, "data"), "--config", config) as daemon:
        machine = daemon.call("CreateStateMachine", name="small", definition=json.dumps(SMALL), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]

        def start_some():
