#!/usr/bin/env python3
"""Prints unicode_tables.inc: what Python's str knows of characters beyond ASCII, as ranges."""
import sys

LAST = 0x110000


def ranges(holds):
    result, begin = [], None
    for code in range(0x80, LAST + 1):
        is_in = code < LAST and not 0xD800 <= code < 0xE000 and holds(chr(code))
        if is_in and begin is None:
            begin = code
        if not is_in and begin is not None:
            result.append((begin, code - 1))
            begin = None
    return result


def strided(holds):
    """Ranges of every first or every second character: {first, last, step}."""
    codes, result = [c for c in range(0x80, LAST) if not 0xD800 <= c < 0xE000 and holds(chr(c))], []
    while codes:
        length, step = 1, 1
        for candidate in (1, 2):
            n = 1
            while n < len(codes) and codes[n] - codes[n - 1] == candidate:
                n += 1
            if n > length:
                length, step = n, candidate
        result.append((codes[0], codes[length - 1], step))
        codes = codes[length:]
    return result


def mapped(change):
    """Simple mappings as {first, last, step, distance}; the others as {code, "text"}."""
    pairs, special = [], []
    for code in range(0x80, LAST):
        if 0xD800 <= code < 0xE000:
            continue
        text = change(chr(code))
        if len(text) > 1:
            special.append((code, text))
        elif text != chr(code):
            pairs.append((code, ord(text) - code))
    result = []
    while pairs:
        length, step = 1, 1
        for candidate in (1, 2):
            n = 1
            while n < len(pairs) and pairs[n][0] - pairs[n - 1][0] == candidate and pairs[n][1] == pairs[0][1]:
                n += 1
            if n > length:
                length, step = n, candidate
        result.append((pairs[0][0], pairs[length - 1][0], step, pairs[0][1]))
        pairs = pairs[length:]
    return result, special


def table(kind, name, rows):
    cells = ["{" + ",".join(f"0x{v:X}" if abs(v) > 9 and v > 0 else str(v) for v in row) + "}" for row in rows]
    print(f"constexpr {kind} {name}[] = {{")
    line = ""
    for cell in cells:
        if len(line) + len(cell) > 116:
            print(line)
            line = ""
        line += cell + ","
    print(line + "};")


def main():
    version = __import__("unicodedata").unidata_version
    print(f"// Made by unicode_tables.py: Unicode {version} beyond ASCII, as Python's str has it.")
    table("Range", "kAlpha", ranges(str.isalpha))
    table("Range", "kDecimal", ranges(str.isdecimal))
    table("Range", "kDigit", ranges(lambda c: c.isdigit() and not c.isdecimal()))
    table("Range", "kNumeric", ranges(lambda c: c.isnumeric() and not c.isdigit()))
    table("Range", "kSpaces", ranges(str.isspace))
    table("Range", "kUnprintable", ranges(lambda c: not c.isprintable()))
    table("Strided", "kLower", strided(str.islower))
    table("Strided", "kUpper", strided(str.isupper))
    table("Strided", "kTitle", strided(lambda c: c.istitle() and not c.isupper()))
    for name, change in (("Lower", str.lower), ("Upper", str.upper), ("Title", str.title), ("Fold", str.casefold)):
        simple, special = mapped(change)
        table("Mapping", f"kTo{name}", simple)
        print(f"constexpr Special kTo{name}Special[] = {{")
        for code, text in special:
            print(f"{{0x{code:X}, \"" + "".join(f"\\x{b:02x}" for b in text.encode()) + "\"},")
        print("};")


if __name__ == "__main__":
    sys.exit(main())
