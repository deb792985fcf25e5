# SPDX-License-Identifier: BSD-2-Clause
"""What the benches share: the library of the end-to-end tests, programs in C, and tables."""
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import hopthu  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def program(name):
    """A C program of this folder, from the build tree."""
    path = hopthu.BUILD / "tests" / "bench" / name
    if not path.exists():
        sys.exit("%s is not built: make, or set HOPTHU_BUILD to the build tree" % path)
    return str(path)


def cpu(pid):
    """Seconds of processor time that a process has used."""
    f = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / TICKS


def median(values):
    return statistics.median(values)


def table(head, rows):
    """Columns, the first to the left and numbers to the right."""
    rows = [[str(c) for c in r] for r in [head] + rows]
    widths = [max(len(r[i]) for r in rows) for i in range(len(head))]
    for r in rows:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                        for i, (c, w) in enumerate(zip(r, widths))))
