"""Measurements with bounds: `python -m benchmarks.NAME [--quick] [--json] [--first-seed N]`."""
