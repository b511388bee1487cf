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
# AWX's own type of credential for itself.
OWN = "Red Hat Ansible Automation Platform"
WRITES = ("POST", "PATCH", "DELETE", "PUT")


class StandIn:
    """The stand-in on a free loopback port, in a thread: ``with StandIn(playbooks) as awx: awx.url``."""

    def __init__(self, playbooks: t.Collection[str]) -> None:
        """Take the names of the playbook files in the repository of every project; ``playbooks`` can be changed."""
        self.url = ""
        self.requests: list[tuple[str, str, t.Any]] = []
        self.playbooks = set(playbooks)
        # Who approved in each workflow job.
        self.approved_by: dict[int, str] = {}
        # What the last update of each project has found.
        self._seen: dict[int, frozenset[str]] = {}
        self._objects: dict[str, dict[int, Item]] = {kind: {} for kind in KINDS}
        self._links: dict[tuple[str, int, str], list[int]] = {}
        self._surveys: dict[tuple[str, int], Item] = {}
        self._last = 0
        self._stop: t.Callable[[], None] = lambda: None
        for kind, name in (("organizations", "Default"), ("organizations", "Two"), ("notification_templates", "chat")):
            self._keep(kind, {"name": name})
        for name, of in (("Machine", "ssh"), (OWN, "cloud")):
            self._keep("credential_types", {"name": name, "kind": of, "managed": True, "inputs": {"fields": []}})

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
        """Return the objects of a kind, secrets included, by name (a node by its identifier)."""
        return {item.get("name") or item["identifier"]: item for item in self._objects[kind].values()}

    def add(self, kind: str, **fields: t.Any) -> Item:
        """Add an object that somebody else has made; its references are names. Returns it."""
        for field, target in KINDS[kind].references.items():
            if field in fields:
                fields[field] = self.all(target)[fields[field]]["id"]
        return self._keep(kind, fields)

    def remove(self, item: Item) -> None:
        """Remove an object."""
        kind = next(kind for kind, of in KINDS.items() if of.type == item["type"])
        self._remove(kind, item["id"])

    def linked(self, kind: str, name: str, which: str) -> list[str]:
        """Return the names of what one of an object's lists holds."""
        found = self._links.get((kind, self.all(kind)[name]["id"], which), [])
        pool = {number: item for items in self._objects.values() for number, item in items.items()}
        return [pool[number].get("name") or pool[number]["identifier"] for number in found]

    def survey(self, name: str) -> Item:
        """Return the survey of a job template."""
        return self._surveys["job_templates", self.all("job_templates")[name]["id"]]

    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of every request that could change something."""
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
            answer = {"id": int(parts[1]), "status": "successful", "finished": "now", "failed": False}
            return 200, {**answer, "url": path, "scm_revision": self._revision()}
        if parts[0] in ("workflow_jobs", "workflow_approvals") and method == "GET":
            return self._approver(parts[0], int(parts[1]))
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
        if parts[2] == "update" and kind == "projects" and method == "POST":
            self._fetch(number)
            self._objects[kind][number]["scm_revision"] = self._revision()
            return 202, {"id": number, "url": f"{API}project_updates/{number}/", "status": "pending"}
        if parts[2] == "create_approval_template" and kind == "workflow_job_template_nodes":
            return self._approval(number, body)
        if parts[2] in KINDS[kind].lists:
            return self._association(method, (kind, number, parts[2]), body)
        return 404, {"detail": "Not found."}

    def _approver(self, kind: str, number: int) -> tuple[int, t.Any]:
        """Answer for the nodes of a workflow job, one of them its approval, or for that approval."""
        if number not in self.approved_by:
            return 404, {"detail": "Not found."}
        if kind == "workflow_approvals":
            return 200, {
                "id": number,
                "summary_fields": {"approved_or_denied_by": {"username": self.approved_by[number]}},
            }
        jobs = [{"id": number + 1, "type": "job", "status": "successful"}]
        jobs.append({"id": number, "type": "workflow_approval", "status": "successful"})
        return 200, {"count": 2, "next": None, "results": [{"summary_fields": {"job": job}} for job in jobs]}

    def _list(self, kinds: t.Collection[str], query: dict[str, str]) -> tuple[int, t.Any]:
        for paging in ("page", "page_size"):
            query.pop(paging, None)
        found = [
            self._shown(kind, item)
            for kind in kinds
            for item in self._objects[kind].values()
            if all(self._fits(kind, item, name, value) for name, value in query.items())
        ]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _fits(self, kind: str, item: Item, name: str, value: str) -> bool:
        """Whether an object passes a filter of a list: a field, that of a related object, or how it begins."""
        *path, last = name.split("__")
        begins = last == "startswith"
        found: t.Any = item
        for step in path if begins else [*path, last]:
            if step == "organization" and found.get("inventory") and step not in found:
                found = self._objects["inventories"][found["inventory"]]
            found = found.get(step)
            if isinstance(found, int) and path and step in KINDS[kind].references:
                found = self._objects[KINDS[kind].references[step]].get(found, {})
            elif isinstance(found, int) and step == "organization" and path:
                found = self._objects["organizations"][found]
            if found is None:
                return False
        text = str(found)
        return text.startswith(value) if begins else text.lower() == value.lower()

    def _fetch(self, project: int) -> None:
        """Fetch a project: from now on it has the playbooks that its repository has now."""
        self._seen[project] = frozenset(self.playbooks)

    def _revision(self) -> str:
        return f"{abs(hash(frozenset(self.playbooks))):040x}"[:40]

    def _make(self, kind: str, body: Item) -> tuple[int, t.Any]:
        wrong = self._wrong(kind, body)
        if wrong:
            return 400, wrong
        made = self._keep(kind, body)
        if kind == "projects":
            # A new project is fetched at once; the module waits for that.
            self._fetch(made["id"])
            made["scm_revision"] = self._revision()
            answer = self._shown(kind, made)
            return 201, answer | {"summary_fields": {"current_update": {"id": made["id"]}}}
        return 201, self._shown(kind, made)

    def _keep(self, kind: str, fields: Item) -> Item:
        self._last += 1
        url = f"{API}{kind}/{self._last}/"
        related = {name: f"{url}{name}/" for name in KINDS[kind].lists}
        if kind == "projects":
            related["update"] = f"{url}update/"
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
        playbooks = self._seen.get(item.get("project") or 0, frozenset())
        return dict(refusals(kind, item, playbooks, self._type_of))

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
        """Remove an object with what goes with it; what only used it stays behind without it."""
        del self._objects[kind][number]
        for other, field in KINDS[kind].cascades.items():
            for key in [key for key, item in self._objects[other].items() if item.get(field) == number]:
                self._remove(other, key)
        targets = (kind, "unified_job_templates") if kind in UNIFIED else (kind,)
        for every, items in self._objects.items():
            for field in [name for name, target in KINDS[every].references.items() if target in targets]:
                for item in items.values():
                    item[field] = None if item.get(field) == number else item.get(field)
        for place, held in self._links.items():
            self._links[place] = [each for each in held if each != number]

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
        names = {}
        for field, target in KINDS[kind].references.items():
            other = self._objects.get(target, {}).get(item.get(field) or 0)
            if field in ("organization", "credential_type") and other is not None:
                names[field] = {"id": other["id"], "name": other["name"]}
        return shown(kind, item, self._type_of) | {"summary_fields": {**item["summary_fields"], **names}}

    def _type_of(self, number: int) -> Item:
        return self._objects["credential_types"][number]
