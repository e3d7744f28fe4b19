"""The OpenAPI document, the words' schema and the reference page say what the server really does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import msgspec
import pytest

from s4.core.model import FACTS
from s4.picture.operation import Operation
from s4.picture.reference import render
from s4.picture.routes import OPERATIONS, create_routes, openapi_document
from s4.picture.schema import words_schema
from s4.shield.roles import PERMISSIONS, Permission, Role
from tests.picture.facts import detection, incident, measure
from tests.picture.stand import Stand

CHECKOUT = Path(__file__).resolve().parents[2]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


@pytest.mark.parametrize("document", [openapi_document(), words_schema()], ids=["openapi", "words"])
def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    assert all(resolve(document, reference) for reference in found)


def test_the_server_serves_what_the_document_says_and_nothing_else(stand: Stand) -> None:
    served = {
        (method, re.sub(r":path\}", "}", route.path))
        for route in create_routes(stand.services)
        if not route.name.startswith("page")
        for method in (route.methods or set()) - {"HEAD"}
    }
    told = {(method.upper(), path) for path, methods in openapi_document()["paths"].items() for method in methods}
    assert served == told
    assert len({row.name for row in OPERATIONS}) == len(OPERATIONS)


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.name)
def test_every_operation_says_what_it_does_and_who_may(row: Operation) -> None:
    document = openapi_document()["paths"][re.sub(r":path\}", "}", row.path)][row.method.lower()]
    assert document["summary"].endswith(".")
    assert (document["security"] == []) == (not row.session)
    if row.path not in {"/api/session", "/api/me"}:
        assert (row.needs is not None) == row.session
    assert set(re.findall(r"\{(\w+)", row.path)) == {p["name"] for p in document["parameters"] if p["in"] == "path"}


KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "array": (list,), "object": (dict,),
}  # fmt: skip


def matches(document: dict[str, Any], schema: Any, value: Any) -> bool:
    """Whether a value is what its schema says; as much of JSON Schema as our documents use."""
    if "$ref" in schema:
        return matches(document, resolve(document, schema["$ref"]), value)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        return any(matches(document, one, value) for one in options)
    right = value in schema.get("enum", [value]) and isinstance(value, KINDS.get(schema.get("type"), (object,)))
    if isinstance(value, list):
        items = schema.get("prefixItems") or [schema.get("items", {})] * len(value)
        return right and all(matches(document, *pair) for pair in zip(items, value, strict=True))
    if isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        right = right and set(schema.get("required", ())) <= set(value) <= set(known)
        return right and all(matches(document, known[name], one) for name, one in value.items())
    return right


def test_real_answers_are_what_the_document_says(stand: Stand) -> None:
    stand.record(incident(), detection(), measure())
    client, document = stand.client("supervisor"), openapi_document()
    client.post("/api/incidents/inc-1/note", json={"reason": "r"})
    for path in (
        "/api/me",
        "/api/picture",
        "/api/incidents/inc-1",
        "/api/series",
        "/api/audit",
        "/api/none",
        "/healthz",
    ):
        answer = client.get(path)
        template = path.replace("inc-1", "{id}")
        responses = document["paths"].get(template, document["paths"]["/api/me"])["get"]["responses"]
        schema = responses.get(str(answer.status_code), responses["default"])["content"]["application/json"]["schema"]
        assert matches(document, schema, answer.json()), path
        assert not matches(document, schema, {"unexpected": 1}) or schema == {}


def test_the_documents_are_served_to_everybody(stand: Stand) -> None:
    client: httpx.Client = stand.client(None)
    assert client.get("/api/openapi.json").content == msgspec.json.encode(openapi_document())
    answer = client.get("/api/words.schema.json")
    assert answer.content == msgspec.json.encode(words_schema())
    words = answer.json()
    assert {kind.__name__ for kind in FACTS.values()} <= set(words["$defs"])
    assert "Picture" in words["properties"]


def test_the_reference_page_is_up_to_date() -> None:
    page = CHECKOUT / "docs" / "reference" / "http-api.md"
    assert page.read_text(encoding="utf-8") == render(openapi_document()), (
        "run: .venv/bin/python scripts/http_api_docs.py"
    )


def test_the_reference_page_leads_nowhere_wrong() -> None:
    text = render(openapi_document())
    anchors = {heading.lower() for heading in re.findall(r"^### (\w+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#(\w+)\)", text)) <= anchors


COLUMNS = [
    {Permission.SEE_PICTURE}, {Permission.SEE_EVIDENCE}, {Permission.HANDLE_INCIDENTS}, {Permission.CLOSE_INCIDENTS},
    {Permission.APPROVE_MEASURES}, {Permission.READ_AUDIT}, {Permission.MANAGE_DEVICES, Permission.MANAGE_USERS},
]  # fmt: skip


def test_the_table_of_roles_in_the_documentation_is_the_one_that_holds() -> None:
    page = (CHECKOUT / "docs" / "how-to" / "people-and-devices.md").read_text(encoding="utf-8")
    for role in get_args(Role):
        (row,) = re.findall(rf"^\| {role} \|(.*)\|$", page, re.MULTILINE)
        told = [cell.strip() == "yes" for cell in row.split("|")]
        assert told == [column <= PERMISSIONS[role] for column in COLUMNS]
