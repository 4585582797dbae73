"""Every file in broken/ is refused with the very problems that stand beside it, each with its place."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from podlab.errors import Invalid
from podlab.manifest import load

FOLDER = Path(__file__).parent / "broken"
FILES = sorted(FOLDER.glob("*.yaml"))


def problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(Invalid) as caught:
        load([path])
    return caught.value.problems


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 40
    assert {file.stem for file in FILES} == {file.stem for file in FOLDER.glob("*.expected")}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_broken_file_is_told_line_by_line(file: Path) -> None:
    started = time.process_time()
    lines = problems(file)
    assert time.process_time() - started < 10  # a bomb would take for ever
    told = [line.removeprefix(f"{file}:") for line in lines]
    assert told == file.with_suffix(".expected").read_text().splitlines()
    assert all(re.match(r"\d+:\d+: ", line) for line in told)
    assert all(line.isprintable() for line in told)


def test_ten_megabytes_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    file.write_bytes(b"- a: 1\n" * (10 * 1024 * 1024 // 7))
    started = time.process_time()
    assert problems(file) == (f"{file}:1:1: the file is larger than 512 KiB; split it",)
    assert time.process_time() - started < 5


def test_a_file_of_nothing_but_problems_is_cut_short(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text("apiVersion: v1\nkind: Pod\n" + "".join(f"x{n}: 1\n" for n in range(500)))
    lines = problems(file)
    assert len(lines) == 201
    assert lines[-1] == "… and 302 more"


def test_all_files_are_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        load([FOLDER / "tab.yaml", FOLDER / "duplicate-key.yaml"])
    assert caught.value.message == "3 problems in 2 files"
    assert [line.split(":")[0].rpartition("/")[2] for line in caught.value.problems] == [
        "tab.yaml",
        "duplicate-key.yaml",
        "duplicate-key.yaml",
    ]
