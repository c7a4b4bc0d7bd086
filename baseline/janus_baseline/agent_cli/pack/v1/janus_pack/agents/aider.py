"""aider: one answer of the model, whose file listings become files.

It runs no commands, so the pages that the task names are read for it. Its output is for people, so the answer
is taken from its record of what the model said.
"""

import itertools
import json
import re
from collections.abc import Iterable
from pathlib import Path

from .. import steps, tools
from ..child import Child, openai_variables
from ..order import PACK, RUN, Order

_RECORD = RUN / "aider-model.txt"
# What it says of itself, at the start and between turns.
_NOISE = re.compile(
    r"(Aider v\d|(Main |Weak |Editor )?[Mm]odel: |Git repo: |Repo-map: |Analytics have |Detected dumb"
    r"|Added .* to the chat|Tokens: |Cost: |Cost estimates|Warning: Input is not|https?://aider\.chat)"
)
_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`]+")
_MOST_PAGES = 3
_APPLIED = re.compile(r"Applied edit to (.+)")
_RESPONSE = "LLM RESPONSE "
_SAID = "ASSISTANT "


def run(order: Order) -> int:
    _forestall_the_price_list()
    child = Child([*_command(order), *_pages(order.task)], _variables(order))
    numbers = itertools.count(1)
    edited: list[str] = []
    last = ""
    for line in child:
        if applied := _APPLIED.fullmatch(line):
            edited.append(applied[1])
            tool = steps.Tool(f"edit_{next(numbers)}", "edit", {"path": applied[1]})
            tool.end("", ok=True)
        elif not _NOISE.match(line) and (line or last):
            steps.reasoning(line + "\n")
            last = line
    steps.answer(_without_listings(_last_said(_RECORD), edited))
    return child.exit_code()


def _command(order: Order) -> list[str]:
    task = RUN / "aider-task.md"
    task.write_text(order.task, encoding="utf-8")
    return [
        *("aider", "--model", f"openai/{order.model}", "--message-file", str(task)),
        *("--read", str(PACK / "SYSTEM.md")),
        *("--yes-always", "--no-git", "--no-pretty", "--no-fancy-input", "--map-tokens", "0"),
        *("--analytics-disable", "--no-check-update", "--no-show-release-notes", "--no-show-model-warnings"),
        *("--no-detect-urls", "--no-suggest-shell-commands", "--no-auto-lint", "--no-gitignore"),
        *("--llm-history-file", str(_RECORD)),
        *(
            "--chat-history-file",
            str(RUN / "aider-chat.md"),
            "--input-history-file",
            str(RUN / "aider-input"),
        ),
        *order.inputs,
    ]


def _pages(task: str) -> list[str]:
    """Arguments that show it the first pages of the task."""
    arguments = []
    addresses = dict.fromkeys(found.rstrip(".,;:!?") for found in _ADDRESS.findall(task))
    for number, address in enumerate(list(addresses)[:_MOST_PAGES], start=1):
        tool = steps.Tool(f"fetch_{number}", "fetch", {"url": address})
        try:
            text = tools.page(address)
        except tools.Refused as refused:
            tool.end(str(refused), ok=False)
            steps.reasoning(f"Could not read {address}: {refused}\n")
            continue
        tool.end(text, ok=True)
        page = RUN / f"page-{number}.md"
        page.write_text(text, encoding="utf-8")
        arguments += ["--read", str(page)]
    return arguments


def _variables(order: Order) -> dict[str, str]:
    return {**openai_variables(order.base_url), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


def _forestall_the_price_list() -> None:
    """A fresh cache keeps it from fetching prices, for which it would wait."""
    cache = Path.home() / ".aider" / "caches" / "model_prices_and_context_window.json"
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps({"none": {}}), encoding="utf-8")


def _last_said(record: Path) -> str:
    """The model's last turn; each of its lines bears the speaker's name."""
    if not record.is_file():
        return ""
    lines = record.read_text(encoding="utf-8", errors="replace").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(_RESPONSE)]
    if not starts:
        return ""
    said = [line[len(_SAID) :] for line in lines[starts[-1] :] if line.startswith(_SAID.rstrip() + " ")]
    return "\n".join(said)


def _without_listings(text: str, edited: Iterable[str]) -> str:
    """The words around the listings of files, which the user gets as files."""
    for path in edited:
        listing = rf"^{re.escape(path)}\n(`{{3,}})[^\n]*\n.*?^\1[ \t]*$\n?"
        text = re.sub(listing, "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
