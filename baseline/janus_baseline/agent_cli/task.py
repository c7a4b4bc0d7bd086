"""A conversation as an agent is given it: a task in words, and the files that came along."""

from collections.abc import Sequence
from dataclasses import dataclass

from .conversation import Conversation
from .pack import TASK, PackFile
from .turns import Attachment, Turn

INPUTS = "/workspace/inputs"
# What goes to an agent on its command line, which the kernel bounds.
_MOST_WORDS = 60_000
_INSTRUCTING = ("system", "developer")
_TRANSCRIPT = "conversation.md"


@dataclass(frozen=True, slots=True)
class Task:
    """What an agent is to do, and the files that came with it."""

    words: str
    inputs: tuple[PackFile, ...] = ()

    @property
    def files(self) -> tuple[PackFile, ...]:
        """All of it as files of the sandbox."""
        return (PackFile(TASK, self.words.encode(errors="replace")), *self.inputs)


def task_of(conversation: Conversation) -> Task:
    """Raises `InvalidRequest` for an attachment that cannot be read."""
    question = conversation.question
    earlier = [turn for turn in conversation.turns if turn is not question]
    files = _files([one for turn in conversation.turns for one in turn.attachments])
    rules = "\n\n".join(turn.text for turn in earlier if turn.role in _INSTRUCTING)
    talk = _transcript([turn for turn in earlier if turn.role not in _INSTRUCTING])
    words = _sections(rules, talk, question, [file.path for file in files])
    if len(words.encode(errors="replace")) > _MOST_WORDS:
        whole = PackFile(f"{INPUTS}/{_TRANSCRIPT}", words.encode(errors="replace"))
        beginning = words.encode(errors="replace")[:_MOST_WORDS].decode(errors="ignore")
        words = f"{beginning}\n\n(This was cut off. All of it stands in {whole.path}; read it first.)"
        files = (*files, whole)
    return Task(words, files)


def _sections(rules: str, talk: str, question: Turn, paths: Sequence[str]) -> str:
    links = "\n".join(f"- {link}" for turn in (question,) for link in turn.links)
    sections = (
        ("Instructions of the application", rules),
        ("The conversation so far", talk),
        ("The task", question.text or "See the files."),
        ("Files of the user", "\n".join(f"- {path}" for path in paths)),
        ("Pictures that the user linked", links),
    )
    return "\n\n".join(f"# {title}\n\n{text}" for title, text in sections if text)


def _transcript(turns: Sequence[Turn]) -> str:
    return "\n\n".join(f"{turn.role.capitalize()}: {turn.text}" for turn in turns if turn.text)


def _files(attachments: Sequence[Attachment]) -> tuple[PackFile, ...]:
    """Each under a name of its own."""
    taken: set[str] = set()
    files = []
    for attachment in attachments:
        name, number = attachment.name, 1
        while name in taken:
            number += 1
            stem, dot, ending = attachment.name.rpartition(".")
            name = f"{stem}-{number}.{ending}" if dot and stem else f"{attachment.name}-{number}"
        taken.add(name)
        files.append(PackFile(f"{INPUTS}/{name}", attachment.content()))
    return tuple(files)
