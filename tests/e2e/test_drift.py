# SPDX-License-Identifier: BSD-2-Clause
"""What others change in the directory: seen within a second, told with before, after and whom, found
after an absence, never inferred from silence, decided about by people, and too much at once holds."""
import json
import shutil
import sqlite3
import subprocess
import time

import pytest

import people
import proxy
from hopthu import BASE, EX_NOPERM, EX_PART, Probe, SANITIZED, wait_for

ADMIN = "cn=admin," + BASE
SYNC_STATE = b"1.3.6.1.4.1.4203.1.9.1.2"
SYNC_INFO = b"1.3.6.1.4.1.4203.1.9.1.4"
SYNC_REQUEST = b"1.3.6.1.4.1.4203.1.9.1.1"


def dn(login):
    return "uid=%s,ou=people,%s" % (login, BASE)


def logins(run):
    return [i["address"].split("@")[0] for i in run["items"]]


def change(w, login, ldif):
    w.slapd.modify("dn: %s\nchangetype: modify\n%s\n" % (dn(login), ldif))


def told(w, count=1, state="open", timeout=5):
    """The changes that are told, newest first, once there are so many."""
    return wait_for(lambda: (lambda d: d if len(d) >= count else None)(w.drifts(state)),
                    "%d changes to be told" % count, timeout)


def nothing_told(w, seconds=0.7):
    time.sleep(seconds)
    assert w.drifts("all") == []


@pytest.fixture
def three(make_world):
    """A world with three mailboxes."""
    w = make_world()
    assert w.watched()
    w.logins = logins(w.run([people.create(n) for n in range(3)]))
    return w


# --- seen at once ---

def test_within_a_second(three):
    began = time.monotonic()
    change(three, three.logins[0], "replace: title\ntitle: Sửa tay")
    d, = told(three)
    assert time.monotonic() - began < 1
    assert (d["kind"], d["attributes"], d["modifier"]) == ("changed", ["title"], ADMIN)
    assert d["entry"] == dn(three.logins[0])
    assert d["before"] == {"title": ["Chuyên viên"]} and d["after"] == {"title": ["Sửa tay"]}
    record = three.door("hoa").get("/v1/audit/%d" % d["seq"])["record"]
    assert record["ev"] == "drift" and record["attributes"] == ["title"] and "req" not in record
    assert record["subj"] == three.mailbox(three.logins[0])["person"]
    assert set(record["pii"]) == {"after", "before", "entry", "modifier"}
    assert "Sửa tay" not in json.dumps(record, ensure_ascii=False)
    # hopthu's copy follows, and slapd's own log says who and from where
    assert three.mailbox(three.logins[0])["title"] == "Sửa tay"
    d = wait_for(lambda: (lambda d: d if d["session"] else None)(three.drifts()[0]), "the join", 5)
    assert d["by"] == ADMIN and d["written"].endswith("Z")
    shown = three.ctl("drift", "show", d["seq"], user="hoa")
    assert "Sửa tay" in shown.stdout and "Chuyên viên" in shown.stdout and ADMIN in shown.stdout
    assert "title" in three.ctl("drift", "list", user="tuan").stdout
    assert "hopthuctl drift list" in three.ctl("status", user="tuan").stderr
    assert three.status()["watch"]["open"] == 1


def test_by_who_has_hopthuds_socket(three):
    """With hopthud's own identity, and in an operator's name, but without an intent."""
    env_uri = three.slapd.uri
    for option, who in (([], "cn=hopthud,ou=services," + BASE),
                        (["-e", "!authzid=dn:cn=minh,ou=operators," + BASE],
                         "cn=minh,ou=operators," + BASE)):
        subprocess.run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", env_uri, *option],
                       input="dn: %s\nchangetype: modify\nreplace: title\ntitle: %d\n" % (
                           dn(three.logins[0]), len(option)), text=True, check=True,
                       capture_output=True, timeout=20)
        assert wait_for(lambda: [d for d in three.drifts() if d["modifier"] == who], who, 5)
    three.foreign.add(three.logins[0])
    three.ctl("drift", "check", user="hoa")  # each has its record
    three.judged = True  # the checker calls this a write of hopthud's own, as it should


OTHERS = [
    ("replace: displayName\ndisplayName: Ai do", ["displayName"]),
    ("add: description\ndescription: them", ["description"]),
    ("replace: hopthuStatus\nhopthuStatus: closed\n-\nreplace: hopthuLogin\nhopthuLogin: FALSE",
     ["hopthuLogin", "hopthuStatus"]),
    ("replace: hopthuAlias\nhopthuAlias: khac@binhduong.gov.vn", ["hopthuAlias"]),
    ("delete: hopthuOpId", ["hopthuOpId"]),
    ("replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z",
     ["pwdAccountLockedTime"]),
    ("add: objectClass\nobjectClass: labeledURIObject\n-\nadd: labeledURI\nlabeledURI: ldap:///",
     ["labeledURI", "objectClass"]),
    ("replace: userPassword\nuserPassword: NguyenVanAn-2026", ["pwdChangedTime", "userPassword"]),
    ("replace: cn\ncn: Trần Văn Bình\n-\nreplace: jpegPhoto\njpegPhoto:: /9j/4AAQ",
     ["cn", "jpegPhoto"]),
]


@pytest.mark.parametrize("ldif,names", OTHERS)
def test_attribute_by_attribute(three, ldif, names):
    """Each is told once, put into no second record by a restart, and vanishes when it is taken back."""
    change(three, three.logins[1], ldif)
    d, = told(three)
    assert d["attributes"] == names, d
    three.daemon.stop()
    three.start()
    assert three.watched()
    time.sleep(0.3)
    assert [x["seq"] for x in three.drifts("all")] == [d["seq"]]


def test_more_names_than_a_record_holds(three):
    """However many attributes somebody adds, the change is told, and so is the next one."""
    options = ["description;lang-%03d-%sz" % (n, "abcdefgh-" * 8) for n in range(280)]
    change(three, three.logins[0], "\n-\n".join("add: %s\n%s: x" % (o, o) for o in options))
    d, = told(three)
    assert 20 < len(d["attributes"]) < 300 and d["attributes"] == sorted(d["attributes"])
    change(three, three.logins[0], "replace: title\ntitle: Sửa tay")
    assert told(three, 2)[0]["attributes"] == ["title"]


def test_taken_back_by_hand(three):
    change(three, three.logins[0], "replace: title\ntitle: Sửa tay")
    change(three, three.logins[0], "replace: title\ntitle: Nữa\n-\nadd: description\ndescription: x")
    change(three, three.logins[0], "replace: title\ntitle: Chuyên viên\n-\ndelete: description")
    gone = told(three, 3, "vanished")
    assert [d["state"] for d in gone] == ["vanished"] * 3 and three.drifts() == []
    assert gone[1]["before"] == {"description": [], "title": ["Sửa tay"]}
    assert three.status()["watch"]["open"] == 0


def test_come_gone_and_renamed(three):
    w = three
    w.slapd.add("dn: uid=La,ou=people,%s\nobjectClass: inetOrgPerson\nuid: La\ncn: La\nsn: La\n"
                "mail: la.mat@binhduong.gov.vn\n" % BASE)
    d, = told(w)
    assert d["kind"] == "added" and d["after"]["mail"] == ["la.mat@binhduong.gov.vn"]
    assert d["before"]["cn"] == []
    # its names are taken, with one record only
    assert w.door("hoa").get("/v1/addresses/la.mat")["state"] == "foreign"
    assert w.door("hoa").get("/v1/addresses/la")["state"] == "foreign"
    w.slapd.tool("ldapdelete", "uid=La,ou=people,%s" % BASE)
    assert {d["kind"] for d in told(w, 2, "vanished")} == {"added", "deleted"}

    w.slapd.tool("ldapmodrdn", "-r", dn(w.logins[0]), "uid=doiten")
    d, = told(w)
    assert (d["kind"], d["login"]) == ("renamed", w.logins[0])
    assert d["before"]["uid"] == [w.logins[0]] and d["after"]["uid"] == ["doiten"]
    assert d["after"]["dn"] == [dn("doiten").lower()]
    w.slapd.tool("ldapdelete", dn(w.logins[1]))
    d = told(w, 2)[0]
    assert (d["kind"], d["login"], d["entry"]) == ("deleted", w.logins[1], dn(w.logins[1]))
    assert d["before"]["hopthuStatus"] == ["active"] and d["after"]["hopthuStatus"] == []
    wait_for(lambda: w.drifts()[0]["by"], "who deleted it", 5)
    assert w.drifts()[0]["by"] == ADMIN
    # seen through a restart once, and an entry of other classes is watched as well
    w.slapd.add("dn: cn=nhom,ou=groups,%s\nobjectClass: groupOfNames\ncn: nhom\nmember: %s\n" % (
        BASE, ADMIN))
    told(w, 3)
    w.daemon.stop()
    w.start()
    assert w.watched()
    time.sleep(0.3)
    assert len(w.drifts()) == 3 and len(w.drifts("all")) == 5
    w.slapd.tool("ldapmodrdn", "-r", dn("doiten"), "uid=%s" % w.logins[0])
    wait_for(lambda: len(w.drifts("all")) == 6, "the name to come back", 5)
    assert w.run([{"op": "update", "address": w.logins[0], "title": "Mới", "ref": "1"}])


def test_operators_and_policies(three):
    """Somebody gives an operator a role, an id of ours in hand."""
    lan = "cn=lan,ou=operators," + BASE
    three.slapd.modify("dn: %s\nchangetype: modify\nadd: hopthuRole\nhopthuRole: approver\n" % lan)
    d, = told(three)
    assert d["entry"] == lan and d["after"]["hopthuRole"] == ["approver", "requester"]
    three.door("admin").post("/v1/operators/lan/revoke", {"reason": "nghỉ"})
    three.settle()
    opid = next(i for i in three.slapd.entry(lan)["hopthuOpId"])
    first = sqlite_value(three, "SELECT opid FROM item WHERE login = 'lan' ORDER BY id LIMIT 1")
    assert opid.decode() != first
    n = len(three.drifts("all"))
    three.slapd.modify("dn: %s\nchangetype: modify\nreplace: hopthuOpId\nhopthuOpId: %s\n-\n"
                       "replace: hopthuRole\nhopthuRole: requester\n" % (lan, first))
    assert wait_for(lambda: len(three.drifts("all")) > n, "the role that came back", 5)


def sqlite_value(w, query):
    """A value of a copy of the database."""
    copy = w.dir / "look"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for f in w.data.glob("hopthu.db*"):
        shutil.copy(f, copy)
    con = sqlite3.connect(copy / "hopthu.db")
    try:
        return con.execute(query).fetchone()[0]
    finally:
        con.close()


# --- what is no drift ---

@pytest.mark.limit(300)
def test_two_hundred_of_our_own(make_world):
    w = make_world()
    made = w.run([people.create(n) for n in range(60)], timeout=60)
    names = logins(made)
    w.run([{"op": "update", "address": a, "title": "Trưởng ban", "ref": a} for a in names], timeout=60)
    w.run([{"op": "suspend", "address": a, "reason": "x", "ref": a} for a in names[:20]], timeout=60)
    w.run([{"op": "resume", "address": a, "reason": "x", "ref": a} for a in names[:20]], timeout=60)
    w.run([{"op": "close", "address": a, "reason": "x", "ref": a} for a in names[:20]], timeout=60)
    w.run([{"op": "rename", "address": a, "new_address": "moi." + a, "ref": a}
           for a in names[20:40]], timeout=60)
    nothing_told(w)
    assert w.status()["watch"] == {"state": "watching", "reason": "", "last_change": None, "open": 0,
                                   "held": ""}


def test_the_holders_password(three):
    """Neither its change by the holder nor wrong passwords are anybody's business."""
    login = three.logins[0]
    change(three, login, "replace: userPassword\nuserPassword: NguyenVanAn-2026")
    told(three)
    uri = three.slapd.uri

    def bind(password):
        return subprocess.run(["ldapwhoami", "-x", "-H", uri, "-D", dn(login), "-w", password],
                              capture_output=True, check=False, timeout=20).returncode

    assert [bind("sai") for _ in range(12)].count(49) == 12  # locked by slapd itself on the way
    assert "pwdAccountLockedTime" in three.person(login)
    change(three, login, "delete: pwdAccountLockedTime")
    assert bind("NguyenVanAn-2026") == 0
    time.sleep(1.1)
    subprocess.run(["ldappasswd", "-x", "-H", uri, "-D", dn(login), "-w", "NguyenVanAn-2026", "-s",
                    "NguyenVanAn-2027"], check=True, capture_output=True, timeout=20)
    assert bind("NguyenVanAn-2027") == 0
    time.sleep(0.7)
    assert len(three.drifts("all")) == 1


# --- after an absence ---

def while_away(w):
    change(w, w.logins[0], "replace: title\ntitle: Vắng")
    w.slapd.tool("ldapdelete", dn(w.logins[1]))
    w.slapd.add("dn: uid=moi,ou=people,%s\nobjectClass: inetOrgPerson\nuid: moi\ncn: Moi\nsn: M\n" % BASE)


def found_all(w, log=None):
    assert w.watched(10)
    got = told(w, 3)
    assert {d["kind"] for d in got} == {"changed", "deleted", "added"}
    time.sleep(0.5)
    assert len(w.drifts("all")) == 3


def set_cookie(w, value):
    con = sqlite3.connect(w.db)
    with con:
        con.execute("UPDATE meta SET value = ? WHERE key = 'watch_cookie'", (value,))
    con.close()


def cookie_saved(w):
    wait_for(lambda: sqlite_value(w, "SELECT count(*) FROM meta WHERE key = 'watch_cookie' "
                                     "AND value <> ''"), "the cookie", 5, 0.2)


@pytest.mark.parametrize("cookie", ["kept", "lost", "garbage", "huge", "killed"])
def test_hopthud_was_away(three, cookie):
    cookie_saved(three)
    if cookie == "killed":
        three.daemon.kill()
    else:
        three.daemon.stop()
    while_away(three)
    if cookie == "lost":
        set_cookie(three, "")
    if cookie == "garbage":
        set_cookie(three, b"rid=000,csn=zzz".hex())
    if cookie == "huge":
        set_cookie(three, (b"rid=000,csn=" + b"z" * 70000).hex())
    three.start()
    found_all(three)


@pytest.mark.parametrize("log", ["whole", "short"])
def test_slapd_was_away(three, log):
    """With the session log gone slapd names all that is still there (present phase)."""
    cookie_saved(three)
    if log == "short":
        three.daemon.stop()
        while_away(three)
        three.slapd.restart()  # the log of changes is in its memory only
        three.start()
    else:
        three.slapd.restart()
        assert three.watched(10)
        while_away(three)
    found_all(three)


@pytest.fixture
def proxied(make_world):
    """hopthud behind a proxy, with forty mailboxes."""
    w = make_world()
    p = proxy.Proxy(w.dir, w.slapd.uri)
    w.extra.append(p)
    w.daemon.stop()
    w.write_conf(**{"directory.uri": p.uri})
    w.start()
    w.logins = logins(w.run([people.create(n) for n in range(40)], timeout=60))
    cookie_saved(w)
    return w, p


def test_an_empty_present_phase(proxied):
    """The directory names nothing at all: nothing is taken for gone, because it is asked for."""
    w, p = proxied
    w.daemon.stop()
    w.slapd.tool("ldapdelete", dn(w.logins[7]))
    set_cookie(w, "")
    p.hook = lambda tag, m, to_server: b"" if (
        tag == proxy.SEARCH_ENTRY and SYNC_STATE in m) else m
    w.start()
    assert w.watched(10)
    d, = told(w)
    assert (d["kind"], d["login"]) == ("deleted", w.logins[7])
    time.sleep(0.5)
    assert len(w.drifts("all")) == 1
    p.hook = None


def test_hidden_by_access_rules(proxied):
    """When even the warm-up entry is not to be seen, no absence says anything."""
    w, p = proxied
    w.daemon.stop()
    set_cookie(w, "")
    absent = []

    def hide(tag, m, to_server):
        if to_server and tag == proxy.SEARCH and b"ou=people" in m and SYNC_REQUEST not in m:
            absent.append(proxy.parts(m)[0])
        if tag == proxy.SEARCH_ENTRY and (SYNC_STATE in m or proxy.parts(m)[0] in absent):
            return b""
        if tag == proxy.SEARCH_DONE and proxy.parts(m)[0] in absent:
            return proxy.with_result(m, 32)
        return m

    p.hook = hide
    w.start(ready=False)
    time.sleep(2)
    assert absent
    p.hook = None
    w.ready()
    assert w.watched(10)
    time.sleep(0.5)
    assert w.drifts("all") == []


def test_refresh_required(proxied):
    """e-syncRefreshRequired: everything is compared, from the beginning."""
    w, p = proxied
    w.daemon.stop()
    change(w, w.logins[3], "replace: title\ntitle: Vắng")
    w.slapd.tool("ldapdelete", dn(w.logins[4]))
    said, with_cookie = [], []

    def required(tag, m, to_server):
        if to_server and tag == proxy.SEARCH and SYNC_REQUEST in m:
            with_cookie.append(b"csn=" in m)
        if not to_server and not said and (SYNC_STATE in m or SYNC_INFO in m):
            said.append(1)
            mid = proxy.parts(m)[0]
            done = b"\x65\x08\x0a\x02\x10\x00\x04\x00\x04\x00"
            ident = b"\x02\x01" + bytes([mid]) if mid < 128 else b"\x02\x02" + mid.to_bytes(2, "big")
            return b"\x30" + bytes([len(ident) + len(done)]) + ident + done
        return m

    p.hook = required
    w.start()
    assert w.watched(10)
    assert {d["kind"] for d in told(w, 2)} == {"changed", "deleted"}
    assert with_cookie == [True, False]


@pytest.mark.limit(300)
def test_every_cookie_names_a_state(proxied):
    """While writes overlap slapd sends cookies without a CSN; one that came back would be as none, and
    what was deleted meanwhile would not be told."""
    w, p = proxied
    asked = []

    def look(tag, m, to_server):
        if to_server and tag == proxy.SEARCH and SYNC_REQUEST in m:
            asked.append(b"csn=" in m)
        return m

    p.hook = look
    for n in range(4):
        w.run([people.create(k) for k in range(100 + 20 * n, 120 + 20 * n)], timeout=60)
        time.sleep(0.6)
        w.daemon.stop()
        w.slapd.tool("ldapdelete", dn(w.logins[n]))
        w.start()
        assert w.watched(10)
        told(w, n + 1)
    assert asked == [True] * 4


# --- too much at once ---

@pytest.mark.limit(300)
def test_restored_from_an_old_backup(make_world):
    """slapd comes back with the entries of yesterday: nothing is closed or made by hopthud, the queue
    is held, and people decide."""
    w = make_world()
    names = logins(w.run([people.create(n) for n in range(60)], timeout=60))
    w.slapd.stop()
    shutil.copytree(w.slapd.dir / "db", w.slapd.dir / "db.old")
    w.slapd.start()
    w.ready()
    w.run([{"op": "update", "address": a, "title": "Mới", "ref": a} for a in names], timeout=60)
    late = logins(w.run([people.create(n) for n in range(60, 64)]))
    cookie_saved(w)
    w.slapd.stop()
    shutil.rmtree(w.slapd.dir / "db")
    (w.slapd.dir / "db.old").rename(w.slapd.dir / "db")
    w.slapd.start()
    w.ready()
    wait_for(lambda: w.status()["watch"]["held"], "the brake", 15)
    assert w.watched(20)
    got = told(w, 64, timeout=15)
    assert {d["login"] for d in got if d["kind"] == "deleted"} == set(late)
    for a in names[:5]:
        assert w.person(a)["hopthuStatus"] == [b"active"]
    r = w.submit([people.create(70)])
    w.approve(r)
    time.sleep(0.5)
    shown = w.show(r["id"])
    assert shown["state"] == "approved" and "drift release" in shown["waiting_for"], shown
    assert "queue is held" in w.ctl("status", user="tuan").stderr
    # held through a restart, and let go by an admin only
    w.daemon.stop()
    w.start()
    time.sleep(0.5)
    assert w.show(r["id"])["state"] == "approved" and w.status()["watch"]["held"]
    assert w.ctl("drift", "release", "--reason", "x", user="minh", status=EX_NOPERM)
    assert w.ctl("drift", "release", "--reason", "khôi phục từ bản sao lưu")
    assert w.wait(r["id"])["state"] == "done"
    events = [x for x in w.door("hoa").get("/v1/audit", event="accept")["records"]]
    assert len(events) == 1
    w.foreign |= set(names) | set(late)  # their writes are in slapd's log, and not in its entries
    w.judged = True


def test_a_few_do_not_hold(three):
    for n in range(5):
        change(three, three.logins[0], "replace: title\ntitle: %d" % n)
    for login in three.logins:
        change(three, login, "replace: ou\nou: Phong khac")
    told(three, 8)
    assert three.status()["watch"]["held"] == ""
    assert three.run([people.create(9)])["state"] == "done"


@pytest.mark.limit(300)
def test_many_changes_stall_nobody(make_world):
    w = make_world()
    names = logins(w.run([people.create(n) for n in range(100)], timeout=60))
    ldif = "".join("dn: %s\nchangetype: modify\nreplace: title\ntitle: %d\n\n" % (dn(a), n)
                   for n in range(5) for a in names)
    with Probe(w) as probe:
        w.slapd.modify(ldif)
        wait_for(lambda: w.status()["watch"]["open"] >= 500, "500 changes", 30)
    probe.check(0.1 if not SANITIZED else 1.0)
    w.ctl("drift", "release", "--reason", "thử")
    # once let go it holds again, also in another run
    w.daemon.stop()
    w.start()
    assert w.watched(20) and not w.status()["watch"]["held"]
    w.slapd.modify("".join("dn: %s\nchangetype: modify\nreplace: title\ntitle: x\n\n" % dn(a) for a in names))
    wait_for(lambda: w.status()["watch"]["held"], "the brake", 15)
    w.ctl("drift", "release", "--reason", "thử")
    assert not w.status()["watch"]["held"]


# --- decisions ---

def test_accept(three):
    change(three, three.logins[0], "replace: title\ntitle: Đúng")
    d, = told(three)
    assert three.ctl("drift", "accept", d["seq"], user="minh", status=64)  # no reason
    assert three.ctl("drift", "accept", d["seq"], "--reason", "x", user="tuan", status=EX_NOPERM)
    three.ctl("drift", "accept", d["seq"], "--reason", "đã kiểm tra", user="minh")
    assert three.drifts() == [] and three.drifts("accepted")[0]["seq"] == d["seq"]
    assert three.ctl("drift", "accept", d["seq"], "--reason", "x", user="minh", status=73)
    record, = three.door("hoa").get("/v1/audit", event="accept")["records"]
    assert "(record %d)" % d["seq"] in record["summary"]
    told_of = three.door("hoa").get("/v1/audit", event="drift")["records"][-1]["summary"]
    assert d["entry"] in told_of and "(%s)" % ", ".join(d["attributes"]) in told_of, told_of
    record = three.door("hoa").get("/v1/audit/%d" % record["seq"])["record"]
    assert record["drift"] == d["seq"] and record["actor"]["name"] == "minh" and record["subj"]
    assert three.run([{"op": "update", "address": three.logins[0], "title": "Mới", "ref": "1"}])


def test_revert_by_another_person(three):
    w = three
    change(w, w.logins[0], "replace: title\ntitle: Sai\n-\nadd: description\ndescription: x")
    change(w, w.logins[0], "replace: title\ntitle: Sai nữa\n-\nreplace: hopthuStatus\n"
                           "hopthuStatus: closed\n-\nreplace: hopthuLogin\nhopthuLogin: FALSE")
    change(w, w.logins[1], "replace: displayName\ndisplayName: Ai do")
    seqs = [d["seq"] for d in told(w, 3)]
    before = w.mailbox(w.logins[0])
    assert before["status"] == "closed"
    r = w.ctl("drift", "revert", *seqs, "--reason", "không ai cho phép", "-o", "json", user="tuan")
    letter = w.door("admin").get("/v1/requests", state="planned")["requests"][0]
    assert letter["submitter"] == "tuan" and letter["item_count"] == 2
    plan = w.door("minh").get("/v1/requests/%d/plan" % letter["id"])
    line = json.loads(plan["items"][0]["line"])
    assert line["after"] == {"description": [], "hopthuLogin": ["TRUE"], "hopthuStatus": ["active"],
                             "title": ["Chuyên viên"]}
    assert line["before"]["title"] == ["Sai nữa"] and line["before"]["hopthuOpId"]
    assert w.ctl("drift", "revert", seqs[0], "--reason", "x", user="tuan", status=73)
    said = w.ctl("drift", "accept", seqs[0], "--reason", "x", user="minh", status=73).stderr
    assert "request %d is under way" % letter["id"] in said  # not both: it would be said to stand, and be put back
    assert {d["state"] for d in w.drifts("all")} == {"open"}
    assert w.door("tuan").ask("POST", "/v1/requests/%d/approve" % letter["id"],
                              body={"digest": letter["digest"]}).status == 403
    w.approve(letter)
    assert w.wait(letter["id"])["state"] == "done", w.show(letter["id"])
    e = w.person(w.logins[0])
    assert e["title"] == ["Chuyên viên".encode()] and "description" not in e
    assert e["hopthuStatus"] == [b"active"] and e["hopthuLogin"] == [b"TRUE"]
    assert w.person(w.logins[1])["displayName"][0].decode() == w.mailbox(w.logins[1])["full_name"]
    time.sleep(0.5)
    assert {d["state"] for d in w.drifts("all")} == {"reverted"} and len(w.drifts("all")) == 3
    w.daemon.stop()
    w.start()
    assert w.watched()
    time.sleep(0.3)
    assert len(w.drifts("all")) == 3


def test_changed_again_before_it_is_put_back(three):
    w = three
    change(w, w.logins[0], "replace: title\ntitle: Sai")
    d, = told(w)
    w.ctl("drift", "revert", d["seq"], "--reason", "x", user="tuan")
    letter = w.door("admin").get("/v1/requests", state="planned")["requests"][0]
    change(w, w.logins[0], "replace: title\ntitle: Sai nữa")
    told(w, 2)
    w.approve(letter)
    assert w.wait(letter["id"])["state"] == "failed"
    assert "changed again" in w.show(letter["id"])["items"][0]["error"]
    assert len(w.drifts("all")) == 2
    w.ctl("drift", "revert", *[x["seq"] for x in w.drifts()], "--reason", "x", user="tuan")
    letter = w.door("admin").get("/v1/requests", state="planned")["requests"][0]
    w.approve(letter)
    assert w.wait(letter["id"])["state"] == "done"
    assert w.person(w.logins[0])["title"] == ["Chuyên viên".encode()]


def test_what_cannot_be_put_back(three):
    w = three
    w.slapd.tool("ldapdelete", dn(w.logins[0]))
    w.slapd.add("dn: uid=la,ou=people,%s\nobjectClass: inetOrgPerson\nuid: la\ncn: La\nsn: La\n" % BASE)
    change(w, w.logins[1], "replace: userPassword\nuserPassword: NguyenVanAn-2026")
    change(w, w.logins[2], "replace: title\ntitle: Sai")
    got = told(w, 4)
    r = w.ctl("drift", "revert", *[d["seq"] for d in got], "--reason", "x", user="tuan",
              status=EX_PART)
    for words in ("from a backup", "hopthu deletes nothing", "a password"):
        assert words in r.stderr, r.stderr
    r = w.ctl("drift", "revert", *[d["seq"] for d in got if d["kind"] == "deleted"], "--reason", "x",
              user="tuan", status=73)
    assert "from a backup" in r.stderr
    assert w.ctl("drift", "show", 1, user="tuan", status=2)


def test_a_letter_meets_the_change(three):
    """One change, one record: the watch's, also when a letter comes upon it."""
    w = three
    r = w.submit([{"op": "suspend", "address": w.logins[0], "reason": "x", "ref": "1"}])
    change(w, w.logins[0], "replace: hopthuStatus\nhopthuStatus: closed\n-\nreplace: hopthuDelivery\n"
                           "hopthuDelivery: FALSE")
    d, = told(w)
    w.approve(r)
    got = w.wait_or_back(r["id"])
    assert got["state"] in ("planned", "failed"), got
    assert "in the directory" in json.dumps(w.show(r["id"])["items"]), w.show(r["id"])
    assert [x["seq"] for x in w.drifts("all")] == [d["seq"]]


# --- slapd's own log ---

def test_made_and_taken_back_while_away(three):
    w = three
    cookie_saved(w)
    w.ctl("drift", "check", user="hoa")
    change(w, w.logins[2], "replace: title\ntitle: Thấy")
    told(w)
    w.daemon.stop()
    time.sleep(1.1)
    change(w, w.logins[0], "replace: hopthuStatus\nhopthuStatus: closed")
    change(w, w.logins[0], "replace: hopthuStatus\nhopthuStatus: active")
    w.start()
    assert w.watched(10)
    time.sleep(0.3)
    assert len(w.drifts("all")) == 1  # nothing is different
    r = w.ctl("drift", "check", "30", "-o", "json", user="hoa", status=EX_PART)
    got = json.loads(r.stdout)
    assert got["unexplained"] == 3 and got["unrecorded"] == 2, got
    mine = [x for x in got["writes"] if x["drift"] is None]
    assert {x["entry"] for x in mine} == {dn(w.logins[0])} and {x["by"] for x in mine} == {ADMIN}
    assert mine[0]["attributes"] == ["hopthuStatus"]
    w.judge(watched=False)


def test_without_the_overlay(make_world):
    """A directory set up before: said clearly, and everything else goes on."""
    w = make_world(operators=False)
    w.daemon.stop()
    w.slapd.stop()
    overlay, = (w.slapd.dir / "config").rglob("olcOverlay=*syncprov.ldif")
    overlay.unlink()
    w.slapd.start()
    w.start()
    w.add_operators()
    wait_for(lambda: w.status()["watch"]["state"] == "impossible", "the watch to say so", 10)
    assert "syncprov" in w.status()["watch"]["reason"]
    told_too = w.ctl("status", user="admin").stderr
    assert "is not seen" in told_too and "ldif/README.md" in told_too
    assert w.run([people.create(1)])["state"] == "done"
