"""The registry file: what is read from it, and where and why it is refused as a whole."""

from pathlib import Path

import pytest

from janus_mesh.registry import MissingVariable, RegistryInvalid, content, parse_file, resolve_headers

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
        ("competitors: " + "[" * 1_000, 1, "nested more than 16 deep"),
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
        (ONE.replace("http://h", "ftp://h"), 3, "must begin with http://, https://, grpc:// or grpcs://"),
        (ONE.replace("http://h", "h:80"), 3, "must begin with http://"),
        (ONE.replace("http://h", "http://h:0"), 3, "has port 0"),
        (ONE.replace("http://h", "http://h:65536"), 3, "is not a valid address: Port out of range"),
        (ONE.replace("http://h", "http://h:eighty"), 3, "is not a valid address: Port could not be cast"),
        (ONE.replace("http://h", "http://"), 3, "has no valid host"),
        (ONE.replace("http://h", '"http://a b"'), 3, "must hold visible ASCII characters only"),
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
        (ONE + "    models: [m, m]\n", 4, "`m` is listed twice"),
        (ONE + "    models: [janus]\n", 4, "`janus` is the router's default model"),
        (ONE + "    description: [x]\n", 4, "competitors[0].description: must be a valid string"),
        (ONE + "    shim: http://h:1\n", 4, "competitors[0].shim: must have the form host:port"),
        (ONE + "    shim: h:70000\n", 4, "must have the form host:port"),
        (
            ONE.replace("http://h", "grpc://h:1") + "    shim: h:1\n",
            4,
            "competitors[0].shim: is for http(s)://",
        ),
        (ONE.replace("http://h", "GRPC://h:1"), 3, "must begin with http://"),
        (ONE.replace("http://h", '"http://h\\n"'), 3, "must hold visible ASCII characters only"),
        (ONE.replace("http://h", "http://" + "a" * 64 + ".test"), 3, "has no valid host"),
        (ONE.replace("http://h", "http://h/../x"), 3, "has a path with characters"),
        (ONE.replace("http://h", "http://h/" + "x" * 3_000), 3, "must have at most 2048 characters"),
        (ONE.replace("http://h", "grpcs://h"), 3, "must have the form grpcs://host:port"),
        (ONE + '    description: "a\\e[2J"\n', 4, "description: must not hold control characters"),
        (ONE + '    description: "a\\u202e"\n', 4, "description: must not hold control characters"),
        (ONE + "    description: " + "x" * 1_001 + "\n", 4, "must have at most 1000 characters"),
        (ONE + "    models: [" + "m, " * 101 + "]\n", 4, "competitors[0].models: "),
        (ONE + "    api_key_env: A-B\n", 4, "api_key_env: must be the name of an environment variable"),
        (ONE + "    api_key_env: JANUS_PLATFORM_KEY\n", 4, "is a variable of Janus itself"),
        (ONE + "    api_key_env: SANDY_API_KEY\n", 4, "is a variable of Janus itself"),
        (ONE + "    upstream_model: a b\n", 4, "upstream_model: must be 1 to 256 visible"),
        (ONE + "    base_path: v1\n", 4, "base_path: must be a URL path that begins with `/`"),
        (ONE + "    base_path: /a/../b\n", 4, "base_path: must be a URL path"),
        (ONE + "    health_path: /up?x=1\n", 4, "health_path: must be a URL path"),
        (ONE + "    headers: [x]\n", 4, "competitors[0].headers: must be a valid dictionary"),
        (ONE + "    headers: {x-a: 1}\n", 4, "competitors[0].headers.x-a: must be a valid string"),
        (ONE + "    headers: {'a b': x}\n", 4, "is not a valid header name"),
        (ONE + "    headers: {'a\u00e9': x}\n", 4, "is not a valid header name"),
        (ONE + "    headers: {X-Janus-Token: x}\n", 4, "`x-janus-token` is set by Janus"),
        (ONE + "    headers: {Host: x}\n", 4, "`host` is set by Janus"),
        (ONE + "    headers: {content-length: '1'}\n", 4, "`content-length` is set by Janus"),
        (ONE + "    headers: {Transfer-Encoding: x}\n", 4, "`transfer-encoding` is set by Janus"),
        (ONE + "    headers: {Connection: x}\n", 4, "`connection` is set by Janus"),
        (ONE + "    headers: {Proxy-Authorization: x}\n", 4, "`proxy-authorization` is set by Janus"),
        (ONE + '    headers: {x-a: "b\\r\\nhost: c"}\n', 4, "the value of `x-a` must be"),
        (ONE + "    headers: {x-a: '\u00e9'}\n", 4, "the value of `x-a` must be"),
        (ONE + "    headers: {x-a: b, X-A: c}\n", 4, "`x-a` is given twice"),
        (ONE + "    headers: {x-a: '${B'}\n", 4, "has a `${` without its `}`"),
        (ONE + "    headers: {x-a: '${}'}\n", 4, "must be the name of an environment variable"),
        (ONE + "    headers: {x-a: '${JANUS_KEY}'}\n", 4, "is a variable of Janus itself"),
        (ONE + "    headers: {Authorization: Bearer sk-1}\n", 4, "must take its value from the environment"),
        (
            ONE + "    api_key_env: A\n    headers: {authorization: '${B}'}\n",
            5,
            "`authorization` is set by `api_key_env` already",
        ),
        (ONE + "    ca_file: ca.pem\n", 4, "ca_file: is for https:// and grpcs://; this url is http://"),
        (ONE.replace("http://h", "https://h") + "    ca_file: ''\n", 4, "must be a file's path"),
        (ONE + "    shim: h:1\n    upstream_model: m\n", 5, "this competitor has a shim of its own"),
        (ONE.replace("http://h", "grpc://h:1") + "    api_key_env: A\n", 4, "is for http(s):// competitors"),
        ("competitors: [{id: !!str a, url: 'http://h'}]\n", 1, "tags such as"),
        ("competitors: &x [*x]\n", 1, "alias `x` does not name a complete anchor"),
        ("competitors: &x [&x [*x]]\n", 1, "alias `x` does not name a complete anchor"),
        ("competitors: [&a x, &a y]\n", 1, "the anchor `a` is defined twice"),
        ("competitors: [{2001-99-99: x}]\n", 1, "not YAML that can be read"),
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


def test_a_file_that_is_too_large_is_refused_without_reading_all_of_it(tmp_path):
    file = tmp_path / "competitors.yaml"
    file.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(RegistryInvalid, match="is larger than 1048576 bytes"):
        content(file)


def test_more_entries_than_a_registry_has_are_refused():
    entries = "".join(f"- {{id: a{i}, url: 'http://h'}}\n" for i in range(1_001))
    with pytest.raises(RegistryInvalid, match=r":1002: competitors: must have at most 1000 entries"):
        parse("competitors:\n" + entries)


def test_nested_aliases_are_refused_before_they_are_expanded():
    levels = "".join(f"  - &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 30))
    text = f"competitors:\n  - &a0 [x]\n{levels}  - ? *a29\n    : x\n"
    with pytest.raises(RegistryInvalid, match=r":7: has more than 100000 values, aliases expanded"):
        parse(text)


def test_a_megabyte_of_open_brackets_is_refused():
    with pytest.raises(RegistryInvalid, match="nested more than 16 deep"):
        parse("competitors: " + "[" * 1_000_000)


def test_a_shared_part_may_be_written_once():
    first, second = parse("competitors:\n- &d {id: a, url: 'http://h', weight: 2}\n- {<<: *d, id: b}\n")
    assert (first.weight, second.weight, second.id) == (2, 2, "b")


def test_a_reason_never_holds_control_characters_or_megabytes_of_the_file():
    with pytest.raises(RegistryInvalid) as caught:
        parse('competitors:\n- {id: a, url: "http://h", "\\e[2J' + "x" * 100_000 + '": 1}\n')
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 700


def test_what_the_shim_sends_is_described_by_reference():
    (entry,) = parse(
        """
competitors:
  - id: a
    url: https://api.example
    api_key_env: EXAMPLE_KEY
    upstream_model: org/model-1
    base_path: /openai/v1
    health_path: /v1/models
    headers: {X-Tenant: "t-${TENANT}", X-Plain: "$5"}
    ca_file: authorities.pem
"""
    )
    assert entry.headers == {"x-tenant": "t-${TENANT}", "x-plain": "$5"}
    assert entry.ca_file == str(Path.cwd() / "authorities.pem")
    assert "TENANT" not in repr(entry)


def test_secrets_come_from_the_environment():
    headers = resolve_headers({"x-a": "1 ${B}"}, "KEY", {"B": "b", "KEY": " k\n"})
    assert headers == {"x-a": "1 b", "authorization": "Bearer k"}


@pytest.mark.parametrize(
    "environment", [{}, {"KEY": ""}, {"KEY": "s3cret\r\nhost: x"}, {"KEY": "s3cret\u00e9"}]
)
def test_a_variable_that_cannot_be_sent_is_named_and_its_value_is_not(environment):
    with pytest.raises(MissingVariable, match="KEY") as caught:
        resolve_headers({}, "KEY", environment)
    assert "s3cret" not in str(caught.value)
