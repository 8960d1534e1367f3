"""The page for people: whole, safe, offline, and true to the report."""

import base64
import dataclasses
import math
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lipgate.core.calibration import Calibration
from lipgate.core.errors import OutputError
from lipgate.core.limits import Limits
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.core.reasons import Reason
from lipgate.core.report import Report
from lipgate.core.sync.distances import SyncResult
from lipgate.core.track_result import TrackResult
from lipgate.core.verdict import Decision, Verdict, decide
from lipgate.desktop.report import words
from lipgate.desktop.report.page import page, write_html
from lipgate.desktop.report.timeline import SHOWN_ROWS
from lipgate.desktop.report.tracks import MAX_SECTIONS
from tests.desktop.reports import report as film

MakePuppet = Callable[..., Path]
VOID = {"img", "rect", "meta", "link", "br", "line", "circle", "polyline", "polygon", "path"}
LIMITS = Limits()


class Page(HTMLParser):
    """What a browser would find; unbalanced tags fail."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if not self._open or self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def late(puppet: MakePuppet, models: Models) -> Report:
    return changed(score(puppet(), models), value=0.85, offset_frames=-6)


@pytest.fixture(scope="module")
def faceless(puppet: MakePuppet, models: Models) -> Report:
    return score(puppet(no_face=True), models)


def shown(*reports: tuple[Path, Report]) -> Page:
    return Page(page(reports))


def changed(report: Report, *, value: float, offset_frames: int) -> Report:
    """The report with another score and offset, so that the page does not depend on what a model makes of a puppet."""
    speaker = report.verdict.speaker
    calibration = Calibration(midpoint=2.0, scale=0.4)
    confidence = calibration.midpoint + calibration.scale * math.log(value / (1 - value))
    curve = 0.2 * np.sin(np.arange(31) * 2.0)
    curve[15 - offset_frames] = -9.0
    curve += 20.0 + confidence - np.median(curve)
    curve[15 - offset_frames] = 20.0
    sync = SyncResult(offset_frames, confidence, 20.0, curve, speaker.sync.framewise_confidence)
    track = dataclasses.replace(speaker, sync=sync)
    decision = decide(value, offset_frames, LIMITS)
    verdict = Verdict(decision, None, track, value)
    return dataclasses.replace(report, tracks=[track], verdict=verdict, calibration=calibration, limits=LIMITS)


def test_page_tells_what_the_report_says(late: Report, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    write_html([(Path("clip.mp4"), late)], target)
    found = Page(target.read_text("utf-8"))
    assert late.verdict.speaker is not None
    sync = late.verdict.speaker.sync
    assert sync is not None
    for said in (
        "clip.mp4",
        str(late.decision),
        "\u2212240 ms",
        "\u22126 frames",
        "The sound comes 240 ms after the lips.",
        f"{late.verdict.score:.2f}",
        f"{sync.confidence:.2f}",
        f"{sync.min_dist:.2f}",
        late.clip.sha256,
        f"{late.model.name} {late.model.version}, verified",
        late.model.sha256,
        late.detector.sha256,
        *late.timings_ms,
    ):
        assert said in found.text
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_curve_has_every_shift_and_marks_the_lowest(late: Report) -> None:
    plot = next(attributes for attributes in shown((Path("a"), late)).named("polyline"))
    points = [tuple(map(float, pair.split(","))) for pair in str(plot["points"]).split()]
    assert len(points) == 31
    best = next(circle for circle in shown((Path("a"), late)).named("circle") if circle.get("class") == "best")
    lowest = max(points, key=lambda point: point[1])  # SVG counts downwards
    assert (float(str(best["cx"])), float(str(best["cy"]))) == pytest.approx(lowest, abs=0.11)
    assert points[0][0] > points[-1][0]  # late sound on the left


def test_page_needs_nothing_from_outside(late: Report, faceless: Report) -> None:
    found = shown((Path("a"), late), (Path("b"), faceless))
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "iframe", "object", "embed", "base", "form", "image", "use", "foreignobject"}
    for tag, attributes in found.tags:
        assert not any(name.startswith("on") for name in attributes)
        assert "src" not in attributes or (tag == "img" and str(attributes["src"]).startswith("data:image/jpeg;base64,"))
        href = attributes.get("href")
        assert href is None or href.startswith("#") or (tag, href) == ("link", "data:,")
    source = page([(Path("a"), late)])
    assert "://" not in source
    assert "@import" not in source
    assert "url(" not in source
    policy = [meta["content"] for meta in found.named("meta") if "http-equiv" in meta]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


@pytest.mark.parametrize(
    "name",
    [
        '<script>alert("1")</script>.mp4',
        "a' onload='x.mp4",
        '"><img src=x onerror=y>.mp4',
        "</title></style><b>.mp4",
        "\u202egpj.exe",
        "nul\x07\x1b[31m.mp4",
        "broken\udcff.mp4",
        "&lt;already&gt;.mp4",
    ],
)
def test_hostile_names_stay_text(late: Report, tmp_path: Path, name: str) -> None:
    plain = shown((Path("plain.mp4"), late))
    target = tmp_path / "page.html"
    write_html([(Path(name), late)], target)
    found = Page(target.read_text("utf-8"))
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in plain.tags]
    assert not any(ord(sign) < 32 for sign in found.text)
    if name.isprintable():
        assert name.rsplit("/", 1)[-1] in found.text


def test_ids_are_unique_and_all_references_lead_somewhere(late: Report, faceless: Report) -> None:
    found = shown((Path("a"), late), (Path("a"), late), (Path("b"), faceless))
    ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = [str(attributes["href"])[1:] for attributes in found.named("a")]
    for _, attributes in found.tags:
        wanted += str(attributes.get("aria-labelledby") or "").split()
    assert set(wanted) <= set(ids)
    assert len(found.named("a")) == 3


def test_every_plot_has_a_title_and_every_table_has_headers(late: Report) -> None:
    found = shown((Path("a"), late))
    plots = [svg for svg in found.named("svg") if svg.get("role") == "img"]
    assert len(plots) == 2
    assert all(svg.get("role") == "img" or svg.get("aria-hidden") == "true" for svg in found.named("svg"))
    assert len(found.named("desc")) == 2
    assert all(cell.get("scope") in ("col", "row") for cell in found.named("th"))
    assert found.named("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in found.tags if tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_what_was_not_judged_has_a_reason_and_no_numbers(faceless: Report) -> None:
    found = shown((Path("a"), faceless))
    assert "NEXT" in found.text
    assert "Could not be judged No face was found." in found.text
    assert not found.named("dl") or "Confidence" not in found.text
    assert "polyline" not in {tag for tag, _ in found.tags}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_its_sentence(faceless: Report, reason: Reason) -> None:
    report = dataclasses.replace(faceless, verdict=Verdict(Decision.NEXT, reason, None, None))
    said = words.verdict(report, LIMITS)
    assert said.startswith(reason.text)
    assert len(said) > len(reason.text) + 10


@pytest.mark.parametrize(
    ("value", "offset_frames", "headline", "sentence"),
    [
        (0.95, 0, "Lips and sound belong together", "The sound and the lips are together."),
        (0.95, 2, "Lips and sound belong together", "The sound comes 80 ms before the lips."),
        (0.95, 10, "Lips and sound match, but not at the same time", "The sound comes 400 ms before the lips. At most 2 frames"),
        (0.8, 0, "Not certain", "lies between 0.75 and 0.90"),
        (0.2, 12, "Lips and sound do not belong together", "is below 0.75: no shift of the sound fits"),
    ],
)
def test_verdict_is_explained(late: Report, value: float, offset_frames: int, headline: str, sentence: str) -> None:
    report = changed(late, value=value, offset_frames=offset_frames)
    found = shown((Path("a"), report))
    assert f"{report.decision} {headline}" in found.text
    assert sentence in found.text
    assert (report.decision is Decision.BLOCK) == ("so the offset says little" in found.text)


def test_unverified_weights_are_told(late: Report) -> None:
    report = dataclasses.replace(late, model=dataclasses.replace(late.model, verified=False))
    assert "The weights are not verified" in shown((Path("a"), report)).text
    assert "not verified" not in shown((Path("a"), late)).text


def test_many_long_tracks_make_a_page_of_bounded_size(late: Report) -> None:
    rng = np.random.default_rng(0)
    tracks = [_track(number, 90_000, rng) for number in range(300)]
    report = dataclasses.replace(late, tracks=tracks, verdict=dataclasses.replace(late.verdict, speaker=tracks[250]))
    source = page([(Path("a"), report)])
    found = Page(source)
    assert len([svg for svg in found.named("svg") if svg.get("role") == "img"]) == 2 * MAX_SECTIONS
    assert "Track 250 speaker" in found.text
    assert len(source) < 2_000_000


def _track(number: int, frames: int, rng: np.random.Generator) -> TrackResult:
    curve = 10 + rng.random(31)
    sync = SyncResult(15 - int(curve.argmin()), 0.5, float(curve.min()), curve, rng.normal(2, 1, frames - 4))
    boxes = np.broadcast_to(np.array([1, 2, 90, 91], np.float32), (frames, 4))
    return TrackResult(number, 0, frames, boxes, 89.0, 9.0, sync, None)


def test_a_flat_curve_and_a_single_window_can_be_drawn(late: Report) -> None:
    speaker = late.verdict.speaker
    assert speaker is not None
    for vshift in (1, 15, 100):
        sync = SyncResult(vshift, 0.0, 9.0, np.full(2 * vshift + 1, 9.0), np.zeros(1))
        track = dataclasses.replace(speaker, sync=sync)
        report = dataclasses.replace(late, tracks=[track], verdict=dataclasses.replace(late.verdict, speaker=track))
        source = page([(Path("a"), report)])
        assert len(Page(source).named("svg")) == 3
        assert "nan" not in source.lower().replace("finance", "")


@pytest.mark.parametrize("target", ["missing/page.html", ".", "bad\0name.html"])
def test_page_that_cannot_be_written_says_so(late: Report, tmp_path: Path, target: str) -> None:
    with pytest.raises(OutputError) as failure:
        write_html([(Path("a"), late)], tmp_path / target)
    assert failure.value.code == "output_failed"
    assert list(tmp_path.iterdir()) == []


FILM = film((0, 4000, 8.0, 0), (4000, 8000, 8.0, -6), (8000, 12000, 1.0, None), silent=slice(3000, 3500))


def test_the_timeline_stands_on_top_and_says_what_is_where() -> None:
    found = shown((Path("film.mp4"), FILM))
    assert found.text.index("Timeline") < found.text.index("Minimum distance")
    assert "Of the speech: 30% in sync, 35% late, 35% does not fit." in found.text
    for said in ("2:40.0 5:20.0 late sound 240 ms late (±10 ms)", "5:20.0 8:00.0 no fit the sound fits at no shift"):
        assert said in found.text
    lanes = [box for box in found.named("rect") if box.get("rx")]
    late = next(box for box in lanes if box["class"] == "s-late")
    assert float(str(late["x"])) == pytest.approx(90 + 896 / 3, abs=0.2)
    assert {str(box["class"]) for box in lanes} == {"ground", "s-in_sync", "s-late", "s-no_fit", "s-speech"}


def test_a_long_film_with_many_faces_folds_what_is_not_the_answer() -> None:
    parts = tuple((first, first + 100, 8.0, (0, -6)[first // 100 % 2]) for first in range(0, 15000, 100))
    tracks = [dataclasses.replace(FILM.tracks[0], track=number) for number in range(40)]
    source = page([(Path("film.mp4"), dataclasses.replace(film(*parts), tracks=tracks))])
    assert source.count("<details") == 3  # stretches, faces, plots
    folded = source[source.index("more stretches") :]
    assert source.count("sound 240 ms late") == SHOWN_ROWS + folded.count("sound 240 ms late") == 75


def test_pictures_of_the_video_are_in_the_page(puppet: MakePuppet, models: Models) -> None:
    report = score(puppet(), models)
    pictures = shown((report.clip.path, report)).named("img")
    assert len(pictures) == 10
    assert all(base64.b64decode(str(one["src"]).partition(",")[2]).startswith(b"\xff\xd8") for one in pictures)
    gone = dataclasses.replace(report, clip=dataclasses.replace(report.clip, path=Path("gone.mp4")))
    assert not shown((Path("gone.mp4"), gone)).named("img")


def test_page_never_replaces_the_video(late: Report) -> None:
    before = late.clip.path.read_bytes()
    with pytest.raises(OutputError, match="source itself"):
        write_html([(late.clip.path, late)], late.clip.path)
    assert late.clip.path.read_bytes() == before
