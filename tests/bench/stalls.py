"""How long starts of small runs wait while others ask for the heaviest that a definition or an input can ask for."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

ROLE = "arn:aws:iam::123456789012:role/r"
PASS = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}


def chain(fields, count=20):
    """That many Pass states with the same fields, one after the other."""
    states = {f"P{n}": {"Type": "Pass", "Next": f"P{n + 1}", **fields} for n in range(count)}
    states[f"P{count - 1}"].pop("Next")
    states[f"P{count - 1}"]["End"] = True
    return {"StartAt": "P0", "States": states}


def calculated(expression, count=20):
    return chain({"Parameters": {"x.$": expression}, "ResultPath": None}, count)


def mapped(inner, name="M", **fields):
    return {"StartAt": name, "States": {name: {"Type": "Map", "ItemsPath": "$.a", "End": True, "ResultPath": None, **fields, "ItemProcessor": inner}}}


def endless(fields):
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B", **fields}, "B": {
        "Type": "Choice", "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "C"}], "Default": "A"}, "C": {"Type": "Succeed"}}}


def deep(depth, leaf):
    value = {"x.$": leaf}
    for _ in range(depth):
        value = {"a": value, "b.$": "$.n"}
    return chain({"Parameters": value, "ResultPath": None})


def heavy():
    """Name: definition, input."""
    numbers = {"a": list(range(40_000)), "n": 1}
    objects = {"a": [{"k": n, "v": f"value {n}"} for n in range(7_000)], "n": 1}
    large = {"a": list(range(100)), "text": "x" * 250_000, "n": 1}
    fan = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "ResultPath": None, "Branches": [{"StartAt": f"B{n}", "States": {f"B{n}": {"Type": "Pass", "Result": n, "ResultPath": "$.r", "End": True}}} for n in range(100)]}}}
    choice = {"StartAt": "C", "States": {"C": {"Type": "Choice", "Default": "D", "Choices": [
        {"Variable": "$.text", "StringMatches": "*" + f"x*{n}*" * 20, "Next": "D"} for n in range(50)]}, "D": {"Type": "Succeed"}}}
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    nested = mapped(mapped(inner, "N", ItemSelector={"t.$": "$.text", "i.$": "$$.Map.Item.Index"}), ItemSelector={"t.$": "$.text", "text.$": "$.text", "a.$": "$.a"})
    return {
        "an object of 23,000 members": (calculated("$.m77"), {f"m{n}": n % 10 for n in range(23_000)}),
        "$..* of it": (calculated("$..*"), {f"m{n}": n % 10 for n in range(23_000)}),
        "a filter in a filter": (calculated("$.a[?($.a[?(@.k == 1)] === $.a)]"), objects),
        "a filter against a list": (calculated("$.a[?(@.k in $.a[*].k)]"), objects),
        "a filter of patterns": (calculated("$.a[?(@.v =~ /(v|va|val)*lue [0-9]+.*9/)]"), objects),
        "a nested Map of large items": (nested, large),
        "a Map of 40,000 items": (mapped(inner), numbers),
        "a Map whose items look through all": (mapped(inner, ItemSelector={"x.$": "$.a[?(@ == 7)]"}), numbers),
        "a Parallel of 100 large branches": (fan, large),
        "ArrayUnique of 40,000": (calculated("States.ArrayUnique($.a)"), numbers),
        "ArrayUnique of objects": (calculated("States.ArrayUnique($.a)"), objects),
        "ArrayPartition, one by one": (calculated("States.ArrayPartition($.a, 1)"), numbers),
        "StringSplit of a long text": (calculated("States.StringSplit($.text, 'x')"), large),
        "a text made and read again": (calculated("States.StringToJson(States.JsonToString($))"), objects),
        "a template that names a large value 1,000 times": (chain({"Parameters": {f"x{n}.$": "$.text" for n in range(1_000)}, "ResultPath": None}), large),
        "a deep template": (deep(60, "$.a"), numbers),
        "StringMatches with 40 wildcards": (choice, large),
        "a ResultPath into a large input": (chain({"Result": 1, "ResultPath": "$.n"}, 200), objects),
        "an Assign of a large value": (chain({"Assign": {"v.$": "$"}}, 50), numbers),
        "runs that never end": (endless({}), {}),
        "runs that never end, with 250 KB": (endless({"Parameters": {"x.$": "$.n", "text.$": "$.text", "n.$": "$.n"}}), large),
        "40,000 waits that end at once": (mapped({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}}), numbers),
    }


class Asker(threading.Thread):
    """Starts runs of one machine one after the other, and waits for each as long as it is worth."""

    def __init__(self, daemon, machine, document):
        super().__init__(daemon=True)
        self.daemon_, self.machine, self.text = daemon, machine, json.dumps(document, separators=(",", ":"))
        self.is_over, self.started, self.ended = threading.Event(), [], 0

    def run(self):
        while not self.is_over.is_set():
            arn = self.daemon_.call("StartExecution", stateMachineArn=self.machine, input=self.text)["executionArn"]
            self.started.append(arn)
            for _ in range(100):
                if self.is_over.wait(0.02):
                    return
                if self.daemon_.call("DescribeExecution", executionArn=arn)["status"] != "RUNNING":
                    self.ended += 1
                    break


def start_times(daemon, machine, seconds):
    """Seconds of each start of a small run, one every few milliseconds, sorted."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        daemon.call("StartExecution", stateMachineArn=machine)
        times.append(time.perf_counter() - begun)
        time.sleep(0.003)
    return sorted(times)


def made(daemon, name, definition):
    return daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]


def turn_figures(table, engine_bench, only=None):
    """How long a start waits in the engine beside each of them, in time of its processor: what else the machine does is not in it."""
    cases = "".join(json.dumps({"name": name, "definition": definition, "input": document}) + "\n"
                    for name, (definition, document) in heavy().items() if not only or only in name)
    out = subprocess.run([engine_bench, "turns"], input=cases, stdout=subprocess.PIPE, text=True, check=True).stdout
    for line in out.splitlines():
        figure = json.loads(line)
        table.add(figure["name"], figure["value"], figure["unit"], figure["goal"], False, figure["note"])


def figures(table, serving, program, quick, only=None):
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    with serving(program, os.path.join(folder, "data")) as daemon:
        small = made(daemon, "small", PASS)
        start_times(daemon, small, 0.5)
        add(table, "nobody asking", start_times(daemon, small, 2), "")
        for number, (name, (definition, document)) in enumerate(heavy().items()):
            if only and only not in name:
                continue
            machine = made(daemon, f"heavy-{number}", definition)
            askers = [Asker(daemon, machine, document) for _ in range(2)]
            for asker in askers:
                asker.start()
            times = start_times(daemon, small, 2 if quick else 5)
            for asker in askers:
                asker.is_over.set()
            for asker in askers:
                asker.join(60)
            arns = [arn for asker in askers for arn in asker.started]
            add(table, name, times, f"{sum(a.ended for a in askers)} of {len(arns)} ended: " + state_of(daemon, arns[0]))
            for arn in arns:
                daemon.call("StopExecution", executionArn=arn)
        daemon.stop()
    shutil.rmtree(folder)


def add(table, name, times, note):
    table.add(f"small starts beside {name}, longest", times[-1] * 1000, "ms", 50, False,
              f"p99 {times[len(times) * 99 // 100] * 1000:.1f} ms, p50 {times[len(times) // 2] * 1000:.1f} ms of {len(times)}; {note}")


def state_of(daemon, arn):
    execution = daemon.call("DescribeExecution", executionArn=arn)
    return execution["status"] + (f" {execution['error']}" if execution.get("error") else "")
