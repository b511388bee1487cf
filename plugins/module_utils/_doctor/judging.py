# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was found to lines with a verdict. Pure functions."""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.netfleet.maintenance.plugins.module_utils._clock import iso
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.checks import Check, of_proof
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.facts import Facts, JournalFacts, SystemFacts
from ansible_collections.netfleet.maintenance.plugins.module_utils._doctor.names import Agreement, agreement
from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import (
    NotSent,
    Refused,
    SignInRefused,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._operation.proofs import (
    LIMITS,
    LOG_RIGHT,
    WILL_NOT,
    WORKS,
    Verdict,
    log_proof,
    proofs,
)
from ansible_collections.netfleet.maintenance.plugins.module_utils._text import duration

# The pre-flight refuses a larger difference, unless window_max_clock_skew says otherwise (s).
MOST_SKEW = 30.0

# A certificate that ends so soon (s) is told.
SOON = 21 * 86400.0

_VARIABLES = {
    "zequenze": "ZEQUENZE_URL and ZEQUENZE_TOKEN",
    "oracle_sdm": "ORACLE_SDM_URL, ORACLE_SDM_USERNAME and ORACLE_SDM_PASSWORD",
    "senhasegura": "SENHASEGURA_URL, SENHASEGURA_CLIENT_ID and SENHASEGURA_CLIENT_SECRET",
}

_NEEDED_FOR = {
    "zequenze": "Without it no operation can be sent, and no window runs.",
    "oracle_sdm": "Without it no device can be locked, and only windows with window_lock: none run.",
    "senhasegura": "Without it there is no inventory from the registry, and no window waits for live sessions.",
}

_WRITES = {
    "zequenze": (
        "send operations",
        "Every operation would be refused.",
        "Give the token the right to operate devices.",
    ),
    "oracle_sdm": (
        "lock devices",
        "No device would be locked, so no window works on any.",
        "Run with doctor_device=DEVICE, which locks and unlocks that one device.",
    ),
    "senhasegura": (
        "register devices",
        "The playbooks register_devices and deploy_devices would be refused. Windows only read here.",
        "Give the authorization Read and write on PAM Core, if devices are to be registered.",
    ),
}


def judge(facts: Facts) -> list[Check]:
    """Return every line, system by system."""
    lines: list[Check] = []
    for system in facts.systems:
        lines += _system(system, facts)
        if system.system == "zequenze" and system.is_read:
            lines += _sample(facts)
        if system.system == "oracle_sdm" and system.is_read:
            lines += _locks(facts)
        if system.system == "senhasegura" and system.is_read:
            lines.append(_sessions(facts))
    if len(facts.lists) > 1:
        lines.append(_names(agreement(facts.lists)))
    return [*lines, *_journal(facts.journal, facts.now), *_versions(facts)]


def _system(facts: SystemFacts, whole: Facts) -> t.Iterator[Check]:
    system, needed = facts.system, _NEEDED_FOR[facts.system]
    if facts.missing:
        cure = f"Set {_VARIABLES[system]}."
        yield Check(system, "configured", WILL_NOT, facts.missing, needed, cure)
        return
    error = facts.error
    if isinstance(error, NotSent):
        yield Check(system, "reachable", WILL_NOT, str(error), needed, "Check the address, DNS, firewall and proxy.")
        return
    took = f"The list of devices took {facts.seconds:.1f} s." if error is None else "It answers."
    yield Check(system, "reachable", WORKS, took, f"The control node reaches {facts.address}.")
    yield _certificate(facts, whole.now)
    if isinstance(error, SignInRefused):
        yield Check(system, "sign-in", WILL_NOT, str(error), needed, f"Check {_VARIABLES[system]}.")
        return
    if error is not None:
        refused = isinstance(error, Refused)
        name, cure = ("permissions", "Give the account the right to list devices.") if refused else ("devices", "")
        if refused and t.cast("Refused", error).status == 404:
            name, cure = "API", "Check the address and the version of the API."
        yield Check(system, name, WILL_NOT, str(error), needed, cure or "Try again, then look at the system itself.")
        return
    yield Check(system, "sign-in", WORKS, "The credentials are accepted.", "A run signs in once.")
    verdict: Verdict = WORKS if facts.devices else LIMITS
    cure = "" if facts.devices else "Check which devices these credentials may see."
    seen = "1 device" if facts.devices == 1 else f"{facts.devices} devices"
    yield Check(system, "permission to read", verdict, f"It lists {seen}.", "A window finds only these devices.", cure)
    yield _may_write(facts)
    yield _dialect(facts)
    yield _clock(facts)


def _certificate(facts: SystemFacts, now: float) -> Check:
    def line(verdict: Verdict, found: str, meaning: str, cure: str = "") -> Check:
        return Check(facts.system, "certificate", verdict, found, meaning, cure)

    if facts.address.startswith("http:"):
        return line(LIMITS, "No TLS.", "Whoever can read on the network reads the credentials.", "Use https.")
    if not facts.certificate_checked:
        meaning = "The credentials may go to another server."
        return line(LIMITS, "It is not checked (validate_certs is false).", meaning, "Set ca_path instead.")
    if facts.certificate_ends is None:
        return line(LIMITS, "No new connection was made, so it was not seen.", "A connection would check it.")
    left = facts.certificate_ends - now
    found = f"It is trusted and ends at {iso(facts.certificate_ends)}, in {duration(left)}."
    if left < SOON:
        return line(LIMITS, found, "From then on nothing works.", "Renew it before that.")
    return line(WORKS, found, "Connections are private, and to the right server.")


def _may_write(facts: SystemFacts) -> Check:
    deed, meaning, cure = _WRITES[facts.system]
    name = f"permission to {deed}"
    if facts.may_write == "allowed":
        return Check(facts.system, name, WORKS, "They have it.", f"The credentials may {deed}.")
    if facts.may_write == "refused":
        verdict: Verdict = LIMITS if facts.system == "senhasegura" else WILL_NOT
        return Check(facts.system, name, verdict, "It refuses them.", meaning, cure)
    found = {
        "not asked": "It was not asked.",
        "unknown": facts.may_write_problem or "It does not say.",
    }[facts.may_write]
    ask = "Set doctor_probe_writes to ask with a request that changes nothing."
    known = "Whether the credentials may do it shows when it is first done."
    if facts.system == "senhasegura" and facts.may_write == "not asked":
        cure = ask
    return Check(facts.system, name, LIMITS, found, known, cure)


def _dialect(facts: SystemFacts) -> Check:
    seen = "; ".join(f"{topic}: {way}" for topic, way in facts.dialect.items())
    found = (
        ". ".join(part for part in (facts.api, seen) if part) or "Nothing that the documentation leaves open was seen"
    )
    return Check(facts.system, "API", WORKS, f"{found}.", "The collection reads this dialect.")


def _clock(facts: SystemFacts) -> Check:
    ahead = facts.clock_ahead
    meaning = "Evidence is compared by the clock of the system, windows open by that of the control node."
    if ahead is None:
        return Check(facts.system, "clock", LIMITS, "It does not show its clock (no Date header).", meaning)
    if abs(ahead) > MOST_SKEW:
        found = f"It is at least {duration(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}."
        cure = "Set both clocks by NTP, or set window_max_clock_skew."
        return Check(facts.system, "clock", WILL_NOT, found, "The pre-flight refuses every window.", cure)
    found = (
        "No difference." if not ahead else f"It is about {duration(abs(ahead))} {'ahead' if ahead > 0 else 'behind'}."
    )
    return Check(facts.system, "clock", WORKS, found, meaning)


def _sample(facts: Facts) -> t.Iterator[Check]:
    """Return what the devices of the sample show, and which proofs follow from that."""
    seen, size = facts.sample, len(facts.sample)
    if not size:
        return
    problem = log_proof(seen)
    if problem:
        meaning = "Every operation is refused, after its device was locked."
        yield Check("zequenze", "device log", WILL_NOT, problem, meaning, LOG_RIGHT)
    else:
        found = f"It can be read: {sum(each.commands for each in seen)} commands of {size} devices in 30 days."
        yield Check("zequenze", "device log", WORKS, found, "Operations can be told from those of others.")
    shows = {
        "uptime": ("proves a restart", sum(each.uptime is not None for each in seen)),
        "status": ("shows a restart of a device without uptime", sum(each.up is not None for each in seen)),
        "status change": ("supports the proof of a restart", sum(each.last_status_change is not None for each in seen)),
        "pending settings": ("proves a sync", sum(each.pending is not None for each in seen)),
    }
    for name, (use, count) in shows.items():
        verdict: Verdict = WORKS if count == size else LIMITS
        cure = "" if verdict == WORKS else "See the proofs below."
        yield Check("zequenze", name, verdict, f"{count} of {size} devices show it.", f"It {use}.", cure)
    names = {"sync": "proof of sync", "reboot": "proof of reboot", "factory": "proof of reset"}
    for proof in proofs(tuple(names), seen):
        yield of_proof(proof, names[proof.operation])


def _locks(facts: Facts) -> t.Iterator[Check]:
    """Return what is known about Lock and Unlock, and what was learned with a device."""
    journal, learned = facts.journal, facts.learned
    if learned is not None:
        verdict: Verdict = WORKS if learned.locked and learned.unlocked and not learned.problem else WILL_NOT
        done = f"{facts.device} was locked" + (" and unlocked." if learned.unlocked else ".")
        found = learned.problem if not learned.locked else f"{done} {learned.problem}".strip()
        cure = "" if verdict == WORKS else "Check the device in the SDM console, then run the recover playbook."
        yield Check("oracle_sdm", "lock and unlock", verdict, found, "Windows lock devices with this account.", cure)
    meaning = {
        "Lock": "A lock of ours is confirmed by asking for it again. Where that is refused, the journal tells.",
        "Unlock": "A device that is free already is unlocked again without harm, or locked first to find out.",
    }
    for deed, known in (("Lock", journal.repeats_lock), ("Unlock", journal.repeats_unlock)):
        if known is None:
            cure = "Run with doctor_device=DEVICE, which locks and unlocks that one device."
            yield Check("oracle_sdm", f"repeated {deed}", LIMITS, "Not learned yet.", meaning[deed], cure)
        else:
            found = "This SDM accepts it." if known else "This SDM refuses it, and the collection copes with that."
            yield Check("oracle_sdm", f"repeated {deed}", WORKS, found, meaning[deed])
    found = {
        True: "This SDM takes as many Unlocks as Locks.",
        False: "One Unlock frees a device, however often it was locked.",
        None: "Not known. An SDM that accepts both repetitions does not show it.",
    }[journal.counts_locks]
    means = "Each device is unlocked once." if journal.counts_locks is False else "Each Lock is followed by an Unlock."
    yield Check("oracle_sdm", "counted Locks", WORKS, found, means)


def _sessions(facts: Facts) -> Check:
    if facts.sessions is None:
        meaning = "A window with window_live_sessions wait or skip starts nothing."
        cure = "Give the authorization the right to read sessions, or set window_live_sessions: ignore."
        return Check("senhasegura", "live sessions", WILL_NOT, facts.sessions_problem, meaning, cure)
    found = f"They can be read: {facts.sessions} now."
    return Check("senhasegura", "live sessions", WORKS, found, "No device is touched while someone is logged in.")


def _names(found: Agreement) -> Check:
    meaning = "A window refuses a device that one of its systems does not have, or has under another name."
    if not found.differ:
        return Check("together", "names", WORKS, f"All {found.agree} names are the same in each system.", meaning)
    said = "; ".join(each.sentence for each in found.differ[:10])
    more = f"; and {len(found.differ) - 10} more, see names" if len(found.differ) > 10 else ""
    cure = "Rename it, or set the host variable zequenze_name, sdm_name or pam_hostname."
    verdict: Verdict = LIMITS if found.agree else WILL_NOT
    text = f"{found.agree} names are the same in each system, {len(found.differ)} are not: {said}{more}."
    return Check("together", "names", verdict, text, meaning, cure)


def _journal(facts: JournalFacts, now: float) -> t.Iterator[Check]:
    def line(check: str, verdict: Verdict, found: str, meaning: str = "", cure: str = "") -> Check:
        return Check("journal", check, verdict, found, meaning, cure)

    where = "Without it nothing is locked and nothing is sent."
    if facts.throwaway:
        found = f"{facts.place} is in a container that is thrown away when the job ends."
        yield line("place", WILL_NOT, found, where, "Set NETFLEET_JOURNAL to a PostgreSQL database.")
        return
    if facts.problem:
        yield line("place", WILL_NOT, facts.problem, where, "Fix the cause, or set NETFLEET_JOURNAL to another place.")
        return
    cure = "" if facts.writable else "Give this user write permission, or set NETFLEET_JOURNAL to another place."
    if not facts.exists:
        found = f"{facts.place}: there is none yet." + ("" if facts.writable else " Its folder cannot be written.")
        yield line("place", LIMITS if facts.writable else WILL_NOT, found, "The first window makes it.", cure)
        return
    found = facts.place if facts.writable else f"{facts.place} cannot be written."
    yield line("place", WORKS if facts.writable else WILL_NOT, found, where, cure)
    if facts.is_file:
        exposed = facts.mode is not None and bool(facts.mode & 0o077)
        mode = "" if facts.mode is None else f", mode {facts.mode:04o}, {(facts.size or 0) / 1e6:.1f} MB"
        verdict: Verdict = LIMITS if exposed else WORKS
        cure = f"chmod 600 {facts.place}" if exposed else ""
        yield line("kind", verdict, f"A SQLite file{mode}.", "It serves one control node.", cure)
    else:
        yield line("kind", WORKS, "A PostgreSQL database.", "Every control node that uses it sees the same windows.")
    if facts.first_at is not None and facts.last_at is not None:
        found = f"From {iso(facts.first_at)} to {iso(facts.last_at)}, {duration(now - facts.first_at)} in all."
        yield line("age", WORKS, found, "What is in it is never sent again.")
    if facts.open_locks:
        found = "1 device is locked." if facts.open_locks == 1 else f"{facts.open_locks} devices are locked."
        cure = "Run the playbook status; if no window is running, run recover."
        yield line("locks", WORKS, found, "They are unlocked when their windows end.", cure)
    copy = "sqlite3 FILE '.backup COPY'" if facts.is_file else "pg_dump"
    yield line(
        "backup",
        WORKS,
        "Whether it is backed up cannot be seen.",
        "A lost journal forgets which locks are ours. An old copy forgets what was sent since, so never put one back "
        "while a window is open.",
        f"Back it up with {copy}, never by copying a file in use.",
    )


def _versions(facts: Facts) -> t.Iterator[Check]:
    found = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    yield Check("versions", "control node", WORKS, f"{found}.", "Give these with a question or a report of a bug.")
    software = collections.Counter(row.software for row in facts.lists.get("oracle_sdm", ()) if row.software)
    if software:
        told = ", ".join(f"{version} ({count})" for version, count in software.most_common(10))
        yield Check("versions", "devices", WORKS, f"{told}.", "The software of the devices, as SDM shows it.")
