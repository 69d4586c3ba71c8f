#!/usr/bin/env python3
"""Renders generated templates with our engine and with Jinja itself, and compares.

Templates come from a grammar (class Grammar) and a seed. A template passes where both give the same text, or
both refuse it. What differs on purpose is listed in docs/tasks/transform.md, and in LISTED here.
"""
import argparse
import json
import random
import re
import resource
import signal
import subprocess
import sys

import jinja2

VARIABLES = {
    "name": "World", "n": 3, "big": 9007199254740993, "f": 2.5, "neg": -7, "zero": 0, "yes": True, "no": False, "nothing": None,
    "empty": "", "blank": "  two  words ", "ml": "a line\n  and another\n\nlast\n", "uni": "ÄÖÜ straße Ελλάς", "tag": "<a href=\"x\">T & 'q'</a>",
    "esc": "tab\there \\ \"quoted\" it's",
    "nums": [3, 1, 2], "floats": [0.5, 1.25, -2.0], "words": ["b", "A", "c", "a", "B"], "mixed": [1, "1", 1.0, None, True],
    "nested": [[1, 2], [3, [4]], []], "nolist": [],
    "users": [{"n": "bob", "a": 2, "t": ["x"]}, {"n": "Ann", "a": 1, "t": []}, {"n": "carl", "a": 2, "t": ["y", "z"]}, {"n": "ann", "a": 10, "t": ["x"]}],
    "d": {"x": 1, "items": 5, "y": [1, 2, 3], "k": {"z": "deep"}, "B": 2}, "counts": {"b": 2, "a": 10, "C": 1},
}

# Where the two differ on purpose: a pattern of what Jinja gives or says, or of what ours says.
JINJA_LISTED = re.compile(r"<generator object|dict_(keys|values|items)\(|\brange\(|<function |<built-in method|<bound method|<Macro|<class |object at 0x|<jinja2|Undefined\b"
                          r"|slice\(|Markup|<method|No (filter|test) named|complex|\dj\b|integer string conversion", re.I)
OURS_LISTED = re.compile(r"64 bits|at most [0-9,]+ (bytes|characters|elements|levels|numbers|steps)|too long|among real numbers|cannot be sliced")


class Late(Exception):
    pass


class Grammar:
    """Random templates. Expressions are asked for by type, and sometimes given by another."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = {"int": ["n", "big", "neg", "zero"], "float": ["f"], "str": ["name", "empty", "blank", "ml", "uni", "tag", "esc"],
                      "list": ["nums", "floats", "words", "nolist", "nested"], "dict": ["d", "counts"], "bool": ["yes", "no"], "users": ["users"]}
        self.fresh = 0
        self.looped = set()  # words of the loops around: what they go over is not changed in them

    def pick(self, *options):
        return self.random.choice(options)

    def chance(self, probability):
        return self.random.random() < probability

    # Literals.
    def literal(self, kind):
        if kind == "int":
            return self.pick("0", "1", "2", "3", "7", "10", "-1", "-5", "42", "1000", "1_000", "0x1F", "0b101", "0o17", "9223372036854775807", "123456789012")
        if kind == "float":
            return self.pick("0.5", "1.0", "2.5", "-1.5", "1e3", "1.115", "2.675", "1e16", "1e-7", "123456.789", "0.1", "3.0", "1e100", "100.0", "-0.0")
        if kind == "str":
            return self.pick("'a'", "'b c'", "\"it's\"", "''", "'Hello World'", "'x,y,,z'", "'12'", "'-3.5'", "' 7 '", "'ÄÖÜ'", "'straße'", "'\\x41'", "'\\u00e9'", "'a\\nb'", "'0x1A'",
                             "'\\\\'", "'a\\tb'", "'ABC'", "'abc def ghi'", "'aXbXc'", "'1e3'", "'%s-%s'", "'{}'", "'tRue'", "'ǆungla'", "'\\'q\\''", "'1_000'", "'ﬁn'", "'1,2'", "'²'")
        if kind == "bool":
            return self.pick("true", "false", "True", "False")
        if kind == "list":
            return self.pick("[]", "[1, 2, 3]", "['a', 'b']", "[1, 'a', none]", "[[1, 2], [3, 4]]", "['x', 'X', 'y']", "(1, 2)", "(1,)", "()", "[2.5, 1]", "[true, false, 1]", "[0, '', none, 'x']")
        if kind == "dict":
            return self.pick("{}", "{'a': 1}", "{'b': 1, 'a': [2], 'C': 'x'}", "{1: 'one', 'k': none}", "{'x': {'y': 1}}", "dict(a=1, b='z')", "{(1, 2): 3}")
        return self.pick("none", "None", "undefined_name")

    def expression(self, kind=None, depth=3):
        if kind is None:
            kind = self.random.choices(["int", "float", "str", "list", "dict", "bool", "none", "users"], [20, 10, 32, 16, 6, 12, 2, 2])[0]
        if self.chance(0.02):  # by another type
            kind = self.pick("int", "float", "str", "list", "dict", "bool", "none")
        if depth <= 0 or self.chance(0.15):
            if kind in self.names and self.chance(0.5):
                return self.random.choice(self.names[kind])
            return "users" if kind == "users" else self.literal(kind)
        if self.chance(0.05):
            return f"({self.operand(kind, depth - 1)} if {self.operand('bool', depth - 1)} else {self.expression(kind, depth - 1)})"
        if self.chance(0.03):
            return f"({self.expression(kind, depth - 1)} {self.pick('or', 'and')} {self.expression(kind, depth - 1)})"
        if self.chance(0.02):
            return f"{self.operand(None, depth)}|default({self.expression(kind, depth - 1)}{self.pick('', ', true', ', boolean=true')})"
        return getattr(self, "expression_of_" + kind, lambda depth: self.literal(kind))(depth - 1)

    def operand(self, kind, depth):
        """Stands before a bar, a dot or a bracket."""
        text = self.expression(kind, depth)
        return text if re.fullmatch(r"\w+|'[^']*'", text) and not text[0].isdigit() else f"({text})"

    def small(self):
        return self.pick("0", "1", "2", "3", "5", "8", "12", "-1", "-2", "20")

    def expression_of_int(self, depth):
        e, o, s = self.expression, self.operand, self.small
        return self.pick(
            lambda: f"{o('int', depth)} {self.pick('+', '-', '*')} {o('int', depth)}",
            lambda: f"{o('int', depth)} {self.pick('//', '%')} {o('int', depth)}",
            lambda: f"{o('int', 0)} ** {self.pick('0', '1', '2', '3', '10', '18', '2 ** 2')}",
            lambda: f"-{o('int', depth)}", lambda: f"+{o('int', depth)}",
            lambda: f"{o(self.pick('str', 'list', 'dict'), depth)}|{self.pick('length', 'count')}",
            lambda: f"{o('str', depth)}|int{self.pick('', '(7)', '(default=-1)', '(0, 16)', '(0, base=2)', '(base=8)', '(0, 36)')}",
            lambda: f"{o('float', depth)}|int", lambda: f"{o('int', depth)}|abs", lambda: f"{o('str', depth)}|wordcount",
            lambda: f"{o('str', depth)}.{self.pick('find', 'rfind', 'index', 'rindex', 'count')}({e('str', 0)}{self.pick('', '', ', 1', ', 1, 4', ', -3')})",
            lambda: f"nums[{s()}]", lambda: f"d.{self.pick('x', 'B', 'nope')}", lambda: f"{o('list', 1)}|sum{self.pick('', '(start=3)')}",
            lambda: f"nums|{self.pick('min', 'max', 'first', 'last', 'sum')}", lambda: f"users|sum(attribute='a'{self.pick('', ', start=1')})",
            lambda: f"{o('list', depth)}.{self.pick('index', 'count')}({e('int', 0)})",
            lambda: f"users[{s()}].a", lambda: f"counts.get({e('str', 0)}{self.pick('', ', 5')})", lambda: f"counts['{self.pick('a', 'b', 'zz')}']",
            lambda: f"range({s()}, {s()}{self.pick('', ', 2', ', -1')})|{self.pick('sum', 'length', 'last')}",
        )()

    def expression_of_float(self, depth):
        o = self.operand
        return self.pick(
            lambda: f"{o('float', depth)} {self.pick('+', '-', '*', '/')} {o(self.pick('int', 'float'), depth)}",
            lambda: f"{o('int', depth)} / {o('int', depth)}", lambda: f"{o('float', depth)} {self.pick('//', '%')} {o('float', 0)}",
            lambda: f"{o(self.pick('float', 'float', 'int'), depth)}|round{self.pick('', '(1)', '(2)', '(precision=3)', '(-1)', '(-2)')}",
            lambda: f"{o('float', depth)}|round({self.pick('0', '1', '2')}, '{self.pick('ceil', 'floor', 'common')}')",
            lambda: f"{o(self.pick('str', 'int', 'float'), depth)}|float{self.pick('', '(1.5)', '(default=none)')}",
            lambda: f"{o('float', depth)}|abs", lambda: f"-{o('float', depth)}", lambda: f"{o('float', 0)} ** {self.pick('2', '0.5', '-1', '3')}", lambda: f"{o('int', 0)} ** {self.pick('-1', '-2', '0.5')}",
            lambda: f"floats|{self.pick('min', 'max', 'sum', 'first')}",
        )()

    def expression_of_bool(self, depth):
        e, o = self.expression, self.operand
        kind = self.pick("int", "float", "str", "list", "bool")
        simple = ("defined", "undefined", "none", "string", "mapping", "sequence", "iterable", "number", "integer", "float", "boolean", "true", "false", "odd", "even", "lower", "upper", "callable", "escaped")
        return self.pick(
            lambda: f"{o(kind, depth)} {self.pick('==', '!=', '<', '<=', '>', '>=')} {o(kind, depth)}",
            lambda: f"{o(None, depth)} {self.pick('==', '!=', '<')} {o(None, depth)}",
            lambda: f"{o('int', depth)} < {o('float', depth)} {self.pick('<', '<=', '>')} {o('int', depth)}",
            lambda: f"not {e('bool', depth)}", lambda: f"{o('bool', depth)} {self.pick('and', 'or')} {o('bool', depth)}",
            lambda: f"{o(None, depth)} is {self.pick('', 'not ')}{self.random.choice(simple)}",
            lambda: f"{o(self.pick('int', 'str', 'float'), depth)} is {self.random.choice(simple)}",
            lambda: f"{o('int', depth)} is divisibleby{self.pick(' 2', '(3)', ' 0', '(n)')}",
            lambda: f"{o(kind, depth)} is {self.pick('eq', 'equalto', 'ne', 'lt', 'gt', 'le', 'ge', 'lessthan', 'greaterthan', 'in')}({e(kind, depth)})",
            lambda: f"'{self.pick('upper', 'nope', 'map', 'odd', 'join')}' is {self.pick('filter', 'test')}",
            lambda: f"{o('str', depth)} {self.pick('in', 'not in')} {o('str', depth)}", lambda: f"{o(None, depth)} {self.pick('in', 'not in')} {o(self.pick('list', 'dict'), depth)}",
            lambda: f"{o('str', depth)}.{self.pick('startswith', 'endswith')}({e('str', 0)}{self.pick('', '', ', 1')})",
            lambda: f"{o('str', depth)}.{self.pick('isdigit', 'isalpha', 'isalnum', 'islower', 'isupper', 'isspace', 'istitle', 'isnumeric', 'isdecimal', 'isidentifier', 'isascii', 'isprintable')}()",
        )()

    def words_format(self):
        spec = self.pick("", "s", ">8", "<6", "^7", "*^9", ".2", "5", "r>4", "0>5")
        number = self.pick("", "d", "5d", "05d", "+d", ",", ",d", "x", "X", "#x", "o", "b", "#b", "c", "_", " d", "<6", "=+8", "%", "e", "n")
        real = self.pick("", ".2f", "8.3f", "+.1f", "e", ".3e", "g", ".3g", "%", ".1%", ",.2f", "010.2f", ".0f", "#.0f", "G", "E", "F", ".2", "_.3f")
        return spec, number, real

    def expression_of_str(self, depth):
        e, o, s = self.expression, self.operand, self.small
        spec, number, real = self.words_format()
        percent = self.pick("s", "d", "r", "5s", "-5s|", ".2s", "05d", "+d", "x", "X", "o", "#x", "#o", "c", "e", "f", ".2f", "10.3f", "g", "G", "i", "%", "-8d|", " d", "a", "u", "E", "*d")
        return self.pick(
            lambda: f"{o('str', depth)} ~ {o(None, depth)}", lambda: f"{o('str', depth)} + {o('str', depth)}", lambda: f"{o('str', depth)} * {self.pick('0', '2', '3', '-1')}",
            lambda: f"{o('str', depth)}|{self.pick('upper', 'lower', 'title', 'capitalize', 'trim', 'string', 'reverse', 'striptags', 'urlencode', 'pprint', 'wordcount', 'safe')}",
            lambda: f"{o('str', depth)}.{self.pick('upper', 'lower', 'title', 'capitalize', 'swapcase', 'strip', 'lstrip', 'rstrip', 'casefold', 'expandtabs')}()",
            lambda: f"{o('str', depth)}.{self.pick('strip', 'lstrip', 'rstrip')}({self.pick(chr(39) + 'a ' + chr(39), chr(39) + 'Hd' + chr(39), 'none')})",
            lambda: f"{o('str', depth)}.{self.pick('center', 'ljust', 'rjust', 'zfill')}({s()})", lambda: f"{o('str', depth)}.{self.pick('center', 'ljust', 'rjust')}({s()}, '*')",
            lambda: f"{o('str', depth)}|center({self.pick('', '10', '3', 'width=12')})", lambda: f"{o('str', depth)}|trim('{self.pick('a', 'ad ', '')}')",
            lambda: f"{o('str', depth)}|replace({e('str', 0)}, {e('str', 0)}{self.pick('', ', 1', ', count=2')})", lambda: f"{o('str', depth)}.replace({e('str', 0)}, {e('str', 0)}{self.pick('', ', 1', ', -1')})",
            lambda: f"{o('str', depth)}.{self.pick('removeprefix', 'removesuffix')}({e('str', 0)})", lambda: f"{o('str', depth)}.join({self.pick('words', '[' + chr(39) + 'x' + chr(39) + ', name]', 'nolist', e('list', 0))})",
            lambda: f"{o('str', depth)}[{self.pick(s(), s() + ':', ':' + s(), s() + ':' + s(), '::' + s(), '::-1', s() + ':' + s() + ':' + s())}]",
            lambda: f"{o('list', depth)}|join({self.pick('', e('str', 0), 'd=' + e('str', 0))})", lambda: f"users|join({e('str', 0)}, attribute='{self.pick('n', 'a', 't')}')",
            lambda: f"{o('str', depth)}|truncate({self.pick('5', '8, true', '5, true, ' + chr(39) + '..' + chr(39), '6, leeway=0', '3, false, ' + chr(39) + chr(39) + ', 1', '20', '')})",
            lambda: f"{o('str', depth)}|indent({self.pick('', '2', '2, true', '3, first=true, blank=true', 'width=' + chr(39) + '> ' + chr(39))})",
            lambda: f"{o('str', depth)}|wordwrap({self.pick('', '5', '4, false', '6, wrapstring=' + chr(39) + '|' + chr(39), '3, true, ' + chr(39) + '/' + chr(39), '7, break_on_hyphens=false')})",
            lambda: f"{o('int', depth)}|filesizeformat{self.pick('', '(true)', '(binary=true)')}", lambda: f"{o(self.pick('dict', 'list'), depth)}|{self.pick('tojson', 'tojson(2)', 'tojson(indent=1)')} ~ ''", lambda: f"{o(self.pick('dict', 'list'), depth)}|string", lambda: f"{o(self.pick('dict', 'list'), 0)}|pprint",
            lambda: f"{o(None, depth)}|tojson ~ ''", lambda: f"{o(None, depth)}|string", lambda: f"{o('dict', 0)}|{self.pick('xmlattr', 'xmlattr(false)', 'urlencode')}",
            lambda: f"'%{percent}' % {self.operand(self.pick('int', 'int', 'float', 'str'), depth)}", lambda: f"'%s and %{percent}' % ({e('str', 0)}, {e(self.pick('int', 'float'), 0)})",
            lambda: f"'%(x){self.pick('s', 'd', '5d', 'r')} %(B)s' % d", lambda: f"'%s {percent}%%'|format({e(None, 0)})", lambda: f"'{{:{spec}}}'.format({e('str', depth)})",
            lambda: f"'{{:{number}}}'.format({e('int', depth)})", lambda: f"'{{:{real}}}'.format({e('float', depth)})", lambda: f"'{{0{self.pick('!r', '!s', '!a', '')}:{spec}}} {{0}}'.format({e(None, 0)})",
            lambda: "'{a[0]} {a[1]} {b[x]} {c[k]} {{}}'.format(a=nums, b=d, c={'k': 5})", lambda: "'{b.x}'.format(b=d)", lambda: f"'{{:{{w}}}}|'.format({e('str', 0)}, w={self.pick('3', '8')})", lambda: f"'{{}}{{}}'.format({e(None, 0)}, {e(None, 0)})",
            lambda: f"{o('str', depth)}|{self.pick('first', 'last', 'last|length')}", lambda: f"words|{self.pick('first', 'last', 'min', 'max', 'min(case_sensitive=true)')}", lambda: f"users[{s()}].n", lambda: f"d.k.{self.pick('z', 'q')}",
            lambda: f"{o('str', depth)}.expandtabs({self.pick('4', '8', '1', '0')})", lambda: f"{o('str', 0)}|attr('{self.pick('upper', 'nope', 'x')}')|string|length > 0", lambda: f"{o('str', depth)}.swapcase()|length",
            lambda: f"{o('str', depth)}.{self.pick('title', 'upper')}({self.pick('', '', '1')})", lambda: f"{o('str', depth)}|upper({self.pick('1', 'x=2', '')})",
            lambda: f"dict({self.pick('a=1', 'nums', '[(1, 2)]', 'd, z=3')})|string", lambda: f"(users|groupby('{self.pick('a', 'n')}')|first)[0]|string", lambda: f"{o('str', depth)}.format({e(None, 0)})", lambda: f"{o('str', depth)} % {o(None, 0)}",
        )()

    def expression_of_list(self, depth):
        e, o, s = self.expression, self.operand, self.small
        flags = self.pick("", "reverse=true", "case_sensitive=true", "true", "true, true")
        return self.pick(
            lambda: f"[{', '.join(e(None, depth) for _ in range(self.random.randint(0, 3)))}]", lambda: f"({e(None, depth)}, {e(None, depth)})", lambda: f"{o('list', depth)} + {o('list', depth)}", lambda: f"{o('list', depth)} * {self.pick('0', '2', '-1')}",
            lambda: f"{o('list', depth)}[{self.pick(s() + ':', ':' + s(), s() + ':' + s(), '::' + s(), '::-1')}]", lambda: f"{o(self.pick('str', 'list', 'dict'), depth)}|list", lambda: f"range({s()}{self.pick('', ', ' + s())})|list",
            lambda: f"{o('str', depth)}.{self.pick('split', 'rsplit')}({self.pick('', e('str', 0), e('str', 0) + ', 1', 'none, 1', 'maxsplit=1')})", lambda: f"{o('str', depth)}.splitlines({self.pick('', 'true')})",
            lambda: f"{o('str', depth)}.{self.pick('partition', 'rpartition')}({e('str', 0)})", lambda: f"{self.pick('words', 'nums', 'floats', 'nolist', o('list', 0))}|sort({flags})", lambda: f"users|sort(attribute='{self.pick('a', 'n', 'a,n', 'zz')}')|map(attribute='n')|list",
            lambda: f"{self.pick('words', 'nums', 'mixed')}|unique({self.pick('', 'true', 'case_sensitive=true')})|list", lambda: f"users|unique(attribute='a')|map(attribute='n')|list", lambda: f"{o('list', depth)}|reverse|list",
            lambda: f"{o('list', depth)}|map('{self.pick('upper', 'string', 'length', 'int', 'abs', 'first', 'tojson', 'nope')}')|list", lambda: f"users|map(attribute='{self.pick('n', 'a', 'zz', 't.0', 't')}'{self.pick('', ', default=' + chr(39) + '?' + chr(39))})|list",
            lambda: f"{o('list', depth)}|{self.pick('select', 'reject')}({self.pick('', chr(39) + 'string' + chr(39), chr(39) + 'number' + chr(39), chr(39) + 'gt' + chr(39) + ', 1', chr(39) + 'in' + chr(39) + ', nums', chr(39) + 'odd' + chr(39))})|list",
            lambda: f"users|{self.pick('selectattr', 'rejectattr')}({self.pick(chr(39) + 't' + chr(39), chr(39) + 'a' + chr(39) + ', ' + chr(39) + 'eq' + chr(39) + ', 2', chr(39) + 'n' + chr(39) + ', ' + chr(39) + 'lower' + chr(39))})|map(attribute='n')|list",
            lambda: f"{o('list', depth)}|{self.pick('batch', 'slice')}({self.pick('1', '2', '3')}{self.pick('', ', ' + chr(39) + '-' + chr(39), ', fill_with=0')})|list", lambda: f"{o('dict', depth)}|dictsort({self.pick('', 'true', 'false, ' + chr(39) + 'value' + chr(39), 'reverse=true', 'by=' + chr(39) + 'key' + chr(39))})",
            lambda: f"{o('dict', depth)}|items|list", lambda: f"{o('dict', depth)}.{self.pick('items', 'keys', 'values')}()|list", lambda: f"users|groupby('{self.pick('a', 'n')}'{self.pick('', ', case_sensitive=true', ', default=0')})|map('first')|list",
            lambda: f"users|groupby('a')|map(attribute='{self.pick('grouper', 'list', '0')}')|map('{self.pick('string', 'length')}')|list" if False else "users|groupby('a')|map(attribute='grouper')|list",
            lambda: f"words.copy()", lambda: f"d.y", lambda: f"nested[{s()}]", lambda: f"{o('str', depth)}|{self.pick('list', 'map(' + chr(39) + 'upper' + chr(39) + ')|list', 'sort', 'unique|list')}",
        )()

    def expression_of_dict(self, depth):
        e = self.expression
        return self.pick(lambda: f"{{{e('str', 0)}: {e(None, depth)}, {e(self.pick('str', 'int'), 0)}: {e(None, depth)}}}", lambda: f"dict({self.pick('', 'd, ')}k={e(None, depth)})", lambda: "d.k", lambda: "d.copy()", lambda: f"users[{self.small()}]")()

    def expression_of_users(self, depth):
        return self.pick("users", "users[1:]", "users|sort(attribute='a')", "users|selectattr('t')|list")

    # Statements.
    def name(self):
        self.fresh += 1
        return "v" + str(self.fresh)

    def text(self):
        return self.pick("text ", " x\n", "\n", "", "a b", "{ ", "} ", "%", "  ", "é", "{# note #}", "{#- note -#} ", "{% raw %}{{ x }}{% endraw %}", "$")

    def tag(self, inside):
        return self.pick("{% ", "{% ", "{%- ", "{%+ ") + inside + self.pick(" %}", " %}", " -%}")

    def output(self):
        return self.pick("{{ ", "{{ ", "{{- ") + self.expression() + self.pick(" }}", " }}", " -}}")

    def body(self, depth):
        return "".join(self.text() + self.statement(depth - 1) + self.text() for _ in range(self.random.randint(1, 2)))

    def statement(self, depth=2):
        if depth <= 0 or self.chance(0.5):
            return self.output()
        return self.pick(self.if_, self.for_, self.for_, self.set_, self.set_, self.set_block, self.macro, self.macro, self.call, self.filter_, self.with_, self.do, self.namespace, self.objects, self.recursive)(depth)

    def if_(self, depth):
        text = self.tag("if " + self.expression(self.pick("bool", None), 2)) + self.body(depth)
        if self.chance(0.3):
            text += self.tag("elif " + self.expression("bool", 1)) + self.body(depth)
        return text + (self.tag("else") + self.body(depth) if self.chance(0.5) else "") + self.tag("endif")

    def for_(self, depth):
        name = self.name()
        head, kind = self.pick((f"{name} in {self.expression('list', 2)}", None), (f"{name} in range({self.small()})", "int"), (f"{name} in users", None), (f"{name}, w in {self.expression('dict', 0)}.items()", "str"), (f"{name} in words", "str"), (f"{name} in nums", "int"))
        if self.chance(0.2):
            head += f" if {self.pick(name, name + ' is string', name + ' is defined', 'not ' + name)}"
        known = {kind: self.names[kind] + [name] * 3} if kind else {}
        before, self.names = self.names, {**self.names, **known}
        around, self.looped = self.looped, self.looped | set(re.findall(r"\w+", head))
        what = self.pick("loop.index", "loop.index0", "loop.revindex", "loop.revindex0", "loop.first", "loop.last", "loop.length", "loop.depth", "loop.depth0", "loop.cycle('odd', 'even')", f"loop.changed({name})", "loop.previtem", "loop.nextitem",
                         "loop.previtem is defined", name, f"{name}|string", "loop.nope")
        body = self.body(depth) + f"{{{{ {what} }}}},"
        if self.chance(0.15):
            body = self.tag(f"if loop.index == {self.pick('1', '2')}") + self.tag(self.pick("break", "continue")) + self.tag("endif") + body
        self.names, self.looped = before, around
        return self.tag("for " + head) + body + (self.tag("else") + self.body(depth) if self.chance(0.2) else "") + self.tag("endfor")

    def recursive(self, depth):
        return self.tag("for item in nested recursive") + "<{{ loop.depth }}:" + self.pick("{% if item is iterable %}{{ loop(item) }}{% else %}{{ item }}{% endif %}", "{{ loop(item) if item is sequence else item }}") + ">" + self.tag("endfor")

    def set_(self, depth):
        name, kind = self.name(), self.pick("int", "str", "list", "float", "dict")
        text = self.tag(self.pick(f"set {name} = {self.expression(kind)}", f"set {name} = {self.expression(kind)}", f"set {name}, other = {self.expression(kind)}, 1"))
        self.names = {**self.names, kind: self.names[kind] + [name] * 3}
        return text + f"{{{{ {name} }}}}"

    def set_block(self, depth):
        name = self.name()
        text = self.tag(f"set {name}{self.pick('', '|upper', '|trim', ' | replace(' + chr(39) + 'a' + chr(39) + ', ' + chr(39) + 'b' + chr(39) + ')')}") + self.body(depth) + self.tag("endset")
        return text + f"[{{{{ {name} }}}}]"

    def macro(self, depth):
        name = self.name()
        parameters = self.pick("a", "a, b=1", "a, b='x', c=none", "", "a, b=a")
        before, self.names = self.names, {**self.names, "str": self.names["str"] + ["a", "a", "b"]}
        body = self.pick("", "{{ a }}", "{{ a }}-{{ b }}", "{{ varargs }}", "{{ kwargs }}", "{{ varargs }}{{ kwargs }}", "{{ caller is defined }}", f"{{{{ {name}.name }}}}{{{{ {name}.arguments }}}}", "{{ caller() }}") + (self.body(depth) if self.chance(0.4) else "")
        self.names = before
        calls = "".join(f"{{{{ {name}({arguments}) }}}}" for arguments in self.random.sample(["", "1", "'p', 2", "1, 2, 3", "1, b=2", "a=1", "b=3", "1, z=2", "1, a=2", "*nums", "**{'a': 5}", "1, 2, 3, 4", "'p', *words[:1]", "a='q', b='r'"], 2))
        return self.tag(f"macro {name}({parameters})") + body + self.tag("endmacro") + calls

    def call(self, depth):
        name = self.name()
        head, given = self.pick(("call", "caller()"), ("call(x)", "caller(7)"), ("call(x, y=2)", "caller(1)"), ("call(x)", "caller()"), ("call", "caller(1)"), ("call(x)", "caller(x=3)"), ("call(x)", "caller(1, 2)"))
        return self.tag(f"macro {name}(p='d')") + "<{{ p }}" + self.pick(f"{{{{ {given} }}}}", f"{{{{ {given}|upper }}}}", "") + ">" + self.tag("endmacro") + self.tag(f"{head} {name}({self.pick('', '1', 'p=2')})") + self.body(depth) + self.pick("", "{{ x }}") + self.tag("endcall")

    def filter_(self, depth):
        return self.tag("filter " + self.pick("upper", "trim", "replace('a', 'b')", "indent(2)", "upper|trim", "title", "length", "wordwrap(5)", "lower | replace(' ', '')")) + self.body(depth) + self.tag("endfilter")

    def with_(self, depth):
        name = self.name()
        return self.tag(f"with {name} = {self.expression()}{self.pick('', ', q = 1', ', n = 9', ', q = ' + name)}") + self.body(depth) + f"{{{{ {name} }}}}{{{{ q }}}}" + self.tag("endwith")

    def do(self, depth):
        name = self.name()
        act = self.pick(f"append({self.expression(None, 1)})", "extend([1, 'x'])", "insert(0, 'i')", "insert(-1, 5)", "pop()", "pop(0)", "clear()", "reverse()", "remove(2)", "sort()", "sort(reverse=true)", "append()", "append(1, 2)", "pop(9)", "copy()")
        words = self.pick(f"update({{'q': 1}})", "update(q=2)", "setdefault('x', 9)", "pop('x')", "pop('zz')", "pop('zz', 1)", "clear()", "popitem()", "setdefault('new')", "update([('k', 'v')])", "update(1)", "get()")
        if self.chance(0.5):
            return f"{{% set {name} = {self.unlooped('[3, 1, 2]', 'nums', 'words', '[]')} %}}" + self.tag(f"do {name}.{act}") + f"{{{{ {name} }}}}{{{{ {name}.{self.pick('pop()', 'copy()', 'count(1)', 'index(3)')} }}}}"
        return f"{{% set {name} = {self.unlooped('{}', 'd', 'counts')} %}}" + self.tag(f"do {name}.{words}") + f"{{{{ {name} }}}}"

    def unlooped(self, *options):
        return self.pick(*(option for option in options if option not in self.looped))

    def namespace(self, depth):
        name = self.name()
        return f"{{% set {name} = namespace({self.pick('t=0', '{' + chr(39) + 't' + chr(39) + ': 1}', 'd, t=2')}) %}}" + f"{{% for i in {self.expression('list', 1)} %}}{{% set {name}.t = {name}.t + {self.pick('1', 'loop.index', 'i')} %}}{{% endfor %}}{{{{ {name}.t }}}}{{{{ {name}.{self.pick('x', 'nope', 't')} }}}}"

    def objects(self, depth):
        name = self.name()
        return self.pick(f"{{% set {name} = cycler('a', 'b', 3) %}}{{{{ {name}.next() }}}}{{{{ {name}.current }}}}{{{{ {name}.next() }}}}{{{{ {name}.next() }}}}{{{{ {name}.next() }}}}{{% do {name}.reset() %}}{{{{ {name}.current }}}}",
                         f"{{% set {name} = joiner({self.pick('', chr(39) + '; ' + chr(39))}) %}}{{% for i in {self.expression('list', 1)} %}}{{{{ {name}() }}}}{{{{ i }}}}{{% endfor %}}", "{{ lipsum(n=1, html=false, min=3, max=5)|length > 5 }}", "{{ cycler() }}",
                         "{{ users|map(attribute='n')|join('|')|f() }}", "{{ 'x'|attr('upper')() }}", "{{ (name|attr('replace'))('o', '0') }}", "{{ dict|string|length > 0 }}", "{{ namespace(a=1).a }}{{ namespace() is defined }}",
                         "{{ users|map('attr', 'n')|list|string|length }}", "{{ nums|list.append }}", "{{ d['items'] }}{{ d.items is callable }}", "{{ {'a': 1}|items|list }}", "{{ nope.x }}", "{{ nope['x'] }}", "{{ nope|upper }}|", "{{ nope + 1 }}", "{% for i in nope %}x{% else %}none{% endfor %}")

    def template(self):
        before = self.names
        text = "".join(self.text() + self.statement(self.random.randint(1, 3)) + self.text() for _ in range(self.random.choices([1, 2, 3], [70, 20, 10])[0]))
        self.names, self.fresh, self.looped = before, 0, set()
        return text


def expire(*_):
    raise Late


def jinja_answer(environment, source):
    """("text", ...), ("error", ...) or ("late", "")."""
    signal.setitimer(signal.ITIMER_REAL, 5)
    try:
        return "text", environment.from_string(source).render(json.loads(json.dumps(VARIABLES)))
    except Late:
        return "late", ""
    except (Exception, RecursionError, MemoryError) as error:
        return "error", f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def our_answers(program, templates):
    lines = [json.dumps(VARIABLES)] + [json.dumps(template) for template in templates]
    done = subprocess.run([program], input="\n".join(lines) + "\n", capture_output=True, text=True, encoding="utf-8")
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or len(answers) != len(templates):
        print(f"the program ended with {done.returncode} at template {len(answers)}: {templates[len(answers):len(answers) + 1]}\n{done.stderr[-3000:]}")
        sys.exit(1)
    return answers


def is_listed(kind, theirs, ours):
    return kind == "late" or bool(JINJA_LISTED.search(theirs)) or bool(OURS_LISTED.search(ours.get("error", "")))


def main():
    parse = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parse.add_argument("--program", required=True, help="the program render_lines")
    parse.add_argument("--count", type=int, default=2000)
    parse.add_argument("--seed", type=int, default=1)
    parse.add_argument("--show", type=int, default=20, help="how many differences are printed")
    arguments = parse.parse_args()
    signal.signal(signal.SIGALRM, expire)
    environment = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    templates = [Grammar(f"{arguments.seed}/{i}").template() for i in range(arguments.count)]
    answers = our_answers(arguments.program, templates)
    resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))  # for Jinja, which has no limits of its own
    listed = refused = different = 0
    for template, ours in zip(templates, answers):
        kind, theirs = jinja_answer(environment, template)
        if ours.get(kind) == theirs or (kind == "error" and "error" in ours):
            refused += kind == "error"
        elif is_listed(kind, theirs, ours):
            listed += 1
        else:
            different += 1
            if different <= arguments.show:
                print(f"{template!r}\n  jinja {kind}: {theirs[:300]!r}\n  ours       : {json.dumps(ours, ensure_ascii=False)[:320]}")
    print(f"{arguments.count} templates, seed {arguments.seed}: {refused} refused by both, {listed} differ as the docs list")
    print(f"{arguments.count - different} passed, {different} failed")
    sys.exit(different > 0)


if __name__ == "__main__":
    main()
