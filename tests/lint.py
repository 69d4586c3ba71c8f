#!/usr/bin/env python3
"""clang-tidy over every source of the engine, the tasks and the API.

What was found clean is remembered by its preprocessed text, comments included (they may switch a check off), so
that a second run reads only what changed. The memory is ~/.cache/stepwell-lint, or --cache DIR.

With --changed only the sources that differ from BASE are looked at (auto: from where the branch left main, else
from the commit before), which takes some ten seconds for each on a core. That is what `./dev test` does.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import re
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


def git(*words):
    done = subprocess.run(["git", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def base_of(given):
    """The commit to compare with."""
    if given != "auto":
        return given
    here = git("rev-parse", "HEAD")
    for main in ("origin/main", "main"):
        left = git("merge-base", "HEAD", main)
        if left and left != here:
            return left
    return "HEAD~1"


def changed_sources(base):
    """Absolute paths of changed sources; a header stands for the source beside it, too."""
    changed = set()
    for name in git("diff", "--name-only", "--diff-filter=d", base, "--", "*.cpp", "*.hpp").splitlines():
        for each in {name, name.removesuffix(".hpp") + ".cpp"} if name.endswith(".hpp") else {name}:
            if os.path.exists(os.path.join(ROOT, each)):
                changed.add(os.path.join(ROOT, each))
    return changed


def sources_of(unit):
    """What a unit is made of: files that it includes as eight files in one, else itself."""
    with open(unit["file"]) as file:
        included = re.findall(r'^#include "(/.*\.cpp)"', file.read(), re.M)
    return set(included) or {unit["file"]}


def check(unit, build, cache, salt, only):
    """Returns what clang-tidy says of one file, and of `only` these sources where there are some; empty: nothing."""
    key = os.path.join(cache, hashlib.sha256(salt + preprocessed(unit)).hexdigest())
    if os.path.exists(key):
        return ""
    lines = ["--line-filter=" + json.dumps([{"name": name} for name in sorted(only)])] if only else []
    done = subprocess.run([TIDY, "--quiet", *lines, "-p", build, unit["file"]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode or done.stdout.strip():
        return done.stdout or done.stderr
    if not only:
        open(key, "w").close()
    return ""


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--build", default=os.path.join(ROOT, "build/lint"), help="where compile_commands.json is")
    parse.add_argument("--cache", default=os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "stepwell-lint"))
    parse.add_argument("--changed", metavar="BASE", help="only what differs from this commit; auto: from main")
    arguments = parse.parse_args()
    os.makedirs(arguments.cache, exist_ok=True)
    with open(os.path.join(ROOT, ".clang-tidy"), "rb") as rules:
        version = subprocess.run([TIDY, "--version"], stdout=subprocess.PIPE, check=True).stdout
        salt = rules.read() + version
    with open(os.path.join(arguments.build, "compile_commands.json")) as file:
        units = json.load(file)
    only = set()
    if arguments.changed:
        only = changed_sources(base_of(arguments.changed))
        units = [unit for unit in units if sources_of(unit) & only]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        found = [said for said in pool.map(lambda unit: check(unit, arguments.build, arguments.cache, salt, only), units) if said]
    print("\n".join(found), end="")
    # Where nothing has changed, that is what was to be shown.
    print(f"{max(len(units) - len(found), 0 if units else 1)} passed, {len(found)} failed")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
