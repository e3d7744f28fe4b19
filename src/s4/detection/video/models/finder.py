"""People and things by models of the user's, in the place of blobs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from s4.core.errors import ConfigError
from s4.detection.video.blobs import Blob, find_people
from s4.detection.video.finder import BlobFinder, Findings, PeopleFinder, Recognised, Shown
from s4.detection.video.models.detector import Detector, Found
from s4.detection.video.models.gaze import Gaze
from s4.detection.video.models.share import shared_model
from s4.detection.video.picture import Box, iou, overlap
from s4.detection.video.settings import Settings

DOUBLE: Final = 0.35  # of a weak box and a better one: networks see legs and halves of people as people too
COVERED: Final = 0.7


class ModelFinder:
    """Several models on one camera. People come from the first whose card names some, else from the foreground as
    without a model; things that a card wants to be stated come from all.
    """

    def __init__(self, models: Sequence[Detector], across: int = 1) -> None:
        self._gazes = [Gaze(model, across) for model in models]
        self._people = next((index for index, model in enumerate(models) if model.card.people), None)

    @property
    def looks(self) -> int:
        """How often a model was run."""
        return sum(gaze.looks for gaze in self._gazes)

    def find(self, shown: Shown) -> Findings:
        """Who is there, and what else."""
        found = [gaze.see(shown) for gaze in self._gazes]
        if self._people is None:
            people = find_people(shown.foreground, shown.size)
        else:
            people = _people(found[self._people], self._gazes[self._people].model)
        things = [thing for gaze, one in zip(self._gazes, found, strict=True) for thing in _things(one, gaze)]
        return Findings(people, tuple(things))

    def forget(self) -> None:
        """Look everywhere again."""
        for gaze in self._gazes:
            gaze.forget()


def finder_of(settings: Settings, folder: Path) -> PeopleFinder:
    """The finder that a camera's settings ask for; paths of models start at `folder`.

    Raises `InputError` in one line for a model that cannot be used, `ConfigError` when nothing would come of it.
    """
    if not settings.models:
        return BlobFinder()
    models = [shared_model(folder / name) for name in settings.models]
    for name, model in zip(settings.models, models, strict=True):
        if not (model.card.people or model.card.kinds):
            reason = "its card names no people among the labels, and no kinds to be stated: nothing would come of it"
            raise ConfigError(reason, file=str(folder / name))
    return ModelFinder(models, settings.model_windows)


def _people(found: list[Found], model: Detector) -> list[Blob]:
    """Sure ones may begin a track; others only go on with one, unless they show a part of somebody found already."""
    kept: list[Found] = []
    for one in found:
        is_sure = one.score >= model.card.sure
        if one.label in model.card.people and (is_sure or not any(_is_part(one.box, other.box) for other in kept)):
            kept.append(one)
    return [Blob(one.box, one.score, one.score >= model.card.sure) for one in kept]


def _is_part(box: Box, other: Box) -> bool:
    return iou(box, other) > DOUBLE or overlap(box, other) > COVERED * box.area


def _things(found: list[Found], gaze: Gaze) -> list[Recognised]:
    card = gaze.model.card
    return [
        Recognised(
            card.kinds[one.label], one.label, one.score, one.score >= card.sure, gaze.looked_at(one.box), one.box
        )
        for one in found
        if one.label in card.kinds
    ]
