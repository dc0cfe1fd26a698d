"""Damages files: blindly, byte by byte, and with an idea of what DICOM is, by hypothesis."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.fuzz_seeds import Seed
from MTINetLib.errors import MissingResourceError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

Rng = np.random.Generator

#: Bytes that often mean something: signs, ends, lengths without end.
_INTERESTING = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\x01", b"\xff" * 4, b"\x00" * 4, b"\xff\xff\xff\x7f")
_LONG_VRS = {b"OB", b"OW", b"OF", b"OD", b"OL", b"SQ", b"UC", b"UN", b"UR", b"UT"}
_NUMBERS = ("0", "-1", "1", "65536", "1e400", "nan", "-inf", "1e-300", "99999999999", "", "\\", "1\\2")
_VRS = (b"SQ", b"UN", b"US", b"DS", b"OB", b"UI", b"FD", b"AT", b"??")
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class Mutant:
    """A damaged file: how it was made, from what, and its bytes."""

    how: str
    seed: Seed
    data: bytes


def blind_mutants(seeds: Sequence[Seed], count: int, rng: Rng) -> Iterator[Mutant]:
    """``count`` mutants; the seeds and the kinds of damage take turns."""
    for number in range(count):
        seed = seeds[number % len(seeds)]
        name, damage = _DAMAGES[int(rng.integers(len(_DAMAGES)))]
        data = seed.data
        for _ in range(int(rng.integers(1, 4))):
            data = damage(data, rng) if data else data
        yield Mutant(name, seed, data)


def informed_mutants(seeds: Sequence[Seed], count: int, seed: int, take: Callable[[Mutant], None]) -> None:
    """Have hypothesis draw ``count`` mutants of the seeds in explicit VR, and hand them to ``take``.

    Raises:
        MissingResourceError: hypothesis is not installed.
    """
    try:
        import hypothesis
        from hypothesis import HealthCheck, Phase, given, settings
    except ImportError as error:
        raise MissingResourceError(
            "The fuzz benchmark needs the package hypothesis: pip install hypothesis."
        ) from error
    parsed = [(one, elements) for one in seeds if (elements := parse(one.data))]

    @hypothesis.seed(seed)
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_edits([len(elements) for _, elements in parsed]))
    def draw(drawn: tuple[int, list[tuple[int, str, Any]]]) -> None:
        number, edits = drawn
        one, elements = parsed[number]
        changed = list(elements)
        for place, how, value in edits:
            changed[place] = _edited(changed[place], how, value)
        take(Mutant("elements", one, one.data[: _start(one.data)] + b"".join(map(_written, changed))))

    draw()


@dataclass(frozen=True)
class Element:
    """A data element in explicit VR little endian; ``length`` is what it says of itself."""

    tag: bytes
    vr: bytes
    length: int
    value: bytes


def parse(data: bytes) -> list[Element]:
    """The top-level elements, behind the preamble if there is one; empty for files written in another way."""
    elements = []
    at = _start(data)
    while at + 8 <= len(data):
        tag, vr = data[at : at + 4], data[at + 4 : at + 6]
        if not (vr.isalpha() and vr.isupper()):
            return []
        long = vr in _LONG_VRS
        start = at + (12 if long else 8)
        (length,) = struct.unpack_from(
            "<I" if long else "<H", data.ljust(start, b"\0"), start - (4 if long else 2)
        )
        end = len(data) if length == _UNDEFINED else start + length
        elements.append(Element(tag, vr, length, data[start:end]))
        at = end
    return elements


def _start(data: bytes) -> int:
    return 132 if data[128:132] == b"DICM" else 0


def _written(element: Element) -> bytes:
    if element.vr in _LONG_VRS:
        head = element.vr + b"\0\0" + struct.pack("<I", element.length & _UNDEFINED)
    else:
        head = element.vr + struct.pack("<H", element.length & 0xFFFF)
    return element.tag + head + element.value


def _edits(counts: Sequence[int]) -> SearchStrategy[Any]:
    """(which seed, [(which element, how, value)])."""
    from hypothesis import strategies as st

    numbers = st.sampled_from(_NUMBERS)
    texts = st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace"))
    values = st.one_of(
        numbers.map(lambda text: text.encode()),
        st.binary(max_size=64),
        texts,
        st.integers(0, 2**32 - 1).map(lambda number: struct.pack("<I", number)),
        st.lists(st.integers(0, 2**32 - 1), min_size=16, max_size=16).map(
            lambda ints: struct.pack("<16I", *ints)
        ),
        st.integers(1, 400).map(lambda deep: _nested(deep)),
        st.lists(st.binary(max_size=40), max_size=4).map(_fragments),
    )
    lengths = st.one_of(st.integers(0, 64), st.just(_UNDEFINED), st.integers(0, 2**32 - 1))
    edit = st.one_of(
        st.tuples(st.just("value"), values),
        st.tuples(st.just("length"), lengths),
        st.tuples(st.just("vr"), st.sampled_from(_VRS)),
        st.tuples(st.just("tag"), st.binary(min_size=4, max_size=4)),
        st.tuples(st.just("head"), st.binary(min_size=1, max_size=24)),
        st.tuples(st.just("gone"), st.none()),
        st.tuples(st.just("twice"), st.none()),
    )

    @st.composite
    def draw(draw: Any) -> tuple[int, list[tuple[int, str, Any]]]:
        number = draw(st.integers(0, len(counts) - 1))
        place = st.integers(0, counts[number] - 1)
        many = draw(st.lists(st.tuples(place, edit), min_size=1, max_size=4))
        return number, [(at, how, value) for at, (how, value) in many]

    return draw()


def _edited(element: Element, how: str, value: Any) -> Element:
    if how == "value":
        even = value + b"\0" * (len(value) % 2)
        return Element(element.tag, element.vr, len(even), even)
    if how == "length":
        return Element(element.tag, element.vr, value, element.value)
    if how == "vr":
        return Element(element.tag, value, element.length, element.value)
    if how == "tag":
        return Element(value, element.vr, element.length, element.value)
    if how == "head":
        return Element(element.tag, element.vr, element.length, value + element.value[len(value) :])
    if how == "gone":
        return Element(element.tag, element.vr, 0, b"")
    again = _written(element)
    return Element(element.tag, element.vr, element.length, element.value + again)


def _nested(deep: int) -> bytes:
    """Sequences in items in sequences, without an end."""
    item = struct.pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
    return (item + struct.pack("<HH", 0x0008, 0x1140) + b"SQ\0\0" + struct.pack("<I", _UNDEFINED)) * deep


def _fragments(parts: Sequence[bytes]) -> bytes:
    """Encapsulated pixel data: an empty offset table and fragments."""
    whole = [b"", *parts]
    items = [struct.pack("<HHI", 0xFFFE, 0xE000, len(part)) + part for part in whole]
    return b"".join(items) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


# --- Blind damage.


def _flip(data: bytes, rng: Rng) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, len(data), int(rng.integers(1, 12))):
        changed[int(place)] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _overwrite(data: bytes, rng: Rng) -> bytes:
    value = _INTERESTING[int(rng.integers(len(_INTERESTING)))]
    place = _near_the_start(data, rng)
    return data[:place] + value + data[place + len(value) :]


def _cut(data: bytes, rng: Rng) -> bytes:
    return data[: int(rng.integers(0, len(data)))]


def _drop(data: bytes, rng: Rng) -> bytes:
    place = _near_the_start(data, rng)
    return data[:place] + data[place + int(rng.integers(1, 64)) :]


def _insert(data: bytes, rng: Rng) -> bytes:
    place = _near_the_start(data, rng)
    return data[:place] + rng.bytes(int(rng.integers(1, 64))) + data[place:]


def _repeat(data: bytes, rng: Rng) -> bytes:
    place = _near_the_start(data, rng)
    block = data[place : place + int(rng.integers(1, 256))]
    return data[:place] + block * int(rng.integers(2, 20)) + data[place:]


def _noise(data: bytes, rng: Rng) -> bytes:
    place, count = int(rng.integers(0, len(data))), int(rng.integers(1, 200))
    return data[:place] + rng.bytes(count) + data[place + count :]


def _near_the_start(data: bytes, rng: Rng) -> int:
    """Most of what decides stands in the header."""
    limit = len(data) if rng.random() < 0.3 else min(len(data), 2048)
    return int(rng.integers(0, limit))


_DAMAGES: tuple[tuple[str, Callable[[bytes, Rng], bytes]], ...] = (
    ("bits flipped", _flip),
    ("bytes overwritten", _overwrite),
    ("cut off", _cut),
    ("bytes dropped", _drop),
    ("bytes inserted", _insert),
    ("bytes repeated", _repeat),
    ("noise", _noise),
)
