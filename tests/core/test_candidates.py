"""Of several pictures and sounds the ones that serve are judged, and the report names all."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest

from lipgate.core.models import Models
from lipgate.core.pipeline import Options, score
from lipgate.desktop.cli import main

MakePuppet = Callable[..., Path]

SMALL = {"seconds": 3.2, "size": (320, 180), "face_px": 90, "preset": "ultrafast", "start": 6.0}
PLAIN = ["-c:v", "copy", "-c:a", "pcm_s16le"]


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


@pytest.fixture(scope="module")
def late(puppet: MakePuppet) -> Path:
    return puppet(offset_frames=-4, **SMALL)


@pytest.fixture(scope="module")
def other_words(puppet: MakePuppet) -> Path:
    return puppet(**{**SMALL, "start": 25.0})


def taken(document: dict[str, Any], kind: str) -> int:
    return next(track["track"] for track in document[f"{kind}_tracks"] if track["used"])


def test_a_silent_first_sound_is_passed_over(late: Path, models: Models, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    silence = ["-f", "lavfi", "-t", "3.2", "-i", "anullsrc=r=48000:cl=mono"]
    ffmpeg(
        "-i", late, *silence, *["-map", "0:v", "-map", "1:a", "-map", "0:a", "-c:v", "copy", "-disposition:a:0", "default"], made
    )
    document = score(made, models).to_dict()
    assert document["offset_frames"] == pytest.approx(-4, abs=1)
    assert taken(document, "sound") == 1
    assert [track["heard"] for track in document["sound_tracks"]] == ["silent", "speech"]
    assert "several_sounds" not in document["reasons"]


def test_of_eight_mono_sounds_the_voice_is_found(late: Path, models: Models, tmp_path: Path) -> None:
    made = tmp_path / "made.mov"
    silence = ["-f", "lavfi", "-t", "3.2", "-i", "anullsrc=r=48000:cl=mono"]
    maps = ["-map", "0:v"] + [word for place in range(8) for word in ("-map", "0:a" if place in (5, 6) else "1:a")]
    ffmpeg("-i", late, *silence, *maps, "-c:v", "copy", "-c:a", "pcm_s16le", made)
    document = score(made, models).to_dict()
    assert document["offset_frames"] == pytest.approx(-4, abs=1)
    assert taken(document, "sound") == 5
    assert len(document["sound_tracks"]) == 8


def test_a_sound_that_fits_is_judged_and_that_a_player_plays_another_is_told(
    late: Path, other_words: Path, models: Models, tmp_path: Path
) -> None:
    made = tmp_path / "made.mkv"
    maps = ["-map", "0:v", "-map", "1:a", "-map", "0:a", "-c", "copy", "-disposition:a:0", "default", "-disposition:a:1", "0"]
    ffmpeg("-i", late, "-i", other_words, *maps, made)
    document = score(made, models, Options(artifacts=tmp_path / "artifacts")).to_dict()
    assert (taken(document, "sound"), document["offset_frames"]) == (1, pytest.approx(-4, abs=1))
    assert document["decision"] == "NEXT"
    assert "several_sounds" in document["reasons"]
    assert (tmp_path / "artifacts" / "00000_distances.npy").exists()


@pytest.mark.parametrize(
    ("commentary", "film", "told"), [("comment", "default", False), ("comment", "0", True), ("default+comment", "0", True)]
)
def test_a_commentary_is_not_asked_for_its_fit_but_told_of_where_a_plain_player_plays_it(
    commentary: str, film: str, told: bool, late: Path, other_words: Path, models: Models, tmp_path: Path
) -> None:
    made = tmp_path / "made.mkv"
    flags = ["-disposition:a:0", commentary, "-disposition:a:1", film]
    ffmpeg("-i", late, "-i", other_words, *["-map", "0:v", "-map", "1:a", "-map", "0:a", "-c", "copy"], *flags, made)
    document = score(made, models).to_dict()
    assert (taken(document, "sound"), document["offset_frames"]) == (1, pytest.approx(-4, abs=1))
    assert ("several_sounds" in document["reasons"]) is told


@pytest.mark.parametrize(("unknown", "used"), [(0, 1), (1, 0)])
def test_a_sound_that_only_its_makers_players_know_is_told_of_where_they_play_it(
    unknown: int, used: int, late: Path, other_words: Path, models: Models, tmp_path: Path
) -> None:
    made = tmp_path / "made.mp4"
    sounds = ["-map", "1:a", "-map", "0:a"] if unknown == 0 else ["-map", "0:a", "-map", "1:a"]
    ffmpeg("-i", late, "-i", other_words, "-map", "0:v", *sounds, "-c", "copy", "-disposition:a", "default", made)
    content = made.read_bytes()
    first, second = content.rindex(b"mp4a", 0, content.rindex(b"mp4a")), content.rindex(b"mp4a")
    at, end = (first, second) if unknown == 0 else (second, len(content))
    made.write_bytes(content[:at] + content[at:end].replace(b"mp4a", b"apac").replace(b"esds", b"dapa") + content[end:])
    document = score(made, models).to_dict()
    assert [track["heard"] for track in document["sound_tracks"]][unknown] == "not_decodable"
    assert (taken(document, "sound"), document["offset_frames"]) == (used, pytest.approx(-4, abs=1))
    assert ("several_sounds" in document["reasons"]) is (unknown == 0)


@pytest.mark.parametrize(("sides", "told"), [("c0=c0|c1=c1", True), ("c0=c0+c1|c1=c0-c1", True), ("c0=c0|c1=-0.5*c0", False)])
def test_channels_that_say_different_things_are_told(
    sides: str, told: bool, late: Path, other_words: Path, models: Models, tmp_path: Path
) -> None:
    made = tmp_path / "made.mkv"
    both = f"[0:a][1:a]join=inputs=2:channel_layout=stereo,pan=stereo|{sides}[both]"
    ffmpeg(*["-i", late, "-i", other_words, "-filter_complex", both, "-map", "0:v", "-map", "[both]"], *PLAIN, made)
    assert ("several_sounds" in score(made, models).to_dict()["reasons"]) is told


def test_a_sound_that_is_silent_for_a_minute_only_is_not_taken_for_silent(late: Path, models: Models, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    tone = ["-f", "lavfi", "-t", "63", "-i", "sine=400:sample_rate=16000,volume=0:enable='lt(t,61)'"]
    ffmpeg(
        "-i",
        late,
        *tone,
        *["-map", "0:v", "-map", "1:a", "-map", "0:a", "-c:v", "copy", "-c:a", "pcm_s16le", "-disposition:a", "0"],
        made,
    )
    document = score(made, models).to_dict()
    assert [track["heard"] for track in document["sound_tracks"]] == ["no_speech", "speech"]
    assert "several_sounds" in document["reasons"]


def test_where_no_sound_fits_that_of_the_player_is_judged(
    puppet: MakePuppet, other_words: Path, models: Models, tmp_path: Path
) -> None:
    made, still = tmp_path / "made.mkv", puppet(still=True, **SMALL)
    ffmpeg("-i", still, "-i", other_words, "-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy", made)
    document = score(made, models).to_dict()
    assert taken(document, "sound") == 0
    assert "several_sounds" not in document["reasons"]


def test_a_picture_without_a_face_leaves_the_place_to_one_with(
    puppet: MakePuppet, late: Path, models: Models, tmp_path: Path
) -> None:
    made = tmp_path / "made.mkv"
    slides = puppet(**{**SMALL, "size": (480, 270)}, no_face=True, sound="none")
    ffmpeg("-i", slides, "-i", late, "-map", "0:v", "-map", "1:v", "-map", "1:a", "-c", "copy", made)
    document = score(made, models).to_dict()
    assert (taken(document, "picture"), document["offset_frames"]) == (1, pytest.approx(-4, abs=1))
    assert [(track["width"], track["used"]) for track in document["picture_tracks"]] == [(480, False), (320, True)]
    assert document["video"]["width"] == 320
    assert "several_pictures" in document["reasons"]


def test_a_picture_is_told_of_where_a_plain_player_shows_another(
    puppet: MakePuppet, late: Path, models: Models, tmp_path: Path
) -> None:
    made, larger = tmp_path / "made.mkv", puppet(offset_frames=-4, **{**SMALL, "size": (480, 270)})
    both = ["-i", late, "-i", larger, "-map", "0:v", "-map", "1:v", "-map", "0:a", "-c", "copy"]
    for told in (False, True):
        flags = ["-disposition:v:0", "default" if told else "0", "-disposition:v:1", "default"]
        ffmpeg(*both, *flags, made)
        document = score(made, models).to_dict()
        assert (taken(document, "picture"), "several_pictures" in document["reasons"]) == (1, told)


def test_the_command_takes_the_tracks_it_is_told(late: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = tmp_path / "made.mkv"
    silence = ["-f", "lavfi", "-t", "3.2", "-i", "anullsrc=r=48000:cl=mono"]
    ffmpeg("-i", late, *silence, "-map", "0:v", "-map", "0:a", "-map", "1:a", "-c:v", "copy", made)
    assert main(["score", str(made), "--json", "--audio-track", "1", "--video-track", "0"]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] == "silent_audio"
    assert main(["score", str(made), "--json", "--audio-track", "2"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "track_not_found"


def test_a_second_sound_shorter_than_a_frame_is_none(late: Path, models: Models, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    blip = ["-f", "lavfi", "-t", "0.02", "-i", "sine=400:sample_rate=16000"]
    ffmpeg("-i", late, *blip, *["-map", "0:v", "-map", "0:a", "-map", "1:a", "-c:v", "copy", "-c:a", "pcm_s16le"], made)
    document = score(made, models).to_dict()
    assert document["offset_frames"] == pytest.approx(-4, abs=1)
    assert [track["heard"] for track in document["sound_tracks"]] == ["speech", "not_decodable"]
