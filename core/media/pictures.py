"""Decodes pictures, one at a time.

Two ffmpeg processes read a file, one for pictures and one for sound, so that each can be read at the pace it is needed. Both
open both streams: ffmpeg may take the earliest start of the streams in use as time zero, and zero must be the same for both.
"""

from collections.abc import Generator
from contextlib import closing

import numpy as np

from lipgate.core.constants import VIDEO_FPS
from lipgate.core.errors import InputError
from lipgate.core.media import ffmpeg
from lipgate.core.media.probe import Clip
from lipgate.core.picture import USUAL, Picture, Planes

UNUSED = ["-c", "copy", "-f", "null", "-"]
"""Output of a stream that is opened for its start time only."""


_UNBUFFERED = ["-avioflags", "direct", "pipe:1"]
"""A picture goes into the pipe at one go; else it is copied once more, 32 kB at a time."""

_EASY = 1280 * 720
"""Pixels of a picture up to which one thread decodes as fast as the rest looks at it; several take a twentieth more CPU."""

_TURNED = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
"""Filters by degrees clockwise."""

SAME_SHAPE = 0.02
"""Pictures whose shape differs by less are scaled to the size asked for; others get black bars."""

MOST_REORDERED_S = 10.0
"""A picture that is to be shown later than so long after it is decoded, or before it, has a false time: few bits of a transport
stream make hours of it, and all pictures after it would be taken for late. It is shown when it is decoded."""

_PLAUSIBLE = f"setts=pts='if(eq(PTS,NOPTS)+eq(DTS,NOPTS)+lte(abs(PTS-DTS)*TB,{MOST_REORDERED_S:g}),PTS,DTS)'"

_RESAMPLED = f"fps={VIDEO_FPS}:start_time=0"

_SLOT = f"floor(t*{VIDEO_FPS}+0.500001)"
"""The picture at 25 a second, counted from 0, that one shown at `t` may become; a half goes up, as `fps` has it."""

_MARK = "lavf.concatdec.start_time"
"""The one key of a picture's metadata that `select` can read: it tells a start that lies ahead from none."""

_CHOSEN = [
    f"metadata=mode=delete:key={_MARK}",
    f"metadata=mode=add:key={_MARK}:value={2**63 - 1}:enable='st(1,if(eq(st(2,{_SLOT}),ld(0)),ld(1),1-ld(1)));st(0,ld(2));ld(1)'",
    _RESAMPLED,
    "select='st(1,1+isnan(concatdec_select));st(2,not(eq(ld(0),ld(1))));st(0,ld(1));ld(2)'",
]
"""Filters that leave the pictures which `fps` takes, each once, so that no others are scaled.

`fps` takes one picture of each slot, the last. So the pictures of every second slot that has any are marked; where the mark does
not change after `fps` it is the same picture once more, and goes. What a gap takes to fill so never piles up before `scale`."""


def _fitted(clip: Clip, layout: str) -> list[str]:
    """Filters that fit any picture into a size: a telephone turned on the way lets the shape change within one stream."""
    width, height = clip.decoded_size
    wide = "iw*if(between(sar,0.1,10),sar,1)"
    same = f"lt(abs({wide}*{height}/(ih*{width})-1),{SAME_SHAPE})"
    fitted_width = f"if({same},{width},max(1,min({width},round({wide}*{height}/ih))))"
    fitted_height = f"if({same},{height},max(1,min({height},round(ih*{width}/({wide})))))"
    narrow = "" if layout == "bgr24" else ":out_range=tv"
    # Down from 4K, four neighbours show what sixteen do, in two thirds of the time.
    blend = ":flags=bilinear" if width < clip.width else ""
    scale = f"scale=w='{fitted_width}':h='{fitted_height}':eval=frame{narrow}{blend}"
    return [scale, f"format={layout}", f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2:eval=frame"]


def planes(clip: Clip, *, max_frames: int | None = None, deadline: float | None = None) -> Generator[Picture, None, None]:
    """Decode the pictures of a clip, resampled to 25 fps from time zero. Close the generator to end ffmpeg early.

    Args:
        clip: what `probe` found.
        max_frames: most pictures that are taken.
        deadline: `time.monotonic()` at which decoding ends.

    Yields:
        Pictures of `clip.decoded_size`, each of its own memory; in BGR where that is odd, as colours come in pairs.

    Raises:
        InputError: `video_too_long` past `max_frames`, whatever the container said; `corrupt_video` when decoding hangs or
            crashes.
        Overdue: the deadline passed.
    """
    width, height = clip.decoded_size
    if width % 2 or height % 2:
        yield from frames(clip, max_frames=max_frames, deadline=deadline)
        return
    matrix = clip.picture.matrix or USUAL
    with closing(_decoded(clip, "yuv420p", height * width * 3 // 2, max_frames, deadline)) as pictures:
        for data in pictures:
            yield Planes(data, height, width, matrix)


def frames(clip: Clip, *, max_frames: int | None = None, deadline: float | None = None) -> Generator[np.ndarray, None, None]:
    """As `planes`, uint8 (height, width, 3) BGR: for who draws on pictures or shows them."""
    width, height = clip.decoded_size
    with closing(_decoded(clip, "bgr24", height * width * 3, max_frames, deadline)) as pictures:
        for data in pictures:
            yield data.reshape(height, width, 3)


def _decoded(
    clip: Clip, layout: str, size: int, max_frames: int | None, deadline: float | None
) -> Generator[np.ndarray, None, None]:
    """Pictures as ffmpeg lays them out, uint8 (size,) each."""
    turned = [_TURNED[clip.turn]] if clip.turn else []
    shown = f"PTS-{clip.phase_s:.6f}/TB" if clip.phase_s else "PTS"
    if max_frames is not None:
        end = f"{(max_frames + 1) / VIDEO_FPS:.2f}"
        shown = f"if(gt(T,{end}),{end}/TB,{shown})"
    # ffmpeg fills a gap in the pictures at one go, before the first of it is read. So `fps` is the last filter, where what it
    # repeats takes no memory but its name, and no gap goes past `max_frames`.
    chosen = _CHOSEN if clip.fps is None or clip.fps > VIDEO_FPS else []
    filters = ",".join([f"setpts='{shown}'", *chosen, *turned, *_fitted(clip, layout), _RESAMPLED])
    output = ["-map", clip.picture.specifier, "-vf", filters, "-pix_fmt", layout, "-f", "rawvideo", *_UNBUFFERED]
    other = ["-map", clip.sound.specifier, *UNUSED] if clip.has_audio and clip.sound else []
    # Where size or pixel format change on the way, the filters go on (`scale` adapts itself). If ffmpeg set them up anew, as
    # it does by default, `fps` would lose its place in time and show the rest 80 ms late.
    keep_filters = ["-loglevel", "quiet", "-reinit_filter", "0"]
    threads = 1 if clip.width * clip.height <= _EASY else ffmpeg.MAX_THREADS
    source = ffmpeg.input_arguments(clip.path, clip.max_pixels, threads)
    arguments = [*keep_filters, "-bsf:v", _PLAUSIBLE, *source, *output, *other]
    with ffmpeg.running(arguments, deadline=deadline) as process, ffmpeg.Output(process) as pipe:
        count = 0
        while pipe.fill((frame := np.empty(size, np.uint8)).data):
            count += 1
            if max_frames is not None and count > max_frames:
                raise InputError("video_too_long", f"{clip.path.name} lasts longer than {max_frames / VIDEO_FPS:g} s.")
            yield frame
