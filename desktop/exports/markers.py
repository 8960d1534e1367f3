"""Markers for editing programs: an EDL as DaVinci Resolve imports it, FCP7 XML for Premiere, OpenTimelineIO's own format.

Only what is to be looked at becomes a marker: stretches that are out of tolerance, and those that could not be judged.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import OutputError
from lipgate.core.report import Report
from lipgate.core.tolerance import Severity
from lipgate.desktop.exports.graded import Graded
from lipgate.desktop.exports.timecode import Timecode

if TYPE_CHECKING:
    import opentimelineio

_COLOURS = {Severity.BLOCKER: "Red", Severity.ISSUE: "Yellow", Severity.NOT_JUDGED: "Blue"}
"""Names that Resolve (as ResolveColor...) and OpenTimelineIO (in capitals) both know."""


def marked(stretches: list[Graded]) -> list[Graded]:
    """Those that become markers."""
    return [one for one in stretches if _colour(one)]


def edl(title: str, stretches: list[Graded], clock: Timecode) -> str:
    """A list of markers: Resolve, "Timelines > Import > Timeline Markers from EDL".

    Args:
        title: of the list.
        stretches: of one report.
        clock: rate and first timecode of the timeline.
    """
    lines = [f"TITLE: {_one_line(title)}", "FCM: NON-DROP FRAME", ""]
    for number, one in enumerate(marked(stretches), 1):
        first = clock.frame(one.segment.start_s)
        length = max(1, clock.frame(one.segment.end_s) - first)
        begin, end = clock.at(first), clock.at(first + 1)
        lines += [
            f"{number:03d}  001      V     C        {begin} {end} {begin} {end}  ",
            # The note stands before the first bar; Resolve does not read it after one, nor from a line with a star.
            f"{_one_line(_note(one))} |C:ResolveColor{_colour(one)} |M:{_one_line(one.words)} |D:{length}",
            "",
        ]
    return "\n".join(lines) + "\n"


def write_timeline(report: Report, stretches: list[Graded], target: Path, part: Path) -> None:
    """Write the video on a timeline with its markers, through OpenTimelineIO.

    Args:
        report: of the video.
        stretches: of the same.
        target: its suffix chooses: .xml (FCP7, Premiere) or .otio.
        part: where to write.

    Raises:
        OutputError: extra_missing.
    """
    try:
        import opentimelineio as otio
    except ImportError as error:
        said = f"{target.suffix} needs OpenTimelineIO: ./lipgate install timeline (pip install 'lipgate[timeline]')."
        raise OutputError("extra_missing", said) from error
    adapter = "fcp_xml" if target.suffix.lower() == ".xml" else "otio_json"
    if adapter not in otio.adapters.available_adapter_names():
        raise OutputError("extra_missing", "FCP7 XML needs otio-fcp-adapter: pip install 'lipgate[timeline]'.")
    otio.adapters.write_to_file(_timeline(otio, report, stretches), str(part), adapter)


def _timeline(otio: Any, report: Report, stretches: list[Graded]) -> "opentimelineio.schema.Timeline":
    clock = Timecode.of(report.clip.fps)
    frames = max(1, clock.frame(report.decoded_frames / VIDEO_FPS))

    def span(first: int, count: int) -> Any:
        time = otio.opentime.RationalTime
        return otio.opentime.TimeRange(time(first, clock.fps), time(count, clock.fps))

    name = _one_line(report.clip.path.name)
    timeline = otio.schema.Timeline(name=name)
    for kind in [otio.schema.TrackKind.Video, *([otio.schema.TrackKind.Audio] if report.clip.has_audio else [])]:
        track = otio.schema.Track(kind=kind)
        where = otio.schema.ExternalReference(report.clip.path.resolve().as_uri(), span(0, frames))
        track.append(otio.schema.Clip(name, where, span(0, frames)))
        timeline.tracks.append(track)
    for one in marked(stretches):
        first = clock.frame(one.segment.start_s)
        count = max(1, clock.frame(one.segment.end_s) - first)
        note = _note(one)
        timeline.tracks.markers.append(
            otio.schema.Marker(
                one.words,
                span(first, count),
                _colour(one).upper(),
                # The adapter for FCP7 takes the comment from here.
                {"fcp_xml": {"comment": note}},
                comment=note,
            )
        )
    return timeline


def _colour(one: Graded) -> str:
    """Empty where nothing is marked."""
    return _COLOURS.get(one.severity, "") if one.severity else ""


def _note(one: Graded) -> str:
    parts = [str(one.severity), str(one.segment.state)]
    if one.segment.track is not None:
        parts.append(f"track {one.segment.track}")
    if one.segment.score is not None:
        parts.append(f"score {one.segment.score:.2f}")
    return ", ".join(parts)


def _one_line(text: str) -> str:
    """Printable, and without the bar that divides an EDL's fields."""
    return "".join(char if char.isprintable() and char != "|" else " " for char in text)
