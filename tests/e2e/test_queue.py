# SPDX-License-Identifier: BSD-2-Clause
"""Nothing that was approved waits for ever, and nothing that was not is done."""
import people
from hopthu import ANYTHING, BASE, DOMAIN, NO_HASH, refuse_titles, wait_for


def away(w):
    w.slapd.stop()
    wait_for(lambda: w.status()["directory"]["state"] != "ready", "the directory to be away")


def states(w, request):
    return [i["state"] for i in w.show(request)["items"]]


def test_more_letters_than_are_looked_at_at_once(make_world):
    """300 letters approved while slapd is stopped: the oldest are done too."""
    w = make_world()
    away(w)
    ids = []
    for n in range(300):
        r = w.submit([people.create(n)])
        w.approve(r)
        ids.append(r["id"])
    w.slapd.start()
    wait_for(lambda: all(w.show(i)["state"] == "done" for i in (ids[0], ids[150], ids[-1])),
             "the first, the middle and the last letter", 40, 0.2)
    wait_for(lambda: not w.status()["queue"]["items"], "the queue to be empty", 20, 0.2)


def test_approved_before_the_approver_is_in_the_directory(make_world):
    w = make_world()
    away(w)
    w.add_operator("bee", "Bee Bee", ["approver"])
    r = w.submit([people.create(1)])
    w.approve(r, "bee")
    w.slapd.start()
    wait_for(lambda: w.show(r["id"])["state"] == "done", "the letter that bee approved", 30, 0.1)
    login = w.show(r["id"])["items"][0]["address"].split("@")[0]
    dn = ("cn=bee,ou=operators,%s" % BASE).encode()
    assert w.slapd.entry("uid=%s,ou=people,%s" % (login, BASE))["creatorsName"] == [dn]


def test_approver_revoked(make_world):
    """What a revoked approver allowed and is not done waits for somebody else."""
    w = make_world()
    w.add_operator("bee", "Bee Bee", ["approver"])
    w.settle()
    away(w)
    r = w.submit([people.create(1), people.create(2)])
    w.approve(r, "bee")
    w.door("admin").post("/v1/operators/bee/revoke", {"reason": "nghỉ việc"})
    shown = w.show(r["id"])
    assert (shown["state"], shown["approver"]) == ("planned", "")
    w.slapd.start()
    w.approve({"id": r["id"], "digest": shown["digest"]})
    wait_for(lambda: w.show(r["id"])["state"] == "done", "the letter", 30, 0.1)


def failed_with(w, rows, approver="minh", **head):
    """A letter in which slapd refused the titles with a "#"; slapd takes them from now on."""
    refuse_titles(w, NO_HASH)
    r = w.submit(rows, **head)
    w.approve(r, approver)
    assert w.wait(r["id"])["state"] == "failed"
    refuse_titles(w, ANYTHING)
    return r


def retry(w, rid):
    w.ctl("request", "retry", rid, "--reason", "đã sửa thư mục", user="tuan")
    w.settle()
    return w.show(rid)


def test_retry_after_the_approver_was_revoked(make_world):
    """What failed is not done by the word of somebody who has left."""
    w = make_world()
    w.add_operator("bee", "Bee Bee", ["approver"])
    w.settle()
    r = failed_with(w, [people.create(1, title="#"), people.create(2)], "bee")
    w.door("admin").post("/v1/operators/bee/revoke", {"reason": "nghỉ việc"})
    assert w.show(r["id"])["state"] == "failed" and states(w, r["id"]) == ["failed", "done"]
    back = retry(w, r["id"])
    assert (back["state"], back["approver"], back["round"]) == ("planned", "", 2), back
    assert len(back["digest"]) == 64 and back["digest"] != r["digest"]
    assert states(w, r["id"]) == ["planned", "done"]
    login = back["items"][0]["address"].split("@")[0]
    for promised in (r, back):
        assert w.person(promised["items"][0]["address"].split("@")[0]) == {}
    w.approve(r, expect=(409,))  # what bee saw is not what is asked now
    w.approve({"id": r["id"], "digest": back["digest"]})
    assert w.wait(r["id"])["state"] == "done"
    dn = "cn=%s,ou=operators," + BASE
    assert w.person(login)["creatorsName"] == [(dn % "minh").encode()]
    other = w.person(r["items"][1]["address"].split("@")[0])
    assert other["creatorsName"] == [(dn % "bee").encode()]


def test_retry_without_the_promised_address(make_world):
    """It went to the corrected letter, and when that was taken back to somebody of the same name."""
    w = make_world()
    row = people.create(1, title="#")
    r = failed_with(w, [row, people.create(2, title="#")], letter="q1")
    address, kept = [i["address"] for i in r["items"]]
    new = w.submit([dict(row, title="Chuyên viên")], letter="q1")
    assert new["items"][0]["address"] == address
    w.door("lan").post("/v1/requests/%d/cancel" % new["id"], {"reason": "thôi"})
    other = w.run([people.create(1, birth_year="2000", ref="khac")])
    assert other["items"][0]["address"] == address
    before = w.person(address.split("@")[0])
    back = retry(w, r["id"])
    assert (back["state"], back["approver"], back["round"]) == ("planned", "", 2), back
    assert back["digest"] != r["digest"]
    assert states(w, r["id"]) == ["planned", "done"] and back["items"][1]["address"] == kept
    again = back["items"][0]
    assert again["address"] == people.login(row["full_name"], 1) + "@" + DOMAIN, again
    assert w.person(again["address"].split("@")[0]) == {}
    w.approve({"id": r["id"], "digest": back["digest"]})
    assert w.wait(r["id"])["state"] == "done" and states(w, r["id"]) == ["done", "done"]
    assert w.person(address.split("@")[0]) == before
    assert w.mailbox(address)["request"] == other["id"]
    assert w.mailbox(again["address"])["request"] == r["id"]


def test_retry_of_a_transfer_without_the_promised_address(make_world):
    """Its address is another mailbox's now: the row fails and says so, nobody loses one."""
    w = make_world()
    w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
    w.settle()
    old = w.run([people.create(1)])["items"][0]["address"]
    row = {"op": "transfer", "address": old, "new_address": "mai.moi", "title": "#", "ref": "t"}
    r = failed_with(w, [row], letter="q2", user="nga", agency="skhcn")
    new = w.submit([dict(row, title="Chuyên viên")], letter="q2", user="nga", agency="skhcn")
    w.door("nga").post("/v1/requests/%d/cancel" % new["id"], {"reason": "thôi"})
    other = w.run([people.create(2, address="mai.moi")])
    before = w.person("mai.moi")
    back = retry(w, r["id"])
    assert back["state"] == "failed" and back["items"][0]["state"] == "failed", back
    assert "given out by request %d" % other["id"] in back["items"][0]["error"]
    answer = w.ctl("request", "answer", r["id"], user="nga")
    assert "Địa chỉ đã cấp cho hộp thư khác" in answer.stdout and "kỹ thuật" not in answer.stdout
    assert w.person("mai.moi") == before and w.mailbox("mai.moi")["request"] == other["id"]
    assert w.mailbox(old)["agency"] == "snv"


def test_retry_of_a_transfer_promises_anew(make_world):
    """Nobody took the address meanwhile: it is the row's again, and not for the next letter."""
    w = make_world()
    w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
    w.settle()
    old = w.run([people.create(1)])["items"][0]["address"]
    row = {"op": "transfer", "address": old, "new_address": "mai.moi", "title": "#", "ref": "t"}
    r = failed_with(w, [row], letter="q2", user="nga", agency="skhcn")
    new = w.submit([dict(row, title="Chuyên viên")], letter="q2", user="nga", agency="skhcn")
    w.door("nga").post("/v1/requests/%d/cancel" % new["id"], {"reason": "thôi"})
    back = retry(w, r["id"])
    assert back["state"] == "planned" and "needs approval again" in back["items"][0]["error"]
    taken = w.submit([people.create(2, address="mai.moi")], expect=(400,))
    assert "promised by request %d" % r["id"] in taken["errors"][0]["message"]
    w.approve({"id": r["id"], "digest": back["digest"]})
    assert w.wait(r["id"])["state"] == "done"
    assert w.mailbox("mai.moi")["agency"] == "skhcn" and w.mailbox(old)["agency"] == "skhcn"


def test_taken_back_in_part(make_world):
    """The rest of a letter is taken back: that stays so, and its done rows are recognised."""
    w = make_world()
    rows = [people.create(1), people.create(2, effective="2099-01-01")]
    head = w.head()
    r = w.submit(rows, **head)
    w.approve(r)
    wait_for(lambda: states(w, r["id"]) == ["done", "scheduled"], "the first row", 20, 0.1)
    w.door("lan").post("/v1/requests/%d/cancel" % r["id"], {"reason": "thôi"})
    assert states(w, r["id"]) == ["done", "cancelled"]
    got = w.door("tuan").ask("POST", "/v1/requests/%d/retry" % r["id"], body={"reason": "x"})
    assert got.status == 409
    assert states(w, r["id"]) == ["done", "cancelled"]
    again = w.submit(rows, **head)
    assert [x["row"] for x in again["already"]] == [1] and again["item_count"] == 1


def test_moved_beside_scheduled(make_world):
    """An item that must be planned again does not wait for one whose date is to come."""
    w = make_world()
    made = w.run([people.create(0)])["items"][0]["address"]
    r = w.submit([people.create(1), {"op": "close", "address": made, "ref": "c",
                                     "reason": "x", "effective": "2099-01-01"}])
    login = r["items"][0]["address"].split("@")[0]
    w.foreign.add(login)
    w.slapd.tool("ldapadd", ldif="dn: uid=%s,ou=people,%s\nobjectClass: inetOrgPerson\nuid: %s\n"
                 "cn: x\nsn: x\n" % (login, BASE, login))
    w.approve(r)
    wait_for(lambda: w.show(r["id"])["round"] == 2, "the letter to come back", 30, 0.1)
    back = w.show(r["id"])
    assert back["state"] == "planned" and back["items"][0]["address"] != r["items"][0]["address"]
    w.approve({"id": r["id"], "digest": back["digest"]})
    wait_for(lambda: states(w, r["id"]) == ["done", "scheduled"], "the first row", 30, 0.1)


def test_orders_of_a_new_admin(make_world):
    """An order waits until the directory knows the name it is done in."""
    w = make_world()
    away(w)
    w.add_operator("adm2", "Admin Hai", ["admin"])
    w.door("adm2").post("/v1/agencies", {"code": "zz1", "name": "Cơ quan"})
    w.slapd.start()
    dn = "ou=zz1,ou=agencies,%s" % BASE
    wait_for(lambda: w.slapd.entry(dn), "the agency's entry", 30, 0.1)
    assert w.slapd.entry(dn)["creatorsName"] == [("cn=adm2,ou=operators,%s" % BASE).encode()]


def test_orders_of_a_revoked_admin(make_world):
    """What an admin ordered before leaving is done: hopthud believes it already."""
    w = make_world()
    w.add_operator("adm2", "Admin Hai", ["admin"])
    w.add_operator("bee", "Bee Bee", ["approver"])
    w.settle()
    away(w)
    w.door("adm2").post("/v1/operators/bee/revoke", {"reason": "nghỉ việc"})
    w.door("admin").post("/v1/operators/adm2/revoke", {"reason": "nghỉ việc"})
    w.slapd.start()
    for name in ("bee", "adm2"):
        dn = "cn=%s,ou=operators,%s" % (name, BASE)
        wait_for(lambda: "hopthuRole" not in w.slapd.entry(dn), "%s to have no role" % name, 30, 0.1)


def test_admin_is_not_confined(make_world):
    w = make_world()
    got = w.door("admin").ask("POST", "/v1/operators", body={
        "name": "half", "full_name": "Half", "roles": ["admin"], "agency": "snv"})
    assert got.status == 400 and "confined" in got.json["error"]
