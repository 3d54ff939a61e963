r"""Teach the roof network, and score weights on labelled roofs that they have not seen.

Needs PyTorch, which the program itself does not: ``uv run --with torch==2.13.0 python ...``.

The default weights, from painted settlements alone::

    python benchmarks/train_roofs.py -o roofs_painted.npz

The research weights go on from there with labelled pairs; and, for the published figures, once more
for each dataset left out, then scored on that dataset::

    python benchmarks/train_roofs.py --start roofs_painted.npz --benchmark DIR -o roofs_research.npz
    python benchmarks/train_roofs.py --start roofs_painted.npz --benchmark DIR \
        --leave-out levir_cd -o without_levir.npz
    python benchmarks/train_roofs.py --benchmark DIR --score levir_cd -o without_levir.npz

The same arguments give the same weights on one machine.  The threshold is even odds, in training
and in use: nothing is chosen by looking at scores.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import nn
from torch.nn import functional

from benchmarks.simulation.settlement import paint_settlement
from camp_monitor.detect.construction.roof_network import LAYERS, SHAPES, read_weights
from camp_monitor.detect.construction.roof_pixels import freed_of_light, resampled
from camp_monitor.detect.construction.roofs import WORKING_M, find_roofs
from camp_monitor.evaluation import answering
from camp_monitor.evaluation.benchmark import read_benchmark, read_images, read_truth

ROOF_DATASETS: Mapping[str, float] = {"levir_cd": 0.5, "whu_cd": 0.22}
"""Datasets in which only roofs are labelled, and the side of their pixels, metres: as stated, or
judged by the width of lanes and cars."""
CROP_PX, BATCH, SCENE_PX = 128, 16, 224
REAL_SHARE = 0.5
"""Of the crops that research weights learn from; the others are painted."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A pair to cut crops from: pictures (3, row, col), and roofs: 1 yes, 0 no, -1 unknown."""

    before: NDArray[np.float32] | NDArray[np.uint8]
    after: NDArray[np.float32] | NDArray[np.uint8]
    new: NDArray[np.int8]
    lost: NDArray[np.int8]
    roof_before: NDArray[np.int8]
    roof_after: NDArray[np.int8]

    def turned(self) -> Scene:
        """Return the pair in the other order of time."""
        return Scene(
            self.after, self.before, self.lost, self.new, self.roof_after, self.roof_before
        )


class Network(nn.Module):
    """The network of `camp_monitor.detect.construction.roof_network`, to be taught.

    With `normalised`, each layer has a batch normalisation, for a start from nothing.
    """

    def __init__(self, normalised: bool) -> None:
        super().__init__()
        for name in LAYERS[:-2]:
            channels, inputs = SHAPES[name][:2]
            layer: nn.Module = nn.Conv2d(inputs, channels, 3, padding=1)
            if normalised:
                layer = nn.Sequential(
                    nn.Conv2d(inputs, channels, 3, padding=1, bias=False),
                    nn.BatchNorm2d(channels),
                )
            self.add_module(name, layer)
        self.out = nn.Conv2d(24, 1, 1)
        self.roof = nn.Conv2d(16, 1, 1)

    def forward(self, before: torch.Tensor, after: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return the log odds of a new roof, of a roof before, and of a roof after."""
        described = self.described(torch.cat([before, after]))
        first, second = described.chunk(2)
        compared = torch.cat([first, second, second - first], 1)
        roofs = self.roof(described).chunk(2)
        return self.out(self._layer("h1", self._layer("h0", compared))), roofs[0], roofs[1]

    def described(self, image: torch.Tensor) -> torch.Tensor:
        """Describe each block of 2 x 2 pixels of one date."""

        def repeated(values: torch.Tensor) -> torch.Tensor:
            return functional.interpolate(values, scale_factor=2)

        fine = self._layer("e0", self._layer("stem", functional.pixel_unshuffle(image, 2)))
        half = self._layer("e1", self._layer("d1", functional.max_pool2d(fine, 2)))
        quarter = self._layer("e2", self._layer("d2", functional.max_pool2d(half, 2)))
        eighth = self._layer("e3", self._layer("d3", functional.max_pool2d(quarter, 2)))
        quarter = self._layer("u2", torch.cat([repeated(eighth), quarter], 1))
        half = self._layer("u1", torch.cat([repeated(quarter), half], 1))
        return self._layer("u0", torch.cat([repeated(half), fine], 1))

    def _layer(self, name: str, values: torch.Tensor) -> torch.Tensor:
        return functional.relu(getattr(self, name)(values))

    def folded(self) -> dict[str, NDArray[np.float16]]:
        """Return plain weights, with the batch normalisation folded in."""
        arrays = {}
        for name in LAYERS:
            layer = getattr(self, name)
            if isinstance(layer, nn.Sequential):
                norm = layer[1]
                scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                weight = layer[0].weight * scale[:, None, None, None]
                bias = norm.bias - norm.running_mean * scale
            else:
                weight, bias = layer.weight, layer.bias
            arrays[f"{name}_weight"] = weight.detach().numpy().astype(np.float16)
            arrays[f"{name}_bias"] = bias.detach().numpy().astype(np.float16)
        return arrays

    def load(self, path: Path) -> None:
        """Start from saved weights; not for a normalised network."""
        for name, values in read_weights(path).items():
            layer, part = name.rsplit("_", 1)
            getattr(getattr(self, layer), part).data = torch.from_numpy(values.copy())


def painted_scenes(count: int, seed: int) -> list[Scene]:
    """Paint settlements to learn from."""
    scenes = []
    for number in range(count):
        pair = paint_settlement(np.random.default_rng([seed, number]), SCENE_PX, WORKING_M)
        roofs = (pair.new_roof, pair.lost_roof, pair.roof_before, pair.roof_after)
        scenes.append(Scene(pair.before, pair.after, *(roof.astype(np.int8) for roof in roofs)))
        if number % 100 == 99:
            print(f"{number + 1} settlements painted", flush=True)
    return scenes


def labelled_scenes(folder: Path, dataset: str) -> list[Scene]:
    """Read the labelled pairs of one dataset, at the pixels that the network works on."""
    benchmark = read_benchmark(folder)
    factor = ROOF_DATASETS[dataset] / WORKING_M
    scenes = []
    for entry in benchmark.entries:
        if entry.dataset != dataset:
            continue
        before, after = (
            resampled(np.nan_to_num(image.pixels), factor)
            for image in read_images(benchmark, entry)
            if image is not None
        )
        truth = (read_truth(benchmark, entry) == 1).astype(np.float32)
        new = (resampled(truth[None], factor)[0] > 0.5).astype(np.int8)
        none, unknown = np.zeros_like(new), -np.ones_like(new)
        scenes.append(
            Scene(before, after, new, none, np.where(new > 0, none, unknown),
                  np.where(new > 0, new, unknown))
        )  # fmt: skip
    return scenes


def some_crop(scene: Scene, rng: np.random.Generator) -> tuple[NDArray[np.float32], ...]:
    """Cut, turn, enlarge and relight a crop: both dates, new roofs, and the roofs of each date.

    Now and then the order of time is turned (what was torn down is no new roof), or one picture
    is shown twice in different light (nothing is new).
    """
    chance = rng.random()
    if chance < 0.12:
        scene = scene.turned()
    elif chance < 0.22:
        nothing = np.zeros_like(scene.new)
        picture, roof = (
            (scene.after, scene.roof_after)
            if rng.random() < 0.7
            else (scene.before, scene.roof_before)
        )
        scene = Scene(picture, picture, nothing, nothing, roof, roof)
    at = _places(scene.new.shape, rng)
    shift = rng.normal(0, 0.7, (2, 1, 1)) if rng.random() < 0.5 else np.zeros((2, 1, 1))
    if rng.random() < 0.1:
        shift = rng.uniform(-3, 3, (2, 1, 1))
    pictures = []
    for picture, places in ((scene.before, at), (scene.after, at + shift)):
        crop = np.stack(
            [
                ndimage.map_coordinates(band.astype(np.float32), places, order=1, mode="reflect")
                for band in picture
            ]
        )
        crop = _relit(crop, rng)
        pictures.append(freed_of_light(crop, np.ones(crop.shape[1:], bool)))
    labels = [
        ndimage.map_coordinates(label, places, order=0, mode="reflect").astype(np.float32)
        for label, places in (
            (scene.new, at + shift),
            (scene.roof_before, at),
            (scene.roof_after, at + shift),
        )
    ]
    return pictures[0], pictures[1], labels[0], labels[1], labels[2]


def _places(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the rows and columns, (2, row, col), from which a crop is taken."""
    zoom = np.exp(rng.uniform(np.log(0.72), np.log(1.4)))
    turn = rng.integers(4) * np.pi / 2 + (rng.uniform(-0.8, 0.8) if rng.random() < 0.4 else 0)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = rotation @ np.diag([1, rng.choice([-1, 1])]) / zoom
    half = min(CROP_PX / 2 / zoom, *(size / 2 for size in shape))
    middle = np.array([rng.uniform(half, size - half) for size in shape]) - 0.5
    grid = np.mgrid[:CROP_PX, :CROP_PX] - (CROP_PX - 1) / 2
    return np.tensordot(matrix, grid, 1) + middle[:, None, None]


def _relit(crop: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Change gain, gamma, cast, colour, sharpness and grain of a picture from 0 to 255."""
    if rng.random() < 0.12:
        return crop
    crop = np.clip(crop, 0, 255) / 255
    crop = crop ** np.exp(rng.normal(0, 0.25))
    crop = crop * np.exp(rng.normal(0, 0.2) + rng.normal(0, 0.08, (3, 1, 1)))
    crop = crop + rng.normal(0, 0.05) + rng.normal(0, 0.02, (3, 1, 1))
    chance = rng.random()
    if chance < 0.35:
        grey = crop.mean(axis=0, keepdims=True)
        crop = grey + (crop - grey) * (0 if chance < 0.05 else np.exp(rng.normal(0, 0.4)))
    if rng.random() < 0.3:
        crop = ndimage.gaussian_filter(crop, (0, *(rng.uniform(0.3, 1.0),) * 2))
    if rng.random() < 0.5:
        crop = crop + rng.normal(0, rng.uniform(0, 0.03), crop.shape)
    return (np.clip(crop, 0, 1) * 255).astype(np.float32)


def teach(
    network: Network, pick: Callable[[], Scene], rng: np.random.Generator, steps: int, rate: float
) -> None:
    """Teach a network by crops of scenes."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.1)
    start = time.monotonic()
    for step in range(1, steps + 1):
        crops = [some_crop(pick(), rng) for _ in range(BATCH)]
        before, after, *labels = (
            torch.from_numpy(np.stack(part).astype(np.float32)) for part in zip(*crops, strict=True)
        )
        loss = _loss(network(before, after), labels)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps:
            taken = time.monotonic() - start
            print(f"step {step} of {steps}, loss {loss.item():.3f}, {taken:.0f} s", flush=True)


def _loss(answers: tuple[torch.Tensor, ...], labels: list[torch.Tensor]) -> torch.Tensor:
    """Cross entropy and overlap of new roofs, and cross entropy of the roofs of each date."""
    new = functional.avg_pool2d(labels[0][:, None], 2)
    odds = torch.sigmoid(answers[0])
    overlap = (2 * (odds * new).sum() + 1) / (odds.sum() + new.sum() + 1)
    loss = functional.binary_cross_entropy_with_logits(answers[0], new) + 0.5 * (1 - overlap)
    for answer, label in zip(answers[1:], labels[1:], strict=True):
        known = -functional.max_pool2d(-label[:, None], 2) >= 0
        roof = functional.avg_pool2d(label[:, None].clamp(min=0), 2)
        each = functional.binary_cross_entropy_with_logits(answer, roof, reduction="none")
        loss = loss + 0.4 * (each * known).sum() / max(int(known.sum()), known.numel() // 10)
    return loss


def score(folder: Path, dataset: str, weights: Path) -> None:
    """Print precision, recall and F1 of weights, pooled over the pairs of one dataset."""
    benchmark = read_benchmark(folder)
    right = called = true = 0
    for entry in benchmark.entries:
        if entry.dataset == dataset:
            images = answering.place(entry, *read_images(benchmark, entry))
            truth = read_truth(benchmark, entry)
            pair = answering.pair_of(*images)
            change = find_roofs(pair, pair.pixel_m, str(weights) if weights else "default")
            scored = truth != 255
            right += int((change.changed & (truth == 1)).sum())
            called += int((change.changed & scored).sum())
            true += int((truth == 1).sum())
    print(
        f"{dataset}: precision {right / max(called, 1):.3f}, recall {right / max(true, 1):.3f}, "
        f"F1 {2 * right / max(called + true, 1):.3f}"
    )


def main() -> None:
    """Read the command line, and teach or score."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("-o", "--weights", type=Path, required=True)
    options.add_argument("--start", type=Path, help="weights to go on from")
    options.add_argument("--benchmark", type=Path, help="folder of labelled pairs")
    options.add_argument("--leave-out", choices=list(ROOF_DATASETS))
    options.add_argument("--score", choices=list(ROOF_DATASETS))
    options.add_argument("--scenes", type=int, default=600)
    options.add_argument("--steps", type=int, default=1800)
    options.add_argument("--rate", type=float, default=3e-3)
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    if asked.score:
        score(asked.benchmark, asked.score, asked.weights)
        return
    torch.set_num_threads(1)
    torch.manual_seed(asked.seed)
    rng = np.random.default_rng(asked.seed)
    network = Network(normalised=asked.start is None)
    if asked.start is not None:
        network.load(asked.start)
    painted = painted_scenes(asked.scenes, asked.seed)
    labelled = [
        labelled_scenes(asked.benchmark, dataset)
        for dataset in ROOF_DATASETS
        if asked.benchmark is not None and dataset != asked.leave_out
    ]

    def pick() -> Scene:
        if labelled and rng.random() < REAL_SHARE:
            scenes = labelled[rng.integers(len(labelled))]
            return scenes[rng.integers(len(scenes))]
        return painted[rng.integers(len(painted))]

    teach(network, pick, rng, asked.steps, asked.rate)
    network.eval()
    np.savez_compressed(asked.weights, **network.folded())


if __name__ == "__main__":
    main()
