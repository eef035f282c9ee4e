"""Makes ``.venv`` with the lab and its pinned packages; does nothing when that is done already.

Run as ``python3 stack/bootstrap.py lab`` (or ``test``). Standard library only, and written so
that an old Python gets as far as saying that it is too old.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "slo-lab-installed.json"
OLDEST = (3, 11)
REQUIREMENTS = {"lab": ("lab.txt",), "test": ("lab.txt", "test.txt")}


def main(kind: str) -> None:
    """Leave ``.venv`` with everything for ``kind``; exits with one sentence where it can't."""
    check_python()
    folder = os.open(str(ROOT), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two of us at once would break each other's work
    if is_done(kind):
        return
    if STAMP.exists():
        STAMP.unlink()
    if not venv_works():
        say("Making .venv ...")
        run([sys.executable, "-m", "venv", "--clear", str(VENV)], "The .venv can't be made.")
    say("Installing the pinned packages (only the first time) ...")
    install(kind)
    STAMP.write_text(json.dumps({kind: digest(kind)}), encoding="utf-8")


def check_python() -> None:
    """Exit with a sentence when this Python can't make the environment."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(
            f"The lab needs Python 3.11 or newer, but {sys.executable} is {found}: "
            "install a newer one, or name one with PYTHON=... after make."
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError as error:
        version = "{}.{}".format(*sys.version_info)
        sys.exit(
            f"{sys.executable} has no module {error.name}, which makes environments; on Debian "
            f"and Ubuntu the package python{version}-venv has it "
            f"(as root: apt-get install python{version}-venv)."
        )


def is_done(kind: str) -> bool:
    """Whether an earlier run finished the same work; what the tests need includes the lab."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = {name: digest(name) for name in ("test", kind)}
    return PYTHON.exists() and any(stamp.get(name) == wanted[name] for name in wanted)


def digest(kind: str) -> str:
    """Changes whenever the environment has to be made anew."""
    files = [ROOT / "pyproject.toml"]
    files += [ROOT / "requirements" / name for name in REQUIREMENTS[kind]]
    seen = hashlib.sha256(str(VENV).encode())
    for file in files:
        seen.update(file.read_bytes())
    return seen.hexdigest()


def venv_works() -> bool:
    """Whether the environment is there, whole, and of a Python that is new enough."""
    if not PYTHON.exists():
        return False
    asked = f"import pip, sys; sys.exit(sys.version_info < {OLDEST})"
    return subprocess.run([str(PYTHON), "-I", "-c", asked], check=False).returncode == 0


def install(kind: str) -> None:
    """Install the pinned packages, then the lab itself, without a look for newer ones."""
    pip = [str(PYTHON), "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    requirements = str(ROOT / "requirements" / REQUIREMENTS[kind][-1])
    sorry = "The packages can't be installed (the cause stands above); run the command again."
    run([*pip, "--require-hashes", "--requirement", requirements], sorry)
    run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], sorry)


def run(command: "list[str]", sorry: str) -> None:
    """Run a command to its end; exits with the sentence when it fails."""
    try:
        if subprocess.run(command, check=False).returncode:
            sys.exit(sorry)
    except KeyboardInterrupt:
        sys.exit("Stopped; the next run goes on.")


def say(text: str) -> None:
    """One line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in REQUIREMENTS:
        sys.exit(f"Usage: python3 {sys.argv[0]} lab|test")
    main(sys.argv[1])
