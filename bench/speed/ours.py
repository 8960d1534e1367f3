"""What a worker does for Lipgate itself, for plain decoding, and for all who must be told where the faces are."""

import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from lipgate.core.media.ffmpeg import input_arguments, program
from lipgate.core.stopwatch import Stopwatch

ENOUGH_S = 15.0
"""No more rounds once they have taken so long: what takes longer says the same each time."""


def score(request: dict[str, Any]) -> dict[str, Any]:
    """Score a clip several times.

    Args:
        request: see `bench.speed.worker`.

    Raises:
        LipgateError: as `Models.load` and `lipgate.core.pipeline.score`.
    """
    began = time.perf_counter()
    from lipgate.core import pipeline
    from lipgate.core.models import Models

    models = Models.load(request["model"], request["detector"], request["device"])
    load_s = time.perf_counter() - began
    clip = request["clip"]
    if request["warm"]:
        pipeline.score(clip, models)
    seconds: list[float] = []
    reports = []
    while len(seconds) < request["rounds"] and sum(seconds) < ENOUGH_S:
        began = time.perf_counter()
        reports.append(pipeline.score(clip, models))
        seconds.append(time.perf_counter() - began)
    stages = [report.timings_ms for report in reports]
    return {"load_s": load_s, "seconds": seconds, "stages_ms": stages, "tracks": len(reports[0].tracks)}


def decode(request: dict[str, Any]) -> dict[str, Any]:
    """Decode all pictures of a clip and throw them away, which nobody who looks at all of them can go below."""
    seconds, stages = [], []
    for _ in range(request["rounds"]):
        watch = Stopwatch()
        with watch.stage("decode"):
            command = [program(), "-v", "error", "-nostdin", *input_arguments(Path(request["clip"])), "-map", "0:v:0"]
            subprocess.run([*command, "-f", "null", "-"], check=True, capture_output=True)
        seconds.append(watch.milliseconds["decode"] / 1000)
        stages.append(watch.milliseconds)
    return {"load_s": 0.0, "seconds": seconds, "stages_ms": stages, "tracks": None}


def find_faces(request: dict[str, Any]) -> dict[str, Any]:
    """Boxes of the faces in a picture from the middle of a clip: left, top, right, bottom in pixels of the source.

    Networks with random weights see none, and what comes after them needs to be told where they are.
    """
    from lipgate.core import media
    from lipgate.core.faces.yunet import Yunet
    from lipgate.core.weights.store import find

    clip = media.probe(request["clip"])
    detector = Yunet(find("yunet").read_branch("faces"))
    wanted = min(request["seconds"], 20.0) / 2
    boxes: list[list[float]] = []
    with closing(media.frames(clip)) as pictures:
        for number, picture in enumerate(pictures):
            if number < wanted * 25:
                continue
            scale = clip.width / picture.shape[1]
            boxes = [[float(edge) * scale for edge in face.box] for face in detector.detect(picture)]
            break
    return {"boxes": boxes}
