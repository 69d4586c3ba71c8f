"""validate, etl, load and transform over flights, each beside the same work as an expert writes it in SQL for plain DuckDB
(and, where that is installed, with polars): time, CPU and the highest memory of a process that does only this.

Run by itself it prints the tables: data_rows.py --stepwell PROGRAM [--rows N] [--rounds N] [--only validate].
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
TASKS = ["validate", "etl", "load", "transform"]
ROWS = 3_000_000  # of the file that all others are made from
BAD = ["x{n},2001-01-01 10:00:00,5,2475,JFK,LAX", "{n},2001-01-99 10:00:00,5,2475,JFK,LAX", "{n},2001-01-01 10:00:00,5.5,2475,JFK,LAX",
       "{n},2001-01-01 10:00:00,5,-7,JFK,LAX", "{n},2001-01-01 10:00:00,5,2475,,LAX", "{n},2001-01-01 10:00:00,5,2475,jfk,LAX", "17,2001-01-01 10:00:00,5,2475,JFK,LAX"]
COLUMNS = {"flight_id": "bigint", "departed_at": "timestamp", "delay": "integer", "distance": "integer", "origin": "varchar", "destination": "varchar"}


MODELS = {
    "flights_by_month": "select *, strftime(departed_at, '%Y-%m') flight_month, delay > 15 is_late, distance / nullif(delay, 0) miles_per_minute from {flights}",
    "daily_summary": "select cast(departed_at as date) flight_date, origin, count(*) flights, sum(delay) delay_minutes, sum(distance) miles, "
                     "count(*) filter (where is_late) late_flights from {flights_by_month} group by 1, 2",
    "routes": "select origin, destination, count(*) flights, avg(delay) mean_delay, max(distance) distance from {flights_by_month} group by 1, 2",
}


def land(source, folder, rows):
    """flights.csv with some thousand bad rows, clean.csv without; the second half of clean.csv is to update what a table has. More rows than
    the source has are those again, under other numbers."""
    import duckdb
    connection = duckdb.connect()
    flights = (f"(select copy * {ROWS} + file_row_number + 1 as flight_id, date as departed_at, delay, distance, origin, destination "
               f"from range({-(-rows // ROWS)}) copies(copy), read_parquet('{source}/flights-3m.parquet', file_row_number = true) where flight_id <= {rows})")
    form = "(format csv, header true, timestampformat '%Y-%m-%d %H:%M:%S')"
    connection.execute(f"copy {flights} to '{folder}/clean.csv' {form}")
    shutil.copyfile(f"{folder}/clean.csv", f"{folder}/flights.csv")
    with open(f"{folder}/flights.csv", "a") as file:
        file.writelines(BAD[n % len(BAD)].format(n=900_000_000 + n) + "\n" for n in range(3500))
    connection.execute(f"attach '{folder}/before.duckdb' as wh")
    connection.execute(f"create table wh.flights as select * replace (delay + 1 as delay) from {flights} where flight_id % 2 = 0")
    connection.execute("alter table wh.flights add primary key (flight_id)")
    connection.close()
    os.makedirs(f"{folder}/project/models")
    with open(f"{folder}/project/dbt_project.yml", "w") as file:
        file.write("name: bench\nmodels: {+materialized: table}\n")
    with open(f"{folder}/project/models/sources.yml", "w") as file:
        file.write("sources: [{name: raw, schema: main, tables: [{name: flights}]}]\n")
    named = {"flights": "{{ source('raw', 'flights') }}"} | {name: "{{ ref('" + name + "') }}" for name in MODELS}
    for name, select in MODELS.items():
        with open(f"{folder}/project/models/{name}.sql", "w") as file:
            file.write(select.format_map(named))


# What each task is told ----------------------------------------------------------------------------------------------

def stepwell_parameters(task, folder):
    typed = {name: {"type": kind} for name, kind in COLUMNS.items()}
    if task == "validate":
        numbers = {"delay": {"nullable": False, "min": -2000, "max": 3000}, "distance": {"nullable": False, "gt": 0}}
        airport = {"nullable": False, "regex": "^[A-Z0-9]{3}$"}
        return {"input": {"uri": f"{folder}/flights.csv", "format": "csv"},
                "columns": {"flight_id": {"type": "bigint", "nullable": False, "unique": True}, "departed_at": {"type": "timestamp", "nullable": False},
                            **{name: {**typed[name], **rules} for name, rules in numbers.items()}, "origin": airport, "destination": airport},
                "on_fail": "quarantine", "quarantine": {"uri": f"{folder}/out/bad.parquet", "max_bad": "1%", "format": "parquet"},
                "good": {"uri": f"{folder}/out/good.parquet"}}
    if task == "etl":
        return {"input": {"flights": {"uri": f"{folder}/clean.csv", "format": "csv", "columns": COLUMNS}},
                "steps": [{"trim": ["origin", "destination"]}, {"upper": ["origin", "destination"]},
                          {"derive": {"flight_month": "strftime(departed_at, '%Y-%m')", "is_late": "delay > 15", "miles_per_minute": "distance / nullif(delay, 0)"}},
                          {"dedupe": {"keys": ["flight_id"], "order_by": ["departed_at desc"], "ties": "any"}}],
                "write": {"uri": f"{folder}/out/lake/", "format": "parquet", "partition_by": ["flight_month"], "mode": "overwrite_partitions"}}
    if task == "transform":
        return {"project": f"{folder}/project", "connection": "wh", "schema": "analytics"}
    return {"input": {"uri": f"{folder}/clean.csv", "format": "csv", "columns": COLUMNS}, "target": {"connection": "wh", "table": "flights"},
            "mode": "upsert", "keys": ["flight_id"]}


def expert_sql(task, folder):
    """As somebody writes it who knows DuckDB and wants it fast: one pass, exact types, rejected rows kept with their reasons."""
    texts = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    typed = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
    read = "read_csv('{}', header = true, columns = {{{}}}, auto_detect = false, delim = ',', quote = '\"')"
    if task == "validate":
        def reason(condition, name):
            return f"case when {condition} then '{name}' end"
        reasons = [reason("id is null", "flight_id"), reason("moment is null", "departed_at"), reason("d is null or d not between -2000 and 3000", "delay"),
                   reason("m is null or m <= 0", "distance")] + [reason(f"{c} is null or not regexp_matches({c}, '^[A-Z0-9]{{3}}$')", c) for c in ("origin", "destination")]
        return [f"""create temp table checked as select *, list_filter([{', '.join(reasons)}], lambda r: r is not null) as reasons from (select *,
                    try_cast(flight_id as bigint) id, try_cast(departed_at as timestamp) moment, case when not contains(delay, '.') then try_cast(delay as integer) end d,
                    case when not contains(distance, '.') then try_cast(distance as integer) end m
                    from {read.format(folder + '/flights.csv', texts)})""",
                "create temp table twice as select id from checked where id is not null group by id having count(*) > 1",
                f"""copy (select flight_id, departed_at, delay, distance, origin, destination, if(id in (from twice), list_append(reasons, 'unique'), reasons) reasons
                    from checked where len(reasons) > 0 or id in (from twice)) to '{folder}/plain/bad.parquet' (format parquet)""",
                f"""copy (select id flight_id, moment departed_at, d delay, m distance, origin, destination from checked
                    where len(reasons) = 0 and id not in (from twice)) to '{folder}/plain/good.parquet' (format parquet, compression zstd)"""]
    if task == "etl":
        # "n = 1" becomes an aggregate of whole rows in DuckDB 1.5: a fifth slower here, and a third more memory.
        return [f"""copy (select * exclude (n) from (select flight_id, departed_at, delay, distance, upper(trim(origin)) origin, upper(trim(destination)) destination,
                    strftime(departed_at, '%Y-%m') flight_month, delay > 15 is_late, distance / nullif(delay, 0) miles_per_minute,
                    row_number() over (partition by flight_id order by departed_at desc) n from {read.format(folder + '/clean.csv', typed)}) where n between 0 and 1)
                    to '{folder}/plain/lake' (format parquet, partition_by (flight_month), compression zstd, write_partition_columns true)"""]
    if task == "transform":
        named = {name: f"analytics.{name}" for name in MODELS} | {"flights": "main.flights"}
        return ["create schema analytics"] + [f"create table analytics.{name} as {select.format_map(named)}" for name, select in MODELS.items()]
    source = read.format(folder + "/clean.csv", typed)
    changed = " or ".join(f"t.{name} is distinct from s.{name}" for name in list(COLUMNS)[1:])
    return [f"create temp table staged as select * from {source}",
            "select flight_id from staged group by 1 having count(*) > 1 limit 1",
            f"""merge into flights t using staged s on t.flight_id = s.flight_id when matched and ({changed}) then update set {', '.join(f'{n} = s.{n}' for n in list(COLUMNS)[1:])}
                when not matched then insert values ({', '.join('s.' + n for n in COLUMNS)})"""]


def polars_work(task, folder):
    """The same with polars, as its documentation advises: lazy, streaming. None where it has no such thing (an upsert)."""
    import polars as pl
    texts = {name: pl.String for name in COLUMNS}
    kinds = {"bigint": pl.Int64, "integer": pl.Int32, "varchar": pl.String, "timestamp": pl.Datetime("us")}
    if task == "validate":
        rows = pl.scan_csv(f"{folder}/flights.csv", schema=texts).with_columns(
            id=pl.col("flight_id").cast(pl.Int64, strict=False), at=pl.col("departed_at").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False),
            d=pl.col("delay").cast(pl.Int32, strict=False), m=pl.col("distance").cast(pl.Int32, strict=False))
        airport = [pl.col(c).fill_null("").str.contains("^[A-Z0-9]{3}$") for c in ("origin", "destination")]
        checks = {"flight_id": pl.col("id").is_not_null(), "departed_at": pl.col("at").is_not_null(), "delay": pl.col("d").is_between(-2000, 3000).fill_null(False),
                  "distance": (pl.col("m") > 0).fill_null(False), "origin": airport[0], "destination": airport[1], "unique": ~pl.col("id").is_duplicated() | pl.col("id").is_null()}
        checked = rows.with_columns(reasons=pl.concat_str([pl.when(~good).then(pl.lit(name)) for name, good in checks.items()], separator=";", ignore_nulls=True)).collect()
        checked.filter(pl.col("reasons") != "").select(*COLUMNS, "reasons").write_parquet(f"{folder}/plain/bad.parquet")
        checked.filter(pl.col("reasons") == "").select(flight_id="id", departed_at="at", delay="d", distance="m", origin="origin", destination="destination").write_parquet(f"{folder}/plain/good.parquet")
    if task == "etl":
        rows = pl.scan_csv(f"{folder}/clean.csv", schema={name: kinds[kind] for name, kind in COLUMNS.items()})
        late = rows.with_columns(*[pl.col(c).str.strip_chars().str.to_uppercase() for c in ("origin", "destination")],
                                 flight_month=pl.col("departed_at").dt.strftime("%Y-%m"), is_late=pl.col("delay") > 15,
                                 miles_per_minute=pl.when(pl.col("delay") != 0).then(pl.col("distance") / pl.col("delay")))
        kept = late.sort("departed_at", descending=True).unique("flight_id", keep="first").collect()
        kept.write_parquet(f"{folder}/plain/lake", partition_by="flight_month")


ON_TABLES = ("load", "transform")  # polars has no such thing


# Measuring ------------------------------------------------------------------------------------------------------------

def fresh(folder):
    for name in ("out", "plain", "data"):
        shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
        os.makedirs(f"{folder}/{name}")
    shutil.copyfile(f"{folder}/before.duckdb", f"{folder}/wh.duckdb")


def by_itself(kind, task, folder):
    """Runs one of the others in a process of its own; returns seconds, CPU seconds and MB."""
    out = subprocess.run([sys.executable, os.path.abspath(__file__), "--child", kind, task, folder], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(out)


def child(kind, task, folder):
    if kind == "polars":
        import polars  # noqa: F401
    else:
        import duckdb
    begun = time.monotonic()
    if kind == "polars":
        polars_work(task, folder)
    else:
        connection = duckdb.connect(f"{folder}/wh.duckdb" if task in ON_TABLES else ":memory:")
        for statement in expert_sql(task, folder):
            connection.execute(statement).fetchall()
        connection.close()
    seconds, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1000}))


def children(pid):
    pids = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as file:
            pids += [int(each) for each in file.read().split()]
    return pids


def of_host(pid):
    """CPU seconds and the highest MB of the task host that has worked most."""
    best = (0, 0)
    for host in children(pid):
        with open(f"/proc/{host}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        with open(f"/proc/{host}/status") as file:
            peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))
        best = max(best, (sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK"), peak / 1000))
    return best


def by_stepwell(serving, program, folder, *works, **config):
    """Runs tasks, one after the other, with one daemon: (name, parameters) each. What the host has used is of all of them."""
    path = f"{folder}/stepwell.yaml"
    connections = {"wh": {"type": "duckdb", "path": f"{folder}/wh.duckdb"}, "app": {"type": "sqlite", "path": f"{folder}/app.sqlite"}}
    with open(path, "w") as file:
        json.dump({"allowed_roots": [folder], "connections": connections} | config, file)
    results = []
    with serving(program, f"{folder}/data", "--config", path) as daemon:
        for task, parameters in works:
            machine = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": f"stepwell:{task}", "Parameters": parameters, "End": True}}}
            arn = daemon.call("CreateStateMachine", name=f"bench-{time.monotonic_ns()}", definition=json.dumps(machine), roleArn="arn:aws:iam::123456789012:role/r")["stateMachineArn"]
            run = daemon.ended(daemon.call("StartExecution", stateMachineArn=arn)["executionArn"], 1200)
            if run["status"] != "SUCCEEDED":
                raise RuntimeError(f"{task}: {run.get('error')}: {run.get('cause')}")
            cpu, peak = of_host(daemon.process.pid)
            results.append({"seconds": run["stopDate"] - run["startDate"], "cpu": cpu, "mb": peak, "output": json.loads(run["output"])})
        daemon.stop()
    return results


def least(runs):
    return {key: min(run[key] for run in runs) for key in ("seconds", "cpu", "mb")}


def figures(table, source, serving, program, rounds=1, tasks=TASKS, rows=ROWS):
    folder = tempfile.mkdtemp(prefix="stepwell-rows-")
    land(source, folder, rows)
    others = ["duckdb"]
    try:
        import polars  # noqa: F401
        others.append("polars")
    except ImportError:
        pass
    for task in tasks:
        runs = {name: [] for name in ["stepwell", *others] if name != "polars" or task not in ON_TABLES}
        for _ in range(rounds):
            for name, results in runs.items():
                fresh(folder)
                is_ours = name == "stepwell"
                results.append(by_stepwell(serving, program, folder, (task, stepwell_parameters(task, folder)))[0] if is_ours else by_itself(name, task, folder))
        best = {name: least(results) for name, results in runs.items()}
        for name, one in best.items():
            table.add(f"{task} of {rows:,} flights, {name}", one["seconds"], "s", note=f"CPU {one['cpu']:.2f} s, {one['mb']:,.0f} MB")
        for key, unit in (("seconds", "time"), ("mb", "memory")):
            table.add(f"{task} of {rows:,}: {unit} against an expert's DuckDB", best["stepwell"][key] / best["duckdb"][key], "x", 1.1, False)
    if tasks == TASKS and rows == ROWS:
        other_figures(table, serving, program, folder)
    shutil.rmtree(folder)


def other_figures(table, serving, program, folder):
    """Types that nobody declared, rows between engines, inputs that have not changed, and more data than memory."""
    def load(target, **more):
        return ("load", {"input": {"uri": f"{folder}/clean.csv", "format": "csv", **more}, "target": target, "mode": "replace"})

    fresh(folder)
    both = by_stepwell(serving, program, folder, *[load("wh.declared", columns=COLUMNS), load("wh.inferred")] * 3)
    declared, inferred = (min(both[n::2], key=lambda one: one["seconds"]) for n in (0, 1))
    table.add("load of 3,000,000 flights, types inferred against declared", inferred["seconds"] / declared["seconds"], "x", 1.3, False,
              note=f"{inferred['seconds']:.2f} s against {declared['seconds']:.2f} s")
    rows = 1_000_000
    part = {"sql": f"select * from flights where flight_id <= {rows}", "connection": "wh"}
    over, back = by_stepwell(serving, program, folder, load("wh.flights", columns=COLUMNS), ("load", {"input": part, "target": "app.flights", "mode": "replace"}),
                             ("load", {"input": {"table": "app.flights"}, "target": "wh.back", "mode": "replace"}))[1:]
    for name, one in (("DuckDB to SQLite", over), ("SQLite to DuckDB", back)):
        table.add(f"rows/s, {name}, six columns", rows / one["seconds"], "1/s", 500_000)
    fresh(folder)
    first, second = by_stepwell(serving, program, folder, *[("etl", stepwell_parameters("etl", folder))] * 2)
    table.add("etl of unchanged inputs against the first time", second["seconds"] / first["seconds"], "x", 0.2, False)
    fresh(folder)
    with open(f"{folder}/large.csv", "wb") as large, open(f"{folder}/clean.csv", "rb") as clean:
        header = clean.readline()
        large.write(header)
        while large.tell() < 1_000_000_000:
            clean.seek(len(header))
            shutil.copyfileobj(clean, large)
    parameters = stepwell_parameters("etl", folder)
    parameters["input"]["flights"]["uri"] = f"{folder}/large.csv"
    for task, told in (("etl", parameters), ("load", {"input": parameters["input"]["flights"], "target": "wh.large", "mode": "replace"})):
        try:
            one = by_stepwell(serving, program, folder, (task, told), tasks={"data_memory": "512MB"})[0]
            table.add(f"{task} of 1 GB of CSV with data_memory: 512MB", one["seconds"], "s", note=f"CPU {one['cpu']:.1f} s, {one['mb']:,.0f} MB")
        except RuntimeError as error:
            print(f"{task} of 1 GB of CSV with data_memory: 512MB FAILED: {str(error)[:300]}", flush=True)


def main():
    if sys.argv[1:2] == ["--child"]:
        return child(*sys.argv[2:])
    import bench
    parse = argparse.ArgumentParser()
    parse.add_argument("--stepwell", default=bench.PROGRAM)
    parse.add_argument("--source", default=os.path.join(ROOT, "build/third_party/vega-datasets"))
    parse.add_argument("--rows", type=int, default=ROWS)
    parse.add_argument("--rounds", type=int, default=1)
    parse.add_argument("--only", action="append", choices=TASKS)
    arguments = parse.parse_args()
    figures(bench.Table(), os.path.abspath(arguments.source), bench.serving, os.path.abspath(arguments.stepwell), arguments.rounds,
            arguments.only or TASKS, arguments.rows)


if __name__ == "__main__":
    main()
