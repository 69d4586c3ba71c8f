#!/usr/bin/env python3
"""clang-tidy over every source of the engine, the tasks and the API.

What was found clean is remembered by its preprocessed text, comments included (they may switch a check off), so
that a second run reads only what changed. The memory is ~/.cache/stepwell-lint, or --cache DIR.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIDY = "clang-tidy-14"


def preprocessed(unit):
    """The text that the compiler sees; without line markers, so that a clone elsewhere has the same."""
    words = shlex.split(unit["command"])
    keep, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT"):
            skip = True
        elif word not in ("-c", "-MD") and "ccache" not in word and "CCACHE" not in word:
            keep.append(word)
    start = next(i for i, word in enumerate(keep) if word.endswith("clang++"))
    return subprocess.run([*keep[start:], "-E", "-P", "-C"], cwd=unit["directory"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True).stdout


def check(unit, build, cache, salt):
    """Returns what clang-tidy says of one file; empty: nothing."""
    key = os.path.join(cache, hashlib.sha256(salt + preprocessed(unit)).hexdigest())
    if os.path.exists(key):
        return ""
    done = subprocess.run([TIDY, "--quiet", "-p", build, unit["file"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode or done.stdout.strip():
        return done.stdout or done.stderr
    open(key, "w").close()
    return ""


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--build", default=os.path.join(ROOT, "build/lint"), help="where compile_commands.json is")
    parse.add_argument("--cache", default=os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "stepwell-lint"))
    arguments = parse.parse_args()
    os.makedirs(arguments.cache, exist_ok=True)
    with open(os.path.join(ROOT, ".clang-tidy"), "rb") as rules:
        version = subprocess.run([TIDY, "--version"], stdout=subprocess.PIPE, check=True).stdout
        salt = rules.read() + version
    with open(os.path.join(arguments.build, "compile_commands.json")) as file:
        units = json.load(file)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        found = [said for said in pool.map(lambda unit: check(unit, arguments.build, arguments.cache, salt), units) if said]
    print("\n".join(found), end="")
    print(f"{len(units) - len(found)} passed, {len(found)} failed")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
