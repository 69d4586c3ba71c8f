#!/usr/bin/env python3
"""Reads generated hostile CSV files with the program, with Python's csv and with DuckDB, and declared types beside exact arithmetic.

The files have quotes, delimiters, line ends and blanks inside of fields, marks, CR LF, blank lines and rows that are too
short or too long. Every row must come out once, with its fields as they are, or be counted as rejected.
"""
import argparse
import csv
import decimal
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import duckdb

WIDTH = 3
HEADER = ["a", "b", "c"]
PIECES = ["x", "0", "ü", "東京", "🎉", " ", "'", "#", "\\", "\t", ";", "é", "-1.50", "NULL", "nan"]
BLANKS_AND_QUOTE = re.compile(rb"[,\n\xbf][ \t]+\"")
IN_QUOTES = [",", '"', "\n", "\r\n", '""', "\r"]


def field(rng):
    """A field, and how it is written."""
    kind = rng.randrange(8)
    if kind == 0:
        return "", ""
    if kind == 1:
        return "", '""'
    text = "".join(rng.choice(PIECES) for _ in range(rng.randrange(1, 4)))
    if kind < 5:
        # A quote that is not the first character is one like any other.
        if rng.randrange(6) == 0:
            text += '"' + rng.choice(PIECES)
        return text, text
    for _ in range(rng.randrange(0, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(IN_QUOTES) + text[at:]
    return text, '"' + text.replace('"', '""') + '"'


def make(rng):
    """The bytes of a file, its good rows, and how many are broken."""
    end = rng.choice(["\n", "\r\n"])
    lines, good, broken = [",".join(HEADER)], [], 0
    for _ in range(rng.randrange(0, 7)):
        width = WIDTH if rng.randrange(6) else rng.choice([2, 4, 5])
        fields = [field(rng) for _ in range(width)]
        if not any(written for _, written in fields):
            fields[0] = ("x", "x")
        lines.append(",".join(written for _, written in fields))
        if width == WIDTH:
            good.append([text for text, _ in fields])
        else:
            broken += 1
        if rng.randrange(8) == 0:
            lines.append("")
    text = end.join(lines) + (end if rng.randrange(4) else "")
    return (b"\xef\xbb\xbf" if rng.randrange(10) == 0 else b"") + text.encode(), good, broken


def by_python(data):
    text = data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))[1:]
    return [row for row in rows if len(row) == WIDTH]


def by_duckdb(path):
    columns = "{" + ", ".join(f"'{name}': 'varchar'" for name in HEADER) + "}"
    rows = duckdb.sql(
        f"select * from read_csv('{path}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {columns}, strict_mode = true)").fetchall()
    return [["" if value is None else value for value in row] for row in rows]


def run(program, folder, name, parameters):
    definition = os.path.join(folder, name + ".json")
    with open(definition, "w") as out:
        json.dump({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "stepwell:load", "Parameters": parameters, "End": True}}}, out)
    data = os.path.join(folder, "data")
    done = subprocess.run([program, "run", definition, "--data", data, "--input", "{}", "--output", "json"], capture_output=True, text=True)
    answer = json.loads(done.stdout or "{}")
    if answer.get("status") != "SUCCEEDED":
        raise SystemExit(f"{name}: {answer.get('cause') or done.stderr[-2000:]}")
    return answer["output"], os.path.join(data, "warehouse.duckdb")


def check_files(program, folder, count, seed):
    """One run over `count` files."""
    rng = random.Random(seed)
    files = os.path.join(folder, "data", "lake", "in")
    os.makedirs(files)
    wanted, broken, compared = {}, 0, 0
    for number in range(count):
        data, good, bad = make(rng)
        name = f"{number:06d}.csv"
        path = os.path.join(files, name)
        with open(path, "wb") as out:
            out.write(data)
        if by_python(data) != good:
            raise SystemExit(f"Python's csv reads {name} otherwise than it was made: {data!r}")
        # DuckDB takes a CR alone for the end of a line and a quote behind blanks for the field's first, and refuses whole files for one bad row.
        if not bad and good and b"\r" not in data.replace(b"\r\n", b"") and not BLANKS_AND_QUOTE.search(data):
            try:
                rows = by_duckdb(path)
            except duckdb.Error:
                rows = None
            if rows is not None:
                compared += 1
                if rows != good:
                    raise SystemExit(f"DuckDB reads {name} otherwise than it was made: {data!r} {rows} {good}")
        wanted[name] = good
        broken += bad
    output, warehouse = run(program, folder, "files", {
        "input": {"uri": "lake://in/", "format": "csv", "columns": {name: "varchar" for name in HEADER}, "options": {"on_bad_line": "skip"}},
        "target": "t", "mode": "replace", "audit_columns": {"file": "_file"}})
    with duckdb.connect(warehouse, read_only=True) as connection:
        rows = connection.execute("select _file, a, b, c from t order by _file, rowid").fetchall()
    got = {name: [] for name in wanted}
    for row in rows:
        got[os.path.basename(row[0])].append(["" if value is None else value for value in row[1:]])
    for name, good in wanted.items():
        # Threads take the files; within one the order is the file's.
        if got[name] != good:
            with open(os.path.join(files, name), "rb") as file:
                raise SystemExit(f"{name}: {file.read()!r}\nexpected {good}\nbut got  {got[name]}")
    total = sum(len(good) for good in wanted.values())
    counts = output["rows"]
    if (counts["read"], counts["good"], counts["rejected"]) != (total + broken, total, broken):
        raise SystemExit(f"expected {total} good and {broken} rejected rows, but got {counts}")
    print(f"  {count} files, {total} good rows, {broken} broken ones: as Python's csv; {compared} files as DuckDB")


NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)")


def exact(text, digits, scale):
    """The text as decimal(digits, scale), or None."""
    if not NUMBER.fullmatch(text):
        return None
    value = decimal.Decimal(text)
    scaled = value.scaleb(scale)
    if scaled != scaled.to_integral_value() or abs(scaled) >= decimal.Decimal(10) ** digits:
        return None
    return value


def number_text(rng):
    text = rng.choice(["", "", "-", "+"]) + "".join(rng.choice("0123456789") for _ in range(rng.choice([0, 1, 2, 5, 17, 19, 21])))
    if rng.randrange(2):
        text += "." + "".join(rng.choice("0059123") for _ in range(rng.choice([0, 1, 2, 3, 9])))
    if rng.randrange(15) == 0:
        text += rng.choice(["e2", "_1", " ", "x", "e-1"])
    return text


def check_types(program, folder, count, seed):
    """Texts through validate's rules, whose verdict must be that of exact arithmetic."""
    decimal.getcontext().prec = 100
    rng = random.Random(seed)
    texts = sorted({number_text(rng) for _ in range(count)} - {""})
    path = os.path.join(folder, "data", "lake", "numbers.csv")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kinds = {"i": ("bigint", None), "d": ("decimal(18,2)", (18, 2)), "w": ("decimal(38,6)", (38, 6)), "s": ("decimal(4,4)", (4, 4))}
    for column, (kind, form) in kinds.items():
        if form:
            good = [text for text in texts if exact(text, *form) is not None]
        else:
            good = [text for text in texts if re.match(r"[+-]?\d", text) and exact(text, 19, 0) is not None and -2**63 <= exact(text, 19, 0) < 2**63]
        with open(path, "w") as out:
            out.write("t\n" + "".join(text + "\n" for text in texts))
        definition = os.path.join(folder, "types.json")
        with open(definition, "w") as out:
            json.dump({"StartAt": "V", "States": {"V": {"Type": "Task", "Resource": "stepwell:validate", "End": True, "Parameters": {
                "input": "lake/numbers.csv", "columns": {"t": {"type": kind}}, "on_fail": "quarantine",
                "quarantine": {"uri": f"lake://bad_{column}/", "max_bad": "100%"}, "good": {"table": f"good_{column}", "mode": "replace"}}}}}, out)
        data = os.path.join(folder, "data")
        done = subprocess.run([program, "run", definition, "--data", data, "--input", "{}", "--output", "json"], capture_output=True, text=True)
        answer = json.loads(done.stdout or "{}")
        if answer.get("status") != "SUCCEEDED":
            raise SystemExit(f"{kind}: {answer.get('cause') or done.stderr[-2000:]}")
        counts = answer["output"]["rows"]
        if (counts["good"], counts["rejected"]) != (len(good), len(texts) - len(good)):
            raise SystemExit(f"{kind}: expected {len(good)} of {len(texts)} texts to be values, but got {counts}")
        with duckdb.connect(os.path.join(data, "warehouse.duckdb"), read_only=True) as connection:
            values = sorted(decimal.Decimal(row[0]) for row in connection.execute(f"select t::varchar from good_{column}").fetchall())
        if values != sorted(decimal.Decimal(text) for text in good):
            raise SystemExit(f"{kind}: some values differ from their texts")
        print(f"  {kind}: {len(good)} of {len(texts)} texts, as exact arithmetic says")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stepwell", required=True)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--texts", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.stepwell)
    for check, count in ((check_files, arguments.files), (check_types, arguments.texts)):
        folder = tempfile.mkdtemp(prefix="stepwell-readers-")
        try:
            check(program, folder, count, arguments.seed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print("2 passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
