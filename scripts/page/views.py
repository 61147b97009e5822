"""Status, contract, key: the views beside the weights, and what they share."""

import re
from browsing import URL, tab, until
from formula import ask


def the_key_stays_in_memory(browser, folder):
    """Asked for, refused when wrong, kept from view to view, gone with the page, and nowhere else."""
    with tab(browser) as opened:
        page = opened.open("/", key=None)
        page.locator("#key").wait_for()
        page.click("#key-cancel")
        page.get_by_text("A valid API key is needed").wait_for()
        page.click("nav [data-view=status]")
        page.locator("#key").wait_for()
        page.fill("#key-value", "not-the-right-key")
        page.keyboard.press("Enter")
        page.get_by_text("The server does not know this key").wait_for()
        page.keyboard.press("Escape")
        page.locator("#key").wait_for(state="hidden")
        page = opened.open("/status")
        page.locator(".tile").first.wait_for()
        for view, sign in (("docs", ".operation"), ("weights", ".token"), ("status", ".tile")):
            page.click(f"nav [data-view={view}]")
            page.locator(sign).first.wait_for()
            assert page.is_hidden("#key") and page.get_attribute(f"nav [data-view={view}]", "aria-current") == "page"
        page.go_back()
        page.locator(".token").first.wait_for()
        assert page.input_value("#key-value") == ""
        assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
        page.reload()
        page.locator("#key").wait_for()


def a_server_that_loads_its_models_is_waited_for(browser, folder):
    """503 with Retry-After, once: the page says so, and goes on by itself."""
    with tab(browser) as opened:
        opened.allowed.append("the server responded with a status of 503")
        problem = {"type": "urn:remit:problem:loading", "title": "The model is still being loaded", "status": 503}
        opened.page.route("**/info", lambda route: route.fulfill(status=503, json=problem, headers={"Retry-After": "1"}), times=1)
        page = opened.open("/", key=None)
        page.get_by_text("The model is still being loaded").wait_for()
        page.locator("#key").wait_for()
        opened.open("/")
        opened.scored()


def the_status_is_the_servers(browser, folder):
    with tab(browser) as opened:
        page = opened.open("/status")
        page.locator(".tile").first.wait_for()
        info = ask("/info")
        text = page.locator("#status").inner_text()
        for word in ("ready", "Queue", "Tokens a second", "Store hits", "Errors", "demo-teacher", "second", info["model_fingerprint"][:12]):
            assert word in text, (word, text)
        before = page.locator(".tile", has_text="Tokens answered").inner_text()
        ask("/v1/weights", {"inputs": [{"text": "Something new for the status: " + "8 eggs, " * 20}]})
        until(page, "(before) => document.querySelector('#status-body').innerText.indexOf(before) < 0", before)
        page.uncheck("#refresh")
        page.click("#reload")
        page.get_by_text("Flags in force").click()
        assert "--max-queued-tokens" in page.locator(".settings").inner_text()
        assert page.locator("#status table tbody tr").count() > 4


def the_contract_is_rendered_and_can_be_tried(browser, folder):
    """Every route stands there with its form; each example is sent and answered as the contract says."""
    with tab(browser) as opened:
        page = opened.open("/docs")
        page.locator(".operation").first.wait_for()
        contract = page.evaluate("""async () => (await import("/page/yaml.js")).parseYAML(
            (await (await import("/page/server.js")).text("/openapi.yaml")))""")
        operations = [(path, method, each) for path, methods in contract["paths"].items() for method, each in methods.items()]
        titles = page.locator(".operation h2").all_inner_texts()[1:]
        assert [re.sub(r"\s+", " ", title) for title in titles] == [f"{method.upper()} {path}" for path, method, _ in operations], titles
        tried = 0
        for path, method, operation in operations:
            article = page.locator(f"#operation-{operation['operationId']}")
            if path in ("/v1/teachers", "/v1/default-teacher"):
                continue
            target = path
            if "{name}" in path:
                opened.allowed.append("the server responded with a status of 404")
                article.locator("input").fill("nobody here")
                target = path.replace("{name}", "nobody%20here")
            if "{file}" in path:
                article.get_by_role("button", name="As curl").click()
                assert article.locator(".reply pre").count() == 0, "a command without what it is to name"
                article.locator("input").fill("main.js")
                target = path.replace("{file}", "main.js")
            choices = article.locator("select option").count()
            for choice in range(max(1, choices)):
                if choices:
                    article.locator("select").select_option(index=choice)
                article.get_by_role("button", name="Send").click()
                answer = article.locator(".reply strong")
                answer.wait_for()
                expected = "404" if "{name}" in path else "200"
                assert answer.inner_text().startswith(expected), (path, article.locator(".reply").inner_text())
                tried += 1
            article.get_by_role("button", name="As curl").click()
            command = article.locator(".reply pre").inner_text()
            assert command.startswith("curl") and f"{URL}{target}'" in command, command
        page.locator(".contents a", has_text="/v1/tokenize").click()
        assert page.evaluate("document.activeElement.id") == "operation-tokenize"
        for fold in page.locator("#operation-weights details").all():
            fold.locator("summary").click()
        text = page.locator("#operation-weights").inner_text()
        for word in ("inputs[].student_logprobs", "keep_fraction", "results[].statistics.clipped_low", "429", "X-Request-Timeout"):
            assert word in text, word
        return f"{len(operations)} routes, {tried} requests"


CHECKS = [
    the_key_stays_in_memory, a_server_that_loads_its_models_is_waited_for, the_status_is_the_servers,
    the_contract_is_rendered_and_can_be_tried,
]
