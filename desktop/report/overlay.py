"""Draws what was measured into the pictures of a video."""

import numpy as np

from lipgate.core.constants import VIDEO_FPS, WINDOW_FRAMES
from lipgate.core.limits import Limits
from lipgate.core.opencv import cv2
from lipgate.core.report import Report
from lipgate.core.track_result import TrackResult
from lipgate.core.verdict import Decision, decide
from lipgate.desktop.exports.graded import said
from lipgate.desktop.tables import say_offset

Colour = tuple[int, int, int]

_COLOURS: dict[Decision | None, Colour] = {
    Decision.ALLOW: (115, 190, 40),
    Decision.NEXT: (40, 170, 245),
    Decision.BLOCK: (80, 80, 235),
    None: (170, 170, 170),
}
"""BGR, by what the track alone would be decided to be; grey: not judged. The words beside them say the same."""

_FULL_BAR = 4.0
"""A bar is full at the confidence that gives a score of sigmoid(4) = 0.98."""

_FULL_CONFIDENCE = 6.0
"""The same where the score does not follow from the confidence alone."""

_INK: Colour = (255, 255, 255)
_PAPER: Colour = (24, 20, 16)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class Overlay:
    """Draws boxes, labels and running confidence of one report."""

    def __init__(self, report: Report, limits: Limits | None = None) -> None:
        """Args: limits: thresholds that colour the tracks; those the report was judged by if not given."""
        self._report = report
        self._limits = limits or report.limits
        self._tracks = sorted(report.tracks, key=lambda track: track is report.verdict.speaker)  # the speaker is drawn last

    def draw(self, frame: np.ndarray, index: int) -> None:
        """Draw into a picture.

        Args:
            frame: uint8 (height, width, 3) BGR of the report's decoded size; changed.
            index: position at 25 fps from time zero.
        """
        pen = _Pen(frame)
        for track in self._tracks:
            if track.start <= index < track.start + track.frames:
                self._draw_track(pen, track, index - track.start)
        self._draw_verdict(pen, index)

    def _draw_track(self, pen: "_Pen", track: TrackResult, at: int) -> None:
        left, top, right, bottom = (round(float(value)) for value in track.boxes[at])
        speaks = track is self._report.verdict.speaker
        colour = _COLOURS[self._decision(track)]
        pen.box(left, top, right, bottom, colour, pen.unit * (3 if speaks else 2))
        name = f"{track.track} speaker" if speaks else f"{track.track}"
        if track.reason is not None or track.sync is None:
            pen.label([name, str(track.reason)], left, top, colour)
            return
        lines = [f"{name}, confidence {track.sync.confidence:.1f}", say_offset(track.sync.offset_frames)]
        pen.label(lines, left, top, colour)
        certain = track.sync.framewise_confidence
        now = float(certain[min(max(at - WINDOW_FRAMES // 2, 0), len(certain) - 1)]) if len(certain) else 0.0
        half, full = 0.0, _FULL_CONFIDENCE
        if self._report.calibration.confidence_alone:
            half = self._report.calibration.midpoint
            full = half + _FULL_BAR * self._report.calibration.scale
        pen.bar(left, right, bottom, now / full, half / full, f"{now:.1f}", colour)

    def _decision(self, track: TrackResult) -> Decision | None:
        if track.reason is not None or track.sync is None:
            return None
        score = self._report.calibration.score(track.sync)
        return decide(score, track.sync.offset_frames, self._limits)

    def _draw_verdict(self, pen: "_Pen", index: int) -> None:
        verdict = self._report.verdict
        lines = [f"{verdict.decision}  score {verdict.score:.2f}" if verdict.score is not None else f"{verdict.decision}"]
        if verdict.reason is not None:
            lines.append(verdict.reason.text)
        at_s = index / VIDEO_FPS
        here = next((one for one in verdict.segments if one.start_s <= at_s < one.end_s), None)
        if here is not None:
            # The font of the pictures has no sign for it.
            lines.append(f"now {str(here.state).replace('_', ' ')}: {said(here)}".replace("\u00b1", "+-"))
        pen.label(lines, 0, 0, _COLOURS[verdict.decision if verdict.judged else None])


class _Pen:
    """Draws on one picture, in sizes that fit it."""

    def __init__(self, frame: np.ndarray) -> None:
        self._frame = frame
        self._height, self._width = frame.shape[:2]
        small = min(self._height, self._width)
        self.unit = max(1, round(small / 400))
        """Thickness of a thin line."""
        self._scale = max(0.35, 0.42 * small / 360)

    def box(self, left: int, top: int, right: int, bottom: int, colour: Colour, thickness: int) -> None:
        """A frame with a dark edge, to be seen on any ground."""
        for line, width in ((_PAPER, thickness + 2 * self.unit), (colour, thickness)):
            cv2.rectangle(self._frame, (left, top), (right, bottom), line, width, cv2.LINE_AA)

    def label(self, lines: list[str], left: int, bottom: int, colour: Colour) -> None:
        """Words on dark ground with a coloured edge, above `bottom` where there is room; always inside the picture."""
        sizes = [cv2.getTextSize(line, _FONT, self._scale, self.unit)[0] for line in lines]
        width, height = max(size[0] for size in sizes), max(size[1] for size in sizes)
        margin = stripe = 4 * self.unit
        step = height + margin
        tall = margin + step * len(lines) + self.unit
        left = max(0, min(left, self._width - width - stripe - 2 * margin))
        top = max(0, min(bottom - tall - 2 * self.unit, self._height - tall))
        self._fill(left, top, left + stripe + width + 2 * margin, top + tall, _PAPER, 0.8)
        self._fill(left, top, left + stripe, top + tall, colour, 1.0)
        for number, line in enumerate(lines, 1):
            at = (left + stripe + margin, top + step * number)
            cv2.putText(self._frame, line, at, _FONT, self._scale, _INK, self.unit, cv2.LINE_AA)

    def bar(self, left: int, right: int, bottom: int, share: float, mark: float, text: str, colour: Colour) -> None:
        """A level under a box that ends at `bottom`, with a mark on it, and its number after it."""
        (width, height), _ = cv2.getTextSize(text, _FONT, self._scale, self.unit)
        margin = 3 * self.unit
        tall, number = height + 2 * margin, width + 2 * margin
        left, right = max(0, left), min(self._width, right)
        top = max(0, min(bottom + 4 * self.unit, self._height - tall))
        long = right - left - number
        self._fill(left, top, right, top + tall, _PAPER, 0.8)
        if long > 8 * self.unit:
            low, high = top + margin, top + tall - margin
            self._fill(left + margin, low, left + margin + round((long - margin) * min(max(share, 0.0), 1.0)), high, colour, 1.0)
            at = left + margin + round((long - margin) * mark)
            self._fill(at, top, at + self.unit, top + tall, _INK, 1.0)
        place = (max(left, right - number) + margin, top + margin + height)
        cv2.putText(self._frame, text, place, _FONT, self._scale, _INK, self.unit, cv2.LINE_AA)

    def _fill(self, left: int, top: int, right: int, bottom: int, colour: Colour, opacity: float) -> None:
        part = self._frame[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        if part.size:
            part[:] = (part * (1.0 - opacity) + np.array(colour) * opacity).astype(np.uint8)
