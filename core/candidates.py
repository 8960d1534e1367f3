"""Which of several pictures and sounds of a file is judged: as a player chooses, and by what serves."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np

from lipgate.core import media
from lipgate.core.calibration import Calibration
from lipgate.core.constants import AUDIO_RATE, SAMPLES_PER_FRAME, VIDEO_FPS
from lipgate.core.errors import DeadlineError, InputError
from lipgate.core.judgeable import SILENT_PEAK
from lipgate.core.media import Clip, Sound
from lipgate.core.media.tracks import SPOKEN_BESIDE, Kind, Track, first_played, pictures_in_order, sounds_in_order
from lipgate.core.reasons import Reason
from lipgate.core.runtime import OnnxNetwork
from lipgate.core.speech import SpeechMeter
from lipgate.core.verdict import Verdict

LISTENED_S = 60
"""Seconds of each sound that are listened to before one is taken."""

SILENT_S = 3 * 3600
"""Seconds of a sound that must be silent for it to count as silent."""

MOST_TRIED = 3
"""Sounds of which lips are tried on, and pictures in which a face is looked for."""

CLEARLY = 1.5
"""Logarithm of the odds by which another sound must fit these lips better to take the place of what a player plays."""

SAME_SOUND = 0.98
"""Correlation of the levels of two sounds from which on they are the same one."""


class _Judged(Protocol):
    @property
    def verdict(self) -> Verdict: ...


T = TypeVar("T", bound=_Judged)


class Heard(StrEnum):
    """What a first look at a sound found."""

    SPEECH = "speech"
    NO_SPEECH = "no_speech"
    SILENT = "silent"
    NOT_DECODABLE = "not_decodable"


_SERVES = [Heard.SPEECH, Heard.NO_SPEECH, Heard.SILENT, Heard.NOT_DECODABLE]


@dataclass(frozen=True)
class Take:
    """A picture and a sound that may be judged together."""

    clip: Clip
    sound_passed_over: bool = False
    """A player plays another sound, which is not silent."""
    picture_passed_over: bool = False
    """A player shows another picture."""


@dataclass(frozen=True)
class _Listened:
    track: Track
    heard: Heard
    levels: np.ndarray
    """float64 (n,), loudness of each video frame, n at most LISTENED_S * 25."""

    @property
    def audible(self) -> bool:
        """Whether people hear something; what cannot be decoded here is heard where its codec is known."""
        return self.heard is not Heard.SILENT


class Candidates:
    """The takes of a file, one after the other; there is one only where the file has one picture and one sound."""

    def __init__(
        self, clip: Clip, speech: OnnxNetwork, deadline: float | None, *, fixed_sound: bool, fixed_picture: bool
    ) -> None:
        """Listen to the sounds, where there are several.

        Args:
            clip: as `probe` found it.
            speech: Silero VAD.
            deadline: `time.monotonic()` at which to give up.
            fixed_sound, fixed_picture: somebody said which to take.

        Raises:
            InputError: corrupt_video.
            Overdue: the deadline passed.
        """
        self._clip = clip
        sounds = sounds_in_order(clip.tracks)
        several = len(sounds) > 1 and not fixed_sound
        listened = [_listen(clip, track, speech, deadline) for track in sounds] if several else []
        self.heard = {each.track.number: each.heard for each in listened}
        """What was heard in each sound, by its number; empty where there was no choice."""
        self._sounds = _worth_trying(listened) if several else [clip.sound]
        played = first_played(clip.tracks, Kind.SOUND)
        self._played = next((each for each in listened if each.track == played and each.audible), None)
        self._levels = {each.track.number: each.levels for each in listened}
        self._shown = None if fixed_picture else first_played(clip.tracks, Kind.PICTURE)
        self._films = [clip.picture]
        if not fixed_picture:
            self._films += [film for film in pictures_in_order(clip.tracks) if film.number != clip.picture.number]

    @property
    def several(self) -> bool:
        """Whether there is a choice."""
        return len(self._sounds) > 1 or len(self._films) > 1

    @property
    def first(self) -> Take:
        """What a player shows and plays, as far as it serves."""
        return next(self._with_each_sound())

    def best(self, judge: Callable[[Take], T], turn: Callable[[T], int], calibration: Calibration) -> tuple[Take, T]:
        """Judge what a player takes; where its sound does not fit or its picture shows no face, what else there is.

        Args:
            judge: tells of a take what holds its `verdict`. An error it raises ends the search, except for the first take.
            turn: degrees by which the picture of what was judged must be turned for its faces to be upright.
            calibration: of the sync model.
        """
        first = self.first
        found = judge(first)
        if found.verdict.fits:
            return first, found
        try:
            if degrees := turn(found):
                self._clip = self._clip.turned(degrees)
                first, found = self.first, judge(self.first)
                if found.verdict.fits:
                    return first, found
        except (DeadlineError, media.Overdue):
            return first, found
        faceless = found.verdict.reason in (Reason.NO_FACE, Reason.FACE_TOO_SMALL)
        take, evidence = first, _evidence(found.verdict, calibration) + CLEARLY
        try:
            for other in self._with_each_picture() if faceless else islice(self._with_each_sound(), 1, None):
                tried = judge(other)
                if tried.verdict.fits:
                    return other, tried
                if _evidence(tried.verdict, calibration) > evidence:
                    take, found, evidence = other, tried, _evidence(tried.verdict, calibration)
        except (InputError, DeadlineError, media.Overdue):
            pass  # an answer there is; the file holds more than could be tried
        return take, found

    def _with_each_sound(self) -> Iterator[Take]:
        for sound in self._sounds[:MOST_TRIED]:
            has_audio = sound is not None and sound.sampled
            yield self._take(replace(self._clip, sound=sound, has_audio=has_audio))

    def _with_each_picture(self) -> Iterator[Take]:
        first = self.first.clip
        for film in self._films[1:MOST_TRIED]:
            seen = media.probe(first.path, max_pixels=first.max_pixels, picture=film.number)
            yield self._take(replace(seen, sound=first.sound, has_audio=first.has_audio))

    def _take(self, clip: Clip) -> Take:
        played, sound = self._played, clip.sound
        other_sound = played is not None and sound is not None and sound.number != played.track.number
        if other_sound and played is not None and sound is not None:
            other_sound = not _same(played.levels, self._levels[sound.number])
        other_picture = self._shown is not None and self._shown.number != clip.picture.number
        return Take(clip, other_sound, other_picture)


def _evidence(verdict: Verdict, calibration: Calibration) -> float:
    """How sure it is that lips and sound belong together; comparable only between sounds on the same lips."""
    sync = verdict.speaker.sync if verdict.speaker else None
    return -np.inf if sync is None else calibration.evidence(sync)


def _listen(clip: Clip, track: Track, speech: OnnxNetwork, deadline: float | None) -> _Listened:
    nothing = np.empty(0)
    if not track.sampled:
        return _Listened(track, Heard.NOT_DECODABLE, nothing)
    meter = SpeechMeter(speech)
    with Sound(replace(clip, sound=track, has_audio=True), meter.feed, deadline) as sound:
        samples = sound.window(0, LISTENED_S * VIDEO_FPS)
        peak = sound.peak
    if peak < SILENT_PEAK and len(samples) == LISTENED_S * AUDIO_RATE:
        # It may begin to speak later, and would be what people hear.
        with Sound(replace(clip, sound=track, has_audio=True), deadline=deadline) as sound:
            sound.drain(SILENT_S * VIDEO_FPS)
            peak = sound.peak
    frames = len(samples) // SAMPLES_PER_FRAME
    if not frames:
        return _Listened(track, Heard.NOT_DECODABLE, nothing)
    levels = np.square(samples[: frames * SAMPLES_PER_FRAME].reshape(frames, -1).astype(np.float64)).mean(axis=1) ** 0.5
    if peak < SILENT_PEAK:
        return _Listened(track, Heard.SILENT, levels)
    return _Listened(track, Heard.SPEECH if meter.spoken(0, frames).any() else Heard.NO_SPEECH, levels)


def _worth_trying(listened: list[_Listened]) -> list[Track]:
    """The sounds with speech in the order of a player, each once; where there are none the one that comes nearest."""
    ordered = sorted(listened, key=lambda each: _SERVES.index(each.heard))
    kept = ordered[:1]
    for each in ordered[1:]:
        beside = each.track.dispositions & SPOKEN_BESIDE and not kept[0].track.dispositions & SPOKEN_BESIDE
        if each.heard is Heard.SPEECH and not beside and not any(_same(each.levels, other.levels) for other in kept):
            kept.append(each)
    return [each.track for each in kept]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    both = min(len(one), len(other))
    one, other = one[:both], other[:both]
    if both < VIDEO_FPS or not one.std() or not other.std():
        return False
    return float(np.corrcoef(one, other)[0, 1]) > SAME_SOUND


def described(clip: Clip, kind: Kind, heard: dict[int, Heard]) -> list[dict[str, object]]:
    """The tracks of a kind as the report names them."""
    used = clip.picture if kind is Kind.PICTURE else clip.sound
    found: list[dict[str, object]] = []
    for track in clip.tracks:
        if track.kind is not kind:
            continue
        about: dict[str, object] = {"track": track.number, "codec": track.codec}
        if kind is Kind.PICTURE:
            turned = clip.turn if used == track else 0
            about |= {"width": track.width or None, "height": track.height or None, "turned": turned}
        else:
            about |= {"rate": track.rate or None, "layout": track.layout or None}
        about |= {"flags": sorted(track.dispositions), "used": used is not None and track.number == used.number}
        if kind is Kind.SOUND:
            about["heard"] = str(heard[track.number]) if track.number in heard else None
        found.append(about)
    return found
