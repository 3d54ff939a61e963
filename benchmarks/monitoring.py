"""Watch 35 painted places for 3 years, and compare what is found with the truth.

    python benchmarks/monitoring.py --seed 1 --out /tmp/years

Paints a workspace of many places: rotating crops, snow, cloud, floods, new buildings and ponds, and
times without images; its truth is in ``truth.json``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from camp_monitor.simulation.planning import plan_years
from camp_monitor.simulation.writing import write_year_workspace


def main() -> None:
    """Paint the workspace and say how long that took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facilities", type=int, default=35)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--outages", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True, help="a new folder")
    parser.add_argument("--workers", type=int, default=2, help="processes that paint")
    said = parser.parse_args()
    started = time.monotonic()
    plan = plan_years(said.seed, said.facilities, said.years, said.events, said.outages)
    write_year_workspace(said.out, plan, said.workers)
    seconds = time.monotonic() - started
    files = [path for path in said.out.rglob("*") if path.is_file()]
    size_mb = sum(path.stat().st_size for path in files) / 1e6
    scenes = sum(len(plan.acquisitions(place)) for place in plan.places)
    print(
        f"seed {said.seed}: {len(plan.places)} places, {scenes} scenes, {len(plan.events)} events, "
        f"{len(plan.outages)} outages painted in {seconds:.0f} s; {size_mb:.0f} MB in {said.out}"
    )


if __name__ == "__main__":
    main()
