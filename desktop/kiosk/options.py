"""The settings an operator may change, as a form needs them."""

from typing import Any

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from lipgate.core.settings import Settings
from lipgate.desktop.kiosk.settings import CORE_OPTIONS, KIOSK_OPTIONS, KioskSettings
from lipgate.desktop.kiosk.station import Station

_MEANINGS = {
    "allow_threshold": (
        "Least score for ALLOW. Higher: fewer strangers pass, more people must try again.",
        "Puntuación mínima para PERMITIR. Más alta: pasan menos impostores y más personas deben repetir.",
    ),
    "next_threshold": (
        "Least score for another attempt. Below it the answer is BLOCK at once.",
        "Puntuación mínima para repetir. Por debajo la respuesta es BLOQUEAR de inmediato.",
    ),
    "max_offset_frames": (
        "Largest delay between lips and sound for ALLOW, in frames of 40 ms.",
        "Mayor desfase entre labios y sonido para PERMITIR, en fotogramas de 40 ms.",
    ),
    "expected_offset_frames": (
        "Delay that this station's own camera and microphone have, in frames of 40 ms. The device check measures it.",
        "Desfase propio de la cámara y el micrófono de esta estación, en fotogramas de 40 ms. La prueba de equipo lo mide.",
    ),
    "max_attempts": (
        "Recordings a person may make before the answer is BLOCK.",
        "Grabaciones que puede hacer una persona antes de que la respuesta sea BLOQUEAR.",
    ),
    "phrase_digits": (
        "Digits of the phrase to read; two words stand beside them.",
        "Cifras de la frase que hay que leer; junto a ellas van dos palabras.",
    ),
    "phrase_check": (
        "Let nobody pass whose phrase was not heard. Off: a recording made before may pass, and every ALLOW says that the "
        "phrase was not checked.",
        "No dejar pasar a nadie cuya frase no se haya oído. Desactivado: puede pasar una grabación hecha antes, y cada PERMITIR "
        "dice que la frase no se comprobó.",
    ),
    "voice_start": (
        "Listen, while nobody is there, for the words that start a session. Nothing heard is kept.",
        "Escuchar, mientras no hay nadie, las palabras que inician una sesión. No se guarda nada de lo oído.",
    ),
    "keep_videos": (
        "Keep recordings until the retention time is over. Off: each is deleted as soon as it is judged.",
        "Guardar las grabaciones hasta que venza el plazo. Desactivado: se borran en cuanto se evalúan.",
    ),
    "retention_days": (
        "Days after which sessions and their recordings are removed.",
        "Días tras los que se eliminan las sesiones y sus grabaciones.",
    ),
}
"""In English and Spanish."""


def option_documents(station: Station) -> list[dict[str, Any]]:
    """Every option with its value, default, range and meaning."""
    limits, usual = station.limits(), station.usual_limits()
    rows = [_document(name, Settings, getattr(limits, name), getattr(usual, name)) for name in CORE_OPTIONS]
    own, default = station.settings(), station.usual_settings
    return rows + [_document(name, KioskSettings, getattr(own, name), getattr(default, name)) for name in KIOSK_OPTIONS]


def _document(name: str, part: type[BaseSettings], value: Any, default: Any) -> dict[str, Any]:
    field = part.model_fields[name]
    kind = "boolean" if isinstance(value, bool) else "integer" if isinstance(value, int) else "number"
    english, spanish = _MEANINGS[name]
    return {
        "name": name,
        "value": value,
        "default": default,
        "kind": kind,
        "minimum": _bound(field, Ge, "ge"),
        "maximum": _bound(field, Le, "le"),
        "step": 0.01 if kind == "number" else 1,
        "meaning": {"en": english, "es": spanish},
    }


def _bound(field: FieldInfo, kind: type, name: str) -> float | None:
    return next((getattr(rule, name) for rule in field.metadata if isinstance(rule, kind)), None)
