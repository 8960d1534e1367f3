"""What speaks against a picture being that of a filmed, speaking person: each with its measured value and its threshold."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """What a verdict calls it."""

    MOVED_PICTURE = "moved_picture"
    PICTURE_REPEATS = "picture_repeats"
    PICTURE_FROZEN = "picture_frozen"
    MOUTH_LAID_OVER = "mouth_laid_over"
    FACE_PAINTED = "face_painted"
    SOUND_SPLICED = "sound_spliced"
    SEVERAL_SOUNDS = "several_sounds"


class Code(StrEnum):
    """What was noticed. Stable."""

    REPEATS = "repeats"
    """The same pictures come again."""
    RUNS_BACK = "runs_back"
    """The same pictures come again, in the opposite order."""
    SOUND_REPEATS = "sound_repeats"
    """The same sound comes again."""
    FROZEN = "frozen"
    """The picture stands still while somebody speaks."""
    BLACK = "black"
    """The picture is black while somebody speaks."""
    MOUTH_SHAKES = "mouth_shakes"
    """The mouth shakes against the face around it."""
    FLICKERS = "flickers"
    """The face flickers around the mouth, where it is drawn anew in every picture."""
    BESIDE_LIPS = "beside_lips"
    """The sound fits what lies around the lips, not the lips."""
    SPLICED = "spliced"
    """The sound is put together from pieces."""
    CHANNELS_DIFFER = "channels_differ"
    """The channels of the sound say different things."""
    DUPLICATES = "duplicates"
    """Many pictures equal the one before: the source has a lower frame rate."""

    @property
    def cause(self) -> Cause:
        """What a verdict that is lowered for it says."""
        return _CAUSES[self]


_CAUSES = {
    Code.REPEATS: Cause.PICTURE_REPEATS,
    Code.RUNS_BACK: Cause.PICTURE_REPEATS,
    Code.SOUND_REPEATS: Cause.PICTURE_REPEATS,
    Code.FROZEN: Cause.PICTURE_FROZEN,
    Code.BLACK: Cause.PICTURE_FROZEN,
    Code.MOUTH_SHAKES: Cause.MOUTH_LAID_OVER,
    Code.FLICKERS: Cause.FACE_PAINTED,
    Code.BESIDE_LIPS: Cause.FACE_PAINTED,
    Code.SPLICED: Cause.SOUND_SPLICED,
    Code.CHANNELS_DIFFER: Cause.SEVERAL_SOUNDS,
    Code.DUPLICATES: Cause.PICTURE_FROZEN,
}


@dataclass(frozen=True)
class Finding:
    """One thing that was noticed, and when."""

    code: Code
    start_s: float
    end_s: float
    value: float
    """What was measured; `words` tell the unit."""
    threshold: float
    """From where on it is a finding."""
    counts: bool
    """Whether it speaks so strongly against the picture that the verdict may not be ALLOW. Otherwise it is told only."""
    words: str
    """The same in a sentence."""

    @property
    def cause(self) -> Cause:
        """What a verdict that is lowered for it says."""
        return self.code.cause


@dataclass(frozen=True)
class Presence:
    """How much a picture behaves like a filmed, speaking person."""

    score: float | None
    """0 (a moved picture) to 1 (filmed); None where it could not be told."""
    findings: tuple[Finding, ...] = ()
