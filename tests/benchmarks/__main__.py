# SPDX-FileCopyrightText: 2026 The netfleet.maintenance authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m tests.benchmarks [--quick] [--only a,d] [--json FILE]`: measure, print the table, write the JSON."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import tempfile
import typing as t
from pathlib import Path

from tests.benchmarks import bulk, flow, inventory, per_host, shares, window
from tests.benchmarks.sizes import QUICK, Sizes
from tests.benchmarks.stage import Stage
from tests.benchmarks.table import Row, printed, save
from tests.simulators import Simulator
from tests.tools.isolated import BUILD

PAIRS: dict[str, t.Callable[[Stage, Sizes], list[Row]]] = {
    "a": per_host.run,
    "b": bulk.run,
    "c": inventory.run,
    "d": window.run,
    "e": window.register,
    "p": shares.run,
    "w": flow.run,
}


def main(arguments: list[str]) -> int:
    """Measure what is asked for; gives 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="small numbers, one round")
    parser.add_argument("--only", default=",".join(PAIRS), help="pairs to measure, for example a,d (f comes with b)")
    parser.add_argument("--json", type=Path, default=BUILD / "bench.json", help="where the result is written")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--uri-hosts", type=int)
    asked = parser.parse_args(arguments)
    sizes = QUICK if asked.quick else Sizes()
    changes = {name: value for name in ("rounds", "uri_hosts") if (value := getattr(asked, name)) is not None}
    sizes = dataclasses.replace(sizes, **changes)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="netfleet-bench-") as folder, Simulator(process=True) as simulator:
        stage = Stage(Path(folder), simulator)
        for name in asked.only.split(","):
            print(f"Measuring pair {name} ...", file=sys.stderr, flush=True)
            rows += shares.explained(stage, sizes, PAIRS[name](stage, sizes))
            save(rows, dataclasses.asdict(sizes), asked.json)
    print(printed(rows))
    return 1 if any(row.verdict == "missed" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
