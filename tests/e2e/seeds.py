#!/usr/bin/env python3
"""The two Step Functions definitions that users bring, byte for byte, run with bindings.

Each is run once to its success notification and once through its Catch to the failure notification.
"""
import argparse
import http.server
import json
import os
import shutil
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import Daemon, wait_until  # noqa: E402

DEFINITIONS = os.path.join(ROOT, "..", "shared", "seeds", "extracted")
SEEDS = os.path.join(ROOT, "workflows", "seeds")

ORDERS = """order_id,customer_id,order_date,order_amount
1,C1,2024-01-14,120.50
2,C2,2024-01-15,9.99
3,C1,2024-01-15,1000
"""
CUSTOMERS = """customer_id,email,lifetime_value,updated_date
C1,  Ann@Example.com ,10000.01,2024-01-10
C1,ann@example.com,12000,2024-01-14
C2,bob@example.com,1000,2024-01-11
"""
TRANSACTIONS = """transaction_id,customer_id,amount,transaction_date
T1,C1,10.00,2024-01-15
T2,C2,20.50,2024-01-15
"""


class Receiver(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append((self.path, body.decode()))
        self.send_response(204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def prepare(folder, receiver):
    """A copy of the seeds' configuration that notifies our receiver, and the files that it reads."""
    with open(os.path.join(SEEDS, "stepwell.yaml")) as file:
        text = file.read().replace("http://127.0.0.1:9/", f"http://127.0.0.1:{receiver.server_port}/")
    write(os.path.join(folder, "stepwell.yaml"), f"allowed_roots: [{folder}]\n" + text)
    shutil.copytree(os.path.join(SEEDS, "models"), os.path.join(folder, "models"))
    write(os.path.join(folder, "raw/orders.csv"), ORDERS)
    write(os.path.join(folder, "raw/transactions.csv"), TRANSACTIONS)
    write(os.path.join(folder, "data/lake/raw/customers.csv"), CUSTOMERS)
    for name in ("daily-analytics-refresh", "banking-data-etl"):
        shutil.copy(os.path.join(DEFINITIONS, f"{name}.asl.json"), os.path.join(folder, "workflows"))


def states(daemon, arn):
    return [e["stateEnteredEventDetails"]["name"] for e in daemon.history(arn) if "stateEnteredEventDetails" in e]


def case(name, daemon, receiver, workflow, document, want_states, want_message):
    """One run: it succeeds, through these states, with this notification."""
    before = len(receiver.messages)
    execution = daemon.run(workflow, document)
    if execution["status"] != "SUCCEEDED":
        raise AssertionError(f"{name}: {execution['status']} {execution.get('error')}: {execution.get('cause')}")
    got = states(daemon, execution["executionArn"])
    if got != want_states:
        raise AssertionError(f"{name}: expected the states {want_states}, but they were {got}")
    wait_until(lambda: len(receiver.messages) > before, 20, "the notification")
    path, body = receiver.messages[-1]
    if path != want_message[0] or want_message[1] not in json.dumps(json.loads(body), ensure_ascii=False):
        raise AssertionError(f"{name}: expected the notification {want_message}, but it was {path} {body}")
    print(f"{name}: {' -> '.join(got)}")


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", default=os.path.join(ROOT, "build/release/stepwell"))
    arguments = parse.parse_args()
    folder = tempfile.mkdtemp(prefix="stepwell-seeds-")
    receiver = Receiver()
    os.makedirs(os.path.join(folder, "workflows"))
    prepare(folder, receiver)
    orders = {"execution_date": "2024-01-15", "orders": f"{folder}/raw/orders.csv"}
    banking = {"execution_date": "2024-01-15", "transactions": f"{folder}/raw/transactions.csv"}
    daily_states = ["Validate Source Data", "Run Glue ETL Job", "Load to Redshift", "Run dbt Transformations", "Refresh Materialized Views"]
    banking_states = ["ValidateFiles", "RunGlueJob", "LoadToRedshift", "RefreshViews"]
    with Daemon(arguments.stepwell, os.path.join(folder, "data"), "--config", os.path.join(folder, "stepwell.yaml"),
                "--workflows", os.path.join(folder, "workflows")) as daemon:
        case("daily, success", daemon, receiver, "daily-analytics-refresh", orders, daily_states + ["Send Success Notification"],
             ("/success", "✅ Daily analytics refresh completed successfully"))
        case("banking, success", daemon, receiver, "banking-data-etl", banking, banking_states + ["SendNotification"],
             ("/success", "Banking data pipeline completed successfully"))
        daemon.stop()
    # A column that the views need is gone from the bound SQL: the refresh fails, and the Catch takes over.
    config = os.path.join(folder, "stepwell.yaml")
    with open(config) as file:
        text = file.read().replace("sum(net_amount) as net_revenue", "sum(gross_amount) as net_revenue").replace("sum(amount) as balance", "sum(amounts) as balance")
    write(config, text)
    with Daemon(arguments.stepwell, os.path.join(folder, "data"), "--config", config,
                "--workflows", os.path.join(folder, "workflows")) as daemon:
        case("daily, caught", daemon, receiver, "daily-analytics-refresh", orders, daily_states + ["Send Failure Notification"], ("/failure", "E_"))
        case("banking, caught", daemon, receiver, "banking-data-etl", banking, banking_states + ["HandleError"], ("/failure", "E_"))
        daemon.stop()
    shutil.rmtree(folder)
    print("4 passed, 0 failed")


if __name__ == "__main__":
    main()
