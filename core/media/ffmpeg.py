"""Runs the bundled ffmpeg: argument lists only, allow lists for formats and protocols, killed with its whole group."""

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path

from lipgate.core.errors import InputError

FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,wav,mp3,flac,aac,m4v,h264,hevc,ivf,mxf,dv,gif,nut,rm,y4m,yuv4mpegpipe"
"""Demuxers that may open an input. Playlists and lists of files (hls, dash, concat, image2, sdp, ...) are not among them, so
that a file can never make ffmpeg read another file or an address."""

PIPE_BYTES = 1 << 20

MAX_THREADS = 4
"""Decoding threads. Each keeps pictures of its own, so that on many cores they would cost more memory than they save time."""

STALL_SECONDS = 120.0
"""ffmpeg is taken for hung when it gives nothing for so long while it is waited for."""


INTERRUPTED = 255
"""Exit status of an ffmpeg that took a signal (out of CPU time, asked to end) and closed its output in good order."""


class Overdue(Exception):  # noqa: N818 - not an error of anybody's: the caller knows what to say of it
    """ffmpeg was ended at its deadline: what it wrote is not all there is."""


class Process(subprocess.Popen[bytes]):
    """A running ffmpeg."""

    deadline: float | None = None
    """`time.monotonic()` at which it is ended."""

    overdue = False
    """It was ended, or was about to be, at its deadline."""

    @property
    def out_of_time(self) -> bool:
        """Whether its end, if by a signal, is that of its time: this program told it so, or the kernel, in CPU seconds."""
        if self.deadline is None:
            return self.overdue
        return self.overdue or self.returncode == INTERRUPTED or time.monotonic() >= self.deadline


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


def input_arguments(path: Path, max_pixels: int | None = None, threads: int = MAX_THREADS) -> list[str]:
    """Arguments that open `path` and nothing else. The `file:` prefix keeps names such as `-y` or `concat:a|b` plain names.

    Args:
        path: a local file.
        max_pixels: larger pictures are refused by the decoders themselves, whatever the container says.
        threads: most of a decoder. Several begin with as many pictures, also where one is wanted.
    """
    limit = ["-max_pixels", str(max_pixels)] if max_pixels else []
    decoding = ["-threads", str(min(threads, os.cpu_count() or 1))]
    return ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, *limit, *decoding, "-i", f"file:{path}"]


@contextlib.contextmanager
def running(
    arguments: Sequence[str], *, capture_log: bool = False, feed: bool = False, deadline: float | None = None
) -> Iterator[Process]:
    """Start ffmpeg with its standard output piped; end it, and whatever it started, when the block is left.

    Args:
        arguments: all after `ffmpeg -hide_banner`.
        capture_log: pipe standard error too (else it is dropped).
        feed: pipe standard input too.
        deadline: `time.monotonic()` at which it is killed and `overdue`, so that nobody waits for its output for ever. The
            kernel ends it when it has used as much CPU as its threads could until then, also where this program no longer can.
    """
    command = [program(), *([] if feed else ["-nostdin"]), *_cpu_limit(deadline), "-hide_banner", *arguments]
    start = _Start(command, stdin=subprocess.PIPE if feed else subprocess.DEVNULL, log=capture_log)
    timer = None
    try:
        process = start.process()
        process.deadline = deadline
        if deadline is not None:
            timer = threading.Timer(max(0.0, deadline - time.monotonic()), _expire, [process])
            timer.daemon = True
            timer.start()
        yield process
    finally:
        if timer:
            timer.cancel()
        start.end()


def _cpu_limit(deadline: float | None) -> list[str]:
    if deadline is None:
        return []
    return ["-timelimit", str(math.ceil(max(1.0, deadline - time.monotonic()) * MAX_THREADS))]


class _Start:
    """A process that is ended whenever the one who started it is interrupted.

    It is started by a thread. In the main thread Ctrl-C may raise inside Popen, when the process runs and nobody knows its id.
    """

    def __init__(self, command: Sequence[str], stdin: int, log: bool) -> None:
        self._started: Future[Process] = Future()
        self._command = command
        self._stdin = stdin
        self._stderr = subprocess.PIPE if log else subprocess.DEVNULL
        self._thread = threading.Thread(target=self._run)

    def process(self) -> Process:
        """Start it, once. Raises OSError where it cannot be."""
        self._thread.start()
        return self._started.result()

    def end(self) -> None:
        """Kill it, also where `process` was interrupted, and close its pipes."""
        if self._thread.ident is None:
            return
        self._thread.join()
        if self._started.exception():
            return
        process = self._started.result()
        kill(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()

    def _run(self) -> None:
        try:
            process = Process(
                self._command,
                stdin=self._stdin,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                pipesize=PIPE_BYTES if sys.platform == "linux" else -1,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except Exception as error:
            self._started.set_exception(error)
        else:
            self._started.set_result(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group, and wait for it. Safe to call twice and from another thread."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
    process.wait()


def _expire(process: Process) -> None:
    # Said first: whoever finds the output at its end must be able to tell why.
    process.overdue = True
    kill(process)


class Output:
    """What a process writes to its standard output, for a reader who does not wait for ever."""

    def __init__(self, process: Process) -> None:
        """Args: process: from `running`; it is killed when it stalls."""
        assert process.stdout is not None  # noqa: S101
        self._process = process
        self._pipe = process.stdout
        self._waiting_since: float | None = None
        self._stalled = False
        self._closed = threading.Event()

    def __enter__(self) -> "Output":
        # A thread, because a pipe cannot be waited for with a time limit on Windows.
        threading.Thread(target=self._guard, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()

    def fill(self, view: memoryview) -> bool:
        """Read until `view` is full; False where the output ends before.

        Raises:
            Overdue: it ends because the process was killed at its deadline, or had used the CPU time it could until then.
            InputError: `corrupt_video` when nothing comes for `STALL_SECONDS`, or the process was killed by anybody else.
        """
        filled = 0
        while filled < len(view):
            self._waiting_since = time.monotonic()
            got = self._pipe.readinto1(view[filled:])  # type: ignore[attr-defined]
            if not got:
                self._check_end()
            self._waiting_since = None
            if not got:
                return False
            filled += got
        return True

    def read(self, size: int) -> bytes | None:
        """Read exactly `size` bytes; None where the output ends before. Raises as `fill`."""
        data = bytearray(size)
        return bytes(data) if self.fill(memoryview(data)) else None

    def _check_end(self) -> None:
        """Tell the end of the file from that of a process that did not live to see it: a clip cut short must not be judged."""
        status = self._process.wait()  # a moment, as the pipe is closed by its exit; else the guard ends it
        if self._process.overdue:
            raise Overdue
        if self._stalled:
            raise InputError("corrupt_video", f"The file could not be read on: nothing came for {STALL_SECONDS:g} s.")
        if status < 0 or status == INTERRUPTED:
            if self._process.out_of_time:
                raise Overdue
            raise InputError("corrupt_video", "The file could not be read on: ffmpeg was ended by a signal.")

    def _guard(self) -> None:
        while not self._closed.wait(min(1.0, STALL_SECONDS / 4)):
            since = self._waiting_since
            if since is not None and time.monotonic() - since > STALL_SECONDS:
                self._stalled = True
                kill(self._process)
                return
