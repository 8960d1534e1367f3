"""Uploads in a folder that others use too, and that may fail."""

import os
import time
from pathlib import Path

import pytest

from lipgate.handlers.adapters.local.folder import FolderObjects
from lipgate.handlers.domain.errors import UnavailableError
from lipgate.handlers.domain.uploads import new_upload_key
from tests.handlers.adapters.stores import at_once
from tests.handlers.conftest import VIDEO, Api, MakeApi

OWNER = Path("objects", "uploads", "anonymous")
"""Folder of those without a key, in the data folder."""


def test_uploads_are_stored_while_others_of_their_owner_are_removed(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "objects")

    def come_and_go(number: int) -> None:
        video = tmp_path / f"{number}"
        for _ in range(100):
            video.write_bytes(VIDEO)
            key = new_upload_key("ann")
            objects.put_file(video, key)
            assert objects.size(key) == len(VIDEO)
            objects.delete(key)

    at_once(4, come_and_go)


def test_what_cannot_be_stored_is_tried_again_later(api: Api) -> None:
    folder = api.services.settings.data_dir / OWNER.parent
    folder.symlink_to("a disk that is not there")
    ticket = api.client.post("/uploads", json={}).json()

    def sent() -> int:
        return api.client.post(ticket["url"], data=ticket["fields"], files={"file": VIDEO}).status_code

    assert sent() == 503
    folder.unlink()
    assert sent() == 204


def test_a_copy_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects, video, key = FolderObjects(tmp_path / "objects"), tmp_path / "video", new_upload_key("ann")
    video.write_bytes(VIDEO)

    def other_disk(self: Path, target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    def full(source: Path, target: Path) -> None:
        target.write_bytes(VIDEO[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", other_disk)
    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(UnavailableError, match="No space"):
        objects.put_file(video, key)
    assert [path for path in (tmp_path / "objects" / "uploads").rglob("*") if path.is_file()] == []


def test_strange_files_among_the_uploads_stop_nothing(make_api: MakeApi, tmp_path: Path) -> None:
    folder = tmp_path / "data" / OWNER
    folder.mkdir(parents=True)
    expired, half = folder / ("0" * 32), folder / ("1" * 32 + ".part")
    strange = [folder / ".nfs0001", folder / ".DS_Store", folder / ("A" * 32)]
    new = folder / ("2" * 32 + ".part")
    for path in (expired, half, *strange, new):
        path.write_bytes(VIDEO)
        os.utime(path, (time.time(), 1 if path is not new else time.time()))
    (folder / ("3" * 32)).mkdir()
    make_api()
    assert sorted(path for path in folder.iterdir() if path.is_file()) == sorted([*strange, new])
