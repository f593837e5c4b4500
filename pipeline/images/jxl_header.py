"""JPEG XL: what its header says of size and depth, read before anything is decoded.

The layout is that of ISO/IEC 18181-1:2022, annexes D (size and metadata) and 18181-2 (container).
"""

from dataclasses import dataclass

from schemas.source import SourceError

CODESTREAM = b"\xff\x0a"
CONTAINER = b"\0\0\0\x0cJXL \r\n\x87\n"

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_SIZES = ((9, 1), (13, 1), (18, 1), (30, 1))
_HEADER = 64
"""Bytes that hold all of the header that is read here."""


@dataclass(frozen=True)
class JxlHeader:
    """Pixels before the orientation is applied, whether it turns the picture sideways, and bits a sample."""

    width: int
    height: int
    sideways: bool
    bits: int
    floats: bool


class _Bits:
    """Bits of a codestream, lowest bit of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._value, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise SourceError("corrupt", "JXL: the header ends early")
        value = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return value

    def choose(self, *options: tuple[int, int]) -> int:
        """A number by a selector of two bits: each option is how many bits to read, and what to add."""
        bits, offset = options[self.take(2)]
        return self.take(bits) + offset


def read_header(data: bytes) -> JxlHeader:
    """Read the header of a file, in a container or bare.

    Raises:
        SourceError: `corrupt` where there is none.
    """
    bits = _Bits(_codestream(data)[len(CODESTREAM) :])
    width, height = _size(bits)
    sideways, depth, floats = False, 8, False
    if not bits.take(1):  # not all default
        if bits.take(1):
            sideways = bits.take(3) >= 4
            if bits.take(1):
                _size(bits)
            if bits.take(1):
                _preview(bits)
            if bits.take(1):
                _animation(bits)
        floats = bool(bits.take(1))
        if floats:
            depth = bits.choose((0, 32), (0, 16), (0, 24), (6, 1))
        else:
            depth = bits.choose((0, 8), (0, 10), (0, 12), (6, 1))
    return JxlHeader(width, height, sideways, depth, floats)


def _codestream(data: bytes) -> bytes:
    """The first bytes of the codestream."""
    if data.startswith(CODESTREAM):
        return data[:_HEADER]
    start = 0
    while start + 8 <= len(data):
        length, kind, header = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8], 8
        if length == 1:
            length, header = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        if kind in (b"jxlc", b"jxlp"):
            first = start + header + (4 if kind == b"jxlp" else 0)
            return data[first : first + _HEADER]
        if length < header:
            break
        start += length
    raise SourceError("corrupt", "JXL: there is no codestream in the container")


def _size(bits: _Bits) -> tuple[int, int]:
    """Width and height."""
    small = bool(bits.take(1))
    height = 8 * (bits.take(5) + 1) if small else bits.choose(*_SIZES)
    ratio = bits.take(3)
    if ratio:
        return height * _RATIOS[ratio - 1][0] // _RATIOS[ratio - 1][1], height
    return (8 * (bits.take(5) + 1) if small else bits.choose(*_SIZES)), height


def _preview(bits: _Bits) -> None:
    options = ((0, 16), (0, 32), (5, 1), (9, 33)) if bits.take(1) else ((6, 1), (8, 65), (10, 321), (12, 1345))
    bits.choose(*options)
    if not bits.take(3):
        bits.choose(*options)


def _animation(bits: _Bits) -> None:
    bits.choose((0, 100), (0, 1000), (10, 1), (30, 1))
    bits.choose((0, 1), (0, 1001), (8, 1), (10, 1))
    bits.choose((0, 0), (3, 0), (16, 0), (32, 0))
    bits.take(1)
