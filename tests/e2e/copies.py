# SPDX-License-Identifier: BSD-2-Clause
"""A copy of the log made from a copied database and not by hopthud, for hopthu-verify to look at."""
import base64
import json
import pathlib
import re
import sqlite3
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "audit"))

import maker  # noqa: E402

SOUND, USAGE, INCOMPLETE, TAMPERED = 0, 64, 75, 76


class Log:
    """What a database holds of its log."""

    def __init__(self, database, key_file=None):
        con = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
        rows = lambda q: con.execute(q).fetchall()
        self.records = [bytes(r[0]) for r in rows("SELECT rec FROM audit ORDER BY seq")]
        self.openings = {(n, f): (bytes(salt), value) for n, f, salt, value in
                         rows("SELECT seq, field, salt, value FROM opening")}
        self.notes = []
        if rows("SELECT 1 FROM sqlite_master WHERE name = 'checkpoint'"):
            lines = rows("SELECT size, line FROM cosignature ORDER BY witness")
            for size, note in rows("SELECT size, note FROM checkpoint ORDER BY size"):
                self.notes.append((size, note + "".join(l for s, l in lines if s == size)))
        con.close()
        self.signer = key_file and signer(key_file)

    def values(self):
        return [json.loads(r) for r in self.records]

    def sign(self, size=None, witnesses=(), seconds=0):
        """A checkpoint of the first records."""
        size = len(self.records) if size is None else size
        text = maker.checkpoint_text(self.signer.name, size, maker.root_of(self.records[:size]))
        note = text + "\n" + self.signer.line(self.signer.sign(text))
        for w in witnesses:
            note += w.line(w.sign(text, seconds))
        self.notes = [n for n in self.notes if n[0] != size] + [(size, note)]
        return note

    def policy(self, witnesses=()):
        # with an incarnation, the keys before it too: whoever verifies has them all on paper
        keys = [m.group(1).decode() for r in self.records if b'"ev":"genesis"' in r or
                b'"ev":"incarnation"' in r for m in re.finditer(rb'"key":"([^"]*)"', r)]
        keys = keys if len(keys) > 1 and self.signer.vkey in keys else [self.signer.vkey]
        text = "".join("log %s\n" % k for k in keys)
        text += "".join("witness %s %s\n" % (w.name, w.vkey) for w in witnesses)
        return text + "quorum %s\n" % (witnesses[0].name if witnesses else "none")

    def write(self, folder, policy=None, **kw):
        """A copy that ends with the newest checkpoint, which is signed now when there is none for all."""
        if not any(size == len(self.records) for size, _ in self.notes):
            self.sign()
        notes = [note for _, note in sorted(self.notes)]
        maker.write_copy(folder, self.records, self.openings, notes, policy or self.policy(), **kw)
        return folder


def signer(key_file):
    """The key of a log, from the file that `hopthud --init` made."""
    _, _, name, _, key = pathlib.Path(key_file).read_text().strip().split("+", 4)
    return maker.Signer(name, maker.LOG, base64.b64decode(key)[1:])


def verify(*args, env=None):
    """(status, what -o json tells)"""
    import hopthu
    import os
    r = subprocess.run([str(hopthu.BUILD / "hopthu-verify"), "-o", "json", *map(str, args)],
                       capture_output=True, text=True, timeout=120, check=False,
                       env=dict(os.environ, **(env or {})))
    if r.returncode == USAGE:
        return r.returncode, r.stderr
    return r.returncode, json.loads(r.stdout)


def judge(database, key_file, folder):
    """What the two verifiers have against the log of a database; nothing, when it is sound."""
    import judges
    log = Log(database, key_file)
    log.write(folder)
    found = [("hopthu-verify", verify(folder)[1]),
             ("verify.py", judges.by_python(folder, log.policy()).report)]
    return ["%s: %s" % (who, f["text"] if f else said["verdict"]) for who, said in found
            if said["verdict"] != "sound" for f in said["faults"] + said["missing"] or [None]]
