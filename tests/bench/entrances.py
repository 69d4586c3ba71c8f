"""How long starts of small runs wait while the largest comes in at each entrance of the daemon, and beside what runs leave behind."""
import http.client
import json
import multiprocessing
import os
import shutil
import tempfile
import threading
import time

import stalls

INPUT_BYTES = 262_000  # a few less than an input may have
BODY_BYTES = 1_000_000
TOKEN = "the token of the door"
WAITING = 40_000  # frames of one run


def members(size):
    """The text of an object of about so many bytes, with as many members as fit."""
    parts, length = [], 2
    while length < size - 16:
        parts.append(f'"m{len(parts)}":{len(parts) % 10}')
        length += len(parts[-1]) + 1
    return "{" + ",".join(parts) + "}"


def states(size):
    """A definition of about so many bytes, nearly all of them states."""
    count = size // 60
    all_states = {f"S{n}": {"Type": "Pass", "Comment": "", "Next": f"S{n + 1}"} for n in range(count)}
    all_states[f"S{count}"] = {"Type": "Succeed"}
    return json.dumps({"StartAt": "S0", "States": all_states}, separators=(",", ":"))


def echoing(count):
    """Tasks one after the other, each of which gives back all that it gets."""
    task = {"Type": "Task", "Resource": "stepwell:echo", "Parameters": {"x.$": "$.x"}, "ResultPath": "$.y"}
    all_states = {f"T{n}": {**task, "Next": f"T{n + 1}"} for n in range(count)}
    all_states[f"T{count - 1}"].pop("Next")
    all_states[f"T{count - 1}"]["End"] = True
    return {"StartAt": "T0", "States": all_states}


def waits(seconds):
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "End": True}}}


def poster(daemon, path, text, headers):
    """Sends the same again and again over one connection, whatever is answered."""
    def post():
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        while True:
            try:
                connection.request("POST", path, text, {**daemon.headers, **headers})
                connection.getresponse().read()
            except (http.client.HTTPException, OSError):
                connection.close()
    return post


def aws(daemon, action, text):
    return poster(daemon, "/", text, {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AWSStepFunctions.{action}"})


def runner(daemon, machine, text):
    """Runs one after the other, each to its end."""
    def run():
        while True:
            daemon.ended(daemon.call("StartExecution", stateMachineArn=machine, input=text)["executionArn"])
    return run


def stopper(daemon, machine, text):
    """Runs that are stopped while all that they have waits."""
    def run():
        while True:
            arn = daemon.call("StartExecution", stateMachineArn=machine, input=text)["executionArn"]
            time.sleep(2)
            daemon.call("StopExecution", executionArn=arn)
    return run


def entrances(daemon, small):
    """Name: what a client does without end."""
    numbers = json.dumps({"a": list(range(WAITING))}, separators=(",", ":"))
    wide = members(INPUT_BYTES)
    quoted = json.dumps(wide)
    large = json.dumps({"stateMachineArn": small, "definition": states(BODY_BYTES)})
    document = {"Content-Type": "application/json"}
    echo = stalls.made(daemon, "echo", echoing(20))
    sleepers = stalls.made(daemon, "sleepers", stalls.mapped(waits(600)))
    failing = stalls.made(daemon, "failing", {"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": True, "Branches": [
        stalls.mapped(waits(600), name="Q"), {"StartAt": "V", "States": {"V": {"Type": "Wait", "Seconds": 3, "Next": "F"}, "F": {"Type": "Fail"}}}]}}})
    return {
        "definitions of 1 MB": aws(daemon, "UpdateStateMachine", large),
        "a definition of 1 MB that is only checked": aws(daemon, "ValidateStateMachineDefinition", large),
        "inputs of 256 KB": aws(daemon, "StartExecution", f'{{"stateMachineArn":"{small}","input":{quoted}}}'),
        "inputs of 256 KB by the other API": poster(daemon, "/api/v1/runs", f'{{"workflow":"small","input":{wide}}}', document),
        "bodies of 2 MB by the other API": poster(daemon, "/api/v1/runs", f'{{"workflow":"small","input":{members(2 * BODY_BYTES)}}}', document),
        "calls with 90,000 members": aws(daemon, "StartExecution", members(BODY_BYTES)),
        "bodies of webhooks of 256 KB": poster(daemon, "/hooks/door", wide, {**document, "Authorization": "Bearer " + TOKEN}),
        "results of tasks of 256 KB": runner(daemon, echo, json.dumps({"x": wide[:INPUT_BYTES // 2 - 100]})),
        "runs with 40,000 waits that are stopped": stopper(daemon, sleepers, numbers),
        "runs with 40,000 waits of which one fails": runner(daemon, failing, numbers),
    }


def begun(daemon, client, count):
    """So many processes that are such clients: threads would share an interpreter with the one that measures."""
    def alone():
        daemon.connections = threading.local()  # not the parent's
        client()

    clients = [multiprocessing.get_context("fork").Process(target=alone, daemon=True) for _ in range(count)]
    for one in clients:
        one.start()
    return clients


def beside(daemon, machine, client, seconds):
    """Times of small starts while two such clients are at it."""
    clients = begun(daemon, client, 2)
    times = stalls.start_times(daemon, machine, seconds)
    for one in clients:
        one.kill()
        one.join()
    return times


def beside_timers(daemon, machine, count, allowed):
    """Runs of their own that all wake up at one time; they are to be begun within the seconds that are allowed, or there is another try with more."""
    due = int(time.time() + allowed)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(due))
    sleeper = stalls.made(daemon, f"sleeper-{due}", {"StartAt": "W", "States": {"W": {"Type": "Wait", "Timestamp": stamp, "End": True}}})

    def start():
        for _ in range(count // 4):
            daemon.call("StartExecution", stateMachineArn=sleeper)

    for one in begun(daemon, start, 4):
        one.join()
    if time.time() > due:
        return beside_timers(daemon, machine, count, 2 * allowed)
    time.sleep(max(0, due - 0.5 - time.time()))
    return stalls.start_times(daemon, machine, 5)


def figures(table, serving, program, quick, only=None):
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    workflows = os.path.join(folder, "workflows")
    os.mkdir(workflows)
    with open(os.path.join(workflows, "door.json"), "w") as file:
        json.dump({"triggers": [{"webhook": {"name": "door", "token": "${env:DOOR_TOKEN}"}}], **stalls.PASS}, file)
    os.environ["DOOR_TOKEN"] = TOKEN
    with serving(program, os.path.join(folder, "data"), "--workflows", workflows) as daemon:
        small = stalls.made(daemon, "small", stalls.PASS)
        for name, client in entrances(daemon, small).items():
            if not only or only in name:
                stalls.add(table, name, beside(daemon, small, client, 3 if quick else 6), "")
        count = 4_000 if quick else 20_000
        name = f"{count:,} timers that are due at once"
        if not only or only in name:
            stalls.add(table, name, beside_timers(daemon, small, count, 5 + count / 1_500), "")
        daemon.stop(120)
    shutil.rmtree(folder)
