"""Runs the Graph Transform Tool on many graphs: TensorFlow is loaded once, and each graph is transformed in a child process, as
the tool crashes or hangs on some. A child works until it dies; the next graph gets a new one.

A request is a line of JSON {"graph": base64, "inputs": [...], "outputs": [...], "transforms": "..."}, an answer one of
{"graph": base64}, {"refused": text}, {"crashed": signal} or {"hung": seconds}.
"""
import base64
import json
import os
import resource
import select
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
SECONDS = float(os.environ.get("GRAPHDEF_FUZZ_SECONDS", "4"))


def transform(request):
    from tensorflow.python.util import _pywrap_transform_graph as tool
    try:
        graph = tool.TransformGraphWithStringInputs(
            base64.b64decode(request["graph"]),
            ",".join(request["inputs"]), ",".join(request["outputs"]), request["transforms"])
    except Exception as error:  # the binding raises whatever a Status maps to
        return {"refused": f"{type(error).__name__}: {error}"}
    return {"graph": base64.b64encode(graph).decode()}


class Child:
    def __init__(self):
        to_child, self.requests = os.pipe()
        self.answers, from_child = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.requests)
            os.close(self.answers)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            # What TensorFlow says before it aborts would be thousands of lines.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with os.fdopen(to_child) as requests, os.fdopen(from_child, "w") as answers:
                for line in requests:
                    answers.write(json.dumps(transform(json.loads(line))) + "\n")
                    answers.flush()
            os._exit(0)
        os.close(to_child)
        os.close(from_child)
        self.reader = os.fdopen(self.answers)

    def ask(self, line):
        """The answer, and whether the child lives on."""
        data = memoryview(line.encode())
        while data:
            data = data[os.write(self.requests, data):]
        if not select.select([self.answers], [], [], SECONDS)[0]:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
            return json.dumps({"hung": SECONDS}), False
        answer = self.reader.readline()
        if answer.endswith("\n"):
            return answer.strip(), True
        _, status = os.waitpid(self.pid, 0)
        return json.dumps({"crashed": os.WTERMSIG(status) if os.WIFSIGNALED(status) else status}), False

    def close(self):
        os.close(self.requests)
        self.reader.close()


def main():
    import tensorflow  # noqa: F401  registers the ops that the transforms look up
    print("ready", flush=True)
    child = None
    for line in sys.stdin:
        child = child or Child()
        answer, alive = child.ask(line)
        print(answer, flush=True)
        if not alive:
            child.close()
            child = None


if __name__ == "__main__":
    main()
