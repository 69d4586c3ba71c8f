"""Lands the flights as the airlines would send them: one CSV file a month, with some bad rows among them."""
import os

import duckdb

# What the demo plants into the files, beside the real flights: each must come out in quarantine.
BAD_ROWS = {
    "2001-01": ["9000001,2001-01-31 10:00:00,5,n/a,JFK,LAX", "9000002,2001-01-31 11:00:00,5,2475,,LAX"],
    "2001-03": ["9000003,2001-03-99 10:00:00,5,2475,JFK,LAX", "9000004,2001-03-31 10:00:00,5,-7,JFK,LAX"],
    "2001-04": ["9000005,2001-04-30 10:00:00,5,2475,JFK,LAX,one field too many", "9000006,2001-04-30 10:00:00"],
    "2001-06": ["9000007,2001-06-30 10:00:00,5,2475,JFK,Los Angeles"],
}
BAD_COUNT = sum(map(len, BAD_ROWS.values()))
MONTHS = [f"2001-{month:02}" for month in range(1, 8)]


def flights(source):
    """The source as a table expression with the id that the files carry."""
    return (f"(select file_row_number + 1 as flight_id, date as departed_at, delay, distance, origin, destination "
            f"from read_parquet('{source}/flights-3m.parquet', file_row_number = true))")


def csv_path(folder, month):
    return os.path.join(folder, f"flights-{month}.csv")


def publish(path, write):
    """A file appears under its name when it is whole."""
    write(path + ".tmp")
    os.replace(path + ".tmp", path)


def land_month(connection, folder, month, columns="*"):
    """Writes one month's file; `columns` may correct some of its values."""
    def write(path):
        connection.execute(f"copy (select {columns} from flights where strftime(departed_at, '%Y-%m') = '{month}' order by flight_id) "
                           f"to '{path}' (format csv, header true, timestampformat '%Y-%m-%d %H:%M:%S')")
        with open(path, "a") as file:
            file.writelines(row + "\n" for row in BAD_ROWS.get(month, []))
    publish(csv_path(folder, month), write)


def connect(source):
    connection = duckdb.connect()
    connection.execute(f"create table flights as select * from {flights(source)}")
    return connection


def land(source, folder):
    os.makedirs(folder, exist_ok=True)
    connection = connect(source)
    for month in MONTHS:
        land_month(connection, folder, month)
    with open(os.path.join(source, "airports.csv"), "rb") as file:
        airports = file.read()

    def write(path):
        with open(path, "wb") as out:
            out.write(airports)
    publish(os.path.join(folder, "airports.csv"), write)
    return connection
