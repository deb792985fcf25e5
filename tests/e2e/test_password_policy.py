# SPDX-License-Identifier: BSD-2-Clause
"""The password rules of the policy in force arrive in slapd's default password policy, and hold there."""
import datetime
import json
import signal
import subprocess

import ldap3
import pytest
from ldap3.utils.dn import escape_rdn

import people
from hopthu import BASE, DOMAIN, free_text, wait_for, write_policy

DEFAULT = "cn=default,ou=policies," + BASE
RULES = ("pwdMinLength", "pwdMaxAge", "pwdInHistory", "pwdMaxFailure", "pwdMustChange")
FIRST = {"password__length": "12", "password__max_age": "90 days", "password__history": "5",
         "password__max_failures": "7", "password__must_change": "no"}
FIRST_THERE = ["12", "7776000", "5", "7", "FALSE"]
SECOND = dict(FIRST, password__length="15", password__max_age="never",
              password__must_change="yes")
SECOND_THERE = ["15", "0", "5", "7", "TRUE"]


def policy(world):
    return world.slapd.entry(DEFAULT)


def there(world):
    """What the directory has, in the order of RULES."""
    e = policy(world)
    return [e.get(a, [b""])[0].decode() for a in RULES]


def wait_there(world, values, timeout=15):
    wait_for(lambda: there(world) == values, "%s in the directory" % values, timeout)


def orders(world):
    """Every order for the password policy, the oldest first."""
    got = [r for state in ("approved", "done", "failed") for r in
           world.door("admin").get("/v1/requests", limit=200, state=state)["requests"]
           if r["submitter"] == "hopthud" and r["reason"] == "Quy chế thử"]
    return [world.show(r["id"]) for r in sorted(got, key=lambda r: r["id"])]


def states(world):
    return [r["state"] for r in orders(world)]


def wait_states(world, wanted, timeout=15):
    wait_for(lambda: states(world) == wanted, "orders to be %s" % wanted, timeout, 0.05)


def reload(world):
    world.daemon.signal(signal.SIGHUP)


@pytest.fixture
def ruled(make_world, tmp_path):
    """A world with a policy; a function that gives it other rules."""
    folder = write_policy(tmp_path / "policy", **FIRST)
    w = make_world(conf={"policy_dir": str(folder)})
    w.rules = lambda **rules: write_policy(folder, **rules)
    w.policy_folder = folder
    wait_there(w, FIRST_THERE)
    w.settle()
    return w


def test_values_arrive_and_follow(ruled):
    e = policy(ruled)
    assert e["pwdLockout"] == [b"TRUE"] and e["pwdCheckQuality"] == [b"1"]
    assert e["pwdLockoutDuration"] == [b"300"]
    first, = orders(ruled)
    assert first["state"] == "done" and first["submitter"] == "hopthud"
    assert first["reason"] == "Quy chế thử"
    listed = ruled.ctl("audit", "list", "--request", str(first["id"]), user="hoa").stdout
    assert "about to password-policy default" in listed and "outcome of" in listed, listed
    intent, = ruled.door("hoa").get("/v1/audit", request=first["id"], event="intent")["records"]
    record = ruled.door("hoa").get("/v1/audit/%d" % intent["seq"])["record"]
    assert record["op"] == "password-policy" and record["as"] == "hopthud", record
    assert e["hopthuOpId"] == [record["opid"].encode()]
    assert e["modifiersName"] == [("cn=hopthud,ou=services," + BASE).encode()]

    reload(ruled)  # the same rules: nothing to do
    ruled.rules(**SECOND)
    reload(ruled)
    wait_there(ruled, SECOND_THERE)
    wait_states(ruled, ["done", "done"])
    ruled.daemon.stop()
    ruled.start()
    ruled.settle()
    assert states(ruled) == ["done", "done"]
    assert policy(ruled)["pwdLockout"] == [b"TRUE"]


def test_a_change_of_something_else_is_none(ruled):
    ruled.rules(**FIRST, naming__person=["{full}", "{full}{seq}"])
    reload(ruled)
    wait_for(lambda: "configuration reloaded" in free_text(ruled.log), "the reload")
    ruled.settle()
    assert states(ruled) == ["done"]


def test_of_tomorrow_is_not_in_force(ruled):
    tomorrow = (datetime.date.today() + datetime.timedelta(days=1)).isoformat()
    text = (ruled.policy_folder / (DOMAIN + ".conf")).read_text()
    (ruled.policy_folder / "next.conf").write_text(
        text.replace("2020-01-01", tomorrow).replace('"12"', '"20"'))
    (ruled.policy_folder / "last.conf").write_text(
        text.replace("2020-01-01", "2021-01-01").replace('"12"', '"16"'))
    reload(ruled)
    wait_there(ruled, ["16"] + FIRST_THERE[1:])
    ruled.settle()
    assert states(ruled) == ["done", "done"]


def test_directory_away_at_the_start(ruled):
    ruled.daemon.stop()
    ruled.slapd.stop()
    ruled.rules(**SECOND)
    ruled.start(ready=False)
    wait_states(ruled, ["done", "approved"])
    ruled.rules(**dict(SECOND, password__length="16"))  # again before it went out
    reload(ruled)
    ruled.slapd.start()
    wait_there(ruled, ["16"] + SECOND_THERE[1:])
    wait_states(ruled, ["done", "done", "done"])  # one after the other, never two at a time


@pytest.mark.parametrize("name", ["commit-before", "commit-after", "intent-committed", "op-sent",
                                  "reply-received", "outcome-written", "outcome-committed"])
def test_kill_on_the_way(ruled, name):
    """Exactly once: the checker counts the writes of each operation."""
    ruled.daemon.stop()
    ruled.rules(**SECOND)
    nth = 2 if name.startswith("commit") else 1
    try:
        ruled.start(failpoint="%s:%d:kill" % (name, nth), ready=False)
    except (AssertionError, OSError):
        pass
    assert ruled.daemon.wait_dead() == -9
    ruled.start()
    wait_there(ruled, SECOND_THERE)
    wait_states(ruled, ["done", "done"])
    writes = [w for w in ruled.slapd.accesslog() if w["reqDN"][0].decode() == DEFAULT]
    assert len(writes) == 2, writes


def test_kill_while_resolving(ruled):
    ruled.daemon.stop()
    ruled.rules(**SECOND)
    for failpoint in ("reply-received:1:kill", "resolve-read:1:kill"):
        try:
            ruled.start(failpoint=failpoint, ready=False)
        except (AssertionError, OSError):
            pass
        assert ruled.daemon.wait_dead() == -9
    ruled.start()
    wait_states(ruled, ["done", "done"])
    wait_there(ruled, SECOND_THERE)


def holder(world, password):
    """A person with a mailbox and this password, which the directory's administrator set."""
    done = world.run([people.create(3)])
    login = done["items"][0]["address"].split("@")[0]
    dn = "uid=%s,ou=people,%s" % (escape_rdn(login), BASE)
    world.slapd.modify("dn: %s\nchangetype: modify\nreplace: userPassword\nuserPassword: %s\n" % (
        dn, password))
    return dn


def bind(world, dn, password):
    c = ldap3.Connection(ldap3.Server(world.slapd.uri, get_info=ldap3.NONE), dn, password)
    c.bind()
    return c


def test_slapd_holds_to_them(ruled):
    """A holder's new password, by Password Modify (RFC 3062)."""
    first = "Một mật khẩu dài 1"
    dn = holder(ruled, first)
    with bind(ruled, dn, first) as c:
        assert c.bound
        assert not c.extend.standard.modify_password(dn, first, "Ngan1!ngan2")  # 11 of 12
        assert c.result["result"] == 19, c.result  # constraintViolation
        assert c.extend.standard.modify_password(dn, first, "Vua-du-12ky!"), c.result
    ruled.rules(**SECOND)
    reload(ruled)
    wait_there(ruled, SECOND_THERE)
    with bind(ruled, dn, "Vua-du-12ky!") as c:
        assert not c.extend.standard.modify_password(dn, "Vua-du-12ky!", "Vua-du-12ky?")
        assert c.extend.standard.modify_password(dn, "Vua-du-12ky!", "Bay gio du dai 15!"), c.result
        # and not an earlier one again
        assert not c.extend.standard.modify_password(dn, "Bay gio du dai 15!", first)
        assert c.result["result"] == 19, c.result
    # suspension still stops a bind: pwdLockout was not touched
    address = dn.split(",")[0][4:] + "@" + DOMAIN
    ruled.run([{"op": "suspend", "address": address, "reason": "nghỉ", "ref": "s"}])
    assert not bind(ruled, dn, "Bay gio du dai 15!").bound


def test_programs_are_not_bound_by_them(ruled):
    """Their passwords do not grow old and are not locked by who guesses."""
    ruled.rules(**dict(FIRST, password__max_age="1 hours", password__max_failures="2"))
    reload(ruled)
    wait_there(ruled, ["12", "3600", "5", "2", "FALSE"])
    dn = "cn=dovecot,ou=services," + BASE
    secret = (ruled.slapd.dir / "dovecot.password").read_text()
    ruled.slapd.modify("dn: %s\nchangetype: modify\nreplace: userPassword\nuserPassword: %s\n" % (
        dn, secret))
    for _ in range(4):
        assert not bind(ruled, dn, "a guess").bound
    assert bind(ruled, dn, secret).bound
    e = ruled.slapd.entry(dn)
    assert e["pwdPolicySubentry"] == [("cn=services,ou=policies," + BASE).encode()]
    assert "pwdReset" not in e


@pytest.mark.parametrize("change", [
    "replace: pwdMinLength\npwdMinLength: 4\n",
    "delete: hopthuOpId\n-\nreplace: pwdMinLength\npwdMinLength: 4\n-\ndelete: pwdMaxAge\n"])
def test_changed_by_hand(ruled, change):
    """Told as drift, and overwritten by one more order."""
    ruled.slapd.modify("dn: %s\nchangetype: modify\n%s" % (DEFAULT, change))
    ruled.rules(**SECOND)
    reload(ruled)
    wait_there(ruled, SECOND_THERE)
    wait_states(ruled, ["done", "failed", "done"])
    failed = orders(ruled)[1]
    drift = ruled.door("hoa").get("/v1/audit", request=failed["id"], event="drift")["records"]
    assert len(drift) == 1
    shown = ruled.door("hoa").get("/v1/audit/%d" % drift[0]["seq"])
    assert "pwdMinLength" in json.dumps(shown)
    assert "pwdInHistory" not in json.dumps(shown)
    assert policy(ruled)["pwdLockout"] == [b"TRUE"]


def test_a_directory_that_is_not_ready_for_it(ruled):
    """It fails with a sentence, once for each change, start or reload; mailboxes go on."""
    ruled.slapd.modify("dn: %s\nchangetype: modify\ndelete: hopthuOpId\n-\ndelete: objectClass\n"
                       "objectClass: hopthuManaged\n" % DEFAULT)
    ruled.rules(**SECOND)
    reload(ruled)
    # the entry was changed by hand: told, tried once more, refused
    wait_states(ruled, ["done", "failed", "failed"])
    error = orders(ruled)[-1]["items"][0]["error"]
    assert "ldif/README.md" in error and "hopthuOpId" in error, error
    assert ruled.run([people.create(5)])["state"] == "done"
    ruled.settle()
    assert len(orders(ruled)) == 3
    reload(ruled)
    wait_states(ruled, ["done", "failed", "failed", "failed"])
    ruled.daemon.stop()
    ruled.start()
    wait_states(ruled, ["done"] + ["failed"] * 4)
    assert there(ruled) == FIRST_THERE
    ruled.slapd.modify("dn: %s\nchangetype: modify\nadd: objectClass\nobjectClass: hopthuManaged\n"
                       % DEFAULT)
    reload(ruled)
    wait_states(ruled, ["done"] + ["failed"] * 4 + ["done"])
    wait_there(ruled, SECOND_THERE)


def config(world, tool, *args, ldif=None):
    """As the administrator of cn=config."""
    r = subprocess.run([tool, "-H", world.slapd.uri, "-x", "-D", "cn=admin,cn=config", "-y",
                        str(world.slapd.dir / "config.password"), *args], input=ldif, text=True,
                       capture_output=True, timeout=30, check=False)
    assert r.returncode == 0, r.stdout + r.stderr
    return r.stdout


def test_without_the_right(ruled):
    """A directory whose access rules are older than this."""
    where = "olcDatabase={2}mdb,cn=config"
    text = config(ruled, "ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", where, "-s", "base",
                  "olcAccess")
    rule, = [line for line in text.splitlines() if "pwdMustChange" in line]
    value = rule.partition("}")[2]
    number = rule.partition("{")[2].partition("}")[0]
    config(ruled, "ldapmodify", ldif="dn: %s\nchangetype: modify\ndelete: olcAccess\n"
           "olcAccess: {%s}\n" % (where, number))
    ruled.rules(**SECOND)
    reload(ruled)
    wait_states(ruled, ["done", "failed"])
    assert "ldif/README.md" in orders(ruled)[-1]["items"][0]["error"]
    assert there(ruled) == FIRST_THERE
    assert ruled.run([people.create(6)])["state"] == "done"
    config(ruled, "ldapmodify", ldif="dn: %s\nchangetype: modify\nadd: olcAccess\n"
           "olcAccess: {%s}%s\n" % (where, number, value))
    # by a person, or by the next reload
    ruled.ctl("request", "retry", orders(ruled)[-1]["id"], user="tuan")
    wait_states(ruled, ["done", "done"])
    wait_there(ruled, SECOND_THERE)
