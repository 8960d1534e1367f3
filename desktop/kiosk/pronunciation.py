"""How the digits and the wake phrases are said, in the sounds of English that the speech model knows.

Spanish is only near: English has no rolled r, no pure vowels and no soft b, d and g. That is why Spanish is never used for a
check unless somebody asks for it.
"""

from collections.abc import Mapping

from lipgate.desktop.kiosk.recogniser import Pronunciations

SOUNDS = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW", "B", "CH", "D", "DH", "F"),
    *("G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V", "W", "Y", "Z", "ZH"),
)
"""The sounds of English: vowels, then consonants."""

DIGITS: Mapping[str, Pronunciations] = {
    "en": {
        "zero": ("Z IH R OW", "Z IY R OW"),
        "oh": ("OW",),
        "one": ("W AH N", "HH W AH N"),
        "two": ("T UW",),
        "three": ("TH R IY",),
        "four": ("F AO R", "F AO"),
        "five": ("F AY V",),
        "six": ("S IH K S",),
        "seven": ("S EH V AH N",),
        "eight": ("EY T",),
        "nine": ("N AY N",),
    },
    "es": {
        "cero": ("S EH R OW", "TH EH R OW", "S EY D OW", "S EH R AO"),
        "uno": ("UW N OW", "UW N AO"),
        "dos": ("D OW S", "D AO S", "DH OW S"),
        "tres": ("T R EH S", "T R EY S", "T EH S"),
        "cuatro": ("K W AA T R OW", "K W AA T R AO", "K W AA T OW"),
        "cinco": ("S IY NG K OW", "TH IY NG K OW", "S IH NG K OW", "S IY NG G AO"),
        "seis": ("S EY S", "S EH IY S", "S EY Z"),
        "siete": ("S Y EH T EH", "S Y EH T EY", "S IY EH T EH", "S IY EH T EY"),
        "ocho": ("OW CH OW", "AO CH AO", "AO CH OW"),
        "nueve": ("N W EH V EH", "N W EH B EH", "N W EH V EY", "N UW EH V EY", "N W EH B EY"),
    },
}

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
