// Products with inputs rounded to bf16 and sums in f32. A panel is [pairs of k, NV * W, 2]: what one dot product takes.
#ifndef PASS
#define KERNEL_FILE "bf16.c"
#define WANT_BF16_PASS
#include "passes.h"

long remit_bf16_panel_count(int path, long k) { return remit_panel_width(path) * ((k + 1) / 2); }
void remit_bf16_round(int path, long count, float *x) { DISPATCH(path, bf16_round, count, x); }
long remit_bf16_rounded_count(int path, long k) { return DISPATCH_BF16(path, rounded_count, k); }
void remit_bf16_pack_panels(int path, const float *w, long ldw, long n, long k, long first_panel, long last_panel,
                            void *packed) {
  DISPATCH_BF16(path, bf16_pack, w, ldw, n, k, first_panel, last_panel, packed);
}
void remit_bf16_unpack_row(int path, const void *packed, long k, long row, float *out) {
  DISPATCH_BF16(path, bf16_unpack_row, packed, k, row, out);
}
void remit_bf16_round_rows(int path, long m, long k, const float *x, long ldx, void *rounded) {
  DISPATCH_BF16(path, round_rows, m, k, x, ldx, rounded);
}
void remit_bf16_pack_rows(int path, const float *b, long ldb, long n, long k, void *packed, long panel_stride) {
  DISPATCH_BF16(path, bf16_pack_rows, b, ldb, n, k, packed, panel_stride);
}
void remit_bf16_transpose_rows(int path, long m, long k, const float *x, long ldx, void *rounded) {
  DISPATCH_BF16(path, bf16_transpose_rows, m, k, x, ldx, rounded);
}
void remit_bf16_gemm_packed(int path, long m, long n, long k, const void *rounded, const void *packed, long panel_stride,
                            float *c, long ldc, int accumulate) {
  DISPATCH_BF16(path, bf16_gemm, m, n, k, rounded, packed, panel_stride, c, ldc, accumulate);
}
void remit_bf16_head_rows(int path, long m, long vocabulary, long k, const void *rounded, const void *packed,
                          const int32_t *targets, float softcap, float *kept, long ld_kept, const remit_head_more *more,
                          float *scratch, float *log_sum_exp, float *target_logit) {
  DISPATCH_BF16(path, bf16_head, m, vocabulary, k, rounded, packed, targets, softcap, kept, ld_kept, more, scratch, log_sum_exp,
                target_logit);
}

#else
#include "tile.h"
#include "head.h"
#include "transpose.h"
#include "rounding.h"

static void K(bf16_round)(long count, float *x) {
  long i = 0;
  for (; i + W <= count; i += W)
    K(store)(x + i, K(pairs)(K(all)(0.0f), K(load)(x + i))); // bf16 is the upper half of an f32
  for (; i < count; i++) {
    uint32_t u = K(bf16_bits)(x[i]) << 16;
    memcpy(x + i, &u, 4);
  }
}

static void K(bf16_pack)(const float *w, long ldw, long n, long k, long first_panel, long last_panel, void *packed) {
  long pairs = (k + 1) / 2, whole = k / 2 / W * W;
  for (long p = first_panel; p < last_panel; p++) {
    uint32_t *panel = (uint32_t *)packed + p * pairs * NV * W;
    for (long j = 0; j < NV * W; j += W) {
      long first = p * NV * W + j, filled = first + W <= n ? whole : 0;
      for (long i = 0; i < filled; i += W) { // W pairs of W rows
        vf v[W];
        UNROLL for (int r = 0; r < W; r++) {
          const float *from = w + (first + r) * ldw + 2 * i;
          vf a = K(load)(from), b = K(load)(from + W);
          v[r] = K(pairs)(K(even_lanes)(a, b), K(odd_lanes)(a, b));
        }
        K(transpose)(v);
        UNROLL for (int r = 0; r < W; r++) K(store)((float *)panel + (i + r) * NV * W + j, v[r]);
      }
      for (long i = filled; i < pairs; i++)
        for (long r = 0; r < W; r++) {
          const float *from = w + (first + r) * ldw + 2 * i;
          panel[i * NV * W + j + r] = first + r < n ? K(pair_of)(from[0], 2 * i + 1 < k ? from[1] : 0.0f) : 0;
        }
    }
  }
}

static void K(bf16_pack_rows)(const float *b, long ldb, long n, long k, void *packed, long panel_stride) {
  uint32_t *panel = packed;
  for (long first = 0; first < n; first += NV * W, panel += panel_stride)
    for (long i = 0; i < k; i += 2) {
      uint32_t *to = panel + i / 2 * NV * W;
      const float *low = b + i * ldb + first, *high = low + ldb;
      if (n - first >= NV * W && i + 1 < k) {
        UNROLL for (int j = 0; j < NV; j++)
          K(store)((float *)to + j * W, K(pairs)(K(load)(low + j * W), K(load)(high + j * W)));
        continue;
      }
      for (long j = 0; j < NV * W; j++)
        to[j] = first + j < n ? K(pair_of)(low[j], i + 1 < k ? high[j] : 0.0f) : 0;
    }
}

static void K(bf16_unpack_row)(const void *packed, long k, long row, float *out) {
  const uint32_t *panel = (const uint32_t *)packed + row / (NV * W) * ((k + 1) / 2) * NV * W + row % (NV * W);
  for (long i = 0; i < k; i++) {
    uint32_t pair = panel[i / 2 * NV * W], u = i % 2 ? pair & 0xffff0000u : pair << 16;
    memcpy(out + i, &u, 4);
  }
}

#define PAIR_BLOCK 512

#ifdef HAS_DOT_BF16
#include "dot.h"

static long K(rounded_count)(long k) { return (k + 1) / 2; }

static void K(round_rows)(long m, long k, const float *x, long ldx, void *rounded) {
  for (long i = 0; i < m; i++) K(round_row)(k, x + i * ldx, (uint32_t *)rounded + i * ((k + 1) / 2));
}

static void K(bf16_transpose_rows)(long m, long k, const float *x, long ldx, void *rounded) {
  uint32_t *to = rounded;
  long pairs = (k + 1) / 2, whole_pairs = k / 2 / W * W, whole_columns = m / W * W;
  for (long j = 0; j < whole_columns; j += W)
    for (long p = 0; p < whole_pairs; p += W) { // W columns of W pairs of rows
      vf v[W];
      UNROLL for (int r = 0; r < W; r++) {
        const float *low = x + 2 * (p + r) * ldx + j;
        v[r] = K(pairs)(K(load)(low), K(load)(low + ldx));
      }
      K(transpose)(v);
      UNROLL for (int r = 0; r < W; r++) K(store)((float *)to + (j + r) * pairs + p, v[r]);
    }
  for (long j = 0; j < m; j++)
    for (long p = j < whole_columns ? whole_pairs : 0; p < pairs; p++)
      to[j * pairs + p] = K(pair_of)(x[2 * p * ldx + j], 2 * p + 1 < k ? x[(2 * p + 1) * ldx + j] : 0.0f);
}

// c [m, NV * W] (+)= rounded [m, pairs] * one panel.
static void K(panel_dot)(long m, long pairs, const void *rounded, const uint32_t *panel, float *c, long ldc, int accumulate) {
  long blocks = (pairs + PAIR_BLOCK - 1) / PAIR_BLOCK, size = (pairs + blocks - 1) / blocks;
  for (long p = 0; p < pairs; p += size)
    K(dot_tiles)(m, NV * W, pairs - p < size ? pairs - p : size, (const uint32_t *)rounded + p, pairs,
                 panel + p * NV * W, NV * W, c, ldc, of_block(accumulate, p));
}

#else

// Without dot products of pairs: rounded values are kept as f32 and a panel is widened block by block.
static long K(rounded_count)(long k) { return (k + 1) / 2 * 2; }

static void K(round_rows)(long m, long k, const float *x, long ldx, void *rounded) {
  long width = (k + 1) / 2 * 2;
  for (long i = 0; i < m; i++, x += ldx) {
    float *to = (float *)rounded + i * width;
    for (long j = 0; j < k; j++) {
      uint32_t u = K(bf16_bits)(x[j]) << 16;
      memcpy(to + j, &u, 4);
    }
    if (k < width) to[k] = 0;
  }
}

static void K(bf16_transpose_rows)(long m, long k, const float *x, long ldx, void *rounded) {
  long width = (k + 1) / 2 * 2;
  for (long j = 0; j < m; j++) {
    float *to = (float *)rounded + j * width;
    for (long i = 0; i < width; i++) {
      uint32_t u = i < k ? K(bf16_bits)(x[i * ldx + j]) << 16 : 0;
      memcpy(to + i, &u, 4);
    }
  }
}

#define WIDE_PAIRS 64
static void K(panel_dot)(long m, long pairs, const void *rounded, const uint32_t *panel, float *c, long ldc, int accumulate) {
  float wide[2 * WIDE_PAIRS * NV * W] __attribute__((aligned(64)));
  for (long p = 0; p < pairs; p += WIDE_PAIRS) {
    long count = pairs - p < WIDE_PAIRS ? pairs - p : WIDE_PAIRS;
    for (long i = 0; i < count; i++)
      for (long j = 0; j < NV * W; j++) {
        uint32_t pair = panel[(p + i) * NV * W + j], low = pair << 16, high = pair & 0xffff0000u;
        memcpy(wide + 2 * i * NV * W + j, &low, 4);
        memcpy(wide + (2 * i + 1) * NV * W + j, &high, 4);
      }
    K(tiles)(m, NV * W, 2 * count, (const float *)rounded + 2 * p, 2 * pairs, 1, wide, NV * W, c, ldc, of_block(accumulate, p));
  }
}
#endif

static void K(bf16_gemm)(long m, long n, long k, const void *rounded, const void *packed, long panel_stride, float *c,
                         long ldc, int accumulate) {
  long pairs = (k + 1) / 2, row = K(rounded_count)(k);
  const uint32_t *panel = packed;
  for (long first = 0; first < n; first += NV * W, panel += panel_stride) {
    long columns = n - first;
    if (columns >= NV * W) {
      K(panel_dot)(m, pairs, rounded, panel, c + first, ldc, accumulate);
      continue;
    }
    float edge[MR * NV * W] = {0};
    for (long i = 0; i < m; i += MR) {
      long rows = m - i < MR ? m - i : MR;
      for (long r = 0; accumulate && r < rows; r++)
        memcpy(edge + r * NV * W, c + (i + r) * ldc + first, (size_t)columns * sizeof(float));
      K(panel_dot)(rows, pairs, (const float *)rounded + i * row, panel, edge, NV * W, accumulate);
      for (long r = 0; r < rows; r++) memcpy(c + (i + r) * ldc + first, edge + r * NV * W, (size_t)columns * sizeof(float));
    }
  }
}

static void K(bf16_project_panel)(const void *of, long panel, float *logits, long ld) {
  const K(product) *product = of;
  long pairs = (product->k + 1) / 2;
  K(panel_dot)(product->m, pairs, product->a, (const uint32_t *)product->packed + panel * pairs * NV * W, logits, ld, 0);
}

static void K(bf16_head)(long m, long vocabulary, long k, const void *rounded, const void *packed, const int32_t *targets,
                         float softcap, float *kept, long ld_kept, const remit_head_more *more, float *scratch,
                         float *log_sum_exp, float *target_logit) {
  K(product) product = {m, k, rounded, 0, packed, K(bf16_project_panel), kept, ld_kept};
  K(head_stream)(&product, vocabulary, targets, softcap, more, scratch, log_sum_exp, target_logit);
}
#endif
