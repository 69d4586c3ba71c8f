#!/usr/bin/env python3
"""kill -9 of the daemon and of hosts of data tasks at random moments: what data tasks leave is what they leave undisturbed.

The same rounds are run twice, once under kills and once without. A round validates files that come in (with
quarantine and moves), loads the good rows into DuckDB and SQLite, writes them to lake tables, keeps dimensions,
refreshes views and unloads. At the end tables, files, counts, what tasks remember of their runs, and the
quarantine have to be the same, and nothing half-made may lie about. The seed of files and moments is printed.
"""
import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import ApiError, Daemon  # noqa: E402

# No other fault may come from a kill; one that does fails its run, and the test.
RETRY = [{"ErrorEquals": ["Stepwell.HostCrashed", "Stepwell.HostStartFailed"], "IntervalSeconds": 1, "MaxAttempts": 90, "BackoffRate": 1}]
COLUMNS = {"id": {"type": "bigint", "nullable": False, "unique": True}, "day": {"type": "date", "nullable": False},
           "name": "varchar", "amount": {"type": "decimal(18,2)", "gt": 0}}
TYPES = {"id": "bigint", "day": "date", "name": "varchar", "amount": "decimal(18,2)"}
OF_A_RUN = re.compile(r"(?<=run=)[0-9a-f]{16}|(?<=part-)[0-9a-f]{8}(?=-)")
DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"]


def task(kind, **parameters):
    return {"Type": "Task", "Resource": f"stepwell:{kind}", "Retry": RETRY, "Parameters": parameters}


def of_round(text):
    """The text with {} for the round's number, as a parameter's value."""
    return f"States.Format('{text}', $.round)"


def round_states():
    good = {"uri.$": of_round("lake://good/{}.parquet")}
    dimension = {"keys": ["id"], "track": ["name", "amount"], "effective": "day", "deletes": "close", "open_end": "2099-12-31", "late_rows": "reject",
                 "columns": {"from": "valid_from", "to": "valid_to", "current": "is_current"}}
    return {
        "Validate": task("validate", dataset="rows", input={"uri.$": of_round("lake://raw/{}/"), "format": "csv"}, columns=COLUMNS, on_fail="quarantine",
                         quarantine={"uri.$": of_round("lake://quarantine/{}/"), "max_bad": "60%"}, good=good,
                         move={"passed": "raw/ -> validated/", "failed": "raw/ -> errors/"},
                         checks=[{"duplicates": {"keys": ["id", "day"], "keep": "first"}}]),
        "Append": task("load", input=good, target="wh.appended", mode="append"),
        "Upsert": task("load", input=good, target="wh.upserted", mode="upsert", keys=["id"]),
        "UpsertLite": task("load", input=good, target="lite.upserted", mode="upsert", keys=["id"]),
        "Changed": task("load", input={"uri": "lake://good/", "files": "changed"}, target="wh.by_files", mode="append"),
        "Across": task("load", input={"connection": "wh", "sql": "select * from upserted"}, target="lite.across", mode="replace"),
        "EtlAppend": task("etl", input=good, steps=[{"derive": {"round": "1"}}],
                          write={"uri": "lake://tables/appended/", "partition_by": ["day"], "mode": "append"}),
        "EtlSwap": task("etl", input=good, steps=[{"derive": {"twice": "amount * 2"}}],
                        write={"uri": "lake://tables/swapped/", "partition_by": ["day"], "mode": "overwrite_partitions"}),
        "EtlMerge": task("etl", input=good, steps=[{"dedupe": {"keys": ["id"], "order_by": ["day desc"]}}],
                         write={"uri": "lake://tables/merged/", "partition_by": ["day"], "mode": "merge", "keys": ["id"]}),
        "EtlAll": task("etl", input={"a": {"uri": "lake://tables/merged/"}}, steps=[{"aggregate": {"by": ["day"], "columns": {"total": "sum(amount)"}}}],
                       write={"uri": "lake://tables/totals/", "mode": "overwrite"}),
        "Dimension": task("etl", input=good, steps=[{"dedupe": {"keys": ["id"], "order_by": ["day desc"]}}], scd2={"target": "wh.dimension", **dimension}),
        "DimensionLite": task("etl", input=good, steps=[{"dedupe": {"keys": ["id"], "order_by": ["day desc"]}}],
                              scd2={"target": "lite.dimension", **dimension}),
        "Refresh": task("refresh", connection="wh", views=[
            {"name": "by_day", "sql": "select day, count(*) as n, sum(amount) as total from appended group by day"},
            {"name": "days", "sql": "select count(*) as days, sum(n) as n from by_day"}]),
        "RefreshLess": task("refresh", connection="wh", views=[{"name": "by_name", "sql": "select name, count(*) as n from appended group by name"}],
                            incremental={"key": "name"}, only_if_stale=True),
        "Unload": task("unload", connection="wh", sql="select * from appended", to="exports/all/", partition_by=["day"], overwrite="clean_path"),
        "UnloadOne": task("unload", connection="wh", table="upserted", **{"to.$": of_round("exports/{}/")}, format="csv"),
    }


def definition():
    states = round_states()
    names = list(states)
    for name, following in zip(names, names[1:] + [None]):
        states[name]["ResultPath"] = f"$.{name}"
        states[name].update({"Next": following} if following else {"End": True})
    return {"StartAt": names[0], "States": states}


def land(data, seed, number):
    """The files of a round: the same for the same seed."""
    rng = random.Random(f"{seed} {number}")
    folder = os.path.join(data, "lake", "raw", str(number))
    os.makedirs(folder)
    for part in range(rng.randrange(1, 4)):
        lines = ["id,day,name,amount"]
        for _ in range(rng.randrange(5, 400)):
            amount = rng.choice(["-1", "x", ""]) if rng.randrange(12) == 0 else f"{rng.randrange(1, 10**6) / 100:.2f}"
            lines.append(f"{rng.randrange(1, 3000)},{rng.choice(DAYS)},{rng.choice('abcdefg')},{amount}")
        if rng.randrange(3) == 0:
            lines.append("broken")
        with open(os.path.join(folder, f"{part}.csv"), "w") as file:
            file.write("\n".join(lines) + "\n")


class Killer(threading.Thread):
    """Kills the daemon or one of its hosts, until it has done so `kills` times."""

    def __init__(self, daemon, rng, kills):
        super().__init__(daemon=True)
        self.daemon_, self.rng, self.left = daemon, rng, kills
        self.daemons = self.hosts = 0
        self.is_over, self.fault = threading.Event(), None

    def children(self):
        """The ids of the hosts."""
        path = f"/proc/{self.daemon_.process.pid}/task"
        found = []
        for thread in os.listdir(path):
            with open(f"{path}/{thread}/children") as file:
                found += [int(number) for number in file.read().split()]
        return sorted(found)

    def kill_host(self):
        try:
            hosts = self.children()
            if hosts:
                os.kill(self.rng.choice(hosts), signal.SIGKILL)
                self.hosts += 1
        except OSError:
            return False  # it has ended by itself
        return bool(hosts)

    def run(self):
        try:
            while self.left and not self.is_over.is_set():
                time.sleep(self.rng.uniform(0.02, 0.5))  # the moment of the kill is the subject of the test
                if self.rng.randrange(3):
                    self.left -= self.kill_host()
                    continue
                self.daemon_.kill()
                self.daemon_.start()
                self.daemons += 1
                self.left -= 1
        except Exception as error:  # is told at the end
            self.fault = repr(error)


def answered(daemon, action, **payload):
    """The answer; asks until there is one."""
    while True:
        try:
            return daemon.call(action, **payload)
        except (OSError, ValueError):
            time.sleep(0.02)
        except ApiError as error:
            if error.status < 500:
                raise
            time.sleep(0.02)


def run_round(daemon, arn, number):
    """Starts a round and waits for its end; gives its output."""
    name = f"round-{number}"
    run = answered(daemon, "StartExecution", stateMachineArn=arn, name=name, input=json.dumps({"round": number}))["executionArn"]
    while True:
        execution = answered(daemon, "DescribeExecution", executionArn=run)
        if execution["status"] != "RUNNING":
            break
        time.sleep(0.02)
    if execution["status"] != "SUCCEEDED":
        sys.exit(f"data_kills: {name} ended {execution['status']}: {execution.get('error')}: {execution.get('cause')}")
    return json.loads(execution["output"])


def rows_of(output):
    """Per state the numbers of rows, where it was not told that an attempt before had done the work."""
    found = {}
    for state, result in output.items():
        if not isinstance(result, dict) or "rows" not in result:
            continue
        # A repeat of a refresh that was done finds its views fresh, and says so.
        is_repeat = result.get("replayed") or (state.startswith("Refresh") and not any(view.get("changed") for view in result.get("views", []))) or (result.get("commit") or {}).get("replayed") or result.get("unchanged")
        found[state] = None if is_repeat else result["rows"]
    return found


def text_rows(rows):
    return sorted(repr(row) for row in rows)


def database_tables(connection, names, query):
    """Of each table all rows; of what tasks remember what does not depend on the time."""
    remembered = {"_stepwell_commits": "select target from {}", "_stepwell_files": "select target, uri from {}", "_stepwell_views": None}
    found = {}
    for name in names:
        sql = remembered.get(name, "select * from {}")
        if sql:
            found[name] = text_rows(query(connection, sql.format(f'"{name}"')))
    return found


def duckdb_state(path):
    with duckdb.connect(path, read_only=True) as connection:
        names = [name for name, in connection.execute("select table_name from duckdb_tables() where not temporary").fetchall()]
        return database_tables(connection, names, lambda c, sql: c.execute(sql).fetchall())


def sqlite_state(path):
    with sqlite3.connect(path) as connection:
        if connection.execute("pragma integrity_check").fetchone() != ("ok",):
            sys.exit(f"data_kills: {path} is damaged")
        names = [name for name, in connection.execute("select name from sqlite_master where type = 'table'")]
        return database_tables(connection, names, lambda c, sql: c.execute(sql).fetchall())


def read_parquet(paths):
    if not paths:
        return []
    listed = "[" + ", ".join(f"'{path}'" for path in paths) + "]"
    return text_rows(duckdb.sql(f"select * from read_parquet({listed}, hive_partitioning = false)").fetchall())


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(path, name), folder) for path, _, names in os.walk(folder) for name in names)


def logged_files(root):
    """The table's files as its log has them, and how many commits there are."""
    log, files = os.path.join(root, "_stepwell", "log"), set()
    names = sorted(name for name in os.listdir(log) if name.endswith(".json") and "checkpoint" not in name)
    for name in names:
        with open(os.path.join(log, name)) as file:
            commit = json.load(file)
        files = (files - set(commit["remove"])) | {added["path"] for added in commit["add"]}
    return files, len(names)


def table_state(root, faults):
    """Rows and commits of a lake table. Faults: what a dead writer left, and what the log and the folders do not both have."""
    logged, commits = logged_files(root)
    seen = {name for name in files_below(root) if not name.startswith("_stepwell")}
    if seen != logged:
        faults.append(f"{root}: the folders have {sorted(seen - logged)} and the log {sorted(logged - seen)} alone")
    inner = files_below(os.path.join(root, "_stepwell"))
    kept = {name[len("files/"):-len(".kept")] for name in inner if name.startswith("files/")}
    trash = {name.split("/", 2)[2][:-len(".old")] for name in inner if name.startswith("trash/")}
    if kept != logged | trash:
        faults.append(f"{root}: second names without a file {sorted(kept - logged - trash)}, files without one {sorted((logged | trash) - kept)}")
    faults += [f"{root}: {name} was left" for name in inner if name.startswith("stage/") or ".tmp-" in name]
    return {"commits": commits, "rows": read_parquet([os.path.join(root, name) for name in sorted(logged)])}


def folder_state(root, faults):
    """The names and the bytes or rows of the files below; names that carry the run stand for themselves."""
    found = {}
    for name in files_below(root):
        path = os.path.join(root, name)
        if "tmp" in os.path.basename(name):
            faults.append(f"{path} was left")
            continue
        shown = OF_A_RUN.sub("", name)
        if name.endswith(".parquet"):
            found.setdefault(shown, []).append(read_parquet([path]))
        elif not name.endswith("manifest.json"):
            with open(path, errors="replace") as file:
                found.setdefault(shown, []).append(sorted(file.read().splitlines()))
    return found


def state_of(data):
    """All that a world has left."""
    faults, lake = [], os.path.join(data, "lake")
    state = {"warehouse": duckdb_state(os.path.join(data, "warehouse.duckdb")), "sqlite": sqlite_state(os.path.join(data, "lite.sqlite"))}
    for table in sorted(os.listdir(os.path.join(lake, "tables"))):
        state["table " + table] = table_state(os.path.join(lake, "tables", table), faults)
    for folder in ("raw", "validated", "errors", "good", "quarantine"):
        state[folder] = folder_state(os.path.join(lake, folder), faults)
    state["exports"] = folder_state(os.path.join(data, "exports"), faults)
    faults += [f"tmp/{name} was left" for name in files_below(os.path.join(data, "tmp"))]
    return state, faults


def world(program, folder, seed, kills, rounds):
    """Runs `rounds` rounds, or, where it is 0, as many as `kills` kills take. Gives the state, the rounds' counts and their number."""
    data, counts = os.path.join(folder, "data"), []
    os.makedirs(data)
    config = os.path.join(folder, "stepwell.yaml")
    with open(config, "w") as file:
        json.dump({"connections": {"wh": {"type": "duckdb", "path": "warehouse.duckdb"}, "lite": {"type": "sqlite", "path": "lite.sqlite"}}}, file)
    with Daemon(program, data, "--config", config) as daemon:
        arn = daemon.call("CreateStateMachine", name="rounds", definition=json.dumps(definition()), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
        killer = Killer(daemon, random.Random(seed), kills)
        killer.start()
        while len(counts) < rounds or (not rounds and killer.is_alive()):
            land(data, seed, len(counts))
            counts.append(rows_of(run_round(daemon, arn, len(counts))))
        killer.is_over.set()
        killer.join(120)
        if killer.fault:
            sys.exit(f"data_kills: {killer.fault}")
        if kills:
            # What the last kill left is for the next writer.
            land(data, seed, len(counts))
            counts.append(rows_of(run_round(daemon, arn, len(counts))))
            print(f"  {killer.daemons} kills of the daemon, {killer.hosts} of hosts, {len(counts)} rounds", flush=True)
        daemon.stop()
    state, faults = state_of(data)
    return state, faults, counts


def differences(place, left, right):
    """Where two trees differ, in words."""
    if isinstance(left, dict) and isinstance(right, dict):
        return [line for key in sorted(set(left) | set(right)) for line in differences(f"{place}/{key}", left.get(key), right.get(key))]
    if isinstance(left, list) and isinstance(right, list) and left != right:
        gone, more = [x for x in right if x not in left], [x for x in left if x not in right]
        return [f"{place}: {len(left)} under kills, {len(right)} without; more {more[:3]}, missing {gone[:3]}"]
    return [] if left == right else [f"{place}: {str(left)[:300]} under kills, {str(right)[:300]} without"]


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", default=os.path.join(ROOT, "build/release/stepwell"))
    parse.add_argument("--kills", type=int, default=300)
    parse.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parse.add_argument("--keep", action="store_true", help="leave the folders")
    arguments = parse.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    folder = tempfile.mkdtemp(prefix="stepwell-data-kills-")
    state, faults, counts = world(arguments.stepwell, os.path.join(folder, "killed"), arguments.seed, arguments.kills, 0)
    expected, none, calm = world(arguments.stepwell, os.path.join(folder, "calm"), arguments.seed, 0, len(counts))
    faults += none + differences("", state, expected)
    for number, (killed, undisturbed) in enumerate(zip(counts, calm)):
        known = {name: rows for name, rows in killed.items() if rows is not None and undisturbed.get(name) is not None}
        faults += differences(f"round {number}", known, {name: undisturbed[name] for name in known})
    if faults:
        print("\n".join(faults[:40]))
        sys.exit(f"data_kills: {len(faults)} faults; the folders are in {folder}")
    if not arguments.keep:
        shutil.rmtree(folder)
    print(f"  tables, files, counts and what tasks remember: as without kills\n{arguments.kills} passed, 0 failed")


if __name__ == "__main__":
    main()
