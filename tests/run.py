#!/usr/bin/env python3
"""Runs every test: ./dev test calls this once everything is installed.

Three lanes work side by side: one builds with sanitizers and runs what is in C++, the others use the program
that was built first, the last one where much is waited for. One line a part, as each ends, with how long it took and how
many seconds of processor time; the whole output of each is in
build/log/test-PART.log, and its end is printed where the part fails. The last line is "N passed, M failed",
in test cases.
"""
import argparse
import os
import re
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = str(os.cpu_count() or 2)
PROGRAM = os.path.join(ROOT, "build/release/stepwell")
ORACLE = os.path.join(ROOT, "build/third_party/python/bin/python")
USED = {}  # by thread: seconds of processor time
THREADED = ["test_journal", "test_runtime", "test_triggers", "test_tasks", "test_api", "test_security"]


class Failed(Exception):
    pass


def sh(log, *command, env=None):
    """Runs a command with its output in the log; raises where it fails."""
    log.write(f"$ {' '.join(command)}\n")
    log.flush()
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(env or {})})
    _, status, used = os.wait4(process.pid, 0)  # with what its children used
    process.returncode = os.waitstatus_to_exitcode(status)
    USED[threading.get_ident()] = USED.get(threading.get_ident(), 0) + used.ru_utime + used.ru_stime
    if process.returncode:
        raise Failed(" ".join(command))


def build(log, preset, *targets):
    """Gives way to the other lane, whose programs have time-outs of their own to keep."""
    made, presets = os.path.join(ROOT, "build", preset, "build.ninja"), os.path.join(ROOT, "CMakePresets.json")
    if not os.path.exists(made) or os.path.getmtime(made) < os.path.getmtime(presets):
        sh(log, "cmake", "--preset", preset)
    sh(log, "nice", "-n", "10", "cmake", "--build", f"build/{preset}", "-j", JOBS, *(["--target", *targets] if targets else []))


def ctest(log, preset, *arguments):
    sh(log, "ctest", "--test-dir", f"build/{preset}", "-V", "-j", JOBS, "--no-tests=error", *arguments, env={
        "STEPWELL_BIN": PROGRAM, "ASAN_OPTIONS": "detect_leaks=1", "TSAN_OPTIONS": "halt_on_error=1"})


def format_part(log):
    """Sources are formatted."""
    if subprocess.run(["which", "clang-format"], stdout=log).returncode:
        raise Failed("clang-format is missing")
    files = subprocess.run(["git", "ls-files", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    sh(log, "clang-format", "--dry-run", "--Werror", *files)
    log.write("1 passed, 0 failed\n")


def lint_part(log):
    """clang-tidy over the sources that changed."""
    sh(log, "cmake", "--preset", "lint")
    sh(log, "nice", "-n", "10", sys.executable, "tests/lint.py", "--changed", "auto")


def unit_part(log):
    """Unit tests, simulation and fuzz corpora, under ASan and UBSan."""
    build(log, "dev")
    ctest(log, "dev", "-LE", "e2e|conformance")


def templates_part(log):
    """Two thousand generated templates against Jinja itself."""
    build(log, "dev", "render_lines")
    sh(log, ORACLE, "tests/tasks/template/against_jinja.py", "--program", "build/dev/tests/tasks/template/render_lines", "--count", "2000")


def doors_part(log):
    """The HTTP surface from outside, against the program under ASan and UBSan."""
    program = os.path.join(ROOT, "build/dev/stepwell")
    for name in ("e2e", "map_runs", "map_data", "security", "hostile", "roles", "api"):
        sh(log, sys.executable, f"tests/e2e/{name}.py", "--stepwell", program, env={"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=0"})


def threads_part(log):
    """What has threads, under TSan."""
    build(log, "tsan", *THREADED)
    ctest(log, "tsan", "-R", f"^({'|'.join(THREADED)})$")


def release_part(log):
    """The release program builds."""
    build(log, "release", "stepwell")
    log.write("1 passed, 0 failed\n")


def e2e_part(log):
    """The real program: command line, server, hostile requests, restarts."""
    sh(log, sys.executable, "tests/e2e/e2e.py", "--stepwell", PROGRAM)
    for name in ("map_runs", "map_data", "security", "hostile", "roles"):
        sh(log, sys.executable, f"tests/e2e/{name}.py", "--stepwell", PROGRAM)
    sh(log, sys.executable, "tests/e2e/masking.py", "--stepwell", PROGRAM)
    sh(log, sys.executable, "tests/e2e/cli.py", "--stepwell", PROGRAM)


def api_part(log):
    """REST: every route and role, live events under kills, the OpenAPI document against the server. The AWS API through botocore; task tokens and activities."""
    sh(log, sys.executable, "tests/e2e/api.py", "--stepwell", PROGRAM, "--schemathesis", "build/third_party/schemathesis/bin/st")
    sh(log, "build/third_party/aws-cli/bin/python", "tests/e2e/aws_clients.py", "--stepwell", PROGRAM)
    sh(log, sys.executable, "tests/e2e/callbacks.py", "--stepwell", PROGRAM)


def aws_part(log):
    """Integrations that go to AWS, which moto stands for: calls, errors, jobs under kills, tokens over a queue."""
    sh(log, "build/third_party/moto/bin/python", "tests/e2e/aws.py", "--stepwell", PROGRAM)


def conformance_part(log):
    """Executions that AWS recorded."""
    sh(log, sys.executable, "tests/conformance/conformance.py", "--stepwell", PROGRAM, "--fail-under", "97")


def jsonata_part(log):
    """JSONata: the reference's own test suite, and generated expressions against the reference."""
    build(log, "release", "jsonata_eval")
    program = os.path.join(ROOT, "build/release/tests/conformance/jsonata_eval")
    sh(log, sys.executable, os.path.join(ROOT, "../shared/conformance/jsonata/run.py"), "--fail-under", "100", "--", program)
    third_party = os.path.join(ROOT, "build/third_party")
    sh(log, sys.executable, "tests/conformance/jsonata/against_reference.py", "--program", program, "--reference", f"{third_party}/jsonata/jsonata.js",
       "--old", f"{third_party}/jsonata-2.0/jsonata.js", "--count", "5000")


def cases_part(log):
    """Pipelines made of public bug reports of other products."""
    sh(log, sys.executable, "tests/e2e/cases.py", "--stepwell", PROGRAM, "--path", "build/third_party/aws-cli/bin")


def demo_part(log):
    """The flights pipeline, its second run and its correction; the seeds' pipelines; hostile files beside other readers."""
    sh(log, ORACLE, "workflows/flights/demo.py", "--once", "--stepwell", PROGRAM, "--source", "build/third_party/vega-datasets")
    sh(log, ORACLE, "tests/e2e/seeds.py", "--stepwell", PROGRAM)
    sh(log, ORACLE, "tests/e2e/readers.py", "--stepwell", PROGRAM)


def faults_part(log):
    """A full disk, a read-only database, tasks that eat memory or ignore their time-out."""
    sh(log, ORACLE, "tests/e2e/faults.py", "--stepwell", PROGRAM)


def web_part(log):
    """The dashboard: its modules, types, style and colours, then a browser against the daemon; pictures in build/web-screenshots."""
    folder = os.path.join(ROOT, "web")
    path = os.pathsep.join([os.path.join(ROOT, "build/third_party/node"), os.environ["PATH"]])
    npm = ["npm", "--prefix", folder, "run", "-s"]
    for command in (["api"], ["types"], ["lint"], ["format:check"], ["tokens"], ["test"]):
        sh(log, *npm, *command, env={"PATH": path, "NO_COLOR": "1"})
    sh(log, "node", "tests/web/run.mjs", env={"PATH": path, "STEPWELL_BIN": PROGRAM})


def package_part(log):
    """The Debian package under a real systemd: linted, installed, upgraded, removed."""
    sh(log, sys.executable, "tests/e2e/package.py")


def operations_part(log):
    """Pools, explain, pause, retention, backups, a nearly full disk, notifications."""
    sh(log, sys.executable, "tests/e2e/operations.py", "--stepwell", PROGRAM)


def crash_part(log):
    """kill -9, a hundred times: during a thousand small runs, and during the flights pipeline; and twenty times of hosts and the daemon under data tasks."""
    sh(log, ORACLE, "tests/e2e/crash.py", "--stepwell", PROGRAM, "--source", "build/third_party/vega-datasets")
    sh(log, ORACLE, "tests/e2e/data_kills.py", "--stepwell", PROGRAM, "--kills", "20")


def starts_part(log):
    """Runs that start by themselves, each once: files, schedules, webhooks, under kills."""
    sh(log, ORACLE, "tests/e2e/starts.py", "--stepwell", PROGRAM, "--source", "build/third_party/vega-datasets")


PARTS = {"format": format_part, "release": release_part, "lint": lint_part, "unit": unit_part, "templates": templates_part, "doors": doors_part, "threads": threads_part,
         "conformance": conformance_part, "jsonata": jsonata_part, "e2e": e2e_part, "api": api_part, "aws": aws_part, "cases": cases_part, "demo": demo_part, "faults": faults_part, "starts": starts_part,
         "operations": operations_part, "web": web_part, "crash": crash_part, "package": package_part}
FIRST = ["format", "release"]  # what all others need
LANES = [["unit", "templates", "doors"],
         ["lint", "conformance", "jsonata", "e2e", "api", "aws", "demo", "faults", "web", "crash", "threads"],
         ["cases", "starts", "operations", "package"]]
QUICK = ["format", "release", "unit", "conformance", "jsonata", "e2e"]
DOCTEST = re.compile(r"\[doctest\] test cases: +\d+ \| +(\d+) passed \| +(\d+) failed")
PLAIN = re.compile(r"^(?:\d+: )?(\d+) passed, (\d+) failed", re.M)


def counts(text):
    found = DOCTEST.findall(text) + PLAIN.findall(text)
    return sum(int(p) for p, _ in found), sum(int(f) for _, f in found)


def run(name):
    """Runs one part; returns its passed and failed test cases."""
    path, begun = os.path.join(ROOT, f"build/log/test-{name}.log"), time.monotonic()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fault, USED[threading.get_ident()] = None, 0
    with open(path, "w") as log:
        try:
            PARTS[name](log)
        except Failed as failed:
            fault = failed
    text = open(path, errors="replace").read()
    passed, failed = counts(text)
    if fault:
        failed = max(failed, 1)
    elif passed == 0:
        fault, failed = "it ran no test", 1
    print(f"{name:12} {'FAILED' if fault else 'ok':7} {passed:6} passed {failed if fault else 0:4} failed {time.monotonic() - begun:5.0f} s {USED[threading.get_ident()]:5.0f} cpu   {PARTS[name].__doc__}", flush=True)
    if fault:
        print("\n".join(text.splitlines()[-60:]))
        print(f"{name}: {fault}; all of its output is in {os.path.relpath(path, ROOT)}", flush=True)
    return passed, failed if fault else 0


def run_all(names):
    """Runs the parts in lanes; returns their counts."""
    results = [run(name) for name in FIRST if name in names]
    if any(failed for _, failed in results):
        return results
    workers = [threading.Thread(target=lambda lane=lane: results.extend(run(name) for name in lane if name in names)) for lane in LANES]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--only", action="append", choices=list(PARTS), help="only this part; may be repeated")
    parse.add_argument("--quick", action="store_true", help="what to run before a push: " + ", ".join(QUICK))
    parse.add_argument("--list", action="store_true", help="name the parts")
    arguments = parse.parse_args()
    if arguments.list:
        for name, part in PARTS.items():
            print(f"{name:12} {part.__doc__}")
        return
    if arguments.quick:
        os.environ["STEPWELL_TEST_EFFORT"] = "quick"  # tests/support/effort.hpp
    results = run_all(arguments.only or (QUICK if arguments.quick else list(PARTS)))
    print(f"{sum(p for p, _ in results)} passed, {sum(f for _, f in results)} failed")
    sys.exit(any(f for _, f in results))


assert sorted(FIRST + sum(LANES, [])) == sorted(PARTS)
if __name__ == "__main__":
    main()
