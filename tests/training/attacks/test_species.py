"""Every species is made, the same each time, as a file like those of the world; the table says what each is for."""

import re
import subprocess
from pathlib import Path

import imageio_ffmpeg
import pytest

from lipgate.core.evaluation.manifest import Label, read_manifest
from training.attacks import Expected, Footage, Needs, make, read, species, voices
from training.attacks.__main__ import main

HELD_OUT = {"photo_lips", "pasted_lips", "painted_lips", "screen_replay"}


def needs_espeak(names: list[str]) -> list:
    """Species as parameters; those that need espeak-ng are skipped where it is missing."""
    missing = pytest.mark.skipif(not voices.available(), reason="espeak-ng speaks in these attacks: apt-get install espeak-ng")
    return [pytest.param(name, marks=missing if species[name].needs is Needs.ESPEAK else ()) for name in names]


@pytest.mark.parametrize("name", needs_espeak(list(species)))
def test_each_species_is_a_playable_mp4_the_same_each_time(name: str, clip: Footage, other: Footage, tmp_path: Path) -> None:
    one, again = (make(tmp_path / f"{k}.mp4", name, clip, seed=1, other=other) for k in range(2))
    assert one.path.read_bytes() == again.path.read_bytes()
    assert one.style == again.style
    told = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", one.path], capture_output=True, text=True, check=False).stderr
    assert re.search(r"Video: h264.*yuv420p", told)
    assert "Audio: aac" in told


def test_another_seed_is_another_attack(clip: Footage, tmp_path: Path) -> None:
    first, second = (make(tmp_path / f"{seed}.mp4", "photo_noise", clip, seed) for seed in (1, 2))
    assert first.path.read_bytes() != second.path.read_bytes()


@pytest.mark.parametrize("name", [name for name, kind in species.items() if kind.needs in (Needs.CLIP, Needs.SOUND)])
def test_what_needs_another_person_refuses_to_do_without(name: str, clip: Footage, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a second clip"):
        make(tmp_path / "alone.mp4", name, clip)


def test_the_table_tells_names_words_and_what_training_may_see() -> None:
    for name, kind in species.items():
        assert name == kind.name == kind.make.__name__
        assert kind.words
        assert kind.trained == (name not in HELD_OUT)
        assert kind.label in set(Label)
        assert (kind.label == "shifted") == (kind.expected is Expected.TOLD)


def test_the_command_writes_a_manifest_that_evaluate_reads(puppet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [puppet(seconds=2.4, start=start, size=(200, 150), face_px=90, preset="ultrafast") for start in (2.0, 9.0)]
    out = tmp_path / "set"
    arguments = ["attacks", *map(str, clips), "--out", str(out), "--species", "photo_voice,step", "--count", "2", "--seed", "4"]
    monkeypatch.setattr("sys.argv", arguments)
    assert main() == 0
    entries = read_manifest(out / "manifest.csv")
    assert len(entries) == 2 * (2 + 2 * 2)
    assert all(entry.clip.exists() for entry in entries)
    assert {entry.label for entry in entries} == {Label.GENUINE, Label.FAKE, Label.SHIFTED}
    assert {entry.person for entry in entries} == {path.stem for path in clips}

    before = {entry.clip: entry.clip.stat().st_mtime_ns for entry in entries}
    assert main() == 0
    assert before == {entry.clip: entry.clip.stat().st_mtime_ns for entry in read_manifest(out / "manifest.csv")}


def test_the_clip_that_is_read_is_the_face_with_its_sound(clip: Footage, puppet) -> None:
    assert clip.frames.shape == (75, 180, 240, 3)
    assert len(clip.sound) == 75 * 640
    assert clip.landmarks.shape == (75, 5, 2)
    with pytest.raises(Exception, match="no face"):
        read(puppet(seconds=2.4, no_face=True, size=(240, 180), preset="ultrafast"))
