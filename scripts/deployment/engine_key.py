"""The key that vLLM is started with, by the files for Kubernetes and Compose: that of the file, whose line ends as `openssl rand` ends it.

usage: python engine_key.py WORK

vLLM compares all of its VLLM_API_KEY; remit-server shows it the first line of its file. So each file's command is run here as the
cluster would run it, but for its python3, which writes down what it was given.
"""

import os
import pathlib
import subprocess
import sys

import yaml

KEY = "0123456789abcdef" * 4
DOCKER = pathlib.Path(__file__).resolve().parents[2] / "docker"


def kubernetes():
    """vLLM's command, as Kubernetes expands it, and the folder where its secret is mounted."""
    for one in yaml.safe_load_all((DOCKER / "kubernetes.yaml").read_text()):
        if one["kind"] == "StatefulSet" and one["metadata"]["name"] == "vllm":
            pod = one["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            for variable in container.get("env", []):
                if "secretKeyRef" in variable.get("valueFrom", {}):
                    sys.exit(f"kubernetes.yaml: {variable['name']} of vLLM has the line's end of its secret")
            (secret,) = [volume["name"] for volume in pod["volumes"] if "secret" in volume]
            (folder,) = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == secret]
            return container["command"] + container["args"], folder
    sys.exit("kubernetes.yaml has no StatefulSet vllm")


def compose():
    """vLLM's command, as Compose expands it, and the folder where its secret is mounted."""
    service = yaml.safe_load((DOCKER / "compose.gpu.yaml").read_text())["services"]["vllm"]
    return service["entrypoint"] + service["command"], "/run/secrets"


def main(work):
    work = pathlib.Path(work).resolve()
    (work / "bin").mkdir(parents=True, exist_ok=True)
    (work / "engine_key").write_text(KEY + "\n")
    python = work / "bin/python3"
    python.write_text('#!/bin/sh\nprintf "%s" "$VLLM_API_KEY" >"$SHOWN"\nprintf "%s\\n" "$@" >"$SHOWN.arguments"\n')
    python.chmod(0o755)
    for name, (command, secrets) in {"kubernetes.yaml": kubernetes(), "compose.gpu.yaml": compose()}.items():
        shown = work / f"{name}.key"
        command = [word.replace("$$", "$").replace(secrets + "/", f"{work}/") for word in command]
        environment = {"PATH": f"{work}/bin:{os.environ['PATH']}", "SHOWN": str(shown), "GPUS": "1"}
        subprocess.run(command, env=environment, check=True)
        if shown.read_bytes() != KEY.encode():
            sys.exit(f"{name}: expected the key {KEY!r}, got {shown.read_bytes()!r}")
        arguments = pathlib.Path(f"{shown}.arguments").read_text()
        if not arguments.startswith("-m\nvllm.") or "/models/teacher" not in arguments:
            sys.exit(f"{name}: vLLM was given {arguments.splitlines()}")
        print(f"docker/{name}: vLLM takes the key of a file whose line ends")


main(*sys.argv[1:])
