"""What every view looks like, at both sizes, light and dark: pictures, and what axe says of each."""

import functools, itertools
from browsing import SIZES, picture, tab, until
from weights import TEXT, score


def choose(page, token):
    """Brought to the top first: on a phone the sheet with the details lies over the bottom. A token may stand on two lines."""
    x, y = page.locator(".token").nth(token).evaluate("""(node) => {
        node.scrollIntoView();
        const box = [...node.getClientRects()].at(-1);
        return [box.left + box.width / 2, box.top + box.height / 2];
    }""")
    page.mouse.click(x, y)
    page.locator(f".token.shown[data-token='{token}']").first.wait_for()
    until(page, "![...document.querySelectorAll('#detail .what')].some((node) => node.textContent.startsWith('id '))")


def sheet(page, size):
    """On a phone the details lie over the figures: a line's height until a token is tapped, then a third of the screen."""
    if size != "phone":
        return
    height = lambda: page.locator("#detail").bounding_box()["height"]
    assert page.locator("#detail").inner_text() == "Tap a token to see it here."
    assert height() < 80, f"the empty sheet is {height()} pixels high"
    choose(page, 3)
    assert height() > 250, f"the sheet of a token is {height()} pixels high"


def look(size, scheme, browser, folder):
    with tab(browser, size=size, scheme=scheme) as opened:
        def seen(state, whole=True):
            opened.accessible(f"{state}, {size}, {scheme}")
            picture(opened, folder, f"{state}-{size}-{scheme}", whole)

        page = opened.open("/", key=None)
        page.locator("#key").wait_for()
        seen("key", whole=False)
        page = opened.open()
        opened.scored()
        score(opened, "Boris counted the eggs. " + TEXT + "\n---\n17 + 25 = 42", parted=True)
        sheet(page, size)
        choose(page, 9)
        page.get_by_text("Likeliest here").wait_for()
        seen("weights")
        for group in ("#models", "#method"):
            if page.get_attribute(group, "open") is None:
                page.locator(f"{group} summary").click()
        page.click("#as-table")
        seen("table")
        page.click("#as-text")
        page.select_option("#weighting", "rho1")
        seen("rho1")
        page.select_option("#weighting", "remit")
        page.select_option("#second", "second")
        until(page, "document.querySelectorAll('.panel').length === 2")
        opened.scored()
        choose(page, 9)
        seen("two")
        page.click("nav [data-view=status]")
        page.locator(".tile").first.wait_for()
        page.uncheck("#refresh")
        page.locator("summary", has_text="Flags in force").click()
        seen("status")
        page.click("nav [data-view=docs]")
        page.locator(".operation").first.wait_for()
        article = page.locator("#operation-weights")
        for fold in article.locator("details").all():
            fold.locator("summary").click()
        article.get_by_role("button", name="Send").click()
        article.locator(".reply strong").wait_for()
        article.scroll_into_view_if_needed()
        seen("docs", whole=False)


def named(size, scheme):
    check = functools.partial(look, size, scheme)
    check.__name__ = f"looks_{size}_{scheme}"
    return check


CHECKS = [named(size, scheme) for size, scheme in itertools.product(SIZES, ("light", "dark"))]
