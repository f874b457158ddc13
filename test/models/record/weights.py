"""Records goldens/weights.json.gz: what the real tool makes of every float constant of every model.

    weights.py [MODEL ...]          all models, or the named ones

round_weights(num_steps=256) is recorded as it stands, quantize_weights with minimum_size=1, so that small constants are
covered too; with the default of 1024 the tool is run as well, and must give the same bytes for the constants that have
1024 elements, and leave the others alone.

Development only: the tests read the recorded goldens and need none of this.
"""
import os
import sys
import tempfile

import golden
import tool
from describe import decoded, digest, read_graph

DT_FLOAT = 1
DEFAULT_MINIMUM_SIZE = 1024


def constants(graph):
    return {node.name: node.attr["value"].tensor for node in graph.node if node.op == "Const"}


def run(entry, transforms):
    """The transformed graph and None, or None and what the tool said instead."""
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "out.pb")
        said = tool.transform(tool.model_path(entry), target, tool.fed_inputs(entry), tool.outputs(entry), transforms)
        return (None, said) if "refused" in said else (read_graph(target), None)


def quantized(found, name):
    """The three parts of one quantised constant, or None where the tool left it as it was."""
    if name + "_quantized_const" not in found:
        return None
    low, high = (decoded(found[f"{name}_quantized_{end}"])[1][::-1].hex() for end in ("min", "max"))
    return {"bytes": digest(decoded(found[name + "_quantized_const"])[1]), "min": low, "max": high}


def record(entry):
    source = {name: tensor for name, tensor in constants(read_graph(tool.model_path(entry))).items()
              if tensor.dtype == DT_FLOAT}
    results = {}
    for key, transforms in (("rounded", "round_weights(num_steps=256)"),
                            ("quantized", "quantize_weights(minimum_size=1)"), ("default", "quantize_weights")):
        graph, refused = run(entry, transforms)
        if refused:
            return {"transforms": transforms, **refused}
        results[key] = constants(graph)
    described = {}
    for name, tensor in source.items():
        values, data = decoded(tensor)
        row = described[name] = {"elements": values.size}
        bytes_rounded = decoded(results["rounded"][name])[1]
        if bytes_rounded != data:
            row["rounded"] = digest(bytes_rounded)
        parts = quantized(results["quantized"], name)
        if parts:
            row["quantized"] = parts
        expected = parts if values.size >= DEFAULT_MINIMUM_SIZE else None
        if quantized(results["default"], name) != expected:
            raise AssertionError(f"{entry['name']}: {name}: the default minimum_size gives something else")
    return {"constants": described}


def main():
    graphs = {}
    for entry in tool.models(sys.argv[1:]):
        graphs[entry["name"]] = record(entry)
        print(entry["name"], graphs[entry["name"]].get("message", ""), flush=True)
    golden.write("weights.json.gz", {"tool": golden.TOOL, "graphs": graphs}, merge=bool(sys.argv[1:]))


if __name__ == "__main__":
    main()
