"""What a word processor reads in Word files: as they are, with all revisions accepted, with all rejected.

    /usr/bin/python3 tests/word/revisions.py FILE...

Starts one LibreOffice without a screen, with a profile of its own, and prints for each file one line of
JSON: {"file", "authors", "as_is", "accepted", "rejected"}, each text a list of lines; a row of a table is
a line with its cells parted by tabs, empty lines are left out.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import uno
from com.sun.star.beans import PropertyValue

STARTED_WITHIN_S = 60


def prop(name, value):
    it = PropertyValue()
    it.Name, it.Value = name, value
    return it


def connect(office, pipe):
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    until = time.monotonic() + STARTED_WITHIN_S
    while True:
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:
            if office.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)


def paragraphs(text):
    """Paragraphs of a text; of a table its rows."""
    for part in enumerate_(text):
        if part.supportsService("com.sun.star.text.TextTable"):
            yield from rows(part)
        else:
            yield part.getString()


def enumerate_(text):
    parts = text.createEnumeration()
    while parts.hasMoreElements():
        yield parts.nextElement()


def rows(table):
    by_row = {}
    for name in table.getCellNames():
        cell = table.getCellByName(name)
        lines = [line for line in paragraphs(cell) if line]
        by_row.setdefault(int(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")), []).append("\n".join(lines))
    for _, cells in sorted(by_row.items()):
        yield "\t".join(cells)


def lines(document):
    return [line for line in paragraphs(document.getText()) if line.strip()]


def read(context, path, command):
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    url = pathlib.Path(path).resolve().as_uri()
    document = desktop.loadComponentFromURL(url, "_blank", 0, (prop("Hidden", True),))
    try:
        if command:
            dispatcher = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", context)
            dispatcher.executeDispatch(document.getCurrentController().getFrame(), command, "", 0, ())
        redlines = document.getRedlines().createEnumeration() if hasattr(document, "getRedlines") else None
        authors = set()
        while redlines is not None and redlines.hasMoreElements():
            authors.add(redlines.nextElement().getPropertyValue("RedlineAuthor"))
        return lines(document), sorted(authors)
    finally:
        document.close(True)


def main(paths):
    with tempfile.TemporaryDirectory() as profile:
        pipe = f"plenary-{os.getpid()}"
        office = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo", "--nodefault",
             f"-env:UserInstallation={pathlib.Path(profile).as_uri()}", f"--accept=pipe,name={pipe};urp;"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            context = connect(office, pipe)
            for path in paths:
                as_is, authors = read(context, path, None)
                accepted, left = read(context, path, ".uno:AcceptAllTrackedChanges")
                rejected, left_too = read(context, path, ".uno:RejectAllTrackedChanges")
                assert not left and not left_too, "some revisions are left"
                print(json.dumps({"file": path, "authors": authors, "as_is": as_is,
                                  "accepted": accepted, "rejected": rejected}, ensure_ascii=False))
        finally:
            office.terminate()
            office.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
