"""The same on a Ray cluster: clips are handed to its workers, which need to see the files under the same names.

A worker that dies is replaced and its clips are done again; what is done twice gives the same files and one line.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from lipgate.core.errors import OutputError
from lipgate.core.pipeline import Options
from lipgate.desktop.batch.pool import Task
from lipgate.desktop.dataset.sift import Sift


class OnRay:
    """What each worker has: networks are loaded with its first clip."""

    def __init__(self, sift: Sift) -> None:
        """Args: sift: what is done with a clip."""
        self._sift = sift.with_threads(1)

    def __call__(self, item: dict[str, Any]) -> dict[str, Any]:
        """A clip's name to its line, as JSON: lines have no columns of one type."""
        return {"file": item["file"], "line": json.dumps(self._sift(Task(item["file"], Options())))}


def lines(tasks: Sequence[Task], sift: Sift, workers: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The line of each clip, as they are done.

    Args:
        tasks: the clips.
        sift: what is done with each.
        workers: at most so many at a time.

    Raises:
        OutputError: extra_missing.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        said = "--ray needs Ray: ./lipgate install ray (pip install 'lipgate[ray]')."
        raise OutputError("extra_missing", said) from error
    if not tasks:
        return
    if not ray.is_initialized():
        ray.init(logging_level="warning", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    # A block is what is done again when a worker dies, and what comes back at a time.
    blocks = min(len(tasks), max(workers * 8, len(tasks) // 32))
    clips = ray.data.from_items([{"file": task.file} for task in tasks], override_num_blocks=blocks)
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=workers)
    done = clips.map(OnRay, fn_constructor_args=(sift,), compute=pool, num_cpus=1)
    seen = set()
    for item in done.iter_rows():
        if item["file"] not in seen:
            seen.add(item["file"])
            yield item["file"], json.loads(item["line"])
