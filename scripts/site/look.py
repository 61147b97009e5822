"""The site in headless Chromium: every page at two sizes, light and dark.

usage: python look.py FOLDER [PAGE...]       pictures of it go to FOLDER
"""

import functools
import http.server
import itertools
import os
import pathlib
import sys
import threading

from playwright.sync_api import sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
SITE = ROOT / ".build/site"


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def served():
    """The address of the site, served as long as this process lives."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def pages():
    """Every page of the theme; reports that pages link to are pages of their own making."""
    for page in sorted(SITE.rglob("*.html")):
        if "data-md-color-scheme" in page.read_text(encoding="utf-8"):
            yield page.relative_to(SITE).as_posix()


def main(folder, *names):
    # What browsing.py asks for: whose page it is, and the key to it.
    os.environ.update(URL=served(), KEY="")
    sys.path.insert(0, str(ROOT / "scripts/page"))
    from browsing import SIZES, tab

    chosen, failed = names or list(pages()), False
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for size, scheme in itertools.product(SIZES, ("light", "dark")):
            try:
                with tab(browser, size=size, scheme=scheme) as opened:
                    # On a machine that does much else drawing takes long.
                    opened.page.set_default_timeout(180_000)
                    for name in chosen:
                        opened.open("/" + name, key=None)
                        opened.accessible(f"{name}, {size}, {scheme}")
                        picture = name.replace("/", "-").removesuffix(".html")
                        opened.page.screenshot(path=f"{folder}/{picture}-{size}-{scheme}.png")
            except AssertionError as error:
                failed = True
                print(error)
            print(f"{len(chosen)} pages, {size}, {scheme}", flush=True)
        browser.close()
    sys.exit(1 if failed else 0)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main(*sys.argv[1:])
