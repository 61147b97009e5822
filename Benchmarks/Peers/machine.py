"""What the table was measured on."""
import os, platform, re


def describe_machine(peak_instructions):
    text = open("/proc/cpuinfo", encoding="utf-8").read()
    name = re.search(r"model name\s*: (.*)", text)
    family = re.search(r"cpu family\s*: (\d+)\nmodel\s*: (\d+)", text)
    flags = re.search(r"flags\s*: (.*)", text)
    shown = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flags and flag in flags[1].split()]
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (f"machine: {name[1] if name else platform.machine()} (family {family[1]} model {family[2]}), "
            f"{os.cpu_count()} CPUs, {memory:.0f} GiB, {' '.join(shown)}; Linux {platform.release().split('-')[0]}; "
            f"load {os.getloadavg()[0]:.1f}\npeak loop: {peak_instructions}\n") if family else platform.platform()
