"""Literals of Lua 5.1: tables, strings, numbers, true, false and nil. Nothing is evaluated."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.presets.camera_raw import Setting

_DEEPEST = 64

# No alternative of this pattern scans the text twice: reading takes time in proportion to its length.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<comment>--)
    | (?P<long>\[=*\[)
    | (?P<string>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    | (?P<number>-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<mark>[{}\[\]=,;])""",
    re.VERBOSE | re.DOTALL,
)
_LONG_BRACKET = re.compile(r"\[=*\[")
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"} | {
    mark: mark for mark in (b"\\", b'"', b"'", b"\n")
}
_WORDS = {"true": "True", "false": "False", "nil": ""}
_END = "end of file"


class LuaError(ValueError):
    """A text is no assignment of a literal. The message says where."""


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse_assignment(text: str) -> Setting:
    """The value of a text like `s = { id = "x", { 1, 2 }, on = true }`.

    Scalars become text: numbers as they are written, booleans as "True" and "False", nil as "". A table becomes a
    dict, or a list if none of its entries has a key.

    Raises:
        LuaError: the text is anything else, sets a key twice or nests deeper than 64.
    """
    parser = _Parser(text)
    parser.expect("name")
    parser.expect("=")
    value = parser.value(0)
    parser.expect(_END)
    return value


class _Parser:
    """Recursive descent with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = next(self._tokens)

    def take(self) -> _Token:
        token = self._next
        if token.kind != _END:
            self._next = next(self._tokens)
        return token

    def accept(self, *kinds: str) -> bool:
        if self._next.kind not in kinds:
            return False
        self.take()
        return True

    def expect(self, kind: str) -> _Token:
        token = self.take()
        if token.kind != kind:
            raise _error(self._text, token.position, f"{kind} expected, not {token.text[:20]!r}")
        return token

    def value(self, depth: int) -> Setting:
        token = self.take()
        if token.kind in ("string", "number"):
            return token.text
        if token.kind == "name" and token.text in _WORDS:
            return _WORDS[token.text]
        if token.kind == "{" and depth < _DEEPEST:
            return self._table(depth + 1)
        problem = "tables are nested too deep" if token.kind == "{" else f"{token.text[:20]!r} is no literal"
        raise _error(self._text, token.position, problem)

    def _table(self, depth: int) -> Setting:
        entries: dict[str, Setting] = {}
        position = 0
        while not self.accept("}"):
            start = self._next.position
            key, value = self._entry(depth)
            if key is None:
                position += 1
                key = str(position)
            if key in entries:
                raise _error(self._text, start, f"{key[:40]!r} is set twice")
            entries[key] = value
            if not self.accept(",", ";"):
                self.expect("}")
                break
        return list(entries.values()) if len(entries) == position else entries

    def _entry(self, depth: int) -> tuple[str | None, Setting]:
        if self._next.kind == "name" and self._next.text not in _WORDS:
            key = self.take().text
            self.expect("=")
            return key, self.value(depth)
        if self.accept("["):
            token = self.take()
            if token.kind not in ("string", "number"):
                raise _error(self._text, token.position, "a key is a string or a number")
            self.expect("]")
            self.expect("=")
            return token.text, self.value(depth)
        return None, self.value(depth)


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _error(text, position, f"{text[position]!r} is not part of a literal")
        kind, start, position = str(match.lastgroup), position, match.end()
        if kind == "long":
            content, position = _long_bracket(text, start, match.group())
            yield _Token("string", content.removeprefix("\n"), start)
        elif kind == "comment":
            position = _end_of_comment(text, position)
        elif kind == "string":
            yield _Token(kind, _unescaped(text, start, match.group()[1:-1]), start)
        elif kind != "space":
            yield _Token(match.group() if kind == "mark" else kind, match.group(), start)
    yield _Token(_END, _END, position)


def _end_of_comment(text: str, position: int) -> int:
    opening = _LONG_BRACKET.match(text, position)
    if opening:
        return _long_bracket(text, position, opening.group())[1]
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _long_bracket(text: str, start: int, opening: str) -> tuple[str, int]:
    """Content of the long bracket that opens at `start`, and the position behind it."""
    first = start + len(opening)
    closing = opening.replace("[", "]")
    last = text.find(closing, first)
    if last < 0:
        raise _error(text, start, f"{opening[:10]} is not closed")
    return text[first:last], last + len(closing)


def _unescaped(text: str, start: int, body: str) -> str:
    """A string without its escapes. They stand for bytes, which UTF-8 then makes characters of."""

    def replace(match: re.Match[bytes]) -> bytes:
        code = match.group(1)
        if code.isdigit() and int(code) < 256:
            return bytes([int(code)])
        if code in _ESCAPES:
            return _ESCAPES[code]
        raise _error(text, start, f"{match.group().decode(errors='replace')!r} is no escape")

    return re.sub(rb"\\([0-9]{1,3}|.)", replace, body.encode(), flags=re.DOTALL).decode(errors="replace")


def _error(text: str, position: int, problem: str) -> LuaError:
    return LuaError(f"line {text.count(chr(10), 0, position) + 1}: {problem}")
