# SPDX-License-Identifier: BSD-2-Clause
"""slapd stopped, killed, restarted, slow, never there, or changed by hand: the door answers all the
while, requests wait with a reason, and everything is done once when it returns."""
import json
import os
import re
import subprocess
import time

import pytest

import people
import proxy
from door import Door
from hopthu import BASE, Probe, SANITIZED, wait_for
from proxy import ADD, ADD_REPLY, BIND_REPLY, MODIFY_REPLY, NOTICE, SEARCH, WRITE_REPLIES, WRITES

LIMIT = 0.1 if not SANITIZED else 1.0


def batch(world, first, count=40):
    """An approved letter, not waited for."""
    r = world.submit([people.create(n) for n in range(first, first + count)])
    world.approve(r)
    return r


def down(world):
    return wait_for(lambda: (lambda d: d if d["state"] != "ready" else None)(
        world.status()["directory"]), "hopthud to notice", 15)


def done_once(world, r, timeout=40):
    """All of it done; each address one entry (the checker counts the writes)."""
    assert world.wait(r["id"], timeout)["state"] == "done", world.show(r["id"])
    shown = world.show(r["id"])
    for i in shown["items"]:
        assert world.person(i["address"].split("@")[0])["hopthuStatus"] == [b"active"]


@pytest.mark.parametrize("fault", ["freeze", "kill", "stop"])
def test_slapd_goes_and_returns(make_world, fault):
    w = make_world()
    r = batch(w, 0, 400)  # so many that some are left when slapd goes
    with Probe(w) as probe:
        wait_for(lambda: w.show(r["id"])["counts"].get("done", 0) >= 3, "some of it to be done")
        {"freeze": w.slapd.freeze, "kill": w.slapd.kill, "stop": w.slapd.stop}[fault]()
        if fault == "freeze":
            time.sleep(4)  # longer than the operations' deadline
        state = down(w)
        assert state["reason"] and state["state"] != "ready"
        waiting = w.show(r["id"])
        if waiting["state"] not in ("done", "failed"):
            assert waiting["waiting_for"], waiting
        # everything that reads is answered, and letters are taken in
        for path in ("/v1/requests/%d" % r["id"], "/v1/mailboxes", "/v1/requests", "/v1/audit",
                     "/v1/audit/verify", "/v1/agencies", "/v1/operators",
                     "/v1/requests/%d/plan" % r["id"]):
            got = w.door("admin").ask("GET", path)
            assert got.status == 200 and got.took < LIMIT * 2, (path, got.took)
        assert w.status()["directory"]["next_try_ms"] is not None
        if fault == "freeze":
            w.slapd.thaw()
        else:
            w.slapd.start()
        done_once(w, r)
    probe.check(LIMIT)
    assert w.run([people.create(500)])["state"] == "done"


def test_letters_while_the_directory_is_away(make_world):
    """Submitted and approved while slapd is dead: accepted, waiting with a reason, done once."""
    w = make_world()
    w.slapd.kill()
    down(w)
    with Probe(w) as probe:
        d = w.door("lan")
        began = time.monotonic()
        got = d.ask("POST", "/v1/requests", w.head(letter="away"), people.letter_csv(
            [people.create(n) for n in range(5)]), "text/csv")
        took = time.monotonic() - began
        assert got.status in (201, 202, 503), got
        assert took < 3 or got.status == 201
        if got.status == 503:
            assert got.json["error"]
        w.slapd.start()
        w.ready()
        r = w.submit([people.create(n) for n in range(5)], letter="away")
        w.slapd.kill()
        down(w)
        w.approve(r)
        shown = w.show(r["id"])
        assert shown["state"] == "approved" and shown["waiting_for"]
        assert re.search(r"directory|slapd|ldap", shown["waiting_for"], re.I)
        table = w.ctl("request", "show", r["id"], user="lan")
        assert re.search("slapd|directory", table.stdout), table.stdout  # it may differ by now
        told = w.ctl("status", user="hoa")
        assert told.stdout
        w.slapd.start()
        done_once(w, r)
    probe.check(LIMIT)


def test_never_there(make_world):
    """hopthud starts without a directory, says so, and takes up work when it comes."""
    w = make_world()
    w.daemon.stop()
    w.slapd.stop()
    w.start(ready=False)
    with Probe(w) as probe:
        st = down(w)
        assert st["reason"]
        time.sleep(1)
        w.slapd.start()
        w.ready(10)
        assert w.run([people.create(1)])["state"] == "done"
    probe.check(LIMIT)


def test_backoff_is_bounded_and_told(make_world):
    """Attempts get rarer, not more often than configured, and heal within the longest pause."""
    w = make_world(operators=False)
    w.slapd.kill()
    down(w)
    pauses = []
    end = time.monotonic() + 4
    while time.monotonic() < end:
        pauses.append(w.status()["directory"]["next_try_ms"] or 0)
        time.sleep(0.05)
    assert max(pauses) <= 1000 * 1.5 and len(set(pauses)) > 3
    before = time.monotonic()
    w.slapd.start()
    w.ready(10)
    assert time.monotonic() - before < 3


@pytest.fixture
def proxied(make_world):
    """hopthud behind a proxy that can spoil what passes."""
    w = make_world()
    p = proxy.Proxy(w.dir, w.uri)
    w.extra.append(p)
    w.daemon.stop()
    w.uri = p.uri
    w.write_conf()
    w.start()
    w.proxy = p
    yield w
    p.hook, p.blackhole, p.delay, p.refuse = None, False, 0, False


def test_slow_directory(proxied):
    proxied.proxy.delay = 0.05
    with Probe(proxied) as probe:
        r = batch(proxied, 0, 20)
        done_once(proxied, r)
    probe.check(LIMIT)


def test_directory_slower_than_the_deadline(proxied):
    """Replies come too late: they count as lost, the entry is read, nothing is done twice."""
    w = proxied
    w.proxy.delay = 0
    r = w.submit([people.create(n) for n in range(10)])
    slow = {"left": 6}

    def hook(tag, message, to_server):
        if tag == ADD_REPLY and slow["left"]:
            slow["left"] -= 1
            time.sleep(4)
        return message

    w.proxy.hook = hook
    with Probe(w) as probe:
        w.approve(r)
        done_once(w, r, 60)
    probe.check(LIMIT)


@pytest.mark.parametrize("which", [1, 2, 7])
def test_reply_lost(proxied, which):
    """The connection dies after the operation was sent and before its reply: read, not resent."""
    w = proxied
    seen = {"n": 0}

    def hook(tag, message, to_server):
        if tag in WRITE_REPLIES:
            seen["n"] += 1
            if seen["n"] == which:
                return None
        return message

    r = w.submit([people.create(n) for n in range(10)])
    w.proxy.hook = hook
    w.approve(r)
    done_once(w, r)


def test_reply_swallowed(proxied):
    """The reply alone is lost, the connection stays: the deadline decides."""
    w = proxied
    seen = {"n": 0}

    def hook(tag, message, to_server):
        if tag in WRITE_REPLIES:
            seen["n"] += 1
            if seen["n"] in (1, 4):
                return b""
        return message

    r = w.submit([people.create(n) for n in range(8)])
    w.proxy.hook = hook
    w.approve(r)
    done_once(w, r, 60)


def test_request_cut_in_the_middle(proxied):
    """Only a part of an operation reaches slapd."""
    w = proxied
    cut = {"at": 3}

    def hook(tag, message, to_server):
        if tag == ADD and to_server and cut["at"] < len(message):
            n, cut["at"] = cut["at"], cut["at"] * 3
            with w.proxy.lock:
                pairs = list(w.proxy.pairs)
            for _, upstream in pairs:
                try:
                    upstream.sendall(message[:n])
                except OSError:
                    pass
            return None
        return message

    r = w.submit([people.create(n) for n in range(6)])
    w.proxy.hook = hook
    w.approve(r)
    done_once(w, r, 60)
    assert cut["at"] > 100


def test_lost_reply_and_lost_reading(proxied):
    """The reading that should resolve it is lost too."""
    w = proxied
    left = {"writes": 3, "reads": 4}

    def hook(tag, message, to_server):
        if tag in WRITE_REPLIES and left["writes"]:
            left["writes"] -= 1
            return None
        if tag == SEARCH and left["writes"] < 3 and left["reads"]:
            left["reads"] -= 1
            return None
        return message

    r = w.submit([people.create(n) for n in range(6)])
    w.proxy.hook = hook
    w.approve(r)
    done_once(w, r, 60)


def test_blackhole(proxied):
    w = proxied
    r = w.submit([people.create(n) for n in range(10)])
    w.proxy.blackhole = True
    with Probe(w) as probe:
        w.approve(r)
        down(w)
        time.sleep(1)
        w.proxy.blackhole = False
        done_once(w, r, 60)
    probe.check(LIMIT)


def test_connections_that_are_refused(proxied):
    w = proxied
    w.proxy.refuse = True
    w.proxy.cut()
    with Probe(w) as probe:
        assert down(w)["reason"]
        r = w.door("lan").ask("GET", "/v1/mailboxes")
        assert r.status == 200
        time.sleep(1)
        w.proxy.refuse = False
        w.ready(10)
        assert w.run([people.create(1)])["state"] == "done"
    probe.check(LIMIT)


@pytest.mark.parametrize("code, ends", [
    (51, "done"), (52, "done"), (53, "done"), (3, "done"), (11, "done"),
    (80, "held"), (50, None), (19, "failed"), (21, "failed"), (65, "failed"), (123, None),
])
def test_result_codes_of_a_write(proxied, code, ends):
    """The first add is answered with a code while slapd never sees it; the others pass."""
    w = proxied
    spoilt = {}

    def hook(tag, message, to_server):
        if tag == ADD and to_server and not spoilt:
            spoilt["id"] = message
            return reply_to(message, ADD_REPLY, code)
        return message

    def reply_to(message, tag, result):
        mid, _, _ = proxy.parts(message)
        body = bytes([0x0A, 1, result, 4, 0, 4, 0])
        head = mid.to_bytes((mid.bit_length() + 8) // 8, "big")
        inner = bytes([2, len(head)]) + head + bytes([tag, len(body)]) + body
        whole = bytes([0x30, len(inner)]) + inner
        with w.proxy.lock:
            pairs = list(w.proxy.pairs)
        for client, _ in pairs:
            try:
                client.sendall(whole)
            except OSError:
                pass
        return b""

    r = w.submit([people.create(n) for n in range(3)])
    w.proxy.hook = hook
    w.approve(r)

    def settled():
        states = [i["state"] for i in w.show(r["id"])["items"]]
        return states if not {"approved", "running", "unknown"} & set(states) else None

    if ends is None:
        ends = ("failed", "held", "done")
    states = wait_for(settled, "every item to come to rest", 30, 0.1)
    shown = w.show(r["id"])
    first = [i for i in shown["items"] if i["state"] != "done"]
    if ends == "done":
        assert not first, shown
        return
    if first:
        assert len(first) == 1 and first[0]["state"] in ends, shown
        assert first[0]["error"], shown
        assert states.count("done") == 2
    else:
        assert "done" in ends, shown
    if code == 80:
        assert w.wait(r["id"])["state"] in ("held", "approved")
        assert w.door("tuan").ask("POST", "/v1/requests/%d/retry" % r["id"],
                                  body={"reason": "đã xem"}).status == 200
        assert w.wait(r["id"])["state"] == "done"


def test_80_after_a_write_that_happened(proxied):
    """The directory did it and says 80: held, and a retry finds it done instead of doing it again."""
    w = proxied
    spoilt = []

    def hook(tag, message, to_server):
        if tag in (ADD_REPLY, MODIFY_REPLY) and not spoilt:
            spoilt.append(1)
            return proxy.with_result(message, 80)
        return message

    r = w.submit([people.create(1)])
    w.proxy.hook = hook
    w.approve(r)
    wait_for(lambda: w.show(r["id"])["items"][0]["state"] == "held", "the item to be held")
    assert w.show(r["id"])["items"][0]["error"]
    time.sleep(1)
    assert w.show(r["id"])["items"][0]["state"] == "held"  # nobody but a person moves it
    w.ctl("request", "retry", r["id"], "--reason", "đã đọc lại mục", user="tuan")
    done_once(w, r)


def test_garbage_from_the_directory(proxied):
    w = proxied
    left = [b"\x30\x84\xff\xff\xff\xff", b"\0\0\0\0", b"HTTP/1.1 200 OK\r\n\r\n",
            b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x7f"]

    def hook(tag, message, to_server):
        if tag in WRITE_REPLIES + (BIND_REPLY,) and left:
            return left.pop()
        return message

    r = w.submit([people.create(n) for n in range(4)])
    w.proxy.hook = hook
    w.approve(r)
    done_once(w, r, 60)
    assert not left


def test_notice_of_disconnection(proxied):
    w = proxied
    oid = b"1.3.6.1.4.1.1466.20036"
    body = bytes([0x0A, 1, 52, 4, 0, 4, 0, 0x8A, len(oid)]) + oid
    inner = bytes([2, 1, 0, NOTICE, len(body)]) + body
    notice = bytes([0x30, len(inner)]) + inner
    sent = []

    def hook(tag, message, to_server):
        if tag == ADD_REPLY and not sent:
            sent.append(1)
            return notice
        return message

    r = w.submit([people.create(n) for n in range(4)])
    w.proxy.hook = hook
    w.approve(r)
    done_once(w, r, 60)


def test_dribble(proxied):
    """Replies arrive a few bytes at a time."""
    w = proxied

    def hook(tag, message, to_server):
        if not to_server and tag in WRITE_REPLIES:
            with w.proxy.lock:
                clients = [c for c, _ in w.proxy.pairs]
            for at in range(0, len(message), 7):
                clients[-1].sendall(message[at:at + 7])
                time.sleep(0.02)
            return b""
        return message

    w.proxy.hook = hook
    with Probe(w) as probe:
        done_once(w, batch(w, 0, 5))
    probe.check(LIMIT)
    assert any(t in WRITES for t in w.proxy.seen)


# --- changed by hand -----------------------------------------------------------------------------
def change(world, login, text):
    world.slapd.modify("dn: uid=%s,ou=people,%s\nchangetype: modify\n%s\n" % (login, BASE, text))


def test_changed_under_the_plan(make_world):
    """An entry changed by hand between plan and execution: planned anew, approved anew."""
    w = make_world()
    made = w.run([people.create(n) for n in range(3)])
    logins = [i["address"].split("@")[0] for i in made["items"]]
    r = w.submit([{"op": "close", "address": l, "reason": "x", "ref": l} for l in logins])
    change(w, logins[1], "replace: hopthuStatus\nhopthuStatus: suspended\n-\n"
                         "replace: hopthuLogin\nhopthuLogin: FALSE\n-\n"
                         "replace: title\ntitle: Sua tay")
    got = w.door("minh").ask("POST", "/v1/requests/%d/approve" % r["id"],
                             body={"digest": r["digest"]})
    assert got.status in (200, 409), got

    def back():
        shown = w.show(r["id"])
        return shown if shown["state"] == "planned" and shown["digest"] != r["digest"] else None

    shown = wait_for(back, "the letter to come back for approval", 20, 0.05)
    states = {i["address"].split("@")[0]: i["state"] for i in shown["items"]}
    assert states[logins[1]] == "planned", shown
    e = w.person(logins[1])
    assert e["hopthuStatus"] == [b"suspended"] and e["hopthuDelivery"] == [b"TRUE"]  # not touched
    assert shown.get("note") or shown.get("waiting_for") or any(i["error"] for i in shown["items"])
    plan = w.door("minh").get("/v1/requests/%d/plan" % r["id"])
    line = [json.loads(i["line"]) for i in plan["items"] if logins[1] in i["line"]][0]
    assert line["before"]["hopthuStatus"] == ["suspended"]
    # the old digest is void
    assert w.door("minh").ask("POST", "/v1/requests/%d/approve" % r["id"],
                              body={"digest": r["digest"]}).status == 409
    w.approve({"id": r["id"], "digest": shown["digest"]})
    assert w.wait(r["id"])["state"] == "done", w.show(r["id"])
    for login in logins:
        e = w.person(login)
        assert (e["hopthuStatus"], e["hopthuDelivery"]) == ([b"closed"], [b"FALSE"])
    assert w.person(logins[1])["title"] == [b"Sua tay"]
    events = [x["ev"] for x in w.door("hoa").get("/v1/audit", request=r["id"],
                                                 limit=1000)["records"]]
    assert events.count("approve") == 2
    told = [d["login"] for d in w.drifts("all")]
    assert sorted(told) == sorted(set(told)) and logins[1] in told  # one change, one record


def test_deleted_by_hand(make_world):
    """The entry is gone: the item does not succeed silently and nothing is created."""
    w = make_world()
    login = w.run([people.create(0)])["items"][0]["address"].split("@")[0]
    r = w.submit([{"op": "suspend", "address": login, "reason": "x", "ref": "1"}])
    w.slapd.tool("ldapdelete", "uid=%s,ou=people,%s" % (login, BASE))
    w.approve(r, expect=(200, 409))
    got = w.wait_or_back(r["id"])
    item = w.show(r["id"])["items"][0]
    assert item["state"] in ("failed", "held") or got["state"] == "planned", got
    assert item["error"]
    assert w.person(login) == {}
    w.foreign.add(login)


def test_foreign_entry_has_the_name(make_world):
    """Somebody created uid=<login> by hand: the next name is taken; theirs is left alone."""
    w = make_world()
    name = "Quách Thị Xuyến"
    login = people.login(name)
    w.slapd.add("dn: uid=%s,ou=people,%s\nobjectClass: inetOrgPerson\nuid: %s\ncn: Nguoi khac\n"
                "sn: khac\n" % (login, BASE, login))
    w.foreign.add(login)
    r = w.submit([{"op": "create", "full_name": name, "ref": "1"}])
    w.approve(r)
    got = w.wait_or_back(r["id"])
    if got["state"] == "planned":  # found out by trying
        assert got["digest"] != r["digest"]
        w.approve({"id": r["id"], "digest": got["digest"]})
        got = w.wait(r["id"])
    assert got["state"] == "done", w.show(r["id"])
    assert w.show(r["id"])["items"][0]["address"].split("@")[0] == people.login(name, 1)
    assert w.person(login)["cn"] == [b"Nguoi khac"]
    assert w.person(people.login(name, 1))["cn"] == [name.encode()]
    # it is remembered: the next one goes straight to the second
    again = w.run([{"op": "create", "full_name": name, "ref": "2"}])
    assert again["items"][0]["address"].split("@")[0] == people.login(name, 2)


def test_a_hand_that_changes_everything(make_world):
    """Ten entries changed by hand while a letter about all of them runs."""
    w = make_world()
    made = w.run([people.create(n) for n in range(40)])
    logins = [i["address"].split("@")[0] for i in made["items"]]
    r = w.submit([{"op": "close", "address": l, "reason": "giải thể", "ref": l} for l in logins])
    w.approve(r)
    w.approve(r, user="thu")  # so many closures need two
    for l in logins[::4]:
        change(w, l, "replace: description\ndescription: by hand")
    got = w.wait_or_back(r["id"])
    if got["state"] == "planned":
        assert got["first_approver"] == ""  # both look at the new plan
        w.approve({"id": r["id"], "digest": got["digest"]})
        w.approve({"id": r["id"], "digest": got["digest"]}, user="thu")
        got = w.wait(r["id"])
    assert got["state"] == "done", w.show(r["id"])
    for l in logins:
        assert w.person(l)["hopthuStatus"] == [b"closed"]
    for l in logins[::4]:
        assert w.person(l)["description"] == [b"by hand"]


# --- an installation that is wrong ---------------------------------------------------------------
def offline(world, tool, *args, ldif=None):
    """slapmodify and friends while slapd is stopped."""
    r = subprocess.run(["/usr/sbin/" + tool, "-F", str(world.slapd.dir / "config"), *args],
                       input=ldif, capture_output=True, text=True, check=False)
    assert r.returncode == 0, r.stderr


def without_warmup(world):
    world.slapd.tool("ldapdelete", "uid=hopthu-warmup,ou=people," + BASE)


def half_warmup(world):
    change(world, "hopthu-warmup", "delete: hopthuRank")


def no_people(world):
    world.slapd.tool("ldapdelete", "uid=hopthu-warmup,ou=people," + BASE)
    world.slapd.tool("ldapdelete", "ou=people," + BASE)


def no_authz(world):
    world.slapd.modify("dn: cn=hopthud,ou=services,%s\nchangetype: modify\ndelete: authzTo\n"
                       % BASE)


def reads_passwords(world):
    config(world, "dn: olcDatabase={2}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n"
                  "olcAccess: {0}to * by * write\n")


def writes_nothing(world):
    config(world, "dn: olcDatabase={2}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n"
                  "olcAccess: {0}to attrs=userPassword by anonymous auth\n"
                  "olcAccess: {1}to * by * read\n")


def config(world, ldif):
    r = subprocess.run(["ldapmodify", "-H", world.slapd.uri, "-x", "-D", "cn=admin,cn=config",
                        "-y", str(world.slapd.dir / "config.password")], input=ldif,
                       capture_output=True, text=True, check=False)
    assert r.returncode == 0, r.stderr


@pytest.mark.parametrize("spoil, words", [
    (without_warmup, ["warmup"]), (half_warmup, ["hopthuRank"]), (no_people, ["people"]),
    (no_authz, ["authzTo"]), (reads_passwords, ["userPassword"]), (writes_nothing, ["access"]),
], ids=lambda v: getattr(v, "__name__", None))
def test_wrong_installation(make_world, spoil, words):
    """Start-up says which and how to mend it; nothing is written meanwhile."""
    w = make_world()
    r = w.submit([people.create(1)])
    w.daemon.stop()
    spoil(w)
    written = len(w.slapd.accesslog())
    w.start(ready=False)
    fault = wait_for(lambda: w.status()["directory"]["fault"], "a fault in the status", 10)
    for word in words:
        assert word.lower() in fault.lower(), fault
    assert "\n" not in fault and len(fault) > 20
    told = w.ctl("status", user="hoa")
    assert fault[:30] in told.stdout + told.stderr
    assert fault[:30] in w.log_tail(200)
    w.approve(r)
    time.sleep(0.5)
    new = [x for x in w.slapd.accesslog()[written:]]
    assert not new, new
    assert w.show(r["id"])["state"] == "approved" and w.show(r["id"])["waiting_for"]
    w.judged = True
    assert w.daemon.stop() == 0


def test_without_the_schema(make_world):
    """A directory that never heard of hopthu."""
    w = make_world(operators=False)
    w.daemon.stop()
    w.slapd.stop()
    folder = w.dir / "plain"
    folder.mkdir()
    sock = "ldapi://" + str(folder / "l").replace("/", "%2F")
    (folder / "db").mkdir()
    (folder / "slapd.conf").write_text(
        "include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\n"
        "include /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\n"
        "moduleload back_mdb\npidfile %s/pid\ndatabase mdb\nsuffix %s\nrootdn cn=admin,%s\n"
        "directory %s/db\naccess to * by * write\n" % (folder, BASE, BASE, folder))
    p = subprocess.Popen(["/usr/sbin/slapd", "-f", str(folder / "slapd.conf"), "-h", sock, "-d",
                          "0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    w.extra.append(p)
    wait_for(lambda: os.path.exists(folder / "l"), "the plain slapd")
    w.uri = sock
    w.write_conf()
    w.start(ready=False)

    def told():
        d = w.status()["directory"]
        return d["fault"] or (d["reason"] if d["state"] != "ready" else None)

    fault = wait_for(told, "a fault in the status", 10)
    time.sleep(0.5)
    fault = told()
    assert len(fault) > 20 and w.status()["directory"]["state"] != "ready"
    assert re.search("schema|hopthu|warm|dc=", fault), fault
    w.judged = True
    assert w.daemon.stop() == 0
    p.kill()
    p.wait()


def test_the_door_lives_with_many_faults(make_world):
    """Ten stops and starts in a row under load; one connection of a client stays throughout."""
    w = make_world()
    r = batch(w, 0, 150)
    with Probe(w) as probe, Door(w.socket, uid=w.admin_uid) as d:
        for n in range(6):
            time.sleep(0.15)
            if n % 2:
                w.slapd.kill()
                w.slapd.start()
            else:
                w.slapd.freeze()
                time.sleep(0.3)
                w.slapd.thaw()
            assert d.get("/v1/requests/%d" % r["id"])["id"] == r["id"]
        done_once(w, r, 60)
    probe.check(LIMIT)
