# SPDX-License-Identifier: BSD-2-Clause
"""Turns the machine's apt sources into the deb or deb-src entries of a private list, because /etc/apt is never edited.

Only Debian's own suites are taken, and of them only `main`: what is fetched is checked against the keys that the machine
already trusts for them. Mirrors, snapshots and Signed-By stay as they are. Input and output are text: no apt is run here.
"""

import re
from pathlib import Path
from typing import Iterator

ONE_LINE = re.compile(r"^\s*deb(?:-src)?\s+(?:\[(?P<options>[^]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>[^#]+)")
# Options of the one-line form whose deb822 field is not the same word in title case.
FIELDS = {"arch": "Architectures", "lang": "Languages", "target": "Targets", "pdiffs": "PDiffs"}

Stanza = dict[str, str]


def read_one_line(text: str) -> Iterator[Stanza]:
    """The format of sources.list: deb [name=value ...] uri suite component..."""
    for match in filter(None, map(ONE_LINE.match, text.splitlines())):
        stanza = {"URIs": match["uri"], "Suites": match["suite"], "Components": match["parts"].strip()}
        for option in (match["options"] or "").split():
            name, _, value = option.partition("=")
            stanza[FIELDS.get(name, name.title())] = value.replace(",", " ")
        yield stanza


def read_deb822(text: str) -> Iterator[Stanza]:
    """The format of *.sources: stanzas of `Field: value`, values going on in indented lines (embedded keys do)."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n\s*\n", lines):
        stanza: Stanza = {}
        field = ""
        for line in block.splitlines():
            if line[:1].isspace() and field:
                stanza[field] += "\n" + line
            elif ":" in line:
                name, _, value = line.partition(":")
                field = {"uris": "URIs"}.get(name.strip().lower(), name.strip().title())
                stanza[field] = value.strip()
        if stanza.get("Enabled", "yes").lower() not in ("no", "false", "off", "0") and "URIs" in stanza:
            yield stanza


def is_debian(suite: str, codename: str) -> bool:
    """bookworm, bookworm-updates, stable/updates: the suites of other publishers are named otherwise."""
    return re.split(r"[-/]", suite)[0] in (codename, "stable", "oldstable")


def stanza_of(stanza: Stanza, codename: str, kind: str) -> str | None:
    """The deb or deb-src form of an entry, or None if it is not one of Debian's suites with `main`."""
    suites = [suite for suite in stanza.get("Suites", "").split() if is_debian(suite, codename)]
    uris = [uri for uri in stanza["URIs"].split() if not uri.startswith("cdrom:")]
    if not suites or not uris or "main" not in stanza.get("Components", "").split():
        return None
    kept = {name: value for name, value in stanza.items() if name not in ("Types", "Enabled", "Architectures")}
    kept |= {"URIs": " ".join(uris), "Suites": " ".join(suites), "Components": "main"}
    return f"Types: {kind}\n" + "".join(f"{name}: {value}\n" for name, value in kept.items())


def derive(etc_apt: Path, codename: str, kind: str) -> str:
    """The text of a private .sources file for the machine whose apt is configured in `etc_apt`. Empty if none fits."""
    stanzas: list[Stanza] = []
    for path in [etc_apt / "sources.list", *sorted(etc_apt.glob("sources.list.d/*"))]:
        if path.is_file() and path.suffix in (".list", ".sources"):
            text = path.read_text(encoding="utf-8", errors="replace")
            stanzas += (read_one_line if path.suffix == ".list" else read_deb822)(text)
    found = filter(None, (stanza_of(stanza, codename, kind) for stanza in stanzas))
    return "\n".join(dict.fromkeys(found))
