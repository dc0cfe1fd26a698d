from __future__ import annotations

import re
from dataclasses import replace

from support import dicom_layouts as layouts
from support.made_analysis import made_analysis, made_study

from MTINetLib.findings import WITHHELD, StudyFindings, from_json, to_json
from MTINetLib.phases.recognise import recognise_phases
from MTINetLib.reading.source_volume import SourceVolume
from MTINetLib.report.deidentify import deidentified, random_token
from MTINetLib.study.phase import FOUR_PHASES

SECRETS = ("SMITH", "1.2.840.99", "2026-01-02", "10:32", "/data/")


def findings_with_secrets() -> StudyFindings:
    made = made_analysis(made_study()).findings
    phases = tuple(
        replace(
            said,
            description="LAVA SMITH^JOHN",
            series_uid="1.2.840.99.1",
            evidence=(
                "word:SMITH",
                "other_called_before:arterial:SMITH: 10:32",
                "after_bolus:32",
                "the description says 'SMITH'",
                "at 10:32",
            ),
        )
        for said in made.study.phases
    )
    provenance = replace(
        made.provenance,
        input_series_uids=("1.2.840.99.1",),
        notes=("read from /data/SMITH", "batch_halved:2", "gpu_left:/data/SMITH/driver"),
        settings={
            "threshold": 0.5,
            "folder": "/data/SMITH",
            "reference": "portal_venous",
            "more": {"a": "SMITH"},
        },
    )
    return replace(made, study=replace(made.study, phases=phases), provenance=provenance)


def test_nothing_that_names_the_patient_is_left() -> None:
    text = to_json(deidentified(findings_with_secrets(), random_token()))
    for secret in SECRETS:
        assert secret not in text


def test_measurements_and_harmless_evidence_stay() -> None:
    before = findings_with_secrets()
    after = deidentified(before, "MTI-X")
    assert after.lesions == before.lesions
    assert after.study.times_s == before.study.times_s
    assert after.study.phases[0].evidence == ("after_bolus:32",)
    assert after.provenance.settings == {"threshold": 0.5, "reference": "portal_venous", "more": {}}
    assert after.provenance.model_sha256 == before.provenance.model_sha256
    assert after.provenance.notes == ("batch_halved:2", "deidentified:MTI-X")


def test_it_can_be_read_back() -> None:
    after = deidentified(findings_with_secrets(), "MTI-X")
    assert from_json(to_json(after)).study.phases[1].description == WITHHELD


def test_the_token_is_another_one_each_time() -> None:
    tokens = {random_token() for _ in range(20)}
    assert len(tokens) == 20
    assert all(re.fullmatch(r"MTI-[0-9A-F]{12}", token) for token in tokens)


def test_of_real_evidence_all_stays_that_quotes_no_header() -> None:
    truth = layouts.make_truth()
    volumes = [
        replace(
            SourceVolume.of_array(truth.volumes[index], truth.grid, f"t1_{word} SMITH"),
            series_uid=f"1.2.{index}",
            headers={"EchoTime": 1.8, "acquisition_s": 36000.0 + seconds, "temporal_position": index + 1},
        )
        for index, (word, seconds) in enumerate(
            (("pre", 0.0), ("arterial", 40.0), ("portal venous", 80.0), ("delayed", 190.0))
        )
    ]
    assignment = recognise_phases(volumes, phases=FOUR_PHASES)
    made = made_analysis(made_study()).findings
    phases = tuple(
        replace(said, evidence=assignment.source(phase).evidence)
        for phase, said in zip(FOUR_PHASES, made.study.phases, strict=True)
    )
    before = replace(made, study=replace(made.study, phases=phases))
    after = deidentified(before, "MTI-X")
    for said, kept in zip(before.study.phases, after.study.phases, strict=True):
        assert any(item.startswith("word:") for item in said.evidence)
        assert kept.evidence == tuple(item for item in said.evidence if not item.startswith("word:"))
        assert len(kept.evidence) >= 2
