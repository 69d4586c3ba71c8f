#!/usr/bin/env python3
"""Holds the engine's JSONata against the reference on generated expressions and data.

    against_reference.py --program jsonata_eval --reference jsonata.js --old jsonata.js [--count N] [--seed S] [--show N]

Answers must be the same: value, code, position, token and message. Where they are not, the older reference is asked
for its opinion. What is known to differ, and why, is in docs/jsonata.md and in is_known() below.
"""
import argparse
import collections
import json
import math
import os
import random
import re
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["a", "b", "c", "d", "e", "list", "obj", "`x y`", "text"]
TEXTS = ["", "a", "b", "abc", "Hello World", "ab12cd", "42", "-1.5", "é", "ß", "x-y-z", "2018-03-27", "a,b,,c", "aXbXc", "100%", "$1", " pad "]
NUMBERS = [0, 1, 2, 3, -1, 5, 10, 0.5, -2.5, 1.5, 100, 1e21, 1e-7, 123456.789, 3.14159, 12345678901]
PATTERNS = ["/a/", "/[a-z]+/", "/(\\w)(\\d)?/", "/B/i", "/^a|c$/", "/x*?y/", "/\\s+/", "/(a)|(b)/", "/[^a-c]/", "/a.c/", "/\\bW/", "/o(?=r)/", "/l{2}/", "/(?:b|c)+/"]
NUMBER_PICTURES = ["#,##0.00", "0", "000", "#.##", "0.0e0", "00.###e0", "0%", "#,###", "0.00;(0.00)", "###0.0#", "0\u2030"]
INTEGER_PICTURES = ["1", "001", "#,##0", "I", "i", "A", "a", "w", "W", "Ww", "1;o", "w;o", "0,000", "\u0661", "###,#00"]
TIME_PICTURES = ["[Y]-[M01]-[D01]", "[H01]:[m01]:[s01].[f001]", "[FNn], [D1o] [MNn] [Y]", "[X0001]-W[W01]-[F1]", "[h#1][P] [Z]", "[Y0001]-[d001]", "[xNn] [w]", "[Y,2-2][M01]", "[FN,3-3]",
                 "[D]/[M]/[Y0001] [H]:[m] [z]", "[YI]", "[Dw] [MA]", "[[x]] [Y]"]
ZONES = ["'+0100'", "'-0530'", "'0000'"]


class Generator:
    """Expressions that mean something more often than not."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, choices):
        return self.rng.choice(choices)

    # --- data ---

    def value(self, depth):
        kind = self.rng.random()
        if depth > 0 and kind < 0.3:
            return {self.pick(NAMES).strip("`"): self.value(depth - 1) for _ in range(self.rng.randrange(4))}
        if depth > 0 and kind < 0.55:
            if self.rng.random() < 0.5:
                names = [n.strip("`") for n in self.rng.sample(NAMES, 2)]
                return [{name: self.value(depth - 2) for name in names if self.rng.random() < 0.9} for _ in range(self.rng.randrange(4))]
            return [self.value(depth - 1) for _ in range(self.rng.randrange(4))]
        if kind < 0.75:
            return self.pick(NUMBERS)
        if kind < 0.92:
            return self.pick(TEXTS)
        return self.pick([None, True, False])

    def data(self):
        return {name.strip("`"): self.value(3) for name in self.rng.sample(NAMES, 6)}

    # --- expressions ---

    def text(self):
        return json.dumps(self.pick(TEXTS), ensure_ascii=False)

    def number(self):
        return repr(self.pick(NUMBERS)).replace("e+", "e")

    def literal(self):
        return self.pick([self.text, self.number, self.number, lambda: self.pick(["true", "false", "null"])])()

    def step(self, depth):
        form = self.rng.random()
        name = self.pick(NAMES)
        if form < 0.6 or depth <= 0:
            return name
        if form < 0.68:
            return self.pick(["*", "**", "$"])
        if form < 0.78:
            return f"{name}[{self.filter(depth - 1)}]"
        if form < 0.82:
            return f"{name}[]"
        if form < 0.86:
            return f"({self.expression(depth - 1)})"
        if form < 0.90:
            return f"{name}^({self.pick(['', '>', '<'])}{self.expression(depth - 2)})"
        if form < 0.93:
            return f"{name}#$i"
        if form < 0.95:
            return f"{name}@$v"
        if form < 0.97:
            return "%"
        return self.call(depth - 1)

    def filter(self, depth):
        return self.pick([lambda: str(self.rng.randrange(-2, 3)), lambda: self.expression(depth), lambda: f"{self.pick(NAMES)} {self.pick(['=', '!=', '<', '>'])} {self.literal()}",
                          lambda: f"[{self.rng.randrange(3)}..{self.rng.randrange(3)}]", lambda: "$i = 1"])()

    def path(self, depth):
        path = ".".join(self.step(depth) for _ in range(self.rng.randrange(1, 4)))
        if self.rng.random() < 0.08 and depth > 0:
            path += "{" + f"{self.pick(NAMES)}: {self.expression(depth - 1)}" + "}"
        return path

    def many(self, depth):
        """What is likely an array."""
        return self.pick([lambda: self.path(depth), lambda: "[" + ", ".join(self.expression(depth - 1) for _ in range(self.rng.randrange(4))) + "]", lambda: "[1..5]", lambda: "list",
                          lambda: "[" + ", ".join(self.number() for _ in range(4)) + "]", lambda: "[" + ", ".join(self.text() for _ in range(3)) + "]"])()

    def function(self, depth, count):
        names = ["$x", "$y", "$z"][:count]
        body = self.pick([lambda: names[0], lambda: f"{names[0]} {self.operator()} {self.literal()}", lambda: f"{names[-1]}", lambda: self.expression(depth - 1)])()
        return f"{self.pick(['function', 'λ'])}({', '.join(names)}){{ {body} }}"

    def operator(self):
        return self.pick(["+", "-", "*", "/", "%", "&", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in", "&", "+"])

    def call(self, depth):
        e, t, n, m = lambda: self.expression(depth - 1), lambda: self.pick([self.text, lambda: "text", lambda: self.expression(depth - 1)])(), self.number, lambda: self.many(depth - 1)
        f = lambda count=2: self.function(depth - 1, count)
        p, q = lambda: self.pick(PATTERNS), lambda choices: json.dumps(self.pick(choices), ensure_ascii=False)
        forms = [
            lambda: f"$string({e()})", lambda: f"$string({m()}, true)", lambda: f"$substring({t()}, {n()})", lambda: f"$substring({t()}, {n()}, {n()})", lambda: f"$substringBefore({t()}, {self.text()})",
            lambda: f"$substringAfter({t()}, {self.text()})", lambda: f"$lowercase({t()})", lambda: f"$uppercase({t()})", lambda: f"$length({t()})", lambda: f"$trim({t()})",
            lambda: f"$pad({t()}, {self.rng.randrange(-9, 9)})", lambda: f"$pad({t()}, {self.rng.randrange(-9, 9)}, '#-')", lambda: f"$contains({t()}, {p()})", lambda: f"$contains({t()}, {self.text()})",
            lambda: f"$match({t()}, {p()})", lambda: f"$match({t()}, {p()}, 1)", lambda: f"$replace({t()}, {p()}, {self.pick(TEXTS)!r})".replace('"', "'"), lambda: f"$replace({t()}, {p()}, '[$1$0$$$2]')",
            lambda: f"$replace({t()}, 'a', 'b', 1)", lambda: f"$replace({t()}, {p()}, function($m){{ $m.match & '!' }})", lambda: f"$split({t()}, {p()})", lambda: f"$split({t()}, {self.text()}, {self.rng.randrange(4)})",
            lambda: f"$join({m()})", lambda: f"$join({m()}, ', ')", lambda: f"$base64encode({t()})", lambda: f"$encodeUrlComponent({t()})", lambda: f"$encodeUrl({t()})", lambda: f"$decodeUrlComponent({t()})",
            lambda: f"$number({e()})", lambda: f"$abs({n()})", lambda: f"$floor({e()})", lambda: f"$ceil({e()})", lambda: f"$round({n()})", lambda: f"$round({n()}, {self.rng.randrange(-2, 4)})",
            lambda: f"$power({n()}, {self.rng.randrange(-2, 4)})", lambda: f"$sqrt({e()})", lambda: f"$sum({m()})", lambda: f"$max({m()})", lambda: f"$min({m()})", lambda: f"$average({m()})", lambda: f"$count({m()})",
            lambda: f"$boolean({e()})", lambda: f"$not({e()})", lambda: f"$exists({e()})", lambda: f"$append({m()}, {e()})", lambda: f"$sort({m()})", lambda: f"$sort({m()}, function($l, $r){{ $string($l) > $string($r) }})",
            lambda: f"$reverse({m()})", lambda: f"$distinct({m()})", lambda: f"$zip({m()}, {m()})", lambda: f"$keys({e()})", lambda: f"$lookup({e()}, {q([x.strip('`') for x in NAMES])})", lambda: f"$spread({e()})",
            lambda: f"$merge({m()})", lambda: f"$sift({e()}, {f()})", lambda: f"$each({e()}, {f()})", lambda: f"$map({m()}, {f(self.rng.randrange(1, 4))})", lambda: f"$filter({m()}, {f(1)})", lambda: f"$single({m()}, {f(1)})",
            lambda: f"$reduce({m()}, {f(2)})", lambda: f"$reduce({m()}, {f(2)}, {self.literal()})", lambda: f"$type({e()})", lambda: f"$assert({e()}, 'no')", lambda: f"$error({t()})",
            lambda: f"$formatNumber({self.rng.randrange(1, 10**6) / 100}, {q(NUMBER_PICTURES)})", lambda: f"$formatNumber({self.pick(NUMBERS[:11])}, {q(NUMBER_PICTURES[:4])})", lambda: f"$formatInteger({self.rng.randrange(-50, 30000)}, {q(INTEGER_PICTURES)})", lambda: f"$parseInteger($formatInteger({self.rng.randrange(1, 30000)}, {q(INTEGER_PICTURES[3:9])}), {q(INTEGER_PICTURES[3:9])})",
            lambda: f"$formatBase({self.rng.randrange(-500, 5000)}, {self.rng.randrange(1, 38)})", lambda: f"$fromMillis({self.rng.randrange(-10**12, 3 * 10**12)}, {q(TIME_PICTURES)})",
            lambda: f"$fromMillis({self.rng.randrange(-10**12, 3 * 10**12)}, {q(TIME_PICTURES)}, {self.pick(ZONES)})", lambda: f"$fromMillis({self.rng.randrange(0, 3 * 10**12)})",
            lambda: f"$toMillis($fromMillis({self.rng.randrange(0, 2 * 10**12)}, {q(TIME_PICTURES[:1])}), {q(TIME_PICTURES[:1])})", lambda: f"$toMillis('2017-0{self.rng.randrange(1, 9)}-1{self.rng.randrange(9)}T10:00:00Z')",
            lambda: f"$clone({m()})", lambda: f"$map({m()}, {self.pick(['$string', '$uppercase', '$number', '$type', '$boolean'])})", lambda: f"({f(1)})({e()})", lambda: f"($f := {f(2)}; $f({e()}, {e()}))",
            lambda: f"($g := $substring(?, {self.rng.randrange(3)}); $g({t()}))", lambda: f"$eval({q(['1+2', 'a.b', '$x', '[1..3]'])})", lambda: f"${self.pick(['sum', 'length', 'uppercase', 'count', 'keys', 'string'])}()",
        ]
        return self.pick(forms)()

    def expression(self, depth=3):
        if depth <= 0:
            return self.pick([self.literal, lambda: self.pick(NAMES), lambda: self.pick(NAMES), lambda: "$"])()
        form = self.rng.random()
        e = lambda: self.expression(depth - 1)
        if form < 0.3:
            return self.path(depth)
        if form < 0.48:
            return f"{e()} {self.operator()} {e()}"
        if form < 0.72:
            return self.call(depth)
        if form < 0.77:
            return f"{e()} ? {e()} : {e()}"
        if form < 0.81:
            return "[" + ", ".join(e() for _ in range(self.rng.randrange(4))) + "]"
        if form < 0.85:
            return "{" + ", ".join(f"{self.text()}: {e()}" for _ in range(self.rng.randrange(3))) + "}"
        if form < 0.88:
            return f"($v := {e()}; {e()})"
        if form < 0.91:
            return f"{e()} ~> {self.pick(['$string', '$sum', '$count', '$uppercase()', '$map(' + self.function(depth - 1, 1) + ')', '$substring(1)', '$keys'])}"
        if form < 0.93:
            return f"{self.pick(['$', 'obj', 'list'])} ~> |{self.pick(['$', '**', 'a', '*', 'obj'])}|{{{self.text()}: {e()}}}{self.pick(['', ', ' + self.text()])}|"
        if form < 0.95:
            return f"-{self.pick(['', '('])}{self.pick(NAMES)}".replace("(", "")
        if form < 0.97:
            return f"({e()})[{self.filter(depth - 1)}]"
        return f"{e()} {self.pick(['??', '?:'])} {e()}"


class Evaluator:
    """A program that answers line by line. What it dies of, it is asked no more."""

    def __init__(self, command):
        self.command = command
        self.process = None

    def ask_all(self, requests):
        answers = []
        while len(answers) < len(requests):
            if self.process is None:
                self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            writer = threading.Thread(target=self.send, args=(requests[len(answers):],))
            writer.start()
            while len(answers) < len(requests):
                timer = threading.Timer(20, self.process.kill)
                timer.start()
                line = self.process.stdout.readline()
                timer.cancel()
                if not line:
                    answers.append({"broken": "it ended"})
                    self.process.kill()
                    self.process.wait()
                    self.process = None
                    break
                answers.append(json.loads(line))
            writer.join()
        return answers

    def send(self, requests):
        try:
            for request in requests:
                self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has ended, which its reader sees

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()


def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b or math.isclose(a, b, rel_tol=1e-14)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def agree(request, mine, reference):
    if "code" in reference and "code" in mine:
        return all(mine.get(k) == reference.get(k) for k in ("code", "position", "token", "message"))
    return same(mine, reference)


def is_known(request, mine, reference):
    """Differences on purpose, and where the reference breaks: docs/jsonata.md."""
    if "broken" in mine:
        return False
    if "broken" in reference or reference.get("code") == "U1001" or mine.get("code") == "U1001":
        return True  # the reference threw an error of JavaScript; budgets are counted differently
    if reference.get("code") in ("S0301", "S0302") and "/" in request["expr"]:
        return True  # behind `a[]` and `|...|` it takes a division for a pattern
    if "code" in reference and "code" in mine and ("[" in request["expr"] or "{" in request["expr"]):
        return True  # it evaluates elements and groups at the same time: any of several faults may be the first
    if "$substring(?" in request["expr"] or ("$parseInteger" in request["expr"] and reference.get("result", 0) is None):
        return True  # partly applied functions check what they are given; numerals are read in either case
    if re.search(r"\|\s*\*\*?\s*\|", request["expr"]) and "result" in mine and "result" in reference:
        return True  # what a transform puts in is there as it was; the reference puts in the object itself, which it changes later
    if "[null]" in json.dumps(reference) and "[]" in json.dumps(mine):
        return True  # grouping puts nothing into an empty array of the input itself
    return False


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--program", required=True)
    parse.add_argument("--reference", required=True)
    parse.add_argument("--old", required=True)
    parse.add_argument("--count", type=int, default=20000)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--show", type=int, default=20)
    arguments = parse.parse_args()
    rng = random.Random(arguments.seed)
    generator = Generator(rng)
    mine = Evaluator([arguments.program])
    reference = Evaluator(["node", "--max-old-space-size=300", os.path.join(HERE, "reference.js"), arguments.reference])
    old = Evaluator([*reference.command[:-1], arguments.old])
    found, known, kinds = [], 0, collections.Counter()
    for begin in range(0, arguments.count, 500):
        requests = []
        for _ in range(min(500, arguments.count - begin)):
            requests.append({"expr": generator.expression(rng.randrange(1, 5)), "data": generator.data()})
        for request, one, other in zip(requests, mine.ask_all(requests), reference.ask_all(requests)):
            kinds["error" if "code" in other else "value" if "result" in other else "nothing"] += 1
            if agree(request, one, other) or agree(request, one, old.ask_all([request])[0]):
                continue
            if is_known(request, one, other):
                known += 1
            else:
                found.append((request, one, other))
    old.close()
    mine.close()
    reference.close()
    for request, one, other in sorted(found, key=lambda f: len(f[0]["expr"]))[:arguments.show]:
        print(f"{request['expr']}\n    over {json.dumps(request['data'])[:400]}\n    engine    {json.dumps(one)[:300]}\n    reference {json.dumps(other)[:300]}")
    print(f"{arguments.count} expressions (seed {arguments.seed}): {dict(kinds)}, {known} known differences")
    print(f"{arguments.count - len(found)} passed, {len(found)} failed")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
