"""The browser of the journey tests: one found on the machine, else the system's package.

`python -m nuanxin.config.browser` installs Debian's chromium when there is none and the user may
install packages. Without a browser those tests are skipped; under CI=true that is an error.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PACKAGES = ("chromium", "fonts-noto-cjk")


def find_browser() -> str | None:
    """The path of a Chromium that starts, or None. NUANXIN_BROWSER names one outright."""
    for name in filter(None, (os.environ.get("NUANXIN_BROWSER"), *NAMES)):
        path = shutil.which(name)
        if path and _starts(path):
            return path
    return None


def _starts(path: str) -> bool:
    """Whether it answers: Ubuntu's /usr/bin/chromium-browser may be a stub that only asks for a snap."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def install() -> bool:
    """Install the packages with apt-get, without a question; False when this user or system cannot."""
    prefix = _as_root()
    if prefix is None or not shutil.which("apt-get") or "ID=debian" not in _release():
        return False
    sys.stderr.write(f"Installing {' and '.join(PACKAGES)} for the browser tests ...\n")
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    steps = (["update"], ["install", "-y", "--no-install-recommends", *PACKAGES])
    return all(
        subprocess.run(
            [*apt, *step], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
        ).returncode
        == 0
        for step in steps
    )


def _as_root() -> list[str] | None:
    """What to put before a command to run it as root; None when this user may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def _release() -> list[str]:
    try:
        return Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return []


def main() -> int:
    """Make sure of a browser; 1 only when there is none and CI demands one."""
    if find_browser() or (install() and find_browser()):
        return 0
    strict = os.environ.get("CI") == "true"
    sys.stderr.write(
        "No Chromium found, and it cannot be installed here: "
        + ("the browser tests need one.\n" if strict else "the browser tests will be skipped.\n")
        + "Install `chromium` (or Chrome), or name one in NUANXIN_BROWSER.\n"
    )
    return 1 if strict else 0


if __name__ == "__main__":
    sys.exit(main())
