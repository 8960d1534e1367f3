"""The way of a video through the stages: one pass, bounded memory, one report.

source -> media -> scenes -> faces -> sync -> verdict -> report
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np

from lipgate.core import media, scenes
from lipgate.core.artifacts import Artifacts
from lipgate.core.candidates import Candidates, Take
from lipgate.core.constants import VIDEO_FPS, VSHIFT
from lipgate.core.errors import DeadlineError
from lipgate.core.faces import mouth
from lipgate.core.faces.closer import closer
from lipgate.core.faces.detection import Detection, Detector
from lipgate.core.faces.track import Follower, TrackPiece
from lipgate.core.faces.turned import LOOKS_AT, SIDE, UPRIGHT_SCORE, turn_of
from lipgate.core.faces.visibility import VisibilityMeter
from lipgate.core.film import along_one_line
from lipgate.core.judgeable import ClipFacts, track_reason
from lipgate.core.limits import Limits
from lipgate.core.media import Clip, Sound
from lipgate.core.models import Models
from lipgate.core.picture import Picture, shrink
from lipgate.core.presence.channels import ChannelMeter
from lipgate.core.presence.clip import ClipMeter
from lipgate.core.presence.face import FaceMeter
from lipgate.core.presence.lips import LipsScorer
from lipgate.core.presence.splices import SpliceMeter
from lipgate.core.report import Report
from lipgate.core.scenes import Frame
from lipgate.core.speech import SpeechMeter
from lipgate.core.stopwatch import Stopwatch
from lipgate.core.sync.distances import compared
from lipgate.core.sync.ear import Ear
from lipgate.core.sync.track_scorer import TrackScorer
from lipgate.core.track_result import OverTime, TrackResult, over_time
from lipgate.core.verdict import PERSON_AT_MOST_S, Verdict, judge


@dataclass(frozen=True)
class Options:
    """How one video is scored."""

    vshift: int = VSHIFT
    """Search range in frames. Confidence is that of the calibration's shifts in any case: `core.sync.distances.search`."""
    artifacts: Path | None = None
    """Folder for what the stages saw; nothing is written to disk without it."""
    deadline_s: float | None = None
    """Longest time the score may take."""
    on_progress: Callable[[float, float | None], None] | None = None
    """Told seconds of video done and, where known, in all."""
    sound_track: int | None = None
    picture_track: int | None = None
    """Numbers, from 0, of the tracks to judge; by default those that a player takes and that serve."""


def score(
    source: str | Path, models: Models | None = None, options: Options | None = None, limits: Limits | None = None
) -> Report:
    """Score one video.

    Args:
        source: a local file.
        models: loaded once, used for many videos; not by several threads at a time. Those of the settings by default, which this
            process then keeps.
        options: of this score.
        limits: what it is judged by; those of the models by default.

    Raises:
        InputError: the file cannot be analysed.
        DeadlineError: it took too long.
        OutputError: artifacts could not be written.
        LipgateError: as `Models.load`, without models.
    """
    models = models or _usual_models()
    options, limits = options or Options(), limits or models.limits
    began = time.perf_counter()
    watch = Stopwatch()
    deadline = None if options.deadline_s is None else time.monotonic() + options.deadline_s
    try:
        with watch.stage("probe"):
            clip = media.probe(
                source,
                max_duration_s=limits.max_duration_s,
                max_pixels=limits.max_pixels,
                deadline=deadline,
                picture=options.picture_track,
                sound=options.sound_track,
            )
        with watch.stage("listen"):
            candidates = Candidates(
                clip,
                models.speech,
                deadline,
                fixed_sound=options.sound_track is not None,
                fixed_picture=options.picture_track is not None,
            )
        best = _best(candidates, models, options, limits, watch, deadline)
    except media.Overdue as error:
        raise DeadlineError(options.deadline_s or 0.0) from error
    return Report(
        clip=best.run.clip,
        decoded_frames=best.run.frames,
        verdict=best.verdict,
        tracks=sorted(best.run.results, key=lambda result: result.track),
        calibration=models.calibration,
        model=models.sync_info,
        detector=models.detector_info,
        device=models.device,
        processing_time_ms=round((time.perf_counter() - began) * 1000),
        timings_ms=watch.milliseconds,
        limits=limits,
        sound_s=best.run.facts.audio_frames / VIDEO_FPS,
        site=models.site,
        heard=candidates.heard,
        cuts=tuple(best.run.cuts),
    )


@cache
def _usual_models() -> Models:
    return Models.load()


def _best(
    candidates: Candidates, models: Models, options: Options, limits: Limits, watch: Stopwatch, deadline: float | None
) -> "_Judged":
    """Judge the picture and the sound that serve."""

    def judged(take: Take, options: Options) -> _Judged:
        run = _Run(take.clip, models, options, limits, watch, deadline)
        if run.clip.has_audio:
            with ExitStack() as stack:
                run.go(stack)
        with watch.stage("verdict"):
            run.results = along_one_line(run.results, models.calibration)
            facts = replace(run.facts, sound_passed_over=take.sound_passed_over, picture_passed_over=take.picture_passed_over)
            return _Judged(run, judge(run.results, facts, models.calibration, limits))

    def turn(found: _Judged) -> int:
        looked = found.run.detector
        if looked is None or looked.sureness >= UPRIGHT_SCORE:
            return 0
        with watch.stage("turned"):
            return turn_of(found.run.looked_at, models.detector)

    quiet = replace(options, artifacts=None) if candidates.several else options
    first = candidates.first
    take, found = candidates.best(lambda take: judged(take, quiet), turn, models.calibration)
    again = options.artifacts and (candidates.several or take != first)
    return judged(take, options) if again else found


@dataclass(frozen=True)
class _Judged:
    """A run that came to its end."""

    run: "_Run"
    verdict: Verdict


@dataclass
class _Run:
    """One pass over one clip."""

    clip: Clip
    models: Models
    options: Options
    limits: Limits
    watch: Stopwatch
    deadline: float | None
    frames: int = 0
    cuts: list[int] = field(default_factory=list)
    """First frames of all shots but the first."""
    watcher: ClipMeter = field(default_factory=ClipMeter)
    results: list[TrackResult] = field(default_factory=list)
    scorers: dict[int, TrackScorer] = field(default_factory=dict)
    visibility: dict[int, VisibilityMeter] = field(default_factory=dict)
    pictures: dict[int, FaceMeter] = field(default_factory=dict)
    lips: dict[int, LipsScorer] = field(default_factory=dict)
    """Of every track that still runs, like `scorers`."""
    detector: "_Timed | None" = None
    looked_at: list[np.ndarray] = field(default_factory=list)
    """A few pictures, for a second look where no face is upright."""
    facts: ClipFacts = field(default_factory=lambda: ClipFacts(False, 0, 0, 0))

    def go(self, stack: ExitStack) -> None:
        """Pull the video through the stages and collect a result for each track."""
        watch, clip = self.watch, self.clip
        meter = SpeechMeter(self.models.speech)
        watcher = self.watcher

        def heard_by_all(samples: np.ndarray) -> None:
            meter.feed(samples)
            watcher.hear(samples)

        channels = ChannelMeter(self.models.speech)
        sound = stack.enter_context(Sound(clip, heard_by_all, self.deadline, channels.feed))
        splices = SpliceMeter(self.models.splices)
        ear = self.models.sync.listen(sound, splices.feed)
        artifacts = stack.enter_context(Artifacts(self.options.artifacts)) if self.options.artifacts else None

        max_frames = int(self.limits.max_duration_s * VIDEO_FPS)
        # Closed by the stack and not by the garbage collector: an error keeps generators, and so ffmpeg, alive.
        images = stack.enter_context(closing(media.planes(clip, max_frames=max_frames, deadline=self.deadline)))
        pulled = watch.pulling("decode", images)
        detector = _Timed(closer(self.models.detector), watch)
        self.detector = detector
        follower = Follower(detector, artifacts.add_faces if artifacts else None)
        shots = watch.pulling("scenes", self._counted(scenes.split(pulled), sound, follower.lag, artifacts))

        for piece in watch.pulling("track", follower.follow(shots)):
            scorer = self.scorers.get(piece.track)
            if scorer is None:
                scorer = self._begin(piece, ear)
            if piece.images:
                with watch.stage("sync"):
                    crops = self.models.sync.crop(piece.images, piece.boxes, piece.landmarks)
                    same = self.models.sync.crops_mouths
                    mouths = crops if same else mouth.cut(piece.images, piece.landmarks, mouth.SIDE)
                with watch.stage("visibility"):
                    self.visibility[piece.track].feed(piece, mouths)
                with watch.stage("picture"):
                    self.pictures[piece.track].feed(piece)
                if artifacts:
                    artifacts.add_crops(piece, crops, sound.window(piece.start, piece.start + len(crops)))
                with watch.stage("sync"):
                    scorer.feed(piece, crops)
                    if lips := self.lips.get(piece.track):
                        lips.feed(crops)
                piece.images.clear()  # nobody needs them any more, and what ends a track needs the memory
            if piece.last:
                with watch.stage("sync"):
                    self.results.append(self._finish(self.scorers.pop(piece.track), piece.track, meter, artifacts))

        with watch.stage("sound"):
            heard = sound.drain(self.frames * 2 + 60 * VIDEO_FPS)
        _check_time(self.deadline, self.options)
        spoken = meter.spoken(0, self.frames)
        with watch.stage("picture"):
            findings = (*watcher.finish(meter.seconds), *splices.finish(), *channels.finish())
        self.facts = ClipFacts(
            clip.has_audio, self.frames, heard, sound.peak, len(self.cuts) + 1, spoken, findings, tuple(self.cuts)
        )

    def _begin(self, piece: TrackPiece, ear: Ear) -> TrackScorer:
        """Everybody who looks at a new track, which begins with this piece."""
        sync, vshift, track = self.models.sync, self.options.vshift, piece.track
        self.scorers[track] = TrackScorer(sync, ear, vshift, piece.start)
        self.visibility[track] = VisibilityMeter(self.models.visibility)
        most = self._frames_to_verify(piece.start)
        self.pictures[track] = FaceMeter(most)
        if most != 0 and sync.crops_mouths:
            self.lips[track] = LipsScorer(sync, ear, vshift, piece.start, most)
        return self.scorers[track]

    def _frames_to_verify(self, start: int) -> int | None:
        """How many frames of a track that begins there are looked at for paint, by the lips alone too; None: all.

        A verification is one shot of one person. Films would pay for it, and nobody paints them.
        """
        if self.limits.profile == "media":
            return 0
        return None if self.limits.profile == "person" else max(0, round(PERSON_AT_MOST_S * VIDEO_FPS) - start)

    def _counted(self, frames: Iterator[Frame], sound: Sound, lag: int, artifacts: Artifacts | None) -> Iterator[Frame]:
        """Count frames, watch the clock, and let the sound keep up, also while no face is in view."""
        for frame in frames:
            self.frames = frame.index + 1
            if frame.index in LOOKS_AT:
                self.looked_at.append(shrink(frame.image, SIDE))
            if frame.shot > len(self.cuts):
                self.cuts.append(frame.index)
            with self.watch.stage("picture"):
                self.watcher.feed(frame)
            if artifacts:
                artifacts.add_frame(frame)
            if self.frames % VIDEO_FPS == 0:
                _check_time(self.deadline, self.options)
                needed: list[float] = [one.needs_sound_from for one in self.scorers.values()]
                needed += [one.needs_sound_from for one in self.lips.values()]
                newest = self.frames - lag - compared(self.options.vshift) - self.models.sync.sound_context
                sound.keep_up(self.frames, before=int(min([newest, *needed])))
                if self.options.on_progress:
                    self.options.on_progress(self.frames / VIDEO_FPS, self.clip.duration_s)
            yield frame
        _check_time(self.deadline, self.options)

    def _finish(self, scorer: TrackScorer, track: int, meter: SpeechMeter, artifacts: Artifacts | None) -> TrackResult:
        boxes = scorer.boxes
        long_enough = scorer.frames >= self.limits.min_track_frames
        sync, distances = scorer.finish() if long_enough else (None, None)
        size = (boxes[:, 2] - boxes[:, 0]).mean() * self.clip.width / self.clip.decoded_size[0]
        speech = meter.seconds(scorer.start, scorer.start + scorer.frames)
        hidden = self.visibility.pop(track).hidden_share
        found = self.pictures.pop(track).findings(scorer.start, self.limits.max_mouth_shaking)
        if (lips := self.lips.pop(track, None)) and sync is not None:
            found += lips.findings(sync)
        reason = track_reason(scorer.frames, float(size), speech, hidden, sync, self.limits)
        told = OverTime()
        if sync is not None and distances is not None and reason is None:
            spoken = meter.spoken(scorer.start, scorer.start + scorer.frames)
            told = over_time(distances, spoken, sync, self.models.calibration)
        result = TrackResult(track, scorer.start, scorer.frames, boxes, float(size), speech, sync, reason, hidden, told, found)
        if artifacts:
            artifacts.end_track(result, distances)
        return result


def _check_time(deadline: float | None, options: Options) -> None:
    if deadline is not None and time.monotonic() >= deadline:
        raise DeadlineError(options.deadline_s or 0.0)


class _Timed:
    """A detector whose time is counted as the stage `faces`."""

    def __init__(self, detector: Detector, watch: Stopwatch) -> None:
        self._detector = detector
        self._watch = watch
        self.name, self.stride = detector.name, detector.stride
        self._scores: list[float] = [0.0, 0.0]

    @property
    def sureness(self) -> float:
        """Mean score of the surest face of each look, where there was one; 0 where there was none."""
        return self._scores[0] / max(self._scores[1], 1.0)

    def detect(self, frame: Picture, small: np.ndarray | None = None) -> list[Detection]:
        with self._watch.stage("faces"):
            found = self._detector.detect(frame, small)
        if found:
            self._scores[0] += max(face.score for face in found)
            self._scores[1] += 1
        return found
