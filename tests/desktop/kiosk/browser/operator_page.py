"""Somebody at the operator's page, and what they need to be there."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.desktop.kiosk.browser.person import Axe
from tests.desktop.kiosk.browser.running import RunningKiosk

PIN = "2580"
TITLES = {
    "history": {"es": "Historial", "en": "History"},
    "audit": {"es": "Auditoría", "en": "Audit"},
    "export": {"es": "Exportar", "en": "Export"},
    "settings": {"es": "Ajustes", "en": "Settings"},
    "device": {"es": "Equipo", "en": "Device check"},
}


def set_pin(folder: Path) -> None:
    """As the operator does it, at the console."""
    command = [sys.executable, "-P", "-m", "lipgate", "kiosk", "--set-pin", "--data-dir", str(folder / "kiosk")]
    subprocess.run(command, input=f"{PIN}\n", text=True, check=True, capture_output=True)


def entered(kiosk: RunningKiosk) -> RunningKiosk:
    """The same kiosk, its link used; its client may change things."""
    assert kiosk.client.get(kiosk.link).status_code == 303
    kiosk.client.headers["Origin"] = kiosk.base
    return kiosk


def visit(kiosk: RunningKiosk, recording: Path | None) -> None:
    """A session: with a recording that is judged, or cancelled."""
    session = kiosk.client.post("/api/sessions", json={"language": "es"}).json()
    place = f"/api/sessions/{session['id']}"
    if recording is None:
        assert kiosk.client.delete(place).status_code == 204
        return
    answer = kiosk.client.post(
        f"{place}/attempts",
        params={"challenge": session["challenge"]["id"]},
        content=recording.read_bytes(),
        headers={"Content-Type": "video/mp4"},
    )
    assert answer.status_code == 201, answer.text


class Operator:
    """Drives the page as an operator does."""

    def __init__(self, page: Any, kiosk: RunningKiosk, language: str) -> None:
        self.page = page
        self.kiosk = kiosk
        self.language = language
        self.complaints: list[str] = []
        """What the browser's console has against the page."""
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        page.goto(f"{kiosk.base}/operator")
        page.locator(".pin-card").wait_for()

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def type_pin(self, pin: str) -> None:
        """By keyboard."""
        self.page.keyboard.type(pin)
        self.page.keyboard.press("Enter")

    def log_in(self) -> None:
        """Wait until the history is there, too."""
        self.type_pin(PIN)
        self.shown("history")

    def open(self, view: str) -> None:
        """Go to a view by its tab."""
        self.page.click(f"[data-tab={view}]")
        self.shown(view)

    def shown(self, view: str) -> None:
        """Wait until a view has what it shows."""
        self.page.locator("h1", has_text=re.compile(f"^{TITLES[view][self.language]}$")).wait_for()
        self.page.locator(".view:not([aria-busy])").wait_for()

    def words(self) -> str:
        """What the view says, in one line."""
        return re.sub(r"\s+", " ", self.page.locator("main").inner_text())

    def asked(self, place: str, **query: Any) -> Any:
        """What the program answers the page."""
        return self.page.evaluate(
            "async (place) => (await fetch(place)).json()",
            f"/api/operator/{place}?" + "&".join(f"{k}={v}" for k, v in query.items()),
        )

    def setting(self, name: str) -> Any:
        """A setting as the program has it."""
        return next(one["value"] for one in self.asked("settings")["settings"] if one["name"] == name)

    def set(self, name: str, value: Any) -> None:
        """Put a setting back, past the page's form."""
        status = self.page.evaluate(
            "async (body) => (await fetch('/api/operator/settings', {method: 'PUT', body, "
            "headers: {'Content-Type': 'application/json'}})).status",
            json.dumps({name: value}),
        )
        assert status == 200

    def barriers(self, *schemes: str) -> list[str]:
        """What axe finds here, by daylight and at night if none is named, and whether the page is too wide for a telephone."""
        found = []
        for scheme in schemes or ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            seen = Axe().run(self.page).response
            assert seen["passes"]
            found += [f"{scheme}: {one['id']}: {[node['failureSummary'] for node in one['nodes']]}" for one in seen["violations"]]
        self.page.set_viewport_size({"width": 360, "height": 740})
        excess = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.page.set_viewport_size({"width": 1280, "height": 900})
        return [*found, *([f"{excess} px too wide"] if excess > 0 else [])]
