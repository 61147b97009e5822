#include "CKernels.h"

int remit_path_supported(int path) {
#if defined(__x86_64__)
  if (path == REMIT_AVX512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (path == REMIT_AVX512_BF16) return remit_path_supported(REMIT_AVX512) && __builtin_cpu_supports("avx512bf16");
  if (path == REMIT_AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return path == REMIT_PORTABLE;
}
