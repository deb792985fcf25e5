# SPDX-License-Identifier: BSD-2-Clause
"""Addresses over their whole life: promised, given out, renamed, transferred, ended; never twice."""
import json
import random
import threading

import pytest

import hopthu
import people
from hopthu import BASE, DOMAIN, EX_CONFLICT, EX_LATER, EX_NOPERM, EX_NOTFOUND, EX_PART, \
    EX_USAGE, write_policy

@pytest.fixture(scope="module")
def ruled(tmp_path_factory):
    """A province whose naming has two candidates only and whose fuse is small."""
    folder = write_policy(tmp_path_factory.mktemp("p") / "policy",
                          naming__person=["{full}", "{full}{yob}"], fuse__count="7",
                          fuse__percent="100", grace__staff="3 months")
    w = hopthu.World(conf={"policy_dir": str(folder)})
    try:
        w.add_operator("hung", "Phạm Văn Hùng", ["approver"])
        w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
        w.add_operator("both", "Lê Hai Vai", ["technician", "approver"])
        w.settle()
        yield w
        w.judge()
    finally:
        w.close()


def row(name, **more):
    return dict({"op": "create", "full_name": name, "ref": name}, **more)


def local(item):
    return item["address"].partition("@")[0]


def test_ordered_candidates(ruled):
    a = ruled.run([row("Lê Thị Mai Ca", ref="1", birth_year="1990")])["items"][0]
    assert a["address"] == "lethimaica@" + DOMAIN
    # the second of the name needs the year of birth, and the error names the column
    r = ruled.submit([row("Lê Thị Mai Ca", ref="2")], expect=(400,))
    assert [(e["row"], e["column"]) for e in r["errors"]] == [(1, "birth_year")], r
    b = ruled.run([row("Lê Thị Mai Ca", ref="3", birth_year="1991")])
    assert local(b["items"][0]) == "lethimaica1991"
    # the log says which were taken, and by what
    r = ruled.door("hoa").get("/v1/audit", request=b["id"], event="item")
    shown = ruled.door("hoa").get("/v1/audit/%d" % r["records"][-1]["seq"])
    assert "lethimaica: active, request" in json.dumps(shown, ensure_ascii=False)


def test_a_name_that_is_needed(ruled):
    ruled.run([row("Võ Đa", ref="1", birth_year="1980"), row("Võ Đa", ref="2", birth_year="1980",
                                                            title="khác")])
    r = ruled.submit([row("Võ Đa", ref="3", birth_year="1980"), row("Trần Lê Vi", ref="4")])
    assert r["state"] == "name-needed" and r["digest"] == "", r
    assert [i["state"] for i in r["items"]] == ["name-needed", "planned"]
    assert "voda" in r["items"][0]["error"] and "voda1980" in r["items"][0]["error"]
    rid = r["id"]
    ruled.ctl("request", "approve", rid, "--digest", "0" * 64, user="minh", status=EX_CONFLICT)
    # what is proposed is checked the same way
    ruled.ctl("request", "name", rid, 1, "voda", user="lan", status=EX_CONFLICT)
    ruled.ctl("request", "name", rid, 1, "vo..da", user="lan", status=64)
    ruled.ctl("request", "name", rid, 2, "vi.tran", user="lan", status=EX_CONFLICT)
    ruled.ctl("request", "name", rid, 3, "vi.tran", user="lan", status=EX_NOTFOUND)
    dry = ruled.ctl_json("request", "name", rid, 1, "da.vo", "-n", user="lan")
    assert dry["items"][0]["address"] == "da.vo@" + DOMAIN and ruled.show(rid)["state"] == "name-needed"
    ruled.ctl("request", "name", rid, 1, "voda", "-n", user="lan", status=EX_CONFLICT)
    r = ruled.ctl_json("request", "name", rid, 1, "da.vo", user="both")
    assert r["state"] == "planned" and len(r["digest"]) == 64
    told = [x["summary"] for x in
            ruled.ctl_json("audit", "list", "--request", rid, user="hoa")["records"]]
    assert any(t.startswith("proposed an address: create da.vo@") for t in told), told
    ruled.ctl("request", "plan", rid, user="minh")  # computes the digest again
    ruled.approve(r, user="both", expect=(403,))  # who proposed it does not allow it
    ruled.approve(r)
    assert ruled.wait(rid)["state"] == "done"
    assert ruled.mailbox("da.vo@" + DOMAIN)["full_name"] == "Võ Đa"


def test_the_same_name_waits_already(ruled):
    """A letter sent again under another number, while the first is not done."""
    first = ruled.submit([row("Tôn Nữ Y", ref="a", birth_year="1991")])
    second = ruled.submit([row("Tôn Nữ Y", ref="a", birth_year="1992")])
    told = [n["message"] for n in second["notes"] if n["column"] == "full_name"]
    assert len(told) == 1 and told[0].startswith("request %d asks for" % first["id"]), told
    assert not [n for n in first["notes"] or [] if n["column"] == "full_name"]


def test_days_that_are_hardly_meant(ruled):
    late = ruled.submit([row("Trà Xuân", ref="x", effective="2020-01-01", basis_kind="recruitment",
                             basis_no="1", basis_date="2098-01-02")], date="2097-03-04")
    assert {n["column"] for n in late["notes"]} >= {"effective", "basis_date", "date"}, late["notes"]
    r = ruled.submit([row("Trà Xuân", ref="y", birth_year="2099")], expect=(400,))
    assert r["errors"][0]["column"] == "birth_year" and "nobody is born" in r["errors"][0]["message"]


def test_policy_gives_no_agency_away(make_world, tmp_path):
    """A name whose first candidate is an agency's code gets the next one."""
    w = make_world(conf={"policy_dir": str(write_policy(
        tmp_path / "policy", naming__person=["{given}{initials}", "{given}{initials}{seq}"]))})
    w.ctl("agency", "add", "khoitm", "--name", "Khối TM", user="admin")
    got = w.submit([row("Trương Minh Khôi")])
    assert got["items"][0]["address"] == "khoitm1@" + DOMAIN
    t = w.ctl_json("name", "try", "Trương Minh Khôi", user="hoa")
    assert t["candidates"][0]["fate"] == "taken" and "agency" in t["candidates"][0]["reason"]


def test_addresses_that_no_person_gets(ruled):
    """RFC 2142, and what agencies are known by: refused with a sentence, in letters and proposals."""
    for address, says in (("postmaster", "of a service"), ("root", "of a service"),
                          ("skhcn", "the code of the agency")):
        r = ruled.submit([row("A Bê", ref=address, address=address)], expect=(400,))
        assert says in r["errors"][0]["message"] and r["errors"][0]["column"] == "address"


@pytest.mark.parametrize("op, user, agency", [("rename", "lan", "snv"),
                                              ("transfer", "nga", "skhcn")])
def test_closed_while_it_waited_for_a_name(make_world, tmp_path, op, user, agency):
    """The row of a mailbox that another letter closed meanwhile gets no name."""
    w = make_world(conf={"policy_dir": str(write_policy(
        tmp_path / "policy", naming__person=["{full}.{agency}"], naming__follows_agency="yes"))})
    w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
    w.settle()
    address = w.run([row("Đinh Hạ")])["items"][0]["address"]
    w.run([row("Đinh Hạ")], user="nga", agency="skhcn")
    r = w.submit([{"op": op, "address": address}], user=user, agency=agency)
    assert r["state"] == "name-needed", r
    rid = r["id"]
    closed = w.run([{"op": "close", "address": address}])
    before, box = w.show(rid), w.mailbox(address)
    for more in ([], ["-n"]):
        got = w.ctl("request", "name", rid, 1, "ha.dinh", *more, user=user, status=None)
        assert got.returncode in (EX_USAGE, EX_CONFLICT), got
        assert "%s is closed (since request %d)" % (address, closed["id"]) in got.stderr
    assert w.show(rid) == before and w.mailbox(address) == box
    assert before["state"] == "name-needed" and before["items"][0]["address"] == address
    w.ctl("address", "show", "ha.dinh", user="hoa", status=EX_NOTFOUND)
    # it is open again: the name is taken, and planned over what is there now
    w.run([{"op": "restore", "address": address}])
    r = w.ctl_json("request", "name", rid, 1, "ha.dinh", user=user)
    assert r["state"] == "planned"
    w.approve(r)
    assert w.wait(rid)["state"] == "done"
    assert w.mailbox(address)["address"] == "ha.dinh@" + DOMAIN
    assert (w.mailbox(address)["status"], w.mailbox(address)["agency"]) == ("active", agency)


def test_rename_transfer_restore_purge_and_undo(ruled):
    made = ruled.run([row("Hồ Thu Thảo", ref="1")])["items"][0]
    old, new = made["address"], "thao.ho@" + DOMAIN
    done = ruled.run([{"op": "rename", "address": old, "new_address": new}])
    e = ruled.person("hothuthao")
    assert e["mail"] == [new.encode()] and e["hopthuAlias"] == [old.encode()]
    # both lead to the one mailbox; the old one is nobody else's
    assert ruled.mailbox(old)["login"] == ruled.mailbox(new)["login"] == "hothuthao"
    a = ruled.ctl_json("address", "show", old, user="hoa")
    assert (a["state"], a["mailbox"]) == ("alias", "hothuthao") and a["active_at"] and a["alias_at"]
    r = ruled.submit([row("Hồ Thu Thảo", ref="2", birth_year="1999")])
    assert local(r["items"][0]) == "hothuthao1999"
    r = ruled.submit([row("Ai Khác", ref="3", address=old)], expect=(400, 409))
    assert "further address" in json.dumps(r), r
    # undo: the old address comes back, the new one becomes the alias
    u = ruled.ctl_json("request", "undo", done["id"], "--reason", "nhầm", user="tuan")
    assert u["state"] == "planned" and u["items"][0]["op"] == "rename"
    ruled.approve(u)
    assert ruled.wait(u["id"])["state"] == "done"
    e = ruled.person("hothuthao")
    assert e["mail"] == [old.encode()] and e["hopthuAlias"] == [new.encode()]
    # undone twice? it was changed since
    r = ruled.ctl("request", "undo", done["id"], "--reason", "nhầm", user="tuan",
                  status=EX_CONFLICT)
    assert "request %d" % u["id"] in r.stderr
    # the agency that receives asks for a transfer; the one that has it cannot
    r = ruled.submit([{"op": "transfer", "address": old}], expect=(400,))
    assert "receives" in json.dumps(r), r
    r = ruled.submit([{"op": "transfer", "address": old, "unit": "Thanh tra"}], user="nga",
                     agency="skhcn")
    ruled.approve(r)
    assert ruled.wait(r["id"])["state"] == "done"
    e = ruled.person("hothuthao")
    assert e["hopthuAgency"] == [b"skhcn"] and e["ou"] == ["Thanh tra".encode()]
    assert e["mail"] == [old.encode()]  # the policy does not say that addresses follow the agency
    # closed: kept for three months; restored; closed again; not purged before its time
    closed = ruled.run([{"op": "close", "address": old, "basis_kind": "retirement"}], user="nga",
                       agency="skhcn")
    m = ruled.mailbox(old)
    assert m["status"] == "closed" and m["purge_due"]
    u = ruled.ctl_json("request", "undo", closed["id"], "--reason", "ở lại", user="tuan")
    ruled.approve(u)
    assert ruled.wait(u["id"])["state"] == "done"
    assert ruled.mailbox(old)["status"] == "active" and not ruled.mailbox(old)["purge_due"]
    ruled.run([{"op": "close", "address": old}], user="nga", agency="skhcn")
    r = ruled.submit([{"op": "purge", "address": old}], user="nga", agency="skhcn", expect=(400,))
    assert "kept until" in json.dumps(r), r


def test_undo_says_what_it_cannot(ruled):
    first = ruled.run([row("Bùi Nhật", ref="1"), row("Bùi Nguyệt", ref="2")])
    address = first["items"][1]["address"]
    ruled.run([{"op": "suspend", "address": address}])
    r = ruled.ctl("request", "undo", first["id"], "--reason", "nhầm", "-o", "json", user="lan",
                  status=EX_PART)
    u = json.loads(r.stdout)
    assert [i["op"] for i in u["items"]] == ["close"]
    assert [c["row"] for c in u["cannot"]] == [2] and "cannot be undone" in r.stderr
    dry = ruled.ctl("request", "undo", first["id"], "--reason", "nhầm", "-n", "-o", "json",
                    user="lan", status=EX_PART)
    assert json.loads(dry.stdout)["digest"] == u["digest"]
    ruled.ctl("request", "cancel", u["id"], user="lan")


def test_undo_of_a_first_custodian(ruled):
    """One cannot be taken away: that row is left, the others of the letter are taken back."""
    w = ruled
    box, keeper, other = [i["address"] for i in w.run(
        [row("Tạ Hộp", ref="1"), row("Tạ Giữ", ref="2"),
         row("Tạ Khác", ref="3", title="Cũ")])["items"]]
    done = w.run([{"op": "update", "address": box, "custodian": keeper},
                  {"op": "update", "address": other, "title": "Mới"}])
    named = w.person(box.partition("@")[0])["hopthuCustodian"]
    r = w.ctl("request", "undo", done["id"], "--reason", "nhầm", "-o", "json", user="tuan",
              status=EX_PART)
    u = json.loads(r.stdout)
    assert [(i["op"], i["address"]) for i in u["items"]] == [("update", other)]
    assert [(c["row"], c["address"]) for c in u["cannot"]] == [(1, box)]
    why = u["cannot"][0]["message"]
    assert box in why and "no custodian before" in why and "cannot be taken away" in why
    assert why in r.stderr
    w.approve(u)
    assert w.wait(u["id"])["state"] == "done"
    assert w.person(other.partition("@")[0])["title"] == ["Cũ".encode()]
    assert w.person(box.partition("@")[0])["hopthuCustodian"] == named
    # alone there is nothing left to undo
    alone = w.run([{"op": "update", "address": other, "custodian": keeper}])
    r = w.ctl("request", "undo", alone["id"], "--reason", "nhầm", user="tuan", status=EX_CONFLICT)
    assert "no custodian before" in r.stderr


@pytest.mark.parametrize("kind", ["shared", "position"])
def test_a_custodian_leaves(ruled, kind):
    """The letter is told which mailbox lacks somebody then, and is done all the same."""
    w = ruled
    keeper, next_one = [i["address"] for i in w.run(
        [row("Kim Giữ " + kind, ref="1"), row("Kim Sau " + kind, ref="2")])["items"]]
    box = w.run([row("Kim Hộp", ref="3", kind=kind, custodian=keeper,
                     address="hop.%s" % kind)])["items"][0]["address"]

    def letter(op, address, user="lan", agency="snv", cancel=True):
        r = w.submit([{"op": op, "address": address}], user=user, agency=agency)
        assert (r["state"], r["needs"]) == ("planned", 1), r
        if cancel:
            w.ctl("request", "cancel", r["id"], user=user)
        return r, [(n["row"], n["column"]) for n in r["notes"] or [] if box in n["message"] and
                   "custodian" in n["message"]]

    for op, user, agency in (("close", "lan", "snv"), ("transfer", "nga", "skhcn")):
        assert letter(op, keeper, user, agency)[1] == [(1, "address")], op
        assert letter(op, next_one, user, agency)[1] == [], op
    r, told = letter("suspend", keeper, cancel=False)
    assert told == [(1, "address")]
    w.approve(r)
    assert w.wait(r["id"])["state"] == "done"
    assert letter("resume", keeper)[1] == []
    w.run([{"op": "update", "address": box, "custodian": next_one}])
    assert letter("close", keeper)[1] == []
    assert letter("close", next_one)[1] == [(1, "address")]
    # nobody need answer for what is closed
    w.run([{"op": "close", "address": box}])
    assert letter("close", next_one)[1] == []


def test_fuse(ruled):
    made = ruled.run([row("Người %s" % c, ref=c) for c in "abcdefgh"])
    rows = [{"op": "suspend", "address": i["address"]} for i in made["items"]]
    seven = ruled.submit(rows[:7])
    assert seven["needs"] == 1 and seven["notes"] is None
    ruled.ctl("request", "cancel", seven["id"], user="lan")
    r = ruled.submit(rows)
    assert r["needs"] == 2 and "more than 7" in json.dumps(r["notes"]), r
    rid = r["id"]
    got = ruled.ctl("request", "approve", rid, "--yes", user="minh", status=EX_LATER)
    assert "second" in got.stderr
    assert ruled.show(rid)["state"] == "planned" and ruled.show(rid)["first_approver"] == "minh"
    assert ruled.person(local(made["items"][0]))["hopthuStatus"] == [b"active"]
    # the same person twice is one person, and who asked is none
    ruled.ctl("request", "approve", rid, "--yes", user="minh", status=EX_NOPERM)
    ruled.ctl("request", "approve", rid, "--digest", r["digest"], user="hung")
    assert ruled.wait(rid)["state"] == "done"
    shown = ruled.ctl("audit", "list", "--request", rid, "-o", "json", user="hoa").stdout
    assert shown.count('"approve"') == 2, shown


def test_registry_lists(ruled):
    rows = ruled.ctl_json("address", "list", "--state", "active", user="hoa")
    rows = rows["addresses"] if isinstance(rows, dict) else rows
    assert rows and all(a["state"] == "active" and a["active_at"] for a in rows)
    ruled.ctl("address", "show", "niemals", user="hoa", status=EX_NOTFOUND)
    ruled.ctl("address", "list", user="lan", status=EX_NOPERM)
    got = ruled.ctl("address", "list", "--state", "nope", user="hoa", status=64)
    assert "tombstone" in got.stderr


def test_name_try(ruled):
    t = ruled.ctl_json("name", "try", "Lê Thị Mai Ca", "--birth-year", "1990", user="hoa")
    assert [(c["local"], c["fate"]) for c in t["candidates"]] == [
        ("lethimaica", "taken"), ("lethimaica1990", "free")], t
    assert "request" in t["candidates"][0]["reason"]
    t = ruled.ctl_json("name", "try", "Lê Thị Mai Ca", user="lan")
    assert (t["candidates"][1]["fate"], t["candidates"][1]["column"]) == ("lacks", "birth_year")
    got = ruled.ctl("name", "try", "Nguyễn Vаn", user="lan", status=64)  # a Cyrillic а
    assert "U+0430" in got.stderr


def test_the_registry_is_not_for_one_agency(ruled):
    """Whoever belongs to an agency learns that an address is taken, and not by whose letter."""
    w = ruled
    made = w.run([row("Ông Thị Kín", ref="1")])
    address, login = made["items"][0]["address"], local(made["items"][0])
    for n, role in enumerate(("approver", "technician", "auditor")):
        name = "rieng%d" % n
        w.add_operator(name, "Người Riêng", [role], "skhcn")
        for args in (["list"], ["list", "--state", "active"], ["show", address], ["show", login],
                     ["show", "khong.ai"]):
            got = w.ctl("address", *args, user=name, status=EX_NOPERM)
            assert "skhcn" in got.stderr and "name try" in got.stderr and not got.stdout
        for path in ("/v1/addresses", "/v1/addresses/" + address, "/v1/addresses/khong.ai"):
            got = w.door(name).ask("GET", path)
            assert got.status == 403 and login not in json.dumps(got.json), got
    try_it = ["name", "try", "Ông Thị Kín", "--birth-year", "1990"]
    for user in ("rieng0", "nga", "lan"):
        t = w.ctl_json(*try_it, user=user)
        assert (t["candidates"][0]["local"], t["candidates"][0]["fate"]) == (login, "taken")
        assert "request" not in json.dumps(t["candidates"]), t
        assert "request" not in w.ctl(*try_it, user=user).stdout
    for user in ("hoa", "minh", "tuan"):
        t = w.ctl_json(*try_it, user=user)
        assert "request %d" % made["id"] in t["candidates"][0]["reason"], t
    assert w.ctl_json("address", "show", address, user="minh")["request"] == made["id"]


def test_look_alikes_are_told(ruled):
    ruled.run([row("Nguyễn Bình An", ref="1", address="nguyenbinhan"),
               row("Lý Ol", ref="2", address="lyol1")])
    r = ruled.submit([row("Nguyễn An Bình", ref="3", address="nguyenanbinh"),
                      row("Lý Oi", ref="4", address="1yoli")])
    text = json.dumps(r["notes"], ensure_ascii=False)
    assert "nguyenbinhan" in text and "other way round" in text, text
    assert "lyol1" in text and "at a glance" in text, text
    ruled.ctl("request", "cancel", r["id"], user="lan")


def test_what_the_directory_has_is_taken(make_world):
    """Addresses of entries and groups that hopthu did not make, in mail and hopthuAlias, too."""
    w = make_world()
    w.foreign |= {"cu"}
    w.daemon.stop()
    w.slapd.add("dn: uid=cu,ou=people,%s\nobjectClass: inetOrgPerson\nobjectClass: hopthuMailbox\n"
                "uid: cu\ncn: cu\nsn: cu\nmail: Anhbt@%s\nhopthuAlias: anhbt1@%s\n"
                "hopthuStatus: active\nhopthuLogin: TRUE\nhopthuDelivery: TRUE\n\n"
                "dn: cn=tatca,ou=groups,%s\nobjectClass: groupOfNames\nobjectClass: extensibleObject\n"
                "cn: tatca\nmember: uid=cu,ou=people,%s\nmail: anhbt2@%s\n" % (
                    BASE, DOMAIN, DOMAIN, BASE, BASE, DOMAIN))
    w.start()
    assert w.door("hoa").get("/v1/addresses", state="foreign")
    got = {a["local"] for a in w.door("hoa").get("/v1/addresses", state="foreign")["addresses"]}
    assert {"cu", "anhbt", "anhbt1", "anhbt2"} <= got, got
    made = w.run([row("Bùi Thị Anh")])
    assert local(made["items"][0]) == "anhbt3"


LETTERS = 500 if hopthu.FULL else 25  # of each of eight clients; 25 rows each: 10^5 in full


@pytest.mark.limit(1800 if hopthu.FULL else 240)
def test_two_letters_at_once_never_one_address(make_world, rng):
    """Eight clients ask all at once for names of which many are the same; some letters are taken back."""
    w = make_world(conf={"limits.connections_per_uid": 128})
    names = [people.name(n) for n in range(60)] + ["Nguyễn Văn An", "Trần Thị Bình", "Lê An"] * 10
    live, errors, lock = {}, [], threading.Lock()
    seeds = [rng.random() for _ in range(8)]
    w.door("lan")

    def client(n):
        chance = random.Random(seeds[n])
        try:
            with w.new_door("lan") as door:
                for k in range(LETTERS):
                    rows = [row(chance.choice(names), ref="%d-%d-%d" % (n, k, i)) for i in range(25)]
                    r = door.submit(people.letter_csv(rows), **w.head(letter="%d-%d/SNV" % (n, k)))
                    got = [i["address"] for i in r["items"]]
                    with lock:
                        for a in got:
                            assert live.setdefault(a, r["id"]) == r["id"], "%s twice" % a
                        assert len(set(got)) == 25, got
                        if chance.random() < 0.1:  # its promises are void from now on
                            door.post("/v1/requests/%d/cancel" % r["id"], {})
                            for a in got:
                                del live[a]
        except Exception as e:  # told below
            errors.append(e)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[0]
    # what the registry promises is what was told
    registry, after = set(), ""
    while after is not None:
        page = w.door("hoa").get("/v1/addresses", state="reserved", after=after)
        registry |= {a["address"] for a in page["addresses"]}
        after = page["next"]
    assert set(live) == registry


def test_the_policy_says_who_and_for_whom(make_world, tmp_path):
    """Roles, agencies that get no mailboxes, and ways that letters do not come by."""
    folder = write_policy(tmp_path / "policy", request__roles=["technician"],
                          request__channels=["dms"], eligibility__excluded=["school"])
    w = make_world(conf={"policy_dir": str(folder)})
    w.door("admin").post("/v1/agencies", {"code": "thpt", "name": "Trường THPT", "kind": "school"})
    r = w.submit([row("Bùi Anh")], expect=(403,))
    assert "technician" in r["error"] and "Quy chế thử" in r["error"], r
    r = w.submit([row("Bùi Anh")], user="tuan", agency="thpt", expect=(400,))
    assert "school" in json.dumps(r["errors"]), r
    r = w.submit([row("Bùi Anh")], user="tuan")
    assert [n["column"] for n in r["notes"]] == ["channel"], r
    r = w.submit([row("Bùi Ánh")], user="tuan", channel="dms")
    assert not r["notes"]
    # the policy changes while the letter waits: who approves is by what is in force then
    write_policy(folder, approve__roles=["admin"])
    w.daemon.signal(1)
    hopthu.wait_for(lambda: "reloaded" in w.log_tail(), "the reload")
    got = w.approve(r, expect=(403,))
    assert "admin" in got["error"], got
