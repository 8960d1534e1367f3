"""Encodes a puppet: raw frames through a pipe, the sound as a WAV file beside it, into the bundled ffmpeg."""

import subprocess
import wave
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
import numpy as np

from training.puppet.scene import frames
from training.puppet.spec import Puppet, frame_times, sound
from training.puppet.speech import RATE

_USUAL = {
    ".mp4": ("libx264", "aac"),
    ".m4v": ("libx264", "aac"),
    ".mov": ("libx264", "aac"),
    ".mkv": ("libx264", "aac"),
    ".ts": ("libx264", "aac"),
    ".webm": ("libvpx-vp9", "libopus"),
    ".avi": ("mjpeg", "pcm_s16le"),
}
"""Video and audio encoder by container."""

_CLOCK = 90_000
"""Ticks per second of variable-rate timestamps."""


def make(path: str | Path, spec: Puppet | None = None) -> Path:
    """Render and encode a puppet video.

    Args:
        path: where to write it; the suffix chooses the container (.mp4 .mov .mkv .ts .webm .avi).
        spec: what to make; a plain in-sync clip when left out.

    Returns:
        `path`.
    """
    path, spec = Path(path), spec or Puppet()
    with TemporaryDirectory(dir=path.parent, prefix=".puppet-") as folder:
        wav = Path(folder) / "sound.wav"
        _write_wav(wav, np.pad(sound(spec)[round(spec.audio_start * RATE) :], (_avi_padding(path, spec), 0)))
        remux = spec.trim > 0 or spec.audio_gap is not None or spec.rotation != 0
        target = Path(folder) / f"whole{path.suffix}" if remux else path
        if spec.piece == spec.seconds or spec.no_picture:
            _encode(target, spec, wav)
        else:
            piece = Path(folder) / f"piece{path.suffix}"
            _encode(piece, spec, None)
            loop = ["-stream_loop", "-1", "-i", str(piece), *_sound_input(spec, wav), "-c:v", "copy", *_sound_codec(path, spec)]
            _run([*loop, "-t", f"{spec.seconds:.6f}", str(target)])
        if remux:
            _remux(target, path, spec)
    return path


def _avi_padding(path: Path, spec: Puppet) -> int:
    """Samples of silence that make up for a lag of AVI, which knows neither an encoder's delay nor times between frames.

    The muxer delays the picture by whole frames to make room for the delay of the encoder; the rest would be a lag.
    """
    codec = spec.audio_codec or _USUAL[path.suffix][1]
    if path.suffix != ".avi" or codec.startswith("pcm"):
        return 0
    delay, rate = (1105 if codec == "libmp3lame" else 1024) / spec.audio_rate, Fraction(spec.fps)
    return round((-(-delay * rate // 1) / rate - delay) * RATE)


def _run(arguments: list[str], data: bytes | None = None) -> None:
    """Run the bundled ffmpeg."""
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], input=data, check=True)


def _write_wav(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())


def _encode(path: Path, spec: Puppet, wav: Path | None) -> None:
    """Encode what `frames` renders, with the sound unless `wav` is None."""
    with_sound = _sound_input(spec, wav) if wav else []
    if spec.no_picture:
        _run([*with_sound, *_sound_codec(path, spec), str(path)])
        return
    edges = frame_times(spec)
    first = int(np.searchsorted(edges, spec.video_start - 1e-6))
    turns = spec.rotation // 90 % 4
    width, height = spec.size[::-1] if turns % 2 else spec.size
    rate = "25" if spec.fps == "vfr" else str(Fraction(spec.fps))
    command = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-framerate", rate]
    command += ["-itsoffset", f"{edges[first]:.6f}", "-i", "pipe:0", *with_sound, *_picture_codec(path, spec)]
    if spec.fps == "vfr":
        times = f"(N+{first})/25+0.1*sin(2*PI*(N+{first})/50)"
        command += ["-vf", f"settb=1/{_CLOCK},setpts=({times})/TB", "-fps_mode", "passthrough", "-enc_time_base", "filter"]
    command += [*(_sound_codec(path, spec) if wav else []), str(path)]

    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *command]
    with subprocess.Popen(ffmpeg, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None  # noqa: S101
        assert process.stderr is not None  # noqa: S101
        try:
            for i, frame in enumerate(frames(spec)):
                if i >= first:
                    process.stdin.write(np.ascontiguousarray(np.rot90(frame, turns)).data)
            process.stdin.close()
        except BrokenPipeError:
            pass
        message = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"ffmpeg could not encode {path.name}: {message}")


def _picture_codec(path: Path, spec: Puppet) -> list[str]:
    codec = spec.video_codec or _USUAL[path.suffix][0]
    quality = {
        "libx264": ["-preset", spec.preset, "-crf", str(spec.crf)],
        "libvpx": ["-deadline", "realtime", "-cpu-used", "8", "-crf", str(spec.crf), "-b:v", "1M"],
        "libvpx-vp9": ["-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", "-crf", str(spec.crf), "-b:v", "0"],
    }
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    return ["-c:v", codec, "-pix_fmt", pixels, *quality.get(codec, ["-q:v", "4"])]


def _sound_input(spec: Puppet, wav: Path) -> list[str]:
    return [] if spec.sound == "none" else ["-itsoffset", f"{spec.audio_start:.6f}", "-i", str(wav)]


def _sound_codec(path: Path, spec: Puppet) -> list[str]:
    if spec.sound == "none":
        return []
    codec = spec.audio_codec or _USUAL[path.suffix][1]
    return ["-c:a", codec, "-ar", str(spec.audio_rate), *([] if codec.startswith("pcm") else ["-b:a", "64k"])]


def _remux(source: Path, target: Path, spec: Puppet) -> None:
    """Copy the packets and change what stands around them: rotation, edit list, missing sound."""
    command = ["-display_rotation", str(-spec.rotation)] if spec.rotation else []
    command += ["-ss", f"{spec.trim:.6f}"] if spec.trim else []
    command += ["-i", str(source), "-map", "0", "-c", "copy"]
    if spec.audio_gap:
        low, high = spec.audio_gap
        command += ["-bsf:a", f"noise=drop='between(pts*tb,{low},{high})'"]
    _run([*command, str(target)])
