"""What goes wrong with a body: in the tree that it stands for, in its bytes, in what compressed it."""

import copy

ODD_NUMBERS = [
    0, -1, 1, 2, 0.5, -0.0, 255, 256, 639, 640, 641, 2**31 - 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 10**400,
    1e-320, 1e308, -1e308, 3.5e38, float("inf"), float("nan")]
ODD_STRINGS = [
    "", " ", "\u0000", "\ud800", "remit", "rho1", "teacher", "base", "..", "/", "../../etc", "a" * 3000, "é" * 99, "0" * 64]
NAMES = [
    "inputs", "text", "token_ids", "id", "document_starts", "loss_mask", "student_logprobs", "weighting", "epsilon", "top_k"]
ODD_VALUES = [None, True, False, [], {}, [[]], [{}], {"": ""}, [None], *ODD_NUMBERS, *ODD_STRINGS]


def odd(draw):
    return copy.deepcopy(draw.choice(ODD_VALUES))


def spoil_tree(draw, tree):
    """The tree with one to three things changed in it; it is changed in place where it can be."""
    for _ in range(draw.choice([1, 1, 2, 3])):
        places = list(inner(tree))
        if not places:
            return odd(draw)
        holder = draw.choice(places)
        change(draw, holder)
    return tree


def inner(tree):
    """Every list and object in the tree."""
    if isinstance(tree, (list, dict)):
        yield tree
        for value in tree.values() if isinstance(tree, dict) else tree:
            yield from inner(value)


def change(draw, holder):
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    what = draw.randrange(6)
    if not keys or what == 0:
        add(draw, holder)
        return
    key = draw.choice(keys)
    if what == 1:
        del holder[key]
    elif what == 2:
        holder[key] = draw.choice([[holder[key]], {"inputs": holder[key]}, str(holder[key])])
    elif what == 3:
        other = draw.choice(keys)
        holder[key], holder[other] = holder[other], holder[key]
    elif isinstance(holder[key], (int, float)) and abs(holder[key]) < 2**63 and draw.random() < 0.5:
        holder[key] = holder[key] + draw.choice([-1, 1, 0.5, 2**31])
    else:
        holder[key] = odd(draw)


def add(draw, holder):
    if isinstance(holder, list):
        holder[draw.randrange(len(holder) + 1):0] = [odd(draw)] * draw.choice([1, 1, 50])
    else:
        holder[draw.choice([*NAMES, *ODD_STRINGS])] = odd(draw)


def spoil_bytes(draw, body):
    """One to four places cut, repeated, overwritten or filled."""
    body = bytearray(body)
    for _ in range(draw.choice([1, 1, 2, 4])):
        at = draw.randrange(len(body) + 1)
        end = min(len(body), at + draw.choice([1, 1, 4, 8, 64]))
        what = draw.randrange(7)
        if what == 0:
            del body[at:end]
        elif what == 1:
            body[at:at] = body[at:end] * draw.choice([1, 2, 40])
        elif what == 2:
            body[at:at] = draw.randbytes(draw.choice([1, 2, 8]))
        elif what == 3:
            body[at:end] = draw.choice([b"\x00", b"\xff", b'"', b",", b"]", b"}", b"\\u", b"1e999", b"-"]) * (end - at)
        elif what == 4:
            del body[at:]
        elif at < len(body):
            body[at] ^= 1 << draw.randrange(8)
    return bytes(body)


def spoiled(draw, request):
    """(request, way): one of the ways in which a body may be wrong; `bytes` and `coded` are for who writes the body."""
    way = draw.choices(["nothing", "tree", "bytes", "coded", "tensors"], [3, 8, 4, 2, 2])[0]
    request = request.copy()
    if way == "tree":
        request.tree = spoil_tree(draw, request.tree)
    elif way == "tensors" and request.tensors:
        request.tensors = spoil_bytes(draw, request.tensors)
    return request, way
