"""Which files words of a command line name."""

from pathlib import Path

import pytest

from lipgate.core.errors import InputError
from lipgate.desktop.batch.inputs import named, several


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("b.mp4", "a.MOV", "notes.txt", "sub/c.webm", ".hidden/d.mp4", ".e.mp4", "x[1].mp4", "x1.mkv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "found", "many"),
    [
        (["b.mp4"], ["b.mp4"], False),
        (["gone.mp4"], ["gone.mp4"], False),
        (["notes.txt"], ["notes.txt"], False),
        (["."], ["a.MOV", "b.mp4", "sub/c.webm", "x1.mkv", "x[1].mp4"], True),
        (["sub"], ["sub/c.webm"], True),
        (["*.mp4"], ["b.mp4", "x[1].mp4"], True),
        (["x[1].mp4"], ["x[1].mp4"], False),
        (["x[12].*"], ["x1.mkv"], True),
        (["**/*.webm"], ["sub/c.webm"], True),
        (["b.mp4", "sub", "b.mp4"], ["b.mp4", "sub/c.webm", "b.mp4"], True),
    ],
    ids=str,
)
def test_words_name_files(folder: Path, words: list[str], found: list[str], many: bool) -> None:
    assert named(words) == found
    assert several(words) == many


def test_a_dash_is_a_list_of_names_a_line(folder: Path) -> None:
    assert named(["-", "b.mp4"], ["a.MOV\n", "\n", " spaced.mp4 \r\n"]) == ["a.MOV", " spaced.mp4 ", "b.mp4"]
    assert several(["-"])


def test_an_empty_list_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        named(["-"], [])
    assert caught.value.code == "file_not_found"


@pytest.mark.parametrize("word", ["empty", "*.avi", "x" * 5000])
def test_what_names_nothing_is_left_to_who_opens_it(folder: Path, word: str) -> None:
    (folder / "empty").mkdir()
    assert named([word]) == [word]
