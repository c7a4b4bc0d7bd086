"""Runs the code of an answer in a process of its own and answers calls of it, over two pipes.

The tester starts it with the source of `plain_data` before this source. It knows neither what a call should
return nor the nonce that marks results. Requests and replies are one line of JSON each.
"""

import json
import os
import sys
from typing import IO, Any

encoded: Any = globals()["encoded"]  # from `plain_data`, whose source stands before this one
decoded: Any = globals()["decoded"]


def replying(replies: IO[str], number: int, result: dict[str, Any]) -> None:
    replies.write(json.dumps({"number": number, **result}) + "\n")
    replies.flush()


def outcome(names: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    try:
        if "expression" in request:
            value = eval(request["expression"], names)
        else:
            arguments, keywords = decoded(request["arguments"])
            value = names[request["function"]](*arguments, **keywords)
    except BaseException as error:
        return {"raised": type(error).__name__}
    try:
        return {"value": encoded(value)}
    except (TypeError, ValueError, RecursionError):
        return {"raised": "NotPlainData"}


def main() -> None:
    replies = os.fdopen(int(sys.argv[1]), "w")
    requests = os.fdopen(os.dup(0), "r")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what the code prints is for people
    names: dict[str, Any] = {"__name__": "solution"}
    try:
        with open("solution.py") as file:
            exec(compile(file.read(), "solution.py", "exec"), names)
    except BaseException as error:
        replying(replies, 0, {"raised": type(error).__name__})
        return
    replying(replies, 0, {"value": encoded(None)})
    for line in requests:
        request = json.loads(line)
        replying(replies, request["number"], outcome(names, request))


main()
