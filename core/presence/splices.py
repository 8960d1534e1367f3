"""Hears whether a sound is put together from pieces, as words are that were chosen to fit a silent picture."""

import numpy as np

from lipgate.core.constants import STATES_PER_FRAME, VIDEO_FPS
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.runtime import Network
from lipgate.core.sync import whisper

WINDOW_S = 3.0
"""Stretch that is judged by its clearest joints ..."""
CLEAREST = 8
"""... so many states of 20 ms of them: two or three joints."""

SPLICED = 0.92
"""Density from which on a stretch counts as put together."""

MIN_SHARE = 0.3
"""Share of the sound heard that must be put together: a single cut is none, and no more than an editor's work."""

_STATES_A_SECOND = STATES_PER_FRAME * VIDEO_FPS


def density(joints: np.ndarray) -> np.ndarray:
    """How densely joints lie in every stretch of `WINDOW_S`.

    Args:
        joints: (t,) probability of a joint, 50 a second.

    Returns:
        float (n,), 0 to 1, the mean of the `CLEAREST` states of each; n at least 1, every half second one.
    """
    width = min(len(joints), round(WINDOW_S * _STATES_A_SECOND))
    if width < CLEAREST:
        return np.zeros(1)
    windows = np.lib.stride_tricks.sliding_window_view(joints, width)[:: _STATES_A_SECOND // 2]
    return np.partition(windows, -CLEAREST, axis=1)[:, -CLEAREST:].mean(axis=1)


class SpliceMeter:
    """Fed with every piece of sound that the encoder heard, in any order."""

    def __init__(self, network: Network) -> None:
        """Args:
        network: branch `joints` of `lipgate.core.nets.splices`.
        """
        self._network = network
        self._joints: dict[int, np.ndarray] = {}

    def feed(self, piece: int, states: np.ndarray) -> None:
        """Listen to a piece of the grid.

        Args:
            piece: its number.
            states: float32 (t, 768), of the whole of `whisper.piece_span`, as far as there is sound.
        """
        if piece in self._joints or not len(states):
            return
        before = (piece * whisper.CORE_FRAMES - whisper.piece_span(piece)[0]) * STATES_PER_FRAME
        joints = self._network(states=states[None])[0][0]
        # A sixteenth of the memory, and finer than anything depends on.
        self._joints[piece] = joints[before : before + whisper.CORE_FRAMES * STATES_PER_FRAME].astype(np.float16)

    def finish(self) -> tuple[Finding, ...]:
        """What was noticed; the clip has ended."""
        runs = [self._run(numbers) for numbers in _consecutive(sorted(self._joints))]
        heard = sum(len(joints) for _, joints in runs) / _STATES_A_SECOND
        stretches = [stretch for start_s, joints in runs for stretch in _stretches(joints, start_s)]
        if not stretches:
            return ()
        spliced = sum(end - start for start, end, _ in stretches)
        counts = spliced >= MIN_SHARE * heard
        words = f"The sound is put together from pieces during {spliced:.1f} s of {heard:.1f} s."
        value = max(value for *_, value in stretches)
        return (Finding(Code.SPLICED, stretches[0][0], stretches[-1][1], value, SPLICED, counts, words),)

    def _run(self, numbers: list[int]) -> tuple[float, np.ndarray]:
        start_s = numbers[0] * whisper.CORE_FRAMES / VIDEO_FPS
        return start_s, np.concatenate([self._joints[number] for number in numbers]).astype(np.float32)


def _consecutive(numbers: list[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _stretches(joints: np.ndarray, start_s: float) -> list[tuple[float, float, float]]:
    """Begin and end in seconds of what is put together, and its highest density."""
    found: list[tuple[float, float, float]] = []
    length = min(WINDOW_S, len(joints) / _STATES_A_SECOND)
    for number, value in enumerate(density(joints)):
        if value < SPLICED:
            continue
        start = start_s + number / 2
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], start + length, max(found[-1][2], float(value)))
        else:
            found.append((start, start + length, float(value)))
    return found
