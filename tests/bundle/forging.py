"""What a forger does to a bundle who has this program."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from camp_monitor.bundle.bag import write_tags
from camp_monitor.ledger.chain import START_SHA256, Head, row_hash
from camp_monitor.ledger.heads import KeptHead, read_heads
from camp_monitor.records.content import canonical_json


def rehash(folder: Path) -> None:
    """Write all manifests anew, as a forger would who has this program."""
    index = json.loads((folder / "data" / "bundle.json").read_text())
    write_tags(folder, index["ids"], index["made_until"], (folder / "README.txt").read_bytes())


def edit_report(folder: Path) -> None:
    path = folder / "data" / "report.en.html"
    path.write_bytes(path.read_bytes().replace(b"</body>", b"<!-- edited --></body>"))


def edit_record(folder: Path) -> None:
    path = next((folder / "data" / "records").glob("F*.json"))
    path.write_text(path.read_text(encoding="utf-8").replace('"high"', '"low"'), encoding="utf-8")


def edit_pixels(folder: Path) -> None:
    path = next((folder / "data" / "scenes").rglob("*-scl.tif"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def forge_review(folder: Path) -> None:
    """Turn a rejection into a confirmation, and chain, hash and name everything anew."""
    payload = folder / "data"
    [path] = (payload / "records").glob("R*.json")
    said = json.loads(path.read_text()) | {"verdict": "confirmed"}
    content = canonical_json(said)
    key = f"R{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    path.unlink()
    (payload / "records" / f"{key}.json").write_text(content)
    new = row_hash(START_SHA256, content)
    (payload / "ledger" / "reviews.txt").write_text(f"1 {new} {key}\n")
    kept = [
        KeptHead(one.at, tuple(Head("reviews", 1, new) if head.table == "reviews" and head.rows
                               else head for head in one.heads))
        for one in read_heads(payload / "ledger" / "heads.txt")
    ]  # fmt: skip
    (payload / "ledger" / "heads.txt").write_text("".join(f"{one}\n" for one in kept))
    index = json.loads((payload / "bundle.json").read_text())
    page = (folder / "README.txt").read_text(encoding="utf-8")
    page = page.replace(index["head_sha256"], kept[-1].sha256)
    (folder / "README.txt").write_text(page, encoding="utf-8")
    index["head_sha256"] = kept[-1].sha256
    shutil.rmtree(payload / "ledger" / "stamps")
    (payload / "bundle.json").write_text(json.dumps(index))
    rehash(folder)
