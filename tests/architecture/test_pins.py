"""What a fresh machine installs is exactly what was tested: pinned, hashed, and from no address of ours."""

import importlib.metadata
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import s4
from tests.architecture.sources import CHECKOUT

REQUIREMENTS = sorted((CHECKOUT / "requirements").glob("*.txt"))
PACKAGE_LOCK = CHECKOUT / "web" / "package-lock.json"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(path: Path) -> dict[str, set[Version]]:
    """Package → the versions it is pinned to (more than one where Python versions differ)."""
    found: dict[str, set[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", path.read_text(), re.MULTILINE):
        found.setdefault(canonicalize_name(name), set()).add(Version(version))
    return found


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_is_pinned_with_a_hash_and_no_address(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    entries = [entry for entry in re.split(r"\n(?=\S)", "\n".join(lines)) if entry.strip()]
    assert entries
    assert not [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert "://" not in path.read_text()
    assert not [line for line in lines if line.startswith("-")]


def declared() -> list[Requirement]:
    project = PROJECT["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    return [Requirement(one) for one in [*project["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]]


@pytest.mark.parametrize("requirement", declared(), ids=lambda requirement: requirement.name)
def test_every_declared_dependency_is_pinned_within_its_range(requirement: Requirement) -> None:
    pinned = pins(CHECKOUT / "requirements" / "dev.txt").get(canonicalize_name(requirement.name), set())
    assert pinned, f"{requirement.name} is not pinned; run: make lock"
    assert all(version in requirement.specifier for version in pinned)


def test_the_requirement_files_agree() -> None:
    everything = pins(CHECKOUT / "requirements" / "dev.txt")
    for path in REQUIREMENTS:
        assert pins(path).items() <= everything.items(), path.name


def addresses(value: object, key: str = "") -> Iterator[str]:
    """Every address in the lock file that a download could use; where to thank an author is none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "funding":
                yield from addresses(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner, key)
    elif isinstance(value, str) and (key == "resolved" or "://" in value):
        yield f"{key}: {value}"


@pytest.fixture
def lock() -> dict[str, Any]:
    if not PACKAGE_LOCK.exists():
        pytest.skip("web/ has no package-lock.json")
    return cast(dict[str, Any], json.loads(PACKAGE_LOCK.read_text(encoding="utf-8")))


def test_the_page_is_pinned_without_addresses(lock: dict[str, Any]) -> None:
    assert not list(addresses(lock))
    fetched = {n: p for n, p in lock["packages"].items() if n.startswith("node_modules/") and not p.get("link")}
    assert not [name for name, package in fetched.items() if "integrity" not in package]


def test_the_page_is_pinned_for_every_platform(lock: dict[str, Any]) -> None:
    """`npm ci` refuses a lock file in which a package for another platform is named but not pinned."""
    pinned = {name.rpartition("node_modules/")[2] for name in lock["packages"]}
    named = {
        name
        for package in lock["packages"].values()
        for group in ("dependencies", "optionalDependencies", "devDependencies")
        for name in package.get(group, {})
    }
    assert not named - pinned


def test_the_version_is_written_once() -> None:
    assert s4.__version__ == PROJECT["project"]["version"] == importlib.metadata.version("s4allcities")
