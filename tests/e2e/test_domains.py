# SPDX-License-Identifier: BSD-2-Clause
"""Several mail domains under one roof, each with its own rules; mailboxes of bodies; transfers."""
import datetime
import hashlib
import json

import pytest

import hopthu
import people
from hopthu import BASE, DOMAIN, EX_NOTFOUND, wait_for, write_policy

NB, DT, NA, BN = "nb.example", "dt.example", "na.example", "bn.example"
# the templates of design and regulations, written down here anew
TEMPLATES = {
    NB: ["{given}{initials}.{agency}"],
    DT: ["{full}", "{full}{yob}", "{family:1}{middle}{given}", "{family:1}{middle:1}{given}",
         "{family:1}{middle:1}{given}{yob}", "{family:1}{middle:1}{given}{mob}{yob}"],
    NA: ["{given}{initials}", "{given}{initials}{seq}"],
    BN: ["{given}{initials}{id:3}", "{given}{initials}{id:4}"],
}
NAME = "Đặng Thị Ánh Nguyệt"
FACTS = {"birth_year": "1990", "birth_month": "2", "id_tail": "417", "agency": "skhcn"}
VECTORS = {
    NB: ["nguyetdta.skhcn"],
    DT: ["dangthianhnguyet", "dangthianhnguyet1990", "dthianhnguyet", "dtanguyet",
         "dtanguyet1990", "dtanguyet021990"],
    NA: ["nguyetdta", "nguyetdta1"],
    BN: ["nguyetdta417"],
}
TODAY = datetime.date.today()


def day(n):
    return (TODAY + datetime.timedelta(days=n)).isoformat()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Our own domain and four more; nb.example gets other rules tomorrow."""
    folder = write_policy(tmp_path_factory.mktemp("p") / "policy", quota__person="1G",
                          naming__follows_agency="yes", fuse__least="1000")
    for domain, templates in TEMPLATES.items():
        write_policy(folder, domain, day(-1), domain, naming__person=templates,
                     naming__follows_agency="yes" if domain == NB else "no", quota__person="2G")
    write_policy(folder, NB, day(1), NB + "-2", naming__person=["{full}"], quota__person="7G")
    write_policy(folder, NB, day(-400), NB + "-0", naming__person=["{full}{yob}"])
    w = hopthu.World(conf={"policy_dir": str(folder)})
    w.folder = folder
    try:
        w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
        w.settle()
        yield w
        w.judge()
    finally:
        w.close()


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def row(name, **more):
    return dict({"op": "create", "full_name": name, "ref": name}, **more)


def first(w, domain, name, **more):
    return w.run([row(name, **more)], domain=domain)["items"][0]["address"]


def undo(w, rid, status=0, user="tuan"):
    r = w.ctl("request", "undo", rid, "--reason", "nhầm", "-o", "json", user=user, status=status)
    return json.loads(r.stdout)


def do(w, r):
    w.approve(r)
    assert w.wait(r["id"])["state"] == "done", w.show(r["id"])


# --- names ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("domain", sorted(TEMPLATES))
def test_vectors(many, domain):
    args = ["name", "try", NAME, "--domain", domain]
    for key, value in FACTS.items():
        args += ["--" + key.replace("_", "-"), value]
    t = many.ctl_json(*args, user="lan")
    tried = [c for c in t["candidates"] if c["local"]]
    got = [c["local"] for c in tried]
    if domain == NA:  # counts on for as long as it must: the design shows the first
        assert got[0] == VECTORS[NA][0] and "nguyetdta1" in got[:2]
    else:
        assert got == VECTORS[domain]
    assert all(c["fate"] == "free" for c in tried[:1])
    assert t["domain"] == domain
    if domain == BN:  # four digits are wanted, and there are three
        assert [(c["fate"], c["column"]) for c in t["candidates"][1:]] == [("lacks", "id_tail")]


def test_letters_of_each_domain(many):
    """The same person's vectors through real letters, and the policy's digest in every record."""
    w = many
    for domain in (DT, NA, BN):
        facts = {k: v for k, v in FACTS.items() if k != "agency"}
        # one address in one domain is taken in all: another name for each
        family = {DT: "Đặng", NA: "Đoàn", BN: "Đinh"}[domain]
        name = NAME.replace("Đặng", family)
        r = w.run([row(name, **facts)], domain=domain.upper())
        wanted = VECTORS[domain][0].replace("dang", people.fold(family))
        assert r["items"][0]["address"] == "%s@%s" % (wanted, domain)
        e = w.person(wanted)
        assert e["mail"] == [("%s@%s" % (wanted, domain)).encode()]
        assert e["hopthuQuota"] == [str(2 << 30).encode()]
        digest = sha(w.folder / (domain + ".conf"))
        assert r["policy"] == digest and r["domain"] == domain
        got = w.door("hoa").get("/v1/audit", request=r["id"], limit=1000)["records"]
        said = {x["ev"]: json.loads(w.door("hoa").get("/v1/audit/%d" % x["seq"])["text"]).get("policy")
                for x in got}
        for ev in ("request", "item", "plan", "approve"):
            assert said[ev] == digest, (ev, said)


def test_one_space_of_logins(many):
    w = many
    assert first(w, NA, "Trương Minh Khôi") == "khoitm@" + NA
    # another domain, the same name: the local part is taken
    assert first(w, DOMAIN, "Trịnh Minh Khôi") == "khoitm1@" + DOMAIN
    r = w.submit([row("X Y", ref="x", address="khoitm@" + DT)], domain=DT, expect=(400,))
    assert "khoitm@" + NA in r["errors"][0]["message"], r
    t = w.ctl_json("name", "try", "Trần Minh Khôi", user="hoa")
    assert t["candidates"][0]["fate"] == "taken" and NA in t["candidates"][0]["reason"]
    # the local part alone leads to it, with another domain it is somebody else's name
    assert w.mailbox("khoitm")["address"] == w.mailbox("KhoiTM@" + NA)["address"] == "khoitm@" + NA
    for wrong in (DT, DOMAIN):
        r = w.ctl("mailbox", "show", "khoitm@" + wrong, user="hoa", status=EX_NOTFOUND)
        assert "khoitm@" + NA in r.stderr
        r = w.submit([{"op": "close", "address": "khoitm@" + wrong}], domain=NA, expect=(400,))
        assert "khoitm@" + NA in r["errors"][0]["message"]
    assert w.mailbox("khoitm")["status"] == "active"


def test_address_of_another_domain(many):
    w = many
    there = first(w, NA, "Vũ Đại Lâm")
    here = first(w, DOMAIN, "Vũ Tiểu Lâm")
    for domain, address in ((DOMAIN, there), (NA, here)):
        r = w.submit([row("A B", ref="1", address="a.b@" + (NA if domain == DOMAIN else DOMAIN))],
                     domain=domain, expect=(400,))
        assert "domain" in r["errors"][0]["message"]
        for op in ("suspend", "close", "update", "rename"):
            more = {"title": "Sếp"} if op == "update" else {}
            if op == "rename":
                more = {"new_address": "lam.moi"}
            r = w.submit([dict({"op": op, "address": address}, **more)], domain=domain, expect=(400,))
            assert [e["column"] for e in r["errors"]] == ["address"], r
            assert domain in r["errors"][0]["message"], r
    r = w.submit([{"op": "rename", "address": there, "new_address": "lam.moi@" + DOMAIN}], domain=NA,
                 expect=(400,))
    assert r["errors"][0]["column"] == "new_address"
    # the command line knows whose letter it must be
    r = w.ctl_json("mailbox", "suspend", there, "--reason", "thử", user="lan")
    assert r["domain"] == NA
    do(w, r)
    # what is unknown is told
    r = w.submit([row("A B")], domain="other.example", expect=(400,))
    assert "other.example" in r["error"]


def test_undo_in_another_domain(many):
    w = many
    old = first(w, NA, "Lâm Chấn Huy")
    r = w.run([{"op": "rename", "address": old, "new_address": "huy.lam@" + NA}], domain=NA)
    assert r["items"][0]["address"] == "huy.lam@" + NA
    u = undo(w, r["id"])
    assert u["domain"] == NA
    do(w, u)
    assert w.person(old.partition("@")[0])["mail"] == [old.encode()]
    closed = w.run([{"op": "close", "address": old}], domain=NA)
    do(w, undo(w, closed["id"]))
    assert w.mailbox(old)["status"] == "active"


def test_dated_versions(many):
    w = many
    r = w.submit([row("Phùng Thị Thu")], domain=NB)
    assert r["items"][0]["address"] == "thupt.snv@" + NB
    assert r["policy"] == sha(w.folder / (NB + ".conf"))
    w.ctl("request", "cancel", r["id"], user="lan")
    shown = {at: w.ctl_json("policy", "show", NB, "--at", day(at))["valid_from"] for at in
             (-399, -2, -1, 0, 1, 500)}
    assert shown == {-399: day(-400), -2: day(-400), -1: day(-1), 0: day(-1), 1: day(1), 500: day(1)}


# --- kinds ------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    folder = write_policy(
        tmp_path_factory.mktemp("p") / "policy", quota__person="1G", quota__agency="10G",
        quota__unit="5G", quota__shared="3G", quota__position="4G", quota__least__person="500M",
        quota__least__agency="2G", quota__person__division_head="6G",
        quota__person__department_head="8G", fuse__least="1000",
        rank__division_head=["Trưởng phòng"], rank__department_head=["Giám đốc Sở"])
    w = hopthu.World(conf={"policy_dir": str(folder)})
    try:
        yield w
        w.judge()
    finally:
        w.close()


@pytest.mark.parametrize("kind, unit, login, gib", [
    ("agency", "", "snv", 10), ("unit", "Văn phòng", "vanphong.snv", 5),
    ("shared", "", "gopy.snv", 3), ("position", "", "chanhvanphong.snv", 4)])
def test_mailboxes_of_bodies(kinds, kind, unit, login, gib):
    w = kinds
    name = {"agency": "Sở Nội vụ", "unit": "Văn phòng Sở", "shared": "Góp ý",
            "position": "Chánh Văn phòng"}[kind]
    r = w.submit([row(name, kind=kind, unit=unit)], expect=(400,))
    assert r["errors"][0]["column"] == "custodian"
    keeper = w.run([row("Người Giữ " + kind.title())])["items"][0]["address"]
    asked = row(name, kind=kind, unit=unit, custodian=keeper, ref=kind)
    for bad, word in (("khong.co", "no mailbox"), ("a@example.com", "domain")):
        r = w.submit([dict(asked, custodian=bad)], expect=(400,))
        assert r["errors"][0]["column"] == "custodian" and word in r["errors"][0]["message"], r
    # a little less than the least is refused, the least is not
    r = w.submit([dict(asked, quota="2047M")], expect=(400,))
    assert r["errors"][0]["column"] == "quota" and "2048" in r["errors"][0]["message"], r
    r = w.submit([dict(asked, quota="2G")], dry_run="1")
    assert r["state"] == "planned"
    made = w.run([asked])["items"][0]
    assert made["address"] == "%s@%s" % (login, DOMAIN)
    e = w.person(login)
    assert e["hopthuKind"] == [kind.encode()]
    assert e["hopthuQuota"] == [str(gib << 30).encode()]
    dn = "uid=%s,ou=people,%s" % (keeper.partition("@")[0], BASE)
    assert [d.decode().lower() for d in e["hopthuCustodian"]] == [dn]
    assert w.mailbox(made["address"])["kind"] == kind
    # nobody answers for a mailbox who has none himself, or is no person
    r = w.submit([row("B " + name, kind="shared", custodian=made["address"])], expect=(400,))
    assert "person" in r["errors"][0]["message"]
    other = w.run([row("Người Khác " + kind.title())])["items"][0]["address"]
    w.run([{"op": "close", "address": other}])
    r = w.submit([row("B " + name, kind="shared", custodian=other)], expect=(400,))
    assert "closed" in r["errors"][0]["message"]
    r = w.submit([{"op": "update", "address": made["address"], "custodian": other}], expect=(400,))
    assert r["errors"][0]["column"] == "custodian"


@pytest.mark.parametrize("rank, title, gib", [
    ("", "Chuyên viên", 1), ("", "Trưởng phòng Tổ chức", 6), ("", "Giám đốc Sở Nội vụ", 8),
    ("Trưởng phòng", "", 6), ("", "TRƯỞNG PHÒNG", 6)])
def test_quota_by_rank(kinds, rank, title, gib):
    name = "Hạng %s" % " ".join(people.fold(rank + title).split()).title()
    r = kinds.run([row(name, rank=rank, title=title)])
    got = int(kinds.person(r["items"][0]["address"].partition("@")[0])["hopthuQuota"][0])
    assert got == gib << 30
    r = kinds.submit([row(name + " B", rank=rank, title=title, quota="499M")], expect=(400,))
    assert r["errors"][0]["column"] == "quota"
    r = kinds.submit([row(name + " C", rank=rank, title=title, quota="500M")], dry_run="1")
    assert r["state"] == "planned"


# --- transfers --------------------------------------------------------------------------------------

def test_transfer_follows_the_agency(many):
    w = many
    old = first(w, NB, "Hà Kiều Oanh")
    assert old == "oanhhk.snv@" + NB
    for agency, user in (("snv", "lan"),):
        r = w.submit([{"op": "transfer", "address": old}], user=user, agency=agency, domain=NB,
                     expect=(400,))
        assert "receives" in r["errors"][0]["message"]
    r = w.door("lan").ask("POST", "/v1/requests", w.head(agency="skhcn", domain=NB),
                          people.letter_csv([{"op": "transfer", "address": old}]), "text/csv")
    assert r.status == 403, r
    r = w.submit([{"op": "transfer", "address": old, "unit": "Thanh tra"}], user="nga",
                 agency="skhcn", domain=NB)
    new = "oanhhk.skhcn@" + NB
    assert r["items"][0]["address"] == new
    do(w, r)
    e = w.person("oanhhk.snv")
    assert e["mail"] == [new.encode()] and e["hopthuAlias"] == [old.encode()]
    assert e["hopthuAgency"] == [b"skhcn"] and e["ou"] == ["Thanh tra".encode()]
    assert w.mailbox(old)["login"] == w.mailbox(new)["login"] == "oanhhk.snv"
    states = {a: w.ctl_json("address", "show", a, user="hoa")["state"] for a in (old, new)}
    assert states == {old: "alias", new: "active"}
    for a in (old, new):
        rules = w.ctl_json("policy", "explain", a, user="hoa")
        assert NB in json.dumps(rules) and sha(w.folder / (NB + ".conf")) in json.dumps(rules)
    # back again: the old agency's, the old address, the new one an alias
    u = undo(w, r["id"])
    assert u["agency"] == "snv" and u["items"][0]["op"] == "transfer"
    assert u["items"][0]["address"] == old
    do(w, u)
    e = w.person("oanhhk.snv")
    assert e["mail"] == [old.encode()] and e["hopthuAlias"] == [new.encode()]
    assert e["hopthuAgency"] == [b"snv"] and "ou" not in e
    # and once more there: the alias becomes the address again
    r = w.submit([{"op": "transfer", "address": old}], user="nga", agency="skhcn", domain=NB)
    assert r["items"][0]["address"] == new
    do(w, r)
    assert w.person("oanhhk.snv")["hopthuAlias"] == [old.encode()]


def test_transfer_where_the_name_stays(many):
    """Follows the agency, but the agency is no part of the address: an address is never renumbered."""
    w = many
    old = first(w, DOMAIN, "Kiều Văn Tám")
    assert old == "tamkv@" + DOMAIN
    r = w.submit([{"op": "transfer", "address": old}], user="nga", agency="skhcn")
    assert r["items"][0]["address"] == old, r["items"]
    do(w, r)
    e = w.person("tamkv")
    assert e["mail"] == [old.encode()] and "hopthuAlias" not in e and e["hopthuAgency"] == [b"skhcn"]
    # one that another rule gave before stays, too
    odd = first(w, DOMAIN, "Kiều Văn Chín", address="chin.to")
    r = w.submit([{"op": "transfer", "address": odd}], user="nga", agency="skhcn")
    assert r["items"][0]["address"] in (odd, "chinkv@" + DOMAIN)
    w.ctl("request", "cancel", r["id"], user="nga")


def test_suspended_and_closed_cannot_move(many):
    w = many
    address = first(w, NB, "Hà Kiều Anh")
    w.run([{"op": "close", "address": address}], domain=NB)
    r = w.submit([{"op": "transfer", "address": address}], user="nga", agency="skhcn", domain=NB,
                 expect=(400,))
    assert "closed" in r["errors"][0]["message"]


def test_transfer_that_needs_a_name(many):
    """In the new agency the only address is taken: the row waits for a proposed one."""
    w = many
    there = w.submit([row("Ngô Bảo Long")], user="nga", agency="skhcn", domain=NB)
    do(w, there)
    old = first(w, NB, "Ngô Bảo Long", ref="2")
    assert (there["items"][0]["address"], old) == ("longnb.skhcn@" + NB, "longnb.snv@" + NB)
    r = w.submit([{"op": "transfer", "address": old, "title": "Thanh tra viên"}], user="nga",
                 agency="skhcn", domain=NB)
    assert r["state"] == "name-needed" and "longnb.skhcn" in r["items"][0]["error"]
    # the address it has is as good as any, another's is not
    got = w.door("nga").ask("POST", "/v1/requests/%d/name" % r["id"], body={
        "row": 1, "address": "longnb.skhcn"})
    assert got.status == 409
    got = w.door("nga").ask("POST", "/v1/requests/%d/name" % r["id"], body={
        "row": 1, "address": "long2@" + NA})
    assert got.status == 400 and NB in got.json["error"]
    r = w.door("nga").post("/v1/requests/%d/name" % r["id"], {"row": 1, "address": "long2"})
    assert r["state"] == "planned" and r["items"][0]["address"] == "long2@" + NB
    do(w, r)
    e = w.person("longnb.snv")
    assert e["mail"] == [("long2@" + NB).encode()] and e["hopthuAlias"] == [old.encode()]
    assert e["title"] == ["Thanh tra viên".encode()] and e["hopthuAgency"] == [b"skhcn"]
    do(w, undo(w, r["id"]))
    assert w.person("longnb.snv")["mail"] == [old.encode()]


def test_two_renames_of_one_mailbox(many):
    """Both were planned before either was done: the second is planned again, and nothing is lost."""
    w = many
    old = first(w, DOMAIN, "Tạ Quang Bửu")
    one = w.submit([{"op": "rename", "address": old, "new_address": "buu.mot"}])
    two = w.submit([{"op": "rename", "address": old, "new_address": "buu.hai"}])
    w.approve(one)
    assert w.wait(one["id"])["state"] == "done"
    w.approve(two)
    wait_for(lambda: w.show(two["id"])["round"] == 2, "the second to come back")
    w.settle()
    do(w, w.show(two["id"]))
    e = w.person("buutq")
    assert e["mail"] == [("buu.hai@" + DOMAIN).encode()]
    assert sorted(e["hopthuAlias"]) == sorted([("buu.mot@" + DOMAIN).encode(), old.encode()])
    states = {a: w.ctl_json("address", "show", a, user="hoa")["state"] for a in
              ("buutq", "buu.mot", "buu.hai")}
    assert states == {"buutq": "alias", "buu.mot": "alias", "buu.hai": "active"}
