#include "CPeak.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define UNROLL _Pragma("clang loop unroll(full)")
// Says that `x` was changed, so that no round can be left out, and keeps it in a register.
#define TOUCH(x) __asm__ volatile("" : "+v"(x))

enum { CHAINS_512 = 24, CHAINS_256 = 12 }; // more than latency times ports; with two operands they fit the registers

__attribute__((target("avx512f"))) static double f32_512(long rounds) {
  __m512 sum[CHAINS_512], x = _mm512_setzero_ps(), y = x;
  UNROLL for (int i = 0; i < CHAINS_512; i++) sum[i] = _mm512_setzero_ps();
  for (long r = 0; r < rounds; r++) {
    UNROLL for (int i = 0; i < CHAINS_512; i++) {
      sum[i] = _mm512_fmadd_ps(x, y, sum[i]);
      TOUCH(sum[i]);
    }
  }
  return (double)rounds * CHAINS_512 * 16 * 2;
}

__attribute__((target("avx512f,avx512bf16"))) static double bf16_512(long rounds) {
  __m512 sum[CHAINS_512];
  __m512bh x = (__m512bh)_mm512_setzero_si512(), y = x;
  UNROLL for (int i = 0; i < CHAINS_512; i++) sum[i] = _mm512_setzero_ps();
  for (long r = 0; r < rounds; r++) {
    UNROLL for (int i = 0; i < CHAINS_512; i++) {
      sum[i] = _mm512_dpbf16_ps(sum[i], x, y);
      TOUCH(sum[i]);
    }
  }
  return (double)rounds * CHAINS_512 * 32 * 2;
}

__attribute__((target("avx2,fma"))) static double f32_256(long rounds) {
  __m256 sum[CHAINS_256], x = _mm256_setzero_ps(), y = x;
  UNROLL for (int i = 0; i < CHAINS_256; i++) sum[i] = _mm256_setzero_ps();
  for (long r = 0; r < rounds; r++) {
    UNROLL for (int i = 0; i < CHAINS_256; i++) {
      sum[i] = _mm256_fmadd_ps(x, y, sum[i]);
      TOUCH(sum[i]);
    }
  }
  return (double)rounds * CHAINS_256 * 8 * 2;
}

double peak_run(int kind, long rounds) {
  if (kind == PEAK_BF16) return __builtin_cpu_supports("avx512bf16") ? bf16_512(rounds) : 0;
  if (__builtin_cpu_supports("avx512f")) return f32_512(rounds);
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? f32_256(rounds) : 0;
}

const char *peak_instruction(int kind) {
  if (kind == PEAK_BF16) return __builtin_cpu_supports("avx512bf16") ? "vdpbf16ps, 512 bits" : "none";
  if (__builtin_cpu_supports("avx512f")) return "vfmadd, 512 bits";
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? "vfmadd, 256 bits" : "none";
}
#else
double peak_run(int kind, long rounds) { return (void)kind, (void)rounds, 0; }
const char *peak_instruction(int kind) { return (void)kind, "none"; }
#endif
