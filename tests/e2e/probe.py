# SPDX-License-Identifier: BSD-2-Clause
"""Asks the door without pause until standard input ends, then prints what was seen as JSON.  A process
of its own: nothing that the test computes meanwhile counts as slowness of the door.

    probe.py SOCKET PATH SECONDS_BETWEEN
"""
import json
import select
import sys
import time

from door import Door


def main(socket, path, every):
    times, failures = [], []
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], every)[0]:
        began = time.monotonic()
        try:
            with Door(socket, timeout=5) as d:
                d.open()
                r = d.raw("GET", path)
            if r.status != 200:
                failures.append(repr(r))
        except (OSError, AssertionError) as e:
            failures.append(repr(e))
        times.append(time.monotonic() - began)
    json.dump({"times": times, "failures": failures[:20]}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
