# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the worst answer may cost: memory is measured at its peak, and time by the clock."""

from __future__ import annotations

import gc
import re
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.netfleet.maintenance.plugins.module_utils._errors import NoAnswer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.messages import Answer
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.strict_json import parse
from ansible_collections.netfleet.maintenance.plugins.module_utils._http.transport import MOST_BYTES
from ansible_collections.netfleet.maintenance.plugins.module_utils._oracle_sdm.documents import read
from tests.hostile.bench import Bench, Result
from tests.simulators import Simulator

MIB = 1024 * 1024
NAME = "lax-sbc-01"
READS = {"zequenze": "device_info", "oracle_sdm": "device_lock_info", "senhasegura": "pam_device_info"}

Made = t.TypeVar("Made")

# A body as long as allowed stands in memory three times while it is put together and decoded.
WIRE_PEAK = 3 * MOST_BYTES + 16 * MIB
PARSE_PEAK = 300 * MIB


def peak_of(deed: t.Callable[[], Made]) -> tuple[Made, int]:
    """Return what a deed made and by how many bytes it raised this process's most resident memory (Linux counts it)."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before = _most_resident()
    made = deed()
    return made, _most_resident() - before


def _most_resident() -> int:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def asked(bench: Bench, system: str) -> tuple[Result, int]:
    """Ask a system about one device and measure; the first look only loads what every look needs."""
    bench.run(READS[system], [NAME], timeout=0.3)
    return peak_of(lambda: bench.run(READS[system], [NAME]))


@pytest.mark.parametrize("system", READS)
@pytest.mark.row(12)
def test_a_body_without_end_costs_no_more_than_the_cap(bench: Bench, simulator: Simulator, system: str) -> None:
    bench.timeout = 3.0
    simulator.fault(system=system, method="GET", phase="after_effect", kind="endless", size=256 * MIB, times=None)
    started = time.monotonic()
    result, peak = asked(bench, system)
    assert time.monotonic() - started < 20.0
    assert result["failed"]
    assert "MiB" in result["msg"] or "time ran out" in result["msg"]
    assert peak < WIRE_PEAK


@pytest.mark.parametrize("layers", [1, 2, 5])
@pytest.mark.parametrize("system", READS)
@pytest.mark.row(13)
def test_a_bomb_is_not_unpacked_at_all(bench: Bench, simulator: Simulator, system: str, layers: int) -> None:
    bomb: dict[str, t.Any] = {"kind": "bomb", "layers": layers, "size": 96 * MIB}
    # The simulator needs a while to make it, once.
    simulator.fault(system=system, method="GET", phase="after_effect", **bomb)
    bench.run(READS[system], [NAME], timeout=60.0)
    bench.timeout = 3.0
    simulator.fault(system=system, method="GET", phase="after_effect", **bomb, times=None)
    result, peak = asked(bench, system)
    assert result["failed"]
    assert "encoded" in result["msg"]
    assert peak < 48 * MIB


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "compress", "x-gzip"])
@pytest.mark.row(13)
def test_any_encoding_but_none_is_refused(bench: Bench, simulator: Simulator, encoding: str) -> None:
    simulator.fault(
        system="zequenze", method="GET", phase="after_effect", kind="drip", seconds=0, chunk=65536,
        headers={"Content-Encoding": encoding}, times=None,
    )  # fmt: skip
    result = bench.run("device_info", [NAME])
    assert result["failed"]
    assert "encoded" in result["msg"]


def assert_is_cheap(reading: t.Callable[[], object]) -> None:
    """Assert that reading something, or refusing to, takes a bounded share of memory and time."""

    def attempt() -> bool:
        try:
            reading()
        except NoAnswer:
            return False
        return True

    started = time.process_time()
    _read, peak = peak_of(attempt)
    assert peak < PARSE_PEAK
    assert time.process_time() - started < 60.0


JSON_BOMBS = {
    "empty lists": b"[" + b"[]," * (MOST_BYTES // 3) + b"[]]",
    "small objects": b"[" + b'{"a":0},' * (MOST_BYTES // 8) + b"{}]",
    "numbers": b"[" + b"1," * (MOST_BYTES // 2) + b"1]",
    "keys": b"{" + b",".join(b'"%d":0' % number for number in range(MOST_BYTES // 14)) + b"}",
    "just below the limit": b"[" + b'{"a":[]},' * 600_000 + b"{}]",
    "one long text": b'["' + b"\xf0\x9f\x98\x80" + b"x" * (MOST_BYTES - 8) + b'"]',
    "open lists": b"[" * MOST_BYTES,
    "digits": b"[" + b"9" * (MOST_BYTES - 2) + b"]",
}


@pytest.mark.parametrize("body", JSON_BOMBS.values(), ids=JSON_BOMBS.keys())
@pytest.mark.row(12, 49)
def test_no_json_costs_more_than_a_few_times_its_size(body: bytes) -> None:
    assert_is_cheap(lambda: parse(body, "the system"))


XML_BOMBS = {
    "elements": b"<devices>" + b"<d/>" * (MOST_BYTES // 4) + b"</devices>",
    "records": b"<devices>" + b"<device><id>1</id><name>n</name></device>" * (MOST_BYTES // 41) + b"</devices>",
    "attributes": b"<devices>" + b'<d a="" b="" c="" e="" f=""/>' * (MOST_BYTES // 29) + b"</devices>",
    "one tag": b"<devices " + b" ".join(b'a%d=""' % number for number in range(MOST_BYTES // 13)) + b"/>",
    "open tags": b"<devices>" * (MOST_BYTES // 9),
    "character references": b"<devices>" + b"&#x1F600;" * (MOST_BYTES // 9) + b"</devices>",
    "comment": b"<devices><!--" + b"x" * MOST_BYTES + b"--></devices>",
    "billion laughs": b'<!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 10) for level in range(9))
    + b"]><l>&j;</l>",
    "quadratic": b'<!DOCTYPE l [<!ENTITY a "' + b"x" * 100_000 + b'">]><l>' + b"&a;" * 100_000 + b"</l>",
}


@pytest.mark.parametrize("body", XML_BOMBS.values(), ids=XML_BOMBS.keys())
@pytest.mark.row(12, 45)
def test_no_xml_costs_more_than_a_few_times_its_size(body: bytes) -> None:
    assert_is_cheap(lambda: read(Answer(200, {"content-type": "application/xml"}, body)))
