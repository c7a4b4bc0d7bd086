"""`GET /docs`: the OpenAPI document as one page without scripts, which works offline."""

from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font: 600 1.1rem ui-monospace, monospace; border-top: 1px solid #8884; padding-top: 1.5rem; }
h2 span { display: inline-block; min-width: 4rem; color: #0a7d4b; }
td { padding: .15rem 1rem .15rem 0; vertical-align: top; }
code, td:first-child { font-family: ui-monospace, monospace; }
:root { color-scheme: light dark; }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def docs_routes(app: FastAPI) -> APIRouter:
    """The page, which is no part of the API that it describes."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()), headers={"content-security-policy": _POLICY})

    return routes


def page(document: dict[str, Any]) -> str:
    """The whole page."""
    info, schemas = document["info"], document["components"]["schemas"]
    operations = [
        _operation(method, path, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1><p>{escape(info.get('description', ''))}</p>"
        '<p>The same for programs: <a href="openapi.json">openapi.json</a></p>' + "".join(operations)
    )


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    fields = _request_fields(operation, schemas)
    answers = [(status, answer["description"]) for status, answer in operation["responses"].items()]
    return (
        f"<h2><span>{method.upper()}</span> {escape(path)}</h2>"
        f"<p><b>{escape(operation.get('summary', ''))}</b>. {escape(operation.get('description', ''))}</p>"
        + (f"<h3>Takes</h3>{_table(fields)}" if fields else "")
        + f"<h3>Answers</h3>{_table(answers)}"
    )


def _request_fields(operation: dict[str, Any], schemas: dict[str, Any]) -> list[tuple[str, str]]:
    fields = [
        (parameter["name"], parameter.get("description", f"in the {parameter['in']}"))
        for parameter in operation.get("parameters", [])
    ]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        fields += [(name, field.get("description", "")) for name, field in body["properties"].items()]
    return fields


def _table(rows: list[tuple[str, str]]) -> str:
    return (
        "<table>" + "".join(f"<tr><td>{escape(name)}<td>{escape(text)}" for name, text in rows) + "</table>"
    )
