"""Cloud and its shadow where no quality band tells them: a trained network, an optional extra.

Needs ``pip install camp-monitor[cloud]`` (ukis-csmask, whose package holds the weights: nothing is
fetched when it runs) and ``cloud_mask = "csmask"`` in the settings of a scan.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox

from camp_monitor.errors import InstallationError
from camp_monitor.scenes.image import Image, Quality
from camp_monitor.scenes.quality import widen_cloud
from camp_monitor.scenes.reading import read_image
from camp_monitor.scenes.scene import Scene
from camp_monitor.scenes.sensors import Unit

VISIBLE_AND_NEAR: tuple[str, ...] = ("blue", "green", "red", "nir")
SHORT_WAVE: tuple[str, ...] = ("swir1", "swir2")
THEIR_NAMES = {"swir1": "swir16", "swir2": "swir22"}
TRAINED_AT_M = 30.0
"""Pixels that the network was trained on; finer ones are averaged to about this size."""
COARSEST_M = 60.0
LEAST_SIDE_PX = 256
"""The network looks at squares of this side; a smaller image is mirrored at its rim."""
CLOUD, SHADOW = 1, 2
"""Classes of the network."""

ONE_AT_A_TIME = threading.Lock()

Reading = Callable[[Scene, GeoBox, tuple[float, float]], Image]
"""As `camp_monitor.scenes.reading.read_image`."""


def can_screen(scene: Scene) -> bool:
    """Tell whether the network can look at a scene: reflectance in four bands, no quality band."""
    reflects = not scene.nature.radar and scene.nature.unit is Unit.REFLECTANCE
    named = {*VISIBLE_AND_NEAR} <= {*scene.band_names}
    return reflects and named and scene.quality is None and scene.pixel_m <= COARSEST_M


def reader(cloud_mask: str) -> Reading:
    """Return how a scan reads its scenes, by its setting ``cloud_mask``."""
    return screening(read_image) if cloud_mask == "csmask" else read_image


def screening(read: Reading) -> Reading:
    """Return a reader that also flags cloud and shadow in scenes without a quality band."""

    def read_screened(scene: Scene, grid: GeoBox, shift_px: tuple[float, float]) -> Image:
        image = read(scene, grid, shift_px)
        if not can_screen(scene):
            return image
        with ONE_AT_A_TIME:  # it holds all of an image
            return screen(image)

    return read_screened


def screen(image: Image) -> Image:
    """Flag cloud and cloud shadow in one optical image.

    Parameters
    ----------
    image : Image
        Surface reflectance with blue, green, red and near infrared; with both short-wave bands,
        too, the better one of two models looks at it.

    Returns
    -------
    Image
        With CLOUD and SHADOW set, edges widened as for a provider's quality band, and `cloud_model`
        naming the model and its version.

    Raises
    ------
    InstallationError
        The extra is not installed.

    Notes
    -----
    Cannot see: thin cirrus, and snow as such.  Takes for shadow: some dark water; it is then not
    seen.  The same image gives the same flags on one processor and version of onnxruntime.

    References
    ----------
    .. [1] Wieland et al. (2019), doi:10.1016/j.rse.2019.05.022
    .. [2] Wieland et al. (2022), doi:10.5194/isprs-archives-XLIII-B3-2022-217-2022
    """
    try:
        from ukis_csmask.mask import CSmask
    except ImportError as error:
        raise InstallationError(
            "Cloud cannot be screened without the extra: pip install 'camp-monitor[cloud]', or set "
            'cloud_mask = "none" in camp-monitor.toml.'
        ) from error
    names = VISIBLE_AND_NEAR
    if {*SHORT_WAVE} <= {*image.bands}:
        names += SHORT_WAVE
    factor = max(1, round(TRAINED_AT_M / image.pixel_m))
    held = (image.flags & Quality.NODATA) == 0
    layers = np.stack([np.where(held, image.band(name), 0) for name in names], axis=-1)
    found = CSmask(
        _coarse(layers, factor), [THEIR_NAMES.get(name, name) for name in names], "l2a",
        intra_op_num_threads=1, inter_op_num_threads=1, providers=["CPUExecutionProvider"],
    )  # fmt: skip
    classes = np.kron(found.csm[..., 0], np.ones((factor, factor), np.uint8))
    classes = classes[: held.shape[0], : held.shape[1]]
    told = np.where(classes == CLOUD, Quality.CLOUD, 0) | np.where(
        classes == SHADOW, Quality.SHADOW, 0
    )
    flags = widen_cloud(np.where(held, told, Quality.NODATA).astype(np.uint8), image.pixel_m)
    joined = np.where(held, image.flags | flags, image.flags).astype(np.uint8)
    return replace(image, flags=joined, cloud_model=f"csmask {found.model_version}")


def _coarse(layers: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Average squares of pixels, (row, col, band); mirrored at the lower right to whole squares."""
    rows, columns = (
        max(-(-side // factor), LEAST_SIDE_PX) * factor - side for side in layers.shape[:2]
    )
    whole = np.pad(layers, ((0, rows), (0, columns), (0, 0)), "symmetric")
    height, width = (side // factor for side in whole.shape[:2])
    squares = whole.reshape(height, factor, width, factor, -1)
    return squares.mean(axis=(1, 3)).astype(np.float32)
