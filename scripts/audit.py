"""Look for known holes in what is installed: `python scripts/audit.py`, a part of `make lint`.

Where the registry does not answer, or does not know a package, that is said and nothing fails.
"""

import json
import subprocess
import sys

COMMAND = ["pip_audit", "--skip-editable", "--progress-spinner", "off", "--format", "json"]


def main() -> int:
    """0 unless there is a known hole."""
    done = subprocess.run([sys.executable, "-m", *COMMAND], capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = done.stderr.strip().splitlines()[-1:] or ["no answer"]
        print(f"audit: nothing could be looked up ({last[0][:200]})")
        return 0
    found = [(package, hole) for package in packages for hole in package.get("vulns", ())]
    for package, hole in found:
        mended = ", ".join(hole["fix_versions"]) or "no version yet"
        print(f"audit: {package['name']} {package['version']}: {hole['id']}, mended in {mended}")
    unknown = sum("skip_reason" in package for package in packages)
    print(f"audit: {len(packages) - unknown} packages looked up, {unknown} not known there")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
