// Causal attention as in attention.c with the inputs of both products rounded to bf16: queries, keys, values, and the
// exponentials that weigh the values; sums, the running softmax and the output are f32. Only with dot products of pairs in
// bf16; without them remit_attention_pack and remit_attention_forward serve as they are.
//
// A key block is [pairs of the width, 64], each a pair of one key's features, then [32 pairs of keys, v_width rounded up to 16].
#ifndef PASS
#define KERNEL_FILE "attention_bf16.c"
#define WANT_BF16_PASS
#include "passes.h"

void remit_attention_bf16_pack(int path, const remit_attention *a, long first, long count, const float *k, long ldk,
                               const float *v, long ldv, float *block) {
#if defined(__x86_64__)
  if (path == REMIT_AVX512_BF16) {
    attention_bf16_pack_avx512bf16(a, first, count, k, ldk, v, ldv, (uint32_t *)block);
    return;
  }
#endif
  remit_attention_pack(path, a, first, count, k, ldk, v, ldv, block);
}
void remit_attention_bf16_forward(int path, const remit_attention *a, long first, long count, const float *q, long ldq,
                                  const float *blocks, const int32_t *table, float *out, long ldo, float *lse, long ld_lse,
                                  float *scratch) {
#if defined(__x86_64__)
  if (path == REMIT_AVX512_BF16) {
    attention_bf16_forward_avx512bf16(a, first, count, q, ldq, (const uint32_t *)blocks, table, out, ldo, lse, ld_lse,
                                      scratch);
    return;
  }
#endif
  remit_attention_forward(path, a, first, count, q, ldq, blocks, table, out, ldo, lse, ld_lse, scratch);
}

#elif defined(HAS_DOT_BF16)
#include "tile.h"
#include "attention.h"
#include "softmax.h"
#include "rounding.h"
#include "transpose.h"
#include "dot.h"

#define PAIRS(n) (((n) + 1) / 2)

// W keys, their features [e, e + 2 W) in pairs, transposed.
static void K(pack_keys)(const float *k, long ldk, uint32_t *to) {
  vf v[W];
  for (long r = 0; r < W; r++) K(round_pairs)(k + r * ldk, (uint32_t *)(v + r));
  K(transpose)(v);
  UNROLL for (int p = 0; p < W; p++) memcpy(to + p * BLOCK, v + p, sizeof(vf));
}

static void K(attention_bf16_pack)(const remit_attention *a, long first, long count, const float *k, long ldk, const float *v,
                                   long ldv, uint32_t *block) {
  long width = a->qk_width, whole = width / (2 * W) * (2 * W), padded = PAD(a->v_width), room = BLOCK - first;
  uint32_t *keys = block + first;
  for (long j = 0; j < room; j += W) { // `first` is a multiple of W, and so is the room
    long filled = j + W <= count ? whole : 0;
    for (long e = 0; e < filled; e += 2 * W) K(pack_keys)(k + j * ldk + e, ldk, keys + e / 2 * BLOCK + j);
    for (long e = filled; e < width; e += 2)
      for (long i = j; i < j + W; i++)
        keys[e / 2 * BLOCK + i] = i < count ? K(pair_of)(k[i * ldk + e], e + 1 < width ? k[i * ldk + e + 1] : 0.0f) : 0;
  }
  block += PAIRS(width) * BLOCK + first / 2 * padded;
  for (long j = 0; j < room; j += 2, block += padded) {
    long filled = j + 1 < count ? a->v_width / W * W : 0;
    for (long e = 0; e < filled; e += W)
      K(store)((float *)block + e, K(pairs)(K(load)(v + j * ldv + e), K(load)(v + (j + 1) * ldv + e)));
    for (long e = filled; e < padded; e++) {
      int in = e < a->v_width;
      block[e] = K(pair_of)(in && j < count ? v[j * ldv + e] : 0.0f, in && j + 1 < count ? v[(j + 1) * ldv + e] : 0.0f);
    }
  }
}

// Queries [first, first + rows) of one head, rounded, against one key block.
static void K(attend_bf16)(const remit_attention *a, long first, long rows, const uint32_t *q, long b, const uint32_t *block,
                           float *out, float *maximum, float *sum, float *scores, uint32_t *weights) {
  long seen, before; // of the block's keys, by the last row: no row sees more
  K(visible)(a, first + rows - 1, b, &before, &seen);
  long pairs = PAIRS(a->qk_width), width = PAD(a->v_width);
  K(dot_tiles)(rows, (seen + W - 1) / W * W, pairs, q, pairs, block, BLOCK, scores, BLOCK, REPLACE);
  for (long i = 0; i < rows; i++) {
    long low, high;
    K(visible)(a, first + i, b, &low, &high);
    if (low < high) K(softmax_row)(a, low, high, scores + i * BLOCK, out + i * width, maximum + i, sum + i);
    else memset(scores + i * BLOCK, 0, BLOCK * sizeof(float));
    for (long j = 0; j < BLOCK; j += 2 * W) K(round_pairs)(scores + i * BLOCK + j, weights + (i * BLOCK + j) / 2);
  }
  K(dot_tiles)(rows, width, PAIRS(seen), weights, BLOCK / 2, block + pairs * BLOCK, width, out, width, APART);
}

static void K(attention_bf16_forward)(const remit_attention *a, long first, long count, const float *q, long ldq,
                                      const uint32_t *blocks, const int32_t *table, float *out, long ldo, float *lse,
                                      long ld_lse, float *scratch) {
  long width = PAD(a->v_width), pairs = PAIRS(a->qk_width);
  K(rows) rows = K(start_rows)(a, first, count, scratch);
  uint32_t *weights = (uint32_t *)(rows.scores + MR * BLOCK), *queries = weights + MR * BLOCK / 2;
  for (long h = 0; h < a->heads; h++)
    for (long i = 0; i < count; i++)
      K(round_row)(a->qk_width, q + i * ldq + h * a->qk_width, queries + (h * count + i) * pairs);
  long oldest = a->window > 0 && first - a->window + 1 > 0 ? first - a->window + 1 : 0;
  for (long b = oldest / BLOCK; b * BLOCK < first + count; b++) {
    const uint32_t *block = blocks + (table ? table[b] : b) * BLOCK * (a->qk_width + width);
    for (long h = 0; h < a->heads; h++)
      for (long i = 0; i < count; i += MR) {
        long some = count - i < MR ? count - i : MR, row = h * count + i;
        if (first + i + some <= b * BLOCK) continue; // all before the block
        K(attend_bf16)(a, first + i, some, queries + row * pairs, b, block, rows.out + row * width, rows.maximum + row,
                       rows.sum + row, rows.scores, weights);
      }
    if ((b + 1) % SPAN == 0) K(end_span)(a, count, &rows);
  }
  K(finish_rows)(a, count, &rows, out, ldo, lse, ld_lse);
}
#endif
