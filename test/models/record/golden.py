"""Reads and writes golden files: JSON, one model a line, gzipped where the name ends in .gz.

The same data give the same bytes.

Development only: the tests read the recorded goldens and need none of this.
"""
import gzip
import json
import os

import tool

TOOL = "tensorflow-cpu 2.21.0"


def read(name):
    path = os.path.join(tool.GOLDENS, name)
    if not os.path.exists(path):
        return None
    with (gzip.open if name.endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write(name, data, merge):
    """`data["graphs"]` becomes one line a model; with `merge` the models that are not in it keep what they had."""
    data = dict(data)
    graphs = data.pop("graphs")
    if merge:
        graphs = {**(read(name) or {"graphs": {}})["graphs"], **graphs}
    head = "".join(f"{json.dumps(key)}: {compact(value)},\n" for key, value in data.items())
    rows = ",\n".join(f"{json.dumps(key)}: {compact(graphs[key])}" for key in sorted(graphs))
    text = f'{{\n{head}"graphs": {{\n{rows}\n}}\n}}\n'.encode()
    if name.endswith(".gz"):
        text = gzip.compress(text, 9, mtime=0)
    os.makedirs(tool.GOLDENS, exist_ok=True)
    with open(os.path.join(tool.GOLDENS, name), "wb") as file:
        file.write(text)
    print(f"{name}: {len(graphs)} models, {len(text)} bytes")
