"""The tracks of a file, and which of them a player would show and play."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from lipgate.core.picture import LUMA

PICTURES_BESIDE = frozenset({"attached pic", "still image", "timed thumbnails", "dependent"})
"""Dispositions of pictures that are not the film: covers, previews, depth maps."""

SPOKEN_BESIDE = frozenset({"comment", "visual impaired", "karaoke", "clean effects", "dependent"})
"""Dispositions of sound in which somebody speaks who is not in the picture, or nobody does."""

RENDITION = 0.25
"""A picture with less than this share of the largest one's pixels is a small rendition of it."""

_HEADER = re.compile(r"^#(tb|media_type|codec_id|dimensions|sample_rate|channel_layout_name) (\d+): (.*)$")
_LOGGED = re.compile(r"^  Stream #0:\d+.*?: (Video|Audio): .*?((?: \([a-z _-]+\))*)$")
_COLOURS = re.compile(r"^  Stream #0:\d+.*?: Video: .*?, \w+\((?:tv, |pc, )?([a-z0-9-]+)[/,)]")
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")


class Kind(StrEnum):
    """What a track holds."""

    PICTURE = "video"
    SOUND = "audio"


@dataclass(frozen=True)
class Track:
    """One track, as the container describes it."""

    kind: Kind
    number: int
    """Position among the tracks of its kind, from 0."""
    codec: str
    """ffmpeg's name of it, "none" where it has none."""
    width: int = 0
    height: int = 0
    """Of a picture; 0 where the container does not say."""
    rate: int = 0
    """Samples per second of a sound; 0 where it cannot be decoded."""
    layout: str = ""
    """ffmpeg's name of a sound's channels, such as "stereo" or "8 channels"."""
    dispositions: frozenset[str] = frozenset()
    """Flags of the track in ffmpeg's words, such as "default" or "comment"."""
    tick: Fraction = Fraction(0)
    """Time base in seconds."""
    matrix: str | None = None
    """Of a picture, one of `lipgate.core.picture.LUMA`: how its colours are made; None where the file does not say."""

    @property
    def specifier(self) -> str:
        """How ffmpeg's `-map` names it in its first input."""
        return self.of_input(0)

    def of_input(self, number: int) -> str:
        """How ffmpeg's `-map` names it where the file is one of several inputs."""
        return f"{number}:{'v' if self.kind is Kind.PICTURE else 'a'}:{self.number}"

    @property
    def sampled(self) -> bool:
        """Whether a sound says how it is sampled, in a codec that has a name; decoding it may still fail."""
        return self.rate > 0 and self.codec != "none"

    @property
    def default(self) -> bool:
        """Whether the container marks it as the one to take."""
        return "default" in self.dispositions

    @property
    def cover(self) -> bool:
        """Whether it is a picture attached to a sound file."""
        return "attached pic" in self.dispositions


ONLY_PICTURE = Track(Kind.PICTURE, 0, "")
"""The picture of a file that has one."""


def listed(header: str, log: str) -> list[Track]:
    """Read ffmpeg's description of the tracks.

    The facts come from a header that names numbers and codecs only. A log repeats titles and tags of the file, which may hold
    anything, also lines like ffmpeg's own; only flags and the kind of colours are read from it, and those the file's author
    may set anyway.

    Args:
        header: what the muxer `framecrc` writes of a copy of all pictures, then all sounds.
        log: what ffmpeg says of its input.
    """
    told: dict[int, dict[str, str]] = {}
    for line in header.splitlines():
        if match := _HEADER.match(line):
            told.setdefault(int(match[2]), {}).setdefault(match[1], match[3])
    flags = {kind: _flags(log, word) for kind, word in ((Kind.PICTURE, "Video"), (Kind.SOUND, "Audio"))}
    matrices = _matrices(log)
    found: list[Track] = []
    for _, words in sorted(told.items()):
        if words.get("media_type") not in list(Kind):
            continue
        kind = Kind(words["media_type"])
        number = sum(track.kind is kind for track in found)
        size = _SIZE.fullmatch(words.get("dimensions", ""))
        width, height = (int(size[1]), int(size[2])) if size else (0, 0)
        found.append(
            Track(
                kind=kind,
                number=number,
                codec=words.get("codec_id", "none"),
                width=width,
                height=height,
                rate=int(words.get("sample_rate", 0)),
                layout=words.get("channel_layout_name", ""),
                dispositions=next(flags[kind], frozenset()),
                tick=fraction(words.get("tb", "0/1")),
                matrix=next(matrices, None) if kind is Kind.PICTURE else None,
            )
        )
    return found


def _flags(log: str, word: str) -> Iterator[frozenset[str]]:
    for line in log.splitlines():
        if (match := _LOGGED.match(line)) and match[1] == word:
            yield frozenset(re.findall(r"\(([^)]*)\)", match[2]))


def _matrices(log: str) -> Iterator[str | None]:
    for line in log.splitlines():
        if (match := _LOGGED.match(line)) and match[1] == "Video":
            named = _COLOURS.match(line)
            yield named[1] if named and named[1] in LUMA else None


def fraction(text: str) -> Fraction:
    """A fraction as ffmpeg writes it; 0 for 0/0."""
    above, _, below = text.partition("/")
    return Fraction(int(above), int(below)) if below.strip("0") else Fraction(0)


def pictures_in_order(tracks: Sequence[Track]) -> list[Track]:
    """Tracks that may be the film, the likeliest first: no cover, no small rendition, marked as default, large."""
    films = [track for track in tracks if track.kind is Kind.PICTURE and not track.dispositions & PICTURES_BESIDE]
    largest = max((track.width * track.height for track in films), default=0)

    def order(track: Track) -> tuple[bool, bool, int, int]:
        pixels = track.width * track.height
        return pixels < RENDITION * largest, not track.default, -pixels, track.number

    return sorted(films, key=order)


def first_played(tracks: Sequence[Track], kind: Kind) -> Track | None:
    """What a player without preferences shows or plays: the first that is marked as default, else the first.

    Size and flags such as "comment" do not count: many players ask for neither, and the author of a file may set both.
    """
    candidates = [track for track in tracks if track.kind is kind and not track.dispositions & PICTURES_BESIDE]
    return next((track for track in candidates if track.default), next(iter(candidates), None))


def sounds_in_order(tracks: Sequence[Track]) -> list[Track]:
    """All sounds, in the order a player takes them: those that can be decoded, no commentary, marked as default."""
    sounds = [track for track in tracks if track.kind is Kind.SOUND]
    return sorted(sounds, key=lambda track: (not track.sampled, bool(track.dispositions & SPOKEN_BESIDE), not track.default))
