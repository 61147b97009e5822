"""A report of runs in headless Chromium. usage: report.py FOLDER, in which report.html lies and pictures are put"""

import pathlib, sys
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

FOLDER = pathlib.Path(sys.argv[1]).resolve()
PAGE = (FOLDER / "report.html").as_uri()


def opened(browser, problems, **options):
    """The report in a context of its own; what must not happen goes into `problems`."""
    page = browser.new_context(**options).new_page()
    page.on("console", lambda message: problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on("request", lambda request: problems.append(f"request: {request.url}") if request.url != PAGE else None)
    page.goto(PAGE)
    return page


def look(browser, width, scheme):
    """Everything that a reader can do."""
    problems = []
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = opened(browser, problems, **options)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), "wider than the screen"
    plot = page.locator("svg[aria-label='Next-token loss']:visible")
    words = plot.locator("xpath=following-sibling::p[@role='status']")
    plot.hover(position={"x": 150, "y": 150})
    assert words.inner_text().startswith("step ") and "two " in words.inner_text(), words.inner_text()
    page.screenshot(path=FOLDER / f"{width}-{scheme}.png", full_page=True)
    page.mouse.move(0, 0)
    assert words.inner_text() == ""
    plot.focus()
    for key, expected in [("Home", "step 1:"), ("ArrowRight", "step 2:"), ("End", "step 30:"), ("ArrowLeft", "step 29:"), ("Escape", "")]:
        page.keyboard.press(key)
        assert words.inner_text().startswith(expected) and bool(words.inner_text()) == bool(expected), (key, words.inner_text())
    slider = page.get_by_label("Smoothing")
    # The script draws what the program has drawn.
    given = [line.get_attribute("points") for line in page.locator("polyline.smooth").all()]
    slider.press("Home")
    assert page.locator("polyline.smooth").count() == 0
    slider.fill("3")
    drawn = [line.get_attribute("points") for line in page.locator("polyline.smooth").all()]
    assert len(given) > 4 and len(drawn) == len(given)
    plain = opened(browser, problems, java_script_enabled=False, **options)
    static = [line.get_attribute("points") for line in plain.locator("polyline.smooth").all()]
    for one, other in zip(static, drawn, strict=True):
        numbers = [[float(number) for number in text.replace(",", " ").split()] for text in (one, other)]
        assert max(abs(a - b) for a, b in zip(*numbers, strict=True)) < 0.05, "the script smooths otherwise than the program"
    assert plain.locator("form.controls").is_hidden()
    # axe is put into the page, which the page's policy forbids.
    for violation in Axe().run(opened(browser, problems, bypass_csp=True, **options)).response["violations"]:
        problems.append(f"axe: {violation['id']}: {violation['nodes'][0]['html'][:120]}")
    assert not problems, problems


with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            look(browser, width, scheme)
            print(f"{width} pixels, {scheme}: fine", flush=True)
    browser.close()
