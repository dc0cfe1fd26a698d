"""Which MR studies an archive has, by its own search; nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass, field

from MTINetLib.cohort.cohort_study import CohortStudy, OpenedFrom, name_of
from MTINetLib.cohort.quiet import quiet
from MTINetLib.cohort.web_archive import (
    LOGGERS,
    MODALITY,
    NAME,
    PATIENT,
    STUDY,
    Trouble,
    WebClient,
    WebSource,
    value_of,
)
from MTINetLib.errors import InputError, MissingResourceError, MTINetError
from MTINetLib.progress import Progress, Silent, Stage
from MTINetLib.report.sending.objects import Patience

MR = {"Modality": "MR"}


@dataclass
class _Counted:
    patient: str
    series: dict[str, int] = field(default_factory=dict)


def studies_of_archive(
    source: WebSource, progress: Progress | None = None, patience: Patience | None = None
) -> tuple[CohortStudy, ...]:
    """The studies with MR series that one of the queries finds, in the order of their UIDs.

    Their names are those that they would have in a folder tree.

    Raises:
        InputError: there are none, or the address, the credentials or a query are wrong.
        MissingResourceError: the archive cannot be reached.
    """
    watcher, patience = progress or Silent(), patience or Patience()
    client = WebClient(source.archive)
    with quiet(*LOGGERS):
        for attempt in range(1, patience.attempts + 1):
            try:
                found = _found(source, client, watcher)
                break
            except Trouble as trouble:
                if not trouble.again or attempt == patience.attempts:
                    raise error_of_all(trouble) from trouble
            patience.pause(attempt)
    if not found:
        raise InputError("The archive has no MR studies for --query: check the attributes and their values.")
    base = source.archive.studies
    return tuple(
        CohortStudy(
            name_of(f"{uid}\n{one.patient}"),
            f"{base}/{uid}",
            OpenedFrom.ARCHIVE,
            count=sum(one.series.values()),
        )
        for uid, one in sorted(found.items())
    )


def _found(source: WebSource, client: WebClient, progress: Progress) -> dict[str, _Counted]:
    studies: dict[str, _Counted] = {}
    progress.start(Stage.FINDING_STUDIES, 0)
    for query in source.queries:
        for series in client.series(None, {**query, **MR}):
            if value_of(series, MODALITY) not in ("MR", ""):
                continue
            uid = value_of(series, STUDY)
            if not uid:
                continue
            patient = value_of(series, PATIENT) or value_of(series, NAME)
            one = studies.setdefault(uid, _Counted(patient))
            own = value_of(series, "0020000E")
            if own not in one.series:
                one.series[own] = client.count(series)
            progress.update(len(studies))
    progress.finish()
    return studies


def error_of_all(trouble: Trouble) -> MTINetError:
    """What ends a run."""
    if trouble.again:
        return MissingResourceError(
            f"The archive {trouble.words}: give the same command again when it does; what is done stays."
        )
    return InputError(f"The archive {trouble.words}.")
