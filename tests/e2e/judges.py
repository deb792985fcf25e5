# SPDX-License-Identifier: BSD-2-Clause
"""The two verifiers of copies of the log, asked the same."""
import json
import pathlib
import subprocess
import sys
import tempfile

import hopthu

sys.path.insert(0, str(hopthu.TOP / "tests" / "audit"))

import verify  # noqa: E402

SOUND, USAGE, INCOMPLETE, TAMPERED = 0, 64, 75, 76
HOPTHU_VERIFY = hopthu.BUILD / "hopthu-verify"
PYTHON_VERIFY = hopthu.TOP / "tests" / "audit" / "verify.py"


class Verdict:
    def __init__(self, status, report):
        self.status, self.report = status, report
        self.first = report.get("first")
        self.told = [(t.get("seq"), t["text"]) for t in report.get("told", [])]

    def __str__(self):
        what = [(f.get("seq"), f["text"]) for f in self.report.get("faults", [])] + \
               [(f.get("seq"), f["text"]) for f in self.report.get("missing", [])]
        return "%d, first %s: %s" % (self.status, self.first, what[:4])


def by_python(folder, policy, held=(), compare=None, max_age=None, receipts=()):
    """In this process, as verify.main does."""
    report = verify.Report()
    held = [verify.read_held(h) for h in held]
    one = verify.check_copy(str(folder), policy.encode(), held, report, max_age,
                            [verify.Receipt(r) for r in receipts])
    if compare:
        verify.compare(one, verify.check_copy(str(compare), policy.encode(), held, report), report)
    return Verdict(report.status(), report.object())


def _c(args):
    r = subprocess.run([str(HOPTHU_VERIFY), *map(str, args)], capture_output=True, text=True, timeout=120,
                       check=False)
    assert not hopthu.FORBIDDEN.search(r.stderr), r.stderr
    return r


def _files(where, policy, held):
    (where / "policy").write_text(policy)
    args = ["--policy", where / "policy"]
    for n, text in enumerate(held):
        (where / ("held%d" % n)).write_text(text)
        args += ["--checkpoint", where / ("held%d" % n)]
    return args


def by_c(folder, policy, held=(), compare=None, max_age=None, receipts=()):
    with tempfile.TemporaryDirectory() as where:
        args = _files(pathlib.Path(where), policy, held)
        args += [] if max_age is None else ["--max-age", max_age]
        args += [word for r in receipts for word in ("--receipt", r)]
        r = _c([*args, "-o", "json", *(["--compare", folder, compare] if compare else [folder])])
    assert r.stdout, "hopthu-verify ended with %d and said nothing: %s" % (r.returncode, r.stderr)
    return Verdict(r.returncode, json.loads(r.stdout))


def both(folder, policy, held=(), compare=None, max_age=None, receipts=()):
    """What each of them says."""
    return [by_python(folder, policy, held, compare, max_age, receipts),
            by_c(folder, policy, held, compare, max_age, receipts)]


def statuses(folder, policy):
    """Exit statuses of both programs, also for a wrong command."""
    with tempfile.TemporaryDirectory() as where:
        args = [folder, *_files(pathlib.Path(where), policy, ())]
        got = [subprocess.run([str(PYTHON_VERIFY), *map(str, args)], capture_output=True).returncode]
        return got + [_c(args).returncode]


def proof_statuses(path, policy, receipts=()):
    with tempfile.TemporaryDirectory() as where:
        args = ["--proof", path, *[word for r in receipts for word in ("--receipt", r)],
                *_files(pathlib.Path(where), policy, ())]
        got = [subprocess.run([str(PYTHON_VERIFY), *map(str, args)], capture_output=True).returncode]
        return got + [_c(args).returncode]
