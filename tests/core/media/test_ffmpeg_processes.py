"""No ffmpeg outlives the score it was started for, however that ends; and none is waited for in vain."""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

import lipgate.core.artifacts
import lipgate.desktop.copying
import lipgate.desktop.fix
from lipgate.core import media
from lipgate.core.errors import DeadlineError, InputError, OutputError
from lipgate.core.faces.detection import Detection
from lipgate.core.media import ffmpeg
from lipgate.core.models import Models
from lipgate.core.pipeline import Options, score
from lipgate.core.reasons import Reason

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

MakePuppet = Callable[..., Path]

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("given", [None, "/of/the/machine"])
def test_ffmpeg_takes_no_library_from_the_current_folder(given: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV's loader leaves an empty entry, which means the current folder, in LD_LIBRARY_PATH."""
    code = "import os, lipgate.core.pipeline, cv2; print(os.environ.get('LD_LIBRARY_PATH'))"
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    if given:
        monkeypatch.setenv("LD_LIBRARY_PATH", given)
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).strip() == str(given)


def children(parent: int) -> list[str]:
    """Programs of all processes, zombies too, that `parent` started."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
        except OSError:  # ended meanwhile
            continue
        if int(rest.split()[1]) == parent:
            found.append(name)
    return found


@pytest.fixture(autouse=True)
def _no_child_is_left() -> Iterator[None]:
    before = children(os.getpid())
    yield
    assert children(os.getpid()) == before


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(device="cpu")


@pytest.fixture
def clip(puppet: MakePuppet) -> Path:
    return puppet(seconds=8.0, size=(320, 180), face_px=90, preset="ultrafast")


def hanging_ffmpeg(folder: Path, on: str, first: str = "true") -> Path:
    """A program that is ffmpeg, but hangs for ever where `on` is among its arguments."""
    real = shlex.quote(imageio_ffmpeg.get_ffmpeg_exe())
    script = folder / "ffmpeg"
    script.write_text(f'#!/bin/sh\ncase "$*" in *{on}*) {first}; exec sleep 600;; *) exec {real} "$@";; esac\n')
    script.chmod(0o755)
    return script


@pytest.fixture
def hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let ffmpeg hang on an argument."""

    def let(on: str) -> None:
        # Written once: a shell that is started and has not read its script yet would find nothing while it is written anew.
        script = str(hanging_ffmpeg(tmp_path, on))
        monkeypatch.setattr(ffmpeg, "program", lambda: script)

    return let


def test_nothing_is_left_after_a_score(clip: Path, models: Models) -> None:
    before = children(os.getpid())
    score(clip, models)
    assert children(os.getpid()) == before


class FailingDetector:
    """Fails at the tenth picture."""

    name, stride = "failing", 1

    def __init__(self) -> None:
        self.seen = 0

    def detect(self, frame: np.ndarray, small: np.ndarray | None = None) -> list[Detection]:
        self.seen += 1
        if self.seen == 10:
            raise RuntimeError("something nobody thought of")
        return []


def test_nothing_is_left_after_an_error_even_while_the_error_is_kept(clip: Path, models: Models, tmp_path: Path) -> None:
    before = children(os.getpid())
    with pytest.raises(RuntimeError) as kept:
        score(clip, replace(models, detector=FailingDetector()), Options(artifacts=tmp_path / "artifacts"))
    assert children(os.getpid()) == before
    assert kept.value.__traceback__ is not None


@pytest.mark.parametrize("on", ["rawvideo", "smjpeg", "frames:v", "nothing"])
def test_deadline_ends_everything_in_time(clip: Path, models: Models, hang: Callable, on: str) -> None:
    """Wherever the time is spent: decoding, hanging in one of the processes, or computing."""
    hang(on)
    deadline = 0.05 if on == "nothing" else 1.5
    before = children(os.getpid())
    began = time.monotonic()
    with pytest.raises(DeadlineError, match=f"{deadline:g} s"):
        score(clip, models, Options(deadline_s=deadline))
    assert time.monotonic() - began < deadline + 5
    assert children(os.getpid()) == before


def read_pictures(clip: media.Clip, deadline: float | None = None) -> None:
    for _ in media.frames(clip, deadline=deadline):
        pass


def read_sound(clip: media.Clip, deadline: float | None = None) -> None:
    with media.Sound(clip, deadline=deadline) as sound:
        sound.drain(1000)


READERS = [pytest.param("rawvideo", read_pictures, id="pictures"), pytest.param("smjpeg", read_sound, id="sound")]


@pytest.mark.parametrize(("on", "read"), READERS)
def test_process_ended_at_the_deadline_is_not_the_end_of_the_file(clip: Path, hang: Callable, on: str, read: Callable) -> None:
    hang(on)
    probed = media.probe(clip)
    with pytest.raises(media.Overdue):
        read(probed, deadline=time.monotonic())


@pytest.mark.parametrize("on", ["rawvideo", "smjpeg"])
def test_process_that_somebody_kills_is_not_the_end_of_the_file(
    clip: Path, models: Models, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, on: str
) -> None:
    """As where the machine has run out of memory: a clip cut short would be judged by what is left of it."""
    script = str(hanging_ffmpeg(tmp_path, on, first="kill -KILL $$"))
    monkeypatch.setattr(ffmpeg, "program", lambda: script)
    with pytest.raises(InputError, match="ended by a signal") as caught:
        score(clip, models)
    assert caught.value.code == "corrupt_video"


def test_an_ffmpeg_that_dies_on_the_first_look_does_not_make_the_file_no_video(
    clip: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text("#!/bin/sh\nkill -ABRT $$\n")
    script.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "program", lambda: str(script))
    with pytest.raises(InputError, match="ended by a signal") as caught:
        media.probe(clip)
    assert caught.value.code == "corrupt_video"


@pytest.mark.parametrize(("on", "read"), READERS)
def test_ffmpeg_that_hangs_is_given_up_without_a_deadline(
    clip: Path, hang: Callable, monkeypatch: pytest.MonkeyPatch, on: str, read: Callable
) -> None:
    hang(on)
    monkeypatch.setattr(ffmpeg, "STALL_SECONDS", 0.2)
    probed = media.probe(clip)
    with pytest.raises(InputError) as caught:
        read(probed)
    assert caught.value.code == "corrupt_video"


def test_ffmpeg_that_hangs_on_the_first_look_is_given_up(clip: Path, hang: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    hang("frames:v")
    monkeypatch.setitem(media.probe.__globals__, "PROBE_SECONDS", 0.5)
    with pytest.raises(InputError) as caught:
        media.probe(clip)
    assert caught.value.code == "corrupt_video"


def test_a_first_look_that_comes_to_its_deadline_says_nothing_of_the_file(clip: Path, hang: Callable) -> None:
    hang("frames:v")
    with pytest.raises(media.Overdue):
        media.probe(clip, deadline=time.monotonic() + 0.2)


def test_a_copy_that_hangs_on_the_first_look_is_given_up(
    clip: Path, hang: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hang("-i")
    monkeypatch.setattr(lipgate.desktop.copying, "PROBE_SECONDS", 0.2)
    with pytest.raises(InputError) as caught:
        lipgate.desktop.fix.fix(clip, tmp_path / "fixed.mkv", 3)
    assert caught.value.code == "corrupt_video"


def test_artifacts_that_hang_when_they_are_joined_are_given_up_and_leave_nothing_half_done(
    clip: Path, models: Models, hang: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hang("pcm_s16le?file")
    monkeypatch.setattr(lipgate.core.artifacts, "JOIN_SECONDS", 0.2)
    folder = tmp_path / "artifacts"
    with pytest.raises(OutputError) as caught:
        score(clip, models, Options(artifacts=folder))
    assert caught.value.code == "output_failed"
    assert [path.name for path in folder.iterdir() if path.suffix == ".pcm" or ".part" in path.name] == []


def test_generator_that_is_closed_ends_ffmpeg(clip: Path) -> None:
    before = children(os.getpid())
    pictures = media.frames(media.probe(clip))
    next(pictures)
    assert len(children(os.getpid())) == len(before) + 1
    pictures.close()
    assert children(os.getpid()) == before


def test_ffmpeg_that_dies_leaves_a_reason(clip: Path, models: Models, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = hanging_ffmpeg(tmp_path, "smjpeg", first="exit 9")
    monkeypatch.setattr(ffmpeg, "program", lambda: str(script))
    assert score(clip, models).reason == Reason.NO_AUDIO


class InterruptedAtBirth(ffmpeg.Process):
    """Ctrl-C comes when the process runs and its starter has not heard of it yet."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):  # the interpreter looks for signals between steps
            pass


def test_interrupt_while_ffmpeg_is_started_ends_it_too(clip: Path, hang: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    probed = media.probe(clip)
    hang("rawvideo")
    monkeypatch.setattr(ffmpeg, "Process", InterruptedAtBirth)
    before = children(os.getpid())
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            next(media.frames(probed))
    finally:
        signal.signal(signal.SIGINT, previous)
    assert children(os.getpid()) == before


def alive(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_to_the_command_ends_ffmpeg_too(clip: Path, tmp_path: Path, number: signal.Signals, status: int) -> None:
    """ffmpeg runs in a session of its own, where Ctrl-C in the terminal does not reach it."""
    os.mkfifo(tmp_path / "started")
    script = hanging_ffmpeg(tmp_path, "rawvideo", first=f"echo $$ >{tmp_path / 'started'}")
    environment = {**os.environ, "IMAGEIO_FFMPEG_EXE": str(script)}
    command = [sys.executable, "-P", "-m", "lipgate", "score", "--json", str(clip)]
    program = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests run in the background ignore Ctrl-C, and so would what they start.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        hanging = int((tmp_path / "started").read_text())
        assert alive(hanging)
        program.send_signal(number)
        _, said = program.communicate(timeout=30)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == status
    assert "Traceback" not in said
    assert not alive(hanging)


def test_an_ffmpeg_out_of_cpu_time_does_not_look_like_the_end_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "_cpu_limit", lambda deadline: ["-timelimit", "1"])
    endless = ["-f", "lavfi", "-i", "testsrc2=size=640x360", "-f", "rawvideo", "-"]
    with ffmpeg.running(endless) as process, ffmpeg.Output(process) as output, pytest.raises(InputError, match="by a signal"):
        deque(iter(lambda: output.read(1 << 20), None), maxlen=0)


def test_an_ffmpeg_that_has_used_the_cpu_time_of_its_deadline_is_overdue(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where this program was frozen, or one file kept many cores busy: nothing is wrong with the file."""
    monkeypatch.setattr(ffmpeg, "_cpu_limit", lambda deadline: ["-timelimit", "1"])
    endless = ["-f", "lavfi", "-i", "testsrc2=size=640x360", "-f", "rawvideo", "-"]
    late = time.monotonic() + 600
    with ffmpeg.running(endless, deadline=late) as process, ffmpeg.Output(process) as output, pytest.raises(media.Overdue):
        deque(iter(lambda: output.read(1 << 20), None), maxlen=0)


def test_the_cpu_time_of_ffmpeg_is_bounded_by_the_deadline() -> None:
    assert ffmpeg._cpu_limit(None) == []
    option, seconds = ffmpeg._cpu_limit(time.monotonic() + 10)
    assert option == "-timelimit"
    assert 10 <= int(seconds) <= 10 * ffmpeg.MAX_THREADS
