"""Steps and drift are planned by what was measured, and taken out of the sound."""

import json
import subprocess
import wave
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core import media
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.core.sync.course import Course, Stretch
from lipgate.desktop.cli import main
from lipgate.desktop.copying import encoder
from lipgate.desktop.fix import doubt, failure, fix_alone
from lipgate.desktop.repair import Piece, Repair, at_pauses, repair_of
from tests.desktop.reports import report

SAMPLES = Path(__file__).parents[2] / "samples"

RATE = 16_000
STEP = Course((Stretch(0, 250, 0), Stretch(250, 496, -6)), None)

Captured = pytest.CaptureFixture[str]


def written(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return path


def heard(path: Path) -> np.ndarray:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-ar", str(RATE), "-ac", "1", "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2")


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(1).integers(-9000, 9000, round(seconds * RATE)).astype(np.int16)


def test_one_offset_needs_no_repair() -> None:
    assert repair_of(report((0, 250, 8.0, -6))) is None


def test_a_step_makes_a_piece_of_each_side() -> None:
    repair = repair_of(report((0, 252, 8.0, 0), (252, 500, 8.0, -6), course=STEP))
    assert repair is not None
    first, second = repair.pieces
    assert (first.start_s, first.later_s, second.end_s, second.later_s) == (0.0, 0.0, None, pytest.approx(-0.24))
    assert first.end_s == second.start_s == pytest.approx(252 / 25)
    assert repair.encodes
    assert "cut into 2 pieces, which are moved from 0.00 s by +0 ms, from 10.08 s by -240 ms" in repair.text


def test_a_drift_makes_another_speed() -> None:
    repair = repair_of(report((0, 500, 8.0, 0), course=Course((), 600.0)))
    assert repair is not None
    assert repair.tempo == pytest.approx(0.99)
    # In time in the middle, at 10 s: what is heard at 0 comes 100 ms late.
    assert repair.pieces[0].later_s == pytest.approx(-0.1 / 0.99, abs=0.001)


def test_what_mostly_fits_nowhere_is_doubted() -> None:
    parts = ((0, 100, 8.0, 0), (100, 200, 8.0, -6), (200, 500, 0.5, None))
    assert "Only 40% of the speech fits" in str(doubt(report(*parts, course=STEP)))
    assert doubt(report(*parts[:2], course=STEP)) is None


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (report((0, 500, 8.0, 0)), "None"),
        (report((0, 250, 8.0, 0), (250, 500, 8.0, 5)), "still changes 1 times"),
        (report((0, 500, 8.0, -6)), "0% is in sync; 100% fitted"),
        (report((0, 500, 8.0, 0), course=Course((), 300.0)), "still drifts, by +300 ms a minute"),
    ],
)
def test_a_repair_is_held_to_what_it_was_for(after, said: str) -> None:
    assert said in str(failure(report((0, 250, 8.0, 0), (250, 500, 8.0, -6), course=STEP), after))


def test_pieces_come_apart_with_silence_and_overlap_nowhere(tmp_path: Path) -> None:
    whole = noise(6.0)
    # From 2 s on 240 ms late, from 4 s on again in time: silence was put in, and as much was left out.
    off = np.concatenate([whole[: 2 * RATE], np.zeros(3840, np.int16), whole[2 * RATE : 4 * RATE - 3840], whole[4 * RATE :]])
    source = written(tmp_path / "off.wav", off)
    pieces = (Piece(0.0, 2.0, 0.0), Piece(2.24, 4.0, -0.24), Piece(4.0, None, 0.0))
    fix_alone(source, tmp_path / "right.wav", 0, Repair(pieces))
    found = heard(tmp_path / "right.wav")
    assert len(found) == len(whole)
    lost = slice(4 * RATE - 3840, 4 * RATE)
    assert not found[lost].any()
    assert (np.delete(found, np.r_[lost]) == np.delete(whole, np.r_[lost])).all()


@pytest.mark.parametrize("rate", [0.01, -0.002, 0.04])
def test_a_sound_that_ran_away_is_played_at_its_own_speed(rate: float, tmp_path: Path) -> None:
    clicks = np.zeros(20 * RATE, np.int16)
    for second in range(2, 19, 4):
        clicks[second * RATE : second * RATE + 400] = 20_000
    source = written(tmp_path / "off.wav", np.interp(np.arange(len(clicks)) * (1 + rate), np.arange(len(clicks)), clicks, 0, 0))
    repair = Repair((Piece(0.0, None, 0.0),), tempo=1 / (1 + rate))
    fix_alone(source, tmp_path / "right.flac", 0, repair)
    loud = np.abs(heard(tmp_path / "right.flac").astype(int)) > 5000
    for second in range(2, 19, 4):
        first = np.flatnonzero(loud[(second - 1) * RATE : (second + 1) * RATE])[0] / RATE + second - 1
        assert first == pytest.approx(second, abs=0.02 if abs(rate) < 0.02 else 0.05)


@pytest.mark.parametrize(("later_s", "left_out"), [(-0.24, 0.24), (0.24, 0.0)])
def test_a_cut_is_made_in_a_pause(later_s: float, left_out: float, tmp_path: Path) -> None:
    sound = noise(4.0)
    sound[round(1.76 * RATE) : round(2.08 * RATE)] = 0
    picture = ["-f", "lavfi", "-i", "color=s=64x64:d=4:r=25", "-i", written(tmp_path / "sound.wav", sound)]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *picture, "-c:a", "copy", tmp_path / "film.mkv"]
    subprocess.run(command, check=True)
    clip = media.probe(tmp_path / "film.mkv")
    first, second = at_pauses(Repair((Piece(0.0, 2.0, 0.0), Piece(2.0, None, later_s))), clip).pieces
    assert first.end_s is not None
    assert 1.76 <= first.end_s <= second.start_s <= 2.08
    assert second.start_s - first.end_s == pytest.approx(left_out)


@pytest.mark.parametrize(
    ("codec", "suffix", "used"),
    [("aac", ".mp4", "aac"), ("pcm_s24le", ".mov", "pcm_s24le"), ("opus", ".webm", "libopus"), ("wmav2", ".mkv", "flac")],
)
def test_a_sound_is_encoded_as_it_was_where_it_can_be(codec: str, suffix: str, used: str) -> None:
    assert encoder(codec, suffix)[0] == used


def test_a_film_that_steps_is_put_right(on_film: Callable[..., Path], tmp_path: Path, capsys: Captured) -> None:
    source, out = tmp_path / "steps.mp4", tmp_path / "right.mp4"
    late = "asplit[a][b];[a]atrim=end=5[x];[b]atrim=start=5,asetpts=PTS-STARTPTS,adelay=delays=320:all=1[y];[x][y]concat=v=0:a=1"
    command = ["-v", "error", "-i", on_film(), "-filter:a", late, "-c:v", "copy", "-c:a", "aac", source]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *map(str, command)], check=True)
    assert main(["fix", str(source), str(out), "--dry-run"]) == 0
    assert "the sound is encoded again. Nothing was written." in capsys.readouterr().out
    assert not out.exists()
    assert main(["fix", str(source), str(out)]) == 0
    assert "the sound is encoded again." in capsys.readouterr().err
    found = score(out, Models.load(profile="media")).to_dict()
    assert (found["offset_changes"], found["offset_frames"]) == ([], 0)
    assert found["summary"]["shares"]["in_sync"] > 0.9


@pytest.mark.parametrize("name", ["right.wav", "right.mkv"])
def test_a_sound_that_lies_beside_is_put_right_too(name: str, tmp_path: Path, capsys: Captured) -> None:
    video, sound, out = SAMPLES / "late_sound.mp4", tmp_path / "late.wav", tmp_path / name
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", video, "-vn", sound], check=True)
    assert main(["fix", str(video), str(out), "--audio", str(sound)]) == 0
    beside = ["--audio", str(out)] if name.endswith(".wav") else []
    capsys.readouterr()
    assert main(["score", str(video if beside else out), *beside, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["offset_frames"] == 0


def test_a_sound_alone_needs_one_that_lies_beside(tmp_path: Path, capsys: Captured) -> None:
    assert main(["fix", str(SAMPLES / "late_sound.mp4"), str(tmp_path / "out.wav")]) == 1
    assert "with --audio" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
