"""The rules by which a question goes to the model at once or to an agent. The first that fits decides.

They look at what the user said last, without asking anybody: the same question has the same path. English
words alone are known; for the rest there is the second opinion.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .conversation import Conversation
from .verdict import Path, Verdict

_ENDING = (
    r"(?:csv|tsv|json|ya?ml|toml|xml|html?|css|md|txt|pdf|png|jpe?g|svg|gif|py|js|ts|sh|c|cpp|rs|go|java|ipynb"
    r"|xlsx?|docx?|pptx?|zip|tar|gz|sql|db|sqlite|wav|mp3)"
)
_FILE_NAME = rf"\b[\w-]+\.{_ENDING}\b"
_MAKE = (
    r"(?:write|create|generate|make|produce|build|draw|plot|render|export|save|prepare|convert|compile|put"
    r"|give me)"
)
_THING = (
    r"(?:files?|scripts?|programs?|apps?|applications?|web ?sites?|web ?pages?|spreadsheets?|charts?|plots?"
    r"|graphs?|diagrams?|pdfs?|csvs?|pngs?|svgs?|slides?|presentations?|archives?|zips?|data ?sets?|bots?"
    r"|repositor(?:y|ies)|dashboards?|cli|command[- ]line tools?|notebooks?|games?|packages?|modules?)"
)
_RUN = r"(?:run|execute|debug|test|benchmark|profile|refactor|lint|install|deploy|reproduce|simulate)"
_CODE = (
    r"(?:code|scripts?|programs?|tests?|repo(?:sitory)?|command|project|code ?base|module|package|notebook)"
)
_LOOK = (
    r"\b(?:search (?:the )?(?:web|internet|online)|look (?:it |this |that )?up (?:online|on the web)|google"
    r"|browse|scrape|crawl|download|do (?:some |deep )?research|research (?:the|this|and|on)|find sources"
    r"|latest news|cite (?:your )?sources)\b"
)
_STEPS = re.compile(r"^\s*(?:\d+[.)]|[-*])\s+\S", re.MULTILINE)
_SEQUENCE = r"\bfirst\b.{3,400}\b(?:then|next|after that|afterwards|finally)\b"
_FEWEST_STEPS = 3


def _pattern(expression: str) -> Callable[[str], bool]:
    compiled = re.compile(expression, re.IGNORECASE | re.DOTALL)
    return lambda text: compiled.search(text) is not None


_makes_a_named_file = _pattern(rf"\b{_MAKE}\b.{{0,120}}{_FILE_NAME}")
_makes_a_thing = _pattern(rf"\b{_MAKE}\b(?:\W+\w+){{0,5}}?\W+{_THING}\b")
_runs_code = _pattern(rf"\b{_RUN}\b(?:\W+\w+){{0,4}}?\W+{_CODE}\b")
_looks_up = _pattern(_LOOK)
_in_sequence = _pattern(_SEQUENCE)
_reads_a_page = _pattern(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: a question that fits goes this way."""

    name: str
    path: Path
    reason: str
    fits: Callable[[str], bool]
    certain: bool = True


_RULES = (
    Rule("named file", Path.COMPLEX, "a file is asked for by its name", _makes_a_named_file),
    Rule("thing to make", Path.COMPLEX, "something is to be made that is more than text", _makes_a_thing),
    Rule("code to run", Path.COMPLEX, "code is to be run", _runs_code),
    Rule("web", Path.COMPLEX, "it needs to be looked up", _looks_up),
    Rule("page", Path.COMPLEX, "a page is to be read", _reads_a_page),
    Rule(
        "steps",
        Path.COMPLEX,
        "it has several steps",
        lambda text: len(_STEPS.findall(text)) >= _FEWEST_STEPS or _in_sequence(text),
        certain=False,
    ),
)


def judge(conversation: Conversation, *, long_characters: int) -> Verdict:
    """The rules' verdict on what a client asks without demanding a path. Raises `InvalidRequest`."""
    if field := conversation.bound_to_the_model:
        return Verdict(Path.FAST, "model only", f"only the model itself can honour {field}")
    question = conversation.question
    if question.documents:
        return Verdict(Path.COMPLEX, "attachment", "a file came along")
    for rule in _RULES:
        if rule.fits(question.text[:long_characters]):
            return Verdict(rule.path, rule.name, rule.reason, rule.certain)
    if len(question.text) > long_characters:
        return Verdict(
            Path.COMPLEX, "length", f"it has more than {long_characters} characters", certain=False
        )
    return Verdict(Path.FAST, "none", "one call of the model answers it", certain=False)
