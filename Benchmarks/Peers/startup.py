"""remit-server from its start to its first answer of /ready: packed into memory, from a packed file, and making one."""
import contextlib, os, shutil, statistics, subprocess, tempfile, time, urllib.request


def table(benchmark, model, shape, precision, cache, rounds):
    """One thread, in turn; the model's file is of bf16."""
    ways = {"packed into memory": None, "packed file, made": "new", "packed file, mapped": "kept"}
    weights = os.path.getsize(model + "/model.safetensors") * (2 if precision == "f32" else 1)
    runs = {way: [] for way in ways}
    for _ in range(rounds):
        for way, kind in ways.items():
            if kind == "new":
                shutil.rmtree(cache, ignore_errors=True)
            runs[way].append(start_server(benchmark, model, precision, cache if kind else None))
    print(f"\n### start of remit-server, {shape}, {precision}\n\n| | CPU seconds to /ready | least to most | peak memory | of the weights |"
          "\n|---|---|---|---|---|")
    for way, found in runs.items():
        seconds, peak = [run["cpu"] for run in found], max(run["peak"] for run in found)
        print(f"| {way} | {statistics.median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} | {peak / 2**30:.2f} GiB | "
              f"{peak / weights:.2f} |", flush=True)


def start_server(benchmark, model, precision, cache):
    """CPU seconds and peak memory of a remit-server that has just become ready, and is ended."""
    with tempfile.TemporaryDirectory() as folder:
        port_file, log = folder + "/port", folder + "/log"
        command = [os.path.dirname(benchmark) + "/remit-server", "--model", model, "--precision", precision, "--threads", "1", "--port", "0",
                   "--port-file", port_file]
        with open(log, "w", encoding="utf-8") as errors:
            server = subprocess.Popen(command + (["--packed-cache", cache] if cache else []), stderr=errors, stdout=errors)
        try:
            while True:
                with contextlib.suppress(OSError):
                    with open(port_file, encoding="utf-8") as file:
                        url = f"http://127.0.0.1:{int(file.read())}"
                    urllib.request.urlopen(url + "/ready").close()
                    break
                if server.poll() is not None:
                    with open(log, encoding="utf-8") as file:
                        raise RuntimeError(f"remit-server ended with status {server.returncode}:\n{file.read()[-3000:]}")
                time.sleep(0.01)
            with open(f"/proc/{server.pid}/stat", encoding="utf-8") as file:
                user, system = file.read().rsplit(")", 1)[1].split()[11:13]
            with open(f"/proc/{server.pid}/status", encoding="utf-8") as file:
                peak = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
        finally:
            server.terminate()
            server.wait()
    return {"cpu": (int(user) + int(system)) / os.sysconf("SC_CLK_TCK"), "peak": peak}
