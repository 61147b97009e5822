// Causal attention in tiles with a running softmax: no T x T matrix (Milakov and Gimelshein 2018, arXiv 1805.02867; Dao et
// al. 2022, arXiv 2205.14135). Every row meets the key blocks of its segment in order.
#ifndef PASS
#define KERNEL_FILE "attention.c"
#include "passes.h"

long remit_attention_block_count(const remit_attention *a) {
  return REMIT_KEY_BLOCK * (a->qk_width + (a->v_width + 15) / 16 * 16);
}
// Rows of the group: an output row, its maximum and its sum; one tile of scores.
long remit_attention_scratch_count(const remit_attention *a) {
  return REMIT_QUERY_BLOCK * a->heads * ((a->v_width + 15) / 16 * 16 + 2) + 6 * REMIT_KEY_BLOCK;
}
void remit_attention_pack(int path, const remit_attention *a, const float *k, long ldk, const float *v, long ldv, long count,
                          float *block) {
  DISPATCH(path, attention_pack, a, k, ldk, v, ldv, count, block);
}
void remit_attention_forward(int path, const remit_attention *a, long first, long count, const float *q, long ldq,
                             const float *blocks, float *out, long ldo, float *lse, long ld_lse, float *scratch) {
  DISPATCH(path, attention_forward, a, first, count, q, ldq, blocks, out, ldo, lse, ld_lse, scratch);
}

#else
#include "tile.h"
#include "attention.h"

static void K(attention_pack)(const remit_attention *a, const float *k, long ldk, const float *v, long ldv, long count,
                              float *block) {
  K(pack_transposed)(k, ldk, count, a->qk_width, block);
  K(pack_padded)(v, ldv, count, a->v_width, block + a->qk_width * BLOCK);
}

// One row of scores [BLOCK] becomes exp(score - maximum); what the row has so far is scaled to the new maximum.
INLINE void K(softmax_row)(const remit_attention *a, long low, long high, float *scores, float *out, float *maximum,
                           float *sum) {
  vf s[BLOCK / W];
  if (low > 0 || high < BLOCK) {
    for (long j = 0; j < low; j++) scores[j] = -INFINITY;
    for (long j = high; j < BLOCK; j++) scores[j] = -INFINITY;
  }
  UNROLL for (int j = 0; j < BLOCK / W; j++) s[j] = K(load)(scores + j * W) * K(all)(a->scale);
  if (a->softcap > 0) UNROLL for (int j = 0; j < BLOCK / W; j++) {
    vf capped = K(softcap)(s[j], a->softcap);
    s[j] = s[j] == K(all)(-INFINITY) ? s[j] : capped;
  }
  vf top = s[0];
  UNROLL for (int j = 1; j < BLOCK / W; j++) top = K(max)(top, s[j]);
  float largest = K(largest)(top), old = *maximum;
  if (largest > old) {
    float factor = old == -INFINITY ? 0.0f : K(exp_one)(old - largest);
    for (long j = 0; j < PAD(a->v_width); j += W) K(store)(out + j, K(load)(out + j) * K(all)(factor));
    *sum *= factor;
    *maximum = old = largest;
  }
  vf total = K(all)(0);
  UNROLL for (int j = 0; j < BLOCK / W; j++) {
    s[j] = K(exp)(s[j] - K(all)(old));
    total += s[j];
    K(store)(scores + j * W, s[j]);
  }
  *sum += K(sum)(total);
}

// Queries [first, first + rows) of one head against one key block.
static void K(attend)(const remit_attention *a, long first, long rows, const float *q, long ldq, long b,
                      const float *block, float *out, float *maximum, float *sum, float *scores) {
  long seen, before; // of the block's keys, by the last row: no row sees more
  K(visible)(a, first + rows - 1, b, &before, &seen);
  K(tiles)(rows, (seen + W - 1) / W * W, a->qk_width, q, ldq, 1, block, BLOCK, scores, BLOCK, 0);
  for (long i = 0; i < rows; i++) {
    long low, high;
    K(visible)(a, first + i, b, &low, &high);
    if (low < high) K(softmax_row)(a, low, high, scores + i * BLOCK, out + i * PAD(a->v_width), maximum + i, sum + i);
    else memset(scores + i * BLOCK, 0, BLOCK * sizeof(float));
  }
  const float *values = block + a->qk_width * BLOCK;
  K(tiles)(rows, PAD(a->v_width), seen, scores, BLOCK, 1, values, PAD(a->v_width), out, PAD(a->v_width), 1);
}

static void K(attention_forward)(const remit_attention *a, long first, long count, const float *q, long ldq,
                                 const float *blocks, float *out, long ldo, float *lse, long ld_lse, float *scratch) {
  long total = count * a->heads, width = PAD(a->v_width);
  float *acc = scratch, *maximum = acc + total * width, *sum = maximum + total, *scores = sum + total;
  memset(acc, 0, (size_t)(total * width) * sizeof(float));
  for (long i = 0; i < total; i++) {
    maximum[i] = -INFINITY;
    sum[i] = 0;
  }
  long oldest = a->window > 0 && first - a->window + 1 > 0 ? first - a->window + 1 : 0;
  for (long b = oldest / BLOCK; b * BLOCK < first + count; b++) {
    const float *block = blocks + b * BLOCK * (a->qk_width + width);
    for (long h = 0; h < a->heads; h++)
      for (long i = 0; i < count; i += MR) {
        long rows = count - i < MR ? count - i : MR, row = h * count + i;
        if (first + i + rows <= b * BLOCK) continue; // all before the block
        K(attend)(a, first + i, rows, q + i * ldq + h * a->qk_width, ldq, b, block, acc + row * width, maximum + row,
                  sum + row, scores);
      }
  }
  for (long h = 0; h < a->heads; h++)
    for (long i = 0; i < count; i++) {
      long row = h * count + i;
      float *to = out + i * ldo + h * a->v_width, *from = acc + row * width;
      for (long j = 0; j < a->v_width; j++) to[j] = from[j] / sum[row] + 0.0f; // a sum that vanished is +0
      if (lse) lse[i * ld_lse + h] = maximum[row] + (float)log((double)sum[row]);
    }
}
#endif
