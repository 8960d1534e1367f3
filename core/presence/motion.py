"""By how much a place of a face moves from picture to picture, and what of its change no motion explains."""

import numpy as np

from lipgate.core.faces.mouth import View

_FLAT = 0.3
"""Square of the slope, in grey levels a pixel, below which a place has nothing to hold on to."""


def within(pictures: np.ndarray, place: tuple[float, float, float, float], view: View) -> np.ndarray:
    """A place of crops, with the pixel around it that slopes need.

    Args:
        pictures: (n, height, width) as the view says.
        place: top, bottom, left and right around the middle of the mouth, in the units of `lipgate.core.faces.mouth.UNITS`.
        view: of the crops.
    """
    rows = _pixels(place[0], place[1], view.pixels_per_unit, view.mouth_y, view.height)
    columns = _pixels(place[2], place[3], view.pixels_per_unit, view.mouth_x, view.width)
    return pictures[:, rows.start - 1 : rows.stop + 1, columns.start - 1 : columns.stop + 1]


def follow(pictures: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The one motion of a place that explains most of its change (Lucas and Kanade 1981, one step).

    Args:
        pictures: float32 (n, height, width), which the slopes are taken from.
        change: the same shape, grey levels.

    Returns:
        Motions in pixels, float32 (n, 2), against the direction in which the place moves; and what of the change they leave,
        float32 (n, pixels), without the pixels at the border.
    """
    x = _flat((pictures[:, 1:-1, 2:] - pictures[:, 1:-1, :-2]) / 2)
    y = _flat((pictures[:, 2:, 1:-1] - pictures[:, :-2, 1:-1]) / 2)
    change = _flat(change[:, 1:-1, 1:-1])
    xx, yy = (np.einsum("ni,ni->n", slope, slope) + _FLAT * slope.shape[1] for slope in (x, y))
    xy, xt, yt = (np.einsum("ni,ni->n", one, other) for one, other in ((x, y), (x, change), (y, change)))
    moves = np.stack([yy * xt - xy * yt, xx * yt - xy * xt], axis=1) / (xx * yy - xy * xy)[:, None]
    return moves, change - moves[:, :1] * x - moves[:, 1:] * y


def _pixels(first: float, last: float, scale: float, mouth: float, size: int) -> slice:
    one, other = (round(units * scale + mouth) for units in (first, last))
    return slice(max(1, one), min(size - 1, other))


def _flat(values: np.ndarray) -> np.ndarray:
    """Pixels of each picture in a row, less their mean: light that changes is no motion."""
    values = values.reshape(len(values), -1)
    return values - values.mean(axis=1, keepdims=True)
