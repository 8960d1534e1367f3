"""The factory of test videos keeps its word: what is asked for is what a decoder finds in the file."""

import re
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

pytest.importorskip("skimage", reason="puppet videos are made of a photograph in scikit-image")

from training.puppet import Puppet, formant_noise, frames, mouth, mouths, opening, recording, sound
from training.puppet.measure import sound_lag

MakePuppet = Callable[..., Path]


def described(path: Path) -> str:
    """What ffmpeg says of the file."""
    return subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path)], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize(
    ("suffix", "fields"),
    [
        (".mp4", {"offset_frames": -6}),
        (".mp4", {"offset_frames": 0}),
        (".mp4", {"offset_frames": 5}),
        (".mp4", {"offset_frames": 2.5, "voice": "formant", "preset": "ultrafast"}),
        (".mp4", {"fps": 24}),
        (".mp4", {"fps": Fraction(30000, 1001), "offset_frames": -3}),
        (".mp4", {"fps": 50}),
        (".mp4", {"fps": "vfr"}),
        (".mp4", {"audio_start": 0.35}),
        (".mp4", {"video_start": 0.6}),
        (".mp4", {"trim": 0.72}),
        (".mkv", {"audio_gap": (1.5, 2.0)}),
        (".mp4", {"rotation": 90, "size": (360, 640)}),
        (".webm", {}),
        (".webm", {"video_codec": "libvpx", "video_start": 0.6}),
        (".mov", {"audio_codec": "pcm_s16le"}),
        (".avi", {}),
        (".avi", {"video_codec": "mpeg4", "audio_codec": "libmp3lame"}),
        (".ts", {"audio_start": 0.35, "offset_frames": -6}),
    ],
    ids=str,
)
def test_sound_is_as_late_as_asked(puppet: MakePuppet, weights_dir: Path, suffix: str, fields: dict) -> None:
    spec = Puppet(start=6.0, **fields)
    lag = sound_lag(puppet(spec, suffix), spec.size, weights_dir / "yunet.onnx")
    assert lag.seconds == pytest.approx(-0.04 * spec.offset_frames, abs=0.010)
    assert lag.likeness > (0.6 if spec.audio_gap else 0.8)  # a mouth goes on moving through a gap


def test_long_video_stays_in_sync_to_its_end(puppet: MakePuppet, weights_dir: Path, tmp_path: Path) -> None:
    spec = Puppet(seconds=65.0, size=(320, 180), face_px=90, fps=30, offset_frames=-2)
    tail = tmp_path / "tail.mkv"
    cut = ["-ss", "57", "-i", str(puppet(spec)), "-c:a", "pcm_s16le", str(tail)]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *cut], check=True)
    assert "Duration: 00:01:05.0" in described(puppet(spec))
    assert sound_lag(tail, spec.size, weights_dir / "yunet.onnx").seconds == pytest.approx(0.08, abs=0.010)


def test_dubbed_face_matches_the_sound_nowhere(puppet: MakePuppet, weights_dir: Path) -> None:
    lag = sound_lag(puppet(dubbed=True, seconds=6.0), (640, 360), weights_dir / "yunet.onnx")
    assert lag.likeness < 0.5


@pytest.mark.parametrize(
    ("suffix", "fields", "said"),
    [
        (".mp4", {}, r"h264.* 640x360.* 25 fps"),
        (".mp4", {"fps": Fraction(30000, 1001)}, r"29\.97 fps"),
        (".mp4", {"fps": 15}, r" 15 fps"),
        (".mp4", {"rotation": 90, "size": (360, 640)}, r"640x360(.|\n)*rotation of -90\.00 degrees"),
        (".mov", {"rotation": 270, "size": (360, 640)}, r"640x360(.|\n)*rotation of 90\.00 degrees"),
        (".mp4", {"video_start": 0.6}, r"Video:.* start 0\.6"),
        (".mp4", {"audio_start": 0.35}, r"Audio:.* start 0\.3"),
        (".webm", {"video_codec": "libvpx"}, r"Video: vp8(.|\n)*Audio: opus"),
        (".webm", {}, r"Video: vp9"),
        (".avi", {}, r"Video: mjpeg(.|\n)*Audio: pcm_s16le"),
        (".ts", {}, r"start: 1\.4"),
        (".mp4", {"trim": 0.72}, r"Duration: 00:00:03\.28"),
    ],
    ids=str,
)
def test_file_is_as_asked(puppet: MakePuppet, suffix: str, fields: dict, said: str) -> None:
    assert re.search(said, described(puppet(suffix=suffix, **fields)))


@pytest.mark.parametrize(("fields", "missing"), [({"sound": "none"}, "Audio:"), ({"no_picture": True}, "Video:")])
def test_stream_can_be_left_out(puppet: MakePuppet, fields: dict, missing: str) -> None:
    said = described(puppet(**fields))
    assert "Stream #0:0" in said
    assert missing not in said


@pytest.mark.parametrize(
    ("fields", "faces"),
    [
        ({}, 1),
        ({"face_px": 50}, 1),
        ({"face_px": 250}, 1),
        ({"faces": 2, "face_px": 100}, 2),
        ({"faces": 3, "face_px": 80, "listeners_talk": True}, 3),
        ({"no_face": True}, 0),
    ],
    ids=str,
)
def test_detector_finds_exactly_the_faces(weights_dir: Path, fields: dict, faces: int) -> None:
    detector = cv2.FaceDetectorYN.create(str(weights_dir / "yunet.onnx"), "", (640, 360), 0.6)
    for frame in list(frames(Puppet(seconds=1.0, **fields)))[::5]:
        _, found = detector.detect(frame)
        found = np.empty((0, 15)) if found is None else found
        assert len(found) == faces
        assert found[:, 3] == pytest.approx(fields.get("face_px", 150), rel=0.15)


def test_cut_changes_the_picture_at_once() -> None:
    pictures = np.stack(list(frames(Puppet(seconds=1.0, cuts=(0.6,))))).astype(np.int16)
    change = np.abs(np.diff(pictures, axis=0)).mean((1, 2, 3))
    assert int(change.argmax()) == 14
    assert change[14] > 10 * np.delete(change, 14).max()


def test_mouth_closes_in_silence_and_opens_with_the_vowel_without_lag() -> None:
    t = np.arange(32_000) / 16_000
    vowel = np.where((t >= 0.8) & (t < 1.2), 8000 * np.sin(2 * np.pi * 600 * t), 0).astype(np.int16)
    wide = opening(vowel)
    assert wide.shape == (50,)
    assert wide[:18].max() == 0
    assert wide[21:29].min() > 0.999
    assert wide == pytest.approx(wide[::-1], abs=0.02)


def test_lips_round_for_a_low_voice_only() -> None:
    t = np.arange(16_000) / 16_000
    low, high = (np.sin(2 * np.pi * f * t) * 8000 for f in (350, 2000))
    at = np.array([0.5])
    assert mouth(low.astype(np.int16), at)[1] > 0.9
    assert mouth((low + high).astype(np.int16), at)[1] == 0


def test_only_the_speaker_moves() -> None:
    (left, _), (right, _) = mouths(Puppet(faces=2, speaker=1), np.arange(0, 4, 0.04))
    assert left.max() == 0
    assert right.max() > 0.8


@pytest.mark.parametrize("kind", ["speech", "silence", "noise", "tones", "none"])
def test_sound_has_the_asked_length(kind: str) -> None:
    samples = sound(Puppet(seconds=1.5, sound=kind))
    assert (samples.dtype, samples.shape) == (np.int16, (24_000,))
    assert samples.any() == (kind in ("speech", "noise", "tones"))


def test_voices() -> None:
    assert 38 * 16_000 < len(recording()) < 45 * 16_000
    assert np.array_equal(formant_noise(1.0, 3), formant_noise(1.0, 3))
    assert not np.array_equal(formant_noise(1.0, 3), formant_noise(1.0, 4))
