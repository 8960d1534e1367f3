"""What would put a sound right: one shift, a shift for each part, or another speed; and the ffmpeg filter that does it.

A shift rewrites timestamps and encodes nothing. Where the offset steps or drifts the sound itself has to change, so it is
decoded, put right and encoded again; pictures are copied all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME, VIDEO_FPS
from lipgate.core.film import Stretch, stretches
from lipgate.core.media import Clip, Sound
from lipgate.core.report import Report

QUIET_FRAMES = 8
"""So far from where a step was found its place is looked for in a pause: 0.3 s, as near as a step is known."""

CLOCK_RATE = 0.012
"""A drift of up to so much is one of clocks, and the sound is resampled. Beyond it was played faster or slower by somebody, who
as a rule kept its pitch: so does the repair."""

AS_IT_COMES = "aresample=async=1:first_pts=0"
"""Sound from time zero of the file, gaps filled: what the scorer hears."""


@dataclass(frozen=True)
class Piece:
    """A part of the sound that is moved as one."""

    start_s: float
    end_s: float | None
    """None: to its end."""
    later_s: float
    """Negative: earlier."""


@dataclass(frozen=True)
class Repair:
    """How a sound is put right."""

    pieces: tuple[Piece, ...]
    tempo: float = 1.0
    """How fast it is played, before it is moved."""

    @property
    def encodes(self) -> bool:
        """Whether the sound must be encoded again."""
        return len(self.pieces) > 1 or self.tempo != 1.0

    @property
    def text(self) -> str:
        """What is done, in words."""
        if self.tempo != 1.0:
            how = "slower" if self.tempo < 1 else "faster"
            return f"The sound is played {abs(1 / self.tempo - 1):.3%} {how} and moved by {1000 * self.pieces[0].later_s:+.0f} ms"
        if not self.encodes:
            return f"The sound is moved by {1000 * self.pieces[0].later_s:+.0f} ms"
        parts = ", ".join(f"from {piece.start_s:.2f} s by {1000 * piece.later_s:+.0f} ms" for piece in self.pieces)
        return f"The sound is cut into {len(self.pieces)} pieces, which are moved {parts}"

    def filter(self) -> str:
        """One chain for ffmpeg's `-filter:a`. Where pieces come apart there is silence, and no two of them overlap."""
        if self.tempo != 1.0:
            return f"{AS_IT_COMES},{_played(self.tempo)},{_moved(self.pieces[0].later_s)}"
        if not self.encodes:
            return f"{AS_IT_COMES},{_moved(self.pieces[0].later_s)}"
        count = len(self.pieces)
        names = "".join(f"[i{number}]" for number in range(count))
        chains, end = [f"{AS_IT_COMES},asplit={count}{names}"], 0.0
        for number, piece in enumerate(self.pieces):
            begin = piece.start_s + piece.later_s
            left_out = max(0.0, end - begin)
            until = "" if piece.end_s is None else f":end={piece.end_s:.6f}"
            silence = f",adelay=delays={1000 * (begin - end):.3f}:all=1" if begin > end else ""
            trimmed = f"atrim=start={piece.start_s + left_out:.6f}{until},asetpts=PTS-STARTPTS"
            chains.append(f"[i{number}]{trimmed}{silence}[o{number}]")
            end = (piece.end_s or 0.0) + piece.later_s
        together = "".join(f"[o{number}]" for number in range(count))
        return ";".join([*chains, f"{together}concat=n={count}:v=0:a=1"])


def repair_of(report: Report) -> Repair | None:
    """How a measured sound is put right; None where one shift of whole frames does it, or nothing was found to go by."""
    speaker = report.verdict.speaker
    if speaker is None:
        return None
    drift = speaker.over_time.course.drift_ms_per_min
    found = stretches(report.tracks, report.verdict.segments, report.cuts)
    if drift is not None:
        return _of_drift(drift / 60_000, report)
    if len(found) < 2:
        return None
    return Repair(_pieces(found))


def at_pauses(repair: Repair, clip: Clip) -> Repair:
    """The same with its cuts moved to where least is heard, as near as a step is known; and what overlaps is left out there.

    Raises:
        InputError, Overdue: the sound cannot be decoded.
    """
    if len(repair.pieces) < 2:
        return repair
    loud = _levels(clip)
    pieces = list(repair.pieces)
    for number in range(1, len(pieces)):
        before, after = pieces[number - 1], pieces[number]
        overlap = max(0, round((before.later_s - after.later_s) * VIDEO_FPS))
        at = round(after.start_s * VIDEO_FPS)
        starts = np.arange(max(0, at - overlap - QUIET_FRAMES), max(1, min(at + QUIET_FRAMES, len(loud) - overlap)))
        width = max(overlap, 1)
        heard = [loud[start : start + width].sum() + 1e-6 * abs(start + overlap - at) for start in starts]
        cut = int(starts[int(np.argmin(heard))]) if len(starts) else at
        # What lies between is left out: the end of one piece and the beginning of the next lie so far apart.
        pieces[number - 1] = replace(before, end_s=cut / VIDEO_FPS)
        pieces[number] = replace(after, start_s=(cut + overlap) / VIDEO_FPS if overlap else cut / VIDEO_FPS)
    return replace(repair, pieces=tuple(pieces))


def _pieces(found: Sequence[Stretch]) -> tuple[Piece, ...]:
    starts = [0.0, *(one.frame / VIDEO_FPS for one in found[1:])]
    ends = [*starts[1:], None]
    return tuple(Piece(start, end, one.offset_ms / 1000) for start, end, one in zip(starts, ends, found, strict=True))


def _of_drift(rate: float, report: Report) -> Repair | None:
    """Sound of time s belongs to lips of time t where t less its offset is s: t = (s + offset at zero) / (1 - rate)."""
    own = [one for one in report.verdict.segments if one.offset_ms is not None]
    weight = sum(one.seconds for one in own)
    if not weight:
        return None
    at_zero = sum(one.seconds * ((one.offset_ms or 0.0) / 1000 - rate * (one.start_s + one.end_s) / 2) for one in own) / weight
    return Repair((Piece(0.0, None, at_zero / (1 - rate)),), tempo=1 - rate)


def _played(tempo: float) -> str:
    """Resampled where clocks differ; with its pitch kept where somebody changed the speed."""
    if abs(tempo - 1) > CLOCK_RATE:
        return f"atempo={tempo:.9f}"
    return f"aresample=192000,asetrate={192_000 * tempo:.0f},aresample=48000"


def _moved(later_s: float) -> str:
    if later_s >= 0:
        return f"adelay=delays={1000 * later_s:.3f}:all=1"
    return f"atrim=start={-later_s:.6f},asetpts=PTS-STARTPTS"


def _levels(clip: Clip) -> np.ndarray:
    """float64 (frames,), how loud each 40 ms of the sound are."""
    found: list[np.ndarray] = []
    left = np.empty(0, np.int16)

    def listen(samples: np.ndarray) -> None:
        nonlocal left
        left = np.concatenate([left, samples])
        whole = len(left) // SAMPLES_PER_FRAME
        blocks = left[: whole * SAMPLES_PER_FRAME].reshape(whole, SAMPLES_PER_FRAME).astype(np.float64)
        found.append(np.sqrt(np.square(blocks).mean(axis=1)))
        left = left[whole * SAMPLES_PER_FRAME :]

    with Sound(clip, listen) as sound:
        sound.drain(round((clip.duration_s or 0.0) * VIDEO_FPS) + 60 * VIDEO_FPS)
    return np.concatenate([*found, np.zeros(1)])
