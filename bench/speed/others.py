"""The PyPI package syncnet-python, with random weights of its own networks. Runs by its file name in whatever environment has it,
so it imports nothing of this project. Arguments: one JSON document, as `bench.speed.worker`, and `ffmpeg`, the program's path.

A detector with random weights sees no face: the package's own looks at every picture, and what it found is replaced by the faces
that were told.
"""

import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def run(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Go through a clip several times."""
    # The package calls `ffmpeg` by name.
    (folder / "ffmpeg").symlink_to(request["ffmpeg"])
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    began = time.perf_counter()
    import numpy as np
    import torch
    from syncnet_python import SyncNetPipeline
    from syncnet_python.detectors.s3fd.nets import S3FDNet
    from syncnet_python.SyncNetModel import S

    torch.manual_seed(0)
    heads = S3FDNet(device=request["device"])
    for head in heads.conf:
        head.bias.data[:-1] += 10.0  # else a random network sees thousands of faces
    torch.save(heads.state_dict(), folder / "s3fd.pth")
    torch.save(S().state_dict(), folder / "syncnet.model")
    weights = {"s3fd_weights": str(folder / "s3fd.pth"), "syncnet_weights": str(folder / "syncnet.model")}
    pipeline = SyncNetPipeline({**weights, "min_track": 10, "min_face_size": 1}, device=request["device"])
    load_s = time.perf_counter() - began
    told = np.array([[*box, 1.0] for box in request["boxes"]]).reshape(-1, 5)
    looks = pipeline.s3fd.detect_faces
    spent = {"faces": 0.0, "sync": 0.0}

    def detect(*arguments: Any, **options: Any) -> Any:
        at = time.perf_counter()
        looks(*arguments, **options)
        spent["faces"] += time.perf_counter() - at
        return told

    evaluates = pipeline.syncnet.evaluate

    def evaluate(*arguments: Any, **options: Any) -> Any:
        at = time.perf_counter()
        found = evaluates(*arguments, **options)
        spent["sync"] += time.perf_counter() - at
        return found

    pipeline.s3fd.detect_faces, pipeline.syncnet.evaluate = detect, evaluate
    seconds, stages, tracks = [], [], 0
    for _ in range(request["rounds"]):
        spent.update(faces=0.0, sync=0.0)
        began = time.perf_counter()
        offsets, *_ = pipeline.inference(video_path=request["clip"], audio_path=None)
        seconds.append(time.perf_counter() - began)
        tracks = len(offsets)
        rest = seconds[-1] - sum(spent.values())
        stages.append({**{name: value * 1000 for name, value in spent.items()}, "all else": rest * 1000})
    return {"load_s": load_s, "seconds": seconds, "stages_ms": stages, "tracks": tracks}


if __name__ == "__main__":
    answer = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(sys.stderr):
        # What it starts writes to the standard output of this process, too.
        os.dup2(2, 1)
        print(json.dumps(run(json.loads(sys.argv[1]), Path(scratch))), file=answer)
    answer.close()
