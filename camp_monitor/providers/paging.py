"""Ask a STAC API page by page; what comes is not checked, but bounded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from camp_monitor.errors import RemoteError
from camp_monitor.foreign_warnings import ignore_for_good
from camp_monitor.providers.network.remote import Remote
from camp_monitor.providers.sources import Source

if TYPE_CHECKING:
    from pystac_client import ItemSearch
    from pystac_client.stac_api_io import StacApiIO

MOST_ITEMS = 500
"""More are not listed: ask for a shorter interval."""
PAGE_ITEMS = 100
MOST_PAGES = 100
MOST_EMPTY_PAGES = 10
"""In a row: some catalogues send one where a part of their store holds nothing."""


def ask_items(
    remote: Remote,
    source: Source,
    outline: BaseGeometry,
    interval: tuple[datetime, datetime] | None,
    collections: list[str],
) -> Iterator[object]:
    """Ask page by page, up to `MOST_ITEMS`, as `search_scenes` does; what comes is not checked.

    An interval of None stands for any time.
    """
    from pystac import STACError, STACTypeError
    from pystac_client import Client
    from pystac_client.errors import ClientTypeError
    from pystac_client.exceptions import APIError
    from pystac_client.stac_api_io import StacApiIO

    no_stac = (
        KeyError, TypeError, ValueError, AttributeError, NotImplementedError, STACError,
        STACTypeError, ClientTypeError,
    )  # fmt: skip
    io = StacApiIO()
    io.session = remote.session
    try:
        ignore_for_good(Warning, r"pystac|camp_monitor\.providers\.paging")
        client = Client.open(source.url, stac_io=io)
        found = client.search(
            collections=collections,
            intersects=mapping(outline.envelope),
            datetime=interval and "/".join(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in interval),
            limit=PAGE_ITEMS,
        )
        pages = _pages(io, found, source)
        for count, item in enumerate(item for page in pages for item in page):
            if count == MOST_ITEMS:
                raise RemoteError(
                    f"{source.title} offers more than {MOST_ITEMS} scenes: ask for a shorter "
                    f"interval."
                )
            yield item
    except APIError as error:
        if isinstance(error.__context__, RemoteError):
            raise error.__context__ from None
        raise RemoteError(
            f"{source.title} refused the search ({_first_line(error)}): try again, or another "
            f"--source."
        ) from error
    except no_stac as error:
        raise RemoteError(
            f"{source.title} does not answer as a STAC API ({type(error).__name__}): correct its "
            f"address, or choose another --source."
        ) from error


def _pages(io: StacApiIO, search: ItemSearch, source: Source) -> Iterator[list[object]]:
    """Ask for page after page; an empty one that leads on is not the end, but few in a row are."""
    from pystac import Link

    page = io.read_json(search.url, method=search.method, parameters=search.get_parameters())
    empty = 0
    for _ in range(MOST_PAGES):
        features, links = page.get("features"), page.get("links") or []
        if not isinstance(features, list) or not isinstance(links, list):
            raise TypeError("a page without a list of features")
        yield features
        onward = [one for one in links if isinstance(one, dict) and one.get("rel") == "next"]
        if not onward:
            return
        empty = 0 if features else empty + 1
        if empty == MOST_EMPTY_PAGES:
            raise RemoteError(
                f"{source.title} sent {empty} empty pages in a row, each of which leads on to "
                f"another, so that nobody knows what is there: ask for a shorter interval, or try "
                f"again later."
            )
        page = io.read_json(Link.from_dict(onward[0]), parameters=search.get_parameters())
    raise RemoteError(
        f"{source.title} goes on after {MOST_PAGES} pages: ask for a shorter interval, or another "
        f"--source."
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
