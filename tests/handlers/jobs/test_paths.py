"""video_path names files of the upload folder and nothing else, whatever is tried."""

import contextlib
import os
from pathlib import Path

import pytest

from lipgate.core.errors import InputError
from lipgate.handlers.domain.errors import RefusedError
from lipgate.handlers.domain.fingerprint import content_hash
from lipgate.handlers.jobs.paths import resolve_video_path
from tests.handlers.conftest import VIDEO, Api


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An upload folder with traps in it, beside a secret."""
    folder = tmp_path / "videos"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "videos-of-others").mkdir()
    for name in ("a.mp4", "sub/b.mp4", "-y.mp4", "a b.mp4", "ä.mp4", "a:b.mp4", "..a.mp4"):
        (folder / name).write_bytes(VIDEO)
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "videos-of-others" / "c.mp4").write_bytes(VIDEO)
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    (folder / "in").symlink_to(folder / "a.mp4")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "dangling").symlink_to(tmp_path / "nothing")
    (folder / "zero").symlink_to("/dev/zero")
    (folder / "environment").symlink_to("/proc/self/environ")
    os.mkfifo(folder / "pipe")
    with contextlib.suppress(OSError):  # not every file system takes such a name
        (folder / "\udcff.mp4").write_bytes(VIDEO)
    (folder / "no text").symlink_to(folder / "\udcff.mp4")
    return folder


@pytest.mark.parametrize("name", ["a.mp4", "sub/b.mp4", "./a.mp4", "sub//b.mp4", "-y.mp4", "a b.mp4", "ä.mp4", "..a.mp4", "in"])
def test_files_of_the_folder_are_taken(name: str, folder: Path) -> None:
    assert resolve_video_path(name, folder).read_bytes() == VIDEO
    assert resolve_video_path(str(folder / name), folder).read_bytes() == VIDEO


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/",
        "sub",
        "../secret",
        "sub/../../secret",
        "sub/../a.mp4",
        "..\\secret",
        "sub\\..\\..\\secret",
        "{parent}/secret",
        "{parent}/videos-of-others/c.mp4",
        "{folder}/../secret",
        "/etc/passwd",
        "//server/share/a.mp4",
        "\\\\server\\share\\a.mp4",
        "\\\\?\\C:\\a.mp4",
        "C:\\a.mp4",
        "C:a.mp4",
        "file:///etc/passwd",
        "http://127.0.0.1/a.mp4",
        "https://example.com/a.mp4",
        "concat:a.mp4|/etc/passwd",
        "a.mp4\0",
        "\0",
        "a.mp4\0.jpg",
        "out",
        "up/secret",
        "dangling",
        "loop",
        "zero",
        "environment",
        "pipe",
        "/dev/stdin",
        "/proc/self/environ",
        "NUL",
        "con.mp4",
        "sub/COM1",
        "aux ",
        "~/a.mp4",
        "missing.mp4",
        "a.mp4/x",
        "x" * 300,
        "x" * 5000,
        "\ud800",
        "\udcff.mp4",
        "no text",
    ],
)
def test_all_else_is_refused(name: str, folder: Path) -> None:
    named = name.replace("{folder}", str(folder)).replace("{parent}", str(folder.parent))
    with pytest.raises(RefusedError) as caught:
        resolve_video_path(named, folder)
    assert caught.value.code in ("video_path_refused", "file_not_found")
    assert str(folder.parent) not in caught.value.message


@pytest.mark.parametrize("name", ["../secret", "../nothing", "up/secret", "up/nothing", "out", "/etc/passwd", "/etc/nothing"])
def test_nobody_learns_what_lies_outside(name: str, folder: Path) -> None:
    with pytest.raises(RefusedError) as caught:
        resolve_video_path(name, folder)
    assert caught.value.code == "video_path_refused"


@pytest.mark.parametrize(("name", "code"), [("gone.mp4", "file_not_found"), ("folder.mp4", "file_unreadable")])
def test_a_file_that_others_have_changed_meanwhile_is_said_to_be_so(name: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(InputError) as caught:
        content_hash(tmp_path / name)
    assert caught.value.code == code
    assert str(tmp_path) not in caught.value.message


def test_a_file_that_vanishes_after_it_was_found_is_not_found(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken_away(text: str, folder: Path | None) -> Path:
        path = resolve_video_path(text, folder)
        path.unlink()
        return path

    monkeypatch.setattr("lipgate.handlers.http.routes.score.resolve_video_path", taken_away)
    monkeypatch.setattr("lipgate.handlers.jobs.execution.resolve_video_path", taken_away)
    (api.folder / "a.mp4").write_bytes(VIDEO)
    answer = api.client.post("/score", json={"video_path": "a.mp4"})
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")
    (api.folder / "a.mp4").write_bytes(VIDEO)
    assert api.ended(api.job(video_path="a.mp4")["id"])["error"]["code"] == "file_not_found"


def test_without_a_folder_there_are_no_paths() -> None:
    with pytest.raises(RefusedError, match="LIPGATE_UPLOAD_DIR"):
        resolve_video_path("a.mp4", None)


def test_the_routes_refuse_them_too(api: Api) -> None:
    (api.folder / "pipe").unlink(missing_ok=True)
    os.mkfifo(api.folder / "pipe")
    for name, status in (("../x", 403), ("/etc/passwd", 403), ("pipe", 403), ("none.mp4", 404)):
        for route in ("/score", "/jobs"):
            assert api.client.post(route, json={"video_path": name}).status_code == status, name
    assert api.scorer.scored == []
