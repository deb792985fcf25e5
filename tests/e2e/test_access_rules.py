# SPDX-License-Identifier: BSD-2-Clause
"""What each identity may see and write in the directory, and what not, on all three ways to load
ldif/: by slapadd, by ldapadd into a running slapd, by ldapmodify into one set up like Debian's."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import ldap3
import pytest
from ldap3 import MODIFY_ADD, MODIFY_DELETE, MODIFY_REPLACE

TOP = pathlib.Path(__file__).resolve().parents[2]
LDIF = TOP / "ldif"
SCRIPT = TOP / "scripts" / "slapd"
BASE = "dc=binhduong,dc=gov,dc=vn"
PEOPLE, AGENCIES, OPERATORS, GROUPS, SERVICES, POLICIES = (
    "ou=%s,%s" % (ou, BASE)
    for ou in ("people", "agencies", "operators", "groups", "services", "policies"))
HOPTHUD = "cn=hopthud," + SERVICES
DEBIAN_INIT = pathlib.Path("/usr/share/slapd/slapd.init.ldif")
ROLES = ("requester", "agency-admin", "approver", "technician", "auditor", "admin")
OK, ANONYMOUS_WRITE, NO_SUCH, INVALID_CREDENTIALS, DENIED = 0, 8, 32, 49, 50
INVALID_SYNTAX, CONSTRAINT, PROXY_DENIED = 21, 19, 123
PROXY_OID = "2.16.840.1.113730.3.4.18"
ENV = dict(os.environ, LDAPNOINIT="1", PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")


def run(*cmd, ldif=None):
    r = subprocess.run([str(c) for c in cmd], input=ldif, env=ENV, text=True, check=False,
                       capture_output=True, timeout=60)
    assert r.returncode == 0, "%s\n%s%s" % (cmd, r.stdout, r.stderr)
    return r.stdout


class Site:
    """A private slapd in its own folder and the identities that may connect."""

    def __init__(self, how):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hopthu-acl-"))
        self.admin = "cn=admin," + BASE
        self.serial = 0
        self.how = how
        getattr(self, "load_" + how)()

    def password(self, who):
        return (self.dir / (who + ".password")).read_text()

    @property
    def uri(self):
        return run(SCRIPT, "uri", self.dir).strip()

    def load_slapadd(self):
        self.dir.rmdir()
        run(SCRIPT, "setup", self.dir)
        run(SCRIPT, "start", self.dir)

    def render(self, *files):
        """The templates, filled with the names and passwords scripts/slapd made."""
        given = ["BASE=" + BASE, "DOMAIN=binhduong.gov.vn", "UID=%d" % os.getuid(),
                 "DIR=%s" % self.dir]
        for who in ("admin", "config", "reader", "postfix", "dovecot"):
            hashed = run("slappasswd", "-n", "-h", "{SSHA}", "-T", self.dir / (who + ".password"))
            given.append("%s_HASH=%s" % (who.upper(), hashed))
        return run(LDIF / "render", *given, *[LDIF / f for f in files])

    def start_with(self, config):
        """scripts/slapd runs it, but cn=config is ours and the databases are empty."""
        self.dir.rmdir()
        run(SCRIPT, "setup", self.dir)
        for folder in ("config", "db", "accesslog"):
            shutil.rmtree(self.dir / folder)
            (self.dir / folder).mkdir()
        run("slapadd", "-n", "0", "-F", self.dir / "config", ldif=config(self))
        run(SCRIPT, "start", self.dir)

    def ldap(self, tool, who, ldif):
        return run(tool, "-x", "-D", who, "-y", self.dir / (
            "config.password" if who == "cn=admin,cn=config" else "admin.password"), "-H", self.uri,
            ldif=ldif)

    def load_ldapadd(self):
        self.start_with(lambda s: s.render("00-config.ldif.in"))
        self.ldap("ldapadd", "cn=admin,cn=config",
                  self.render("10-schema.ldif", "20-database.ldif.in"))
        self.ldap("ldapadd", self.admin, self.render(
            "25-suffix.ldif.in", "30-tree.ldif.in", "40-warmup.ldif.in"))

    def debian_config(self):
        """What Debian's package makes, but in our folder and with a password for cn=config."""
        text = DEBIAN_INIT.read_text().replace("@SUFFIX@", BASE)
        text = text.replace("/var/run/slapd/", "%s/" % self.dir)
        text = text.replace("/var/lib/ldap", "%s/db" % self.dir)
        text = text.replace("@PASSWORD@", self.password("admin"))
        text = text.replace("olcRootDN: cn=admin,cn=config", "olcRootDN: cn=admin,cn=config\n"
                            "olcRootPW: " + self.password("config"))
        # Root manages a system's slapd over ldapi; here that identity is hopthud's.
        return text

    def load_debian(self):
        self.start_with(Site.debian_config)
        self.ldap("ldapadd", self.admin, self.render("25-suffix.ldif.in"))
        self.ldap("ldapadd", "cn=admin,cn=config", self.render("10-schema.ldif"))
        self.ldap("ldapmodify", "cn=admin,cn=config", self.render("20-database.modify.ldif.in"))
        self.ldap("ldapadd", self.admin, self.render("30-tree.ldif.in", "40-warmup.ldif.in"))

    def server(self):
        return ldap3.Server(self.uri, get_info=ldap3.NONE)

    def bind(self, dn=None, password=None):
        """A connection, bound as dn (or nobody); hopthud by the uid of this process."""
        if dn == HOPTHUD:
            c = ldap3.Connection(self.server(), authentication=ldap3.SASL,
                                 sasl_mechanism=ldap3.EXTERNAL, sasl_credentials="")
        elif dn:
            if password is None:
                password = self.password(re.match("cn=([^,]+)", dn).group(1))
            c = ldap3.Connection(self.server(), dn, password)
        else:
            c = ldap3.Connection(self.server())
        c.bind()
        return c

    def service(self, name):
        c = self.bind("cn=%s,%s" % (name, SERVICES))
        assert c.bound
        return c

    def root(self):
        return self.bind(self.admin)

    def hopthud(self):
        c = self.bind(HOPTHUD)
        assert c.bound
        return c

    def name(self, stem):
        """One that no entry has yet."""
        self.serial += 1
        return "%s%d" % (stem, self.serial)

    def person(self, password="a long password"):
        """A mailbox made by the root DN; its DN."""
        uid = self.name("p")
        dn = "uid=%s,%s" % (uid, PEOPLE)
        attrs = mailbox(uid)
        attrs["userPassword"] = password
        with self.root() as c:
            assert c.add(dn, attributes=attrs), c.result
        return dn

    def operator(self, *roles):
        """An operator's entry, made by hopthud; its DN."""
        name = self.name("op")
        dn = "cn=%s,%s" % (name, OPERATORS)
        attrs = {"objectClass": ["applicationProcess", "hopthuOperator"], "cn": name}
        if roles:
            attrs["hopthuRole"] = list(roles)
        with self.hopthud() as c:
            assert c.add(dn, attributes=attrs), c.result
        return dn

    def close(self):
        run(SCRIPT, "clean", self.dir)


def mailbox(uid):
    return {"objectClass": ["inetOrgPerson", "hopthuMailbox"], "uid": uid, "cn": "Nguyễn Văn " + uid,
            "sn": "Nguyễn", "givenName": uid, "mail": uid + "@binhduong.gov.vn",
            "title": "chuyên viên", "hopthuStatus": "active", "hopthuLogin": "TRUE",
            "hopthuDelivery": "TRUE", "hopthuKind": "person", "hopthuAgency": "snv",
            "hopthuAlias": uid + ".x@binhduong.gov.vn", "hopthuQuota": "1000000",
            "hopthuOpId": "11111111-2222-3333-4444-555555555555"}


def agency(code):
    return {"objectClass": ["organizationalUnit", "hopthuAgencyUnit"], "ou": code,
            "description": "Sở Nội vụ", "businessCategory": "department"}


def as_operator(dn):
    """Proxied authorization (RFC 4370), critical."""
    return [(PROXY_OID, True, ("dn:" + dn).encode())]


def code(connection):
    return connection.result["result"]


def seen(connection, dn, attributes=("*", "+")):
    """The names of the attributes that are shown of an entry, or None when the entry is not."""
    connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(attributes))
    entries = [e for e in connection.response or [] if e["type"] == "searchResEntry"]
    return {k for k, v in entries[0]["raw_attributes"].items() if v} if entries else None


@pytest.fixture(scope="module", params=["slapadd", "ldapadd", "debian"])
def site(request):
    if request.param == "debian" and not DEBIAN_INIT.exists():
        pytest.skip("no %s: not Debian's slapd" % DEBIAN_INIT)
    s = Site(request.param)
    yield s
    s.close()


def test_tree_and_warmup_are_there(site):
    with site.service("reader") as c:
        shown = seen(c, "uid=hopthu-warmup," + PEOPLE)
    declared = set(re.findall(r"hopthuAttribute:\d+ NAME '(\w+)'",
                              (LDIF / "10-schema.ldif").read_text()))
    assert len(declared) == 13
    assert declared - {"hopthuRole"} <= shown  # hopthuRole is warmed by cn=hopthu-check
    assert {"description", "ou", "businessCategory", "title", "telephoneNumber", "displayName",
            "givenName", "pwdAccountLockedTime"} <= shown


# --- anonymous ------------------------------------------------------------------------------------
def test_anonymous_sees_nothing(site):
    person = site.person()
    with site.bind() as c:
        for dn in (BASE, PEOPLE, person, SERVICES, HOPTHUD, OPERATORS, "cn=accesslog",
                   "cn=default," + POLICIES):
            assert seen(c, dn) is None, dn
            c.search(dn, "(objectClass=*)", ldap3.SUBTREE)
            assert not c.entries, dn
        c.compare(person, "mail", "x")
        assert code(c) in (DENIED, NO_SUCH)
        assert not c.modify(person, {"title": [(MODIFY_REPLACE, ["x"])]})


def test_anonymous_learns_no_suffix(site):
    with site.bind() as c:
        dse = seen(c, "")
        assert {"supportedControl", "supportedSASLMechanisms"} <= dse
        # Debian's own slapd shows its root DSE to everybody; that rule is not ours to change.
        assert ("namingContexts" in dse) == (site.how == "debian")


# --- a person -------------------------------------------------------------------------------------
def test_person_sees_little_of_the_own_entry(site):
    me, other = site.person(), site.person()
    with site.bind(me, "a long password") as c:
        assert seen(c, me) == {"objectClass", "uid", "mail", "hopthuStatus"}
        assert seen(c, other) is None
        c.search(PEOPLE, "(uid=*)", ldap3.SUBTREE)
        assert not c.entries


def test_person_changes_only_the_own_password(site):
    me, other = site.person(), site.person()
    with site.bind(me, "a long password") as c:
        assert c.extend.standard.modify_password(me, "a long password", "another long one"), c.result
        assert c.modify(me, {"userPassword": [(MODIFY_REPLACE, ["a third long one"])]}), c.result
        for dn, attribute in ((other, "userPassword"), (me, "title"), (me, "mail"),
                              (me, "hopthuStatus"), (me, "hopthuLogin"), (me, "hopthuQuota"),
                              (me, "pwdAccountLockedTime"), (me, "authzTo")):
            value = {"hopthuLogin": "TRUE", "hopthuQuota": "99999999999",
                     "pwdAccountLockedTime": "000001010000Z",
                     "authzTo": "dn.onelevel:" + OPERATORS}.get(attribute, "something else")
            assert not c.modify(dn, {attribute: [(MODIFY_REPLACE, [value])]})
            assert code(c) in (DENIED, NO_SUCH), (dn, attribute, c.result)
        assert not c.delete(me) and not c.add("uid=x,ou=people," + BASE, attributes=mailbox("x"))
    assert not site.bind(me, "a long password").bound
    assert site.bind(me, "a third long one").bound


def test_password_is_stored_hashed(site):
    me = site.person("a very plain password")
    with site.root() as c:
        c.search(me, "(objectClass=*)", ldap3.BASE, attributes=["userPassword"])
        assert c.response[0]["raw_attributes"]["userPassword"][0].startswith(b"{ARGON2}$argon2")


def test_locked_person_cannot_bind(site):
    me, op = site.person(), site.operator("approver")
    assert site.bind(me, "a long password").bound
    with site.hopthud() as c:
        lock = {"pwdAccountLockedTime": [(MODIFY_REPLACE, ["000001010000Z"])],
                "hopthuStatus": [(MODIFY_REPLACE, ["suspended"])]}
        assert c.modify(me, lock, controls=as_operator(op)), c.result
        refused = site.bind(me, "a long password")
        assert not refused.bound and code(refused) == INVALID_CREDENTIALS
        assert c.modify(me, {"pwdAccountLockedTime": [(MODIFY_REPLACE, [])]},
                        controls=as_operator(op)), c.result
    assert site.bind(me, "a long password").bound


# --- hopthud --------------------------------------------------------------------------------------
def test_hopthud_writes_what_it_must(site):
    uid, unit, group = site.name("m"), site.name("a"), site.name("g")
    with site.hopthud() as c:
        for dn, attrs in (
                ("uid=%s,%s" % (uid, PEOPLE), mailbox(uid)),
                ("ou=%s,%s" % (unit, AGENCIES), agency(unit)),
                ("cn=%s,%s" % (group, GROUPS), {"objectClass": "groupOfNames", "cn": group,
                                                "member": HOPTHUD})):
            assert c.add(dn, attributes=attrs), c.result
            assert c.modify(dn, {"description": [(MODIFY_REPLACE, ["changed"])]}), c.result
            assert "description" in seen(c, dn)
            assert not c.delete(dn) and code(c) == DENIED  # nothing vanishes
        op = site.operator("approver")
        assert c.modify(op, {"hopthuRole": [(MODIFY_REPLACE, [])]}), c.result


def test_hopthud_knows_no_password(site):
    me = site.person()
    with site.hopthud() as c:
        assert "mail" in seen(c, me)
        for dn in (me, "uid=hopthu-warmup," + PEOPLE, "cn=postfix," + SERVICES):
            assert "userPassword" not in seen(c, dn, ["*", "+", "userPassword"])
            assert "pwdHistory" not in seen(c, dn, ["pwdHistory", "cn", "uid"])
            c.compare(dn, "userPassword", "a long password")
            assert code(c) == DENIED
            for how in (MODIFY_ADD, MODIFY_REPLACE, MODIFY_DELETE):
                c.modify(dn, {"userPassword": [(how, ["x" * 20] if how != MODIFY_DELETE else [])]})
                assert code(c) == DENIED
        c.search(PEOPLE, "(userPassword=*)", ldap3.SUBTREE)
        assert not c.entries
        uid = site.name("m")
        c.add("uid=%s,%s" % (uid, PEOPLE), attributes=dict(mailbox(uid), userPassword="x" * 20))
        assert code(c) == DENIED


@pytest.mark.parametrize("attribute,value", [
    ("authzTo", "dn.onelevel:" + OPERATORS), ("authzFrom", "dn:" + HOPTHUD),
    ("pwdPolicySubentry", "cn=default," + POLICIES)])
def test_hopthud_gives_no_rights(site, attribute, value):
    me = site.person()
    op = site.operator("admin", "technician", "approver")
    with site.hopthud() as c:
        for controls in (None, as_operator(op)):
            for dn in (me, HOPTHUD, op):
                c.modify(dn, {attribute: [(MODIFY_ADD, [value])]}, controls=controls)
                assert code(c) == DENIED
            uid = site.name("m")
            c.add("uid=%s,%s" % (uid, PEOPLE), attributes=dict(mailbox(uid), **{attribute: value}),
                  controls=controls)
            assert code(c) == DENIED


def test_hopthud_leaves_the_rest_alone(site):
    with site.hopthud() as c:
        for dn in (BASE, PEOPLE, SERVICES, HOPTHUD, "cn=reader," + SERVICES, "cn=default," + POLICIES,
                   "cn=mailbox-writers," + POLICIES):
            c.modify(dn, {"description": [(MODIFY_REPLACE, ["x"])]})
            assert code(c) == DENIED, dn
        c.modify("cn=default," + POLICIES, {"pwdLockout": [(MODIFY_REPLACE, ["FALSE"])]})
        assert code(c) == DENIED
        c.add("cn=evil," + SERVICES, attributes={"objectClass": "applicationProcess", "cn": "evil"})
        assert code(c) == DENIED
        c.add("cn=evil," + BASE, attributes={"objectClass": "applicationProcess", "cn": "evil"})
        assert code(c) == DENIED
        # the directory's log of writes: read, no passwords, nothing else
        assert seen(c, "cn=accesslog") is not None
        c.search("cn=accesslog", "(objectClass=auditWriteObject)", ldap3.SUBTREE, attributes=["reqMod"])
        log = [e for e in c.response if e["type"] == "searchResEntry"]
        assert log and not any(m.startswith((b"userPassword", b"pwdHistory")) for e in log
                               for m in e["raw_attributes"].get("reqMod", ()))
        c.modify(log[0]["dn"], {"reqDN": [(MODIFY_REPLACE, ["cn=x"])]})
        assert code(c) == DENIED
        c.delete(log[0]["dn"])
        assert code(c) == DENIED
        c.modify("olcDatabase={1}mdb,cn=config", {"olcAccess": [(MODIFY_REPLACE, [])]})
        assert code(c) in (DENIED, NO_SUCH)


RULES = {"pwdInHistory": "4", "pwdMaxAge": "100", "pwdMaxFailure": "9", "pwdMinLength": "11",
         "pwdMustChange": "TRUE", "hopthuOpId": "11111111-2222-3333-4444-555555555556"}


def replaced(values):
    return {a: [(MODIFY_REPLACE, [v])] for a, v in values.items()}


def test_hopthud_puts_in_the_password_rules(site):
    """These attributes of this entry, in its own name; never what suspension rests on."""
    dn = "cn=default," + POLICIES
    op = site.operator("admin", "technician", "approver")
    with site.root() as c:
        assert not c.modify(dn, {"hopthuAgency": [(MODIFY_ADD, ["snv"])]})  # no such attribute there
        c.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(RULES))
        before = c.response[0]["raw_attributes"]
    with site.hopthud() as c:
        for attribute, value in RULES.items():
            c.modify(dn, replaced({attribute: value}), controls=as_operator(op))
            assert code(c) == DENIED, attribute
            c.modify("cn=services," + POLICIES, replaced({attribute: value}))
            assert code(c) == DENIED, attribute
        assert c.modify(dn, replaced(RULES)), c.result
        for attribute, value in (("pwdLockout", "FALSE"), ("pwdCheckQuality", "0"),
                                 ("pwdLockoutDuration", "1"), ("pwdFailureCountInterval", "1"),
                                 ("pwdAttribute", "2.5.4.35"), ("pwdAllowUserChange", "FALSE"),
                                 ("objectClass", "applicationProcess"), ("cn", "default")):
            c.modify(dn, replaced({attribute: value}))
            assert code(c) == DENIED, attribute
        assert not c.delete(dn) and code(c) == DENIED
        assert not c.add("cn=mine," + POLICIES, attributes={
            "objectClass": ["applicationProcess", "pwdPolicy"], "cn": "mine",
            "pwdAttribute": "userPassword"}) and code(c) == DENIED
    with site.service("reader") as c:
        assert set(RULES) <= seen(c, dn)
        c.modify(dn, replaced({"pwdMinLength": "1"}))
        assert code(c) == DENIED
    with site.root() as c:
        assert c.modify(dn, {a: [(MODIFY_REPLACE, before.get(a, []))] for a in RULES}), c.result


def test_programs_have_a_policy_of_their_own(site):
    with site.root() as c:
        for who in ("postfix", "dovecot", "reader"):
            c.search("cn=%s,%s" % (who, SERVICES), "(objectClass=*)", ldap3.BASE,
                     attributes=["pwdPolicySubentry"])
            assert c.response[0]["raw_attributes"]["pwdPolicySubentry"] == [
                ("cn=services," + POLICIES).encode()]
        assert "pwdMaxFailure" not in seen(c, "cn=services," + POLICIES)


# --- operators ------------------------------------------------------------------------------------
def test_operator_cannot_bind(site):
    op = site.operator("admin")
    for password in ("", "x"):
        assert not (password and site.bind(op, password).bound)
    with site.root() as c:  # even when somebody is careless
        assert c.modify(op, {"objectClass": [(MODIFY_ADD, ["simpleSecurityObject"])],
                             "userPassword": [(MODIFY_ADD, ["careless password"])]}), c.result
    refused = site.bind(op, "careless password")
    assert not refused.bound and code(refused) == INVALID_CREDENTIALS


@pytest.mark.parametrize("role", ROLES + ("none",))
def test_operator_writes_what_the_role_may(site, role):
    op = site.operator(*([] if role == "none" else [role]))
    me, uid, unit, name = site.person(), site.name("m"), site.name("a"), site.name("o")
    may_people, may_register = role in ("approver", "technician"), role == "admin"
    with site.hopthud() as c:
        for allowed, do in (
                (may_people, lambda: c.add("uid=%s,%s" % (uid, PEOPLE), attributes=mailbox(uid),
                                           controls=as_operator(op))),
                (may_people, lambda: c.modify(me, {"title": [(MODIFY_REPLACE, ["x"])]},
                                              controls=as_operator(op))),
                (may_people, lambda: c.modify(me, {"hopthuLogin": [(MODIFY_REPLACE, ["FALSE"])]},
                                              controls=as_operator(op))),
                (may_people, lambda: c.modify(me, {"hopthuAlias": [(MODIFY_REPLACE, [])]},
                                              controls=as_operator(op))),
                (may_people, lambda: c.modify(me, {"hopthuStatus": [(MODIFY_REPLACE, ["closed"])]},
                                              controls=as_operator(op))),
                (False, lambda: c.modify(me, {"userPassword": [(MODIFY_REPLACE, ["x" * 20])]},
                                         controls=as_operator(op))),
                (False, lambda: c.delete(me, controls=as_operator(op))),
                (may_register, lambda: c.add("ou=%s,%s" % (unit, AGENCIES), attributes=agency(unit),
                                             controls=as_operator(op))),
                (may_register, lambda: c.add(
                    "cn=%s,%s" % (name, OPERATORS), controls=as_operator(op),
                    attributes={"objectClass": ["applicationProcess", "hopthuOperator"],
                                "cn": name, "hopthuRole": "auditor"})),
                (may_register, lambda: c.modify(op, {"description": [(MODIFY_REPLACE, ["x"])]},
                                                controls=as_operator(op))),
                (False, lambda: c.add("cn=g,%s" % GROUPS, controls=as_operator(op), attributes={
                    "objectClass": "groupOfNames", "cn": "g", "member": op})),
                (False, lambda: c.modify(HOPTHUD, {"description": [(MODIFY_REPLACE, ["x"])]},
                                         controls=as_operator(op)))):
            do()
            assert code(c) == (OK if allowed else DENIED), c.result


def test_nobody_else_is_acted_for(site):
    me = site.person()
    with site.hopthud() as c:
        for dn in (me, "cn=postfix," + SERVICES, site.admin, "cn=admin,cn=config", OPERATORS, ""):
            c.modify(me, {"title": [(MODIFY_REPLACE, ["x"])]}, controls=as_operator(dn))
            assert code(c) in (PROXY_DENIED, DENIED, ANONYMOUS_WRITE), (dn, c.result)
        c.modify(me, {"title": [(MODIFY_REPLACE, ["x"])]}, controls=as_operator("cn=ghost," + OPERATORS))
        assert code(c) == DENIED  # no entry, no role


def test_nobody_but_hopthud_acts(site):
    me, op = site.person(), site.operator("technician")
    for who in ("reader", "postfix"):
        with site.service(who) as c:
            c.modify(me, {"title": [(MODIFY_REPLACE, ["x"])]}, controls=as_operator(op))
            assert code(c) in (PROXY_DENIED, DENIED)
    # Not even where somebody gave the right by mistake: the rules look at who really asks.
    with site.root() as c:
        assert c.modify(me, {"authzTo": [(MODIFY_ADD, ["dn.onelevel:" + OPERATORS])]}), c.result
    with site.bind(me, "a long password") as c:
        c.modify(me, {"title": [(MODIFY_REPLACE, ["x"])]}, controls=as_operator(op))
        assert code(c) in (PROXY_DENIED, DENIED)


def test_log_names_the_person(site):
    op, uid = site.operator("approver"), site.name("m")
    dn = "uid=%s,%s" % (uid, PEOPLE)
    with site.hopthud() as c:
        assert c.add(dn, attributes=mailbox(uid), controls=as_operator(op))
    with site.service("reader") as c:
        c.search("cn=accesslog", "(reqDN=%s)" % dn, ldap3.SUBTREE,
                 attributes=["reqAuthzID", "reqResult", "reqMod"])
        record = c.response[0]["raw_attributes"]
        assert record["reqAuthzID"] == [op.encode()] and record["reqResult"] == [b"0"]
        c.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["creatorsName"])
        assert c.response[0]["raw_attributes"]["creatorsName"] == [op.encode()]


# --- programs that read ---------------------------------------------------------------------------
COMMON = {"objectClass", "uid", "mail", "hopthuStatus"}


@pytest.mark.parametrize("who,shown,hidden", [
    ("postfix", COMMON | {"hopthuAlias", "hopthuDelivery"}, "hopthuLogin=TRUE"),
    ("dovecot", COMMON | {"hopthuLogin", "hopthuQuota"}, "hopthuDelivery=TRUE")])
def test_program_sees_what_it_needs(site, who, shown, hidden):
    me = site.person()
    uid = me.split(",")[0]
    with site.service(who) as c:
        assert seen(c, me, ["*", "+", "userPassword"]) == shown
        for base in (BASE, PEOPLE):
            c.search(base, "(%s)" % uid, ldap3.SUBTREE, attributes=["mail"])
            assert len(c.entries) == 1
        for filt in (hidden, "title=*", "hopthuAgency=snv", "userPassword=*"):
            c.search(PEOPLE, "(&(%s)(%s))" % (uid, filt), ldap3.SUBTREE)
            assert not c.entries, filt
        for dn in (AGENCIES, OPERATORS, SERVICES, HOPTHUD, "cn=accesslog"):
            assert seen(c, dn) is None
        c.modify(me, {"hopthuStatus": [(MODIFY_REPLACE, ["active"])]})
        assert code(c) == DENIED
        c.modify("cn=%s,%s" % (who, SERVICES), {"userPassword": [(MODIFY_REPLACE, ["x" * 20])]})
        assert code(c) == DENIED


def test_reader_reads_all_but_passwords(site):
    me, op = site.person(), site.operator("auditor")
    with site.service("reader") as c:
        assert {"title", "hopthuAgency", "hopthuOpId", "entryUUID"} <= seen(c, me)
        assert "userPassword" not in seen(c, me, ["*", "+", "userPassword"])
        assert "hopthuRole" in seen(c, op)
        for dn in (me, op):
            c.modify(dn, {"description": [(MODIFY_REPLACE, ["x"])]})
            assert code(c) == DENIED
        assert not c.delete(me)


def test_log_of_writes_tells_no_password(site):
    me = site.person("a secret password 1")
    with site.bind(me, "a secret password 1") as c:
        assert c.modify(me, {"userPassword": [(MODIFY_REPLACE, ["a secret password 2"])]})
    with site.service("reader") as c:
        c.search("cn=accesslog", "(reqDN=%s)" % me, ldap3.SUBTREE, attributes=["*", "+"])
        records = [e["raw_attributes"] for e in c.response]
        assert [r["reqType"][0] for r in records] == [b"add", b"modify"]
        assert b"assword" not in repr(records).encode() and b"ARGON2" not in repr(records).encode()
        c.search("cn=accesslog", "(reqMod=userPassword*)", ldap3.SUBTREE)
        assert not c.entries
        assert not c.delete("cn=accesslog")


def test_many_entries_are_listed(site):
    """More than slapd's usual limit of 500."""
    with site.hopthud() as c:
        for i in range(520):
            c.add("uid=many%d,%s" % (i, PEOPLE), attributes=mailbox("many%d" % i))
            assert code(c) == OK
        c.search(PEOPLE, "(uid=many*)", ldap3.LEVEL)
        assert code(c) == OK and len(c.entries) == 520
    with site.service("reader") as c:
        c.search(PEOPLE, "(uid=many*)", ldap3.LEVEL)
        assert code(c) == OK and len(c.entries) == 520


# --- schema ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("attribute,value,expected", [
    ("hopthuOpId", "not-a-uuid", INVALID_SYNTAX),
    ("hopthuOpId", ["11111111-2222-3333-4444-555555555555",
                    "21111111-2222-3333-4444-555555555555"], CONSTRAINT),
    ("hopthuLogin", "perhaps", INVALID_SYNTAX), ("hopthuQuota", "1 GB", INVALID_SYNTAX),
    ("hopthuStatus", ["active", "closed"], CONSTRAINT),
    ("hopthuPurgeDue", "tomorrow", INVALID_SYNTAX)])
def test_schema_refuses_nonsense(site, attribute, value, expected):
    me = site.person()
    with site.hopthud() as c:
        c.modify(me, {attribute: [(MODIFY_REPLACE, value if isinstance(value, list) else [value])]})
        assert code(c) == expected, c.result


# --- scripts/slapd --------------------------------------------------------------------------------
def test_script_survives_kill(site):
    before = site.uri
    run(SCRIPT, "kill", site.dir)
    run(SCRIPT, "start", site.dir)
    run(SCRIPT, "start", site.dir)  # once more is no mistake
    assert site.uri == before
    run(SCRIPT, "restart", site.dir)
    with site.service("reader") as c:
        assert seen(c, PEOPLE)


def test_script_long_path_and_tls(tmp_path):
    long = tmp_path / ("x" * 120)
    port = free_port()
    try:
        run(SCRIPT, "setup", long, "--ldaps", port, "--base", "dc=example,dc=vn")
        run(SCRIPT, "start", long)
        uri = run(SCRIPT, "uri", long).strip()
        socket = pathlib.Path(uri.removeprefix("ldapi://").replace("%2F", "/"))
        assert socket.is_socket() and len(str(socket)) < 108
        who = subprocess.run(
            ["ldapwhoami", "-Q", "-Y", "EXTERNAL", "-H", "ldaps://localhost:%d" % port], text=True,
            env=dict(os.environ, LDAPTLS_CACERT=str(long / "tls/ca.pem"),
                     LDAPTLS_CERT=str(long / "tls/hopthud.pem"),
                     LDAPTLS_KEY=str(long / "tls/hopthud.key")),
            capture_output=True, check=False)
        assert who.stdout == "dn:cn=hopthud,ou=services,dc=example,dc=vn\n", who.stderr
        run(SCRIPT, "stop", long)
        assert not socket.exists() and not socket.parent.exists()
        run(SCRIPT, "start", long)
        assert socket.is_socket()
    finally:
        run(SCRIPT, "clean", long)
    assert not long.exists()


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
