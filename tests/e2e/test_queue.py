# SPDX-License-Identifier: BSD-2-Clause
"""Nothing that was approved waits for ever, and nothing that was not is done."""
import people
from hopthu import BASE, wait_for


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


def test_admin_is_not_confined(make_world):
    w = make_world()
    got = w.door("admin").ask("POST", "/v1/operators", body={
        "name": "half", "full_name": "Half", "roles": ["admin"], "agency": "snv"})
    assert got.status == 400 and "confined" in got.json["error"]
