# SPDX-License-Identifier: BSD-2-Clause
"""A client that lives through the deaths of its daemon: what a script of an agency would be."""
import http.client
import time

import people
from door import DoorError
from hopthu import Timeout

BROKEN = (OSError, http.client.HTTPException)


class Driver:
    """Each step is tried again until it is answered; a dead daemon is started again."""

    def __init__(self, world, restart_env=None):
        self.world = world
        self.deaths = []
        self.restart_env = restart_env or {}

    def revive(self, **kw):
        """Starts hopthud again when it is dead."""
        w = self.world
        if not w.daemon.alive():
            self.deaths.append(w.daemon.process.returncode)
            w.daemon.expected_death = True
            w.drop_doors()
            while True:
                try:
                    w.start(ready=False, **kw)
                    return
                except (AssertionError, *BROKEN):  # died again while starting
                    if w.daemon.process.returncode != -9:
                        raise
                    self.deaths.append(-9)
                    kw = {}

    def start(self, failpoint, **kw):
        """Starts hopthud with a fault that it may meet before it answers."""
        w = self.world
        try:
            w.start(failpoint=failpoint, ready=False, **kw)
        except (AssertionError, *BROKEN):
            assert w.daemon.process.wait(5) == -9, w.log_tail()
        w.daemon.expected_death = True

    def persist(self, step, timeout=60):
        """step() until it does not fail for want of a daemon or a directory."""
        end = time.monotonic() + timeout
        while True:
            try:
                return step()
            except BROKEN as e:
                error = e
                self.world.drop_doors()
            except DoorError as e:
                if e.reply.status != 503:
                    raise
                error = e
            if time.monotonic() > end:
                raise Timeout("%s" % error) from error
            time.sleep(0.02)
            self.world.daemon.expected_death = True
            self.revive()

    def letter(self, rows, user="lan", timeout=60, state="done", **head):
        """Submitted, approved and ended, whatever happens; the object without items."""
        w = self.world
        head = w.head(**head)
        data = people.letter_csv(rows)
        r = self.persist(lambda: w.door(user).submit(data, **head), timeout)
        rid = r["id"]
        end = time.monotonic() + timeout

        def forward():
            shown = w.door("minh").get("/v1/requests/%d" % rid, limit=1)
            if shown["state"] == "planned":
                who = "thu" if shown["first_approver"] else "minh"
                got = w.door(who).ask("POST", "/v1/requests/%d/approve" % rid,
                                      body={"digest": shown["digest"]})
                if got.status == 503:
                    raise DoorError("approve", got)
                assert got.status in (200, 409), got
            return shown["state"]

        while True:
            now = self.persist(forward, timeout)
            if now in ("done", "failed", "refused", "cancelled"):
                break
            if time.monotonic() > end:
                shown = w.show(rid, limit=5)
                raise Timeout("request %d is %s: %r" % (rid, now, shown))
            time.sleep(0.03)
        shown = self.persist(lambda: w.show(rid, limit=1), timeout)
        assert shown["state"] == state, w.show(rid)
        assert shown["item_count"] == len(rows), shown
        return shown

    def order(self, path, body, timeout=60):
        """An administrator's order: 409 at the second try means the first got through."""
        tries = []

        def post():
            tries.append(1)
            got = self.world.door("admin").ask("POST", path, None, body)
            if got.status == 503:
                raise DoorError(path, got)
            assert got.status in (200, 201) or (got.status == 409 and len(tries) > 1), got

        self.persist(post, timeout)

    def quiet(self, timeout=60):
        """Nothing is on its way any more."""
        end = time.monotonic() + timeout
        while True:
            items = self.persist(lambda: self.world.status()["queue"]["items"], timeout)
            if not sum(items.get(s, 0) for s in ("approved", "running", "unknown")):
                return
            if time.monotonic() > end:
                raise Timeout("still moving: %r" % items)
            time.sleep(0.03)
