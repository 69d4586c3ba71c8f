"""How long the dashboard takes in a browser, over a hundred thousand runs."""
import json
import os
import subprocess

import run_lists

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = os.path.join(HERE, "..", "..", "build", "third_party", "node")
GOALS = {"first content": 500, "the page of a run": 700, "a filter of the list": 200}


def figures(table, serving, program, quick):
    count = 10_000 if quick else 100_000
    environment = {**os.environ, "PATH": os.pathsep.join([NODE, os.environ["PATH"]])}
    with run_lists.filled(serving, program, count) as daemon:
        asked = ["node", os.path.join(HERE, "web_pages.mjs"), f"http://127.0.0.1:{daemon.port}", "5" if quick else "15"]
        answer = subprocess.run(asked, stdout=subprocess.PIPE, check=True, env=environment)
    for figure in json.loads(answer.stdout):
        name = figure["name"]
        table.add(f"dashboard, {count:,} runs: {name}", figure["ms"], "ms", GOALS.get(name), False, figure["note"])
