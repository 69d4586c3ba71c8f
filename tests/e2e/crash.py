#!/usr/bin/env python3
"""kill -9 of the daemon at random moments: nothing accepted is lost, nothing happens twice.

Half of the kills fall into the flights pipeline, half into a mixed load (mixed_load.py). After each restart
the runs go on. At the end every accepted run has finished, no effect is missing, and no row is there
twice. The seed of the moments is printed.
"""
import argparse
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
import mixed_load  # noqa: E402

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


def flights_runs(program, source, folder, rng, kills):
    landing = os.path.join(folder, "landing")
    connection = land.land(source, landing)
    receiver = demo.Receiver()
    config = os.path.join(folder, "stepwell.yaml")
    with open(config, "w") as file:
        json.dump(demo.configuration(folder, landing, receiver), file)
    started, corrections = [], []
    document = json.dumps({"months": land.MONTHS, "landing": landing, "project": demo.HERE})
    with Daemon(program, os.path.join(folder, "data"), "--config", config, "--workflows", demo.HERE) as daemon:
        def keep_busy():
            """One run at a time; each new one finds one month corrected once more."""
            if started and daemon.call("DescribeExecution", executionArn=started[-1])["status"] == "RUNNING":
                return
            if started:
                corrections.append(1000 - 10 * len(corrections))
                land.land_month(connection, landing, demo.CORRECTED, f"* replace (least(delay, {corrections[-1]}) as delay)")
            started.append(daemon.call("StartExecution", stateMachineArn=daemon.workflow("flights"), name=f"flights-{len(started)}",
                                       input=document)["executionArn"])
        kill_in_the_middle(daemon, rng, kills, 2.5, keep_busy)
        for arn in started:
            execution = daemon.ended(arn)
            if execution["status"] != "SUCCEEDED":
                sys.exit(f"crash: {arn} ended {execution['status']}: {execution.get('error')}: {execution.get('cause')}")
        print(f"  flights runs, all SUCCEEDED: {len(started)}")
        wait_until(lambda: len(receiver.messages) >= len(started), 60, "a notification for each run")
        daemon.stop()
    cap = corrections[-1] if corrections else 10**6
    plain = connection.sql(f"select count(*), sum(case when strftime(departed_at, '%Y-%m') = '{demo.CORRECTED}' then least(delay, {cap}) "
                           "else delay end), sum(distance) from flights").fetchone()
    with duckdb.connect(os.path.join(folder, "data", "warehouse.duckdb"), read_only=True) as warehouse:
        check("flights, delay, distance in the warehouse", plain, warehouse.sql("select count(*), sum(delay), sum(distance) from raw.flights").fetchone())
        check("distinct flights", plain[0], warehouse.sql("select count(distinct flight_id) from raw.flights").fetchone()[0])
        check("flights in the summary", plain[0], int(warehouse.sql("select sum(flights) from analytics.daily_summary").fetchone()[0]))
    lake = f"read_parquet('{folder}/data/lake/curated/flights/*/*.parquet')"
    check("flights, delay in the lake", plain[:2], duckdb.sql(f"select count(*), sum(delay) from {lake}").fetchone())


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", default=os.path.join(ROOT, "build/release/stepwell"))
    parse.add_argument("--source", required=True, help="the folder with flights-3m.parquet and airports.csv")
    parse.add_argument("--kills", type=int, default=100, help="in all")
    parse.add_argument("--only", choices=["mixed", "flights"], help="all kills fall into this one")
    parse.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parse.parse_args()
    print(f"seed {arguments.seed}")
    rng, source = random.Random(arguments.seed), os.path.abspath(arguments.source)
    tests = {"mixed": lambda folder, kills: mixed_load.run(arguments.stepwell, folder, rng, kills, check, kill_in_the_middle),
             "flights": lambda folder, kills: flights_runs(arguments.stepwell, source, folder, rng, kills)}
    names = [arguments.only] if arguments.only else list(tests)
    for name in names:
        folder = tempfile.mkdtemp(prefix=f"stepwell-crash-{name}-")
        print(name, flush=True)
        tests[name](folder, arguments.kills // len(names))
        shutil.rmtree(folder)
    print(f"{len(names)} passed, 0 failed")


if __name__ == "__main__":
    main()
