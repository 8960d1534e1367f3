"""Finds pictures that come again: motion that equals, picture by picture, the motion of some time before, or its reverse.

Motion is compared and not pictures: those of a person who sits still all look alike.
"""

from dataclasses import dataclass

import numpy as np

from lipgate.core.constants import VIDEO_FPS

MIN_LAG = 8
"""Nearest that is compared, in frames (0.32 s): below, one movement of a mouth may equal the next."""

MAX_LAG = 20 * VIDEO_FPS
"""Farthest that is compared, in frames; the memory it costs is bounded."""

WINDOW = VIDEO_FPS
"""Frames that must come again."""

MIN_MOVING = 10
"""Frames of a window in which something must move; a source of 12.5 pictures a second moves in half of them."""

NOISE = 0.6
"""Changes of a cell up to this many grey levels are the encoder's."""

MIN_MOTION = 2.0
"""Least length of the vector of changes that is motion, in grey levels."""

ALIKE = 0.6
"""Cosine from which on two motions are the same. Encoded again, those of a loop have more."""

MIN_SHARE = 0.8
"""Share of the moving frames of a window that must come again."""

_MIRRORS = (2 * WINDOW - 1, 2 * WINDOW)
"""Lag of the last frame of a window that is the reverse of the one before: the picture between is shown once, or twice."""

MIN_MOVING_BACK, MIN_SHARE_BACK = 15, 0.9
"""The same for what runs back. More is asked: one nod, or one blink, comes close."""

_TILES = 4
_MIN_TILES = 0.75
"""Share of the parts of the picture (a grid of 4 x 4) in which something moves that must repeat: a background that runs in a loop
behind a person does not make the person a loop."""


@dataclass(frozen=True)
class Repeat:
    """A window of frames that came before."""

    start: int
    """First frame of the later one."""
    stop: int
    lag: int
    """Frames between the two; for what runs back between the first frame and the one it equals."""
    share: float
    """Share of its moving frames that come again, 0 to 1."""
    backwards: bool


class RepeatFinder:
    """Watches the pictures of a clip, in order."""

    def __init__(self) -> None:
        self.found: list[Repeat] = []
        """In order; windows overlap."""
        self._previous: np.ndarray | None = None
        """The last picture that was looked at."""
        self._waiting: list[np.ndarray] = []
        """Pictures after it."""
        self._motion = np.empty((0, 0), np.float32)
        """float32 (frames, cells): of the last frames, those before the waiting ones."""
        self._lengths = np.empty(0, np.float32)
        """float32 (frames,): of `_motion`."""
        self._alike = np.empty((0, MAX_LAG + 1), np.float32)
        """float32 (frames, lags): of the last frames, the cosine of their motion and that of `lag` frames before; NaN where both
        stand still, or there is none."""
        self._seen = 0

    def feed(self, cells: np.ndarray) -> None:
        """Look at the next picture, float32 (rows, columns)."""
        if self._previous is None or cells.shape != self._previous.shape:  # of another size nothing can be compared
            self._previous = cells
            self._waiting, self._motion = [], np.empty((0, cells.size), np.float32)
            self._alike, self._lengths = self._alike[:0], self._lengths[:0]
        self._waiting.append(cells)
        self._seen += 1
        if len(self._waiting) == WINDOW:
            self.finish()

    def finish(self) -> None:
        """Look at what waits."""
        if not self._waiting or self._previous is None:
            return
        shape = self._previous.shape
        new = _motion(np.stack([self._previous, *self._waiting]))
        self._previous, self._waiting = self._waiting[-1], []
        every = np.concatenate([self._motion, new])
        lengths = np.concatenate([self._lengths, np.linalg.norm(new, axis=1)])
        self._alike = np.concatenate([self._alike[1 - WINDOW :], _alike(new, every, lengths)])
        for stop, lag, share, backwards in _windows(self._alike, len(new)):
            last = len(every) - len(new) + stop
            pairs = _pairs(last, lag, backwards)
            if _everywhere(every, pairs, shape, backwards):
                end = self._seen - len(every) + last
                self.found.append(Repeat(end - WINDOW + 1, end + 1, lag, share, backwards))
        self._motion, self._lengths = every[-MAX_LAG:], lengths[-MAX_LAG:]


def _motion(pictures: np.ndarray) -> np.ndarray:
    """What moves from each picture to the next: float32 (n, rows, columns) to (n - 1, cells)."""
    change = np.diff(pictures, axis=0)
    # Light that flickers runs through the picture in rows, at a period of its own.
    change -= change.mean(axis=2, keepdims=True)
    moved = np.sign(change) * np.maximum(np.abs(change) - NOISE, 0.0)
    return moved.reshape(len(moved), -1)


def _alike(new: np.ndarray, every: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Cosines of the last rows of `every`, which are `new`, with those `lag` rows before: float32 (new, MAX_LAG + 1)."""
    mine = lengths[-len(new) :]
    cosine = new @ every.T / (np.maximum(mine, 1e-3)[:, None] * np.maximum(lengths, 1e-3))
    cosine[np.maximum(mine[:, None], lengths) < MIN_MOTION] = np.nan
    rows = np.arange(len(every) - len(new), len(every))[:, None] - np.arange(MAX_LAG + 1)
    cosine = np.take_along_axis(cosine, np.maximum(rows, 0), axis=1)
    cosine[rows < 1] = np.nan  # the first picture of all has no motion
    return cosine.astype(np.float32)


def _windows(alike: np.ndarray, new: int) -> list[tuple[int, int, float, bool]]:
    """Windows that come again: index of their last frame among the `new` last rows, lag, share, whether they run backwards."""
    found = []
    moving, same = _counts(~np.isnan(alike)), _counts(alike >= ALIKE)
    shares = np.where(moving >= MIN_MOVING, same / np.maximum(moving, 1), 0.0)
    lags = MIN_LAG + shares[:, MIN_LAG:].argmax(axis=1)
    rows = np.arange(max(len(alike) - new, WINDOW - 1), len(alike))
    mirrors = [(lag, *_mirrored(alike, rows, lag)) for lag in _MIRRORS]
    for place, row in enumerate(rows.tolist()):
        number, end = row - len(alike) + new, row - WINDOW + 1
        lag = int(lags[end])
        if shares[end, lag] >= MIN_SHARE:
            found.append((number, lag, float(shares[end, lag]), False))
            continue
        for lag, moves, mirrored in mirrors:
            if moves[place] >= MIN_MOVING_BACK and mirrored[place] >= MIN_SHARE_BACK * moves[place]:
                found.append((number, lag, float(mirrored[place] / moves[place]), True))
                break
    return found


def _mirrored(alike: np.ndarray, rows: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    """Frames that move in the windows that end with `rows`, and those of them that are the reverse of what was before."""
    back = np.arange(WINDOW)
    # Back from the last frame, the one that equals it comes nearer by two each time.
    values = alike[rows[:, None] - back, lag - 2 * back]
    return (~np.isnan(values)).sum(axis=1), (values <= -ALIKE).sum(axis=1)


def _counts(true: np.ndarray) -> np.ndarray:
    """How many of every `WINDOW` rows are true: (rows - WINDOW + 1, columns)."""
    sums = np.cumsum(true, axis=0, dtype=np.int16)
    sums[WINDOW:] -= sums[:-WINDOW].copy()
    return sums[WINDOW - 1 :]


def _pairs(last: int, lag: int, backwards: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a window that ends with row `last`, and those they equal."""
    back = np.arange(WINDOW)
    return last - back, last - lag + (back if backwards else -back)


def _everywhere(motion: np.ndarray, pairs: tuple[np.ndarray, np.ndarray], shape: tuple[int, int], backwards: bool) -> bool:
    """Whether most parts of the picture in which something moves repeat."""
    one, other = (motion[rows].reshape(-1, *shape) for rows in pairs)
    lengths = [np.sqrt(_by_tile(pictures * pictures)) for pictures in (one, other)]
    cosine = _by_tile(one * other) / np.maximum(lengths[0] * lengths[1], 1e-3)
    moves = np.maximum(*lengths) >= MIN_MOTION
    same = moves & ((-cosine if backwards else cosine) >= ALIKE)
    moving = moves.sum(axis=0)
    counts = moving >= MIN_MOVING
    alike = counts & (same.sum(axis=0) >= (MIN_SHARE - 0.2) * moving)
    return alike.sum() >= _MIN_TILES * counts.sum()


def _by_tile(values: np.ndarray) -> np.ndarray:
    """Sums over parts of pictures: (n, rows, columns) to (n, at most `_TILES`, at most `_TILES`)."""
    for axis in (1, 2):
        longer, extra = divmod(values.shape[axis], _TILES)
        starts = np.arange(_TILES) * longer + np.minimum(np.arange(_TILES), extra)
        values = np.add.reduceat(values, starts[starts < values.shape[axis]], axis=axis)
    return values
