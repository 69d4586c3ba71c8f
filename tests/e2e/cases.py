#!/usr/bin/env python3
"""Small pipelines made of public bug reports of other products: each says what right is, and this runs them all.

The cases stand beside the project (`../shared/cases`, or --cases). They are run from a copy, whose lib.sh is
followed by cases_lib.sh. Those that are known to fail stand in cases_open.txt with the reason: one of them
that passes fails the run, so that the list stays true.

    python3 tests/e2e/cases.py --stepwell build/release/stepwell [--only 060 ...]
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DUCKDB = os.path.join(ROOT, "build/third_party/duckdb/libduckdb.so")
LIMIT_SECONDS = 400


def copied(cases, folder):
    """A copy of the cases in which today's API is spoken."""
    copy = os.path.join(folder, "cases")
    shutil.copytree(cases, copy)
    with open(os.path.join(copy, "lib.sh"), "a") as lib:
        lib.write(open(os.path.join(HERE, "cases_lib.sh")).read())
    return copy


def known_open():
    """What cases_open.txt lists: number -> reason."""
    lines = open(os.path.join(HERE, "cases_open.txt")).read().splitlines()
    return dict(line.split(None, 1) for line in lines if line and not line.startswith("#"))


def run(copy, name, stepwell, clients):
    """Runs one case; whether it passed, and its output."""
    environment = {"STEPWELL_DUCKDB_LIB": DUCKDB, **os.environ, "STEPWELL": stepwell, "PATH": clients + os.pathsep + os.environ["PATH"]}
    try:
        done = subprocess.run(["bash", os.path.join(copy, name, "run.sh")], env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS, text=True, errors="replace")
    except subprocess.TimeoutExpired as late:
        return False, f"{(late.stdout or b'').decode(errors='replace')}  WRONG: still running after {LIMIT_SECONDS} s"
    return done.returncode == 0, done.stdout


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--stepwell", required=True)
    parse.add_argument("--cases", default=os.path.join(ROOT, "../shared/cases"))
    parse.add_argument("--path", default="", help="where the AWS command line is")
    parse.add_argument("--only", nargs="*", default=[], help="numbers")
    parse.add_argument("--verbose", action="store_true", help="the output of each")
    arguments = parse.parse_args()
    # The last ones first: among them is the one that waits longest, for two passes of retention.
    names = sorted((n for n in os.listdir(arguments.cases) if n[:3].isdigit() and (not arguments.only or n[:3] in arguments.only)), reverse=True)
    passed, failed, open_ones = 0, 0, known_open()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(5) as pool:
        copy = copied(arguments.cases, folder)
        for name, (is_right, output) in zip(names, pool.map(lambda n: run(copy, n, os.path.abspath(arguments.stepwell), os.path.abspath(arguments.path)), names)):
            reason = open_ones.get(name[:3])
            is_expected = is_right == (reason is None)
            passed, failed = passed + is_expected, failed + (not is_expected)
            if arguments.verbose or not is_expected:
                print(f"{name}: {'passed' if is_right else 'failed'}{f', though listed as open: {reason}' if reason and is_right else ''}")
                print(output if arguments.verbose else "\n".join(line for line in output.splitlines() if "WRONG" in line) or output[-2000:])
            elif reason:
                print(f"{name}: open: {reason}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
