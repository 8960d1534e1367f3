"""Somebody at the station, and what they see."""

import json
import re
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.desktop.kiosk.browser.player import Player

_KEEP_STREAMS = """
window.given = [];
const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (ask) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await ask(wanted);
  window.given.push(stream);
  return stream;
};
"""

_LIVE = "given.flatMap((s) => s.getTracks()).filter((track) => track.readyState === 'live').map((track) => track.kind)"

_SETTLED = """() => Promise.allSettled(
  document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity).map((one) => one.finished))"""
"""Waits until no colour is on its way to another."""


UNEVEN = ("sound_moves", "sound_spliced", "picture_frozen", "started_apart", "too_slow")
"""What a recording comes to whose film was played with gaps."""


class Person:
    """Drives the page as a person does, and waits for what a person would wait for."""

    def __init__(self, page: Any, base: str, language: str, station: dict[str, Any], film: Path | None) -> None:
        """Args:
        page: of Playwright.
        base: address of the kiosk.
        language: chosen on the first screen.
        station: what the page is told instead of some of what /api/station says.
        film: what camera and microphone play, where they are not the browser's own.
        """
        self.page = page
        self.base = base
        self.complaints: list[str] = []
        """What the browser's console has against the page."""
        self._answers: list[Any] = []
        page.on("response", lambda answer: self._answers.append(answer) if "/attempts?" in answer.url else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        self.player = Player(page, film) if film else None
        page.add_init_script(_KEEP_STREAMS)
        if station:
            page.route("**/api/station", lambda route: route.fulfill(json={**route.fetch().json(), **station}))
        page.goto(base)
        self.at("welcome")
        if language != "es":
            self.speak(language)

    def _hear(self, message: Any) -> None:
        # A refused request is told by the browser itself, and by the test that had it refused.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def at(self, screen: str) -> None:
        """Wait for a screen."""
        self.page.locator(f"body[data-screen={screen}]").wait_for()

    def phase(self, phase: str) -> None:
        """Wait for a phase of the reading."""
        self.page.locator(f"body[data-phase={phase}]").wait_for()

    def speak(self, language: str) -> None:
        """Choose a language."""
        self.page.click(f"[data-language={language}]")

    def press(self, action: str) -> None:
        """Press the button of an action."""
        self.page.click(f"[data-action={action}]:visible")

    def start(self) -> None:
        """Press start, and agree."""
        self.press("start")
        self.agree()

    def agree(self) -> None:
        """Agree to be recorded."""
        self.at("consent")
        self.press("agree")

    def begin(self) -> dict[str, Any]:
        """Press start; the new session."""
        with self.page.expect_response(f"{self.base}/api/sessions") as answer:
            self.start()
        self.at("capture")
        return dict(answer.value.json())

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Ask the station for something past the page, as another tab would."""
        ok = self.page.evaluate(
            "async ([path, options]) => (await fetch(path, options)).ok",
            [path, {"method": method, "headers": {"Content-Type": "application/json"}, "body": body and json.dumps(body)}],
        )
        assert ok

    def read_a_little(self) -> None:
        """The shortest recording the page makes."""
        self.at("capture")
        self.see("good")
        self.press("begin")
        self.phase("recording")
        self.press("done")

    def see(self, guide: str) -> None:
        """Wait until the guide says: searching, good, adjust."""
        self.page.locator(f"#stage[data-guide={guide}]").wait_for()

    def read(self) -> None:
        """From the phrase to the end of the recording."""
        self.at("capture")
        self.see("good")
        if self.player:
            self.player.wait_for_the_beginning()
        self.press("begin")
        self.phase("recording")
        self.read_for_a_while()
        self.press("done")

    def read_for_a_while(self) -> None:
        """Wait until five of the twelve seconds are over; a busy machine may show not every one of them."""
        self.page.locator("#time-left", has_text=re.compile(r"\b[0-7]\b")).wait_for()

    def read_until_whole(self) -> None:
        """Read, and again where the machine was too busy to play voice and picture evenly."""
        self.read()
        while self.judged() == "next" and self.figures()[-1]["reason"] in UNEVEN:
            self.press("again")
            self.read()

    def judged(self) -> str:
        """Wait for the verdict: allow, next or block."""
        self.at("verdict")
        return str(self.page.evaluate("document.body.dataset.verdict"))

    def next_phrase(self) -> list[str]:
        """The digits that come after the last recording, which the page shows once it is asked to."""
        return list(self._answers[-1].json()["session"]["challenge"]["digits"])

    def figures(self) -> list[dict[str, Any]]:
        """What the station told of each recording."""
        return [answer.json()["attempt"] for answer in self._answers if answer.status == 201]

    def heading(self) -> str:
        """The heading that is shown."""
        return self.page.locator("h1:visible").inner_text()

    def words(self) -> str:
        """Everything on the screen, in one line."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def digits(self) -> str:
        """The phrase."""
        return "".join(self.page.locator("#digits b").all_inner_texts())

    def focused(self) -> str:
        """Text of what has the focus."""
        return str(self.page.evaluate("document.activeElement.textContent.trim()"))

    def running_devices(self) -> list[str]:
        """Which of camera and microphone are on."""
        return list(self.page.evaluate(_LIVE))

    def barriers(self) -> list[str]:
        """What axe finds on this screen, by daylight and at night."""
        found = []
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(_SETTLED)
            seen = Axe().run(self.page).response
            assert seen["passes"]
            found += [
                f"{scheme}: {one['id']}: {[(node['html'], node['failureSummary']) for node in one['nodes']]}"
                for one in seen["violations"]
            ]
        self.page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        return found
