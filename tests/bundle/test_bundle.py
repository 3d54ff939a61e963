"""A bundle is what was made, a stranger can tell, and whatever is done to it is named."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bagit
import pytest
import rasterio

from camp_monitor.bundle.cases import ask_again, find_cases
from camp_monitor.bundle.checking import verify_bundle
from camp_monitor.bundle.making import make_bundle
from camp_monitor.bundle.outside import Outside
from camp_monitor.bundle.parts import OBTAIN, Written, write_scene
from camp_monitor.bundle.reproducing import Sameness, reproduce
from camp_monitor.bundle.states import State
from camp_monitor.cli.demo import FACILITY
from camp_monitor.errors import InputError
from camp_monitor.facilities import find_facility
from camp_monitor.ledger.opening import open_ledger_of
from camp_monitor.scenes.catalogue import read_scenes
from tests.bundle.authority import make_authority, serving
from tests.bundle.conftest import Made, named, run
from tests.bundle.forging import edit_pixels, edit_record, edit_report, forge_review, rehash

TAGS = ("README.txt", "bag-info.txt", "bagit.txt", "manifest-sha256.txt")
HERE = Path(__file__).parent
RUN = "from camp_monitor.cli import main; main()"


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def wrong(folder: Path, outside: Outside = Outside()) -> dict[str, State]:  # noqa: B008
    """What is not ok of a bundle."""
    verified = verify_bundle(folder, outside)
    return {one.path: one.state for one in verified.files if one.state != State.OK}


# --- what was made


def test_it_verifies_and_reproduces_alone_without_a_network(made: Made, tmp_path: Path) -> None:
    shutil.copytree(made.folder, tmp_path / "received")
    program = [sys.executable, "-c", RUN, "verify", "received", "--reproduce"]
    away = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*away, "true"], capture_output=True).returncode != 0:
        away = []
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"),
                            "http://127.0.0.1:9")  # fmt: skip
    done = subprocess.run(
        [*away, *program], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, **nowhere, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    paths = [line.split()[1] for line in lines if line.startswith("ok ")]
    assert paths == sorted(files_of(made.folder))
    assert re.fullmatch(r"pairs/01-\S+: identical", lines[-1])


def test_nothing_in_it_names_this_computer(made: Made) -> None:
    names = {str(made.workspace.root), str(Path.home()), socket.gethostname(), "PGPASSWORD"}
    names |= {os.environ.get("USER", "")} - {"", "root"}
    for path, content in files_of(made.folder).items():
        if not path.startswith("data/methods/"):
            assert not [name for name in names if len(name) > 4 and name.encode() in content], path


def test_a_folder_that_exists_is_refused_and_nothing_is_left_of_a_failure(
    made: Made, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="exists already"):
        make_bundle(made.workspace, [made.finding_id], tmp_path)
    with pytest.raises(InputError):
        make_bundle(made.workspace, ["F000000000000"], tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_pixels_that_may_not_be_passed_on_are_named_by_hash(made: Made, tmp_path: Path) -> None:
    scene = replace(read_scenes(made.workspace.imagery)[0], simulated=False, licence="proprietary")
    written = Written(tmp_path)
    write_scene(written, made.workspace, scene, ())
    said = json.loads((tmp_path / "scenes" / scene.id / OBTAIN).read_text())
    assert tuple(one["sha256"] for one in said["files"]) == scene.sha256
    assert not list(tmp_path.rglob("*.tif"))
    assert len(written.remarks) == 1


@pytest.mark.parametrize(
    ("told", "lack"), [({"sensitivity": "high"}, ""), ({"margin_m": 50.0}, "settings")]
)
def test_a_question_is_found_again_by_the_hash_of_its_settings(
    made: Made, told: dict[str, Any], lack: str
) -> None:
    """Also where the workspace has others by now that a command could have said otherwise."""
    now = made.workspace.configuration
    changed = now.model_copy(update={"scan": now.scan.told(**told)})
    workspace = replace(made.workspace, configuration=changed)
    with open_ledger_of(workspace, reading=True) as ledger:
        [case] = find_cases(ledger, [ledger.finding(made.finding_id)])
    recalled = ask_again(workspace, find_facility(workspace.aoi, FACILITY), case)
    assert recalled.lack == lack
    assert (recalled.compared is None) == bool(lack)


# --- what others say of it


def test_bagit_finds_it_valid(made: Made) -> None:
    assert bagit.Bag(str(made.folder)).validate()


def test_rocrate_validator_finds_it_valid(made: Made) -> None:
    program = ["uv", "run", "--no-project", "--with", "roc-validator==0.13.0", "--with",
               "rocrate==0.13.0", "python", str(HERE / "validate_crate.py")]  # fmt: skip
    if shutil.which("uv") is None or subprocess.run([*program[:7], "true"]).returncode != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("uv cannot bring rocrate-validator")
        pytest.skip("uv cannot bring rocrate-validator")
    done = subprocess.run([*program, str(made.folder / "data")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lines_of_its_page_succeed_in_a_shell(made: Made, tmp_path: Path) -> None:
    page = (
        (made.folder / "README.txt").read_text(encoding="utf-8").partition(f"\n{'=' * 80}\n\n")[0]
    )
    lines = re.findall(r"^    (.+)$", page, flags=re.MULTILINE)
    plain = [line for line in lines if "camp-monitor" not in line]
    script = tmp_path / "check.sh"
    script.write_text("set -e\n" + "\n".join(plain) + "\n")
    done = subprocess.run(["bash", str(script)], cwd=made.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [path for path in files_of(made.folder) if path.startswith("data/")]
    assert done.stdout.count(": OK\n") >= len(files) + len(TAGS)
    assert "Time stamp: " in done.stdout
    assert f"{made.bundle.sha256}  tagmanifest-sha256.txt" in done.stdout
    assert f"{made.head}  -" in done.stdout


# --- what is done to it


def test_one_bit_in_each_file_is_named(copy: Path) -> None:
    random_places = random.Random(19)
    for path, content in files_of(copy).items():
        if not content:
            continue
        number = 1 if path.startswith("data/") else 30
        places = [random_places.randrange(len(content)) for _ in range(number)]
        for place in places:
            flipped = bytearray(content)
            flipped[place] ^= 1 << random_places.randrange(8)
            (copy / path).write_bytes(flipped)
            assert wrong(copy) == {path: State.ALTERED}, f"byte {place} of {path}"
        (copy / path).write_bytes(content)
    assert wrong(copy) == {}


def test_each_file_that_is_removed_is_named(copy: Path) -> None:
    for path, content in files_of(copy).items():
        (copy / path).unlink()
        assert wrong(copy).pop(path) == State.MISSING if not path.endswith(".tsr") else wrong(copy)
        (copy / path).write_bytes(content)


@pytest.mark.parametrize("path", ["data/more.txt", "data/records/F0.json", "more.txt", "stamps/a"])
def test_a_file_that_is_added_is_named(copy: Path, path: str) -> None:
    (copy / path).write_text("more")
    assert wrong(copy) == {path: State.ADDED}


def test_a_link_is_not_followed(copy: Path) -> None:
    (copy / "data" / "link").symlink_to(copy / "bagit.txt")
    assert wrong(copy) == {"data/link": State.UNVERIFIABLE}


def test_two_files_that_were_swapped_are_named(copy: Path) -> None:
    for folder, pattern in (("records", "*.json"), ("figures", "*.png"), ("ledger", "[af]*.txt")):
        first, second = sorted((copy / "data" / folder).glob(pattern))[:2]
        one, other = first.read_bytes(), second.read_bytes()
        first.write_bytes(other)
        second.write_bytes(one)
        paths = {path.relative_to(copy).as_posix() for path in (first, second)}
        assert wrong(copy) == dict.fromkeys(paths, State.ALTERED)
        first.write_bytes(one)
        second.write_bytes(other)


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_a_line_of_a_manifest_that_was_removed_is_named(copy: Path, name: str) -> None:
    lines = (copy / name).read_bytes().splitlines(keepends=True)
    for number in range(0, len(lines), 5 if name == "manifest-sha256.txt" else 1):
        (copy / name).write_bytes(b"".join(lines[:number] + lines[number + 1 :]))
        assert wrong(copy) == {name: State.ALTERED}
    shutil.rmtree(copy / "stamps")
    assert wrong(copy) == {name: State.ALTERED}


@pytest.mark.parametrize("line", ["{}  ../../etc/passwd", "{}  /etc/passwd", "{}  data/../x", "x"])
def test_a_manifest_leads_nowhere_else(copy: Path, line: str) -> None:
    with (copy / "manifest-sha256.txt").open("a") as file:
        file.write(line.format("0" * 64) + "\n")
    assert wrong(copy) == {"manifest-sha256.txt": State.ALTERED}


# --- what it cannot show alone


@pytest.mark.parametrize("edit", [edit_report, edit_record, edit_pixels])
def test_a_bundle_that_was_edited_and_rehashed_is_found_by_its_stamp(
    made: Made, copy: Path, edit: Callable[[Path], None]
) -> None:
    edit(copy)
    rehash(copy)
    [token] = (copy / "stamps").glob("*.tsr")
    assert wrong(copy)[f"stamps/{token.name}"] == State.ALTERED
    shutil.rmtree(copy / "stamps")
    assert wrong(copy, Outside(sha256=made.bundle.sha256[:12]))["--hash"] == State.ALTERED
    pinned = (made.authority_folder / "root.pem").read_bytes()
    assert wrong(copy, Outside(certificates=pinned))["stamps/"] == State.MISSING


def test_records_and_pixels_are_held_against_each_other_also_when_rehashed(copy: Path) -> None:
    shutil.rmtree(copy / "stamps")
    edit_pixels(copy)
    rehash(copy)
    assert [path for path in wrong(copy) if path.endswith("-scl.tif")]
    edit_record(copy)
    rehash(copy)
    assert [path for path in wrong(copy) if path.startswith("data/records/F")]


def test_a_stamp_of_another_bundle_is_named(made: Made, copy: Path, tmp_path: Path) -> None:
    from tests.bundle.test_stamps import stamped

    stamp = stamped(made.authority_folder, b"the tag manifest of another bundle")
    shutil.rmtree(copy / "stamps")
    (copy / "stamps").mkdir()
    (copy / "stamps" / f"{stamp.name}.tsr").write_bytes(stamp.token)
    (copy / "stamps" / f"{stamp.name}.pem").write_bytes(stamp.certificates)
    assert wrong(copy) == {f"stamps/{stamp.name}.tsr": State.ALTERED}


def test_a_forged_ledger_is_found_by_a_head_and_by_the_stamp(made: Made, copy: Path) -> None:
    forge_review(copy)
    [token] = (copy / "stamps").glob("*.tsr")
    assert wrong(copy) == {f"stamps/{token.name}": State.ALTERED}
    shutil.rmtree(copy / "stamps")
    assert wrong(copy) == {}, "whole by itself: only what came by another way tells"
    for head in (made.head_of_scan, made.head):
        assert wrong(copy, Outside(head=head)) == {"--head": State.ALTERED}


def test_a_forger_who_leaves_the_end_of_a_chain_is_named(copy: Path) -> None:
    """The head stays as it was, and the rows before it no longer lead there."""
    shutil.rmtree(copy / "stamps")
    path = copy / "data" / "ledger" / "findings.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    seq, _, key = lines[0].split(" ")[:3]
    rest = lines[0].split(" ", 3)[3:]
    lines[0] = " ".join([seq, "0" * 64, key, *rest])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rehash(copy)
    assert wrong(copy) == {"data/ledger/findings.txt": State.ALTERED}


def test_heads_are_trusted_as_far_as_contents_follow(made: Made, tmp_path: Path) -> None:
    """Rows of other facilities are hashes; behind them nothing can be followed."""
    assert wrong(made.folder, Outside(head=made.head_of_scan[:16])) == {}
    assert wrong(made.folder, Outside(head=made.head)) == {"--head": State.UNVERIFIABLE}
    assert b"other-place-99" not in b"".join(files_of(made.folder).values())
    assert any(made.head_of_scan in said for said in verify_bundle(made.folder).remarks)


# --- the command line


def test_the_command_says_each_file_and_ends_with_its_code(made: Made, copy: Path) -> None:
    result = run("verify", copy)
    assert result.exit_code == 0, result.output
    (copy / "bagit.txt").unlink()
    result = run("--json", "verify", copy, "--reproduce")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert not said["ok"]
    assert said["reproduced"] == []
    assert {"path": "bagit.txt", "state": "missing", "why": ""} in said["files"]
    assert run("verify", copy.parent).exit_code == 2
    assert run("verify", made.folder, "--head", "xyz").exit_code == 2


def test_the_same_records_give_the_same_bytes_and_a_stamp_can_be_added_later(
    made: Made, tmp_path: Path
) -> None:
    with serving(made.authority_folder) as authority:
        root = made.authority_folder / "root.pem"
        named(made.workspace, authority, root)
    at = ("--workspace", made.workspace.root)
    folder = tmp_path / "unstamped"
    result = run(*at, "bundle", made.finding_id, "-o", folder)
    assert result.exit_code == 0, result.output
    assert "127.0.0.1" in result.stderr
    assert f"camp-monitor stamp {folder}" in result.stderr
    first = files_of(made.folder)
    assert files_of(folder) == {
        path: content for path, content in first.items() if not path.startswith("stamps/")
    }
    assert run(*at, "stamp", folder).exit_code == 2, "the authority is still down"
    with serving(made.authority_folder) as authority:
        named(made.workspace, authority, root)
        result = run(*at, "--json", "stamp", folder)
    assert result.exit_code == 0, result.output
    [stamp] = json.loads(result.stdout)["stamps"]
    verified = run("--json", "verify", folder, "--certificates", root)
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout)["stamps"][0]["at"] == stamp["at"]
    make_authority(tmp_path / "other")
    pinned = run("verify", folder, "--certificates", tmp_path / "other" / "root.pem")
    assert pinned.exit_code == 1
    assert "unverifiable  stamps/" in pinned.stdout


def test_a_stamp_on_a_head_comes_with_the_bundle(made: Made, copy: Path) -> None:
    said = run("--workspace", made.workspace.root, "ledger", "verify")
    assert said.exit_code == 0, said.output
    assert made.head in said.stdout
    assert any(made.head in one and "CN=Test" in one for one in verify_bundle(copy).remarks)
    [head] = (copy / "data" / "ledger" / "stamps").glob("*/head.txt")
    head.write_text(head.read_text().replace("reviews 1", "reviews 0"))
    rehash(copy)
    shutil.rmtree(copy / "stamps")
    assert {path.rpartition("/")[0] for path in wrong(copy)} == {
        head.parent.relative_to(copy).as_posix()
    }


def test_images_that_are_elsewhere_are_taken_from_there(copy: Path, tmp_path: Path) -> None:
    shutil.rmtree(copy / "stamps")
    (tmp_path / "obtained").mkdir()
    for path in (copy / "data" / "scenes").rglob("*.tif"):
        path.rename(tmp_path / "obtained" / path.name)
    rehash(copy)
    [without] = reproduce(copy)
    assert without.sameness == Sameness.NOT_ASKED
    assert "--pixels" in without.differences[0]
    [answer] = reproduce(copy, tmp_path / "obtained")
    assert answer.sameness == Sameness.IDENTICAL, answer.differences


def test_an_answer_that_differs_is_said_with_numbers(copy: Path) -> None:
    path = next((copy / "data" / "pairs").rglob("before.tif"))
    with rasterio.open(path, "r+") as target:
        pixels = target.read(1)
        pixels[200:210, 200:210] += 0.1
        target.write(pixels, 1)
    [answer] = reproduce(copy)
    assert answer.sameness == Sameness.DIFFERENT
    assert any("before.tif" in said for said in answer.differences)
