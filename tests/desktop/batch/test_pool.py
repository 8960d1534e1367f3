"""Several processes: everything comes back once, also where one of them dies."""

import os
from pathlib import Path

from lipgate.core.pipeline import Options
from lipgate.core.scorer import Scorer
from lipgate.desktop.batch.pool import Scored, Task, results


class Deadly(type(Path())):  # type: ignore[misc]
    """A file that ends the process which looks at it, as running out of memory does."""

    def is_file(self, **_: object) -> bool:
        os._exit(9)


def test_a_process_that_dies_costs_its_own_file_only(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    tasks = [Task(str(tmp_path / f"{number}.mp4"), Options()) for number in range(9)]
    tasks[3] = Task(str(tmp_path / "a.mp4"), Options(), Deadly("sound.wav"))
    found = sorted(results(tasks, Scored(Scorer()), 2), key=lambda one: one[0])
    assert [number for number, _ in found] == list(range(9))
    codes = [outcome.error and outcome.error.code for _, outcome in found]
    assert codes == ["file_not_found"] * 3 + ["scorer_died"] + ["file_not_found"] * 5
    assert [outcome.file for _, outcome in found] == [task.file for task in tasks]
