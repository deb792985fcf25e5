# SPDX-License-Identifier: BSD-2-Clause
"""Changes by chance to what a copy of the log proves with.

Evidence is every file of the copy but policy and README.txt (doc/audit-format.md, "Export").  What
leaves all of it as it was is no change; nor is it one to leave out the whole line of a checkpoint that
no anchor speaks of: what remains is a copy as it could have been made, and says nothing wrong.
"""
import json
import pathlib
import re

OTHER = ("policy", "README.txt")
ANCHOR = re.compile(rb'"ev":"anchor","mono":\d+,"root":"\w+","seq":\d+,"sig":"[^"]+","size":(\d+)')


def read(folder):
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*"))
            if p.is_file()}


def write(folder, old, new):
    """Makes a folder that holds old hold new."""
    folder = pathlib.Path(folder)
    for path in old.keys() - new.keys():
        (folder / path).unlink()
    for path, data in new.items():
        if old.get(path) != data:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)


def evidence(files):
    return {p: d for p, d in files.items() if p not in OTHER}


def _flip(files, path, rng):
    data = bytearray(files[path])
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    files[path] = bytes(data)


def _delete(files, path, rng):
    data, at = files[path], rng.randrange(len(files[path]))
    files[path] = data[:at] + data[at + rng.choice([1, 1, 2, 32, 100]):]


def _insert(files, path, rng):
    data, at = files[path], rng.randrange(len(files[path]) + 1)
    some = rng.choice([rng.randbytes(rng.choice([1, 2, 32])), b" ", b"\n", b"\0", data[at:at + 40]])
    files[path] = data[:at] + some + data[at:]


def _cut(files, path, rng):
    files[path] = files[path][:rng.randrange(len(files[path]))]


def _remove(files, path, rng):
    del files[path]


def _swap(files, path, rng):
    other = rng.choice(sorted(evidence(files)))
    files[path], files[other] = files[other], files[path]


def _surplus(files, path, rng):
    files["tile/%d/%03d%s" % (rng.randrange(3), rng.randrange(999), rng.choice(["", ".p/7"]))] = files[path]


def _lines(files, path, rng):
    """Two lines change places, one is there twice or not at all; of hashes, two of these."""
    data = files[path]
    lines = data.splitlines(True) if path.endswith("ndjson") else [
        data[i:i + 32] for i in range(0, len(data), 32)]
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    how = rng.choice("swap twice gone copy".split())
    if how == "swap":
        lines[one], lines[two] = lines[two], lines[one]
    elif how == "twice":
        lines.insert(one, lines[one])
    elif how == "copy":
        lines[one] = lines[two]
    else:
        del lines[one]
    files[path] = b"".join(lines)


KINDS = [_flip] * 6 + [_delete] * 2 + [_insert] * 2 + [_cut, _remove, _swap, _surplus] + [_lines] * 3


def _same_said(old, new):
    """Only whole lines of checkpoints that no anchor speaks of are left out."""
    name = "checkpoints.ndjson"
    if name not in new or {**new, name: b""} != {**old, name: b""}:
        return False
    was, now = old[name].splitlines(True), new[name].splitlines(True)
    gone = [line for line in was if line not in now]
    if [line for line in was if line in now] != now or not gone or was[-1] in gone:
        return False
    records = b"".join(d for p, d in old.items() if p.startswith("tile/entries/"))
    anchored = {int(n) for n in ANCHOR.findall(records)}
    return not anchored & {int(json.loads(line)["note"].split("\n")[1]) for line in gone}


def mutate(files, rng):
    """(what was done, the files after it); something that is evidence is not as it was."""
    while True:
        new = dict(files)
        paths = sorted(evidence(new))
        # small files as often as the many tiles
        path = rng.choice([rng.choice(paths), rng.choice([p for p in paths if "/" not in p])])
        kind = rng.choice(KINDS)
        if not new[path] and kind not in (_insert, _remove):
            continue
        kind(new, path, rng)
        if evidence(new) != evidence(files) and not _same_said(evidence(files), evidence(new)):
            return "%s of %s" % (kind.__name__[1:], path), new
