"""JSONata beside its reference under Node: the same expressions over the same data, in turns, in one run."""
import json
import math
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def orders(count):
    return {"orders": [{"id": n, "customer": f"c{n % 17}", "region": ["north", "south", "east", "west"][n % 4], "paid": n % 3 > 0, "date": f"2024-0{n % 9 + 1}-1{n % 9}T10:00:00Z",
                        "lines": [{"sku": f"s{(n * 7 + k) % 40}", "quantity": k + 1, "price": (n * 13 + k * 7) % 100 / 4} for k in range(3)],
                        "note": f"Order {n}: deliver to house {n % 90}, ring twice; phone 555-{n % 10000:04d}"} for n in range(count)],
            "customers": [{"id": f"c{n}", "name": f"Customer {n}", "tier": n % 3} for n in range(17)], "text": "the quick brown fox jumps over the lazy dog " * 8}


EXPRESSIONS = [
    ("a field", "orders[0].customer"),
    ("a field of all", "orders.id"),
    ("nested fields", "orders.lines.price"),
    ("a predicate", "orders[paid and region = 'north'].id"),
    ("a sum of products", "$sum(orders.lines.(quantity * price))"),
    ("grouping", "orders{region: $sum(lines.price)}"),
    ("order by", "orders^(>customer, id).id"),
    ("new objects", "orders.{'id': id, 'total': $sum(lines.(quantity * price)), 'who': $uppercase(customer)}"),
    ("a join", "orders@$o.customers@$c[$o.customer = $c.id and $c.tier = 1].{'o': $o.id, 'n': $c.name}"),
    ("parents", "orders.lines[price > 20].{'sku': sku, 'order': %.id}"),
    ("map, filter, reduce", "$reduce($filter($map([1..300], function($x) { $x * 2 }), function($x) { $x % 3 = 0 }), function($a, $b) { $a + $b })"),
    ("recursion", "($fib := function($n) { $n < 2 ? $n : $fib($n - 1) + $fib($n - 2) }; $fib(12))"),
    ("a loop by tail calls", "($loop := function($n, $a) { $n = 0 ? $a : $loop($n - 1, $a + $n) }; $loop(500, 0))"),
    ("texts", "$join(orders.($uppercase(customer) & '-' & $string(id) & $substring(note, 6, 5)), ';')"),
    ("a pattern", "orders.$match(note, /phone (\\d+)-(\\d+)/).groups[1]"),
    ("replace by a pattern", "$replace(text, /(\\w+) (\\w+)/, '$2 $1')"),
    ("split and count", "$count($split(text, ' '))"),
    ("a transformation", "$ ~> |orders.lines|{'total': quantity * price}, 'sku'|"),
    ("distinct", "$distinct(orders.lines.sku)"),
    ("sorting by a function", "$sort(orders, function($l, $r) { $l.lines[0].price > $r.lines[0].price }).id"),
    ("times", "orders.$fromMillis($toMillis(date), '[D01]/[M01]/[Y0001]')"),
    ("pictures of numbers", "orders.lines.$formatNumber(price * quantity, '#,##0.00')"),
    ("descendants", "$count(**.sku)"),
    ("as JSON", "$length($string(orders))"),
    ("merge and spread", "$merge(orders.{customer: id}) ~> $keys() ~> $count()"),
]


def measure(command, request):
    """Microseconds an evaluation."""
    process = subprocess.run(command, input=json.dumps(request), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(process.stdout)


def figures(table, program, reference, quick):
    data = orders(40 if quick else 100)
    ms = 150 if quick else 500
    commands = [[program], ["node", os.path.join(HERE, "jsonata_speed.js"), reference]]
    ratios = []
    for name, expression in EXPRESSIONS:
        request = {"expr": expression, "data": data, "ms": ms}
        mine, other = [measure(command, request) for command in commands]
        if mine["result"] != other["result"]:
            raise SystemExit(f"{name}: expected the same result, but got {str(mine['result'])[:200]} and {str(other['result'])[:200]}")
        ratio = other["us"] / mine["us"]
        ratios.append((ratio, name))
        table.add(f"JSONata, {name}", mine["us"], "µs", note=f"reference {other['us']:,.1f} µs, {ratio:.1f} times as long")
    mean = math.exp(sum(math.log(ratio) for ratio, _ in ratios) / len(ratios))
    worst, where = min(ratios)
    table.add("JSONata, the reference's time over ours (geometric mean)", mean, "times", goal=1, note=f"{len(ratios)} expressions")
    table.add("JSONata, the worst of them", worst, "times", goal=1, note=where)
