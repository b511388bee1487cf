# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the REST API of AWX: keeps what it is given, refuses what AWX refuses, and records every request.

As much of it as the modules of awx.awx use: lists with filters, details, associations, surveys, approvals. Answers are
shaped like those of AWX 24.6.1 (``/api/v2/``, header ``X-API-Product-Version``).
"""

from __future__ import annotations

import asyncio
import json
import threading
import typing as t

from aiohttp import web

from tests.awx.objects import KINDS, UNIFIED, Item, refusals, shown, survey_problem

API = "/api/v2/"
START_LIMIT = 30.0
TOKEN = "standin-token"
WRITES = ("POST", "PATCH", "DELETE", "PUT")


class StandIn:
    """The stand-in on a free loopback port, in a thread: ``with StandIn(playbooks) as awx: awx.url``."""

    def __init__(self, playbooks: t.Collection[str]) -> None:
        """Take the names of the playbook files that every project has."""
        self.url = ""
        self.requests: list[tuple[str, str, t.Any]] = []
        self._playbooks = playbooks
        self._objects: dict[str, dict[int, Item]] = {kind: {} for kind in KINDS}
        self._links: dict[tuple[str, int, str], list[int]] = {}
        self._surveys: dict[tuple[str, int], Item] = {}
        self._last = 0
        self._stop: t.Callable[[], None] = lambda: None
        for kind, name in (("organizations", "Default"), ("notification_templates", "chat")):
            self._keep(kind, {"name": name})
        self._keep("credential_types", {"name": "Machine", "kind": "ssh", "managed": True, "inputs": {"fields": []}})

    def __enter__(self) -> StandIn:
        """Start serving."""
        loop, ended, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
        thread = threading.Thread(target=lambda: loop.run_until_complete(self._serve(ready, ended)), daemon=True)
        thread.start()
        if not ready.wait(START_LIMIT):
            raise RuntimeError("The stand-in of AWX did not start.")

        def stop() -> None:
            loop.call_soon_threadsafe(ended.set)
            thread.join(START_LIMIT)
            loop.close()

        self._stop = stop
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop serving."""
        self._stop()

    def all(self, kind: str) -> dict[str, Item]:
        """Give the objects of a kind, secrets included, by name (a node by its identifier)."""
        return {item.get("name") or item["identifier"]: item for item in self._objects[kind].values()}

    def linked(self, kind: str, name: str, which: str) -> list[str]:
        """Give the names of what one of an object's lists holds."""
        found = self._links.get((kind, self.all(kind)[name]["id"], which), [])
        pool = {number: item for items in self._objects.values() for number, item in items.items()}
        return [pool[number].get("name") or pool[number]["identifier"] for number in found]

    def survey(self, name: str) -> Item:
        """Give the survey of a job template."""
        return self._surveys["job_templates", self.all("job_templates")[name]["id"]]

    def writes(self) -> list[tuple[str, str]]:
        """Give method and path of every request that could change something."""
        return [(method, path) for method, path, _body in self.requests if method in WRITES]

    async def _serve(self, ready: threading.Event, ended: asyncio.Event) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            ready.set()
            await ended.wait()
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        body = json.loads(text) if text and request.method != "GET" else None
        self.requests.append((request.method, request.path, body))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, answer = 401, {"detail": "Authentication credentials were not provided."}
        else:
            status, answer = self._routed(request.method, request.path, dict(request.query), body)
        headers = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
        if answer is None:
            return web.Response(status=status, headers=headers)
        return web.json_response(answer, status=status, headers=headers)

    def _routed(self, method: str, path: str, query: dict[str, str], body: t.Any) -> tuple[int, t.Any]:
        parts = path.removeprefix(API).strip("/").split("/")
        if not path.startswith(API) or not path.endswith("/"):
            return 404, {"detail": "Not found."}
        if parts[0] == "project_updates":
            return 200, {"id": int(parts[1]), "status": "successful", "finished": "now", "failed": False}
        if parts[0] == "unified_job_templates" and method == "GET":
            return self._list(UNIFIED, query)
        kind = parts[0]
        if kind not in KINDS:
            return 404, {"detail": "Not found."}
        if len(parts) == 1:
            return self._list((kind,), query) if method == "GET" else self._make(kind, body)
        number = int(parts[1])
        if number not in self._objects[kind]:
            return 404, {"detail": "Not found."}
        if len(parts) == 2:
            return self._detail(method, kind, number, body)
        if parts[2] == "survey_spec" and KINDS[kind].survey:
            return self._survey(method, kind, number, body)
        if parts[2] == "create_approval_template" and kind == "workflow_job_template_nodes":
            return self._approval(number, body)
        if parts[2] in KINDS[kind].lists:
            return self._association(method, (kind, number, parts[2]), body)
        return 404, {"detail": "Not found."}

    def _list(self, kinds: t.Collection[str], query: dict[str, str]) -> tuple[int, t.Any]:
        for paging in ("page", "page_size"):
            query.pop(paging, None)
        found = [
            self._shown(kind, item)
            for kind in kinds
            for item in self._objects[kind].values()
            if all(str(item.get(name, "")).lower() == value.lower() for name, value in query.items())
        ]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _make(self, kind: str, body: Item) -> tuple[int, t.Any]:
        wrong = self._wrong(kind, body)
        if wrong:
            return 400, wrong
        made = self._keep(kind, body)
        if kind == "projects":
            # A new project is fetched at once; the module waits for that.
            made["summary_fields"] = {"current_update": {"id": made["id"]}}
            made["scm_revision"] = "0" * 40
        return 201, self._shown(kind, made)

    def _keep(self, kind: str, fields: Item) -> Item:
        self._last += 1
        url = f"{API}{kind}/{self._last}/"
        related = {name: f"{url}{name}/" for name in KINDS[kind].lists}
        if KINDS[kind].survey:
            related["survey_spec"] = f"{url}survey_spec/"
        fixed = {"id": self._last, "url": url, "type": KINDS[kind].type, "related": related, "summary_fields": {}}
        self._objects[kind][self._last] = {**fields, **fixed}
        return self._objects[kind][self._last]

    def _wrong(self, kind: str, item: Item, number: int | None = None) -> Item:
        for name, target in KINDS[kind].references.items():
            kinds = UNIFIED if target == "unified_job_templates" else (target,)
            if item.get(name) is not None and not any(item[name] in self._objects[each] for each in kinds):
                return {name: [f'Invalid pk "{item[name]}" - object does not exist.']}
        same = [
            other
            for key, other in self._objects[kind].items()
            if key != number and all(other.get(name) == item.get(name) for name in KINDS[kind].unique)
        ]
        if same and KINDS[kind].unique:
            return {"__all__": [f"{KINDS[kind].type} with this {', '.join(KINDS[kind].unique)} already exists."]}
        return dict(refusals(kind, item, self._playbooks, self._type_of))

    def _detail(self, method: str, kind: str, number: int, body: t.Any) -> tuple[int, t.Any]:
        item = self._objects[kind][number]
        if method == "PATCH":
            wrong = self._wrong(kind, {**item, **body}, number)
            if wrong:
                return 400, wrong
            item.update(body)
        elif method == "DELETE":
            used = kind == "credential_types" and any(
                each["credential_type"] == number for each in self._objects["credentials"].values()
            )
            if used:
                return 403, {"detail": "Credential types that are in use cannot be deleted."}
            self._remove(kind, number)
            return (202 if kind == "inventories" else 204), None
        return 200, self._shown(kind, item)

    def _remove(self, kind: str, number: int) -> None:
        del self._objects[kind][number]
        for other, field in KINDS[kind].cascades.items():
            for key in [key for key, item in self._objects[other].items() if item.get(field) == number]:
                self._remove(other, key)

    def _association(self, method: str, place: tuple[str, int, str], body: t.Any) -> tuple[int, t.Any]:
        held = self._links.setdefault(place, [])
        if method == "GET":
            return 200, {"count": len(held), "next": None, "results": [{"id": number} for number in held]}
        if body.get("disassociate"):
            held.remove(body["id"])
            return 204, None
        if place[2] == "credentials":
            types = [self._objects["credentials"][number]["credential_type"] for number in (*held, body["id"])]
            if len(set(types)) < len(types):
                return 400, {"error": "Cannot assign multiple credentials of one type."}
        if place[2].endswith("_nodes"):
            taken = [self._links.get((*place[:2], other), []) for other in KINDS[place[0]].lists]
            if body["id"] == place[1] or any(body["id"] in others for others in taken):
                return 400, {"Error": "Relationship not allowed."}
        held.append(body["id"])
        return 204, None

    def _survey(self, method: str, kind: str, number: int, body: t.Any) -> tuple[int, t.Any]:
        if method == "POST":
            problem = survey_problem(body)
            if problem:
                return 400, {"error": problem}
            self._surveys[kind, number] = body
            return 200, None
        return 200, self._surveys.get((kind, number), {})

    def _approval(self, number: int, body: Item) -> tuple[int, t.Any]:
        made = self._keep("workflow_approval_templates", body)
        node = self._objects["workflow_job_template_nodes"][number]
        node["unified_job_template"] = made["id"]
        node["related"]["unified_job_template"] = made["url"]
        return 201, made

    def _shown(self, kind: str, item: Item) -> Item:
        return shown(kind, item, self._type_of)

    def _type_of(self, number: int) -> Item:
        return self._objects["credential_types"][number]
