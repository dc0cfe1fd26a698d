"""Findings of the first format, written out as they stand in users' files and scenes."""

from __future__ import annotations

from typing import Any


def first_format() -> dict[str, Any]:
    return {
        "lesions": [
            {
                "label": 3,
                "probabilities": {"HCC": 0.25, "hemangioma": 0.75},
                "volume_ml": 4.5,
                "long_axis_mm": 22.0,
                "short_axis_mm": 18.5,
                "diameter_3d_mm": 23.0,
                "centroid_lps_mm": [-31.5, 12.0, 40.25],
                "slices": [7, 9],
                "measured_curve": {"mean": [90.0, 150.0, 210.0, 240.0], "sd": [4.0, 5.0, 6.0, 7.0]},
                "predicted_curve": [91.0, 149.0, 212.0, 238.0],
                "liver_curve": {"mean": [100.0, 120.0, 180.0, 170.0], "sd": [1.0, 2.0, 3.0, 4.0]},
                "enhancement": {
                    "relative_enhancement": [0.0, 0.6, 1.3, 1.6],
                    "liver_relative_enhancement": [0.0, 0.2, 0.8, 0.7],
                    "lesion_to_liver_contrast": [-0.1, 0.25, 0.16, None],
                    "arterial_contrast_gain": 0.35,
                    "wash_in_per_s": None,
                    "washout_ratio_percent": {"portal_venous": 85.7, "delayed": 70.8},
                    "late_change": 0.6,
                    "curve_kind": "persistent",
                },
                "flags": ["shares_slices"],
                "class": "hemangioma",
            }
        ],
        "study": {
            "phases": [
                {
                    "phase": name,
                    "description": f"VIBE {name}",
                    "evidence": ["told"],
                    "confidence": 0.8,
                    "series_uid": f"1.2.{number}",
                    "time_point": None,
                    "instance_uids": ["1.2.9"],
                    "frame_numbers": [1, 2],
                    "alignment": 0.5,
                }
                for number, name in enumerate(("pre", "arterial", "portal_venous", "delayed"))
            ],
            "times_s": [0.0, 21.0, None, 190.0],
            "spacing_mm": [1.5, 1.25, 4.0],
            "size": [200, 180, 40],
            "flags": ["motion:arterial"],
        },
        "provenance": {
            "software": "MTINetLib 0.1.0",
            "model_name": "mtinet-phantom",
            "model_sha256": "5d" * 32,
            "preset": "demo",
            "device": "cpu",
            "precision": "fp32",
            "input_series_uids": ["1.2.0"],
            "settings": {"reference": "portal_venous", "thresholds": {"mask": 0.4}},
            "corrected_by_person": True,
            "created_utc": "2026-03-04T05:06:07Z",
            "notes": [],
            "intended_use": "Research use only. Not for diagnosis or treatment decisions.",
        },
        "schema_version": "1.0",
    }
