"""Text from elsewhere is made one printable line of bounded length."""

import pytest

from janus_mesh.plain_text import clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("  two\n lines\t", "two lines"),
        ("a\x1b[31mred\x00", "a [31mred"),
        ("\u202eevil", "evil"),
        ("\u2028x\u2029", "x"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
        ("12345678901", "123456789…"),
        ("1234567890", "1234567890"),
        ("\ud83d", ""),
        (" " * 100 + "x", "…"),
    ],
)
def test_text_is_cleaned(text, cleaned):
    assert clean(text, 22 if "family" in text or "[31" in text or "lines" in text else 10) == cleaned
