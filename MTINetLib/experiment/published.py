"""The figures that the paper prints, to stand beside one's own, and what cannot be right in them.

X. Xiao, Q. V. Hu, T. H. Kim, G. Wang: Adversarial Multi-Task Learning for Liver Tumor Segmentation, Dynamic
Enhancement Regression, and Classification, 2025; Tables 1 to 4. Its cohort is another one (238 patients, 138
with HCC and 100 with hemangioma), so nothing can be compared across.
"""

from __future__ import annotations

DSC, IOU, MAE, ACCURACY = "dsc", "iou", "mae", "accuracy"

#: By experiment and system, as printed: percent, percent, no unit given, percent.
PRINTED: dict[str, dict[str, dict[str, str]]] = {
    "segmentation": {
        "unet": {DSC: "77.34 ± 3.04", IOU: "58.79 ± 8.45"},
        "resunet-pp": {DSC: "78.85 ± 2.91", IOU: "60.65 ± 6.98"},
        "transunet": {DSC: "80.27 ± 2.73", IOU: "64.76 ± 6.42"},
        "ei-ddpm-style": {DSC: "81.86 ± 2.12", IOU: "68.12 ± 7.37"},
        "dm-ff-style": {DSC: "82.20 ± 4.28", IOU: "72.06 ± 6.95"},
        "mtinet": {DSC: "85.23 ± 2.04", IOU: "75.48 ± 5.37"},
    },
    "regression": {
        "vgg-16-reg": {MAE: "210.28 ± 43.32"},
        "resnet-50-reg": {MAE: "184.27 ± 37.35"},
        "densenet-121-reg": {MAE: "167.23 ± 48.67"},
        "inception-reg": {MAE: "115.67 ± 45.58"},
        "mtinet": {MAE: "44.35 ± 32.93"},
    },
    "classification": {"mtinet": {ACCURACY: "92.8"}},
    "ablation": {
        "mtinet-no-mdief": {DSC: "81.67 ± 2.78", IOU: "71.29 ± 6.23", MAE: "65.25 ± 32.76"},
        "mtinet-no-spe": {DSC: "82.68 ± 1.89", IOU: "72.65 ± 5.21", MAE: "59.36 ± 36.25"},
        "mtinet-no-spa": {DSC: "83.85 ± 2.65", IOU: "73.57 ± 4.78", MAE: "53.26 ± 37.89"},
        "mtinet-no-tim": {DSC: "83.66 ± 2.29", IOU: "73.78 ± 5.39", MAE: "51.29 ± 39.65"},
        "mtinet-no-tdd": {DSC: "82.40 ± 2.58", IOU: "72.64 ± 6.28", MAE: "49.27 ± 28.46"},
        "mtinet": {DSC: "85.23 ± 2.04", IOU: "75.48 ± 5.37", MAE: "44.35 ± 32.93"},
    },
    "tasks": {
        "mtinet-seg": {DSC: "85.21"},
        "mtinet-seg-reg": {DSC: "86.34", MAE: "48.72"},
        "mtinet-seg-cls": {DSC: "86.02", ACCURACY: "90.3"},
        "mtinet": {DSC: "85.23", MAE: "44.35", ACCURACY: "92.8"},
    },
}

_COHORT = (
    "Grey: printed in the paper, of another cohort (238 patients, real images); the two cannot be compared."
)

#: Below each table that shows printed figures.
NOTES: dict[str, tuple[str, ...]] = {
    "segmentation": (
        _COHORT,
        "Slice by slice IoU = D / (2 - D) is convex in the Dice D, so the mean IoU is at least D / (2 - D) "
        "at the "
        "mean Dice. Four of the six printed rows are below that (UNet: at least 63.05, printed 58.79). How "
        "empty slices count is not said. MD-FF is DM-FF in its own source (Xu et al. 2024).",
    ),
    "regression": (
        _COHORT,
        "The unit of the printed MAE is not given. MTI-Net's spread is 32.93 in the paper's Table 2 and "
        "12.93 "
        "in its text.",
    ),
    "classification": (_COHORT, "How slices make a patient is not said in the paper."),
    "ablation": (_COHORT,),
    "tasks": (
        _COHORT,
        "In print the full model's Dice (85.23) is below that of Seg + Reg (86.34) and equal to that of "
        "Seg-only "
        "(85.21): only MAE and accuracy gain.",
    ),
}


def printed(experiment: str, system: str, figure: str) -> str:
    """What the paper prints there; empty where it prints nothing."""
    return PRINTED.get(experiment, {}).get(system, {}).get(figure, "")
