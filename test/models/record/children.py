"""Does work on models in child processes: TensorFlow is imported once a child, and one that crashes or hangs is replaced.

Development only: the tests read the recorded goldens and need none of this.
"""
import json
import subprocess
import sys
import threading
from collections import deque

TIMEOUT_SECONDS = 120


def rows(command, names, children=1):
    """Name -> what the command answered: it reads a name a line, and answers each with a line of JSON.

    Where it crashed that is {"crashed": exit status}, where it took too long {"timeout": seconds}.
    """
    left, found = deque(names), {}

    def work():
        child = None
        while left:
            try:
                name = left.popleft()
            except IndexError:
                break
            child = child or subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                              stderr=subprocess.DEVNULL)
            late = threading.Timer(TIMEOUT_SECONDS, child.kill)
            late.start()
            try:
                child.stdin.write(name + "\n")
                child.stdin.flush()
                line = child.stdout.readline()
            except BrokenPipeError:
                line = ""
            in_time = late.is_alive()
            late.cancel()
            if line:
                found[name] = json.loads(line)
                continue
            status = child.wait()
            found[name] = {"crashed": status} if in_time else {"timeout": TIMEOUT_SECONDS}
            print(name, found[name], file=sys.stderr, flush=True)
            child = None
        if child:
            child.stdin.close()
            child.wait()

    threads = [threading.Thread(target=work) for _ in range(children)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def answer_lines(answer):
    """The child's side: `answer(name)` for each name that is read."""
    for line in sys.stdin:
        print(json.dumps(answer(line.rstrip("\n"))), flush=True)
