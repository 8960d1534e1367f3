"""Every species of attack: what it is, what it is made of, what the product must do with it, and whether training sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from training.attacks import clocks, fitted, overlays, painted, pasted, photographs, repeats, replay, scenes
from training.attacks.forgery import Forgery, Material


class Needs(StrEnum):
    """What is needed beside the clip."""

    NOTHING = "nothing"
    SOUND = "sound"
    """The voice of another person."""
    CLIP = "clip"
    """Another person, seen and heard."""
    ESPEAK = "espeak-ng"
    """The program."""


class Expected(StrEnum):
    """What the product must do."""

    REFUSED = "refused"
    """Never ALLOW."""
    REFUSED_AS_PERSON = "refused as person"
    """Never ALLOW where one person speaks to one camera; as a film, what is genuine in it may be called so."""
    TOLD = "told"
    """Never ALLOW, and the report tells how the offset changes."""
    PASSES_SYNC = "passes sync"
    """Sync alone cannot see it: lips and sound belong together, or the network was asked what it takes for that."""


class Label(StrEnum):
    """What `lipgate evaluate` calls it."""

    FAKE = "fake"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Species:
    """One way to deceive."""

    name: str
    words: str
    """What it is, for people."""
    needs: Needs
    expected: Expected
    trained: bool
    """Whether a check may learn from its like; the others are held out, to tell what is new from what is known."""
    make: Callable[[Material], Forgery]
    label: Label = Label.FAKE

    @property
    def uses_other(self) -> bool:
        """Whether another person is seen or heard in it."""
        return self.needs in (Needs.SOUND, Needs.CLIP)


_ALL = (
    Species(
        "photo_loudness",
        "a still photograph whose jaw follows the loudness of synthetic speech",
        Needs.ESPEAK,
        Expected.REFUSED,
        True,
        photographs.photo_loudness,
    ),
    Species(
        "photo_noise",
        "a still photograph whose jaw follows noise without words",
        Needs.NOTHING,
        Expected.REFUSED,
        True,
        photographs.photo_noise,
    ),
    Species(
        "photo_voice",
        "a still photograph whose jaw follows the loudness of a real foreign voice",
        Needs.SOUND,
        Expected.REFUSED,
        True,
        photographs.photo_voice,
    ),
    Species(
        "photo_phonemes",
        "a still photograph whose mouth takes the shapes of the phonemes of synthetic speech",
        Needs.ESPEAK,
        Expected.REFUSED,
        True,
        photographs.photo_phonemes,
    ),
    Species(
        "photo_lips",
        "a still photograph whose jaw follows the lips of another person, who is heard",
        Needs.CLIP,
        Expected.REFUSED,
        False,
        photographs.photo_lips,
    ),
    Species(
        "still_frame",
        "a still photograph while speech is heard",
        Needs.NOTHING,
        Expected.REFUSED,
        True,
        photographs.still_frame,
    ),
    Species(
        "overlay_loudness",
        "a filmed face whose jaw follows the loudness of synthetic speech",
        Needs.ESPEAK,
        Expected.REFUSED,
        True,
        overlays.overlay_loudness,
    ),
    Species(
        "overlay_voice",
        "a filmed face whose jaw follows the loudness of a real foreign voice",
        Needs.SOUND,
        Expected.REFUSED,
        True,
        overlays.overlay_voice,
    ),
    Species(
        "pasted_mouth",
        "a filmed face with the mouth of another person or time, or its own otherwise treated",
        Needs.CLIP,
        Expected.REFUSED,
        True,
        pasted.pasted_mouth,
    ),
    Species(
        "pasted_lips",
        "a filmed face with its own mouths of other moments, chosen by the sync network to fit foreign speech",
        Needs.SOUND,
        Expected.REFUSED,
        False,
        pasted.pasted_lips,
    ),
    Species(
        "time_warped",
        "the same speaker's other words, bent in time to fit",
        Needs.NOTHING,
        Expected.REFUSED,
        True,
        fitted.time_warped,
    ),
    Species(
        "pasted_speech",
        "a genuine picture with foreign speech put together from pieces that the sync network chose",
        Needs.SOUND,
        Expected.REFUSED,
        True,
        fitted.pasted_speech,
    ),
    Species(
        "screen_replay",
        "a genuine clip filmed off a screen",
        Needs.NOTHING,
        Expected.PASSES_SYNC,
        False,
        replay.screen_replay,
    ),
    Species(
        "painted_lips",
        "a filmed face whose mouth is changed by a few grey levels, found by the sync network's gradient, to fit foreign speech",
        Needs.SOUND,
        Expected.PASSES_SYNC,
        False,
        painted.painted_lips,
    ),
    Species("loop", "about a second of a genuine clip, repeated", Needs.NOTHING, Expected.REFUSED, True, repeats.loop),
    Species("freeze", "the picture stands still while speech goes on", Needs.NOTHING, Expected.REFUSED, True, repeats.freeze),
    Species(
        "cut", "a real speaker, then another face with foreign sound", Needs.CLIP, Expected.REFUSED_AS_PERSON, True, scenes.cut
    ),
    Species(
        "picture_in_picture",
        "a big silent photograph with a small real speaker in a corner",
        Needs.CLIP,
        Expected.REFUSED_AS_PERSON,
        True,
        scenes.picture_in_picture,
    ),
    Species(
        "two_faces",
        "a real speaker and a second face as large",
        Needs.CLIP,
        Expected.REFUSED_AS_PERSON,
        True,
        scenes.two_faces,
    ),
    Species(
        "step",
        "genuine, but from some moment on the sound is 200 to 500 ms early or late",
        Needs.NOTHING,
        Expected.TOLD,
        True,
        clocks.step,
        Label.SHIFTED,
    ),
    Species(
        "drift",
        "genuine, but the sound runs 1 or 4 per cent too fast or too slow",
        Needs.NOTHING,
        Expected.TOLD,
        True,
        clocks.drift,
        Label.SHIFTED,
    ),
)

species: dict[str, Species] = {one.name: one for one in _ALL}
"""By name, in the order of the table above."""
