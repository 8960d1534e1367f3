"""Runs the bundled ffmpeg: argument lists only, allow lists for formats and protocols, killed with its whole group."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from core.errors import InputError

FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,wav,mp3,flac,aac,m4v,h264,hevc,ivf,mxf,dv,gif,nut,rm,y4m,yuv4mpegpipe"
"""Demuxers that may open an input. Playlists and lists of files (hls, dash, concat, image2, sdp, ...) are not among them, so
that a file can never make ffmpeg read another file or an address."""

PIPE_BYTES = 1 << 20


@cache
def program() -> str:
    """Path of the ffmpeg program that imageio-ffmpeg brings.

    Raises:
        InputError: `ffmpeg_missing` where the package has no program for this platform.
    """
    import imageio_ffmpeg

    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise InputError("ffmpeg_missing", "No ffmpeg program was found; reinstall the package imageio-ffmpeg.") from error


def input_arguments(path: Path) -> list[str]:
    """Arguments that open `path` and nothing else. The `file:` prefix keeps names such as `-y` or `concat:a|b` plain names."""
    return ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-i", f"file:{path}"]


@contextlib.contextmanager
def running(
    arguments: Sequence[str], *, capture_log: bool = False, feed: bool = False, deadline: float | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start ffmpeg with its standard output piped; end it, and whatever it started, when the block is left.

    Args:
        arguments: all after `ffmpeg -hide_banner`.
        capture_log: pipe standard error too (else it is dropped).
        feed: pipe standard input too.
        deadline: `time.monotonic()` at which it is killed, so that nobody waits for its output for ever.
    """
    process = subprocess.Popen(
        [program(), *([] if feed else ["-nostdin"]), "-hide_banner", *arguments],
        stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if capture_log else subprocess.DEVNULL,
        pipesize=PIPE_BYTES if sys.platform == "linux" else -1,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    timer = None
    if deadline is not None:
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), kill, [process])
        timer.daemon = True
        timer.start()
    try:
        yield process
    finally:
        if timer:
            timer.cancel()
        kill(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group, and wait for it. Safe to call twice and from another thread."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    process.wait()
