"""Real videos through all stages. The puppet's mouth follows its sound exactly, so the right answer is known."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lipgate.core import pipeline
from lipgate.core.limits import Limits, Profile
from lipgate.core.models import Models
from lipgate.core.pipeline import Options, score
from lipgate.core.presence import flicker, lips
from lipgate.core.presence.lips import LipsScorer
from lipgate.core.reasons import Reason
from lipgate.core.report import Report
from lipgate.core.verdict import Decision

Puppet = Callable[..., Path]


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


def offset_of(report: Report) -> int:
    assert report.verdict.speaker is not None, report.reason
    assert report.verdict.speaker.sync is not None
    return report.verdict.speaker.sync.offset_frames


@pytest.mark.parametrize("offset", [-12, -6, -1, 0, 2, 5, 11])
def test_positive_offset_means_that_the_sound_comes_before_the_lips(offset: int, puppet: Puppet, models: Models) -> None:
    """The puppet's sound is really moved: by 5, it is heard 200 ms before the mouth moves."""
    report = score(puppet(offset_frames=offset), models)
    assert abs(offset_of(report) - offset) <= 1
    assert report.to_dict()["lag_ms"] == pytest.approx(40.0 * offset, abs=25)


@pytest.mark.parametrize(
    ("suffix", "fields"),
    [
        (".webm", {}),
        (".mkv", {"fps": 30}),
        (".mov", {"fps": 24}),
        (".avi", {}),
        (".ts", {"audio_start": 0.4}),
        (".mp4", {"fps": 50}),
        (".mp4", {"fps": "vfr"}),
        (".mp4", {"rotation": 90}),
        (".mp4", {"video_start": 0.4}),
        (".webm", {"audio_start": 0.4}),
    ],
)
def test_the_offset_is_the_same_in_every_wrapping(suffix: str, fields: dict, puppet: Puppet, models: Models) -> None:
    assert abs(offset_of(score(puppet(suffix=suffix, offset_frames=-5, seconds=5.0, **fields), models)) + 5) <= 1


def test_moving_the_whole_sound_changes_the_offset_and_nothing_else(puppet: Puppet, models: Models) -> None:
    still, moved = (score(puppet(seconds=6.0, offset_frames=offset), models).to_dict() for offset in (0, -7))
    assert moved["min_dist"] == pytest.approx(still["min_dist"], rel=0.05)
    assert moved["confidence"] == pytest.approx(still["confidence"], rel=0.1)


def test_a_face_that_speaks_other_words_is_less_sure_than_one_in_sync(puppet: Puppet, models: Models) -> None:
    own, dubbed = (score(puppet(seconds=5.0, start=27.0, dubbed=dubbed), models).to_dict() for dubbed in (False, True))
    assert own["confidence"] > 1.5 * dubbed["confidence"]
    assert own["min_dist"] < dubbed["min_dist"]
    assert dubbed["decision"] == Decision.BLOCK


def test_of_several_faces_the_speaker_is_found(puppet: Puppet, models: Models) -> None:
    report = score(puppet(faces=2, speaker=1, listeners_talk=True, face_px=110, seconds=5.0), models)
    assert len(report.tracks) == 2
    assert report.verdict.speaker is not None
    boxes = {track.track: track.boxes[0, 0] for track in report.tracks}
    assert boxes[report.verdict.speaker.track] == max(boxes.values())


def test_each_shot_has_its_own_tracks(puppet: Puppet, models: Models) -> None:
    report = score(puppet(seconds=6.0, cuts=(3.0,)), models)
    spans = [(track.start, track.start + track.frames) for track in report.tracks]
    assert spans == [(0, 75), (75, 150)]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"sound": "none"}, Reason.NO_AUDIO),
        ({"sound": "silence"}, Reason.SILENT_AUDIO),
        ({"sound": "noise"}, Reason.NO_SPEECH),
        ({"sound": "tones"}, Reason.NO_SPEECH),
        ({"no_face": True}, Reason.NO_FACE),
        ({"face_px": 36}, Reason.FACE_TOO_SMALL),
        ({"seconds": 1.0}, Reason.TOO_SHORT),
    ],
)
def test_what_cannot_be_judged_says_why(fields: dict, reason: Reason, puppet: Puppet, models: Models) -> None:
    document = score(puppet(**fields), models).to_dict()
    assert (document["decision"], document["reason"]) == ("NEXT", str(reason))
    assert [document[name] for name in ("offset_frames", "confidence", "min_dist", "score", "lag_ms")] == [None] * 5


def test_the_report_has_the_fields_that_clients_know(puppet: Puppet, models: Models) -> None:
    document = score(puppet(), models).to_dict()
    first = ["offset_frames", "confidence", "min_dist", "score", "lag_ms", "decision", "reason", "processing_time_ms"]
    assert [name for name in document if name in first] == first
    assert document["debug"]["num_results"] == 1
    [result] = document["debug"]["all_results"]
    assert len(result["curve"]) == 31
    assert len(result["framewise_confidence"]) == 96
    assert (result["start_s"], result["end_s"]) == (0.0, 4.0)
    assert min(result["curve"]) == pytest.approx(document["min_dist"], abs=1e-3)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_artifacts_hold_what_the_stages_saw(puppet: Puppet, models: Models, tmp_path: Path) -> None:
    report = score(puppet(), models, Options(artifacts=tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "00000.avi",
        "00000_distances.npy",
        "faces.json",
        "offsets.txt",
        "scenes.json",
        "tracks.json",
    ]
    distances = np.load(tmp_path / "00000_distances.npy")
    assert distances.shape == (96, 31)
    assert np.nanmean(distances, axis=0).min() == pytest.approx(report.to_dict()["min_dist"], abs=1e-3)
    assert json.loads((tmp_path / "scenes.json").read_text()) == [{"shot": 0, "start": 0, "end": 99}]
    assert (tmp_path / "offsets.txt").read_text().split()[:2] == ["00000", str(offset_of(report))]


def test_a_wider_search_finds_a_larger_offset(puppet: Puppet, models: Models) -> None:
    report = score(puppet(offset_frames=-22, seconds=6.0), models, Options(vshift=30))
    assert abs(offset_of(report) + 22) <= 1
    assert len(report.to_dict()["debug"]["all_results"][0]["curve"]) == 61


@pytest.mark.parametrize("vshift", [3, 30])
def test_the_range_of_the_search_changes_neither_score_nor_decision(vshift: int, puppet: Puppet, models: Models) -> None:
    clip = puppet(seconds=6.0)
    usual, other = (score(clip, models, Options(vshift=n)).to_dict() for n in (15, vshift))
    what = ("offset_frames", "confidence", "min_dist", "score", "decision")
    assert [other[name] for name in what] == [usual[name] for name in what]
    assert len(other["debug"]["all_results"][0]["curve"]) == 2 * vshift + 1


def test_thresholds_are_settings(puppet: Puppet, models: Models) -> None:
    strict = Limits(min_track_frames=200)
    assert score(puppet(), models, limits=strict).reason is Reason.TOO_SHORT


def test_a_score_on_cpu_never_imports_torch() -> None:
    sample = Path(__file__).parents[2] / "samples" / "in_sync.mp4"
    code = (
        "import sys; from lipgate.core.models import Models; from lipgate.core.pipeline import score;"
        f"score({str(sample)!r}, Models.load(device='cpu')); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("profile", "looked_at"), [("person", [None]), ("auto", [1500]), ("media", [])], ids=["person", "auto", "media"]
)
def test_lips_are_scored_alone_where_one_person_may_be_verified(
    profile: Profile, looked_at: list[int | None], puppet: Puppet, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Films would pay for it: `auto` may take `person` for a minute at most, so that no more is looked at."""
    asked = []

    class Watched(LipsScorer):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            asked.append(arguments[-1])

    monkeypatch.setattr(pipeline, "LipsScorer", Watched)
    report = score(puppet(), models, limits=Limits(profile=profile))
    assert offset_of(report) == 0
    assert asked == looked_at


@pytest.mark.parametrize("look", [flicker, lips])
def test_what_looks_for_paint_lowers_the_verdict(
    look: ModuleType, puppet: Puppet, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenient = Limits(profile="person", allow_threshold=0.0, next_threshold=0.0, worst_threshold=0.0, max_mouth_shaking=9.0)
    assert score(puppet(), models, limits=lenient).verdict.decision is Decision.ALLOW
    monkeypatch.setattr(look, "LIMIT", -99.0)
    verdict = score(puppet(), models, limits=lenient).verdict
    assert (verdict.decision, verdict.reasons) == (Decision.NEXT, (Reason.FACE_PAINTED,))
