"""What people use now, asked for the same answer: SQL on SQLite, DuckDB with DECIMAL, a loop over Python decimals.

    peers.py plain REAL.csv.gz PLAIN.csv         the real sales in the columns of gtm's own transactions file
    peers.py load PLAIN.csv FOLDER               facts as SQLite and DuckDB keep them best
    peers.py sqlite|indexed|duckdb FOLDER START END [THREADS]
    peers.py decimal FOLDER START END

Each answer is one JSON object: seconds, who is paid what (account number to pennies), lines read. The rebate is the marginal one of the
benchmarks: 1 % above 1,000, 2.5 % above 5,000, 4 % above 20,000, goods only, rounded half up to the penny for each participant.
Peers get every advantage that is fair: amounts and references are integers where that is faster, the data are in the page cache, and
loading is not counted.
"""

import csv
import datetime
import gzip
import json
import os
import sqlite3
import sys
import time
from decimal import ROUND_HALF_UP, Decimal

EPOCH = datetime.date(1970, 1, 1)
MICROS = 1_000_000


def day(text):
    return (datetime.date.fromisoformat(text[:10]) - EPOCH).days


def plain(source, target):
    """The same lines that the profile `online-retail` accepts."""
    with gzip.open(source, "rt", encoding="utf-8", newline="") as lines, open(target, "w", newline="") as out:
        write = csv.writer(out, lineterminator="\n")
        write.writerow(["key", "kind", "account", "product", "date", "currency", "quantity", "net_amount"])
        for number, line in enumerate(csv.DictReader(lines)):
            account = line["CustomerID"].removesuffix(".0")
            if not account:
                continue
            quantity = Decimal(line["Quantity"])
            kind = "return" if line["InvoiceNo"].startswith("C") or quantity < 0 else "sale"
            net = (quantity * Decimal(line["UnitPrice"])).quantize(Decimal("0.000001"))
            write.writerow([number, kind, account, line["StockCode"], line["InvoiceDate"][:10], "GBP", quantity, net])


def is_goods(sku):
    """In the real sales goods have codes that begin with five digits; in the generated ones everything but services."""
    return sku[:5].isdigit() and len(sku) >= 5


def load(source, folder):
    import duckdb

    for name in ("peer.sqlite", "peer.duckdb"):
        if os.path.exists(os.path.join(folder, name)):
            os.remove(os.path.join(folder, name))
    base = sqlite3.connect(os.path.join(folder, "peer.sqlite"))
    base.executescript(
        """
        pragma journal_mode = off; pragma synchronous = off;
        create table accounts (id integer primary key, number text not null unique);
        create table products (id integer primary key, sku text not null unique, goods integer not null);
        create table sales (account integer not null, product integer not null, day integer not null, net integer not null);
        create table paid (account integer primary key, pennies integer not null);
        """
    )
    accounts, products, days = {}, {}, {}

    def rows():
        with open(source, newline="") as lines:
            reader = csv.reader(lines)
            next(reader)
            for _, _, account, product, date, _, _, net in reader:
                account = accounts.setdefault(account, len(accounts) + 1)
                product = products.setdefault(product, len(products) + 1)
                number = days.get(date)
                if number is None:
                    number = days[date] = day(date)
                whole, _, part = net.partition(".")
                micros = int(whole + part.ljust(6, "0"))
                yield account, product, number, micros

    base.executemany("insert into sales values (?, ?, ?, ?)", rows())
    base.executemany("insert into accounts values (?, ?)", ((number, text) for text, number in accounts.items()))
    base.executemany("insert into products values (?, ?, ?)", ((number, sku, is_goods(sku)) for sku, number in products.items()))
    base.executescript("create index sales_covering on sales (account, day, product, net); analyze;")
    base.commit()

    duck = duckdb.connect(os.path.join(folder, "peer.duckdb"))
    duck.execute("create table account_of (id integer, number varchar)")
    write = os.path.join(folder, "references.csv")
    for table, entries in (("account_of", accounts),):
        with open(write, "w", newline="") as out:
            csv.writer(out).writerows((number, text) for text, number in entries.items())
        duck.execute(f"copy {table} from '{write}' (header false)")
    duck.execute("create table products (id integer, sku varchar, goods boolean)")
    with open(write, "w", newline="") as out:
        csv.writer(out).writerows((number, sku, is_goods(sku)) for sku, number in products.items())
    duck.execute(f"copy products from '{write}' (header false)")
    duck.execute(
        f"""
        create table sales as
        select account_of.id as account, products.id as product, cast(date as date) as day, cast(net_amount as decimal(18, 6)) as net
        from read_csv('{source}', all_varchar = true, header = true) as line
        join account_of on account_of.number = line.account
        join products on products.sku = line.product
        """
    )
    duck.execute("create table paid (account integer, amount decimal(18, 2))")
    duck.execute("checkpoint")
    os.remove(write)
    return {"lines": base.execute("select count(*) from sales").fetchone()[0]}


def with_sqlite(folder, start, end, indexed):
    base = sqlite3.connect(os.path.join(folder, "peer.sqlite"))
    base.execute("delete from paid")
    base.commit()
    # In integers: rates in hundredths of a percent, so that 1e8 of the product are a penny.
    begun = time.perf_counter()
    base.execute(
        f"""
        insert into paid
        select account, (min(max(net - 1000 * {MICROS}, 0), 4000 * {MICROS}) * 100
                       + min(max(net - 5000 * {MICROS}, 0), 15000 * {MICROS}) * 250
                       + max(net - 20000 * {MICROS}, 0) * 400 + 50000000) / 100000000
        from (select account, sum(net) as net
              from sales {"indexed by sales_covering" if indexed else "not indexed"}
              where day between ? and ? and product in (select id from products where goods)
              group by account)
        """,
        (day(start), day(end)),
    )
    base.commit()
    seconds = time.perf_counter() - begun
    paid = base.execute("select number, pennies from paid join accounts on id = account where pennies <> 0")
    return {"seconds": seconds, "paid": dict(paid.fetchall())}


def with_duckdb(folder, start, end, threads):
    import duckdb

    duck = duckdb.connect(os.path.join(folder, "peer.duckdb"), config={"threads": threads})
    best = None
    for _ in range(3):
        duck.execute("delete from paid")
        begun = time.perf_counter()
        duck.execute(
            """
            insert into paid
            select account, round(least(greatest(net - 1000, 0), 4000) * 0.01::decimal(3, 2)
                                + least(greatest(net - 5000, 0), 15000) * 0.025::decimal(4, 3)
                                + greatest(net - 20000, 0) * 0.04::decimal(3, 2), 2)
            from (select account, sum(net) as net
                  from sales join products on products.id = product
                  where goods and day between ? and ?
                  group by account)
            """,
            (start, end),
        )
        seconds = time.perf_counter() - begun
        best = seconds if best is None else min(best, seconds)
    paid = duck.execute("select number, cast(amount * 100 as bigint) from paid join account_of on id = account where amount <> 0")
    return {"seconds": best, "paid": dict(paid.fetchall())}


def with_decimals(folder, start, end):
    import duckdb

    duck = duckdb.connect(os.path.join(folder, "peer.duckdb"))
    goods = {number for (number,) in duck.execute("select id from products where goods").fetchall()}
    numbers = dict(duck.execute("select id, number from account_of").fetchall())
    first, last = datetime.date.fromisoformat(start), datetime.date.fromisoformat(end)
    totals, seconds, lines = {}, 0, 0
    reading = duck.execute("select account, product, day, net from sales")
    while rows := reading.fetchmany(500_000):
        begun = time.perf_counter()
        for account, product, date, net in rows:
            if product in goods and first <= date <= last:
                totals[account] = totals.get(account, 0) + net
        seconds += time.perf_counter() - begun
        lines += len(rows)
    begun = time.perf_counter()
    paid, penny = {}, Decimal("0.01")
    tiers = ((1000, 5000, Decimal("0.01")), (5000, 20000, Decimal("0.025")), (20000, None, Decimal("0.04")))
    for account, net in totals.items():
        amount = sum(
            ((net if until is None or net < until else until) - above) * rate for above, until, rate in tiers if net > above
        )
        if amount := Decimal(amount).quantize(penny, ROUND_HALF_UP):
            paid[numbers[account]] = int(amount * 100)
    seconds += time.perf_counter() - begun
    return {"seconds": seconds, "paid": {account: pennies for account, pennies in paid.items() if pennies}}


def main():
    task, *given = sys.argv[1:]
    if task == "plain":
        return plain(*given)
    if task == "load":
        return load(*given)
    if task in ("sqlite", "indexed"):
        return with_sqlite(*given, indexed=task == "indexed")
    if task == "duckdb":
        folder, start, end, threads = given
        return with_duckdb(folder, start, end, int(threads))
    return with_decimals(*given)


print(json.dumps(main()))
