"""A camera and a microphone that play a film by one clock.

Chromium's own fake devices open their files one after the other: on a busy machine, lips and voice start apart.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import imageio_ffmpeg

TAPPED_EARLY_S = 0.24
"""Chromium taps the sound of a film before it goes to the loudspeakers, the pictures when they are shown; always by as much."""

_PLAY = """
if (navigator.mediaDevices) {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (!wanted.video) return ask(wanted);
    window.film = Object.assign(document.createElement("video"), { loop: true });
    film.src = URL.createObjectURL(await (await fetch("/film-that-is-played")).blob());
    await film.play();
    return film.captureStream();
  };
}
"""

_ANEW = """() => new Promise((resolve) => {
  const look = () => film.currentTime < 0.5 ? resolve() : film.requestVideoFrameCallback(look);
  look();
})"""


class Player:
    """Plays its film over and over."""

    def __init__(self, page: Any, film: Path) -> None:
        """Args:
        page: of Playwright, before it goes anywhere.
        film: an MP4, played from when the page opens its camera the next time; may be exchanged.
        """
        self.film = film
        self._page = page
        page.route("**/film-that-is-played", lambda route: route.fulfill(body=_held_back(self.film), content_type="video/mp4"))
        page.add_init_script(_PLAY)

    def wait_for_the_beginning(self) -> None:
        """Wait until the film begins anew: what is recorded within its length then has no seam."""
        self._page.evaluate(_ANEW)


def _held_back(film: Path) -> bytes:
    """The film, its sound as late as it will be tapped early."""
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        sound = ["-c:v", "copy", "-c:a", "aac", "-af", f"adelay={1000 * TAPPED_EARLY_S:g}:all=1", "-shortest"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(film), *sound, file.name]
        subprocess.run(command, check=True)
        return Path(file.name).read_bytes()
