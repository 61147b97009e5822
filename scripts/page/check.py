"""Every check of the page, one line each. usage: python scripts/page/check.py FOLDER [NAME...]; environment: URL and KEY of a server."""

import os, sys, time, traceback
from playwright.sync_api import sync_playwright
import formula, looks, views, weights
from browsing import tab

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_LINES = 40
"""Of what went wrong: a driver's call log repeats itself."""


def alone(check):
    """As a check that has a tab of its own, with the key given."""
    def run(browser, folder):
        with tab(browser) as opened:
            return check(opened.open("/status"))
    run.__name__ = check.__name__
    return run


CHECKS = [
    *map(alone, [formula.weights_are_the_servers, formula.contract_is_read_whole, formula.pieces_keep_characters_whole]),
    *weights.CHECKS, *views.CHECKS, *looks.CHECKS,
]


def name_of(check):
    return check.__name__.replace("_", " ")


def main(folder, *wanted):
    unknown = [word for word in wanted if not any(word in name_of(check) for check in CHECKS)]
    if unknown:
        sys.exit(f"no check of the page has {' or '.join(unknown)} in its name; there are:\n" + "\n".join(map(name_of, CHECKS)))
    if "second" not in [teacher["name"] for teacher in formula.ask("/v1/models")["teachers"]]:
        formula.ask("/v1/teachers", {"name": "second", "path": "base"})
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for check in CHECKS:
            name = name_of(check)
            if wanted and not any(word in name for word in wanted):
                continue
            start = time.monotonic()
            try:
                said = check(browser, folder)
            except Exception as error:
                failed += 1
                places = [f"{frame.name}, line {frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
                          if frame.filename.startswith(HERE)]
                said = str(error).splitlines()[:MOST_LINES]
                print(f"FAILED  {name}: {type(error).__name__} in {'; '.join(places)}", *said, sep="\n        ", flush=True)
            else:
                print(f"{time.monotonic() - start:6.1f} s  {name}{': ' + said if said else ''}", flush=True)
        browser.close()
    sys.exit(f"{failed} checks of the page failed" if failed else 0)


main(*sys.argv[1:])
