#!/usr/bin/env python3
"""Speed, as figures of one run on one machine: each beside what limits it (the disk's fsync, plain DuckDB).

Prints a table of figure, goal and whether it is met; --json FILE writes the same for programs. Nothing
here passes or fails: what misses its goal is said.
"""
import argparse
import functools
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import duckdb

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path[:0] = [os.path.join(ROOT, "tests", "support"), os.path.join(ROOT, "workflows", "flights")]
from daemon import Daemon, wait_until  # noqa: E402
import data_rows  # noqa: E402
import demo  # noqa: E402
import entrances  # noqa: E402
import hard_questions  # noqa: E402
import jsonata_speed  # noqa: E402
import land  # noqa: E402
import run_lists  # noqa: E402
import stalls  # noqa: E402
import web_pages  # noqa: E402

RELEASE = os.path.join(ROOT, "build", "release")
PROGRAM = os.path.join(RELEASE, "stepwell")
LOAD = os.path.join(RELEASE, "tests", "bench", "http_bench")
PARTS = ["engine", "jsonata", "http", "live", "tasks", "hard", "stalls", "lists", "web", "data", "rows", "many-rows"]

MANY_ROWS = 20_000_000


class Table:
    """Prints each row as it comes; without `prefix` it is the program's own."""

    def __init__(self, prefix=""):
        self.rows, self.prefix = [], prefix

    def add(self, name, value, unit, goal=None, more_is_better=True, note=""):
        met = None if goal is None else (value >= goal if more_is_better else value <= goal)
        self.rows.append({"name": name, "value": value, "unit": unit, "goal": goal, "met": met, "note": note})
        shown = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
        target = "" if goal is None else f"goal {'≥' if more_is_better else '≤'} {goal:g}  {'met' if met else 'MISSED'}"
        print(f"{self.prefix + name:58} {shown:>12} {unit:10} {target:28} {note}", flush=True)


@functools.cache
def has_open_door(program):
    """A program of before the closed door knows no --open, and asks nobody for a credential."""
    return b"--open" in subprocess.run([program, "serve", "--help"], stdout=subprocess.PIPE, check=True).stdout


def serving(program, data, *arguments):
    return Daemon(program, data, *arguments, is_open=True if has_open_door(program) else None)


def side_by_side(table, part, program, other):
    """One part with both programs, one after the other; then how the first compares, row by row."""
    mine, theirs = Table(), Table("against: ")
    part(theirs, other)
    part(mine, program)
    table.rows += mine.rows
    before = {row["name"]: row["value"] for row in theirs.rows}
    for row in mine.rows:
        if before.get(row["name"]):
            table.add(f"ratio: {row['name']}", row["value"] / before[row["name"]], "x")


def engine_figures(table, quick):
    """Figures from inside the engine: tests/bench/engine_bench.cpp prints one JSON object a line."""
    program = os.path.join(RELEASE, "tests", "bench", "engine_bench")
    command = [program, *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            figure = json.loads(line)
            table.add(figure["name"], figure["value"], figure["unit"], figure.get("goal"), figure.get("more_is_better", True), figure.get("note", ""))
    stalls.turn_figures(table, program)


def http_figures(table, quick, program):
    """Durable StartExecution over HTTP, by a load generator in C++ on the same two cores."""
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    with serving(program, os.path.join(folder, "data")) as daemon:
        table.add("cold start until it answers", daemon_start(program, folder) * 1000, "ms", 50, False)
        machine = daemon.call("CreateStateMachine", name="bench", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
        table.add("idle resident memory", resident_mb(daemon.process.pid), "MB", 20, False)
        for clients in (1, 16, 256):
            out = subprocess.run([LOAD, "--port", str(daemon.port), "--machine", machine,
                                  "--clients", str(clients), "--seconds", "1" if quick else "5"], capture_output=True, text=True, check=True).stdout
            figure = json.loads(out.splitlines()[-1])
            table.add(f"StartExecution/s over HTTP, {clients} clients", figure["per_second"], "1/s", 20000 if clients == 256 else None,
                      note=f"p99 {figure['p99_ms']:.2f} ms")
        daemon.stop()
    shutil.rmtree(folder)


def daemon_start(program, folder):
    """Seconds from exec until a fresh daemon has answered; the median of nine."""
    times = []
    for n in range(9):
        daemon = serving(program, os.path.join(folder, f"cold-{n}"))
        with daemon:
            begun = time.monotonic()
            daemon.kill()
            begun = time.monotonic()
            daemon.start()
            daemon.call("ListStateMachines")
            times.append(time.monotonic() - begun)
            daemon.stop()
    return sorted(times)[len(times) // 2]


def resident_mb(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:")) / 1000


def live_figures(table, quick, program):
    """GET /api/v1/runs while 1,000 listeners wait for events that do not come, and runs are started all the time."""
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}}
    with serving(program, os.path.join(folder, "data")) as daemon:
        machine = daemon.call("CreateStateMachine", name="bench", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
        for listeners in (0, 1000):
            sockets = [listen(daemon.port) for _ in range(listeners)]
            seconds = 2 if quick else 8
            command = [LOAD, "--port", str(daemon.port), "--machine", machine, "--clients", "4", "--seconds", str(seconds)]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
                times = request_times(daemon.port, "/api/v1/runs", running)
                started = json.loads(running.stdout.read().splitlines()[-1])["per_second"]
            table.add(f"GET /api/v1/runs, {listeners} SSE clients, p99", times[len(times) * 99 // 100] * 1000, "ms", 10, False,
                      note=f"p50 {times[len(times) // 2] * 1000:.2f} ms over {len(times)}, beside {started:,.0f} starts/s")
            for one in sockets:
                one.close()
        daemon.stop()
    shutil.rmtree(folder)


def listen(port):
    """A connection that has begun to listen to what never happens."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(b"GET /api/v1/events?types=ExecutionTimedOut HTTP/1.1\r\nHost: localhost\r\n\r\n")
    if b" 200 " not in connection.recv(200):
        raise RuntimeError("expected a stream")
    return connection


def request_times(port, path, running):
    """Seconds of each request over one connection, sorted, as long as `running` runs."""
    connection, times = http.client.HTTPConnection("127.0.0.1", port), []
    while running.poll() is None:
        begun = time.perf_counter()
        connection.request("GET", path)
        connection.getresponse().read()
        times.append(time.perf_counter() - begun)
        time.sleep(0.002)
    return sorted(times)


def cpu_seconds(pid):
    """What a process and its task hosts have computed so far, with the commands that have ended."""
    pids = [pid]
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as file:
            pids += [int(child) for child in file.read().split()]
    ticks = 0
    for each in pids:
        with open(f"/proc/{each}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += sum(int(field) for field in fields[11 : 13 if each == pid else 15])
    return ticks / os.sysconf("SC_CLK_TCK")


def task_runs(table, quick, program):
    """Runs a second of five tasks through warm task hosts, and of five `true` in a shell."""
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    tasks = {"echo": ("stepwell:echo", {"x": 1}, 4000, 2000 if quick else 8000), "shell `true`": ("stepwell:shell", {"command": ["true"]}, 300, 100 if quick else 1000)}
    with serving(program, os.path.join(folder, "data")) as daemon:
        for name, (resource, parameters, goal, count) in tasks.items():
            states = {f"T{n}": {"Type": "Task", "Resource": resource, "Parameters": parameters, "Next": f"T{n + 1}"} for n in range(5)}
            states["T4"].pop("Next")
            states["T4"]["End"] = True
            machine = daemon.call("CreateStateMachine", name=f"five-{resource.split(':')[1]}", definition=json.dumps({"StartAt": "T0", "States": states}),
                                  roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
            daemon.ended(daemon.call("StartExecution", stateMachineArn=machine)["executionArn"])  # warms the hosts
            begun, computed = time.monotonic(), cpu_seconds(daemon.process.pid)
            subprocess.run([LOAD, "--port", str(daemon.port), "--machine", machine, "--clients", "64", "--count", str(count)], capture_output=True, check=True)
            wait_until(lambda: not daemon.call("ListExecutions", stateMachineArn=machine, statusFilter="RUNNING", maxResults=1)["executions"], 300, "all runs to end")
            table.add(f"runs/s of five {name} tasks", count / (time.monotonic() - begun), "1/s", goal)
            # Beside other work on the machine this tells more than the row above.
            table.add(f"CPU for a run of five {name} tasks", (cpu_seconds(daemon.process.pid) - computed) / count * 1e6, "us")
        daemon.stop()
    shutil.rmtree(folder)


def flights_run(daemon, landing):
    """A run of the demo's pipeline; one that fails early would look fast."""
    execution = daemon.run("flights", {"months": land.MONTHS, "landing": landing, "project": demo.HERE})
    if execution["status"] != "SUCCEEDED":
        raise RuntimeError(f"expected the pipeline to succeed, but it {execution['status']}: {execution.get('error')}: {execution.get('cause')}")
    return execution


def data_figures(table, source, program):
    """The demo's data steps against the same SQL in plain DuckDB, both cold, on the same files."""
    folder = tempfile.mkdtemp(prefix="stepwell-bench-")
    landing = os.path.join(folder, "landing")
    land.land(source, landing).close()
    receiver = demo.Receiver()
    config = os.path.join(folder, "stepwell.yaml")
    with open(config, "w") as file:
        json.dump(demo.configuration(folder, landing, receiver), file)
    with serving(program, os.path.join(folder, "data"), "--config", config, "--workflows", demo.HERE) as daemon:
        execution = flights_run(daemon, landing)
        computed = cpu_seconds(daemon.process.pid)
        spent = {}
        for state, seconds, _ in demo.results(daemon, execution["executionArn"]):
            spent[state] = spent.get(state, 0) + seconds
        wall = execution["stopDate"] - execution["startDate"]
        again = flights_run(daemon, landing)
        computed_again = cpu_seconds(daemon.process.pid) - computed
        daemon.stop()
    begun = time.process_time()
    plain = plain_seconds(landing, os.path.join(folder, "plain"))
    computed_plain = time.process_time() - begun
    table.add("demo pipeline, wall time", wall, "s")
    table.add("the same SQL in plain DuckDB, wall time", sum(plain.values()), "s", note=", ".join(f"{k} {v:.2f}" for k, v in plain.items()))
    # Beside other work on the machine this tells more than the row behind it.
    table.add("CPU of the pipeline to plain DuckDB", computed / computed_plain, "x", 1.05, False, note=f"{computed:.2f} s against {computed_plain:.2f} s")
    table.add("pipeline to plain DuckDB", wall / sum(plain.values()), "x", 1.05, False, note=", ".join(f"{k} {v:.2f}" for k, v in spent.items()))
    for what, value in (("time", (again["stopDate"] - again["startDate"]) / wall), ("CPU", computed_again / computed)):
        table.add(f"second run of the pipeline, nothing changed, {what}", value, "x", 0.2, False)
    shutil.rmtree(folder)


def plain_seconds(landing, folder):
    """What the pipeline does, as SQL by hand: read and check, partition, load with a key, model, refresh."""
    os.makedirs(folder)
    connection = duckdb.connect(os.path.join(folder, "plain.duckdb"))
    spent = {}

    def timed(name, *statements):
        begun = time.monotonic()
        for statement in statements:
            connection.execute(statement)
        spent[name] = spent.get(name, 0) + time.monotonic() - begun

    airports = f"read_csv('{landing}/airports.csv', header = true)"
    timed("load", "create schema raw", "create schema analytics", f"create table raw.airports as select * from {airports}", "alter table raw.airports add primary key (iata)")
    names = ["flight_id", "departed_at", "delay", "distance", "origin", "destination"]
    columns = ", ".join(f"'{n}': 'VARCHAR'" for n in names)
    for month in land.MONTHS:
        source = (f"read_csv('{landing}/flights-{month}.csv', header = true, columns = {{{columns}}}, auto_detect = false, delim = ',', quote = '\"', "
                  "ignore_errors = true)")
        timed("validate", f"""copy (select * from (select try_cast(flight_id as bigint) flight_id, try_cast(departed_at as timestamp) departed_at,
            try_cast(delay as integer) delay, try_cast(distance as integer) distance, origin, destination from {source})
            where flight_id is not null and departed_at is not null and delay between -2000 and 3000 and distance > 0
              and regexp_matches(origin, '^[A-Z0-9]{{3}}$') and regexp_matches(destination, '^[A-Z0-9]{{3}}$')
              and origin in (select iata from raw.airports) and destination in (select iata from raw.airports)
            qualify count(*) over (partition by flight_id) = 1)
            to '{folder}/flights-{month}.parquet' (format parquet, compression zstd)""")
    timed("etl", f"""copy (select *, strftime(departed_at, '%Y-%m') flight_month, delay > 15 is_late from read_parquet('{folder}/flights-*.parquet')
        order by flight_id) to '{folder}/lake' (format parquet, partition_by (flight_month), compression zstd)""")
    timed("load", f"create table raw.flights as select *, now() _loaded_at from read_parquet('{folder}/lake/*/*.parquet', hive_partitioning = true)",
          "alter table raw.flights add primary key (flight_id)")
    timed("transform", "create table analytics.dim_airport as select iata airport_id, name, city, state, country, latitude, longitude from raw.airports",
          """create view analytics.fct_flights as select f.*, cast(departed_at as date) flight_date, o.name origin_name
             from raw.flights f left join analytics.dim_airport o on o.airport_id = f.origin""",
          """create table analytics.daily_summary as select flight_date, origin, any_value(origin_name) origin_name, count(*) flights, sum(delay) delay_minutes,
             sum(distance) miles, count(*) filter (where is_late) late_flights, max(_loaded_at) _loaded_at from analytics.fct_flights group by 1, 2""",
          "select count(*) from analytics.fct_flights where origin is null",
          "select count(*) from analytics.fct_flights f anti join analytics.dim_airport a on a.airport_id = f.origin where f.origin is not null",
          "select is_late, count(*) from analytics.fct_flights group by 1")
    timed("refresh", "create table analytics.mv_airport_delays as select origin, sum(flights) flights from analytics.daily_summary group by 1")
    connection.close()
    return spent


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--quick", action="store_true", help="smaller counts: a minute instead of ten")
    parse.add_argument("--source", default=os.path.join(ROOT, "build/third_party/vega-datasets"))
    parse.add_argument("--only", action="append", choices=PARTS)
    parse.add_argument("--stepwell", default=PROGRAM, help="the program to measure")
    parse.add_argument("--against", help="another program, measured beside it where a part needs nothing but the program")
    parse.add_argument("--json", help="write the figures to this file")
    arguments = parse.parse_args()
    table, quick, source = Table(), arguments.quick, os.path.abspath(arguments.source)
    parts = {"http": lambda t, p: http_figures(t, quick, p), "live": lambda t, p: live_figures(t, quick, p),
             "tasks": lambda t, p: task_runs(t, quick, p), "hard": lambda t, p: hard_questions.figures(t, serving, p, LOAD, quick, resident_mb),
             "stalls": lambda t, p: (stalls.figures(t, serving, p, quick), entrances.figures(t, serving, p, quick)),
             "lists": lambda t, p: run_lists.figures(t, serving, p, quick, resident_mb),
             "web": lambda t, p: web_pages.figures(t, serving, p, quick), "data": lambda t, p: data_figures(t, source, p),
             "rows": lambda t, p: data_rows.figures(t, source, serving, p),
             "many-rows": lambda t, p: data_rows.figures(t, source, serving, p, rows=data_rows.ROWS if quick else MANY_ROWS)}
    for name in arguments.only or PARTS:
        if name == "engine":
            engine_figures(table, quick)
        elif name == "jsonata":
            jsonata_speed.figures(table, os.path.join(RELEASE, "tests", "bench", "jsonata_bench"), os.path.join(ROOT, "build/third_party/jsonata/jsonata.js"), quick)
        elif arguments.against:
            side_by_side(table, parts[name], os.path.abspath(arguments.stepwell), os.path.abspath(arguments.against))
        else:
            parts[name](table, os.path.abspath(arguments.stepwell))
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(table.rows, file, indent=2)


if __name__ == "__main__":
    main()
