"""Playbooks of a deployment: files read, the service married to the store, documents for the doors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tenure.app.outside import invitations_of
from tenure.clock import iso
from tenure.errors import BadInput
from tenure.model.incidents import playbook_scope
from tenure.model.playbooks import PlaybookDefinition, PlaybookVersion
from tenure.parameters import ParameterSet
from tenure.playbooks import mail_layout, shipped_playbooks
from tenure.ports.executions import ExecutionFilter
from tenure.ports.subjects import Subjects
from tenure.rules.playbooks.tunables import amount
from tenure.services.content import Product, Renderer
from tenure.services.playbooks import Checked, PlaybookContext, PlaybookService, check_files
from tenure.services.playbooks.context import OpenChains

if TYPE_CHECKING:
    from tenure.app.deployment import Deployment

SHIPPED = "shipped"


def product_of(deployment: Deployment) -> Product:
    """What messages say of the venture, from `[product]`."""
    own = deployment.workspace.product
    return Product(
        name=own.name or deployment.venture.name, team=own.team, reply_to=own.reply_to, address=own.address, links=dict(own.links)
    )


def open_chains_of(deployment: Deployment) -> OpenChains:
    """Which customers have an open chain of any trigger (A6)."""

    def found(customer_ids: Sequence[str]) -> Collection[str]:
        chains = deployment.store.executions.list(deployment.venture.venture_id, ExecutionFilter(is_open=True))
        return {one.subject for one in chains}.intersection(customer_ids)

    return found


def playbook_context(
    deployment: Deployment,
    subjects: Subjects | None = None,
    *,
    open_chains: OpenChains | None = None,
    payments_are_known: Callable[[], bool] = lambda: True,
) -> PlaybookContext:
    """Everything playbooks stand on; `subjects` inside a job that has the warehouse.

    `open_chains`: of any trigger, from the store, unless given.
    `payments_are_known`: whether the venture has subscription facts at all; without them nobody's trial ended unpaid (P3).
    """
    product = product_of(deployment)
    return PlaybookContext(
        stores=deployment.store,
        venture=deployment.venture,
        parameters=deployment.parameters.current,
        product=product,
        subjects=subjects,
        renderer=Renderer(mail_layout(), product.address),
        invitations=invitations_of(deployment),
        open_chains=open_chains or open_chains_of(deployment),
        payments_are_known=payments_are_known,
    )


def playbook_service(deployment: Deployment, subjects: Subjects | None = None) -> PlaybookService:
    """The service for doors and set-up."""
    return PlaybookService(playbook_context(deployment, subjects))


def checked_files(deployment: Deployment) -> Checked:
    """Shipped playbooks and those of the workspace, checked."""
    folder = deployment.workspace.playbooks
    own = {f"playbooks/{file.name}": _text(file) for file in sorted(folder.glob("*.y*ml"))}
    return check_files(shipped_playbooks(), own, lambda path: _template(folder, path))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{file} cannot be read as text.", "Save it as UTF-8.") from None


def _template(folder: Path, path: str) -> str:
    """A template file inside the folder; anything outside of it does not exist."""
    file = (folder / path).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise FileNotFoundError(path)
    return file.read_text(encoding="utf-8-sig")


def list_document(deployment: Deployment, now_us: int) -> list[dict[str, Any]]:
    """Every playbook of files and store: what is live, what the files would change, who is in it."""
    own, store = deployment.venture.venture_id, deployment.store
    checked = checked_files(deployment)
    live = {one.key: one for one in store.playbooks.live(own)}
    counts, state = store.enrollments.counts(own), store.controls.state(own, now_us)
    keys = {one.definition.key: one.definition for one in checked.playbooks} | {key: one.definition for key, one in live.items()}
    ordered = sorted(keys.values(), key=lambda one: (one.kind.rank, -one.priority, one.key))
    return [
        _row(one, checked, live.get(one.key), counts.get(one.key, {}), state.paused(playbook_scope(one.key)) is not None)
        for one in ordered
    ]


def _row(
    definition: PlaybookDefinition, checked: Checked, live: PlaybookVersion | None, counts: Mapping[str, int], paused: bool
) -> dict[str, Any]:
    file = checked.playbook(definition.key)
    state = "paused" if paused else "draft" if live is None else "live"
    changed = live is not None and file is not None and file.digest != live.digest
    return {
        "playbook": definition.key,
        "kind": definition.kind.value,
        "title": definition.title,
        "state": state,
        "version": None if live is None else live.version,
        "live_from": None if live is None or live.live_from_us is None else iso(live.live_from_us),
        "file": None if file is None else file.file if file.is_own else f"{SHIPPED} {file.file}",
        "file_differs": changed,
        "steps": len(definition.steps),
        "enrollments": dict(counts),
    }


def definition_of(deployment: Deployment, key: str, version: int | None = None) -> tuple[PlaybookDefinition, int | None]:
    """The version named, else the live one, else what the files say (version None)."""
    own, store = deployment.venture.venture_id, deployment.store
    if version is not None:
        return store.playbooks.get(own, key, version).definition, version
    live = next((one for one in store.playbooks.live(own) if one.key == key), None)
    if live is not None:
        return live.definition, live.version
    return draft_of(deployment, key), None


def draft_of(deployment: Deployment, key: str) -> PlaybookDefinition:
    """What the files say; raises BadInput."""
    checked = checked_files(deployment)
    found = checked.playbook(key)
    if found is None:
        known = ", ".join(one.definition.key for one in checked.playbooks)
        raise BadInput(f"There is no playbook {key}.", f"There are: {known}. See `tenure playbooks check`.")
    return found.definition


def check_document(deployment: Deployment) -> dict[str, Any]:
    """What `tenure playbooks check` says."""
    checked, links = checked_files(deployment), deployment.workspace.product.links
    return {
        "ok": not checked.problems,
        "playbooks": [{"playbook": one.definition.key, "file": one.file, "digest": one.digest} for one in checked.playbooks],
        "problems": list(checked.problems),
        "links_without_address": [name for name in checked.links if name not in links],
    }


def show_document(definition: PlaybookDefinition, version: int | None, parameters: ParameterSet) -> dict[str, Any]:
    """A playbook whole, as stored, and when its steps are due with the parameters of now."""
    timeline = [
        {"step": one.step, "day": amount(one.day, parameters), "hours": amount(one.hours, parameters)} for one in definition.steps
    ]
    return {"version": version, "timeline": timeline, **msgspec.to_builtins(definition)}
