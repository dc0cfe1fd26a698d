"""Where a study of a list lies: relative to a source of the list, which each computer may see elsewhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from MTINetLib.reading.studies_below import FoundStudy, StudyKind


@dataclass(frozen=True)
class Source:
    """A folder that was searched for studies.

    Args:
        paths: where it lies, as the computers that searched it name it.
        from_list: the way to it from the list's own folder; empty where there is none.
    """

    paths: tuple[str, ...]
    from_list: str = ""

    @staticmethod
    def at(folder: Path, list_folder: Path) -> Source:
        root, near = folder.resolve(), list_folder.resolve()
        return Source((str(root),), _way(near, root))

    def folders(self, list_folder: Path) -> tuple[Path, ...]:
        """Where it may lie, as this computer sees it."""
        beside = [list_folder.resolve() / PurePosixPath(self.from_list)] if self.from_list else []
        return (*beside, *map(Path, self.paths))

    def also_at(self, other: Source) -> Source:
        """The same source, known under the paths of both."""
        paths = tuple(dict.fromkeys((*self.paths, *other.paths)))
        return replace(self, paths=paths, from_list=self.from_list or other.from_list)


@dataclass(frozen=True)
class Place:
    """Where one study lies.

    Args:
        source: number of the list's source.
        folder: around its files, relative to the source; for an archive its file.
        files: relative to the source.
        patient: pseudonym of the patient that the images tell, the same for all studies of one patient.
        missing: the last search of its source did not find it.
    """

    kind: StudyKind
    source: int
    folder: str
    files: tuple[str, ...]
    patient: str
    missing: bool = False

    @staticmethod
    def of(found: FoundStudy, source: int, root: Path, patient: str) -> Place:
        files = tuple(_relative(path, root) for path in found.files)
        return Place(found.kind, source, _relative(found.folder, root), files, patient)

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "kind": self.kind.value}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Place:
        """What :meth:`to_json` made.

        Raises:
            ValueError: it is something else.
        """
        try:
            data = json.loads(text)
            return cls(**{**data, "kind": StudyKind(data["kind"]), "files": tuple(data["files"])})
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"no place: {error}") from error

    def root(self, sources: Sequence[Source], list_folder: Path) -> Path | None:
        """The folder of its source in which its first file lies now; None where there is none."""
        if self.missing or self.source >= len(sources):
            return None
        for root in sources[self.source].folders(list_folder):
            if (root / PurePosixPath(self.files[0])).is_file():
                return root
        return None


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _way(start: Path, goal: Path) -> str:
    """The way from one folder to another, both absolute; empty between two drives."""
    if start.anchor != goal.anchor:
        return ""
    shared = 0
    for one, other in zip(start.parts, goal.parts, strict=False):
        if one != other:
            break
        shared += 1
    if shared < 2:  # nothing in common but the root of the disk
        return ""
    return PurePosixPath(*[".."] * (len(start.parts) - shared), *goal.parts[shared:]).as_posix()
