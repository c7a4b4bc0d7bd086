"""The registry file: what is taken from it, and where and why it is refused as a whole."""

from pathlib import Path

import pytest

from janus_router.registry_file import RegistryInvalid, content, parse_file

PATH = Path("competitors.yaml")


def parse(text: str | bytes):
    return parse_file(text.encode() if isinstance(text, str) else text, PATH, "janus")


def test_an_entry_has_defaults_for_all_but_id_and_url():
    (entry,) = parse("competitors:\n- id: a\n  url: grpc://h:1\n")

    assert (entry.models, entry.weight, entry.max_concurrency, entry.description) == ((), 1.0, 64, "")
    assert entry.native
    assert entry.own_model == "a"


def test_an_entry_may_say_more():
    (entry,) = parse(
        """
competitors:
  - id: my-agent
    url: https://agents.example/base   # behind a shim
    models: [my-agent-fast, "org/model:tag"]
    weight: 2.5
    max_concurrency: 0x10
    description: >-
      does
      things
    shim: shim-2:50052
"""
    )

    assert entry.models == ("my-agent-fast", "org/model:tag")
    assert (entry.weight, entry.max_concurrency) == (2.5, 16)
    assert (entry.description, entry.shim) == ("does things", "shim-2:50052")
    assert entry.own_model == "my-agent-fast"
    assert not entry.native


def test_the_order_of_the_file_is_kept_and_competitors_may_share_a_model():
    entries = parse(
        "competitors: [{id: b, url: 'http://h', models: [m]}, {id: a, url: 'http://h', models: [m]}]"
    )

    assert [entry.id for entry in entries] == ["b", "a"]


def test_an_empty_list_is_valid_because_competitors_may_register_themselves():
    assert parse("competitors: []\n") == ()


ONE = "competitors:\n  - id: a\n    url: http://h\n"
TWO = ONE + "  - id: b\n    url: http://h\n"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("competitors: [\n", 2, "expected the node content"),
        ("competitors:\n\t- id: a\n", 2, "cannot start any token"),
        ("competitors: []\ncompetitors: []\n", 2, 'duplicate key "competitors"'),
        (ONE + "    url: http://other\n", 4, 'duplicate key "url"'),
        (ONE + "---\nmore: 1\n", 4, "another document"),
        (b"competitors:\n- id: a\n  url: \xff\n", 3, "not UTF-8"),
        ("competitors:\n- id: \x01\n", 2, "special characters"),
        ("competitors: " + "[" * 1_000, 1, "no YAML that can be read"),
        ("", 1, "must be a mapping with the key `competitors`"),
        ("- id: a\n", 1, "must be a mapping"),
        ("{}", 1, "must have the key `competitors`"),
        ("competitors: []\ncompetitor: []\n", 2, "did you mean `competitors`?"),
        ("competitors:\n", 1, "competitors: must be a list"),
        ("# who\ncompetitors: {a: 1}\n", 2, "competitors: must be a list"),
        ("competitors:\n  - a\n", 2, "competitors[0]: a competitor must be a mapping"),
        ("competitors:\n  - url: http://h\n", 2, "competitors[0].id: is missing"),
        ("competitors:\n  - id: a\n", 2, "competitors[0].url: is missing"),
        (ONE + "    modles: [x]\n", 4, "competitors[0].modles: unknown key; did you mean `models`?"),
        (ONE + "    colour: red\n", 4, "unknown key; known: id, url, models"),
        (ONE + "    1: red\n", 4, "unknown key"),
        (ONE.replace("id: a", "id: -a"), 2, "competitors[0].id: must be 1 to 64 of"),
        (ONE.replace("id: a", "id: " + "x" * 65), 2, "must be 1 to 64 of"),
        (ONE.replace("id: a", "id: 7"), 2, "competitors[0].id: must be a valid string"),
        (ONE.replace("id: a", "id:"), 2, "competitors[0].id: must be a valid string"),
        (ONE.replace("id: a", "id: janus"), 2, "`janus` is the router's default model"),
        (ONE.replace("id: a", "id: a b"), 2, "competitors[0].id: must be"),
        (ONE.replace("http://h", "ftp://h"), 3, "must begin with http://, https:// or grpc://"),
        (ONE.replace("http://h", "h:80"), 3, "must begin with http://"),
        (ONE.replace("http://h", "http://h:0"), 3, "has port 0"),
        (ONE.replace("http://h", "http://h:65536"), 3, "is no address: Port out of range"),
        (ONE.replace("http://h", "http://h:eighty"), 3, "is no address: Port could not be cast"),
        (ONE.replace("http://h", "http://"), 3, "has no valid host"),
        (ONE.replace("http://h", '"http://a b"'), 3, "has no valid host"),
        (ONE.replace("http://h", "http://user:secret@h"), 3, "must not carry credentials"),
        (ONE.replace("http://h", "http://h/?q=1"), 3, "neither query nor fragment"),
        (ONE.replace("http://h", "grpc://h"), 3, "must have the form grpc://host:port"),
        (ONE.replace("http://h", "grpc://h:1/path"), 3, "must have the form grpc://host:port"),
        (ONE.replace("http://h", "[http://h]"), 3, "competitors[0].url: must be a valid string"),
        (ONE + "    weight: 0\n", 4, "competitors[0].weight: must be greater than 0"),
        (ONE + "    weight: -1.5\n", 4, "must be greater than 0"),
        (ONE + "    weight: .nan\n", 4, "competitors[0].weight: must be a finite number"),
        (ONE + "    weight: heavy\n", 4, "competitors[0].weight: must be a valid number"),
        (ONE + "    weight: true\n", 4, "competitors[0].weight: must be a valid number"),
        (ONE + "    max_concurrency: 0\n", 4, "max_concurrency: must be greater than or equal to 1"),
        (ONE + "    max_concurrency: 1.5\n", 4, "max_concurrency: must be a valid integer"),
        (ONE + "    models: m\n", 4, "competitors[0].models: must be a valid tuple"),
        (ONE + "    models:\n      - ok\n      - 3\n", 6, "competitors[0].models[1]: must be a valid string"),
        (ONE + "    models: ['a b']\n", 4, "competitors[0].models[0]: must be 1 to 256 visible"),
        (ONE + "    models: ['']\n", 4, "must be 1 to 256 visible"),
        (ONE + "    models: [m, m]\n", 4, "`m` stands there twice"),
        (ONE + "    models: [janus]\n", 4, "`janus` is the router's default model"),
        (ONE + "    description: [x]\n", 4, "competitors[0].description: must be a valid string"),
        (ONE + "    shim: http://h:1\n", 4, "competitors[0].shim: must have the form host:port"),
        (ONE + "    shim: h:70000\n", 4, "must have the form host:port"),
        (ONE.replace("http://h", "grpc://h:1") + "    shim: h:1\n", 4, "a grpc:// competitor has no shim"),
        (TWO.replace("id: b", "id: a"), 4, "competitors[1].id: `a` is there already"),
        (TWO + "    models: [x, a]\n", 6, "competitors[1].models[1]: `a` is the id of another competitor"),
        (
            ONE + "    models: [b]\n  - id: b\n    url: http://h\n",
            5,
            "competitors[1].id: `b` is a model of `a`",
        ),
    ],
)
def test_an_invalid_file_is_refused_with_line_and_reason(text, line, reason):
    with pytest.raises(RegistryInvalid) as caught:
        parse(text)

    assert str(caught.value).startswith(f"competitors.yaml:{line}: ")
    assert reason in str(caught.value)


def test_a_missing_file_is_refused_with_the_system_s_reason(tmp_path):
    with pytest.raises(RegistryInvalid, match=r"nowhere\.yaml:0: cannot be read: No such file"):
        content(tmp_path / "nowhere.yaml")
