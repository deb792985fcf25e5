# SPDX-License-Identifier: BSD-2-Clause
"""Who the door takes you for, and what you may."""
import base64
import os
import re
import shutil
import statistics
import subprocess
import time

import pytest

import hopthu
import people
from door import Door, Scram, auth_params, b64
from hopthu import BASE, EX_NOPERM, PASSWORDS, ROOT, TOP

needs_root = pytest.mark.skipif(not ROOT, reason="only root can be several uids")

ROLE_BITS = ["requester", "agency-admin", "approver", "technician", "auditor", "admin"]


def route_table():
    """(name, method, path, roles, scope) of common/routes.h, by reading its lines."""
    text = (TOP / "common" / "routes.h").read_text()
    names = {r.upper().replace("-", "_"): r for r in ROLE_BITS}
    groups = {"ROLES_ALL": set(ROLE_BITS)}
    for m in re.finditer(r"#define (ROLES_\w+)((?:.*\\\n)*.*)", text):
        words = re.findall(r"ROLE_(\w+)", m.group(2))
        groups[m.group(1)] = {names[w] for w in words}
    out = []
    for m in re.finditer(r'X\((\w+), (GET|POST), "([^"]+)", ([^,]+), (\w+),', text):
        roles = set()
        for word in re.findall(r"\w+", m.group(4)):
            roles |= groups[word] if word in groups else {names[word[len("ROLE_"):]]}
        out.append((m.group(1), m.group(2), m.group(3), roles, m.group(5)))
    assert len(out) > 20
    return out


@pytest.fixture(scope="module")
def everyone(world):
    """An operator for each role, without an agency; their doors."""
    for role in ROLE_BITS[:-1]:
        world.add_operator(role.replace("-", "."), "Người " + role, [role],
                           "snv" if role in ("requester", "agency-admin") else None)
    world.settle()
    return {role: world.door(role.replace("-", ".")) for role in ROLE_BITS if role != "admin"} | {
        "admin": world.door("admin")}


@pytest.fixture(scope="module")
def letter(world):
    return world.submit([people.create(1)])


def fill(path, letter):
    """A path of the table with things that exist."""
    return path.replace("{id}", str(letter["id"])).replace("{address}", "khongco").replace(
        "{code}", "snv").replace("{name}", "khongco").replace("{seq}", "1")


def test_an_auditor_reads_everything_and_changes_nothing():
    """Over the table: what only reads is for auditors, too.  Of what is posted, that which changes
    nothing of anybody's: the own password, and a copy of the log."""
    table = route_table()
    assert len(table) > 35
    reads = {name for name, method, _, _, _ in table if method == "GET"}
    auditors = {name for name, _, _, roles, _ in table if "auditor" in roles}
    assert reads <= auditors, "auditors may not read: %s" % sorted(reads - auditors)
    assert auditors - reads <= {"operator_passwd", "audit_export"}, sorted(auditors - reads)
    scope, = (s for name, _, _, _, s in table if name == "operator_passwd")
    assert scope == "SELF"


@pytest.mark.parametrize("role", ROLE_BITS)
def test_roles_times_routes(world, everyone, letter, role):
    """Every route answers 403 to a role outside its column, and something else to one inside."""
    door = everyone[role]
    wrong = []
    for name, method, path, roles, scope in route_table():
        body = {"reason": 5} if method == "POST" else None  # which no route takes
        r = door.ask(method, fill(path, letter), {"timeout": 1} if name == "request_wait" else None,
                     body)
        # {name} is somebody else: SELF allows an administrator only
        allowed = role in roles and (scope != "SELF" or role == "admin")
        if (r.status == 403) == allowed:
            wrong.append((name, r))
        assert r.status < 500, (name, r)
        if r.status >= 400:
            assert r.json["error"] and r.json["class"], r
    assert not wrong
    assert world.show(letter["id"])["state"] == "planned"


def test_routes_are_told(world):
    told = {r["name"]: r for r in world.door("lan").get("/v1/routes")["routes"]}
    for name, method, path, roles, scope in route_table():
        r = told[name]
        assert (r["method"], r["path"], set(r["roles"])) == (method, path, roles), name
        assert r["scope"].lower() == scope.lower() and r["help"]


def test_unknown_paths_and_methods(world):
    door = world.door("lan")
    assert door.ask("GET", "/v1/nothing").status == 404
    assert door.ask("GET", "/").status == 404
    for method in ("DELETE", "PUT", "PATCH"):
        assert door.ask(method, "/v1/requests").status in (404, 405, 501)
    assert door.ask("GET", "/v1/requests/abc").status in (400, 404)
    assert door.ask("GET", "/v1/requests/99999999999999999999").status in (400, 404)
    assert door.ask("GET", "/v1/requests/-1").status in (400, 404)


@pytest.fixture(scope="module")
def two_agencies(world):
    """tho belongs to skhcn, lan to snv; a letter and a mailbox of each."""
    world.add_operator("tho", "Hồ Thơ", ["requester"], "skhcn")
    world.add_operator("an", "Hồ An", ["approver"], "skhcn")
    world.settle()
    out = {}
    for n, (who, agency) in enumerate((("lan", "snv"), ("tho", "skhcn"))):
        done = world.run([people.create(10 + n)], user=who, agency=agency)
        waiting = world.submit([people.create(20 + n)], user=who, agency=agency)
        out[who] = (done, waiting)
    return out


def test_agency_scope(world, two_agencies):
    """Nobody confined to an agency reaches the objects of another."""
    for who, other, agency, foreign in (("lan", "tho", "snv", "skhcn"),
                                        ("tho", "lan", "skhcn", "snv")):
        door = world.door(who)
        done, waiting = two_agencies[other]
        mine, _ = two_agencies[who]
        for path in ("/v1/requests/%d", "/v1/requests/%d/plan", "/v1/requests/%d/answer",
                     "/v1/requests/%d/wait?timeout=1"):
            assert door.ask("GET", path % done["id"]).status in (403, 404), path
            assert door.ask("GET", path % mine["id"]).status == 200, path
        r = door.ask("POST", "/v1/requests/%d/cancel" % waiting["id"], body={"reason": "x"})
        assert r.status in (403, 404)
        assert world.show(waiting["id"])["state"] == "planned"
        address = done["items"][0]["address"]
        assert door.ask("GET", "/v1/mailboxes/" + address).status in (403, 404)
        assert door.ask("GET", "/v1/mailboxes/" + mine["items"][0]["address"]).status == 200
        # a letter in another agency's name, by query, by JSON, and by both
        rows = [people.create(30)]
        r = door.ask("POST", "/v1/requests", world.head(agency=foreign), people.letter_csv(rows),
                     "text/csv")
        assert r.status == 403, r
        body = dict(world.head(agency=foreign), items=rows)
        assert door.ask("POST", "/v1/requests", None, body).status == 403
        assert door.ask("POST", "/v1/requests", {"agency": agency}, body).status in (201, 403, 400)
        both = door.ask("POST", "/v1/requests?agency=%s&agency=%s" % (agency, foreign), None, body)
        assert both.status in (400, 403, 201)
        for r in door.get("/v1/requests", limit=1000)["requests"]:
            assert r["agency"] == agency
        listed = door.get("/v1/mailboxes", limit=1000)["mailboxes"]
        assert listed and {m["agency"] for m in listed} == {agency}
        for query in ({"agency": foreign}, {"q": address}):
            got = door.ask("GET", "/v1/mailboxes", query)
            assert got.status == 403 or not [
                m for m in got.json["mailboxes"] if m["agency"] != agency]
            got = door.ask("GET", "/v1/requests", {"agency": foreign})
            assert got.status == 403 or not [
                r for r in got.json["requests"] if r["agency"] != agency]
    # an order about another agency's mailbox inside one's own letter
    address = two_agencies["tho"][0]["items"][0]["address"]
    r = world.door("lan").ask("POST", "/v1/requests", world.head(), people.letter_csv(
        [{"op": "close", "address": address, "reason": "x"}]), "text/csv")
    assert r.status in (400, 403), r
    assert world.mailbox(address)["status"] == "active"


def test_an_agencys_approver_is_confined(world, two_agencies):
    waiting = two_agencies["lan"][1]
    r = world.door("an").ask("POST", "/v1/requests/%d/approve" % waiting["id"],
                             body={"digest": waiting["digest"]})
    assert r.status in (403, 404)
    assert world.show(waiting["id"])["state"] == "planned"


def test_scram(world):
    with Door(world.socket, "lan", PASSWORDS["lan"]) as d:
        assert d.get("/v1/whoami")["mech"] == "scram"
        assert d.get("/v1/whoami")["name"] == "lan"  # it stays with the connection


def anonymous(world):
    """A door whose peer uid is nobody's: another uid, or ours when no operator has it."""
    return Door(world.socket, uid=54321 if ROOT else None)


@needs_root
def test_unknown_uid(world):
    with anonymous(world) as d:
        r = d.ask("GET", "/v1/status")
        assert r.status == 401 and r.json["class"] == "auth"
        assert "SCRAM-SHA-256" in r.headers["WWW-Authenticate"]
        assert 'realm="hopthu"' in r.headers["WWW-Authenticate"]
        r = d.ask("POST", "/v1/requests", world.head(), people.letter_csv([people.create(2)]),
                  "text/csv")
        assert r.status == 401
    r = world.ctl("status", uid=54321, status=EX_NOPERM)
    assert "54321" in r.stderr or "--user" in r.stderr
    r = world.ctl("whoami", uid=os.geteuid())
    assert "admin" in r.stdout


@needs_root
def test_peer_uid_of_an_operator(world):
    world.add_operator("vinh", "Lê Vinh", ["auditor"], uid=54001, password=False)
    with Door(world.socket, uid=54001) as d:
        who = d.get("/v1/whoami")
        assert (who["name"], who["roles"], who["agency"], who["mech"]) == (
            "vinh", ["auditor"], None, "peer")
        assert d.ask("POST", "/v1/agencies", None, {"code": "x"}).status == 403
    # one uid, one operator
    r = world.door("admin").ask("POST", "/v1/operators", None, {
        "name": "vinh2", "full_name": "x", "roles": ["admin"], "uid": 54001})
    assert r.status == 409, r
    # an explicit proof wins over the peer's uid
    with Door(world.socket, "lan", PASSWORDS["lan"], uid=54001) as d:
        assert d.get("/v1/whoami")["name"] == "lan"
    # without a password vinh cannot come by SCRAM
    with Door(world.socket, uid=54321) as d:
        d.open()
        assert d.login("vinh", "").status == 401


def test_wrong_password(world):
    with anonymous(world) as d:
        d.open()
        r = d.login("lan", "wrong")
        assert r.status == 401 and r.json["error"] and r.json["class"] == "auth"
        assert "sid=" not in r.headers.get("WWW-Authenticate", "")
        if ROOT:
            assert d.ask("GET", "/v1/status").status == 401  # nothing stuck to the connection
    bad = world.dir / "bad.pw"
    bad.touch(0o600)
    bad.write_text("canary-typo-7Xq9\n")
    r = world.ctl("status", "--user", "lan", "--password-file", bad, status=EX_NOPERM)
    assert r.stderr and "canary" not in r.stderr + r.stdout
    r = world.ctl("status", "--user", "nobody", "--password-file", bad, status=EX_NOPERM)
    assert r.stderr.strip()


def test_a_password_file_others_can_read_is_refused(world):
    loose = world.dir / "loose.pw"
    loose.write_text(PASSWORDS["lan"] + "\n")
    loose.chmod(0o644)
    r = world.ctl("status", "--user", "lan", "--password-file", loose, status=None)
    assert r.returncode != 0 and str(loose) in r.stderr


def test_unknown_names_look_like_known_ones(world):
    """Same steps, same iteration count, a salt that stays the same, the same last answer."""
    def first_step(name):
        with anonymous(world) as d:
            d.open()
            s = Scram(name, "x")
            r = d.raw("GET", "/v1/whoami", headers={
                "Authorization": 'SCRAM-SHA-256 realm="hopthu",data=' + b64(s.first)})
            got = auth_params(r.headers["WWW-Authenticate"])
            parts = dict(p.split("=", 1) for p in base64.b64decode(got["data"]).decode().split(","))
            return r.status, parts["i"], parts["s"], len(base64.b64decode(parts["s"]))

    known, unknown = first_step("lan"), first_step("khongai")
    assert known[0] == unknown[0] == 401
    assert (known[1], known[3]) == (unknown[1], unknown[3])
    assert first_step("khongai")[2] == unknown[2] != first_step("khongai2")[2]
    assert first_step("lan")[2] == known[2]

    def refusal(name):
        with anonymous(world) as d:
            d.open()
            r = d.login(name, "wrong")
            return r.status, r.body, sorted(k for k in r.headers)

    assert refusal("lan") == refusal("khongai")

    # what a refusal costs, measured in turns so that the load of the machine is the same for both
    times = {"lan": [], "khongai": []}
    with anonymous(world) as d:
        for _ in range(25):
            for name, seen in times.items():
                d.open()
                began = time.monotonic()
                d.login(name, "wrong")
                seen.append(time.monotonic() - began)
    a, b = (statistics.median(sorted(t)[:15]) for t in times.values())
    assert max(a, b) < 1.5 * min(a, b) + 0.001, (a, b)


def test_unknown_salt_survives_a_restart(make_world):
    w = make_world(operators=False)

    def salt():
        with Door(w.socket, uid=w.admin_uid) as d:
            d.open()
            r = d.raw("GET", "/v1/whoami", headers={
                "Authorization": 'SCRAM-SHA-256 realm="hopthu",data=' + b64(
                    Scram("khongai", "x").first)})
            data = base64.b64decode(auth_params(r.headers["WWW-Authenticate"])["data"]).decode()
            return dict(p.split("=", 1) for p in data.split(","))["s"]

    before = salt()
    w.daemon.stop()
    w.start()
    assert salt() == before


def test_scram_misuse(world):
    """Garbage, a foreign or used sid, a changed proof, a step too many: 401 or 400, never in."""
    def with_header(value, door):
        if not door.http:
            door.open()
        return door.raw("GET", "/v1/whoami", headers={"Authorization": value})

    with anonymous(world) as d:
        for value in ("SCRAM-SHA-256", "SCRAM-SHA-256 data=", "SCRAM-SHA-256 data=%%%",
                      "SCRAM-SHA-256 sid=abc,data=" + b64(b"c=biws,r=x,p=eA=="),
                      "SCRAM-SHA-256 data=" + b64(b"n,,n=,r=x"),
                      "SCRAM-SHA-256 data=" + b64(b"\0" * 4000),
                      "SCRAM-SHA-256 data=" + b64(b"p=tls-unique,,n=lan,r=abc"),
                      "SCRAM-SHA-256 data=" + b64(b"n,a=admin,n=lan,r=abcdef"),
                      "Basic " + b64(b"lan:" + PASSWORDS["lan"].encode()), "Bearer x",
                      "PLAIN data=" + b64(b"\0lan\0x"), "SCRAM-SHA-256 " + "x" * 3000):
            r = with_header(value, d)
            if "a=admin" not in value:
                assert r.status in (400, 401), (value[:60], r)
            if r.status == 401 and "sid=" in r.headers.get("WWW-Authenticate", ""):
                continue  # a first step was understood: still nobody
        r = d.login("lan", PASSWORDS["lan"], mangle=lambda f: f[:-8] + b"AAAAAAA=") if d.http \
            else None
        assert r is None or r.status == 401
        d.open()
        # a sid is good for one exchange and for its own connection only
        s = Scram("lan", PASSWORDS["lan"])
        r = with_header('SCRAM-SHA-256 realm="hopthu",data=' + b64(s.first), d)
        got = auth_params(r.headers["WWW-Authenticate"])
        final = "SCRAM-SHA-256 sid=%s,data=%s" % (
            got["sid"], b64(s.final(base64.b64decode(got["data"]))))
        with anonymous(world) as other:
            other.open()
            stolen = with_header(final, other)
        r = with_header(final, d)
        assert r.status == 200 or stolen.status == 200
        with anonymous(world) as third:
            third.open()
            assert with_header(final, third).status == 401  # used
    world.check_log()


def test_abandoned_exchanges(world):
    """Many first steps that nobody finishes cost bounded memory and disturb nobody."""
    before = world.daemon.status("VmRSS")
    with anonymous(world) as d:
        for n in range(1500):
            if not d.http:
                d.open()
            d.raw("GET", "/v1/whoami", headers={
                "Authorization": 'SCRAM-SHA-256 realm="hopthu",data=' + b64(
                    Scram("lan", "x").first)})
    with Door(world.socket, "lan", PASSWORDS["lan"]) as d:
        assert d.get("/v1/whoami")["name"] == "lan"
    if not hopthu.SANITIZED:
        assert world.daemon.status("VmRSS") - before < 8 * 1024


def test_failed_attempts_are_in_the_log(world):
    with anonymous(world) as d:
        d.open()
        d.login("lan", "wrong")
    got = world.door("hoa").get("/v1/audit", event="auth.fail", limit=1000)["records"]
    assert got


def test_revoked_operator(world):
    world.add_operator("dung", "Lý Dũng", ["technician", "approver"])
    world.settle()
    waiting = world.submit([people.create(50)])
    d = world.new_door("dung")
    assert d.get("/v1/whoami")["name"] == "dung"
    world.ctl("operator", "revoke", "dung", "--reason", "nghỉ việc")
    # at once: the open connection, a new one, and the directory
    r = d.ask("GET", "/v1/status")
    assert r.status in (401, 403), r
    r = d.ask("POST", "/v1/requests/%d/approve" % waiting["id"], body={
        "digest": waiting["digest"]}) if d.http else r
    assert r.status in (401, 403), r
    with anonymous(world) as n:
        n.open()
        assert n.login("dung", PASSWORDS["dung"]).status == 401
    world.settle()
    e = world.slapd.entry("cn=dung,ou=operators," + BASE)
    assert "hopthuRole" not in e
    assert world.show(waiting["id"])["state"] == "planned"
    told = [o for o in world.door("admin").get("/v1/operators")["operators"]
            if o["name"] == "dung"][0]
    assert told["revoked_at"]
    r = world.door("admin").ask("POST", "/v1/operators/dung/revoke", body={"reason": "x"})
    assert r.status == 409


def test_the_last_admin_stays(world):
    r = world.door("admin").ask("POST", "/v1/operators/admin/revoke", body={"reason": "thử"})
    others = [o for o in world.door("hoa").get("/v1/operators")["operators"]
              if "admin" in o["roles"] and o["name"] != "admin" and not o["revoked_at"]]
    if not others:
        assert r.status in (403, 409), r
        assert world.door("admin").get("/v1/whoami")["name"] == "admin"


def test_change_of_password(world):
    world.add_operator("hue", "Trần Huệ", ["auditor"])
    new = world.dir / "hue.new"
    new.touch(0o600)
    new.write_text("canary-second-7Xq9\n")
    world.ctl("operator", "passwd", "hue", "--new-password-file", new, user="hue")
    with anonymous(world) as d:
        d.open()
        assert d.login("hue", PASSWORDS["hue"]).status == 401
        d.open()
        assert d.login("hue", "canary-second-7Xq9").status == 200
    PASSWORDS["hue"] = "canary-second-7Xq9"
    (world.dir / "hue.pw").unlink(missing_ok=True)
    # not somebody else's, not a plain password instead of a verifier
    import door
    r = world.door("hue").ask("POST", "/v1/operators/lan/passwd", body={
        "scram": door.verifier("x")})
    assert r.status == 403
    for bad in ("canary-plain-7Xq9", "", "SCRAM-SHA-256$1:AA==$AA==:AA==",
                "SCRAM-SHA-1$4096:c2FsdA==$AA==:AA=="):
        r = world.door("hue").ask("POST", "/v1/operators/hue/passwd", body={"scram": bad})
        assert r.status == 400, (bad, r)
        assert "canary-plain" not in r.json["error"]


def test_bad_operators(world):
    door = world.door("admin")
    for body in ({"name": "Có dấu", "full_name": "x", "roles": ["auditor"]},
                 {"name": "a,b", "full_name": "x", "roles": ["auditor"]},
                 {"name": "x1", "full_name": "x", "roles": ["king"]},
                 {"name": "x1", "full_name": "x", "roles": []},
                 {"name": "x1", "full_name": "x", "roles": ["requester"], "agency": "khongco"},
                 {"name": "x1", "full_name": "x", "roles": ["auditor"], "uid": -5},
                 {"name": "x1", "full_name": "x", "roles": ["auditor"], "uid": "root"},
                 {"name": "", "full_name": "x", "roles": ["auditor"]},
                 {"name": "x" * 300, "full_name": "x", "roles": ["auditor"]},
                 {"name": "hopthu-check", "full_name": "x", "roles": ["auditor"]}):
        r = door.ask("POST", "/v1/operators", None, body)
        assert r.status in (400, 404, 409), (body, r)
    assert door.ask("POST", "/v1/operators", None, {
        "name": "lan", "full_name": "x", "roles": ["auditor"]}).status == 409


@pytest.mark.skipif(not shutil.which("gsasl"), reason="gsasl is not installed")
def test_gsasl(world):
    """The exchange by GNU SASL's own client, which is neither ours nor Cyrus's."""
    def exchange(password, spoil=False):
        p = subprocess.Popen(
            ["gsasl", "--client", "--mechanism=SCRAM-SHA-256", "--authentication-id=lan",
             "--authorization-id=", "--password=" + password, "--no-cb"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            with anonymous(world) as d:
                d.open()
                first = line_of(p)
                r = d.raw("GET", "/v1/whoami", headers={
                    "Authorization": 'SCRAM-SHA-256 realm="hopthu",data=' + first})
                got = auth_params(r.headers["WWW-Authenticate"])
                p.stdin.write(got["data"] + "\n")
                p.stdin.flush()
                final = line_of(p)
                r = d.raw("GET", "/v1/whoami", headers={
                    "Authorization": "SCRAM-SHA-256 sid=%s,data=%s" % (got["sid"], final)})
                if r.status == 200:
                    info = auth_params(r.headers["Authentication-Info"])
                    if spoil:  # a server that does not know the verifier
                        info["data"] = b64(b"v=" + b64(b"0" * 32).encode())
                    p.stdin.write(info["data"] + "\n\n")  # and nothing more after it
                    p.stdin.close()
                    said = p.stdout.read()
                    assert (p.wait(10) == 0) != spoil, "gsasl does not believe the server: " + said
                    assert d.get("/v1/whoami")["name"] == "lan"
                return r
        finally:
            p.kill()
            p.wait()

    def line_of(p):
        while True:
            line = p.stdout.readline()
            assert line, "gsasl ended"
            if re.fullmatch(r"[A-Za-z0-9+/=]{8,}", line.strip()):
                return line.strip()

    assert exchange(PASSWORDS["lan"]).status == 200
    assert exchange(PASSWORDS["lan"], spoil=True).status == 200
    assert exchange("wrong").status == 401


def test_operators_cannot_bind(world):
    """An operator's entry is a name to act under, not a login."""
    for attrs in ({}, {"w": PASSWORDS["lan"]}):
        r = subprocess.run(["ldapwhoami", "-x", "-H", world.slapd.uri, "-D",
                            "cn=minh,ou=operators," + BASE, "-w", attrs.get("w", "x")],
                           capture_output=True, check=False)
        assert r.returncode != 0
    r = subprocess.run(["ldapsearch", "-x", "-LLL", "-H", world.slapd.uri, "-b", BASE],
                       capture_output=True, text=True, check=False)
    assert "dn:" not in r.stdout  # anonymous sees nothing
