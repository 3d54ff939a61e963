"""Paint buildings or water into the after image of a real pair, at contrast that is real there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity

from camp_monitor.codes import Code
from camp_monitor.errors import Refusal
from camp_monitor.pairs.normalisation import normalise
from camp_monitor.pairs.pair import Pair
from camp_monitor.scenes.image import Image
from camp_monitor.scenes.sar.backscatter import to_decibels, to_power
from camp_monitor.scenes.sensors import Unit
from camp_monitor.synthetic.materials import spectrum
from camp_monitor.synthetic.radar import WATER_DB
from camp_monitor.synthetic.settlement_roofs import ROOF_COLOURS
from camp_monitor.synthetic.structures import (
    HALF,
    Structure,
    covered_share,
    paint_structures,
    rectangle,
    surroundings,
)

ROOFS = ("roof_cement", "roof_tile", "roof_blue", "concrete")
"""Materials of `camp_monitor.synthetic.materials` that roofs are made of."""
TONES = (0.85, 1.15)
"""Old or new, dirty or clean: a roof is this much darker or brighter than its material."""
HEIGHTS_M = (3.0, 6.5)
SUN_ELEVATIONS_DEG = (35.0, 65.0)
"""The sun's place is not among the numbers of a pair: it is drawn."""
OPTICAL_PSF_PX, RADAR_PSF_PX = 0.45, 0.8
"""Standard deviation of a sensor's blur, in its own pixels."""
SHORT_WAVE_PIXEL_M = 20.0
"""No sensor of this toolkit sees the short-wave infrared in smaller pixels than this."""
BRIGHTER_DB = (4.0, 12.0)
"""Walls and roofs send the wave back by two bounces: brighter than the surroundings by this."""
SHADED_DB = -4.0
"""Ground that a building hides from the radar, as far as the pixel holds nothing else."""
HIDDEN_PER_HEIGHT = math.tan(math.radians(39.0))
"""At a middling angle of incidence."""
OBJECT_M = 3.0
"""What differs from its surroundings over less than this is no object,"""
AROUND_CELLS = 13
"""and its surroundings are this many times as wide."""
RARE_PERCENT = 1.0
"""This share of a scene, which is brightest against what lies round it, is objects."""
BRIGHT_OBJECTS = "gravel_road"
DARK_PERCENT, DARK_REFLECTANCE = 0.5, 0.02
"""What such objects, and the darkest of a scene, are taken for where numbers are not calibrated;"""
FINE_M = 2.0
PAVING, DARK_TONE = (0.66, 0.64, 0.60), 0.06
"""and in a picture with pixels of up to `FINE_M`, of red, green and blue between 0 and 1."""
FLOODS = ("flood", "river")


@dataclass(frozen=True)
class Place:
    """Where something is painted.

    Parameters
    ----------
    row, column : float
        Its middle, pixels.
    area_m2 : float
    """

    row: float
    column: float
    area_m2: float


@dataclass(frozen=True, eq=False)
class Painter:
    """What is painted into one pair: drawn once, used for every run.

    Parameters
    ----------
    pair : Pair
    water : bool
        Water bodies, not buildings.
    roofs : ndarray
        float32, (roof, band): colours of roofs in an optical image's own numbers; empty of radar.
    contrasts : ndarray
        float32, (object, band): of the scene's own objects, in uncalibrated radar; else empty.
    """

    pair: Pair
    water: bool
    roofs: NDArray[np.float32]
    contrasts: NDArray[np.float32]


def make_painter(pair: Pair, water: bool) -> Painter:
    """Prepare to paint buildings or water.

    Raises
    ------
    Refusal
        Water into uncalibrated numbers: what it would look like there is not known.
    """
    image = pair.after
    physical = image.nature.unit is Unit.REFLECTANCE or image.nature.unit is Unit.DECIBEL
    if water and not physical:
        raise Refusal(Code.PAINTING_NEEDS_UNIT, quantity=image.quantity)
    none = np.zeros((0, len(image.bands)), np.float32)
    if not image.nature.radar:
        return Painter(pair, water, none if water else _roof_colours(image), none)
    return Painter(pair, water, none, none if physical else own_objects(image)[1])


def own_objects(image: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the colours of a scene's own rare bright objects, and how they stand out.

    They are the places that are brightest against what lies round them, over at least `OBJECT_M`
    (radar: three pixels, against speckle): lanes, yards, walls and roofs, mostly.

    Returns
    -------
    (ndarray, ndarray)
        Colours and contrasts, float32, (object, band), in the image's own numbers.
    """
    from scipy import ndimage

    cell = 3 if image.nature.radar else max(round(OBJECT_M / image.pixel_m), 1)
    rows, columns = (side // cell for side in image.flags.shape)
    inner = image.pixels[:, : rows * cell, : columns * cell]
    cells = inner.reshape(-1, rows, cell, columns, cell).mean(axis=(2, 4))
    whole = image.usable[: rows * cell, : columns * cell]
    usable = whole.reshape(rows, cell, columns, cell).all(axis=(1, 3))
    usable &= np.isfinite(cells).all(axis=0)
    if not usable.any():
        raise Refusal(Code.NOTHING_TO_PAINT_ON)
    middles = np.median(cells[:, usable], axis=1)
    cells = np.where(usable, cells, middles[:, None, None])
    contrast = cells - np.stack([ndimage.median_filter(band, AROUND_CELLS) for band in cells])
    bright = contrast.mean(axis=0)
    rare = usable & (bright >= np.percentile(bright[usable], 100 - RARE_PERCENT))
    return cells[:, rare].T.astype(np.float32), contrast[:, rare].T.astype(np.float32)


def _roof_colours(image: Image) -> NDArray[np.float32]:
    """Return what roofs look like in an optical image, float32 (roof, band), in its own numbers.

    Numbers that are not calibrated are tied to the scene itself: its bright objects are taken for
    gravel or (in pixels of up to `FINE_M`, which see it pure) paving, its darkest pixels for shade.
    That is rough, but it gives roofs the colours of roofs at this scene's contrast.
    """
    bands = image.bands
    spectra = np.stack([spectrum(name, bands) for name in ROOFS])
    if image.nature.unit is Unit.REFLECTANCE:
        return spectra
    known, shade, roofs = spectrum(BRIGHT_OBJECTS, bands), DARK_REFLECTANCE, spectra
    if image.pixel_m <= FINE_M:
        table = [_by_band(colour, bands) for colour in (PAVING, *ROOF_COLOURS)]
        known, shade, roofs = table[0], DARK_TONE, np.stack(table[1:])
    bright = np.median(own_objects(image)[0], axis=0)
    dark = np.percentile(image.pixels[:, image.usable], DARK_PERCENT, axis=1)
    gains = np.maximum(bright - dark, 1.0) / (known - shade)
    return np.asarray(dark + gains * (roofs - shade), np.float32)


def _by_band(colour: tuple[float, float, float], bands: tuple[str, ...]) -> NDArray[np.float32]:
    """Order red, green and blue as the bands are; what is not visible is like red, as in stone."""
    known = dict(zip(("red", "green", "blue"), colour, strict=True))
    return np.array([known.get(band, colour[0]) for band in bands], np.float32)


def paint(
    painter: Painter, places: tuple[Place, ...], rng: np.random.Generator
) -> tuple[Pair, NDArray[np.int32]]:
    """Paint one structure at each place.

    Parameters
    ----------
    painter : Painter
    places : tuple of Place
    rng : Generator

    Returns
    -------
    (Pair, ndarray)
        The pair with another after image, matched in brightness as the old one was, and int32
        (row, col): n where structure n, counted from 1, covers at least half of the pixel, or
        more than of any other pixel if it fills none by half.
    """
    image = painter.pair.after
    grounds = tuple(_outline(image, place, painter.water, rng) for place in places)
    if image.nature.radar:
        after = _paint_radar(painter, grounds, rng)
    else:
        after = _paint_optical(painter, grounds, rng)
    after = replace(after, pixels=np.where(image.usable, after.pixels, image.pixels))
    matched = normalise(after, painter.pair.normalisation)
    labels = np.zeros(image.flags.shape, np.int32)
    for number, ground in enumerate(grounds, start=1):
        where, share = covered_share(ground, image, 0.0)
        labels[where[1:]][share >= min(HALF, float(share.max(initial=1e-6)))] = number
    return replace(painter.pair, after=after, after_matched=matched), labels


def _outline(image: Image, place: Place, water: bool, rng: np.random.Generator) -> shapely.Polygon:
    """Draw a rectangle one to three times as long as wide, or an ellipse, turned at random."""
    affine = image.grid.affine
    x_m, y_m = affine.c + affine.a * place.column, affine.f + affine.e * place.row
    longer = float(np.exp(rng.uniform(0, math.log(3))))
    width_m = math.sqrt(place.area_m2 / longer)
    turn_deg = float(rng.uniform(0, 180))
    if not water:
        return rectangle(x_m, y_m, width_m * longer, width_m, turn_deg)
    disc = shapely.Point(x_m, y_m).buffer(1 / math.sqrt(math.pi), quad_segs=16)
    ellipse: shapely.Polygon = affinity.scale(disc, width_m * longer, width_m)
    turned: shapely.Polygon = affinity.rotate(ellipse, turn_deg)
    return turned


def _paint_optical(
    painter: Painter, grounds: tuple[shapely.Polygon, ...], rng: np.random.Generator
) -> Image:
    """Paint each group of bands with the blur of its own pixels."""
    image = painter.pair.after
    structures = [_structure(painter, ground, rng) for ground in grounds]
    sun_deg = float(rng.uniform(*SUN_ELEVATIONS_DEG))
    pixels = image.pixels.copy()
    blurs = np.array([_blur_px(painter.pair, band) for band in image.bands])
    for blur in np.unique(blurs):
        chosen = np.flatnonzero(blurs == blur)
        names = tuple(image.bands[number] for number in chosen)
        part = replace(image, pixels=image.pixels[chosen], bands=names)
        own = [
            replace(one, colour=tuple(one.colour[number] for number in chosen))
            for one in structures
        ]
        painted, _ = paint_structures(part, own, rng, psf_px=float(blur), sun_elevation_deg=sun_deg)
        pixels[chosen] = painted.pixels
    return replace(image, pixels=pixels)


def _structure(painter: Painter, ground: shapely.Polygon, rng: np.random.Generator) -> Structure:
    image = painter.pair.after
    if painter.water:
        share = rng.uniform()
        mixed = sum(
            part * spectrum(name, image.bands)
            for part, name in zip((share, 1 - share), FLOODS, strict=True)
        )
        return Structure(ground, tuple(float(value) for value in np.asarray(mixed)))
    colour = painter.roofs[rng.integers(len(painter.roofs))] * rng.uniform(*TONES)
    height_m, pitched = float(rng.uniform(*HEIGHTS_M)), bool(rng.uniform() < HALF)
    return Structure(ground, tuple(float(value) for value in colour), height_m, pitched)


def _blur_px(pair: Pair, band: str) -> float:
    """Blur of a band, pixels: of its own pixels, and of the correction of the shift."""
    coarser = max(SHORT_WAVE_PIXEL_M / pair.pixel_m, 1.0) if band.startswith("swir") else 1.0
    own = (OPTICAL_PSF_PX * coarser) ** 2
    # a wider pixel is a square that many times as wide
    wider = (coarser**2) / 12 if coarser > 1 else 0.0
    moved = 0.0
    if pair.shift_found.known and pair.shift_left != pair.shift_found:
        parts = np.array([pair.shift_found.shift_rows_px, pair.shift_found.shift_columns_px]) % 1
        moved = float(np.mean(parts * (1 - parts)))  # interpolating between two pixels
    return round(math.sqrt(own + wider + moved), 3)


def _paint_radar(
    painter: Painter, grounds: tuple[shapely.Polygon, ...], rng: np.random.Generator
) -> Image:
    """Brighten or darken what is there, so that its speckle stays."""
    image = painter.pair.after
    decibels = image.nature.unit is Unit.DECIBEL
    pixels = to_power(image.pixels) if decibels else image.pixels.copy()
    away = math.radians(float(rng.uniform(0, 360)))
    for ground in grounds:
        if decibels:
            gains = 10 ** (_change_db(painter, ground, rng) / 10)
            where, share = covered_share(ground, image, RADAR_PSF_PX)
            if not painter.water:
                reach_m = float(rng.uniform(*HEIGHTS_M)) * HIDDEN_PER_HEIGHT
                end = affinity.translate(ground, reach_m * math.sin(away), reach_m * math.cos(away))
                hidden = shapely.union(ground, end).convex_hull.difference(ground)
                dark, shaded = covered_share(hidden, image, RADAR_PSF_PX)
                pixels[dark] *= 1 + shaded * (10 ** (SHADED_DB / 10) - 1)
            pixels[where] *= 1 + share * (gains[:, None, None] - 1)
        else:
            where, share = covered_share(ground, image, RADAR_PSF_PX)
            contrast = painter.contrasts[rng.integers(len(painter.contrasts))]
            gains = 1 + contrast / np.maximum(surroundings(image, ground), 1)
            pixels[where] *= 1 + share * (gains[:, None, None] - 1)
    if decibels:
        return replace(image, pixels=to_decibels(pixels))
    return replace(image, pixels=np.clip(np.round(pixels), 0, 255).astype(np.float32))


def _change_db(
    painter: Painter, ground: shapely.Polygon, rng: np.random.Generator
) -> NDArray[np.float64]:
    """How much brighter a building, or darker water, is than its surroundings, per band."""
    image = painter.pair.after
    if not painter.water:
        return np.full(len(image.bands), rng.uniform(*BRIGHTER_DB))
    level = dict(zip(("vv", "vh"), WATER_DB, strict=True))
    usual = surroundings(image, ground)
    wanted = [level.get(band, WATER_DB[0]) for band in image.bands]
    return np.minimum(np.array(wanted) - usual, 0.0)
