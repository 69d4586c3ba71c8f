#!/usr/bin/env python3
"""The main job on real data: three million flights, seven monthly files, one pipeline.

Lands the files, starts a daemon, and runs the pipeline three times: on everything, again on the same
files (nothing may change), and with one corrected month (only that month may change). Then it holds
the warehouse against plain SQL over the source, and serves the dashboard until Ctrl-C (`--once`: it ends
there). `./dev demo` calls it once everything is installed.
"""
import argparse
import hashlib
import hmac
import http.server
import json
import os
import shutil
import sys
import threading
import time
import urllib.request

import duckdb

import land

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "tests", "support"))
from daemon import Daemon  # noqa: E402

KEY = "the-demo's-signing-key"
CORRECTED = "2001-03"


class Receiver(http.server.ThreadingHTTPServer):
    """The team's chat, or whatever takes the webhook: checks the signature and keeps the message."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages, self.refused = [], 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        fields = dict(f.split("=", 1) for f in self.headers.get("X-Stepwell-Signature", "").split(",") if "=" in f)
        signed = hmac.new(KEY.encode(), fields.get("t", "").encode() + b"." + body, hashlib.sha256).hexdigest()
        if hmac.compare_digest(signed, fields.get("v1", "")):
            self.server.messages.append(json.loads(body))
            self.send_response(204)
        else:
            self.server.refused += 1
            self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def configuration(folder, landing, receiver):
    return {
        "allowed_roots": [landing, HERE],  # the files, and the models
        "connections": {"wh": {"type": "duckdb", "path": os.path.join(folder, "data", "warehouse.duckdb")}},
        "notifications": {"channels": {"reports": {
            "type": "webhook", "url": f"http://127.0.0.1:{receiver.server_port}/hook", "hmac": KEY}}},
    }


def results(daemon, arn):
    """(state, seconds, result) of each task of a run, in the order of their ends."""
    events = {e["id"]: e for e in daemon.history(arn)}
    found = []
    for event in events.values():
        if event["type"] != "TaskSucceeded":
            continue
        entered = event
        while entered["type"] != "TaskStateEntered":
            entered = events[entered["previousEventId"]]
        result = json.loads(event["taskSucceededEventDetails"]["output"])
        found.append((entered["stateEnteredEventDetails"]["name"], event["timestamp"] - entered["timestamp"], result))
    return found


def summary(result):
    rows = {k: v for k, v in (result.get("rows") or {}).items() if v}
    parts = [f"{v:,} {k}" for k, v in rows.items()]
    nodes = result.get("nodes")
    if nodes:
        parts.append(", ".join(f"{v} {k}" for k, v in nodes.items() if v and k != "total"))
    for output in result.get("outputs") or []:
        if output.get("partitions_replaced"):
            parts.append("replaced " + ", ".join(output["partitions_replaced"]))
    if result.get("views"):
        parts.append(", ".join(f"{v['name']}: {v['mode']}" for v in result["views"]))
    if result.get("skipped"):
        parts.append(", ".join(f"{v['name']}: {v['reason']}" for v in result["skipped"] if isinstance(v, dict)))
    return "; ".join(parts) or result.get("status", "")


def run(daemon, title, landing):
    begun = time.monotonic()
    execution = daemon.run("flights", {"months": land.MONTHS, "landing": landing, "project": HERE})
    steps = results(daemon, execution["executionArn"])
    print(f"\n{title}: {execution['status']} in {time.monotonic() - begun:.1f} s")
    for state, seconds, result in steps:
        print(f"  {state:14} {seconds:6.2f} s  {summary(result)}")
    if execution["status"] != "SUCCEEDED":
        sys.exit(f"{title}: {execution.get('error')}: {execution.get('cause')}")
    return steps


def total(steps, state, key):
    return sum((result.get("rows") or {}).get(key, 0) for name, _, result in steps if name == state)


def expect(what, want, got):
    if want != got:
        sys.exit(f"demo: expected {what} to be {want}, but it is {got}")
    print(f"  {what}: {got if not isinstance(got, int) else format(got, ',')}")


def check_first(steps):
    expect("rows validated", 3_000_000 + land.BAD_COUNT, total(steps, "Validate", "read"))
    expect("rows quarantined", land.BAD_COUNT, total(steps, "Validate", "rejected"))
    expect("rows inserted", 3_000_000, total(steps, "Load flights", "inserted"))


def check_nothing_changed(steps):
    for state in ("Load airports", "Load flights"):
        for key in ("inserted", "updated", "deleted"):
            expect(f"{state}, rows {key}", 0, total(steps, state, key))
    replaced = [p for _, _, r in steps for o in r.get("outputs") or [] for p in o.get("partitions_replaced") or []]
    expect("partitions replaced", [], replaced)


def check_correction(steps, changed):
    expect("rows inserted", 0, total(steps, "Load flights", "inserted"))
    expect("rows updated", changed, total(steps, "Load flights", "updated"))
    replaced = [p for _, _, r in steps for o in r.get("outputs") or [] for p in o.get("partitions_replaced") or []]
    expect("partitions replaced", [f"flight_month={CORRECTED}"], replaced)


def check_totals(source, warehouse):
    """The warehouse against one plain query over the source, corrected as the demo corrected it."""
    delay = f"case when strftime(date, '%Y-%m') = '{CORRECTED}' and delay > 1000 then 1000 else delay end"
    plain = duckdb.sql(f"""
        select cast(date as date) as day, origin, count(*), sum({delay}), sum(distance), count(*) filter (where {delay} > 15)
        from read_parquet('{source}/flights-3m.parquet') group by 1, 2 order by 1, 2""").fetchall()
    with duckdb.connect(warehouse, read_only=True) as connection:
        ours = connection.sql("select flight_date, origin, flights, delay_minutes, miles, late_flights "
                              "from analytics.daily_summary order by 1, 2").fetchall()
        airports = connection.sql("select sum(flights), sum(late_flights) from analytics.mv_airport_delays").fetchone()
        ids = connection.sql("select count(*), count(distinct flight_id) from raw.flights").fetchone()
    expect("flights in the warehouse, and distinct ones", (3_000_000, 3_000_000), ids)
    expect("rows of daily_summary", len(plain), len(ours))
    if plain != ours:
        first = next((a, b) for a, b in zip(plain, ours) if a != b)
        sys.exit(f"demo: daily_summary differs from the plain query, first at {first}")
    expect("flights in the refreshed view", 3_000_000, int(airports[0]))
    print("  daily_summary equals the plain SQL query over the source, row by row")


def serve(daemon):
    """Until Ctrl-C: the daemon with what it has run, and the link that signs a browser in."""
    daemon.start()
    asked = urllib.request.Request(f"http://127.0.0.1:{daemon.port}/api/v1/session/link", method="POST", headers=daemon.headers)
    with urllib.request.urlopen(asked) as answer:
        link = json.load(answer)["path"]
    print(f"""
The dashboard: http://127.0.0.1:{daemon.port}{link}
  The link is good once, for ten minutes; `{daemon.command[0]} open --data {os.path.relpath(daemon.data)}` makes another. Ctrl-C ends the daemon.""", flush=True)
    try:
        daemon.process.wait()
    except KeyboardInterrupt:
        daemon.stop()


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", default="build/release/stepwell")
    parse.add_argument("--source", required=True, help="the folder with flights-3m.parquet and airports.csv")
    parse.add_argument("--folder", default="build/demo", help="where the demo works; emptied first")
    parse.add_argument("--once", action="store_true", help="end after the runs, where nobody looks at the dashboard")
    arguments = parse.parse_args()
    folder, source = os.path.abspath(arguments.folder), os.path.abspath(arguments.source)
    landing = os.path.join(folder, "landing")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)

    begun = time.monotonic()
    connection = land.land(source, landing)
    print(f"Landed {len(land.MONTHS)} monthly files ({sum(e.stat().st_size for e in os.scandir(landing)) / 1e6:.0f} MB) "
          f"in {landing}, {land.BAD_COUNT} bad rows among them ({time.monotonic() - begun:.1f} s)")
    receiver = Receiver()
    config = os.path.join(folder, "stepwell.yaml")
    with open(config, "w") as file:
        json.dump(configuration(folder, landing, receiver), file, indent=2)  # JSON is YAML

    with Daemon(arguments.stepwell, os.path.join(folder, "data"), "--config", config, "--workflows", HERE, is_open=False) as daemon:
        print(f"The daemon listens on http://127.0.0.1:{daemon.port}")
        check_first(run(daemon, "First run", landing))
        check_nothing_changed(run(daemon, "Second run, same files", landing))
        land.land_month(connection, landing, CORRECTED, "* replace (least(delay, 1000) as delay)")
        changed = connection.sql(f"select count(*) from flights where strftime(departed_at, '%Y-%m') = '{CORRECTED}' and delay > 1000").fetchone()[0]
        check_correction(run(daemon, f"Third run, {CORRECTED} corrected", landing), changed)
        deadline = time.monotonic() + 30
        while len(receiver.messages) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        print("\nTotals")
        expect("notifications received, signature good", 3, len(receiver.messages))
        expect("notifications with a bad signature", 0, receiver.refused)
        daemon.stop()
    check_totals(source, os.path.join(folder, "data", "warehouse.duckdb"))
    shown = os.path.relpath(folder)
    print(f"""
Where to look
  {arguments.stepwell} list runs --data {shown}/data
  {arguments.stepwell} history RUN --data {shown}/data
  {shown}/data/lake/curated/flights     partitioned Parquet
  {shown}/data/lake/quarantine/flights  the bad rows, with reasons
  {shown}/data/warehouse.duckdb         the warehouse
1 passed, 0 failed""")
    if not arguments.once:
        serve(daemon)


if __name__ == "__main__":
    main()
