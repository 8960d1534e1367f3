"""The shapes of a mouth that says phonemes: a handful of visemes, joined smoothly as a mouth that is under way to the next."""

import numpy as np

# Opening and rounding by sound. Names are those of espeak-ng (Kirshenbaum): the first letter that is known decides.
_CLOSED = (0.0, 0.1)
VISEMES: dict[str, tuple[float, float]] = {
    **dict.fromkeys("pbm", _CLOSED),
    **dict.fromkeys("fv", (0.08, 0.0)),
    **dict.fromkeys("tdnszlrj*", (0.2, 0.0)),
    **dict.fromkeys("kgNxhQqR?", (0.3, 0.0)),
    **dict.fromkeys("TD", (0.22, 0.0)),
    **dict.fromkeys("SZ", (0.2, 0.5)),
    **dict.fromkeys("w", (0.12, 0.95)),
    **dict.fromkeys("aA&V", (1.0, 0.0)),
    **dict.fromkeys("eE3@", (0.6, 0.0)),
    **dict.fromkeys("iIy", (0.35, 0.0)),
    **dict.fromkeys("oO0", (0.65, 0.7)),
    **dict.fromkeys("uU", (0.3, 0.95)),
    "_": (0.0, 0.0),
}

_UNDER_WAY_S = 0.06
"""Half of the time in which one shape becomes the next."""

_CLOSURE_WEIGHT = 4.0
"""How much more than an open shape a closed one counts on the way between them."""


def shape(phoneme: str) -> tuple[float, float]:
    """Opening and rounding, each 0 to 1, of one phoneme; a neutral one where it is not known."""
    return next((VISEMES[letter] for letter in phoneme if letter in VISEMES), (0.3, 0.1))


def mouth(phonemes: tuple[tuple[float, str], ...], times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How the mouth looks at the given times.

    Args:
        phonemes: when one begins (seconds), and which.
        times: (frames,) seconds.

    Returns:
        opening and rounding, float32 (frames,), 0 to 1.
    """
    if not phonemes:
        closed = np.zeros(len(times), np.float32)
        return closed, closed
    starts = np.array([at for at, _ in phonemes])
    shapes = np.array([shape(name) for _, name in phonemes])
    # The mean over the time around each moment: shapes of short sounds are not quite reached, as in speech.
    around = np.asarray(times)[:, None] + np.linspace(-_UNDER_WAY_S, _UNDER_WAY_S, 13)
    index = np.searchsorted(starts, around, side="right") - 1
    seen = np.where((index >= 0)[..., None], shapes[np.clip(index, 0, None)], 0.0)
    # Lips that must meet do meet, however short the sound.
    weights = np.hanning(15)[1:-1, None] * np.where(seen[..., :1] == _CLOSED[0], _CLOSURE_WEIGHT, 1.0)
    opening, rounding = np.moveaxis((seen * weights).sum(axis=1) / weights.sum(axis=1), -1, 0).astype(np.float32)
    return opening, rounding
