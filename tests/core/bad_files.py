"""Makes files that are broken, strange or hostile. Each maker gets a folder and a good puppet video, and returns its file."""

import struct
import subprocess
import zlib
from pathlib import Path

import imageio_ffmpeg
import numpy as np

PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{}\n#EXTINF:10,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
"""An HLS playlist of an address and a local file."""


def ffmpeg(*arguments: str | Path) -> None:
    """Run the bundled ffmpeg."""
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


def _written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def empty(folder: Path, good: Path) -> Path:
    return _written(folder / "empty.mp4", "")


def text(folder: Path, good: Path) -> Path:
    return _written(folder / "text.mp4", "This is not a video.\n" * 100)


def noise(folder: Path, good: Path) -> Path:
    return _written(folder / "noise.mp4", np.random.default_rng(0).bytes(100_000))


def without_index(folder: Path, good: Path) -> Path:
    """The index of an MP4 stands at its end, unless somebody moved it."""
    return _written(folder / "half.mp4", good.read_bytes()[: good.stat().st_size // 2])


def playlist(folder: Path, good: Path) -> Path:
    return _written(folder / "playlist.mp4", PLAYLIST.format(good))


def concat_script(folder: Path, good: Path) -> Path:
    return _written(folder / "script.mp4", f"ffconcat version 1.0\nfile '{good}'\n")


def session_description(folder: Path, good: Path) -> Path:
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=x",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        "m=video 5004 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
    ]
    return _written(folder / "sdp.mp4", "\n".join(lines))


def dash_manifest(folder: Path, good: Path) -> Path:
    base = f"<BaseURL>file://{good}</BaseURL>"
    head = '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S">'
    adaptation = f'<AdaptationSet mimeType="video/mp4"><Representation id="1">{base}</Representation></AdaptationSet>'
    return _written(folder / "dash.mp4", f"{head}<Period>{adaptation}</Period></MPD>")


def png_named_mp4(folder: Path, good: Path) -> Path:
    return _written(folder / "png.mp4", _png(64, 64))


def external_data(folder: Path, good: Path) -> Path:
    """A QuickTime file whose tracks say that their data stand in another file."""
    target = str(good).encode()
    alias = bytes(10) + b"\x01v".ljust(28, b"\0") + bytes(12) + b"\x01f".ljust(64, b"\0") + bytes(16) + bytes(4) + bytes(16)
    alias += struct.pack(">HH", 2, len(target)) + target + b"\0" * (len(target) % 2) + struct.pack(">HH", 0xFFFF, 0)
    entry = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    dref = struct.pack(">II", 0, 1) + entry
    ffmpeg("-i", good, "-c", "copy", folder / "plain.mov")
    return _written(folder / "external.mov", _replace_box((folder / "plain.mov").read_bytes(), b"dref", dref))


def _replace_box(data: bytes, kind: bytes, content: bytes) -> bytes:
    """All boxes of one kind inside `moov`, replaced; the sizes of those around them follow."""
    out, at = b"", 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + size]
        if name == kind:
            body = content
        elif name in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
            body = _replace_box(body, kind, content)
        out += struct.pack(">I4s", len(body) + 8, name) + body
        at += size
    return out


def song_with_cover(folder: Path, good: Path) -> Path:
    cover = _written(folder / "cover.png", _png(64, 64))
    tags = ["-c:a", "libmp3lame", "-c:v", "copy", "-disposition:v", "attached_pic", "-id3v2_version", "3"]
    ffmpeg("-i", good, "-i", cover, "-map", "0:a", "-map", "1:v", *tags, folder / "song.mp3")
    return folder / "song.mp3"


def song_in_mp4(folder: Path, good: Path) -> Path:
    cover = _written(folder / "cover.png", _png(64, 64))
    ffmpeg(
        "-i", good, "-i", cover, "-map", "0:a", "-map", "1:v", "-c", "copy", "-disposition:v", "attached_pic", folder / "song.m4a"
    )
    return folder / "song.m4a"


def plain_sound(folder: Path, good: Path) -> Path:
    ffmpeg("-i", good, "-vn", folder / "sound.wav")
    return folder / "sound.wav"


def no_packets(folder: Path, good: Path) -> Path:
    ffmpeg("-i", good, "-c", "copy", "-bsf:v", "noise=drop=1", folder / "none.mkv")
    return folder / "none.mkv"


def unknown_picture_codec(folder: Path, good: Path) -> Path:
    return _written(folder / "codec.mp4", good.read_bytes().replace(b"avc1", b"xxxx"))


def unknown_sound_codec(folder: Path, good: Path) -> Path:
    ffmpeg("-i", good, "-c", "copy", folder / "plain.mkv")
    return _written(folder / "codec.mkv", (folder / "plain.mkv").read_bytes().replace(b"A_AAC", b"A_XYZ"))


def says_it_lasts_for_days(folder: Path, good: Path) -> Path:
    return _jump(folder, good, 400_000)


def sound_jumps_by_hours(folder: Path, good: Path) -> Path:
    return _jump(folder, good, 10_000)


def _jump(folder: Path, good: Path, seconds: int) -> Path:
    jump = f"setts=ts='if(gt(TS*TB,2),TS+{seconds}/TB,TS)'"
    ffmpeg("-i", good, "-c", "copy", "-bsf:a", jump, folder / "jump.mkv")
    return folder / "jump.mkv"


def y4m_of_67_megapixels(folder: Path, good: Path) -> Path:
    return _written(folder / "huge.y4m", "YUV4MPEG2 W8192 H8192 F25:1 C420jpeg\nFRAME\n" + "x" * 1000)


def y4m_of_4_gigapixels(folder: Path, good: Path) -> Path:
    return _written(folder / "huge.y4m", "YUV4MPEG2 W65535 H65535 F25:1 C420jpeg\nFRAME\n" + "x" * 1000)


def gif_of_4_gigapixels(folder: Path, good: Path) -> Path:
    image = b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\x02\x4c\x01\x00"
    return _written(
        folder / "huge.gif", b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0\0\0\0\xff\xff\xff" + image + b";"
    )


def png_bomb(folder: Path, good: Path) -> Path:
    """225 megapixels in a quarter of a megabyte."""
    bomb = _written(folder / "bomb.png", _png(15_000, 15_000))
    ffmpeg("-f", "image2", "-i", bomb, "-c", "copy", folder / "bomb.avi")
    return folder / "bomb.avi"


def png_bomb_in_disguise(folder: Path, good: Path) -> Path:
    """The container says 320x180, the picture inside says 15000x15000."""
    content = png_bomb(folder, good).read_bytes()
    honest, lie = struct.pack("<II", 15_000, 15_000), struct.pack("<II", 320, 180)
    return _written(folder / "disguise.avi", content.replace(honest, lie))


def _png(width: int, height: int) -> bytes:
    """A black grey-scale picture; rows are compressed one by one, so that a large one needs no memory."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packer = zlib.compressobj(1)
    body = b"".join(packer.compress(bytes(width + 1)) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
