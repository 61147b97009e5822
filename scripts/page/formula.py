"""The page's own weights, and its reading of the contract, against the server and a whole YAML parser."""

import itertools, json, os, random, urllib.request
import yaml
from browsing import KEY, URL

TOLERANCE = 1e-6
"""Of a weight: the exponentials of browser and server may differ in the last bit, and a weight is rounded to 32 bits."""


def ask(path, body=None, method=None):
    request = urllib.request.Request(URL + path, method=method, data=json.dumps(body).encode() if body is not None else None, headers={
        "Authorization": "Bearer " + KEY, "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        content = answer.read()
    return json.loads(content) if "json" in answer.headers["Content-Type"] else content.decode()


def options():
    """Every weighting, with values of its options at the ends and between."""
    for epsilon, centering in itertools.product([0, 0.05, 0.2, 0.5, 1], ["sequence", "document"]):
        for weighting in ["remit", "remit-static"]:
            yield {"weighting": weighting, "epsilon": epsilon, "centering": centering}
    for keep in [0.01, 0.5, 0.6, 1]:
        yield {"weighting": "rho1", "keep_fraction": keep}
    yield {"weighting": "ntp"}


def sequence(seed):
    """Several documents of random ids, one of them of a single token; log-probs of a student, some equal."""
    chance = random.Random(seed)
    lengths = [chance.randrange(2, 40), 1, chance.randrange(2, 90), chance.randrange(2, 20)]
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    student = [-chance.choice([0.0, 0.5, chance.expovariate(0.2), chance.uniform(0, 30)]) for _ in range(sum(lengths))]
    return {"token_ids": [chance.randrange(640) for _ in student], "document_starts": starts, "student_logprobs": student}


def weights_are_the_servers(page):
    compared, largest = 0, 0.0
    for seed, chosen in itertools.product(range(3), options()):
        given = sequence(seed)
        if chosen["weighting"] == "remit-static":
            given.pop("student_logprobs")
        expected = ask("/v1/weights", {"inputs": [given], **chosen})["results"][0]
        student = given.get("student_logprobs") or expected["student_logprobs"]
        got = page.evaluate("""async ([sequence, options]) => {
            const { weigh } = await import("/page/weighting.js");
            const { weights, statistics } = weigh(sequence, options);
            return { weights, ...statistics };
        }""", [{"teacher": expected["teacher_logprobs"], "student": student, "starts": given["document_starts"]},
               {"epsilon": 0.2, "centering": "sequence", "keepFraction": chosen.get("keep_fraction", 0.6), **chosen}])
        for mine, theirs in zip(got["weights"], expected["weights"], strict=True):
            largest = max(largest, abs(mine - theirs))
            compared += 1
        known = expected["statistics"]
        assert [got["scoredTokens"], got["clippedLow"], got["clippedHigh"]] == [
            known["scored_tokens"], known["clipped_low"], known["clipped_high"]], (chosen, got, known)
        assert abs(got["meanWeight"] - known["mean_weight"]) <= TOLERANCE, (chosen, got["meanWeight"], known)
    assert largest <= TOLERANCE, f"a weight differs by {largest}"
    return f"{compared} weights, the largest difference {largest:.1e}"


def contract_is_read_whole(page):
    text = ask("/openapi.yaml")
    got = page.evaluate("async (text) => (await import('/page/yaml.js')).parseYAML(text)", text)
    whole = json.loads(json.dumps(yaml.safe_load(text)), parse_int=lambda digits: digits if abs(int(digits)) >= 2**53 else int(digits))
    assert got == whole, "yaml.js reads the contract otherwise than PyYAML"
    return f"{len(text)} bytes"


def pieces_keep_characters_whole(page):
    """Spans of bytes, by hand: plain, shared by overlap, shared by a cut within a character, gaps, special tokens."""
    cases = [
        ("ab c", [[0, 2], [2, 4]], [("ab", [0]), (" c", [1])]),
        ("né", [[0, 1], [1, 3], [1, 3]], [("n", [0]), ("é", [1, 2])]),
        ("a🙂b", [[0, 2], [2, 4], [4, 6]], [("a🙂b", [0, 1, 2])]),
        ("日本", [[0, 3], [0, 3], [3, 6]], [("日", [0, 1]), ("本", [2])]),
        ("e\u0301x", [[0, 1], [1, 3], [3, 4]], [("e\u0301", [0, 1]), ("x", [2])]),
        (" a", [[0, 0], [1, 2]], [("", [0]), (" ", []), ("a", [1])]),
        ("ab", [[0, 1]], [("a", [0]), ("b", [])]),
        ("a\r\nb", [[0, 2], [2, 3], [3, 4]], [("a\r", [0]), ("\n", [1]), ("b", [2])]),
    ]
    for text, spans, expected in cases:
        got = page.evaluate("async ([text, spans]) => (await import('/page/clusters.js')).pieces(text, spans)", [text, spans])
        assert [(piece["text"], piece["tokens"]) for piece in got] == expected, (text, spans, got)
    return f"{len(cases)} texts"
