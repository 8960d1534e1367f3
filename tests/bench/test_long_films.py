"""Long films are what they say, and a timeline is held against the truth of it."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench.long_films.film import Film, Kind, Part
from bench.long_films.films import films
from bench.long_films.measure import _apart, _steps
from bench.long_films.takes import Take, moved
from lipgate.core import media
from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.limits import Limits
from lipgate.core.media import Clip
from lipgate.core.timeline import State


def take(seconds: float = 5.0, person: str = "a", path: Path | None = None) -> Take:
    frames = round(seconds * 25)
    clip = Clip(path or Path(person) / "clip.mp4", "", seconds, 25.0, 320, 240, True)
    return Take(clip, frames, np.random.default_rng(1).integers(-9000, 9000, frames * SAMPLES_PER_FRAME).astype(np.int16))


def test_a_step_later_leaves_silence_and_one_earlier_leaves_out() -> None:
    film = Film("steps", [Part(take(2.0))], steps=[(0.5, -200.0), (1.0, 100.0)])
    heard, whole = film.sound(), film.parts[0].sound
    assert (heard[:8000] == whole[:8000]).all()
    assert not heard[8001:11199].any()
    assert (heard[11202:16000] == whole[8002:12800]).all()
    assert (heard[16000:28000] == whole[17600:29600]).all()


@pytest.mark.parametrize(("offset", "state"), [(120.0, State.EARLY), (-120.0, State.LATE), (80.0, State.IN_SYNC)])
def test_the_truth_follows_the_offset_and_what_is_shown(offset: float, state: State) -> None:
    parts = [Part(take(2.0)), Part(take(2.0), Kind.DUBBED, take(1.0, "b")), Part(take(2.0), Kind.UNSEEN)]
    truth, beside = Film("mixed", parts, steps=[(0.0, offset)]).truth(Limits())
    assert [truth[frame] for frame in (0, 50, 100)] == [state, State.NO_FIT, State.NOT_JUDGED]
    assert (truth == beside).all()


def test_a_drift_is_in_time_in_the_middle() -> None:
    film = Film("drift", [Part(take(60.0))], drift=10.0)
    assert film.offsets(np.array([0.0, 30.0, 60.0])) == pytest.approx([-300, 0, 300])
    truth, beside = film.truth(Limits())
    assert {*truth} == {State.LATE, State.IN_SYNC, State.EARLY}
    assert 0 < (truth != beside).sum() <= 4 * 25


def test_a_film_is_written_as_long_as_its_parts(puppet: Callable[..., Path], tmp_path: Path) -> None:
    own = take(1.0, path=puppet(seconds=2.0))
    real = Take(media.probe(own.clip.path), own.frames, own.sound)
    Film("two", [Part(real), Part(real, Kind.UNSEEN)]).write(tmp_path / "film.mp4")
    clip = media.probe(tmp_path / "film.mp4")
    assert clip.duration_s == pytest.approx(2.0, abs=0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_every_kind_of_film_is_made_and_steps_lie_apart() -> None:
    made = list(films([take(5.0, person) for person in "abc" for _ in range(6)], seed=1))
    for film in made:
        times = [at for at, _ in film.steps]
        assert all(0 < at < film.frames / 25 - 1 for at in times)
        assert all(after - before > 5 for before, after in pairwise(times))
    assert {part.kind for film in made for part in film.parts} == set(Kind)
    assert all(part.voice.person != part.take.person for film in made for part in film.parts if part.voice)


def test_a_step_is_found_with_its_offsets_and_a_false_one_is_counted() -> None:
    film = Film("steps", [Part(take(20.0))], steps=[(5.0, 120.0), (10.0, -240.0)])
    told = [(5.1, 0, 3), (10.2, 3, 0), (15.0, 0, 3)]
    changes = [{"time_s": at, "from_frames": before, "to_frames": after} for at, before, after in told]
    errors, false = _steps(film, changes, np.ones(500, bool))
    assert (errors, false) == ([pytest.approx(0.1)], 2)


def test_within_a_pause_no_moment_is_wrong() -> None:
    spoken = np.ones(500, bool)
    spoken[100:150] = False
    assert [round(_apart(found, 5.0, spoken), 6) for found in (3.8, 4.0, 5.9, 6.3)] == [0.2, 0.0, 0.0, 0.3]
    assert _apart(8.2, 8.0, spoken) == pytest.approx(0.2)


def test_sound_is_moved_and_kept_as_long() -> None:
    assert moved(np.arange(1, 6), 2, 6).tolist() == [0, 0, 1, 2, 3, 4]
    assert moved(np.arange(1, 6), -2, 4).tolist() == [3, 4, 5, 0]
