#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes a letter (CSV) about invented people; the same options give the same bytes.

    make_letter.py --count 40 --seed 1 > letter.csv
    make_letter.py --count 2000 --ops create=1 --unit "Văn phòng" --unit "Thanh tra"
    make_letter.py --count 100 --ops suspend=3,close=1 --addresses addresses.txt

Names are put together at random from names.tsv; a likeness to anybody is chance.
"""
import argparse
import csv
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ("op full_name kind birth_year birth_month id_tail title unit phone rank quota address "
           "new_address custodian effective basis_no basis_date basis_kind reason ref").split()
OPS = ("create", "update", "suspend", "resume", "close")
UNITS = ["Văn phòng", "Thanh tra", "Phòng Tổ chức cán bộ", "Phòng Hành chính - Tổng hợp",
         "Phòng Kế hoạch, Tài chính", "Phòng Công chức, viên chức", "Phòng Cải cách hành chính"]
TITLES = [("Chuyên viên", "", 60), ("Chuyên viên chính", "", 15), ("Văn thư", "", 6),
          ("Kế toán viên", "", 6), ("Phó Trưởng phòng", "division-head", 8),
          ("Trưởng phòng", "division-head", 4), ("Phó Giám đốc", "department-head", 1)]
BASIS = {"create": "tiếp nhận", "update": "bổ nhiệm", "suspend": "nghỉ thai sản",
         "resume": "trở lại làm việc", "close": "nghỉ hưu"}


def read_names(path):
    """{"family": ([texts], [weights]), ...}; whole names of other peoples under "whole"."""
    places = {}
    with open(path, encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            texts, weights = places.setdefault(row["place"], ([], []))
            texts.append(row["text"])
            weights.append(int(row["weight"]))
    return places


def invent_name(rng, names):
    """Two in a hundred are of another people, whose names follow other rules: the beginning of one
    name of the table and the end of another."""
    if rng.random() < 0.02:
        first, last = rng.sample(names["whole"][0], 2)
        return " ".join(first.split()[:-1] + last.split()[-1:])
    parts = [rng.choices(*names[place])[0] for place in ("family", "middle", "given")]
    return " ".join(p for p in parts if p)


def invent_row(rng, args, names, number):
    title, rank, _ = rng.choices(TITLES, [t[2] for t in TITLES])[0]
    op = rng.choices(list(args.ops), list(args.ops.values()))[0]
    date = "%04d-%02d-%02d" % (args.year, rng.randint(1, 12), rng.randint(1, 28))
    row = {"op": op, "basis_no": "%d/QĐ-%s" % (rng.randint(1, 900), args.agency.upper()),
           "basis_date": date, "basis_kind": BASIS[op],
           "ref": "%s-%0*d" % (args.ref, max(4, len(str(args.count))), number)}
    if op in ("create", "update"):
        row.update(title=title, rank=rank, unit=rng.choice(args.unit or UNITS),
                   phone="0900%06d" % rng.randint(0, 999999),
                   quota=rng.choice(["", "", "2G", "5G"]))
    if op == "create":
        row.update(full_name=invent_name(rng, names), birth_year=str(rng.randint(1964, 2003)))
    else:
        row["address"] = args.pool.pop(rng.randrange(len(args.pool)))
    return row


def parse_ops(text):
    ops = {}
    for part in text.split(","):
        op, _, weight = part.partition("=")
        if op not in OPS or not (weight or "1").isdigit():
            raise argparse.ArgumentTypeError("%r: write such as create=8,close=1" % part)
        ops[op] = int(weight or 1)
    return ops


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--count", type=int, default=40, help="rows (40)")
    p.add_argument("--seed", type=int, default=1, help="other seed, other people (1)")
    p.add_argument("--ops", type=parse_ops, default={"create": 1},
                   help="operations and their weights: create=8,suspend=1,close=1 (create=1)")
    p.add_argument("--agency", default="snv", help="code, for the numbers of the decisions (snv)")
    p.add_argument("--unit", action="append", help="a unit of the agency; may be repeated")
    p.add_argument("--year", type=int, default=2026, help="of the decisions (2026)")
    p.add_argument("--ref", default="NV", help="what the refs begin with (NV)")
    p.add_argument("--names", default=os.path.join(HERE, "names.tsv"), help="table of names")
    p.add_argument("--addresses", help="file of addresses, one a line, for all but create")
    p.add_argument("--delimiter", default=",")
    p.add_argument("--output", "-o", help="file (standard output)")
    args = p.parse_args()
    args.pool = []
    if args.addresses:
        with open(args.addresses, encoding="utf-8") as f:
            args.pool = f.read().split()
    if set(args.ops) != {"create"} and len(args.pool) < args.count:
        p.error("--addresses must name at least --count addresses for %s" %
                ", ".join(sorted(set(args.ops) - {"create"})))
    rng = random.Random(args.seed)
    names = read_names(args.names)
    out = open(args.output, "w", encoding="utf-8", newline="") if args.output else \
        open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False)
    with out:
        w = csv.DictWriter(out, COLUMNS, restval="", delimiter=args.delimiter, lineterminator="\n")
        w.writeheader()
        for number in range(1, args.count + 1):
            w.writerow(invent_row(rng, args, names, number))


if __name__ == "__main__":
    main()
