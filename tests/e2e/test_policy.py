# SPDX-License-Identifier: BSD-2-Clause
"""Policies: shown and explained by hopthuctl, checked by hopthud -t, kept when a new file is wrong."""
import csv
import io
import json
import re
import shutil
import signal

import pytest

import people
from hopthu import EX_CONFIG, EX_NOTFOUND, EX_USAGE, TOP, wait_for

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


def test_ppolicy(world):
    ldif = world.ctl("policy", "ppolicy", "ninhbinh.gov.vn").stdout
    assert ldif.startswith("dn: cn=default,ou=policies,dc=binhduong,dc=gov,dc=vn\nchangetype: modify\n")
    assert "\npwdMinLength: 9\n" in ldif and "\npwdMaxFailure: 12\n" in ldif
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
    listed = [(r["valid_from"], r["in_force"]) for r in own.ctl_json("policy", "list")["policies"]
              if r["domain"] == "nghean.gov.vn"]
    assert listed == [("2025-12-08", False), ("2026-01-01", True)]
