"""OpenCV, imported without what it does to the environment, and on one thread.

Its loader sets LD_LIBRARY_PATH for child processes, and ends it with an empty entry: ffmpeg, or a browser, would then take
libraries from whatever folder this program happens to run in.

All that it is asked for here is small. Shared out among threads that spin while they wait, it took a twentieth to a tenth more of
the CPU that ffmpeg needs meanwhile, and longer. OPENCV_FOR_THREADS_NUM, or `cv2.setNumThreads` later, sets another number.
"""

import os

_before = os.environ.get("LD_LIBRARY_PATH")

import cv2  # noqa: E402

if _before is None:
    os.environ.pop("LD_LIBRARY_PATH", None)
else:
    os.environ["LD_LIBRARY_PATH"] = _before

if "OPENCV_FOR_THREADS_NUM" not in os.environ:
    cv2.setNumThreads(1)

__all__ = ["cv2"]
