"""How the wake phrases are said, in the sounds of English that the speech model knows.

Spanish is only near: English has no rolled r, no pure vowels and no soft b, d and g.
"""

from collections.abc import Mapping

from lipgate.desktop.kiosk.recogniser import Pronunciations

SOUNDS = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW", "B", "CH", "D", "DH", "F"),
    *("G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH"),
)
"""The sounds of English: vowels, then consonants."""

WAKE_PHRASES: Mapping[str, tuple[str, ...]] = {"en": ("verify", "my", "identity"), "es": ("verifica", "mi", "identidad")}

WAKE_WORDS: Mapping[str, Pronunciations] = {
    "en": {
        "verify": ("V EH R AH F AY",),
        "my": ("M AY",),
        "identity": ("AY D EH N T AH T IY", "AY D EH N AH T IY", "AY D EH N T IH T IY"),
    },
    "es": {
        "verifica": ("B EH R IY F IY K AA", "V EH R IY F IY K AA", "B EH D IY F IY K AA", "B EH R IY F IY K AH"),
        "mi": ("M IY",),
        "identidad": ("IY D EH N T IY D AA D", "IY DH EH N T IY DH AA DH", "IY D EH N T IY D AA", "IY D EH N T IY D AA DH"),
    },
}
