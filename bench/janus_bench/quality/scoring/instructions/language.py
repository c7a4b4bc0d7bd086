"""Which language a text is in, by its script or, in Latin letters, by its commonest words."""

import unicodedata
from typing import Final, Literal

from .check import Check
from .lengths import words_of

Language = Literal[
    "en", "de", "fr", "es", "it", "pt", "nl", "ru", "el", "ar", "he", "hi", "ja", "ko", "zh", "th"
]

_SCRIPTS: Final[dict[str, tuple[str, ...]]] = {
    "ru": ("CYRILLIC",),
    "el": ("GREEK",),
    "ar": ("ARABIC",),
    "he": ("HEBREW",),
    "hi": ("DEVANAGARI",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "ko": ("HANGUL",),
    "zh": ("CJK",),
    "th": ("THAI",),
}
_COMMON: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to in is that it was for on with as at by are this be from not you i we they",
        "de": "der die das und ist nicht ein eine ich zu den mit von auf im für sich auch es sie wir",
        "fr": "le la les et est de des un une du que pas je dans pour en qui sur nous vous il elle ce",
        "es": "el la los las y es de un una que en no por con para se del su más está son muy",
        "it": "il lo la i gli le e è di un una che non per con sono del della si da nel al mi ci",
        "pt": "o a os as e é de um uma que em não por com para do da no na se ao mais são muito",
        "nl": "de het een en is van ik niet dat te in op zijn met voor er aan wij ook naar hij",
    }.items()
}
_MOST = 5_000


class InLanguage(Check):
    """Told from a text of some words; from one or two it is a guess."""

    check: Literal["language"]
    language: Language

    def fault(self, text: str) -> str:
        said = text[:_MOST]
        if self.language in _SCRIPTS:
            share = _share_of_script(said, _SCRIPTS[self.language])
            kana = self.language != "ja" or _share_of_script(said, ("HIRAGANA", "KATAKANA")) > 0.1
            return "" if share >= 0.6 and kana else f"is not written in {self.language!r}"
        found = _by_words(said)
        return "" if found == self.language else f"is written in {found!r}, not in {self.language!r}"


def _share_of_script(text: str, scripts: tuple[str, ...]) -> float:
    letters = [character for character in text if character.isalpha()]
    named = sum(unicodedata.name(letter, "").startswith(scripts) for letter in letters)
    return named / len(letters) if letters else 0.0


def _by_words(text: str) -> str | None:
    """The language whose commonest words are the most; None when there are none, or two are equal."""
    words = [word.casefold() for word in words_of(text)]
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    first, second, *_ = sorted(counts, key=lambda language: -counts[language])
    return first if counts[first] > counts[second] else None
