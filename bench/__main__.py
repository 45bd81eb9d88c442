"""``./run bench [STEP …]``: measure, print a table of ratios. Figures are kept in docs/BENCHMARKS.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.measure import Row, print_table
from bench.steps import STEPS


def main() -> None:
    """Run the named steps, or all."""
    chosen = sys.argv[1:] or list(STEPS)
    unknown = [name for name in chosen if name not in STEPS]
    if unknown:
        sys.exit(f"bench: there is no step {unknown[0]!r}; there are {', '.join(STEPS)}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        for name in chosen:
            print(f"… {name}", file=sys.stderr, flush=True)
            place = Path(folder) / name
            place.mkdir()
            rows.extend(STEPS[name](place))
    print_table(rows)


if __name__ == "__main__":
    main()
