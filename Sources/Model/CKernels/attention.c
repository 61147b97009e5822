// Causal attention in tiles with a running softmax: no T x T matrix (Milakov and Gimelshein 2018, arXiv 1805.02867; Dao et
// al. 2022, arXiv 2205.14135). Every row meets the key blocks of its segment in order. Sums go in three levels, so that their error
// hardly grows with the position: the 64 keys of a block, the 16 blocks of a span, the spans.
#ifndef PASS
#define KERNEL_FILE "attention.c"
#include "passes.h"

long remit_attention_block_count(const remit_attention *a) {
  return REMIT_KEY_BLOCK * (a->qk_width + (a->v_width + 15) / 16 * 16);
}
// Rows of the group: an output row, its maximum and its sum, of the span and of those before it; one tile of scores; in bf16 that
// tile and the queries, rounded.
long remit_attention_scratch_count(const remit_attention *a) {
  return REMIT_QUERY_BLOCK * a->heads * (2 * ((a->v_width + 15) / 16 * 16 + 2) + (a->qk_width + 1) / 2) + 9 * REMIT_KEY_BLOCK;
}
void remit_attention_pack(int path, const remit_attention *a, long first, long count, const float *k, long ldk, const float *v,
                          long ldv, float *block) {
  DISPATCH(path, attention_pack, a, first, count, k, ldk, v, ldv, block);
}
void remit_attention_forward(int path, const remit_attention *a, long first, long count, const float *q, long ldq,
                             const float *blocks, const int32_t *table, float *out, long ldo, float *lse, long ld_lse,
                             float *scratch) {
  DISPATCH(path, attention_forward, a, first, count, q, ldq, blocks, table, out, ldo, lse, ld_lse, scratch);
}

#else
#include "tile.h"
#include "attention.h"
#include "softmax.h"

static void K(attention_pack)(const remit_attention *a, long first, long count, const float *k, long ldk, const float *v,
                              long ldv, float *block) {
  K(pack_transposed)(k, ldk, count, BLOCK - first, a->qk_width, block + first);
  K(pack_padded)(v, ldv, count, BLOCK - first, a->v_width, block + a->qk_width * BLOCK + first * PAD(a->v_width));
}

// Queries [first, first + rows) of one head against one key block.
static void K(attend)(const remit_attention *a, long first, long rows, const float *q, long ldq, long b,
                      const float *block, float *out, float *maximum, float *sum, float *scores) {
  long seen, before; // of the block's keys, by the last row: no row sees more
  K(visible)(a, first + rows - 1, b, &before, &seen);
  K(tiles)(rows, (seen + W - 1) / W * W, a->qk_width, q, ldq, 1, block, BLOCK, scores, BLOCK, REPLACE);
  for (long i = 0; i < rows; i++) {
    long low, high;
    K(visible)(a, first + i, b, &low, &high);
    if (low < high) K(softmax_row)(a, low, high, scores + i * BLOCK, out + i * PAD(a->v_width), maximum + i, sum + i);
    else memset(scores + i * BLOCK, 0, BLOCK * sizeof(float));
  }
  const float *values = block + a->qk_width * BLOCK;
  K(tiles)(rows, PAD(a->v_width), seen, scores, BLOCK, 1, values, PAD(a->v_width), out, PAD(a->v_width), APART);
}

static void K(attention_forward)(const remit_attention *a, long first, long count, const float *q, long ldq,
                                 const float *blocks, const int32_t *table, float *out, long ldo, float *lse, long ld_lse,
                                 float *scratch) {
  long width = PAD(a->v_width);
  K(rows) rows = K(start_rows)(a, first, count, scratch);
  long oldest = a->window > 0 && first - a->window + 1 > 0 ? first - a->window + 1 : 0;
  for (long b = oldest / BLOCK; b * BLOCK < first + count; b++) {
    const float *block = blocks + (table ? table[b] : b) * BLOCK * (a->qk_width + width);
    for (long h = 0; h < a->heads; h++)
      for (long i = 0; i < count; i += MR) {
        long some = count - i < MR ? count - i : MR, row = h * count + i;
        if (first + i + some <= b * BLOCK) continue; // all before the block
        K(attend)(a, first + i, some, q + i * ldq + h * a->qk_width, ldq, b, block, rows.out + row * width,
                  rows.maximum + row, rows.sum + row, rows.scores);
      }
    if ((b + 1) % SPAN == 0) K(end_span)(a, count, &rows);
  }
  K(finish_rows)(a, count, &rows, out, ldo, lse, ld_lse);
}
#endif
