# SPDX-License-Identifier: BSD-2-Clause
"""The folder of a copy: its files, its checkpoints, its tree, its records and openings."""
import os
import stat

from c2sp import HEX64, Bad, Checkpoint, Tree, leaf_hash, read_json

# --- the files of a copy (C2SP tlog-tiles) ---------------------------------------------------------

def tile_path(level, n, width):
    parts = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        parts.insert(0, "x%03d" % (n % 1000))
    return "tile/%s/%s%s" % (level, "/".join(parts), "" if width == 256 else ".p/%d" % width)


def tiles(count):
    """(number, width) of the tiles that so many hashes fill."""
    for n in range((count + 255) // 256):
        yield n, min(256, count - 256 * n)


class Copy:
    """A folder: its checkpoints, its tree, and its records one after another."""

    TOP = ("checkpoint", "checkpoints.ndjson", "openings.ndjson", "policy", "export.json", "README.txt")

    def __init__(self, folder, report):
        self.folder, self.report = folder, report
        self.files = self._list()
        self.head, self.first, self.last = None, 1, 0
        self.bad_hashes, self.bad_tiles = set(), []
        self.checkpoints = self._read_checkpoints()
        if self.head:
            self.last = self.size = self.head.size
            self._read_export()
            self._check_files()
            self.tree = self._read_tree()

    def _list(self):
        found = set()
        for folder, dirs, files in os.walk(self.folder):
            for name in dirs + files:
                path = os.path.join(folder, name)
                mode = os.lstat(path).st_mode
                short = os.path.relpath(path, self.folder)
                if stat.S_ISREG(mode):
                    found.add(short)
                elif not stat.S_ISDIR(mode):
                    self.report.fault(None, "files", "%s is neither a file nor a folder" % short)
        return found

    def read(self, path, seq=None):
        """Bytes of a file; None when it is not there, which is told as missing."""
        if path not in self.files:
            self.report.miss(seq, "there is no file %s" % path)
            return None
        with open(os.path.join(self.folder, path), "rb") as f:
            return f.read()

    def lines(self, path):
        """Objects of a file of lines; for a line that is none, the Bad that says why."""
        *whole, rest = (self.read(path) or b"").split(b"\n")
        for number, line in enumerate(whole, 1):
            try:
                yield read_json(line)
            except Bad as e:
                yield Bad("line %d of %s %s" % (number, path, e))
        if rest:
            yield Bad("the last line of %s is cut off" % path)

    def _read_checkpoints(self):
        """Of checkpoints.ndjson, ascending; head is the one that the copy ends with."""
        raw = self.read("checkpoint")
        try:
            self.head = None if raw is None else Checkpoint(raw.decode("utf-8"))
        except (Bad, UnicodeDecodeError) as e:
            self.report.fault(None, "checkpoint", "the file checkpoint %s" % e)
        found = []
        for line in self.lines("checkpoints.ndjson") if self.head else ():
            try:
                if isinstance(line, Bad):
                    raise line
                if list(line) != ["note"] or not isinstance(line["note"], str):
                    raise Bad("is not one note")
                found.append(Checkpoint(line["note"]))
            except Bad as e:
                self.report.fault(found[-1].size + 1 if found else 1, "checkpoints",
                                  "checkpoints.ndjson, behind %d checkpoints: %s" % (len(found), e))
        for one, two in zip(found, found[1:]):
            if one.size >= two.size:
                self.report.fault(two.size, "checkpoints", "checkpoints.ndjson does not ascend")
        if self.head and "checkpoints.ndjson" in self.files and (
                not found or found[-1].note != self.head.note):
            self.report.fault(None, "checkpoints", "checkpoints.ndjson does not end with checkpoint")
        return found

    def _read_export(self):
        raw = self.read("export.json")
        try:
            got = read_json(raw) if raw is not None else None
            if got is None:
                return
            if set(got) != {"first", "last", "root", "size", "v"} or got["v"] != 1:
                raise Bad("has other keys")
            if not all(type(got[k]) is int for k in ("first", "last", "size")):
                raise Bad("has something that is no number")
            if got["size"] != self.size or got["root"] != self.head.root.hex():
                raise Bad("is of another checkpoint")
            if not 1 <= got["first"] <= got["last"] <= self.size:
                raise Bad("speaks of records that are not there")
            self.first, self.last = got["first"], got["last"]
        except Bad as e:
            self.report.fault(None, "export.json", "export.json %s" % e)

    @property
    def part(self):
        return (self.first, self.last) != (1, self.size)

    def levels(self):
        """(level, number of hashes) of the tiles of this size."""
        count, level = self.size, 0
        while count:
            yield level, count
            count, level = count >> 8, level + 1

    def bundles(self):
        for n, width in tiles(self.size):
            if 256 * n < self.last and 256 * n + width >= self.first:
                yield n, width

    def _check_files(self):
        wanted = {tile_path(level, n, w) for level, c in self.levels() for n, w in tiles(c)}
        wanted |= {tile_path("entries", n, w) for n, w in self.bundles()}
        for path in sorted(self.files - wanted):
            if path.startswith("tile/"):
                self.report.fault(None, "files", "%s is not of a log of %d records" % (path, self.size))
            elif path not in self.TOP:
                self.report.tell(None, "%s is no part of the copy" % path)

    def _read_tree(self):
        """Leaves as the tiles say, or as the records do where there is no tile; None: neither."""
        leaves = bytearray()
        for n, width in tiles(self.size):
            path = tile_path(0, n, width)
            raw = self.read(path, 256 * n + 1)
            if raw is None:
                raw = b"".join(leaf_hash(r) for r in self.records_of(n, width, quiet=True))
            elif len(raw) != 32 * width:
                self._bad_hash(256 * n + min(len(raw) // 32 + 1, width), path)
            if len(raw) < 32 * width:
                return None
            leaves += raw[:32 * width]
        tree = Tree(leaves)
        for level, count in list(self.levels())[1:]:
            for n, width in tiles(count):
                self._check_tile(tree, level, n, width)
        return tree

    def _check_tile(self, tree, level, n, width):
        under = 256 ** level
        path = tile_path(level, n, width)
        raw = self.read(path, 256 * n * under + 1)
        if raw is None:
            return
        for i in range(width):
            if raw[32 * i:32 * i + 32] != tree.hash(8 * level, 256 * n + i):
                self.bad_tiles.append(((256 * n + i) * under + 1, under, path))
                return
        if len(raw) > 32 * width:
            self._bad_hash((256 * n + width - 1) * under + 1, path)

    def end(self):
        """A hash over others is named by the one of those that is wrong, where there is one."""
        for first, under, path in self.bad_tiles:
            below = [n for n in self.bad_hashes if first <= n < first + under]
            self._bad_hash(min(below) if below else first, path)

    def _bad_hash(self, seq, what):
        self.bad_hashes.add(seq)
        self.report.fault(seq, "hash", "the hash in %s is wrong" % what)

    def records_of(self, n, width, quiet=False):
        """Bytes of the records of a bundle, as far as they can be read."""
        path, at, out = tile_path("entries", n, width), 0, []
        if quiet and path not in self.files:
            return out
        raw = self.read(path, max(256 * n + 1, self.first))
        while raw is not None and len(out) < width and at + 2 <= len(raw):
            length = int.from_bytes(raw[at:at + 2], "big")
            if at + 2 + length > len(raw):
                break
            out.append(raw[at + 2:at + 2 + length])
            at += 2 + length
        if raw is not None and not quiet and (len(out) < width or at < len(raw)):
            seq = 256 * n + min(len(out) + 1, width)
            self.bad_hashes.add(seq)
            self.report.fault(seq, "hash", "%s does not end with its %d records" % (path, width))
        return out

    def records(self):
        """(seq, bytes, whether the tile knows them); None for bytes that are not there."""
        for n, width in self.bundles():
            got = self.records_of(n, width)
            for i in range(width):
                raw, seq = got[i] if i < len(got) else None, 256 * n + i + 1
                right = raw is not None and self.tree and leaf_hash(raw) == self.tree.hash(0, seq - 1)
                if raw is not None and self.tree and not right:
                    self.bad_hashes.add(seq)
                    self.report.fault(seq, "hash", "the record is not the one in tile/0")
                yield seq, raw, right


class Openings:
    """The lines of openings.ndjson, taken record by record."""

    def __init__(self, copy, report):
        self.report, self.rest = report, copy.lines("openings.ndjson")
        self.seq, self.field, self.line = 0, "", None
        self.broken = "openings.ndjson" not in copy.files   # from here on nothing is known of them
        self._next()

    def _next(self):
        for line in self.rest:
            if isinstance(line, Bad):
                self.report.fault(None, "7", str(line))
                self.broken = True
                break
            if (set(line) != {"field", "salt", "seq", "value"} or type(line["seq"]) is not int
                    or not all(isinstance(line[k], str) for k in ("field", "salt", "value"))
                    or not HEX64.fullmatch(line["salt"])):
                self.report.fault(None, "7", "a line of openings.ndjson is no opening")
                self.broken = True
                break
            elif (line["seq"], line["field"]) <= (self.seq, self.field):
                self.report.fault(line["seq"], "7", "its opening is not in its place")
            else:
                self.seq, self.field, self.line = line["seq"], line["field"], line
                return
        self.line = None

    def take(self, seq):
        """{field: line} of the openings up to this record; those of no record are reported."""
        got = {}
        while self.line and self.seq <= seq:
            if self.seq == seq:
                got[self.field] = self.line
            else:
                self.report.fault(self.seq, "7", "an opening of a record that is not in the copy")
            self._next()
        return got
