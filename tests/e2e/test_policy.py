# SPDX-License-Identifier: BSD-2-Clause
"""Policies: shown and explained by hopthuctl, checked by hopthud -t, kept when a new file is wrong."""
import csv
import datetime
import io
import json
import re
import shutil
import signal

import pytest

import people
from hopthu import DOMAIN, EX_CONFIG, EX_NOTFOUND, EX_USAGE, TOP, free_text, wait_for, write_policy

SHIPPED = {
    "ninhbinh.gov.vn": ("162/2025", "2025-12-10", "{given}{initials}.{agency}", "3 working days"),
    "dongthap.gov.vn": ("143/2025", "2025-12-20", "{full}, {full}{yob}, ", "5 working days"),
    "nghean.gov.vn": ("99/2025", "2025-12-08", "{given}{initials}, {given}{initials}{seq}", "3 working days"),
    "bacninh.gov.vn": ("79/2025", "2025-12-05", "{given}{initials}{id:3}, {given}{initials}{id:4}",
                       "2 working days"),
}


def by_rule(rows):
    got = {r["rule"]: r for r in rows}
    assert len(got) == len(rows), "a rule stands twice"
    return got


def file_rules(domain):
    """Rules of a shipped file, read by other means: {rule: (first value, legal basis, line)}."""
    path = TOP / "etc" / "policy" / (domain.partition(".")[0] + ".conf")
    text = path.read_text("utf-8")
    got = {}
    for m in re.finditer(r'^rule "(\S+)" \{\n\tvalue = (?:\{\s*)?"([^"]*)".*?\tlegal_basis = "([^"]*)"', text,
                         re.M | re.S):
        got[m.group(1)] = (m.group(2), m.group(3), text.count("\n", 0, m.start(2)) + 1)
    return path, got


@pytest.fixture(name="own")
def own_folder(make_world):
    """A world whose policies are a copy that may be changed."""
    w = make_world(operators=False)
    folder = w.dir / "policy"
    shutil.copytree(TOP / "etc" / "policy", folder)
    w.write_conf(policy_dir=str(folder))
    w.folder = folder
    w.restart()
    return w


def test_list(world):
    rows = world.ctl_json("policy", "list")["policies"]
    assert [r["domain"] for r in rows] == sorted(["*", *SHIPPED])
    assert all(r["in_force"] and len(r["digest"]) == 64 for r in rows)
    assert {r["domain"]: r["valid_from"] for r in rows if r["domain"] != "*"} == {
        d: v[1] for d, v in SHIPPED.items()}
    assert world.ctl("complete", "policy", "show", "n").stdout.split() == ["nghean.gov.vn", "ninhbinh.gov.vn"]
    table = world.ctl("policy", "list").stdout
    assert "QĐ 162/2025/QĐ-UBND" in table and len(table.splitlines()) == 6


@pytest.mark.parametrize("domain", SHIPPED)
def test_show(world, domain):
    document, valid_from, naming, deadline = SHIPPED[domain]
    got = world.ctl_json("policy", "show", domain)
    rules = by_rule(got["rules"])
    assert document in got["document"] and got["valid_from"] == valid_from
    assert rules["naming.person"]["value"].startswith(naming)
    assert rules["deadline.create"]["value"] == deadline
    path, wanted = file_rules(domain)
    assert got["file"] == str(path) and len(wanted) > 50
    for rule, (value, basis, line) in wanted.items():
        assert rules[rule]["value"].partition(", ")[0] == value.partition(", ")[0], rule
        assert rules[rule]["legal_basis"] == basis and basis, rule
        assert rules[rule]["line"] in range(line - 2, line + 1) and not rules[rule]["default"], rule
    assert all(r["legal_basis"] for r in got["rules"] if not r["default"])
    # the day before it came into force every other domain's rules held
    day_before = valid_from[:-2] + "%02d" % (int(valid_from[-2:]) - 1)
    r = world.ctl("policy", "show", domain, "--at", day_before, "-o", "json")
    assert json.loads(r.stdout)["domain"] == "*"
    assert "%s has no file of its own on this day" % domain in r.stderr
    table = world.ctl("policy", "show", domain).stdout
    assert deadline in table and document in table
    rows = list(csv.DictReader(io.StringIO(world.ctl("policy", "show", domain, "-o", "csv").stdout)))
    assert {r["rule"] for r in rows} == set(rules)


@pytest.mark.parametrize("domain", SHIPPED)
def test_diff(world, domain):
    changes = by_rule(world.ctl_json("policy", "diff", domain)["changes"])
    ours = by_rule(world.ctl_json("policy", "show", domain)["rules"])
    builtin = by_rule(world.ctl_json("policy", "show", "*", "--at", "2000-01-01")["rules"])
    differ = {r for r in {*ours, *builtin}
              if ours.get(r, {}).get("value") != builtin.get(r, {}).get("value")}
    assert set(changes) == differ and "request.by" in differ
    for rule, c in changes.items():
        assert c["after"] == ours.get(rule, {"value": ""})["value"]
        assert c["before"] == builtin.get(rule, {"value": ""})["value"]
    same = world.ctl("policy", "diff", domain, "--at", "2026-06-01", "-o", "json")
    assert json.loads(same.stdout)["changes"] == [] and "they say the same" in same.stderr
    before = world.ctl_json("policy", "diff", domain, "--at", "2025-06-01")
    assert before["before"]["domain"] == "*" and before["changes"]


@pytest.mark.parametrize("domain", SHIPPED)
def test_explain(world, domain):
    document, valid_from, naming, deadline = SHIPPED[domain]
    r = world.ctl("policy", "explain", "nguyetdta@" + domain, "--at", "2026-11-20", "-o", "json")
    got = json.loads(r.stdout)
    limits = by_rule(got["limits"])
    assert "there is no mailbox nguyetdta@%s" % domain in r.stderr and not got["mailbox"]
    assert got["kind"] == "person" and got["rank_class"] == "staff"
    assert limits["naming.person"]["value"].startswith(naming)
    assert limits["deadline.create"]["value"] == deadline
    due = {"3 working days": "2026-11-26", "5 working days": "2026-11-30", "2 working days": "2026-11-25"}
    assert limits["deadline.create"]["means"] == (
        "for a letter that comes on 2026-11-20: until " + due[deadline])
    assert limits["grace.staff"]["means"] == "closed on 2026-11-20: its data stay until 2027-02-20"
    assert limits["reuse.after"]["value"] == "never"
    assert all(limit["means"] for limit in limits.values())
    assert "quota.person" in limits and "quota.agency" not in limits and "naming.unit" not in limits
    for limit in limits.values():
        assert limit["legal_basis"], limit
        if limit["file"]:
            assert document in limit["document"] and limit["valid_from"] == valid_from
            assert limit["line"] > 0
    assert "MEANS HERE" in world.ctl("policy", "explain", "nguyetdta@" + domain).stdout


def test_explain_a_mailbox(world):
    done = world.run([people.create(1)])
    address = done["items"][0]["address"]
    got = world.ctl_json("policy", "explain", address)
    assert got["mailbox"] and got["agency"] == "snv" and got["agency_kind"] == "department"
    quota = by_rule(got["limits"])["quota.person"]
    assert quota["value"] == "" and quota["legal_basis"] == "built in"
    assert "this one has what the mail server gives everybody" in quota["means"]
    assert world.ctl_json("policy", "explain", address.partition("@")[0])["address"] == address


def explain(world, address, *more):
    got = world.ctl_json("policy", "explain", address, *more)
    return got, by_rule(got["limits"])


def test_explain_after_a_rename(world):
    old = world.run([people.create(30)])["items"][0]["address"]
    new = "ten.khac.han@" + DOMAIN
    world.run([{"op": "rename", "address": old, "new_address": new}])
    for asked in (new, old, old.partition("@")[0], new.upper()):
        got, _ = explain(world, asked)
        assert got["mailbox"] and got["address"] == new and got["agency"] == "snv", asked
    # of another domain there is none of this name
    r = world.ctl("policy", "explain", "ten.khac.han@nghean.gov.vn")
    assert "there is no mailbox ten.khac.han@nghean.gov.vn" in r.stderr


def test_explain_a_mailbox_of_another_domain(world):
    row = dict(people.create(33), full_name="Cù Thị Ánh Hồng")
    address = world.run([row], domain="nghean.gov.vn")["items"][0]["address"]
    assert address.endswith("@nghean.gov.vn")
    for asked in (address, address.partition("@")[0]):
        got, _ = explain(world, asked)
        assert got["mailbox"] and got["address"] == address and got["domain"] == "nghean.gov.vn"


def test_explain_a_closed_mailbox(world):
    """What was decided when it was closed, not what would be decided today."""
    address = world.run([people.create(31)])["items"][0]["address"]
    world.run([{"op": "close", "address": address}])
    due = world.mailbox(address)["purge_due"]
    _, limits = explain(world, address, "--at", "2030-01-01")
    assert limits["grace.staff"]["means"] == "this one is closed: its data stay until " + due


@pytest.mark.parametrize("domain", [*SHIPPED, DOMAIN])
def test_what_hopthud_does_not_do_is_said(world, domain):
    shown = by_rule(world.ctl_json("policy", "show", domain)["rules"])
    _, limits = explain(world, "khong.co@" + domain)
    for rule in ("inactivity.lock", "lock.revoke", "alias.period", "password.initial_lock", "retention.log",
                 "forwarding.whitelist", "attachment.max", "deadline.reset",
                 "password.classes", "password.max_age.admin", "password.length.admin"):
        assert shown[rule]["use"] == "recorded", rule
        assert limits[rule]["means"].endswith("; not enforced by hopthud"), rule
    for rule in ("password.length", "password.history", "password.max_age", "password.max_failures",
                 "password.must_change"):
        assert shown[rule]["use"] == limits[rule]["use"] == "directory", rule
        assert ("the directory keeps to it" in limits[rule]["means"]) == (domain == DOMAIN), rule
        assert ("hopthud's own domain" in limits[rule]["means"]) == (domain != DOMAIN), rule
    for rule in ("naming.person", "grace.staff", "fuse.count", "request.roles"):
        assert shown[rule]["use"] == "enforced" and "not enforced" not in limits[rule]["means"], rule
    assert shown["deadline.create"]["use"] == "told"
    table = world.ctl("policy", "show", domain).stdout
    assert " USE " in table and " recorded " in table and " enforced " in table


def test_max_age_is_the_directorys(world):
    """To the second what hopthud writes there: a month has 30 days."""
    _, limits = explain(world, "khong.co@ninhbinh.gov.vn", "--at", "2026-11-20")
    assert "pwdMaxAge: %d\n" % (180 * 86400) in world.ctl("policy", "ppolicy", "ninhbinh.gov.vn").stdout
    last = datetime.date(2026, 11, 20) + datetime.timedelta(days=180)
    assert limits["password.max_age"]["means"].startswith(
        "a password of 2026-11-20: to be changed by %s, after 180 days; " % last)


def test_explain_beyond_the_calendars(world):
    _, limits = explain(world, "khong.co@nghean.gov.vn", "--at", "2027-12-30")
    assert limits["deadline.create"]["means"] == (
        "for a letter that comes on 2027-12-30: until 2028-01-04 (the holidays of 2028 are not known)")
    assert "2028: no file, only Saturdays and Sundays are free" in limits["calendar"]["means"]
    assert "2027: Suy ra từ" in limits["calendar"]["means"]
    _, limits = explain(world, "khong.co@nghean.gov.vn", "--at", "2026-11-20")
    assert "not known" not in limits["deadline.create"]["means"]


def test_years_without_a_calendar_are_told(own):
    year = datetime.date.today().year
    told = 'the calendar "vn" has no file for the year %d'
    for file in (own.folder / "calendar").iterdir():
        if "-%d" % (year + 1) in file.name:
            file.unlink()
    r = own.hopthud("-t")
    assert r.returncode == 0 and told % (year + 1) in r.stdout and told % year not in r.stdout
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: told % (year + 1) in free_text(own.log), "a warning")


def test_ppolicy(world):
    ldif = world.ctl("policy", "ppolicy", "ninhbinh.gov.vn").stdout
    assert ldif.startswith("dn: cn=default,ou=policies,dc=binhduong,dc=gov,dc=vn\nchangetype: modify\n")
    assert "\npwdMinLength: 9\n" in ldif and "\npwdMaxFailure: 13\n" in ldif
    before = world.slapd.entry("cn=default,ou=policies,dc=binhduong,dc=gov,dc=vn")
    world.slapd.modify(ldif)
    after = world.slapd.entry("cn=default,ou=policies,dc=binhduong,dc=gov,dc=vn")
    assert after["pwdMinLength"] == [b"9"] and after["pwdMaxAge"] == [b"15552000"]
    assert after["pwdInHistory"] == [b"3"] and before != after


def test_what_is_not_served(world):
    r = world.ctl("policy", "show", "khac.gov.vn", status=EX_NOTFOUND)
    for domain in (*SHIPPED, "binhduong.gov.vn"):
        assert domain in r.stderr
    world.ctl("policy", "explain", "a@khac.gov.vn", status=EX_NOTFOUND)
    assert world.ctl_json("policy", "show", "binhduong.gov.vn")["domain"] == "*"
    assert world.ctl_json("policy", "show", "NINHBINH.gov.vn")["domain"] == "ninhbinh.gov.vn"
    r = world.ctl("policy", "show", "nghean.gov.vn", "--at", "2026-02-30", status=EX_USAGE)
    assert "2026-02-30" in r.stderr and "YYYY-MM-DD" in r.stderr
    r = world.ctl("policy", "explain", "không@nghean.gov.vn", status=EX_USAGE)
    assert "this is no address" in r.stderr


def test_another_agencys_mailbox(world):
    done = world.run([people.create(2)])
    address = done["items"][0]["address"]
    world.add_operator("xuan", "Lê Thị Xuân", ["requester"], "skhcn")
    world.settle()
    r = world.ctl("policy", "explain", address, user="xuan", status=77)
    assert "skhcn" in r.stderr
    world.ctl("policy", "explain", address, user="lan")


def test_no_folder(make_world):
    w = make_world(conf={"policy_dir": "/nowhere/hopthu/policy"}, operators=False)
    rows = w.ctl_json("policy", "list")["policies"]
    assert [r["domain"] for r in rows] == ["*"] and rows[0]["file"] == ""
    assert "there is no folder /nowhere/hopthu/policy: the built-in " in w.log.read_text()
    r = w.hopthud("-t")
    assert r.returncode == 0 and "/nowhere/hopthu/policy" in r.stdout


MISTAKES = [
    ("domain = \"x.gov.vn\"\nvalid_from = \"2026-13-01\"\n", 2, "must be a day"),
    ("domain = \"x.gov.vn\"\n\nrule \"deadline.creat\" { value = \"1 day\" legal_basis = \"a\" }\n", 3,
     "did you mean \"deadline.create\"?"),
    ("rule \"quota.person\" {\n\tvalue = \"hai\"\n\tlegal_basis = \"a\"\n}\n", 2, "quota.person: \"hai\""),
    ("rule \"quota.person\" {\n\tvalue = \"2G\"\n}\n", 2, "has no legal_basis"),
    ("# một\n/* hai\nba */\nruel \"x\" { }\n", 4, "unknown key ruel; did you mean the section rule"),
    ("rule \"a\" {\n", 1, "does not end"),
]


@pytest.mark.parametrize("text,line,what", MISTAKES)
def test_mistake_is_told_with_its_line(own, text, line, what):
    (own.folder / "x.conf").write_text(text)
    r = own.hopthud("-t")
    told = [x for x in r.stderr.splitlines() if what in x]
    assert r.returncode == EX_CONFIG and told, r.stderr
    assert told[0].startswith("hopthud: %s:%d: " % (own.folder / "x.conf", line)), told


def test_every_mistake_is_told(own):
    (own.folder / "x.conf").write_text("".join(
        'rule "fuse.count%d" { value = "1" legal_basis = "a" }\n' % i for i in range(60)))
    (own.folder / "calendar" / "vn-2028.conf").write_text('calendar = "vn"\nyear = 28\n')
    r = own.hopthud("-t")
    assert r.returncode == EX_CONFIG
    for i in range(60):
        assert "x.conf:%d: unknown rule \"fuse.count%d\"" % (i + 1, i) in r.stderr
    assert "vn-2028.conf:2: \"28\" is not possible for year" in r.stderr
    # it does not start with them either
    own.daemon.kill()
    r = own.hopthud()
    assert r.returncode == EX_CONFIG and "x.conf:1: unknown rule" in r.stderr
    own.judged = True


def test_reload(own):
    """A wrong file: the old policies stay. A right one: it holds, and the log names another digest."""
    def rule(name):
        return by_rule(own.ctl_json("policy", "show", "nghean.gov.vn")["rules"])[name]["value"]

    def configs():
        return [own.ctl_json("audit", "show", r["seq"])["record"]["cfg"]
                for r in own.ctl_json("audit", "list", "--event", "config")["records"]]

    path = own.folder / "nghean.conf"
    good = path.read_text()
    assert rule("deadline.create") == "3 working days"
    path.write_text(good.replace('value = "3 working days"', 'value = "ba ngày"', 1))
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: "not reloaded, the old configuration stays" in own.log.read_text(), "a refusal")
    assert "nghean.conf:" in own.log_tail() and "ba ngày" in own.log_tail()
    assert rule("deadline.create") == "3 working days" and not configs()
    path.write_text(good.replace('value = "3 working days"', 'value = "4 working days"', 1))
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: rule("deadline.create") == "4 working days", "the new policy")
    wait_for(lambda: len(configs()) == 1, "a record")
    path.write_text(good)
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: len(configs()) == 2, "a record")
    first, second = configs()
    assert first != second
    (own.folder / "moi.conf").write_text(good.replace('valid_from = "2025-12-08"', 'valid_from = "2026-01-01"')
                                         .replace('value = "3 working days"', 'value = "1 working day"'))
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: rule("deadline.create") == "1 working day", "the newer version")
    changes = by_rule(own.ctl_json("policy", "diff", "nghean.gov.vn", "--at", "2025-12-31")["changes"])
    assert changes["deadline.create"]["before"] == "3 working days"
    tomorrow = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()
    (own.folder / "mai.conf").write_text(good.replace('valid_from = "2025-12-08"', 'valid_from = "%s"' % tomorrow)
                                         .replace('value = "3 working days"', 'value = "9 working days"'))
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: len(own.ctl_json("policy", "list")["policies"]) == 7, "the version of tomorrow")
    r = own.ctl("policy", "diff", "nghean.gov.vn", "--at", tomorrow, "-o", "json")
    got = json.loads(r.stdout)
    change = by_rule(got["changes"])["deadline.create"]
    assert (change["before"], change["after"]) == ("1 working day", "9 working days")
    assert got["before"]["valid_from"] == "2026-01-01" and got["after"]["valid_from"] == tomorrow
    assert got["after"]["at"] == tomorrow and "after, on %s: " % tomorrow in r.stderr
    (own.folder / "mai.conf").unlink()
    own.daemon.signal(signal.SIGHUP)
    wait_for(lambda: len(own.ctl_json("policy", "list")["policies"]) == 6, "the version of tomorrow to be gone")
    listed = [(r["valid_from"], r["in_force"]) for r in own.ctl_json("policy", "list")["policies"]
              if r["domain"] == "nghean.gov.vn"]
    assert listed == [("2025-12-08", False), ("2026-01-01", True)]


def created(number, basis_date, ref):
    return dict(people.create(number), basis_no="12/QĐ", basis_kind="recruitment", basis_date=basis_date, ref=ref)


@pytest.mark.parametrize("limit", ["never", "15 days"])
def test_lateness(make_world, tmp_path, limit):
    """The days since the decision are on record; only the limit makes a note of them."""
    w = make_world(conf={"policy_dir": str(write_policy(tmp_path / "policy", filing__limit=limit))})
    today = datetime.date.today()

    def ago(days):
        return (today - datetime.timedelta(days=days)).isoformat()

    r = w.submit([created(40, ago(10), "a"), created(41, ago(40), "b"), created(42, ago(0), "c")],
                 date=today.isoformat())
    late = [w.ctl_json("audit", "show", x["seq"], user="hoa")["record"].get("late")
            for x in reversed(w.ctl_json("audit", "list", "--request", r["id"], "--event", "item",
                                         user="hoa")["records"])]
    assert sorted(late, key=lambda n: n or 0) == [None, 10, 40]
    notes = [n["message"] for n in r["notes"] or [] if "days after the decision" in n["message"]]
    assert len(notes) == (1 if limit != "never" else 0) and all("40 days" in n for n in notes)
    w.ctl("request", "cancel", r["id"], user="lan")


def test_rank_is_a_persons(make_world, tmp_path):
    """Deputies are no heads, and what is no person has no rank: the same in a closure as in explain."""
    w = make_world(conf={"policy_dir": str(write_policy(
        tmp_path / "policy", grace__staff="1 month", grace__division_head="5 months",
        grace__department_head="20 months", naming__shared=["{full}"], fuse__least="1000"))})

    def closed(number, **more):
        address = w.run([dict(people.create(number), **more)])["items"][0]["address"]
        before, limits = explain(w, address)
        grace, = [x for x in limits if x.startswith("grace.")]
        wanted = limits[grace]["means"].rpartition(" ")[2]
        w.run([{"op": "close", "address": address}])
        assert w.mailbox(address)["purge_due"] == wanted
        return before["rank_class"], grace

    assert closed(50, title="Phó Giám đốc Sở") == ("staff", "grace.staff")
    assert closed(51, title="Giám đốc Sở") == ("department-head", "grace.department_head")
    assert closed(52, title="Trưởng phòng Tổ chức") == ("division-head", "grace.division_head")
    custodian = w.run([people.create(54)])["items"][0]["address"]
    assert closed(53, title="Giám đốc Sở", kind="shared", custodian=custodian) == ("staff", "grace.staff")
