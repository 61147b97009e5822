"""A browser that writes down what must not happen: words on the console, errors, requests to anywhere but the server."""

import contextlib, os, pathlib, time, urllib.parse
from axe_playwright_python.sync_playwright import Axe

URL = os.environ["URL"]
KEY = os.environ["KEY"]
SIZES = {"wide": (1440, 900), "phone": (390, 844)}


def until(page, condition, given=None, seconds=30):
    """Waits until an expression, or a function of what is given, holds. The browser's own waiting evaluates text, which the page's policy
    forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, given):
        assert time.monotonic() < end, f"{condition} does not hold after {seconds} s"
        time.sleep(0.05)


class Tab:
    """A page in a context of its own. `problems` has what was written down."""

    def __init__(self, browser, size="wide", scheme="light", **options):
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme,
                                           accept_downloads=True, has_touch=size == "phone", **options)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=URL)
        self.page = self.context.new_page()
        self.problems, self.allowed = [], []
        self.page.on("console", lambda message: self.note(f"console: {message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.note(f"error: {error.stack or error}"))
        self.page.on("request", self.look)

    def note(self, text):
        if not any(word in text for word in self.allowed):
            self.problems.append(text)

    def look(self, request):
        place = urllib.parse.urlsplit(request.url)
        if place.scheme not in ("blob", "data") and f"{place.scheme}://{place.netloc}" != URL:
            self.note(f"request off the origin: {request.url}")

    def open(self, path="/", key=KEY):
        """Goes there and gives the key that is asked for; the browser reports the 401 before it."""
        self.allowed.append("the server responded with a status of 401")
        self.page.goto(URL + path)
        if key is not None:
            self.page.locator("#key").wait_for()
            self.page.fill("#key-value", key)
            self.page.click("#key-form button[type=submit]")
            self.page.locator("#key").wait_for(state="hidden")
        return self.page

    def scored(self):
        """Waits for the tokens and their distributions."""
        until(self.page, "document.querySelector('.token') !== null && document.querySelector('#weights [aria-busy=true]') === null")

    def accessible(self, where):
        """Notes each violation that axe finds, and what is wider than the screen."""
        for violation in Axe().run(self.page).response["violations"]:
            for node in violation["nodes"][:3]:
                self.problems.append(f"{where}: {violation['id']}: {node['html'][:160]}: {node['failureSummary'][:300]}")
        wide, room = self.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if wide > room:
            self.problems.append(f"{where}: {wide} pixels wide where there are {room}")


@contextlib.contextmanager
def tab(browser, **options):
    """A tab that had no problems, or the check fails with them."""
    opened = Tab(browser, **options)
    try:
        yield opened
    finally:
        opened.context.close()
    assert not opened.problems, "\n  ".join(["what must not happen:", *opened.problems])


def picture(opened, folder, name, whole=True):
    opened.page.screenshot(path=pathlib.Path(folder) / f"{name}.png", full_page=whole)
