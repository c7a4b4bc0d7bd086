"""Runs inside mini-swe-agent, which finds this class by its configuration, and tells each of its turns."""

from typing import Any

from minisweagent.agents.default import DefaultAgent
from minisweagent.exceptions import Submitted

from .. import steps
from ..order import PACK

_SHELL = "bash"


class StepAgent(DefaultAgent):  # type: ignore[misc]  # it is there in its own environment alone
    """mini-swe-agent's own loop; what is added only speaks."""

    def run(self, task: str = "", **variables: Any) -> dict[str, Any]:
        system = (PACK / "SYSTEM.md").read_text(encoding="utf-8")
        ended: dict[str, Any] = super().run(task, janus_system=system, **variables)
        if submission := str(ended.get("submission") or "").strip():
            steps.answer(submission)
        else:
            steps.reasoning(f"The agent stopped: {ended.get('exit_status') or 'without an answer'}.\n")
        return ended

    def query(self) -> dict[str, Any]:
        message: dict[str, Any] = super().query()
        if text := message.get("content"):
            steps.reasoning(f"{text}\n")
        return message

    def execute_actions(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        outputs: list[dict[str, Any]] = []
        for action in message.get("extra", {}).get("actions", []):
            tool = steps.Tool(
                f"{_SHELL}_{len(self.messages)}_{len(outputs)}", _SHELL, {"command": action["command"]}
            )
            try:
                output = self.env.execute(action)
            except Submitted:
                tool.end("", ok=True)
                raise
            tool.end(output.get("output", ""), ok=output.get("returncode") == 0)
            outputs.append(output)
        seen = self.model.format_observation_messages(message, outputs, self.get_template_vars())
        added: list[dict[str, Any]] = self.add_messages(*seen)
        return added
