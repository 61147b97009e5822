"""The OpenAI SDK on remit-server: its answers are those of /v1/logprobs, its exceptions those that the SDK has.

usage: scripts/with-server --name demo-teacher -- python scripts/clients/sdk.py FOLDER        environment: URL, KEY
"""
import json, os, urllib.request

import openai

TEXT = "Petra has 20 shells and finds 43 more. How many shells?"


def own(**inputs):
    """What /v1/logprobs answers to one input."""
    request = urllib.request.Request(
        os.environ["URL"] + "/v1/logprobs", json.dumps({"inputs": [inputs], "top_k": 3, "return_tokens": True}).encode(),
        {"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["results"][0]


def refused(kind, code, ask):
    """The ask ends with this exception, which names the problem."""
    try:
        ask()
    except kind as error:
        assert error.code == code and error.request_id, (error.code, error.request_id)
        print(f"{kind.__name__}: {error.body['message']}")
        return
    raise AssertionError(f"no {kind.__name__}")


def main():
    client = openai.OpenAI(base_url=os.environ["URL"] + "/v1", api_key=os.environ["KEY"], max_retries=0)
    model = client.models.list().data[0]
    assert (model.id, model.object) == ("demo-teacher", "model") and model.max_model_len == 512
    assert client.models.list().object == "list"

    expected = own(text=TEXT)
    answer = client.completions.create(
        model=model.id, prompt=TEXT, echo=True, logprobs=3, max_tokens=1, temperature=0, seed=1,
        extra_body={"prompt_logprobs": 3, "return_token_ids": True})
    choice = answer.choices[0]
    scored = choice.logprobs
    count = len(expected["token_ids"])
    assert answer.usage.prompt_tokens == count and answer.usage.completion_tokens == 1
    assert choice.text == TEXT + scored.tokens[-1] and choice.prompt_token_ids == expected["token_ids"]
    assert scored.token_logprobs[:-1] == expected["teacher_logprobs"] and scored.tokens[:-1] == expected["tokens"]
    # A token begins where the one before it ends; a special one, which may stand in front, has no place in the text.
    shown = [0 if start == end == 0 else len(token) for token, (start, end) in zip(expected["tokens"], expected["offsets"])]
    assert sum(shown) == len(TEXT) and scored.text_offset == [sum(shown[:place]) for place in range(count)] + [len(TEXT)]
    rows = zip(expected["token_ids"], expected["teacher_logprobs"], expected["topk_token_ids"], expected["topk_logprobs"])
    for position, (token, log_prob, ids, log_probs) in enumerate(rows):
        shown = choice.prompt_logprobs[position]
        if log_prob is None:
            assert shown is None and scored.top_logprobs[position] is None
            continue
        wanted = dict(zip(map(str, ids), log_probs)) | {str(token): log_prob}
        assert {id: entry["logprob"] for id, entry in shown.items()} == wanted
        assert [shown[str(id)]["rank"] for id in ids] == [1, 2, 3]
        assert max(scored.top_logprobs[position].values()) == log_probs[0]

    # The token that follows is the likeliest of all: it has the log-prob that it has as a part of the prompt.
    token = choice.token_ids[0]
    longer = own(token_ids=expected["token_ids"] + [token])
    assert longer["topk_token_ids"][-1][0] == token
    assert longer["teacher_logprobs"][-1] == longer["topk_logprobs"][-1][0] == scored.token_logprobs[-1]
    alone = client.completions.create(model=model.id, prompt=[expected["token_ids"]], max_tokens=1, temperature=0)
    assert alone.choices[0].text == scored.tokens[-1] and alone.choices[0].logprobs is None

    def ask(**options):
        return client.completions.create(**{"model": model.id, "prompt": [1, 2], "max_tokens": 1, "temperature": 0} | options)

    refused(openai.BadRequestError, "invalid-field", lambda: ask(max_tokens=16))
    refused(openai.BadRequestError, "invalid-field", lambda: ask(n=2))
    refused(openai.BadRequestError, "invalid-field", lambda: ask(stream=True))
    refused(openai.BadRequestError, "invalid-input", lambda: ask(prompt=[1, 640]))
    refused(openai.NotFoundError, "unknown-model", lambda: ask(model="gpt"))
    client.api_key = "wrong"
    refused(openai.AuthenticationError, "unauthorized", ask)
    print("the OpenAI SDK: the same log-probs, its own exceptions")


if __name__ == "__main__":
    main()
