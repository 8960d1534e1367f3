"""What becomes of a clip, and which machine takes it."""

import pytest

from lipgate.core.errors import InputError
from lipgate.core.sync.course import Course, Stretch
from lipgate.desktop.dataset.rules import Rules
from lipgate.desktop.dataset.run import places
from lipgate.desktop.dataset.shards import Shard, shard
from tests.desktop.reports import report

STEP = Course((Stretch(0, 60, 0), Stretch(60, 121, 12)), None)
DRIFT = Course((), 500.0)


@pytest.mark.parametrize(
    ("confidence", "offset", "rules", "action", "rule"),
    [
        (8.0, 0, Rules.for_model("syncnet"), "keep", "offset +0"),
        (3.0, 6, Rules.for_model("syncnet"), "shift", "offset +6 taken out"),
        (3.0, -6, Rules.for_model("syncnet"), "shift", "offset -6 taken out"),
        (8.0, -6, Rules(shift=False), "keep", "offset -6"),
        (8.0, 7, Rules.for_model("syncnet"), "drop", "offset +7 beyond 6 frames"),
        (2.99, 0, Rules.for_model("syncnet"), "drop", "confidence 2.99 below 3"),
        (3.5, 0, Rules.for_model("mini"), "drop", "score 0.378 below 0.5"),
        (4.5, 0, Rules.for_model("mini"), "keep", "offset +0"),
        (3.5, 1, Rules.for_model("mini", min_confidence=3.2), "shift", "offset +1 taken out"),
        (8.0, 1, Rules.for_model("mini", max_offset_frames=0), "drop", "offset +1 beyond 0 frames"),
    ],
)
def test_a_clip_is_kept_shifted_or_dropped(confidence: float, offset: int, rules: Rules, action: str, rule: str) -> None:
    assert rules.choose(report((0, 125, confidence, offset))) == (action, rule)


@pytest.mark.parametrize("course", [STEP, DRIFT])
def test_what_no_one_shift_puts_right_is_dropped(course: Course) -> None:
    action, rule = Rules().choose(report((0, 125, 8.0, 0), course=course))
    assert action == "drop"
    assert "no one shift" in rule


NAMES = [f"clip {number}.mp4" for number in range(500)]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_shards_share_a_list_without_gap_or_overlap(count: int) -> None:
    parts = [Shard(number, count).of(NAMES) for number in range(1, count + 1)]
    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    assert max(map(len, parts)) < 2 * len(NAMES) / count
    assert parts[0] == [name for name in NAMES if name in Shard(1, count).of(NAMES[::-1])]


@pytest.mark.parametrize(
    ("text", "environment", "found"),
    [
        (None, {"SLURM_ARRAY_TASK_ID": "3"}, Shard(1, 1)),
        ("3/8", {}, Shard(3, 8)),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, Shard(1, 4)),
        (
            "auto",
            {
                "SLURM_ARRAY_TASK_ID": "16",
                "SLURM_ARRAY_TASK_MIN": "10",
                "SLURM_ARRAY_TASK_COUNT": "4",
                "SLURM_ARRAY_TASK_STEP": "2",
            },
            Shard(4, 4),
        ),
        ("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "7", "AWS_BATCH_JOB_ARRAY_SIZE": "8"}, Shard(8, 8)),
    ],
)
def test_a_shard_is_named_or_found_in_the_environment(text: str | None, environment: dict[str, str], found: Shard) -> None:
    assert shard(text, environment) == found


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        *((text, {}) for text in ("0/3", "4/3", "1/0", "a/b", "1", "1/3/4", "auto")),
        ("auto", {"SLURM_ARRAY_TASK_ID": "1"}),
        ("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "8", "AWS_BATCH_JOB_ARRAY_SIZE": "8"}),
        ("auto", {"AWS_BATCH_JOB_ARRAY_INDEX": "x", "AWS_BATCH_JOB_ARRAY_SIZE": "8"}),
    ],
)
def test_what_is_no_shard_is_refused(text: str, environment: dict[str, str]) -> None:
    with pytest.raises(InputError) as caught:
        shard(text, environment)
    assert caught.value.code == "bad_shard"


def test_clips_keep_their_tree_and_never_share_a_name(tmp_path) -> None:
    for name in ("set/a/1.mp4", "set/b/1.mp4", "else/x.mp4", "more/X.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files = [str(tmp_path / name) for name in ("set/a/1.mp4", "set/b/1.mp4", "else/x.mp4", "more/X.mp4")]
    found = places(files, [str(tmp_path / "set"), *files[2:]])
    assert [found[file] for file in files[:2]] == ["a/1.mp4", "b/1.mp4"]
    assert len({found[file].casefold() for file in files}) == 4
    assert found == {**places(files[::-1], [str(tmp_path / "set"), *files[2:]])}
