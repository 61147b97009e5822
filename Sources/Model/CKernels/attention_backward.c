// Backward of causal attention, scores recomputed block by block (Dao et al. 2022, arXiv 2205.14135, algorithm 4).
//
// With P = exp(S - lse), dP = dO V^T, D = rowsum(dO O): dS = P (dP - D), dV = P^T dO, dQ = scale dS K, dK = scale dS^T Q.
#ifndef PASS
#define KERNEL_FILE "attention_backward.c"
#include "passes.h"

long remit_attention_backward_scratch_count(const remit_attention *a) {
  long e = a->qk_width, ep = (e + 15) / 16 * 16, v = a->v_width, vp = (v + 15) / 16 * 16;
  return REMIT_KEY_BLOCK * (e + ep + v + vp + ep + vp + 3 * ep + vp + 1) + 2 * REMIT_KEY_BLOCK * REMIT_KEY_BLOCK;
}
void remit_attention_backward(int path, const remit_attention *a, long length, long first_block, long last_block,
                              const float *q, long ldq, const float *k,
                              long ldk, const float *v, long ldv, const float *out, const float *dout, long ldo,
                              const float *lse, long ld_lse, float *dq, long lddq, float *dk, long lddk, float *dv,
                              long lddv, float *scratch) {
  DISPATCH(path, attention_backward, a, length, first_block, last_block, q, ldq, k, ldk, v, ldv, out, dout, ldo, lse, ld_lse, dq, lddq, dk, lddk, dv,
           lddv, scratch);
}

#else
#include "tile.h"
#include "attention.h"

typedef struct {
  float *keys_t, *keys, *values_t; // [E, 64], [64, PAD(E)], [V, 64]
  float *queries, *dout;           // [64, PAD(E)], [64, PAD(V)]
  float *dk, *dv, *dq;             // [64, PAD(E)], [64, PAD(V)], [64, PAD(E)]
  float *p, *dp, *delta;           // [64, 64], [64, 64], [64]
} K(blocks);

static K(blocks) K(cut)(const remit_attention *a, float *scratch) {
  long e = a->qk_width, ep = PAD(e), v = a->v_width, vp = PAD(v);
  K(blocks) s;
  s.keys_t = scratch;
  s.keys = s.keys_t + BLOCK * e;
  s.values_t = s.keys + BLOCK * ep;
  s.queries = s.values_t + BLOCK * v;
  s.dout = s.queries + BLOCK * ep;
  s.dk = s.dout + BLOCK * vp;
  s.dv = s.dk + BLOCK * ep;
  s.dq = s.dv + BLOCK * vp;
  s.p = s.dq + BLOCK * ep;
  s.dp = s.p + BLOCK * BLOCK;
  s.delta = s.dp + BLOCK * BLOCK;
  return s;
}

INLINE float K(dot)(long n, const float *x, const float *y) {
  vf s = K(all)(0);
  long j = 0;
  for (; j + W <= n; j += W) s = K(fma)(K(load)(x + j), K(load)(y + j), s);
  float total = K(sum)(s);
  for (; j < n; j++) total += x[j] * y[j];
  return total;
}

// p and dp of one row become P and scale * dS; both are 0 where the row does not see the key.
INLINE void K(score_row)(const remit_attention *a, long low, long high, float lse, float delta, float *p, float *dp) {
  for (long j = 0; j < BLOCK; j += W) {
    vf s = K(load)(p + j) * K(all)(a->scale), slope = K(all)(1.0f);
    if (a->softcap > 0) {
      vf t = K(tanh)(s / K(all)(a->softcap));
      s = K(all)(a->softcap) * t;
      slope = K(all)(1.0f) - t * t;
    }
    vf value = K(exp)(K(min)(s - K(all)(lse), K(all)(0.0f)));
    K(store)(p + j, value);
    K(store)(dp + j, value * (K(load)(dp + j) - K(all)(delta)) * slope * K(all)(a->scale));
  }
  for (long j = 0; j < BLOCK; j++)
    if (j < low || j >= high) p[j] = dp[j] = 0;
}

// Queries [first, first + rows) of one head against key block b: adds to dk, dv of the block and to dq.
static void K(pair)(const remit_attention *a, const K(blocks) * s, long b, long first, long rows, const float *q, long ldq,
                    const float *out, const float *dout, long ldo, const float *lse, long ld_lse, float *dq, long lddq) {
  long e = a->qk_width, ep = PAD(e), v = a->v_width, vp = PAD(v);
  K(pack_padded)(q, ldq, rows, BLOCK, e, s->queries);
  K(pack_padded)(dout, ldo, rows, BLOCK, v, s->dout);
  K(tiles)(rows, BLOCK, e, s->queries, ep, 1, s->keys_t, BLOCK, s->p, BLOCK, REPLACE);
  K(tiles)(rows, BLOCK, v, s->dout, vp, 1, s->values_t, BLOCK, s->dp, BLOCK, REPLACE);
  for (long i = 0; i < rows; i++) {
    long low, high;
    K(visible)(a, first + i, b, &low, &high);
    float delta = K(dot)(v, dout + i * ldo, out + i * ldo);
    K(score_row)(a, low, high, lse[i * ld_lse], delta, s->p + i * BLOCK, s->dp + i * BLOCK);
  }
  K(tiles)(BLOCK, vp, rows, s->p, 1, BLOCK, s->dout, vp, s->dv, vp, APART);
  K(tiles)(BLOCK, ep, rows, s->dp, 1, BLOCK, s->queries, ep, s->dk, ep, APART);
  K(tiles)(rows, ep, BLOCK, s->dp, BLOCK, 1, s->keys, ep, s->dq, ep, REPLACE);
  for (long i = 0; i < rows; i++)
    for (long j = 0; j < e; j++) dq[i * lddq + j] += s->dq[i * ep + j];
}

static void K(attention_backward)(const remit_attention *a, long length, long first_block, long last_block, const float *q, long ldq, const float *k, long ldk,
                                  const float *v, long ldv, const float *out, const float *dout, long ldo,
                                  const float *lse, long ld_lse, float *dq, long lddq, float *dk, long lddk, float *dv,
                                  long lddv, float *scratch) {
  long e = a->qk_width, ep = PAD(e), vw = a->v_width, vp = PAD(vw);
  K(blocks) s = K(cut)(a, scratch);
  for (long i = 0; i < length; i++) memset(dq + i * lddq, 0, (size_t)(a->heads * e) * sizeof(float));
  for (long b = first_block; b < last_block; b++) {
    long start = b * BLOCK, count = length - start < BLOCK ? length - start : BLOCK;
    long end = a->window > 0 && start + count + a->window - 1 < length ? start + count + a->window - 1 : length;
    K(pack_transposed)(k + start * ldk, ldk, count, BLOCK, e, s.keys_t);
    K(pack_padded)(k + start * ldk, ldk, count, BLOCK, e, s.keys);
    K(pack_transposed)(v + start * ldv, ldv, count, BLOCK, vw, s.values_t);
    memset(s.dk, 0, (size_t)(BLOCK * ep) * sizeof(float));
    memset(s.dv, 0, (size_t)(BLOCK * vp) * sizeof(float));
    for (long h = 0; h < a->heads; h++)
      for (long first = start; first < end; first += BLOCK) {
        long rows = end - first < BLOCK ? end - first : BLOCK;
        K(pair)(a, &s, b, first, rows, q + first * ldq + h * e, ldq, out + first * ldo + h * vw, dout + first * ldo + h * vw,
                ldo, lse + first * ld_lse + h, ld_lse, dq + first * lddq + h * e, lddq);
      }
    for (long j = 0; j < count; j++) {
      memcpy(dk + (start + j) * lddk, s.dk + j * ep, (size_t)e * sizeof(float));
      memcpy(dv + (start + j) * lddv, s.dv + j * vp, (size_t)vw * sizeof(float));
    }
  }
}
#endif
