# SPDX-License-Identifier: BSD-2-Clause
"""Reads a QR code (ISO/IEC 18004) that is drawn without a fault: byte mode, level M, versions 1 to 10.
There is no correction of errors: one wrong module of the data is a wrong byte."""
import re

# Codewords of data in each block, level M; centres of alignment patterns.
BLOCKS = {1: [16], 2: [28], 3: [44], 4: [32] * 2, 5: [43] * 2, 6: [27] * 4, 7: [31] * 4,
          8: [38] * 2 + [39] * 2, 9: [36] * 3 + [37] * 2, 10: [43] * 4 + [44]}
CENTRES = {1: [], 2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38],
           8: [6, 24, 42], 9: [6, 26, 46], 10: [6, 28, 50]}
MASKS = [lambda y, x: (y + x) % 2, lambda y, x: y % 2, lambda y, x: x % 3, lambda y, x: (y + x) % 3,
         lambda y, x: (y // 2 + x // 3) % 2, lambda y, x: y * x % 2 + y * x % 3,
         lambda y, x: (y * x % 2 + y * x % 3) % 2, lambda y, x: ((y + x) % 2 + y * x % 3) % 2]


def matrix(svg):
    """Modules of the one path of rectangles, without the quiet zone of 4."""
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg).group(1))
    dark = [[0] * side for _ in range(side)]
    path = re.search(r'<path d="([^"]*)"', svg).group(1)
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join("M%s %sh%sv1h-%sz" % r for r in runs) == path
    for x, y, n, back in runs:
        assert n == back
        for i in range(int(n)):
            dark[int(y)][int(x) + i] = 1
    quiet = dark[:4] + dark[-4:] + [row[:4] + row[-4:] for row in dark]
    assert not any(map(any, quiet)), "no quiet zone"
    return [row[4:-4] for row in dark[4:-4]]


def reserved(version, n):
    """Modules that are not data."""
    taken = [[False] * n for _ in range(n)]

    def take(y0, x0, h, w):
        for y in range(max(y0, 0), min(y0 + h, n)):
            for x in range(max(x0, 0), min(x0 + w, n)):
                taken[y][x] = True

    take(0, 0, 9, 9), take(0, n - 8, 9, 8), take(n - 8, 0, 8, 9), take(6, 0, 1, n), take(0, 6, n, 1)
    c = CENTRES[version]
    for y in c:
        for x in c:
            if (y, x) not in ((6, 6), (6, c[-1]), (c[-1], 6)):
                take(y - 2, x - 2, 5, 5)
    if version >= 7:
        take(0, n - 11, 6, 3), take(n - 11, 0, 3, 6)
    return taken


def decode(svg):
    m = matrix(svg)
    n = len(m)
    version = (n - 17) // 4
    places = [(8, x) for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [(y, 8) for y in (7, 5, 4, 3, 2, 1, 0)]
    form = 0
    for y, x in places:
        form = form << 1 | m[y][x]
    form ^= 0x5412
    assert form >> 13 == 0, "not level M"
    mask, taken, bits = MASKS[form >> 10 & 7], reserved(version, n), []
    up = True
    for right in [x for x in range(n - 1, 6, -2)] + [5, 3, 1]:
        for y in (range(n - 1, -1, -1) if up else range(n)):
            for x in (right, right - 1):
                if not taken[y][x]:
                    bits.append(m[y][x] ^ (mask(y, x) == 0))
        up = not up
    words = [int("".join(map(str, bits[i:i + 8])), 2) for i in range(0, len(bits) - 7, 8)]
    blocks, at = [[] for _ in BLOCKS[version]], 0
    for i in range(max(BLOCKS[version])):
        for block, size in zip(blocks, BLOCKS[version]):
            if i < size:
                block.append(words[at])
                at += 1
    data = "".join(format(w, "08b") for block in blocks for w in block)
    assert data[:4] == "0100", "not byte mode"
    width = 8 if version < 10 else 16
    length = int(data[4:4 + width], 2)
    data = data[4 + width:]
    return bytes(int(data[8 * i:8 * i + 8], 2) for i in range(length))
