"""The networks of which a fine-tuned model is the mean, while it lies in its run. Needs no torch."""

from __future__ import annotations

from pathlib import Path

from MTINetLib.models.find import looks_like_a_model

#: Tells the folder of a fine-tuning, see fine_tuning/run.py.
FINE_TUNING_FILE = "fine-tuning.json"


def networks_beside(model: Path) -> tuple[Path, ...]:
    """One model folder a fold; none for a model that lies elsewhere or was trained in another way."""
    run = model.resolve().parent
    if not (run / FINE_TUNING_FILE).is_file():
        return ()
    places = sorted(run.glob("fold-*/model"), key=lambda place: (len(place.parent.name), place.parent.name))
    return tuple(place for place in places if looks_like_a_model(place))
