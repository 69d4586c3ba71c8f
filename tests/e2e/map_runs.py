#!/usr/bin/env python3
"""Map Runs of the real program, by the AWS API, through a kill in the middle.

The program is STEPWELL_BIN, else --stepwell. Ends with "N passed, M failed".
"""
import json
import os
import shutil
import sys
import tempfile
import unittest
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import ApiError, Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
ROLE = "arn:aws:iam::123456789012:role/r"


def distributed(states, **more):
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                 "StartAt": next(iter(states)), "States": states}
    return {"StartAt": "Each", "States": {"Each": {"Type": "Map", "Label": "each", "End": True, "ItemProcessor": processor, **more}}}


class MapRuns(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-map-runs-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.daemon = Daemon(PROGRAM, os.path.join(self.folder, "data"))
        self.daemon.start()
        self.addCleanup(self.daemon.kill)

    def begin(self, definition, items):
        machine = self.daemon.call("CreateStateMachine", name="shop", definition=json.dumps(definition), roleArn=ROLE)
        return self.daemon.call("StartExecution", stateMachineArn=machine["stateMachineArn"], input=json.dumps(items))["executionArn"]

    def map_run(self, arn):
        runs = self.daemon.call("ListMapRuns", executionArn=arn)["mapRuns"]
        return self.daemon.call("DescribeMapRun", mapRunArn=runs[0]["mapRunArn"]) if runs else None

    def children(self, run):
        found, token = [], {}
        while True:
            page = self.daemon.call("ListExecutions", mapRunArn=run["mapRunArn"], maxResults=100, **token)
            found += page["executions"]
            if "nextToken" not in page:
                return found
            token = {"nextToken": page["nextToken"]}

    def rest(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.daemon.port}/api/v1{path}", timeout=60) as answer:
            return json.load(answer)

    def test_a_run_without_a_distributed_map_has_no_map_run(self):
        arn = self.begin({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, [])
        self.daemon.ended(arn)
        self.assertEqual(self.rest("/runs/1/map-runs")["items"], [])

    def test_items_are_executions_that_the_api_counts_and_lists(self):
        arn = self.begin(distributed({"Double": {"Type": "Pass", "End": True}}), list(range(250)))
        ended = self.daemon.ended(arn)
        self.assertEqual(json.loads(ended["output"]), list(range(250)))
        run = self.map_run(arn)
        self.assertEqual((run["status"], run["executionArn"]), ("SUCCEEDED", arn))
        self.assertEqual((run["itemCounts"]["succeeded"], run["executionCounts"]["total"]), (250, 250))
        children = self.children(run)
        self.assertEqual(len({child["name"] for child in children}), 250)
        child = self.daemon.call("DescribeExecution", executionArn=children[0]["executionArn"])
        self.assertEqual(child["mapRunArn"], run["mapRunArn"])
        machine = self.daemon.call("DescribeStateMachineForExecution", executionArn=child["executionArn"])
        self.assertEqual((machine["label"], machine["mapRunArn"]), ("each", run["mapRunArn"]))
        self.assertEqual([event["type"] for event in self.daemon.history(arn)],
                         ["ExecutionStarted", "MapStateEntered", "MapStateStarted", "MapRunStarted", "MapRunSucceeded",
                          "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"])
        self.assertEqual([machine["name"] for machine in self.daemon.call("ListStateMachines")["stateMachines"]], ["shop"])
        shown = self.rest("/runs/1/map-runs")
        self.assertEqual([(one["arn"], one["state"], one["status"], one["counts"], one["total"], one["workflow"]) for one in shown["items"]],
                         [(run["mapRunArn"], "Each", "succeeded", {"succeeded": 250}, 250, "shop/each")])
        self.assertNotIn("next", shown)
        self.assertEqual(len(self.rest("/runs?parent=1&limit=1000&origin=map")["items"]), 250)
        with self.assertRaises(ApiError) as refused:
            self.daemon.call("UpdateMapRun", mapRunArn=run["mapRunArn"], maxConcurrency=1)
        self.assertIn("ValidationException", str(refused.exception))

    def test_a_kill_in_the_middle_begins_no_item_twice_and_forgets_none(self):
        states = {"Rest": {"Type": "Wait", "Seconds": 1, "End": True}}
        arn = self.begin(distributed(states, MaxConcurrency=40, ResultPath=None), list(range(200)))
        for most in (40, 120):
            wait_until(lambda most=most: (self.map_run(arn) or {"itemCounts": {"succeeded": 0}})["itemCounts"]["succeeded"] >= most,
                       what=f"{most} items")
            self.daemon.kill()
            self.daemon.start()
        self.assertEqual(self.daemon.ended(arn)["status"], "SUCCEEDED")
        run = self.map_run(arn)
        self.assertEqual(run["itemCounts"]["succeeded"], 200)
        children = self.children(run)
        inputs = [json.loads(self.daemon.call("DescribeExecution", executionArn=child["executionArn"])["input"]) for child in children]
        self.assertEqual(sorted(inputs), list(range(200)))


if __name__ == "__main__":
    suite.main(sys.modules[__name__])
