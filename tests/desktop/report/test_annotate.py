"""`annotate`: a video that shows what was measured, its sound where it was."""

import dataclasses
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core import media
from lipgate.core.errors import InputError, OutputError
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.core.report import Report
from lipgate.desktop.report.annotate import _CODECS, CONTAINERS, annotate
from lipgate.desktop.report.overlay import Overlay
from training.puppet import Puppet
from training.puppet.measure import sound_lag

MakePuppet = Callable[..., Path]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def report(puppet: MakePuppet, models: Models) -> Report:
    return score(puppet(start=6.0, preset="ultrafast"), models)


def pictures(path: Path) -> list[np.ndarray]:
    return list(media.frames(media.probe(path)))


@pytest.mark.parametrize(
    ("suffix", "fields", "target"),
    [
        (".mp4", {"audio_start": 0.5}, ".mp4"),
        (".mp4", {"audio_start": 0.5}, ".mkv"),
        (".mp4", {"video_start": 0.6}, ".mov"),
        (".mp4", {"trim": 0.72}, ".mp4"),
        (".mp4", {"fps": 50, "offset_frames": 5}, ".mp4"),
        (".mkv", {"audio_start": 0.5, "audio_gap": (2.0, 2.3)}, ".mp4"),
        (".ts", {"audio_start": 0.5, "offset_frames": -6}, ".mp4"),
        (".avi", {"offset_frames": -6}, ".mkv"),
        (".webm", {"audio_start": 0.5}, ".webm"),
    ],
    ids=str,
)
def test_sound_stays_where_it_was(
    puppet: MakePuppet, models: Models, weights_dir: Path, tmp_path: Path, suffix: str, fields: dict, target: str
) -> None:
    spec = Puppet(start=6.0, preset="ultrafast", **fields)
    source, shown = puppet(spec, suffix), tmp_path / f"shown{target}"
    annotate(score(source, models), shown)
    before = sound_lag(source, spec.size, weights_dir / "yunet.onnx")
    after = sound_lag(shown, spec.size, weights_dir / "yunet.onnx")
    assert after.seconds == pytest.approx(before.seconds, abs=0.015)  # 50 fps thinned to 25: 10 ms
    assert after.likeness > before.likeness - 0.1
    assert [path.name for path in tmp_path.iterdir()] == [shown.name]


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_result_plays_at_25_fps_in_full_length_and_size(puppet: MakePuppet, models: Models, tmp_path: Path, suffix: str) -> None:
    report = score(puppet(size=(320, 180), face_px=90, preset="ultrafast"), models)
    target = tmp_path / f"shown{suffix}"
    annotate(report, target)
    clip = media.probe(target)
    assert clip.has_audio
    assert (clip.width, clip.height) == report.clip.decoded_size
    assert clip.fps == 25
    assert clip.duration_s == pytest.approx(4.0, abs=0.1)
    assert len(pictures(target)) == report.decoded_frames


def test_box_is_drawn_and_the_face_is_left_alone(report: Report, tmp_path: Path) -> None:
    target = tmp_path / "shown.mp4"
    annotate(report, target)
    track = report.tracks[0]
    before, after = pictures(report.clip.path)[50], pictures(target)[50]
    change = np.abs(before.astype(int) - after).max(axis=-1)
    left, top, right, bottom = (round(float(value)) for value in track.boxes[50])
    assert np.median(change[top:bottom, left - 1 : left + 2]) > 40
    assert np.median(change[top:bottom, right - 1 : right + 2]) > 40
    assert np.median(change[top + 12 : bottom - 12, left + 12 : right - 12]) < 12
    assert np.median(change[-60:, -60:]) < 12
    assert np.median(change[bottom + 6 : bottom + 14, left + 4 : left + 24]) > 40  # the running confidence


def test_running_confidence_follows_the_measurement(report: Report) -> None:
    speaker = report.verdict.speaker
    assert speaker is not None
    assert speaker.sync is not None

    def lit(confidence: float) -> int:
        sync = dataclasses.replace(speaker.sync, framewise_confidence=np.full(96, confidence))
        track = dataclasses.replace(speaker, sync=sync)
        told = dataclasses.replace(report, tracks=[track], verdict=dataclasses.replace(report.verdict, speaker=track))
        frame = np.zeros((*report.clip.decoded_size[::-1], 3), np.uint8)
        Overlay(told).draw(frame, 50)
        left, _, right, bottom = (round(float(value)) for value in track.boxes[50])
        return int((frame[bottom + 5 : bottom + 20, left:right].max(axis=-1) > 60).sum())

    assert lit(-3.0) == pytest.approx(lit(0.0), abs=30)
    assert lit(0.0) < lit(1.0) < lit(3.0) < lit(50.0)


def test_every_face_has_its_box_and_the_speaker_the_thickest(puppet: MakePuppet, models: Models) -> None:
    report = score(puppet(size=(960, 540), faces=3, face_px=120, speaker=1), models)
    assert len(report.tracks) == 3
    frame = np.zeros((540, 960, 3), np.uint8)
    Overlay(report).draw(frame, 50)
    widths = {}
    for track in report.tracks:
        left, top, _, bottom = (round(float(value)) for value in track.boxes[50])
        row = frame[(top + bottom) // 2, left - 8 : left + 8].max(axis=-1)
        widths[track.track] = int((row > 100).sum())
    assert report.verdict.speaker is not None
    assert min(widths.values()) > 0
    assert [number for number, width in widths.items() if width == max(widths.values())] == [report.verdict.speaker.track]


@pytest.mark.parametrize("fields", [{"sound": "none"}, {"no_face": True}, {"seconds": 1.0}], ids=str)
def test_what_was_not_judged_is_shown_with_its_reason(puppet: MakePuppet, models: Models, tmp_path: Path, fields: dict) -> None:
    report = score(puppet(preset="ultrafast", **fields), models)
    assert report.reason is not None
    annotate(report, tmp_path / "shown.mp4")
    before, after = pictures(report.clip.path)[5], pictures(tmp_path / "shown.mp4")[5]
    change = np.abs(before.astype(int) - after).max(axis=-1)
    assert np.percentile(change[2:16, 8:60], 90) > 60  # the words in the corner
    assert media.probe(tmp_path / "shown.mp4").has_audio == report.clip.has_audio


@pytest.mark.parametrize("size", [(320, 568), (720, 1280)])
def test_upright_video_stays_upright(puppet: MakePuppet, models: Models, tmp_path: Path, size: tuple[int, int]) -> None:
    report = score(puppet(rotation=90, size=size, seconds=2.0, face_px=120, preset="ultrafast"), models)
    annotate(report, tmp_path / "shown.mp4")
    assert pictures(tmp_path / "shown.mp4")[0].shape == (size[1], size[0], 3)


def test_boxes_at_and_beyond_the_edge_can_be_drawn(report: Report) -> None:
    for corner, size in ((-500, 100), (-20, 50), (0, 360), (330, 400), (5000, 900), (9, 0)):
        box = [corner, corner, corner + size, corner + size]
        track = dataclasses.replace(report.tracks[0], boxes=np.tile(np.array(box, np.float32), (report.tracks[0].frames, 1)))
        for height, width in ((360, 640), (2, 2), (40, 24), (1080, 1920)):
            frame = np.zeros((height, width, 3), np.uint8)
            Overlay(dataclasses.replace(report, tracks=[track])).draw(frame, 10)


@pytest.mark.parametrize("name", ["shown.avi", "shown.gif", "shown", "missing/shown.mp4"])
def test_bad_target(report: Report, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as failure:
        annotate(report, tmp_path / name)
    assert failure.value.code == "output_failed"
    assert list(tmp_path.iterdir()) == []


def test_source_is_never_overwritten(report: Report, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(report.clip.path)
    before = report.clip.path.read_bytes()
    for target in (report.clip.path, link):
        with pytest.raises(OutputError, match="source itself"):
            annotate(report, target)
    assert report.clip.path.read_bytes() == before


def test_source_that_has_gone_is_told(report: Report, tmp_path: Path) -> None:
    gone = dataclasses.replace(report, clip=dataclasses.replace(report.clip, path=tmp_path / "gone.mp4"))
    with pytest.raises(InputError) as failure:
        annotate(gone, tmp_path / "shown.mp4")
    assert failure.value.code == "file_not_found"


def test_failing_encoder_leaves_the_old_file_and_nothing_else(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(_CODECS, ".mp4", ["-c:v", "libx264", "-crf", "nonsense"])
    target = tmp_path / "shown.mp4"
    target.write_bytes(b"precious")
    with pytest.raises(OutputError, match="cannot be written"):
        annotate(report, target)
    assert target.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_interruption_leaves_nothing_behind(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(overlay: Overlay, frame: np.ndarray, index: int) -> None:
        if index == 30:
            raise KeyboardInterrupt

    monkeypatch.setattr(Overlay, "draw", interrupt)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        annotate(report, tmp_path / "shown.mp4")
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() <= before + 1


def test_damaged_sound_does_not_stop_it(report: Report, puppet: MakePuppet, models: Models, tmp_path: Path) -> None:
    """Thousands of complaints on standard error, more than a pipe holds, and still an end."""
    source = tmp_path / "damaged.mkv"
    noise = ["-bsf:a", "noise=amount=3", "-bsf:v", "noise=amount=4000"]
    whole = puppet(seconds=10.0, size=(320, 180), face_px=90, preset="ultrafast")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", whole, "-c", "copy", *noise, source]
    subprocess.run(command, check=True)
    annotate(score(source, models), tmp_path / "shown.mp4")
    assert media.probe(tmp_path / "shown.mp4").duration_s == pytest.approx(10.0, abs=1.0)


def test_text_of_the_overlay_is_plain_ascii(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV 4 draws question marks for anything else."""
    said: list[str] = []
    real = cv2.putText
    monkeypatch.setattr(cv2, "putText", lambda image, text, *rest: (said.append(text), real(image, text, *rest)))
    frame = np.zeros((*report.clip.decoded_size[::-1], 3), np.uint8)
    Overlay(report).draw(frame, 50)
    assert any("speaker" in line for line in said)
    assert all(line.isascii() for line in said)
