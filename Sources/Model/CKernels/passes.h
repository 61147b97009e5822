// Compiles KERNEL_FILE once for each instruction set, then the dispatchers that the file defines outside a pass.
//
// A kernel file begins with
//     #ifndef PASS
//     #define KERNEL_FILE "name.c"
//     #include "passes.h"
// its dispatchers, and #else its kernels, each named K(name). Fused multiply-adds are written out: the compiler may not
// contract any other expression, so that bits are those of the source.
#include "CKernels.h"
#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#pragma clang fp contract(off)

#define PASS_JOIN2(a, b) a##_##b
#define PASS_JOIN(a, b) PASS_JOIN2(a, b)
#define K(name) PASS_JOIN(name, PASS)
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// What becomes of a product and of what c holds: c is the product; the chain of sums goes on from c; or each block of k is
// summed up apart, from 0, and then added to c, so that the error of a sum over many blocks grows with their number alone.
enum { REPLACE = 0, CONTINUE = 1, APART = 2 };
// The same for the block of k that begins at `first`.
static inline int of_block(int accumulate, long first) { return accumulate == REPLACE && first > 0 ? CONTINUE : accumulate; }

#define PASS portable
#define W 4
#include "vector.h"
#include KERNEL_FILE
#undef PASS
#undef W

#if defined(__x86_64__)
#define HAS_FMA

#define PASS avx2
#define W 8
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "vector.h"
#include KERNEL_FILE
#pragma clang attribute pop
#undef PASS
#undef W

#define PASS avx512
#define W 16
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#include "vector.h"
#include KERNEL_FILE
#pragma clang attribute pop
#undef PASS
#undef W

// Only for kernels that have a body of their own for it; chosen by DISPATCH_BF16.
#ifdef WANT_BF16_PASS
#define HAS_DOT_BF16
#define PASS avx512bf16
#define W 16
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))),   \
                             apply_to = function)
#include "vector.h"
#include KERNEL_FILE
#pragma clang attribute pop
#undef PASS
#undef W
#undef HAS_DOT_BF16
#define DISPATCH_BF16(path, name, ...)                                                                                 \
  ((path) == REMIT_AVX512_BF16 ? name##_avx512bf16(__VA_ARGS__)                                                        \
                               : DISPATCH(path, name, __VA_ARGS__))
#endif

#undef HAS_FMA
#define DISPATCH(path, name, ...)                                                                                      \
  ((path) >= REMIT_AVX512 ? name##_avx512(__VA_ARGS__)                                                                 \
   : (path) == REMIT_AVX2 ? name##_avx2(__VA_ARGS__)                                                                   \
                          : name##_portable(__VA_ARGS__))
#else
#define DISPATCH(path, name, ...) ((void)(path), name##_portable(__VA_ARGS__))
#define DISPATCH_BF16 DISPATCH
#endif
