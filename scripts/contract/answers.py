"""Writes the answers among a contract's examples anew, as the server at $URL gives them; scripts/renew-contract starts one.

usage: python scripts/contract/answers.py openapi.yaml        environment: URL, KEY

Only scalars change, in place, so that lines stay as they were laid out; a list of another length is written on one line. What depends on
the machine or on the example's flags stays. Fingerprints that moved are replaced wherever the file has them.
"""
import json, os, re, sys, urllib.request
import yaml

UNSETTLED = {"self_check", "threads", "memory_bound_bytes", "tokens_per_second", "settings", "created"}
REQUEST_ID = "5f0c2f6f3c1d9a27"
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class Literal(str):
    """A number as the server wrote it."""


def ask(path, method, body):
    request = urllib.request.Request(
        os.environ["URL"] + path, method=method.upper(), data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": "Bearer " + os.environ["KEY"], "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read(), parse_int=Literal, parse_float=Literal)


def member(node, *names):
    """The node below some mapping, null where there is none."""
    for name in names:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == name), None)
    return node


def examples(message):
    found = member(message, "content", "application/json", "examples")
    return {key.value: member(example, "value") for key, example in found.value} if found else {}


def text(value):
    """As JSON, which is YAML too."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class Renewal:
    def __init__(self, contract):
        self.contract, self.edits, self.moved = contract, [], {}
        self.loader = yaml.SafeLoader("")

    def constructed(self, node):
        return self.loader.construct_document(node) if node is not None else None

    def compare(self, node, answer, place):
        if isinstance(node, yaml.MappingNode):
            shown = {key.value: value for key, value in node.value}
            if shown.keys() != answer.keys():
                sys.exit(f"{place}: the example has {sorted(shown)}, the answer {sorted(answer)}: mend the example first")
            for name, value in shown.items():
                if name not in UNSETTLED:
                    self.compare(value, answer[name], f"{place}.{name}")
        elif isinstance(node, yaml.SequenceNode) and len(node.value) == len(answer):
            for index, (value, item) in enumerate(zip(node.value, answer)):
                self.compare(value, item, f"{place}[{index}]")
        else:
            wanted = text(answer)
            if REQUEST_ID in node.value:
                return
            if self.constructed(node) != yaml.safe_load(wanted):
                old = self.contract[node.start_mark.index:node.end_mark.index]
                self.edits.append((node.start_mark.index, node.end_mark.index, wanted))
                if FINGERPRINT.search(old):
                    self.moved[FINGERPRINT.search(old)[0]] = str(answer)

    def result(self):
        contract = self.contract
        for start, end, replacement in sorted(self.edits, reverse=True):
            contract = contract[:start] + replacement + contract[end:]
        for old, new in self.moved.items():
            contract = contract.replace(old, new)
        return contract


def main(path):
    with open(path, encoding="utf-8") as file:
        renewal = Renewal(file.read())
    compared = 0
    for route, methods in member(yaml.compose(renewal.contract), "paths").value:
        for method, operation in methods.value:
            if method.value not in ("get", "post"):
                continue
            requests = examples(member(operation, "requestBody"))
            for name, shown in examples(member(operation, "responses", "200")).items():
                body = renewal.constructed(requests[name]) if method.value == "post" else None
                renewal.compare(shown, ask(route.value, method.value, body), f"{route.value} {name}")
                compared += 1
    with open(path, "w", encoding="utf-8") as file:
        file.write(renewal.result())
    print(f"{path}: {compared} answers, {len(renewal.edits)} values are new")


if __name__ == "__main__":
    main(sys.argv[1])
