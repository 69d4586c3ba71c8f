#!/usr/bin/env python3
"""What distributed Maps read and write, in the real program: ItemReader, ItemBatcher, ResultWriter.

--items N sets how many rows the Map Run has that is killed ten times (2000; 100000 has 1,000 at a time, as it is to bear).
The program is STEPWELL_BIN, else --stepwell. Ends with "N passed, M failed".
"""
import gzip
import json
import os
import shutil
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import Daemon, wait_until  # noqa: E402
import suite  # noqa: E402

PROGRAM = None
ITEMS = 2_000
KILLS = 10
MEMORY_MIB_MAX = 300
ROLE = "arn:aws:iam::123456789012:role/r"
PASS = {"Keep": {"Type": "Pass", "End": True}}


def distributed(states, **more):
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                 "StartAt": next(iter(states)), "States": states}
    return {"StartAt": "Each", "States": {"Each": {"Type": "Map", "Label": "each", "End": True, "ItemProcessor": processor, **more}}}


def reader(key, **config):
    return {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config, "Parameters": {"Bucket": "shop", "Key": key}}


def writer(prefix, **config):
    return {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "results", "Prefix": prefix},
            **({"WriterConfig": config} if config else {})}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stepwell-map-data-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = os.path.join(self.folder, "data")
        self.daemon = Daemon(PROGRAM, self.data)
        self.daemon.start()
        self.addCleanup(self.daemon.kill)
        self.count = 0

    def object(self, bucket, key):
        return os.path.join(self.data, "lake", bucket, key)

    def put(self, key, content, bucket="shop"):
        path = self.object(bucket, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    def get(self, bucket, key):
        with open(self.object(bucket, key)) as file:
            return file.read()

    def begin(self, definition, document=None):
        self.count += 1
        machine = self.daemon.call("CreateStateMachine", name=f"shop{self.count}", definition=json.dumps(definition), roleArn=ROLE)
        return self.daemon.call("StartExecution", stateMachineArn=machine["stateMachineArn"], input=json.dumps(document or {}))["executionArn"]

    def run_to_end(self, definition, document=None):
        return self.daemon.ended(self.begin(definition, document))

    def output(self, definition, document=None):
        ended = self.run_to_end(definition, document)
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        return json.loads(ended["output"])

    def map_run(self, arn):
        runs = self.daemon.call("ListMapRuns", executionArn=arn)["mapRuns"]
        return self.daemon.call("DescribeMapRun", mapRunArn=runs[0]["mapRunArn"]) if runs else None

    def children(self, run):
        token = {}
        while True:
            page = self.daemon.call("ListExecutions", mapRunArn=run["mapRunArn"], maxResults=1000, **token)
            yield from page["executions"]
            if "nextToken" not in page:
                return
            token = {"nextToken": page["nextToken"]}


class Reading(Case):
    def items(self, item_reader, **more):
        return self.output(distributed(PASS, ItemReader=item_reader, **more))

    def failure(self, item_reader, document=None):
        arn = self.begin(distributed(PASS, ItemReader=item_reader), document)
        ended = self.daemon.ended(arn)
        self.assertEqual((ended["status"], ended["error"]), ("FAILED", "States.ItemReaderFailed"), ended)
        types = [event["type"] for event in self.daemon.history(arn)]
        self.assertEqual(types[3:5], ["MapRunStarted", "MapRunFailed"])
        return ended["cause"]

    def test_csv(self):
        self.put("a.csv", 'id,name\n1,"a, ""b"""\n2\n\n3,c,surplus\r\n4,"two\nlines"\n')
        rows = [{"id": "1", "name": 'a, "b"'}, {"id": "2", "name": ""}, {"id": "3", "name": "c"}, {"id": "4", "name": "two\nlines"}]
        first = {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}
        self.assertEqual(self.items(reader("a.csv", **first)), rows)
        self.assertEqual(self.items(reader("a.csv", **first, MaxItems=2)), rows[:2])
        self.assertEqual(self.items(reader("a.csv", **first, MaxItems=0)), rows)
        self.put("b.txt", "1|x\n2|y\n")
        given = reader("b.txt", InputType="CSV", CSVHeaderLocation="GIVEN", CSVHeaders=["n", "v"], CSVDelimiter="PIPE")
        self.assertEqual(self.items(given), [{"n": "1", "v": "x"}, {"n": "2", "v": "y"}])
        self.put("c.csv", "")
        self.assertEqual(self.items(reader("c.csv", **first)), [])
        self.put("d.csv", "a,a\n1,2\n")
        self.assertEqual(self.failure(reader("d.csv", **first)), "CSV headers cannot contain duplicates.")
        self.assertIn("s3://shop/none.csv", self.failure(reader("none.csv", **first)))
        negative = reader("a.csv", **first, **{"MaxItemsPath": "$.n"})
        self.assertEqual(self.failure(negative, {"n": -1}), "field MaxItems must be positive")

    def test_json(self):
        self.put("a.json", ' [ {"a": [1, 2], "b": "x ] y"} , 2.50, null, "t\\"" ]')
        self.assertEqual(self.items(reader("a.json", InputType="JSON")), [{"a": [1, 2], "b": "x ] y"}, 2.5, None, 't"'])
        self.put("b.json", '{"no": [0], "x/y": {"list": [[9], [1, {"k": 5}]]}}')
        self.assertEqual(self.items(reader("b.json", InputType="JSON", ItemsPointer="/x~1y/list/1")), [1, {"k": 5}])
        self.assertEqual(self.failure(reader("b.json", InputType="JSON")), "Attempting to map over non-iterable node.")
        self.assertIn("'/none'", self.failure(reader("b.json", InputType="JSON", ItemsPointer="/none")))
        for broken in ("[1 2]", "[1,", '["a]', "[{]", "[1,,2]"):
            self.put("c.json", broken)
            self.assertIn("s3://shop/c.json", self.failure(reader("c.json", InputType="JSON")), broken)

    def test_json_lines_and_parquet(self):
        self.put("a.jsonl", '{"a":1}\n\n[2]\r\n"three"')
        self.assertEqual(self.items(reader("a.jsonl", InputType="JSONL")), [{"a": 1}, [2], "three"])
        self.put("b.jsonl", '1\n{"a":\n')
        self.assertIn("line 2", self.failure(reader("b.jsonl", InputType="JSONL")))
        self.put("t.csv", "n,t\n1,x\n2,y\n")
        unload = {"StartAt": "U", "States": {"U": {"Type": "Task", "Resource": "stepwell:unload", "End": True, "Parameters": {
            "sql": "select 1 as n, 'x' as t union all select 2, null order by 1", "to": "lake://shop/p", "format": "parquet"}}}}
        self.output(unload)
        key = next(os.path.join("p", name) for name in os.listdir(self.object("shop", "p")) if name.endswith(".parquet"))
        self.assertEqual(self.items(reader(key, InputType="PARQUET")), [{"n": 1, "t": "x"}, {"n": 2, "t": None}])

    def test_lists_and_manifests(self):
        self.put("in/1.json", '[1,2]')
        self.put("in/2.json", '[3]')
        self.put("other.json", '[4]')
        listing = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "shop", "Prefix": "in/"}}
        objects = self.items(listing)
        self.assertEqual([(o["Key"], o["Size"], o["StorageClass"]) for o in objects], [("in/1.json", 5, "STANDARD"), ("in/2.json", 3, "STANDARD")])
        self.assertLess(abs(objects[0]["LastModified"] - time.time()), 600)
        flat = {**listing, "ReaderConfig": {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"}}
        self.assertEqual(self.items(flat), [1, 2, 3])

        self.put("inv/data/1.csv.gz", gzip.compress(b'"shop","in/1.json","5"\n"shop","in/2.json",""\n'))
        self.put("inv/manifest.json", json.dumps({"sourceBucket": "shop", "destinationBucket": "arn:aws:s3:::shop", "fileFormat": "CSV",
                                                  "fileSchema": "Bucket, Key, Size", "files": [{"key": "inv/data/1.csv.gz", "size": 1}]}))
        self.assertEqual(self.items(reader("inv/manifest.json", InputType="MANIFEST")),
                         [{"Bucket": "shop", "Key": "in/1.json", "Size": "5"}, {"Bucket": "shop", "Key": "in/2.json", "Size": ""}])
        self.put("one.jsonl", "1\n2\n")
        self.put("two.jsonl", "3\n")
        self.put("manifest.txt", "s3://shop/one.jsonl\ns3://shop/two.jsonl\n")
        self.assertEqual(self.items(reader("manifest.txt", ManifestType="ATHENA_DATA", InputType="JSONL")), [1, 2, 3])

    def test_jsonata_and_batches(self):
        self.put("a.csv", "v\n" + "".join(f"{i}\n" for i in range(5)))
        machine = distributed(PASS, ItemBatcher={"MaxItemsPerBatch": 2}, ItemSelector="{% $number($states.context.Map.Item.Value.v) %}",
                              ItemReader={"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "shop", "Key": "{% $states.input.key %}"},
                                          "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": "{% 2 + 1 %}"}})
        machine["QueryLanguage"] = "JSONata"
        self.assertEqual(self.output(machine, {"key": "a.csv"}), [{"Items": [0, 1]}, {"Items": [2]}])


class Writing(Case):
    def written(self, definition, document):
        arn = self.begin(definition, document)
        ended = self.daemon.ended(arn)
        run = self.map_run(arn)
        uuid = run["mapRunArn"].rsplit(":", 1)[1]
        key = f"done/{uuid}/manifest.json"
        if ended["status"] == "SUCCEEDED":
            self.assertEqual(json.loads(ended["output"]), {"MapRunArn": run["mapRunArn"], "ResultWriterDetails": {"Bucket": "results", "Key": key}})
        manifest = json.loads(self.get("results", key))
        self.assertEqual((manifest["DestinationBucket"], manifest["MapRunArn"]), ("results", run["mapRunArn"]))
        texts = {}
        for group, files in manifest["ResultFiles"].items():
            for file in files:
                self.assertEqual(file["Size"], os.path.getsize(self.object("results", file["Key"])))
                self.assertTrue(file["Key"].startswith(f"done/{uuid}/{group}_"))
                texts[group] = self.get("results", file["Key"])
        return ended, run, texts

    def test_files_of_all_outcomes(self):
        states = {"Bad?": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "Bad"}], "Default": "Good"},
                  "Bad": {"Type": "Fail", "Error": "Boom", "Cause": "two"}, "Good": {"Type": "Pass", "Result": [7, 8], "End": True}}
        ended, run, texts = self.written(distributed(states, MaxConcurrency=1, ResultWriter=writer("done/")), [1, 2, 3])
        self.assertEqual(ended["status"], "FAILED")
        good, bad, pending = (json.loads(texts[group])[0] for group in ("SUCCEEDED", "FAILED", "PENDING"))
        self.assertEqual((good["Input"], good["Output"], good["Status"]), ("1", "[7,8]", "SUCCEEDED"))
        self.assertEqual((bad["Error"], bad["Cause"], bad["RedriveStatus"]), ("Boom", "two", "REDRIVABLE_BY_MAP_RUN"))
        self.assertEqual(pending["Input"], "3")
        self.assertEqual(run["executionCounts"]["resultsWritten"], 2)
        definition = distributed(states, ResultWriter=writer("done", Transformation="FLATTEN", OutputType="JSONL"), ToleratedFailureCount=1)
        ended, run, texts = self.written(definition, [1, 2, 3])
        self.assertEqual(ended["status"], "SUCCEEDED")
        self.assertEqual(texts["SUCCEEDED"], "7\n8\n7\n8\n")
        self.assertEqual(json.loads(texts["FAILED"])["Error"], "Boom")
        _, _, texts = self.written(distributed(states, ResultWriter=writer("done", Transformation="COMPACT")), [1])
        self.assertEqual(json.loads(texts["SUCCEEDED"]), [[7, 8]])


class Bearing(Case):
    def peak_mib(self):
        with open(f"/proc/{self.daemon.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def begin_rows(self, last_fail):
        """Rows of which the last ones fail until the file `ready` is there."""
        self.put("rows.csv", "id,what\n" + "".join(f"{i},{'shaky' if i >= ITEMS - last_fail else 'calm'}\n" for i in range(ITEMS)))
        ready = os.path.join(self.folder, "ready")
        states = {"Rest": {"Type": "Wait", "Seconds": 1, "Next": "Which"},
                  "Which": {"Type": "Choice", "Choices": [{"Variable": "$.what", "StringEquals": "shaky", "Next": "Try"}], "Default": "Keep"},
                  "Try": {"Type": "Task", "Resource": "stepwell:shell", "Parameters": {"command": ["test", "-e", ready]}, "ResultPath": None, "End": True},
                  **PASS}
        at_once = 1_000 if ITEMS >= 100_000 else ITEMS // 10
        definition = distributed(states, MaxConcurrency=at_once, ToleratedFailureCount=last_fail - 1, ResultWriter=writer("all"),
                                 ItemReader=reader("rows.csv", InputType="CSV", CSVHeaderLocation="FIRST_ROW"))
        return self.begin(definition), ready

    def test_ten_kills_lose_nothing_and_a_redrive_runs_what_failed(self):
        begun, last_fail, peak = time.monotonic(), 10, 0
        arn, ready = self.begin_rows(last_fail)
        for kill in range(1, KILLS + 1):
            most = kill * ITEMS // (KILLS + 2)
            wait_until(lambda most=most: ((self.map_run(arn) or {}).get("itemCounts") or {"succeeded": 0})["succeeded"] >= most, 1_800, f"{most} items")
            peak = max(peak, self.peak_mib())
            self.daemon.kill()
            self.daemon.start()
        self.assertEqual(self.daemon.ended(arn, 1_800)["status"], "FAILED")
        run = self.map_run(arn)
        counts = run["itemCounts"]
        self.assertEqual((run["status"], counts["failed"], counts["total"]), ("FAILED", last_fail, ITEMS), run)
        self.assertEqual(counts["succeeded"] + counts["failed"] + counts["aborted"], ITEMS)
        redone = {child["name"] for child in self.children(run) if child["status"] != "SUCCEEDED"}
        self.assertEqual(len(redone), counts["failed"] + counts["aborted"])
        with open(ready, "w"):
            pass
        self.daemon.call("RedriveExecution", executionArn=arn)
        ended = self.daemon.ended(arn, 1_800)
        peak = max(peak, self.peak_mib())
        self.assertEqual(ended["status"], "SUCCEEDED", ended)
        run = self.map_run(arn)
        self.assertEqual((run["itemCounts"]["succeeded"], run["itemCounts"]["total"], run["redriveCount"]), (ITEMS, ITEMS, 1), run)
        children = list(self.children(run))
        self.assertEqual((len(children), len({child["name"] for child in children})), (ITEMS, ITEMS))
        self.assertEqual({child["name"] for child in children if child.get("redriveCount")}, redone)
        records = json.loads(self.get("results", json.loads(ended["output"])["ResultWriterDetails"]["Key"].replace("manifest", "SUCCEEDED_0")))
        self.assertEqual(sorted(int(json.loads(record["Input"])["id"]) for record in records), list(range(ITEMS)))
        self.assertEqual(len(self.daemon.history(arn)), 13)
        print(f"\n{ITEMS} items, {KILLS} kills, {len(redone)} redriven: {time.monotonic() - begun:.0f} s, {peak:.0f} MiB at most")
        # A program under a sanitizer takes several times the memory of the one that people run.
        if "ASAN_OPTIONS" not in os.environ:
            self.assertLess(peak, MEMORY_MIB_MAX)


if __name__ == "__main__":
    if "--items" in sys.argv:
        at = sys.argv.index("--items")
        ITEMS = int(sys.argv[at + 1])
        del sys.argv[at:at + 2]
    suite.main(sys.modules[__name__])
