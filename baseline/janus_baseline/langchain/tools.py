"""What the agent can do beside talking: search, read pages, keep texts and find them again."""

from collections.abc import Awaitable, Callable

from langchain_core.tools import BaseTool, StructuredTool

from .platform import PlatformCalls

_PAGE_CHARACTERS = 8_000
_COLLECTION = "notes"
_LONGEST_COMPLAINT = 500


def tools_over(platform: PlatformCalls) -> list[BaseTool]:
    """The tools of one request. What goes wrong is said to the model, which may try something else."""

    async def web_search(query: str) -> str:
        """Search for pages about something. Gives titles, addresses and excerpts."""
        found = await platform.post("/v1/search", {"query": query, "limit": 5})
        hits = [f"{hit['title']}\n{hit['url']}\n{hit['snippet']}" for hit in found["results"]]
        return f"Source: {found['source']}\n\n" + ("\n\n".join(hits) or "Nothing was found.")

    async def web_fetch(url: str) -> str:
        """Read one web page, given its http or https address."""
        page = await platform.post("/v1/fetch", {"url": url, "max_chars": _PAGE_CHARACTERS})
        more = "\n\n(The page goes on.)" if page["truncated"] else ""
        return f"{page['title']}\n{page['url']} (status {page['status']})\n\n{page['text']}{more}"

    async def vector_search(query: str) -> str:
        """Find notes that were kept before, by their meaning."""
        found = await platform.post(f"/v1/vectors/{_COLLECTION}/search", {"query": query, "limit": 5})
        return "\n\n".join(match["text"] for match in found["matches"]) or "There are no notes."

    async def vector_add(text: str) -> str:
        """Keep a note, to be found again by `vector_search`."""
        await platform.post(f"/v1/vectors/{_COLLECTION}/upsert", {"documents": [{"text": text}]})
        return "Kept."

    return [_tool(each) for each in (web_search, web_fetch, vector_search, vector_add)]


def _tool(work: Callable[..., Awaitable[str]]) -> BaseTool:
    tool = StructuredTool.from_function(coroutine=work, name=work.__name__, description=work.__doc__)
    tool.handle_tool_error = True
    tool.handle_validation_error = _wrong_arguments
    return tool


def _wrong_arguments(error: object) -> str:
    return f"The arguments are wrong: {error}"[:_LONGEST_COMPLAINT]
