"""The view of token weights: its controls, keyboard, files, and what it gives away."""

import base64, csv, gzip, json, urllib.parse
import yaml
from browsing import URL, picture, tab, until
from formula import TOLERANCE, ask

TEXT = "Boris put 8 eggs on the table. Née 日本 🙂!\nWhich is larger, 44 or 81? So 81."
TWO = "17 + 25 = 42\n---\nWhich is larger, 44 or 81? So 81."


def score(opened, text, parted=False):
    page = opened.page
    page.fill("#text", text)
    page.set_checked("#parted", parted)
    page.click("#score")
    opened.scored()


def rows(page):
    with page.expect_download() as download:
        page.click("#csv")
    assert download.value.suggested_filename == "remit-weights.csv"
    with open(download.value.path(), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def number(text):
    return float(text) if text != "" else None


def shown(text):
    """A number as the page shows it, but for its minus; what rounds to nothing has no sign."""
    rounded = f"{float(text):.3f}"
    return rounded.lstrip("-") if float(rounded) == 0 else rounded


def signed(text):
    return "+" + shown(text) if float(shown(text)) > 0 else shown(text)


def set_slider(page, name, value):
    """As a hand does: the slider moves, and says so."""
    page.evaluate("""([name, value]) => {
        const slider = document.getElementById(name);
        slider.value = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
    }""", [name, str(value)])


def every_option_gives_what_the_server_gives(browser, folder):
    """Through the controls: what the page shows after each is what /v1/weights answers."""
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        known = yaml.safe_load(ask("/openapi.yaml"))["components"]["schemas"]["WeightsRequest"]["properties"]["weighting"]["enum"]
        offered = page.locator("#weighting option").evaluate_all("(options) => options.map((option) => option.value)")
        assert sorted(offered) == sorted(known), (offered, known)
        score(opened, TWO, parted=True)
        plain = rows(page)
        ids = [int(row["token_id"]) for row in plain]
        starts = [at for at, row in enumerate(plain) if row["position"] == "0"]
        student = [number(row["student_logprob"]) for row in plain]
        compared = 0

        def same(**options):
            nonlocal compared
            inputs = [{"token_ids": ids, "document_starts": starts, "student_logprobs": student}]
            if options["weighting"] == "remit-static":
                inputs[0].pop("student_logprobs")
            expected = ask("/v1/weights", {"inputs": inputs, **options})["results"][0]["weights"]
            got = [number(row["weight"]) for row in rows(page)]
            assert all(abs(mine - theirs) <= TOLERANCE for mine, theirs in zip(got, expected, strict=True)), (options, got, expected)
            compared += 1

        same(weighting="remit", epsilon=0.2, centering="sequence")
        for epsilon in (0, 0.37, 1):
            set_slider(page, "epsilon", epsilon)
            assert page.input_value("#epsilon-number") == str(epsilon)
            same(weighting="remit", epsilon=epsilon, centering="sequence")
        page.fill("#epsilon-number", "0.123")
        page.check("input[name=centering][value=document]")
        same(weighting="remit", epsilon=0.123, centering="document")
        page.select_option("#weighting", "remit-static")
        same(weighting="remit-static", epsilon=0.123, centering="document")
        page.select_option("#weighting", "rho1")
        assert page.is_hidden("#epsilon-field") and page.is_visible("#keep-field")
        same(weighting="rho1", keep_fraction=0.6)
        set_slider(page, "keep", 0.25)
        same(weighting="rho1", keep_fraction=0.25)
        page.fill("#keep-number", "0.9")
        same(weighting="rho1", keep_fraction=0.9)
        page.select_option("#weighting", "ntp")
        same(weighting="ntp")
        page.select_option("#weighting", "remit")
        for colour in ("raw", "delta", "weight"):
            page.select_option("#colour", colour)
            assert page.locator(".token.high, .token.low").count() > 0
        return f"{compared} settings"


def tokens_tell_their_numbers(browser, folder):
    """On hover, on focus by the arrow keys, and in the table: weight, delta, both log-probs, rank, entropy, the likeliest."""
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        score(opened, TEXT)
        data = rows(page)
        detail = page.locator("#detail")
        known = ask("/v1/logprobs", {"inputs": [{"text": TEXT}], "top_k": 64})["results"][0]
        token = next(at for at in range(3, len(data)) if len(data[at]["token"]) > 3)
        page.locator(f".token[data-token='{token}']").hover()
        detail.get_by_text("Likeliest here").wait_for()
        text = detail.inner_text().replace("−", "-")
        for name in ("teacher_logprob", "student_logprob", "delta", "weight"):
            assert shown(data[token][name]) in text, (name, data[token], text)
        row = known["topk_token_ids"][token]
        rank = row.index(known["token_ids"][token]) + 1 if known["token_ids"][token] in row else None
        assert data[token]["rank"] == ("" if rank is None else str(rank))
        for name in ("rank", "entropy", "before the clip"):
            assert name in text or name == "before the clip", text
        # The likeliest tokens have their texts, not their ids.
        until(page, "![...document.querySelectorAll('#detail .what')].some((node) => node.textContent.startsWith('id '))")
        first = page.locator("#detail .what").first.inner_text()
        assert first == ask("/v1/detokenize", {"token_ids": [row[0]]})["text"].replace(" ", "␣").replace("\n", "↵"), first

        page.locator("#panels .tokens [tabindex='0']").focus()
        at = lambda: page.evaluate("Number(document.activeElement.dataset.token)")
        page.keyboard.press("Home")
        assert at() == 0 and "follows nothing" in detail.inner_text()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert at() == 2 and "Token 2," in detail.inner_text()
        page.keyboard.press("ArrowLeft")
        assert at() == 1
        page.keyboard.press("ArrowDown")
        below = at()
        assert below > 1 and page.evaluate("""(below) => {
            const top = (token) => document.querySelector(`.token[data-token='${token}']`).getClientRects()[0].top;
            return top(below) > top(1);
        }""", below)
        page.keyboard.press("ArrowUp")
        assert at() < below
        page.keyboard.press("End")
        assert at() == len(data) - 1
        assert page.locator(".token[aria-selected=true]").count() == 1
        spoken = page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert "weight" in spoken and "delta" in spoken, spoken

        page.click("#as-table")
        cells = page.locator("#panels tbody tr").nth(token).inner_text().replace("−", "-").split("\t")
        assert cells[2:4] == [shown(data[token]["weight"]), signed(data[token]["delta"])], cells
        assert page.locator("#panels tbody tr").count() == len(data)
        page.locator("#panels tbody tr").nth(5).click()
        assert "Token 5," in detail.inner_text()
        page.click("#as-text")
        # Every character once, and whole, whatever tokens share it.
        written = page.locator(".document").text_content()
        assert written.replace("↵", "") == TEXT, written
        copied = page.evaluate("(getSelection().selectAllChildren(document.querySelector('.document')), getSelection().toString())")
        assert copied == TEXT, copied
        assert page.locator(".cluster .whole").all_inner_texts() == ["é", "日", "本", "🙂"]
        assert page.locator(".cluster .token").first.get_attribute("aria-label").startswith("“é (1 of 2)”")


def two_teachers_stand_side_by_side(browser, folder):
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        page.select_option("#second", "second")
        until(page, "document.querySelectorAll('.panel').length === 2")
        opened.scored()
        page.locator(".panel").nth(1).locator(".token").nth(6).hover()
        assert page.locator(".token.shown").count() == 2
        heads = page.locator("#detail thead th").all_inner_texts()
        assert heads == ["demo-teacher", "second"], heads
        page.get_by_text("Likeliest by second").wait_for()
        # The second is the base itself: its weights are all 1.
        data = [row for row in rows(page) if row["teacher"] == "second"]
        assert all(number(row["weight"]) == 1 for row in data if row["scored"] == "1")
        picture(opened, folder, "two-teachers")
        page.select_option("#teacher", "second")
        page.select_option("#second", "")
        until(page, "document.querySelectorAll('.panel').length === 1")


def files_are_taken(browser, folder):
    """A corpus, plain and packed, a text, a student's log-probs in every form, and those that do not fit."""
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        lines = [{"id": "a", "domain": "sums", "text": "17 + 25 = 42"}, {"text": "So 81.\n---\nSo 18."}, {"id": "c", "text": "Boris"}]
        corpus = "\n".join(map(json.dumps, lines)).encode()
        for name, content in (("corpus.jsonl", corpus), ("corpus.jsonl.gz", gzip.compress(corpus))):
            page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": content})
            until(page, "document.querySelectorAll('#document option').length === 3")
            assert page.input_value("#text") == lines[0]["text"]
            page.click("#next")
            until(page, "(text) => document.getElementById('text').value === text", lines[1]["text"])
            opened.scored()
            assert page.locator(".document").count() == 1
            page.select_option("#document", index=2)
            page.click("#previous")
            page.select_option("#document", index=0)
            opened.scored()
        data = rows(page)
        student = [None] + [-0.25 * at for at in range(1, len(data))]
        forms = {
            "list.json": json.dumps(student), "request.json": json.dumps({"inputs": [{"student_logprobs": student}]}),
            "answer.json": json.dumps({"results": [{"teacher_logprobs": student}]}), "line.jsonl": json.dumps({"logprobs": student}) + "\n",
            "lines.txt": "\n".join("null" if each is None else str(each) for each in student),
            "table.csv": "logprob\nNaN\n" + "\n".join(map(str, student[1:])) + "\n",
        }
        for name, content in forms.items():
            page.set_input_files("#logprobs", {"name": name, "mimeType": "", "buffer": content.encode()})
            until(page, "(name) => document.getElementById('file-name').textContent.startsWith(name)", name)
            got = [number(row["student_logprob"]) for row in rows(page)]
            assert got == student, (name, got)
        expected = ask("/v1/weights", {"inputs": [{"token_ids": [int(row["token_id"]) for row in data], "student_logprobs": student}]})
        assert all(abs(number(row["weight"]) - weight) <= TOLERANCE for row, weight in zip(rows(page), expected["results"][0]["weights"]))
        assert page.locator("#weighting option[value=remit-static]").is_disabled()
        page.set_input_files("#logprobs", {"name": "short.json", "mimeType": "", "buffer": b"[-1, -2]"})
        page.get_by_text("The file has 2 log-probs").wait_for()
        assert page.get_by_text("needs a student").is_visible()
        loss = json.dumps([None] + [2.5] * (len(data) - 1)).encode()
        page.set_input_files("#logprobs", {"name": "loss.json", "mimeType": "", "buffer": loss})
        page.get_by_text("Token 1 has 2.5").wait_for()
        page.set_input_files("#logprobs", {"name": "prose.txt", "mimeType": "", "buffer": b"no numbers"})
        page.get_by_text("No log-probs were found").wait_for()
        page.check("#student-base")
        assert page.is_hidden("#problem")

        drop(page, "note.txt", b"Dropped: 1 + 1 = 2")
        until(page, "document.getElementById('text').value === 'Dropped: 1 + 1 = 2'")
        assert page.is_hidden("#picker") and page.is_hidden("#drop")
        opened.scored()
        drop(page, "corpus.jsonl", corpus)
        until(page, "document.getElementById('text').value === '17 + 25 = 42'")
        opened.scored()
        drop(page, "student.json", json.dumps(student).encode())
        until(page, "document.getElementById('student-file').checked")
        return f"{len(forms)} forms of log-probs"


def without_a_base_the_student_is_a_file(browser, folder):
    """As on a server without --base: log-probs and ranks are there, weights with a file's log-probs."""
    def bare(route):
        answer = route.fetch()
        info = answer.json()
        if answer.ok:
            info["models"] = [model for model in info["models"] if model["role"] != "base"]
        route.fulfill(response=answer, json=info)

    with tab(browser) as opened:
        opened.page.route("**/info", bare)
        page = opened.open()
        opened.scored()
        assert page.get_by_text("needs a student").is_visible() and page.get_by_text("the server holds no base").is_visible()
        page.locator(".token").nth(3).hover()
        assert "teacher log-prob" in page.locator("#detail").inner_text()
        data = rows(page)
        assert all(row["weight"] == "" and row["student_logprob"] == "" and row["teacher_logprob"] for row in data[1:])
        page.select_option("#weighting", "ntp")
        assert [number(row["weight"]) for row in rows(page)] == [0] + [1] * (len(data) - 1)
        page.select_option("#weighting", "remit")
        student = [None] + [-1.5] * (len(data) - 1)
        page.set_input_files("#logprobs", {"name": "student.json", "mimeType": "", "buffer": json.dumps(student).encode()})
        until(page, "document.getElementById('student-file').checked")
        expected = ask("/v1/weights", {"inputs": [{"token_ids": [int(row["token_id"]) for row in data], "student_logprobs": student}]})
        got = [number(row["weight"]) for row in rows(page)]
        assert all(abs(mine - theirs) <= TOLERANCE for mine, theirs in zip(got, expected["results"][0]["weights"], strict=True))


def drop(page, name, content):
    page.evaluate("""([name, content]) => {
        const carried = new DataTransfer();
        carried.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
        for (const kind of ["dragenter", "dragover", "drop"]) {
            document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true }));
        }
    }""", [name, base64.b64encode(content).decode()])


def the_link_holds_text_and_options(browser, folder):
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        score(opened, TWO, parted=True)
        page.fill("#epsilon-number", "0.35")
        page.check("input[name=centering][value=document]")
        page.click("#link")
        page.get_by_text("The link is on the clipboard").wait_for()
        link = page.evaluate("navigator.clipboard.readText()")
        assert link == page.url and urllib.parse.urlsplit(link).path == "/" and urllib.parse.urlsplit(link).query == "", link
        expected = [row["weight"] for row in rows(page)]
    with tab(browser) as opened:
        page = opened.open(link.removeprefix(URL))
        opened.scored()
        assert page.input_value("#text") == TWO and page.input_value("#epsilon-number") == "0.35"
        assert [row["weight"] for row in rows(page)] == expected
        # Another link in the same tab; what is out of range is left out.
        page.evaluate("location.hash = '#text=So+81.&weighting=rho1&keep_fraction=7&epsilon=-1'")
        until(page, "document.getElementById('text').value === 'So 81.'")
        opened.scored()
        assert page.input_value("#weighting") == "rho1" and page.input_value("#keep-number") == "0.6"


def an_engine_with_fewer_likely_tokens_is_asked_for_fewer(browser, folder):
    """As with vLLM behind the server, which gives 20 unless told otherwise."""
    def unable(route):
        if json.loads(route.request.post_data).get("top_k", 0) <= 20:
            return route.continue_()
        problem = {"type": "urn:remit:problem:engine-unable", "title": "The engine cannot give what was asked for", "status": 422}
        return route.fulfill(status=422, json=problem, content_type="application/problem+json")

    with tab(browser) as opened:
        opened.allowed.append("the server responded with a status of 422")
        opened.page.route("**/v1/logprobs", unable)
        page = opened.open()
        opened.scored()
        page.click("#as-table")
        ranks = page.locator("#panels tbody td:last-child").all_inner_texts()
        assert "1" in ranks and not any(rank.isdigit() and int(rank) > 20 for rank in ranks), ranks
        page.locator("#panels tbody tr").nth(5).click()
        page.get_by_text("Likeliest here").wait_for()


def the_picture_is_one(browser, folder):
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        score(opened, TEXT + "\n---\n" + "Boris counted them again: 1, 2, 3. " * 6, parted=True)
        with page.expect_download() as download:
            page.click("#png")
        assert download.value.suggested_filename == "remit-weights.png"
        with open(download.value.path(), "rb") as file:
            content = file.read()
        assert content.startswith(b"\x89PNG") and len(content) > 10_000
        with open(f"{folder}/exported.png", "wb") as file:
            file.write(content)
        return f"{len(content)} bytes"


def what_the_server_refuses_is_said(browser, folder):
    with tab(browser) as opened:
        page = opened.open()
        opened.scored()
        opened.allowed.append("the server responded with a status of 413")
        page.fill("#text", "too long " * 2000)
        page.click("#score")
        page.get_by_text("A sequence is too long").wait_for()
        assert page.is_visible("#problem") and page.is_hidden("#scored")
        score(opened, "So 81.")
        assert page.is_hidden("#problem")
        page.fill("#text", "  \n")
        page.fill("#text", "")
        page.keyboard.press("Control+Enter")
        page.get_by_text("There is no text to score.").wait_for()


CHECKS = [
    every_option_gives_what_the_server_gives, tokens_tell_their_numbers, two_teachers_stand_side_by_side, files_are_taken,
    without_a_base_the_student_is_a_file, the_link_holds_text_and_options, an_engine_with_fewer_likely_tokens_is_asked_for_fewer,
    the_picture_is_one, what_the_server_refuses_is_said,
]
