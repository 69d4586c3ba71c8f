"""kill -9 under everything at once: starts, tasks, nested runs, fires, redrives, edited workflows, backups, retention.

A mixer asks for one thing after the other, as a client would that repeats a call until it is answered. At the
end every accepted run has ended well, each effect is there once, no two runs of the workflow with
`concurrency: 1` held its place at a time, and each finished backup can be restored.
"""
import json
import os
import random
import sqlite3
import subprocess
import threading
import time

from daemon import ApiError, Daemon, wait_until

RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 8}]


def append(table, **more):
    """A task that appends the run's number to a table."""
    return {"Type": "Task", "Resource": "stepwell:load", "Retry": RETRY, "ResultPath": "$.appended", **more, "Parameters": {
        "input": {"connection": "ledger", "sql.$": "States.Format('select {} as number', $.number)"}, "mode": "append",
        "target": {"connection": "ledger", "table": table, "create": "auto"}}}


def mark(folder, **more):
    """A task that makes a file named like the run's number."""
    return {"Type": "Task", "Resource": "stepwell:shell", "Retry": RETRY, "ResultPath": None, **more, "Parameters": {
        "command.$": f"States.Array('touch', States.Format('{folder}/{{}}', $.number))"}}


def nested(arn, resource, name=None, **more):
    return {"Type": "Task", "Resource": f"arn:aws:states:::states:startExecution{resource}", "ResultPath": "$.child", **more, "Parameters": {
        "StateMachineArn": arn, "Input": {"number.$": "$.number"}, **({"Name.$": name} if name else {})}}


class World:
    """The folder, the workflows, and what was accepted."""

    def __init__(self, program, folder, fires):
        self.program, self.folder = program, folder
        self.data, self.workflows = os.path.join(folder, "data"), os.path.join(folder, "workflows")
        self.marks, self.gates = os.path.join(folder, "marks"), os.path.join(folder, "gates")
        for made in (self.workflows, self.marks, self.gates):
            os.makedirs(made)
        config = os.path.join(folder, "stepwell.yaml")
        with open(config, "w") as file:
            json.dump({"connections": {"ledger": {"type": "sqlite", "path": self.ledger}}}, file)
        self.edits = 0
        self.edit()
        first = int(time.time()) + 3  # the daemon has seen the schedules by then
        self.moments = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first + second)) for second in range(fires)]
        self.write("fired", {"schedules": [{"at": moment} for moment in self.moments], **machine(S={"Type": "Succeed"})})
        self.write("serial", {"concurrency": 1, **machine(S={"Type": "Task", "Resource": "stepwell:shell", "Retry": RETRY, "Parameters": {
            "command": ["true"]}, "End": True})})
        self.write("brief", {"retention": {"runs": 20}, **machine(S={"Type": "Pass", "End": True})})
        self.daemon = Daemon(program, self.data, "--config", config, "--workflows", self.workflows)
        self.accepted, self.numbers, self.backups = {}, {}, []

    @property
    def ledger(self):
        return os.path.join(self.data, "ledger.db")

    def write(self, name, definition):
        path = os.path.join(self.workflows, name + ".yaml")
        with open(path + ".tmp", "w") as file:
            json.dump(definition, file)
        os.replace(path + ".tmp", path)

    def edit(self):
        """The file of a workflow that runs is replaced by a new version of it."""
        self.edits += 1
        self.write("edited", {"Comment": f"edit {self.edits}", **machine(
            A={"Type": "Pass", "Next": "B"}, B={"Type": "Wait", "Seconds": 0, "Next": "C"}, C={"Type": "Pass", "Result": self.edits, "End": True})})

    def create(self):
        """Machines by the AWS API; those that start others know them by their ARN."""
        def made(name, definition):
            return self.daemon.call("CreateStateMachine", name=name, definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
        self.arns = {"small": made("small", machine(
            Pause={"Type": "Wait", "SecondsPath": "$.pause", "Next": "Append"}, Append=append("small", Next="Mark"), Mark=mark(self.marks, End=True)))}
        child = made("child", machine(Append=append("child", End=True)))
        loose = made("loose", machine(Append=append("loose", End=True)))
        self.arns["parent"] = made("parent", machine(Child=nested(child, ".sync:2", Next="Loose"), Loose=nested(
            loose, "", "States.Format('loose-{}', $.number)", End=True)))
        self.arns["flaky"] = made("flaky", machine(
            Gate={"Type": "Task", "Resource": "stepwell:shell", "ResultPath": None, "Next": "Append", "Parameters": {
                "command.$": f"States.Array('test', '-e', States.Format('{self.gates}/{{}}', $.number))"}},
            Append=append("flaky", End=True)))
        for name in ("serial", "brief", "edited", "fired"):
            self.arns[name] = self.daemon.workflow(name)


def machine(**states):
    return {"StartAt": next(iter(states)), "States": states}


class Mixer(threading.Thread):
    """Asks for one thing after the other; a call that is not answered is made again, as it was."""

    MIX = ["small"] * 8 + ["parent"] * 4 + ["serial"] * 3 + ["flaky"] * 3 + ["brief"] * 6 + ["edited"] * 4 + ["edit", "backup", "redrive", "redrive"]

    def __init__(self, world, rng):
        super().__init__(daemon=True)
        self.world, self.rng, self.is_over, self.fault = world, rng, threading.Event(), None
        self.to_redrive, self.redrives = [], 0

    def run(self):
        try:
            while not self.is_over.is_set():
                kind = self.rng.choice(self.MIX)
                {"edit": self.world.edit, "backup": self.backup, "redrive": self.redrive}.get(kind, lambda: self.start_run(kind))()
                time.sleep(self.rng.uniform(0, 0.02))  # a client's pace
        except Exception as error:  # is told at the end: a test that goes on without it would prove nothing
            self.fault = repr(error)

    def answered(self, action, **payload):
        """The answer, or the error that the daemon gave; asks until there is one: what was not answered may have been done."""
        while True:
            try:
                return self.world.daemon.call(action, **payload)
            except ApiError as error:
                if error.status < 500:
                    return error
            except (OSError, ValueError):
                pass
            time.sleep(0.01)

    def start_run(self, workflow):
        number = self.world.numbers.get(workflow, 0)
        name = f"{workflow}-{number}"
        answer = self.answered("StartExecution", stateMachineArn=self.world.arns[workflow], name=name,
                               input=json.dumps({"number": number, "pause": self.rng.randrange(3)}))
        if isinstance(answer, ApiError) and "ExecutionAlreadyExists" not in answer.body:
            raise answer
        self.world.numbers[workflow] = number + 1
        arn = self.world.arns[workflow].replace(":stateMachine:", ":execution:") + ":" + name
        self.world.accepted.setdefault(workflow, []).append(arn)
        if workflow == "flaky":
            self.to_redrive.append((number, arn))

    def redrive(self):
        """The oldest that failed before its gate was open; what cannot be redriven yet is left for later."""
        if not self.to_redrive:
            return
        number, arn = self.to_redrive[0]
        open(os.path.join(self.world.gates, str(number)), "w").close()
        answer = self.answered("RedriveExecution", executionArn=arn, clientToken=f"token-{number}")
        if isinstance(answer, ApiError) and "ExecutionNotRedrivable" not in answer.body:
            raise answer
        if isinstance(answer, dict):
            self.redrives += 1
        status = self.answered("DescribeExecution", executionArn=arn)
        if isinstance(status, dict) and (isinstance(answer, dict) or status["status"] == "SUCCEEDED"):
            self.to_redrive.pop(0)

    def backup(self):
        path = os.path.join(self.world.folder, f"backup-{len(self.world.backups)}.tar")
        done = subprocess.run([self.world.program, "backup", path, "--data", self.world.data], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode == 0:
            self.world.backups.append(path)

    def finish(self):
        """Opens the gates that are left, when nobody kills any more."""
        for number, arn in self.to_redrive:
            open(os.path.join(self.world.gates, str(number)), "w").close()
            if self.world.daemon.ended(arn)["status"] != "SUCCEEDED":
                self.world.daemon.call("RedriveExecution", executionArn=arn, clientToken=f"token-{number}")
                self.redrives += 1


def places_overlap(daemon, arns):
    """Two runs that held the one place of their workflow at the same moment, or None."""
    spans = []
    for arn in arns:
        events = daemon.history(arn)
        begun = next(e["timestamp"] for e in events if e["type"] == "TaskStarted")
        spans.append((begun, events[-1]["timestamp"], arn))
    spans.sort()
    return next(((a, b) for a, b in zip(spans, spans[1:]) if a[1] > b[0]), None)


def check_effects(world, check):
    """Each number once in each table, and each mark there."""
    with sqlite3.connect(world.ledger) as ledger:
        for table, workflow in (("small", "small"), ("child", "parent"), ("loose", "parent"), ("flaky", "flaky")):
            count = world.numbers.get(workflow, 0)
            check(f"rows of {table}, and distinct ones", (count, count), ledger.execute(f"select count(*), count(distinct number) from {table}").fetchone())
    check("files made", world.numbers["small"], len(os.listdir(world.marks)))


def check_runs(world, check):
    daemon = world.daemon
    wait_until(lambda: daemon.call("ListExecutions", stateMachineArn=world.arns["fired"], statusFilter="SUCCEEDED", maxResults=1000)
               and len(daemon.call("ListExecutions", stateMachineArn=world.arns["fired"], maxResults=1000)["executions"]) >= len(world.moments), 90, "the last fire")
    for workflow, arns in sorted(world.accepted.items()):
        kept = arns if workflow != "brief" else []  # retention may have removed them
        bad = [e for e in (daemon.ended(arn) for arn in kept) if e["status"] != "SUCCEEDED"]
        check(f"runs of {workflow} that did not succeed ({len(arns)} accepted)", [], [(e["name"], e["status"], e.get("error"), e.get("cause")) for e in bad])
    listed = daemon.call("ListExecutions", stateMachineArn=world.arns["fired"], maxResults=1000)["executions"]
    inputs = [json.loads(daemon.call("DescribeExecution", executionArn=e["executionArn"])["input"])["schedule"]["scheduled_time"] for e in listed]
    check("fires that are no moment, or were lost", [], sorted(set(inputs) ^ {m.replace("Z", "+00:00") for m in world.moments}))
    check("fires", len(world.moments), len(inputs))
    check("two runs in one place", None, places_overlap(daemon, world.accepted["serial"]))
    check("the newest edit is what runs", f"edit {world.edits}", wait_until(lambda: newest_comment(world), 30, "the last edit"))
    loose = daemon.call("ListExecutions", stateMachineArn=world.arns["parent"].replace(":parent", ":loose"), maxResults=1000)
    if "nextToken" not in loose:
        wait_until(lambda: all(daemon.ended(e["executionArn"])["status"] == "SUCCEEDED" for e in loose["executions"]), 60, "the loose children")


def newest_comment(world):
    comment = json.loads(world.daemon.call("DescribeStateMachine", stateMachineArn=world.arns["edited"])["definition"]).get("Comment")
    return comment if comment == f"edit {world.edits}" else None


def check_backups(world, check):
    """The newest can be restored, and a daemon goes on from it; all are whole."""
    bad = [path for path in world.backups[-10:] if subprocess.run(
        [world.program, "restore", path, "--verify"], stdin=subprocess.DEVNULL, capture_output=True, timeout=120).returncode]
    check(f"backups that are not whole, of the last 10 of {len(world.backups)}", [], bad)
    with sqlite3.connect(os.path.join(world.data, "stepwell.db")) as journal:
        check("the journal", ("ok",), journal.execute("pragma integrity_check").fetchone())


def run(program, folder, rng, kills, check, kill_in_the_middle):
    world = World(os.path.abspath(program), folder, min(kills, 60))
    with world.daemon as daemon:
        world.create()
        mixer = Mixer(world, random.Random(rng.randrange(1 << 32)))
        mixer.start()
        kill_in_the_middle(daemon, rng, kills, 0.6, lambda: None)
        mixer.is_over.set()
        mixer.join(120)
        check("a call without an answer", False, mixer.is_alive())
        check("the fault of a call", None, mixer.fault)
        mixer.finish()
        check_runs(world, check)
        print(f"  {sum(world.numbers.values())} runs, {mixer.redrives} redrives, {world.edits} edits, {len(world.backups)} backups")
        daemon.stop()
    check_effects(world, check)
    check_backups(world, check)

