"""Which packages the module needs inside Slicer, and what is there; nothing is imported to find out."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from importlib import metadata
from importlib.util import find_spec


class Group(Enum):
    """How a package gets into Slicer."""

    SLICER = "comes with Slicer"
    TORCH = "through the PyTorch extension"
    ANALYSIS = "analysis and reports"
    TRAINING = "training"


@dataclass(frozen=True)
class Need:
    """A package the module uses.

    Args:
        requirement: as in pyproject.toml: a name, then bounds ``>=`` and ``<`` separated by commas.
        module: the name it is imported by.
        purpose: what it is needed for, in a few words.
    """

    requirement: str
    module: str
    purpose: str
    group: Group

    @property
    def name(self) -> str:
        """The package's own name."""
        return re.split(r"[<>=!~ ]", self.requirement, maxsplit=1)[0]

    @property
    def bounds(self) -> str:
        """``>=2.6,<3``."""
        return self.requirement[len(self.name) :]


#: The same requirements as in pyproject.toml; a test compares them.
NEEDS: tuple[Need, ...] = (
    Need("numpy>=1.26,<3", "numpy", "everything", Group.SLICER),
    Need("scipy>=1.11", "scipy", "analysis", Group.SLICER),
    Need("SimpleITK>=2.3", "SimpleITK", "alignment", Group.SLICER),
    Need("pydicom>=3.0,<4", "pydicom", "DICOM headers", Group.SLICER),
    Need("torch>=2.6,<3", "torch", "the network", Group.TORCH),
    Need("safetensors>=0.4.3", "safetensors", "reading models", Group.ANALYSIS),
    Need("matplotlib>=3.8", "matplotlib", "report pictures", Group.ANALYSIS),
    Need("reportlab>=4.0", "reportlab", "PDF reports", Group.ANALYSIS),
    Need("jinja2>=3.1", "jinja2", "HTML reports", Group.ANALYSIS),
    Need("highdicom>=0.27,<0.29", "highdicom", "DICOM results", Group.ANALYSIS),
    Need("pynetdicom>=3.0,<4", "pynetdicom", "DICOM network", Group.ANALYSIS),
    Need("lightning>=2.4,<3", "lightning", "training", Group.TRAINING),
    Need("monai>=1.4,<2", "monai", "training", Group.TRAINING),
    Need("tensorboard>=2.16", "tensorboard", "training curves", Group.TRAINING),
)

#: Requirements of the package that only the command line and the tests use.
NOT_IN_SLICER = ("jsonschema", "rich", "typer")

#: Never replaced, installed beside or upgraded, whatever another package asks for.
PROTECTED = ("numpy", "scipy", "SimpleITK", "pydicom", "highdicom", "vtk", "requests", "torch")


#: What pip takes for a version; it refuses a constraints file with any other, as home-made builds have.
_VERSION = re.compile(
    r"(\d+!)?\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[a-z0-9]+([._-][a-z0-9]+)*)?", re.IGNORECASE
)


class Condition(Enum):
    """Whether a package can be used; the value is for people."""

    OK = "installed"
    MISSING = "missing"
    TOO_OLD = "too old"
    TOO_NEW = "too new"


@dataclass(frozen=True)
class Found:
    """What is there of a needed package; ``version`` is empty where the package does not tell it."""

    need: Need
    version: str
    condition: Condition

    @property
    def ok(self) -> bool:
        return self.condition is Condition.OK


def look(groups: Iterable[Group] = tuple(Group)) -> tuple[Found, ...]:
    """What is there of the needed packages of these groups, in the order of :data:`NEEDS`."""
    importlib.invalidate_caches()
    wanted = set(groups)
    return tuple(_find(need) for need in NEEDS if need.group in wanted)


def hinders_analysis(found: Found) -> bool:
    """Whether no analysis can run before this package is there; reports and training can wait."""
    essential = found.need.group in (Group.SLICER, Group.TORCH) or found.need.name == "safetensors"
    return essential and not found.ok


def has_module(name: str) -> bool:
    """Whether a module could be imported, without doing so."""
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def constraints(installing: Iterable[str]) -> str:
    """A constraints file for pip that keeps what is installed as it is.

    Args:
        installing: names of packages that may be installed or upgraded. Of the protected ones this holds for
            torch alone, which did not come with Slicer.
    """
    free = {canonical(name) for name in installing}
    protected = {canonical(name) for name in PROTECTED} - {"torch"}
    installed = _installed()
    lines = [
        f"{name}=={version}"
        for name, version in sorted(installed.items())
        if name in protected or name not in free
    ]
    # One may be there without saying so, as Slicer's own VTK; and a torch for the wrong machine must not
    # come along with another package. No version is below 0, so pip installs none.
    lines += [
        f"{canonical(name)}<0"
        for name in PROTECTED
        if canonical(name) not in installed
        and (has_module(name) or (name == "torch" and canonical(name) not in free))
    ]
    return "".join(f"{line}\n" for line in lines)


def canonical(name: str) -> str:
    """A package's name as pip compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _find(need: Need) -> Found:
    if not has_module(need.module):
        return Found(need, "", Condition.MISSING)
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return Found(need, "", Condition.OK)
    return Found(need, version, _condition(version, need.bounds))


def _condition(version: str, bounds: str) -> Condition:
    have = _numbers(version)
    for bound in filter(None, bounds.split(",")):
        if bound.startswith(">="):
            if have < _numbers(bound[2:]):
                return Condition.TOO_OLD
        elif bound.startswith("<"):
            if have >= _numbers(bound[1:]):
                return Condition.TOO_NEW
        else:
            raise ValueError(f"a bound is >= or <, not {bound}")
    return Condition.OK


def _numbers(version: str) -> tuple[int, ...]:
    """``2.6.0+cu126`` as (2, 6), so that 2.6 and 2.6.0 are alike; what follows the numbers is left out."""
    match = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(part) for part in match.group().split(".")] if match else [0]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _installed() -> dict[str, str]:
    """Version by canonical name; the first found counts, as when importing."""
    importlib.invalidate_caches()
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata["Name"], distribution.version
        if name and version and _VERSION.fullmatch(version):
            found.setdefault(canonical(name), version)
    return found
