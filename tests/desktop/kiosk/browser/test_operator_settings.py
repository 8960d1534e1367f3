"""Settings and the device check at the operator's page."""

import re
from typing import Any


def test_a_setting_is_marked_when_it_is_changed_and_holds_when_it_is_saved(operator):
    someone = operator()
    someone.log_in()
    someone.open("settings")
    assert someone.page.locator(".save-bar").is_hidden()
    field = someone.page.locator("[data-setting=phrase_digits]")
    field.get_by_role("button", name="más").click()
    field.get_by_text("Antes: 8").wait_for()
    someone.page.locator("[data-setting=keep_videos] input").check()
    assert "2 cambios sin guardar" in someone.words()

    someone.open("audit")
    someone.open("settings")
    assert "2 cambios sin guardar" in someone.words()
    someone.page.click(".save-bar .primary")
    someone.page.locator(".save-bar").wait_for(state="hidden")
    assert (someone.setting("phrase_digits"), someone.setting("keep_videos")) == (9, True)

    for name in ("phrase_digits", "keep_videos"):
        someone.page.locator(f"[data-setting={name}]").get_by_role("button", name="Devolver").click()
    someone.page.click(".save-bar .primary")
    someone.page.locator(".save-bar").wait_for(state="hidden")
    assert (someone.setting("phrase_digits"), someone.setting("keep_videos")) == (8, False)


def test_a_value_that_cannot_be_is_named_and_not_sent(operator):
    someone = operator(language="en")
    someone.log_in()
    someone.open("settings")
    before = someone.asked("settings")
    someone.page.locator("[data-setting=phrase_digits]").get_by_role("button", name="more").click()
    for name, value, said in (
        ("retention_days", "99999", "This must lie between 1 and 3,650."),
        ("max_attempts", "2.5", "This must be a whole number."),
        ("max_attempts", "", "This must be a number."),
        ("next_threshold", "0.95", "The score for NEXT cannot lie above the score for ALLOW."),
    ):
        field = someone.page.locator(f"[data-setting={name}] input")
        usual = field.input_value()
        field.fill(value)
        someone.page.click(".save-bar .primary")
        assert said in someone.words()
        assert someone.page.evaluate("document.activeElement.id") == field.get_attribute("id")
        field.fill(usual)
        assert said not in someone.words()
    assert someone.asked("settings") == before


def test_what_the_program_refuses_to_set_is_said(operator):
    someone = operator(language="en")
    someone.log_in()
    someone.open("settings")
    someone.page.route("**/api/operator/settings", lambda route: route.continue_(post_data='{"nonsense": 1}'))
    someone.page.locator("[data-setting=phrase_digits]").get_by_role("button", name="more").click()
    someone.page.click(".save-bar .primary")
    someone.page.get_by_text("nonsense is no setting of the station").wait_for()
    assert someone.setting("phrase_digits") == 8


def test_a_test_recording_measures_the_delay_of_the_equipment_and_sets_it(operator, on_film):
    """The browser's own camera shows no face, so that its recording is exchanged for one with a known delay."""
    someone = operator()
    late = on_film(offset_frames=-4)
    recorded = []

    def exchange(route: Any) -> None:
        recorded.append(route.request)
        route.continue_(post_data=late.read_bytes(), headers={**route.request.headers, "content-type": "video/mp4"})

    someone.page.route("**/api/operator/recording", exchange)
    someone.page.clock.install()
    someone.log_in()
    someone.open("device")
    assert "ffmpeg" in someone.page.locator(".checks").inner_text()
    someone.page.click("text=Encender cámara y micrófono")
    someone.page.get_by_text(re.compile("640 . 480")).wait_for()
    someone.page.get_by_text(re.compile(r"\d,\d imágenes/s")).wait_for()
    someone.page.click("text=Grabar 6 segundos")
    someone.page.get_by_text("Grabando. Hable ahora.").wait_for()
    someone.page.clock.run_for(6000)
    someone.page.locator("article.attempt").wait_for()
    assert re.match("video/(webm|mp4)$", recorded[0].headers["content-type"])
    assert len(recorded[0].post_data_buffer) > 10_000

    measured = int(someone.page.locator("dt:text-is('Medido, fotogramas') + dd").inner_text().replace("\u2212", "-"))
    assert abs(measured + 4) <= 1
    assert someone.page.locator("article svg .series").count() == 2
    assert someone.barriers() == []
    someone.page.click("button:text('Fijar en')")
    someone.page.locator("p:text('El retardo de este equipo es ahora')").wait_for()
    assert someone.setting("expected_offset_frames") == measured
    someone.set("expected_offset_frames", 0)
