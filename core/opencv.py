"""OpenCV, imported without what it does to the environment.

Its loader sets LD_LIBRARY_PATH for child processes, and ends it with an empty entry: ffmpeg, or a browser, would then take
libraries from whatever folder this program happens to run in.
"""

import os

_before = os.environ.get("LD_LIBRARY_PATH")

import cv2  # noqa: E402

if _before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _before

__all__ = ["cv2"]
