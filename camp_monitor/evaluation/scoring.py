"""Answers against labels: pixels and whole objects, counted, and what follows from the counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from camp_monitor.evaluation.benchmark import UNSCORED

LEAST_OBJECT_PX = 9
"""Smaller objects of the truth or of the answer are not counted as objects."""
FOUND_FRACTION = 0.25
"""A labelled object is found when this part of it was called; a called one is false when less than
this part of it is labelled."""
QUIET_FRACTION = 0.005
"""A scene with a smaller share labelled is one where nothing changed."""


@dataclass(frozen=True)
class Counts:
    """Counted pixels and objects; two counts can be added.

    Parameters
    ----------
    true_positive, false_positive, false_negative, true_negative : int
        Scored pixels.  A pixel that was not seen counts as not called.
    unseen : int
        Scored pixels that were not seen.
    objects_found, objects_missed, objects_false : int
        Labelled regions that were found, were not, and called regions without a label.
    """

    true_positive: int = 0
    false_positive: int = 0
    false_negative: int = 0
    true_negative: int = 0
    unseen: int = 0
    objects_found: int = 0
    objects_missed: int = 0
    objects_false: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def scored(self) -> int:
        """Number of scored pixels."""
        return self.true_positive + self.false_positive + self.false_negative + self.true_negative

    @property
    def labelled_fraction(self) -> float:
        """Share of the scored pixels that is labelled as changed."""
        return _ratio(self.true_positive + self.false_negative, self.scored)

    @property
    def called_fraction(self) -> float:
        """Share of the scored pixels that was called changed."""
        return _ratio(self.true_positive + self.false_positive, self.scored)

    @property
    def unseen_fraction(self) -> float:
        """Share of the scored pixels that was not seen."""
        return _ratio(self.unseen, self.scored)

    @property
    def precision(self) -> float:
        """Share of what was called that is labelled; 0 where nothing was called."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of what is labelled that was called; 0 where nothing is labelled."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        wrong = self.false_positive + self.false_negative
        return _ratio(2 * self.true_positive, 2 * self.true_positive + wrong)

    @property
    def iou(self) -> float:
        """Intersection over union of called and labelled."""
        return _ratio(
            self.true_positive, self.true_positive + self.false_positive + self.false_negative
        )

    @property
    def kappa(self) -> float:
        """Agreement beyond chance, Cohen (1960), doi:10.1177/001316446002000104."""
        if not self.scored:
            return 0.0
        agreed = _ratio(self.true_positive + self.true_negative, self.scored)
        called, labelled = self.called_fraction, self.labelled_fraction
        chance = called * labelled + (1 - called) * (1 - labelled)
        return _ratio(agreed - chance, 1 - chance)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing, or nearly nothing, is labelled."""
        return self.scored > 0 and self.labelled_fraction < QUIET_FRACTION


def count(answer: NDArray[np.uint8], truth: NDArray[np.uint8]) -> Counts:
    """Count an answer against its labels.

    Parameters
    ----------
    answer, truth : ndarray
        uint8, (row, col): 0 unchanged, 1 changed, 255 not seen (answer) or not scored (truth).
    """
    scored = truth != UNSCORED
    called, labelled = (answer == 1) & scored, (truth == 1)
    found, missed = _objects(labelled, called, scored)
    _, false = _objects(called, labelled, scored)
    return Counts(
        true_positive=int((called & labelled).sum()),
        false_positive=int((called & ~labelled).sum()),
        false_negative=int((~called & labelled).sum()),
        true_negative=int((~called & ~labelled & scored).sum()),
        unseen=int(((answer == UNSCORED) & scored).sum()),
        objects_found=found,
        objects_missed=missed,
        objects_false=false,
    )


def _objects(
    objects: NDArray[np.bool_], other: NDArray[np.bool_], scored: NDArray[np.bool_]
) -> tuple[int, int]:
    """Count the objects that `other` covers by `FOUND_FRACTION`, and those that it does not."""
    from scipy import ndimage

    labels, number = ndimage.label(objects & scored, np.ones((3, 3)))
    if number == 0:
        return 0, 0
    sizes = np.bincount(labels.ravel(), minlength=number + 1)[1:]
    covered = np.bincount(labels[other], minlength=number + 1)[1:]
    large = sizes >= LEAST_OBJECT_PX
    met = covered >= FOUND_FRACTION * sizes
    return int((large & met).sum()), int((large & ~met).sum())


def mean_f1(scenes: Iterable[Counts]) -> float | None:
    """Mean F1 over the scenes that have a label at all; None where there is none."""
    scores = [counts.f1 for counts in scenes if counts.labelled_fraction > 0]
    return sum(scores) / len(scores) if scores else None


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
