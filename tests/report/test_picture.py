"""From images to pictures: stretch, nodata, edges and encoding."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from PIL import Image as Pillow
from pyproj import Transformer

from camp_monitor.errors import SceneError
from camp_monitor.report.picture import (
    LONGEST_SIDE_PX,
    MapImage,
    encode_pictures,
    render_image,
    render_pair,
)
from camp_monitor.report.text.sentences import name_of, phrase
from camp_monitor.scenes.image import Image
from tests.report import painted


def image_of(pixels: NDArray[np.float32], bands: tuple[str, ...], quantity: str) -> Image:
    grid = GeoBox(pixels.shape[1:], painted.grid().affine, "EPSG:3857")
    return Image(pixels, bands, quantity, np.isnan(pixels[0]).astype(np.uint8), grid)


def ramp(bands: int = 3) -> NDArray[np.float32]:
    values = np.linspace(0.02, 0.3, 900, dtype=np.float32).reshape(30, 30)
    return np.stack([values * (1 + band / 10) for band in range(bands)])


def test_what_is_alike_looks_alike_on_both_dates() -> None:
    before = ramp()
    after = before.copy()
    after[:, 5:10, 5:10] = 0.9
    first, second = render_pair(
        image_of(before, ("red", "green", "blue"), "reflectance"),
        image_of(after, ("red", "green", "blue"), "reflectance"),
        painted.BEFORE,
        painted.AFTER,
    )
    changed = np.zeros((30, 30), bool)
    changed[5:10, 5:10] = True
    np.testing.assert_array_equal(first.pixels[~changed], second.pixels[~changed])
    assert (second.pixels[changed][:, :3] == 255).all()


def test_uncalibrated_dates_are_stretched_each_by_its_own() -> None:
    first, second = render_pair(
        image_of(ramp(), ("red", "green", "blue"), "dn8"),
        image_of(ramp() * 3 + 20, ("red", "green", "blue"), "dn8"),
        painted.BEFORE,
        painted.AFTER,
    )
    difference = first.pixels.astype(int) - second.pixels.astype(int)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        (("blue", "green", "red", "nir"), name_of("bands", "red green blue")),
        (("green", "red", "nir"), name_of("bands", "nir red green")),
        (("red", "nir", "swir1"), name_of("bands", "swir1 nir red")),
        (("vv", "vh"), name_of("bands", "vv")),
        (("swir2",), phrase("picture.grey", band="swir2")),
    ],
)
def test_bands_shown_are_said(bands: tuple[str, ...], said: str) -> None:
    quantity = "sigma0_db" if "vv" in bands else "reflectance"
    picture = render_image(image_of(ramp(len(bands)), bands, quantity), painted.BEFORE)
    assert picture.shown_as == said


def test_pair_without_common_bands_is_still_shown() -> None:
    first, second = render_pair(
        image_of(ramp(), ("red", "green", "blue"), "reflectance"),
        image_of(ramp(1), ("vv",), "sigma0_db"),
        painted.BEFORE,
        painted.AFTER,
    )
    assert first.shown_as == name_of("bands", "red green blue")
    assert second.shown_as == name_of("bands", "vv")


def test_no_data_is_transparent_and_empty_or_flat_images_survive() -> None:
    pixels = ramp()
    pixels[:, :4] = np.nan
    picture = render_image(
        image_of(pixels, ("red", "green", "blue"), "reflectance"), painted.BEFORE
    )
    assert (picture.pixels[:4] == 0).all()
    assert (picture.pixels[4:, :, 3] == 255).all()
    for value in (np.nan, 0.1):
        flat = image_of(np.full((1, 8, 8), value, np.float32), ("vv",), "sigma0_db")
        alpha = render_image(flat, painted.BEFORE).pixels[..., 3]
        assert (alpha == (0 if np.isnan(value) else 255)).all()


def test_edges_are_those_of_the_grid() -> None:
    picture = render_image(painted.painted(1, flooded=False), painted.BEFORE)
    to_degrees = Transformer.from_crs(3857, 4326, always_xy=True).transform
    side_m = painted.SIDE_PX * painted.PIXEL_M
    west, north = to_degrees(painted.WEST_M, painted.NORTH_M)
    east, south = to_degrees(painted.WEST_M + side_m, painted.NORTH_M - side_m)
    found = [picture.west_deg, picture.south_deg, picture.east_deg, picture.north_deg]
    assert found == pytest.approx([west, south, east, north], abs=1e-8)


def test_images_on_other_grids_are_refused() -> None:
    image = painted.painted(1, flooded=False)
    utm = replace(image, grid=GeoBox(image.grid.shape, image.grid.affine, "EPSG:32652"))
    with pytest.raises(SceneError, match="EPSG:3857"):
        render_image(utm, painted.BEFORE)


def test_pictures_too_large_for_a_phone_are_refused() -> None:
    pixels = np.zeros((LONGEST_SIDE_PX + 1, 8, 4), np.uint8)
    with pytest.raises(SceneError, match="2048 a side"):
        MapImage(pixels, 129.0, 42.0, 129.1, 42.1, painted.BEFORE)


def noise(side_px: int, seed: int) -> MapImage:
    """Return a picture of noise, the worst there is to encode, with no data along its top."""
    pixels = np.random.default_rng(seed).integers(0, 256, (side_px, side_px, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[: side_px // 16] = 0
    return MapImage(pixels, 129.0, 42.0, 129.1, 42.1, painted.BEFORE)


def decoded(uri: str) -> NDArray[np.int16]:
    head, content = uri.split(",")
    assert head == "data:image/webp;base64"
    opened = Pillow.open(io.BytesIO(base64.b64decode(content)))
    return np.asarray(opened.convert("RGBA")).astype(np.int16)


@pytest.mark.parametrize(
    ("most_bytes", "said", "off_by"),
    [
        (800_000, "", 0),
        (630_000, phrase("picture.rounded", off=1), 1),
        (560_000, phrase("picture.rounded", off=2), 2),
        (480_000, phrase("picture.rounded", off=4), 4),
        (200_000, phrase("picture.compressed"), 255),
        (9_000, f"{phrase('picture.smaller', factor=4)}, {phrase('picture.compressed')}", 255),
    ],
)
def test_pictures_fit_and_lose_no_more_than_is_said(
    most_bytes: int, said: str, off_by: int
) -> None:
    pictures = [noise(320, 1), noise(320, 2)]
    uris, loss = encode_pictures(pictures, most_bytes)
    assert loss == said
    assert sum(map(len, uris)) <= most_bytes
    assert encode_pictures(pictures, most_bytes) == (uris, loss)
    for picture, uri in zip(pictures, uris, strict=True):
        shown = decoded(uri)
        every = 320 // len(shown)
        original = picture.pixels.astype(np.int16)[::every, ::every]
        np.testing.assert_array_equal(shown[..., 3], original[..., 3])
        assert np.abs(shown - original)[original[..., 3] > 0].max() <= off_by


def test_both_dates_are_encoded_in_the_same_way() -> None:
    plain = MapImage(np.full((320, 320, 4), 255, np.uint8), 129.0, 42.0, 129.1, 42.1, painted.AFTER)
    original = noise(320, 1).pixels[30:].astype(np.int16)
    uris, loss = encode_pictures([plain, noise(320, 1)], 300_000)
    assert loss == phrase("picture.rounded", off=2)
    assert np.abs(decoded(uris[1])[30:] - original).max() == 2
    assert (decoded(uris[0])[..., 0] == 255).all()
