"""Log-probs of a batch by llama.cpp (pip install llama-cpp-python gguf), as a worker of scripts/bench.

usage: python score_llamacpp.py MODEL_DIR f32|bf16 THREADS

Whole sequences side by side in one llama_decode of at most 2,048 tokens, never padded. llama.cpp gives logits; their log-sum-exp is
taken here, 64 positions at a time, by numpy. All else is llama.cpp's default: attention by its flash kernel, which computes in f16
whatever the weights are. (Without it the error falls from 1e-3 to 1e-6 and the time rises by 40 %.)
"""
import os, sys
import llama_cpp as llama
import numpy as np
from gguf_file import write_gguf
from worker import serve

CALL_TOKENS = 2048


def load(directory, precision):
    path = f"{directory}/{precision}.gguf"
    if not os.path.exists(path):
        write_gguf(directory, path, precision)
    parameters = llama.llama_model_default_params()
    parameters.n_gpu_layers = 0
    return llama.llama_model_load_from_file(path.encode(), parameters) or sys.exit(f"llama.cpp cannot load {path}")


def make_context(model, threads, sequences):
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = parameters.n_batch = CALL_TOKENS
    parameters.n_ubatch = 512
    parameters.n_seq_max = sequences
    parameters.kv_unified = True
    parameters.n_threads = parameters.n_threads_batch = threads
    return llama.llama_init_from_model(model, parameters) or sys.exit("llama.cpp cannot make a context")


def calls_of(sequences):
    """Indices of the sequences that go into one call, longest first."""
    calls, call, tokens = [], [], 0
    for index in sorted(range(len(sequences)), key=lambda index: -len(sequences[index])):
        if call and tokens + len(sequences[index]) > CALL_TOKENS:
            calls.append(call)
            call, tokens = [], 0
        call.append(index)
        tokens += len(sequences[index])
    return calls + [call]


def next_token_log_probs(logits, ids):
    """Of ids[1:], from the logits of all positions."""
    parts = []
    for start in range(0, len(ids) - 1, 64):
        targets = ids[start + 1:start + 65]
        rows = logits[start:start + len(targets)]
        largest = rows.max(-1, keepdims=True)
        log_sum = np.log(np.exp(rows - largest).sum(-1)) + largest[:, 0]
        parts.append(rows[np.arange(len(targets)), targets] - log_sum)
    return np.concatenate(parts)


def main():
    directory, precision, threads = sys.argv[1:4]
    quiet = llama.llama_log_callback(lambda level, text, data: None)
    llama.llama_log_set(quiet, None)
    llama.llama_backend_init()
    model = load(directory, precision)
    vocabulary = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
    most = 64
    context = make_context(model, int(threads), most)
    batch = llama.llama_batch_init(CALL_TOKENS, 0, 1)
    sequences, calls, results = [], [], []

    def take(given):
        sequences[:], calls[:] = given, calls_of(given)
        results[:] = [None] * len(given)
        if max(map(len, calls)) > most:
            sys.exit(f"{max(map(len, calls))} sequences in a call, at most {most}")

    def round():
        for call in calls:
            at = 0
            for row, index in enumerate(call):
                for position, token in enumerate(sequences[index]):
                    batch.token[at], batch.pos[at], batch.logits[at] = token, position, 1
                    batch.n_seq_id[at], batch.seq_id[at][0] = 1, row
                    at += 1
            batch.n_tokens = at
            llama.llama_memory_clear(llama.llama_get_memory(context), True)
            if llama.llama_decode(context, batch) != 0:
                sys.exit("llama_decode failed")
            logits = np.ctypeslib.as_array(llama.llama_get_logits(context), shape=(at, vocabulary))
            at = 0
            for index in call:
                ids = sequences[index]
                results[index] = next_token_log_probs(logits[at:at + len(ids)], ids)
                at += len(ids)
        return {"tokens": sum(map(len, sequences))}

    serve(f"llama-cpp-python {llama.__version__}", take, round, lambda: results)


main()
