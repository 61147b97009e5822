"""A server with a store, two teachers' worth of loading, and a few requests: right answers, or errors that say what failed."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import time

from program import BIN, SECONDS, Ended, environment, run

OLD = [[5, 9, 2, 7, 11, 13], [20, 21, 22]]
NEW = [[30, 31, 32, 33], [5, 9, 2, 8]]


class Process:
    """A server on a free port; `port` is None where it ended before it was ready."""

    def __init__(self, command, work, more):
        self.work = work
        port_file = os.path.join(work, "port")
        if os.path.exists(port_file):
            os.remove(port_file)
        # Where nothing can be written any more, what the server says has to lie elsewhere to be read.
        self.log = open(f"{work}.log" if "FAULT_LASTS" in more else os.path.join(work, "server.log"), "w+b")
        self.process = subprocess.Popen(
            command + ["--port", "0", "--port-file", port_file], env=environment(more), stdout=subprocess.DEVNULL,
            stderr=self.log)
        self.port, self.end = None, time.monotonic() + SECONDS
        while self.port is None and self.process.poll() is None and time.monotonic() < self.end:
            try:
                port = int(open(port_file).read())
                if self.call("GET", "/ready", port=port)[0] == 200:
                    self.port = port
            except (OSError, ValueError, http.client.HTTPException):
                time.sleep(0.01)

    def call(self, method, path, body=None, port=None):
        """Status and JSON; (None, reason) where the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=SECONDS)
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read().decode()
            return answer.status, json.loads(text) if text.startswith("{") else text
        except (OSError, http.client.HTTPException) as error:
            if port:
                raise
            return None, repr(error)
        finally:
            connection.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=max(1, self.end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = None
        self.log.seek(0)
        return Ended(status, self.log.read().decode(errors="replace"))


class Serving:
    """Its folder holds a store in which a server has kept something before."""

    def __init__(self, name, work, models):
        self.name, self.work, self.out = name, work, os.path.join(work, name)
        self.before = os.path.join(work, name + "-before")
        self.models = models
        os.makedirs(self.before)

    def command(self, folder):
        return [f"{BIN}/remit-server", "--model", f"{self.models}/teacher", "--store", f"{folder}/store", "--models-dir",
                self.models, "--admin-without-key", "--threads", "1", "--cache-tokens", "0"]

    def ask(self, server):
        """What was asked -> (status, the log-probs or the problem)."""
        answers = {}
        for name, sequences, model in [("old", OLD, "teacher"), ("new", NEW, "teacher"), ("again", OLD + NEW, "teacher"),
                                       ("load", None, None), ("loaded", OLD, "other")]:
            if sequences is None:
                status, answer = server.call("POST", "/v1/teachers", {"name": "other", "path": "base"})
                answers[name] = status, answer["model_fingerprint"] if status == 201 else answer
                continue
            status, answer = server.call("POST", "/v1/logprobs", {
                "model": model, "inputs": [{"token_ids": sequence} for sequence in sequences]})
            is_right = status == 200 and isinstance(answer, dict)
            answers[name] = status, [one["teacher_logprobs"] for one in answer["results"]] if is_right else answer
        return answers

    def undisturbed(self):
        server = Process(self.command(self.before), self.work, {})
        server.call("POST", "/v1/logprobs", {"inputs": [{"token_ids": sequence} for sequence in OLD]})
        if server.stop().status != 0:
            raise SystemExit("without a fault the server does not end well")
        self.expected = self.serve({}, is_anew=True)[0]
        if any(status not in (200, 201) for status, _ in self.expected.values()):
            raise SystemExit(f"without a fault: {self.expected}")

    def serve(self, more, is_anew):
        """(answers, status of /health, how it ended, whether it was ready)"""
        if is_anew:
            shutil.rmtree(self.out, ignore_errors=True)
            shutil.copytree(self.before, self.out)
        server = Process(self.command(self.out), self.work, more)
        answers = self.ask(server) if server.port else {}
        health = server.call("GET", "/health")[0] if server.port else None
        return answers, health, server.stop(), server.port is not None

    def trial(self, fault, environment):
        """(why it is a failure or None, whether the fault was told as an error)"""
        answers, health, ended, was_ready = self.serve(environment, is_anew=True)
        if ended.failure(fault):
            return ended.failure(fault), False
        is_gone = fault.may_end_the_process and ended.status != 0
        if was_ready and ended.status != 0 and not is_gone:
            return f"a server that was ready ended with {ended.status}: {ended.last}", True
        told, may_break = not was_ready, fault.is_on_sockets or is_gone
        for name, (status, answer) in answers.items():
            if (status, answer) == self.expected[name]:
                continue
            if status in (200, 201):
                return f"'{name}' has other values: {answer}", told
            if status is None and not may_break:
                return f"'{name}' got no answer: {answer}", told
            if status is not None and not (isinstance(answer, dict) and answer.get("detail")):
                return f"'{name}' was answered {status} without a text: {answer}", told
            told = True
        if was_ready and health != 200 and not may_break:
            return f"/health was answered {health}", told
        # Without the fault: everything is there, and right.
        after, _, ended_after, _ = self.serve({}, is_anew=False)
        if ended_after.status != 0:
            return f"the next server ended with {ended_after.status}: {ended_after.last}", told
        if after != self.expected:
            return f"the next server answered {after}", told
        verified = run([f"{BIN}/remit-server", "store", "verify", f"{self.out}/store"])
        return (None if verified.status == 0 else f"the store does not verify: {verified.errors}"), told
