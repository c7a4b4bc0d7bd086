"""Texts made comparable: what differs only in spelling becomes the same.

Width, case, accents, quotation marks and other punctuation, markdown, articles and spaces make no difference.
What makes a number another number does: signs, and the point between digits.
"""

import re
import unicodedata

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_ACCENTS = re.compile("[\u0300-\u036f]")
_MINUS = re.compile("[\u2010-\u2015\u2212]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# All that is neither a letter, a mark, a digit nor a space, except a sign before and a point between digits.
_PUNCTUATION = re.compile(r"(?<![\w])-(?=\d)|(?<=\d)\.(?=\d)|[^\w\s]|_")


def normalized(text: str) -> str:
    """One line of words, separated by one space each."""
    plain = unicodedata.normalize("NFKD", text)
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", plain)).casefold()
    plain = _THOUSANDS.sub("", _MINUS.sub("-", plain).replace("'", "").replace("\u2019", ""))
    plain = _PUNCTUATION.sub(lambda found: found[0] if found[0] in "-." and _keeps(found) else " ", plain)
    words = plain.split()
    without = _ARTICLES.sub(" ", " ".join(words)).split()
    return " ".join(without or words)  # the letter A may be all that was said


def _keeps(found: re.Match[str]) -> bool:
    """Whether this point or dash belongs to a number."""
    text, at = found.string, found.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if found[0] == ".":
        return before.isdigit() and after.isdigit()
    return after.isdigit() and not (before.isalnum() or before == "_")


def contains_words(text: str, words: str) -> bool:
    """Whether `words` stand in `text` as whole words; both normalized. Scripts without spaces: anywhere."""
    if words and not words.isascii() and not _spaced(words):
        return words in text
    return f" {words} " in f" {text} "


def _spaced(text: str) -> bool:
    """Whether a script puts spaces between words; Han, Kana, Thai and their kin do not."""
    return not any(
        "\u0e00" <= character <= "\u0eff" or "\u3040" <= character <= "\u9fff" for character in text
    )
