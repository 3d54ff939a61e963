"""What an evaluation says: one row for each dataset, one for each scene, as plain values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from camp_monitor.evaluation.running import Scene
from camp_monitor.evaluation.scoring import Counts, mean_f1

DIGITS = 4


@dataclass(frozen=True)
class Row:
    """Scores of one dataset.

    Parameters
    ----------
    dataset : str
    scenes : tuple of Scene
    counts : Counts
        Of all its scenes together.
    """

    dataset: str
    scenes: tuple[Scene, ...]
    counts: Counts

    @property
    def mean_f1(self) -> float | None:
        """Mean F1 over the scenes that have a label: the pooled one is ruled by the largest."""
        return mean_f1(scene.counts for scene in self.scenes)

    @property
    def quiet_called_fraction(self) -> float | None:
        """Share called over all scenes where nothing changed; None where there is no such scene."""
        quiet = sum((s.counts for s in self.scenes if s.counts.is_quiet), Counts())
        return quiet.called_fraction if quiet.scored else None

    @property
    def seconds_per_megapixel(self) -> float:
        """Time of the detectors."""
        megapixels = sum(s.megapixels for s in self.scenes)
        return sum(s.seconds for s in self.scenes) / megapixels if megapixels else 0.0


def rows(scenes: Sequence[Scene]) -> tuple[Row, ...]:
    """Gather scenes by dataset, in the order in which the datasets first come."""
    gathered: dict[str, list[Scene]] = defaultdict(list)
    for scene in scenes:
        gathered[scene.dataset].append(scene)
    return tuple(
        Row(name, tuple(own), sum((scene.counts for scene in own), Counts()))
        for name, own in gathered.items()
    )


def plain(scenes: Sequence[Scene]) -> dict[str, Any]:
    """Return all scores as JSON values; the time taken is left out, so that runs can be compared.

    The same detectors on the same benchmark give the same values.
    """
    quiet = sum((scene.counts for scene in scenes if scene.counts.is_quiet), Counts())
    return {
        "datasets": {
            row.dataset: {
                **_scores(row.counts),
                "mean_f1": _rounded(row.mean_f1),
                "quiet_called_fraction": _rounded(row.quiet_called_fraction),
                "scenes": len(row.scenes),
                "not_comparable": sum(bool(scene.reason) for scene in row.scenes),
                "not_read": sum(bool(scene.fault) for scene in row.scenes),
            }
            for row in rows(scenes)
        },
        "quiet_called_fraction": _rounded(quiet.called_fraction if quiet.scored else None),
        "scenes": {
            scene.id: {
                "dataset": scene.dataset,
                "method": scene.method,
                "way": scene.way,
                "reason": scene.reason.to_dict() if scene.reason else None,
                "fault": scene.fault or None,
                **_scores(scene.counts),
            }
            for scene in scenes
        },
    }


def _scores(counts: Counts) -> dict[str, Any]:
    names = ("precision", "recall", "f1", "iou", "kappa", "called_fraction", "labelled_fraction")
    scores = {name: _rounded(getattr(counts, name)) for name in (*names, "unseen_fraction")}
    return {**scores, **asdict(counts)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
