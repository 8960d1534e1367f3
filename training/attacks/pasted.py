"""The mouth of another picture laid over a filmed face: what lip-syncing systems do, without their networks to draw it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import SAMPLES_PER_FRAME
from lipgate.core.opencv import cv2
from training.attacks import network
from training.attacks.footage import Footage
from training.attacks.forgery import Forgery, Material
from training.attacks.jaw import axes
from training.attacks.patches import between, blend, mask_of


@dataclass(frozen=True)
class Paste:
    """What betrays that a mouth is not of the picture it is in."""

    sharpness: str
    """`blurred`, `small` (as the 96 pixels that many systems draw), `sharpened` or `same`."""
    gains: tuple[float, float, float]
    """BGR."""
    softness: float
    """Width of the edge."""
    size: float
    """Of the ellipse."""
    scale: float
    """Of the mouth, against the face it is laid on."""

    @classmethod
    def drawn(cls, rng: np.random.Generator, same_person: bool) -> "Paste":
        """Another picture's mouth always has another colour; one's own is betrayed by sharpness, colour or size."""
        sharpness = str(
            rng.choice(["blurred", "small", "sharpened"] if same_person else ["blurred", "small", "sharpened", "same"])
        )
        blue, green, red = rng.uniform(0.9, 1.1) * rng.uniform(0.95, 1.05, 3)
        return cls(
            sharpness,
            (float(blue), float(green), float(red)),
            float(rng.uniform(0.08, 0.4)),
            float(rng.uniform(0.85, 1.1)),
            float(rng.uniform(0.95, 1.06)),
        )

    def treat(self, frame: np.ndarray, unit: float) -> np.ndarray:
        """The picture that a mouth is taken from; `unit` is the pixels from its eyes to its mouth."""
        out = frame.astype(np.float32) * np.asarray(self.gains, np.float32)
        match self.sharpness:
            case "blurred":
                out = cv2.GaussianBlur(out, (0, 0), 0.02 * unit)
            case "small":
                # 96 pixels across a face that is about two and a half units wide
                shrink = min(1.0, 38.0 / unit)
                small = cv2.resize(out, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
                out = cv2.resize(small, frame.shape[1::-1], interpolation=cv2.INTER_CUBIC)
            case "sharpened":
                out = out + 1.2 * (out - cv2.GaussianBlur(out, (0, 0), 0.03 * unit))
        return np.clip(out + 0.5, 0, 255).astype(np.uint8)


def pasted_mouth(material: Material) -> Forgery:
    """The mouth of another person, or of another time, with the sound it made; or the clip's own mouth, otherwise treated."""
    clip, rng = material.clip, material.rng
    kind = ("another person", "another time", "its own")[material.seed % 3]
    if kind == "another person":
        donor = material.stranger
    elif kind == "another time":
        donor = _rolled(clip, len(clip) // 2)
    else:
        donor = clip
    count = min(len(clip), len(donor))
    paste = Paste.drawn(rng, same_person=kind != "another person")
    frames = _pasted(clip.cut(0, count), donor.cut(0, count), paste)
    return Forgery(frames, donor.sound[: count * SAMPLES_PER_FRAME], f"mouth of {kind}, {paste.sharpness}")


def pasted_lips(material: Material) -> Forgery:
    """The person's own mouths in another order, in which the sync network finds that they fit foreign speech best."""
    clip = material.clip
    voice = material.voice(len(clip.sound))
    fit = network.apart(network.heard(voice), network.seen(clip))
    jump = (0.15, 0.3, 0.5)[material.seed % 3]
    order = _smoothest(fit, jump)
    order = np.concatenate([order, np.full(len(clip) - len(order), order[-1])])
    paste = Paste("same", (1.0, 1.0, 1.0), 0.3, 1.0, 1.0)
    jumps = int((np.diff(order) != 1).sum())
    return Forgery(_pasted(clip, _ordered(clip, order), paste), voice, f"{jumps} jumps")


def _smoothest(fit: np.ndarray, jump: float) -> np.ndarray:
    """Which mouth to show when, by dynamic programming: int (n,).

    Args:
        fit: (n, m), how far each mouth is from each moment of the sound.
        jump: what it costs to show another mouth than the one that was filmed next.
    """
    count = fit.shape[1]
    cost, came = fit[0].astype(np.float64), np.zeros(fit.shape, int)
    for moment in range(1, len(fit)):
        least = int(cost.argmin())
        came[moment] = least
        best = np.full(count, cost[least] + jump)
        goes_on = 1 + np.flatnonzero(cost[:-1] <= best[1:])
        came[moment, goes_on], best[goes_on] = goes_on - 1, cost[goes_on - 1]
        cost = best + fit[moment]
    order = [int(cost.argmin())]
    for moment in range(len(fit) - 1, 0, -1):
        order.append(int(came[moment, order[-1]]))
    return np.array(order[::-1])


def _rolled(clip: Footage, by: int) -> Footage:
    """The clip from its middle on, then its beginning."""
    return _ordered(clip, np.roll(np.arange(len(clip)), -by))


def _ordered(clip: Footage, order: np.ndarray) -> Footage:
    """The frames of a clip in another order, each with its sound."""
    sound = clip.sound.reshape(len(clip), -1)[order].ravel()
    return Footage(clip.name, clip.frames[order], sound, clip.landmarks[order], clip.boxes[order])


def _pasted(clip: Footage, donor: Footage, paste: Paste) -> Iterator[np.ndarray]:
    colour = _tint(clip, donor)
    for number, frame in enumerate(clip.frames):
        theirs = donor.landmarks[number]
        at = axes(theirs)
        patch = paste.treat(np.clip(donor.frames[number] * colour, 0, 255), float(np.linalg.norm(at[:, 1])))
        grown = np.diag([paste.scale, paste.scale])
        matrix = between(theirs, clip.landmarks[number])
        matrix = np.column_stack([matrix[:, :2] @ grown, matrix @ [*(at[:, 2] - grown @ at[:, 2]), 1.0]])
        yield blend(frame, patch, mask_of(donor.frames[number].shape, theirs, paste.softness, paste.size), matrix)


def _tint(clip: Footage, donor: Footage) -> np.ndarray:
    """BGR gains that bring the skin around one mouth to the mean colour of the other: what an attacker would do first."""
    means = []
    for footage in (clip, donor):
        mask = mask_of(footage.frames.shape[1:], footage.landmarks[0])
        means.append((footage.frames[0] * mask[..., None]).sum(axis=(0, 1)) / max(float(mask.sum()), 1.0))
    return np.clip(means[0] / np.maximum(means[1], 1.0), 0.3, 3.0).astype(np.float32)
