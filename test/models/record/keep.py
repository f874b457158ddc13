"""Copies the models that the repository keeps, writes their index.json and the list of files in README.md.

    keep.py

Small graphs and four real ones, with their recorded inputs and outputs; the MobileNet goes to the playground, which
uses it too. Needs the folder of models beside the repository, and nothing but Python.

Development only: the tests read what is kept and need none of this.
"""
import hashlib
import json
import os
import shutil

import tool

HERE = os.path.join(tool.REPOSITORY, "test", "models")
REAL = {"mobilenet_v1_0.25_128_frozen", "catdog_inception", "faced_face_corrector", "ut_deep_mlp"}
SMALL_FAMILIES = ("ut_test_", "dl4j_")
SMALL_BYTES = 20000
PLAYGROUND = {"mobilenet_v1_0.25_128_frozen"}
FIELDS = ("name", "source", "commit", "path", "licence", "sha256", "bytes", "nodes", "ops", "inputs", "likelyOutputs",
          "feeds", "outputs", "deterministic")
LIST_FROM = "<!-- files -->\n"


def kept(entry):
    small = entry["name"].startswith(SMALL_FAMILIES) and entry["bytes"] < SMALL_BYTES
    return small or entry["name"] in REAL


def copy(source, target):
    path = os.path.normpath(os.path.join(HERE, target))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copyfile(source, path)
    os.chmod(path, 0o644)
    return target


def keep(entry):
    row = {key: entry[key] for key in FIELDS if key in entry}
    source = tool.model_path(entry)
    with open(source, "rb") as file:
        row["sha256"] = hashlib.sha256(file.read()).hexdigest()
    folder = "../../playground/models" if entry["name"] in PLAYGROUND else "graphs"
    row["file"] = copy(source, f"{folder}/{entry['file']}")
    if "io" in entry:
        row["io"] = copy(os.path.join(tool.MODELS, entry["io"]), f"io/{entry['name']}.npz")
    return row


def listing(rows):
    lines = ["| file | from | path there | commit | licence |", "|---|---|---|---|---|"]
    for row in rows:
        source = row["source"].removeprefix("github:")
        cells = [row["file"].split("/")[-1], source, row["path"], row["commit"][:12], row["licence"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    rows = [keep(entry) for entry in tool.models() if kept(entry)]
    with open(os.path.join(HERE, "index.json"), "w", encoding="utf-8") as file:
        text = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in rows)
        file.write(f"[\n{text}\n]\n")
    readme = os.path.join(HERE, "README.md")
    with open(readme, encoding="utf-8") as file:
        head = file.read().split(LIST_FROM)[0]
    with open(readme, "w", encoding="utf-8") as file:
        file.write(head + LIST_FROM + listing(rows))
    print(f"{len(rows)} models, {sum(row['bytes'] for row in rows)} bytes")


if __name__ == "__main__":
    main()
