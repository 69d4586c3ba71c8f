#!/usr/bin/env python3
"""Holds the daemon against executions that AWS Step Functions has recorded.

The recordings and the comparison are in ../shared/conformance/asl; here a daemon is started for them,
for the areas below. Exits with 1 where fewer than --fail-under percent are met in full.
"""
import argparse
import fnmatch
import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from daemon import Daemon  # noqa: E402
from fake_aws import FakeAws  # noqa: E402

RECORDINGS = os.environ.get("STEPWELL_RECORDINGS", os.path.join(ROOT, "..", "shared", "conformance", "asl"))
AREAS = ["assign_*", "base_*", "choice_operators_*", "context_object_*", "error_handling_*", "intrinsic_functions_*",
         "scenarios_*", "timeouts_*", "services_*", "sfn_api", "sfn_api_express", "sfn_api_validation", "express_*", "evaluate_jsonata_*", "outputdecl_*", "query_language_*", "states_variables_*",
         "state_*"]


def select(folder):
    """Writes the cases that are to be met into `folder`; returns how many."""
    count = 0
    for path in sorted(glob.glob(os.path.join(RECORDINGS, "cases", "*.json"))):
        name = os.path.basename(path)[:-len(".json")]
        if not any(fnmatch.fnmatchcase(name, area) for area in AREAS):
            continue
        with open(path) as file:
            cases = json.load(file)
        count += len(cases)
        with open(os.path.join(folder, os.path.basename(path)), "w") as file:
            json.dump(cases, file)
    return count


def compare(program, folder, config, cases, arguments):
    """The statuses with which the comparison and the daemon ended."""
    with Daemon(program, os.path.join(folder, "data"), "--account", "111111111111", "--config", config, "--functions",
                os.path.join(RECORDINGS, "functions")) as daemon:
        status = subprocess.run([sys.executable, os.path.join(RECORDINGS, "run.py"), "--endpoint", f"http://127.0.0.1:{daemon.port}",
                                 "--cases", cases, "--show", arguments.show, "--list", arguments.list,
                                 "--fail-under", arguments.fail_under]).returncode
        return status, daemon.stop()


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", help="the program; STEPWELL_BIN wins over it")
    parse.add_argument("--fail-under", default="90")
    parse.add_argument("--show", default="60")
    parse.add_argument("--list", default=os.devnull)
    arguments = parse.parse_args()
    program = os.environ.get("STEPWELL_BIN", arguments.stepwell)
    with tempfile.TemporaryDirectory(prefix="stepwell-conformance-") as folder:
        cases = os.path.join(folder, "cases")
        os.makedirs(cases)
        if select(cases) == 0:
            sys.exit(f"expected recordings in {RECORDINGS}, but there are none")
        config = os.path.join(folder, "stepwell.yaml")
        with FakeAws() as fake:
            with open(config, "w") as file:
                file.write(f"aws: {{endpoint: '{fake.endpoint}', access_key_id: t, secret_access_key: t, python: /usr/bin/python3}}\n")
            status, stopped = compare(program, folder, config, cases, arguments)
    if stopped != 0:
        sys.exit(f"expected the daemon to end with 0, but it ended with {stopped}")
    sys.exit(status)


if __name__ == "__main__":
    main()
