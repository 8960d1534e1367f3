"""What a person sees where the station cannot go on: no camera, no leave to use it, no answer, no disk."""

import pytest

from tests.desktop.kiosk.browser.conftest import ACCEPT, DEVICES, HURRY


@pytest.mark.parametrize(
    ("flags", "es", "en"),
    [
        pytest.param(
            (DEVICES, "--deny-permission-prompts"),
            "El uso de la cámara o del micrófono está bloqueado.",
            "The use of the camera or the microphone is blocked.",
            id="denied",
        ),
        pytest.param(
            (ACCEPT, f"{DEVICES}=device-count=0"),
            "Esta estación no encuentra ninguna cámara.",
            "This station finds no camera.",
            id="no camera",
        ),
    ],
)
def test_without_a_camera_the_screen_says_why(person, flags, es, en):
    someone = person(*flags)
    someone.start()
    someone.at("no_camera")
    assert es in someone.page.get_by_role("alert").inner_text()
    someone.speak("en")
    assert en in someone.page.get_by_role("alert").inner_text()
    assert someone.barriers() == []
    someone.press("retry")
    someone.at("no_camera")
    someone.press("leave")
    someone.at("welcome")


def refuse(status, code):
    """Answer a request with a problem."""
    problem = {"status": status, "code": code, "title": "Refused", "type": "about:blank", "detail": "As the test wants."}
    return lambda route: route.fulfill(status=status, json=problem)


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        pytest.param(lambda route: route.abort(), "The connection inside the station was lost.", id="network"),
        pytest.param(refuse(503, "storage_unavailable"), "The result cannot be kept.", id="full disk"),
        pytest.param(refuse(504, "timeout"), "This computer is too slow", id="slow computer"),
    ],
)
def test_a_recording_that_is_not_judged_is_no_decision_and_costs_no_attempt(person, kiosk, fail, words):
    someone = person(language="en", station=HURRY)
    someone.page.route("**/attempts?*", fail, times=1)
    session = someone.begin()
    someone.read_a_little()
    someone.at("fault")

    assert words in someone.words()
    assert "No decision was made, and you have lost no attempt." in someone.words()
    assert someone.barriers() == []
    assert kiosk.state(session["id"]) == "open"
    someone.press("retry")
    someone.at("capture")
    assert "You have 3 attempts left" in someone.words()


@pytest.mark.parametrize(
    ("fail", "words"),
    [
        pytest.param(refuse(503, "queue_full"), "La estación está ocupada.", id="busy"),
        pytest.param(refuse(500, "internal_error"), "Ha ocurrido un fallo.", id="fault"),
        pytest.param(refuse(403, "station_only"), "Esta página ya no es válida.", id="another browser"),
        pytest.param(lambda route: route.fulfill(status=201, body="<p>no JSON"), "Ha ocurrido un fallo.", id="nonsense"),
    ],
)
def test_a_station_that_cannot_begin_says_so_and_can_be_tried_again(person, kiosk, fail, words):
    someone = person()
    someone.page.route(f"{kiosk.base}/api/sessions", fail, times=1)
    someone.start()
    someone.at("fault")

    assert words in someone.words()
    assert someone.running_devices() == []
    someone.press("retry")
    someone.at("capture")


def test_a_verdict_whose_answer_was_lost_is_shown_all_the_same(person, kiosk):
    someone = person(dubbed=True, station=HURRY)

    def lose(route):
        route.fetch()
        route.abort()

    someone.page.route("**/attempts?*", lose)
    session = someone.begin()
    someone.read_a_little()
    kind = someone.judged()

    assert {"blocked": "block", "open": "next"}[kiosk.state(session["id"])] == kind
    assert kind == "block" or "Le quedan 2 intentos" in someone.words()


DELAYED = {"number": 1, "offset_frames": -5, "confidence": 9.0, "score": 0.999}


@pytest.mark.parametrize(
    ("language", "cause", "tip", "end"),
    [
        ("es", "En esta estación el sonido y la imagen van desfasados.", "No es culpa suya.", "Diríjase al personal"),
        (
            "en",
            "Sound and picture of this station do not run together.",
            "This is not your doing.",
            "Please go to a member",
        ),
    ],
)
def test_who_reads_well_at_a_station_with_a_delay_is_not_told_to_read_otherwise(person, language, cause, tip, end):
    someone = person(language=language, station=HURRY)
    session = someone.begin()

    def judge(state, **attempt):
        document = {"session": {**session, "state": state}, "attempt": {**DELAYED, "first_reason": None, **attempt}}
        someone.page.route("**/attempts?*", lambda route: route.fulfill(status=201, json=document), times=1)
        someone.read_a_little()
        return someone.judged()

    assert judge("open", decision="NEXT", reason="delayed") == "next"
    assert cause in someone.words()
    assert tip in someone.words()
    someone.press("again")
    assert judge("blocked", decision="BLOCK", reason="attempts_used_up", first_reason="delayed") == "block"
    assert cause in someone.words()
    assert end in someone.words()


def test_a_phrase_that_was_used_or_is_too_old_leads_to_another(person):
    someone = person(station=HURRY)
    someone.page.route("**/attempts?*", refuse(409, "challenge_over"), times=1)
    someone.begin()
    with someone.page.expect_response("**/attempts?*"):
        someone.read_a_little()
    someone.phase("ready")
    someone.at("capture")

    assert "Le quedan 3 intentos" in someone.words()


def test_a_station_that_forgot_the_session_begins_a_new_one(person, kiosk):
    someone = person(station=HURRY)
    forgotten = someone.begin()["id"]
    someone.page.route(f"{kiosk.base}/api/sessions/{forgotten}**", refuse(404, "session_unknown"))
    with someone.page.expect_response(f"{kiosk.base}/api/sessions") as answer:
        someone.read_a_little()
    someone.phase("ready")
    someone.at("capture")

    assert answer.value.json()["id"] != forgotten


def test_a_session_that_ended_elsewhere_while_it_was_read_is_no_verdict(person, kiosk):
    someone = person(station=HURRY)
    first = someone.begin()["id"]
    someone.ask("POST", "/api/sessions", {"language": "es"})  # as another tab does
    assert kiosk.state(first) == "abandoned"
    with someone.page.expect_response(f"{kiosk.base}/api/sessions") as answer:
        someone.read_a_little()
    someone.phase("ready")
    someone.at("capture")
    someone.page.get_by_text("La grabación anterior no pudo comprobarse.").first.wait_for()

    assert someone.digits() == "".join(answer.value.json()["challenge"]["digits"])
    assert "Le quedan 3 intentos" in someone.words()


def test_a_session_that_was_cancelled_elsewhere_leads_to_the_first_screen(person):
    someone = person(station=HURRY)
    session = someone.begin()["id"]
    someone.ask("DELETE", f"/api/sessions/{session}")
    someone.read_a_little()

    someone.at("welcome")


@pytest.mark.parametrize("missing", ["**/api/station", "**/i18n/en.json"])
def test_a_station_that_does_not_answer_yet_says_so_in_both_languages_and_is_asked_again(person, missing):
    someone = person()
    someone.page.route(missing, lambda route: route.abort())
    someone.page.reload()
    someone.page.get_by_text("La estación no responde todavía.").wait_for()
    someone.page.get_by_text("The station does not answer yet.").wait_for()
    assert someone.barriers() == []
    someone.page.unroute(missing)

    someone.at("welcome")


def test_words_that_start_a_session_are_not_promised_while_there_is_no_microphone(person):
    pytest.importorskip("pocketsphinx", reason="the kiosk is an extra: ./lipgate install kiosk")
    someone = person()
    promise = someone.page.get_by_text("o diga «Verifica mi identidad»")
    promise.wait_for()
    someone.page.evaluate("""() => {
      window.plugged = navigator.mediaDevices.getUserMedia;
      navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("none", "NotFoundError"); };
      given.at(-1).getTracks()[0].dispatchEvent(new Event("ended"));
    }""")
    promise.wait_for(state="hidden")
    assert someone.running_devices() == []
    someone.page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.plugged; }")

    promise.wait_for()
    assert someone.running_devices() == ["audio"]
