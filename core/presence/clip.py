"""Watches a whole clip for what no camera films: pictures and sound that come again, pictures that stand still or are black."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.presence import cells
from lipgate.core.presence.echoes import ALIKE, EchoFinder
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.presence.repeats import MIN_SHARE, MIN_SHARE_BACK, Repeat, RepeatFinder
from lipgate.core.presence.stills import MIN_FRAMES, StillFinder
from lipgate.core.scenes import Frame

Speech = Callable[[int, int], float]
"""Seconds of speech during the video frames start .. stop - 1, as `lipgate.core.speech.SpeechMeter.seconds`."""

MIN_SPEECH_S = 0.6
"""Speech that must be heard while the picture stands still, or is black, to speak against it: a speaker may well pause."""

MANY_DUPLICATES = 0.3
"""Share of pictures that equal the one before from which on it is told: that of 18 pictures a second."""


class ClipMeter:
    """Fed with every picture and all sound of one clip, in order."""

    def __init__(self) -> None:
        self._repeats = RepeatFinder()
        self._stills = StillFinder()
        self._echoes = EchoFinder()

    def feed(self, frame: Frame) -> None:
        """Look at the next picture."""
        fine = cells.fine(frame.small)
        self._stills.feed(fine)
        self._repeats.feed(cells.coarse(fine))

    def hear(self, samples: np.ndarray) -> None:
        """Listen to the next samples, int16 (n,), 16 kHz."""
        self._echoes.feed(samples)

    def finish(self, speech: Speech) -> tuple[Finding, ...]:
        """What was noticed, in order of time; the clip has ended."""
        self._stills.finish()
        self._repeats.finish()
        found = [*self._repeating(), *self._sounding(), *self._standing(speech), *self._slow()]
        return tuple(sorted(found, key=lambda finding: (finding.start_s, finding.code)))

    def _repeating(self) -> Iterator[Finding]:
        for backwards in (False, True):
            windows = [window for window in self._repeats.found if window.backwards == backwards]
            for part in _runs(windows):
                best = max(part, key=lambda window: window.share)
                code = Code.RUNS_BACK if backwards else Code.REPEATS
                lag_s = best.lag / VIDEO_FPS
                what = "The picture runs back" if backwards else f"The picture repeats what it showed {lag_s:.2f} s before"
                words = f"{what}: {best.share:.0%} of the motion is the same."
                limit = MIN_SHARE_BACK if backwards else MIN_SHARE
                yield _finding(code, part[0].start, part[-1].stop, best.share, limit, True, words)

    def _sounding(self) -> Iterator[Finding]:
        if echoes := self._echoes.found:
            first, last = echoes[0], echoes[-1]
            best = max(echoes, key=lambda echo: echo.correlation)
            heard = f"what was heard {best.lag_s:.2f} s before (correlation {best.correlation:.2f})"
            words = f"The sound repeats, wave for wave, {heard}."
            yield Finding(Code.SOUND_REPEATS, first.start_s, last.start_s + 0.5, best.correlation, ALIKE, False, words)

    def _standing(self, speech: Speech) -> Iterator[Finding]:
        for code, stretches, words in (
            (Code.FROZEN, self._stills.frozen, "The picture stands still"),
            (Code.BLACK, self._stills.black, "The picture is black"),
        ):
            for stretch in stretches:
                spoken = speech(stretch.start, stretch.stop)
                length = len(stretch) / VIDEO_FPS
                told = f"{words} for {length:.1f} s, during {spoken:.1f} s of speech."
                counts = spoken >= MIN_SPEECH_S
                yield _finding(code, stretch.start, stretch.stop, length, MIN_FRAMES / VIDEO_FPS, counts, told)

    def _slow(self) -> Iterator[Finding]:
        stills = self._stills
        share = stills.same / max(1, stills.frames)
        if share >= MANY_DUPLICATES:
            words = f"{share:.0%} of the pictures equal the one before: the source has a lower frame rate."
            yield _finding(Code.DUPLICATES, 0, stills.frames, share, MANY_DUPLICATES, False, words)


def _finding(code: Code, start: int, stop: int, value: float, threshold: float, counts: bool, words: str) -> Finding:
    return Finding(code, start / VIDEO_FPS, stop / VIDEO_FPS, value, threshold, counts, words)


def _runs(windows: Iterable[Repeat]) -> list[list[Repeat]]:
    """Windows that overlap, together."""
    runs: list[list[Repeat]] = []
    for window in windows:
        if runs and window.start <= runs[-1][-1].stop:
            runs[-1].append(window)
        else:
            runs.append([window])
    return runs
