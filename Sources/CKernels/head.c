// The head: projection onto the vocabulary, log-sum-exp and target logit in one stream over panels; never [T, V].
#ifndef PASS
#define KERNEL_FILE "head.c"
#include "passes.h"

void remit_head_rows(int path, long m, long vocabulary, long k, const float *a, long lda, const float *packed,
                     const int32_t *targets, float softcap, float *scratch, float *log_sum_exp, float *target_logit) {
  DISPATCH(path, head_rows, m, vocabulary, k, a, lda, packed, targets, softcap, scratch, log_sum_exp, target_logit);
}
void remit_head_gradient(int path, long m, long columns, long first_column, float *logits, long ld,
                         const int32_t *targets, const float *log_sum_exp, const float *gradients, float softcap) {
  DISPATCH(path, head_gradient, m, columns, first_column, logits, ld, targets, log_sum_exp, gradients, softcap);
}

#else
#include "tile.h"
#include "panel.h"

// One row of a panel joins the row's running maximum and sum: sum of exp(logit - maximum).
INLINE void K(head_row)(float *logits, long columns, float softcap, float *maximum, float *sum) {
  vf v[NV];
  UNROLL for (int j = 0; j < NV; j++) {
    v[j] = K(load)(logits + j * W);
    if (softcap > 0) v[j] = K(softcap)(v[j], softcap);
  }
  if (softcap > 0) UNROLL for (int j = 0; j < NV; j++) K(store)(logits + j * W, v[j]);
  if (columns < NV * W) {
    float part[NV * W];
    for (long j = 0; j < NV * W; j++) part[j] = j < columns ? logits[j] : -INFINITY;
    UNROLL for (int j = 0; j < NV; j++) v[j] = K(load)(part + j * W);
  }
  vf top = v[0];
  UNROLL for (int j = 1; j < NV; j++) top = K(max)(top, v[j]);
  float largest = K(largest)(top), old = *maximum;
  if (largest > old) {
    *sum = old == -INFINITY ? 0.0f : *sum * K(exp_one)(old - largest);
    *maximum = old = largest;
  }
  vf total = K(exp)(v[0] - K(all)(old));
  UNROLL for (int j = 1; j < NV; j++) total += K(exp)(v[j] - K(all)(old));
  *sum += K(sum)(total);
}

static void K(head_rows)(long m, long vocabulary, long k, const float *a, long lda, const float *packed,
                         const int32_t *targets, float softcap, float *scratch, float *log_sum_exp, float *target_logit) {
  float *logits = scratch, *maximum = scratch + m * NV * W, *sum = maximum + m;
  for (long i = 0; i < m; i++) {
    maximum[i] = -INFINITY;
    sum[i] = 0;
    target_logit[i] = NAN;
  }
  for (long first = 0; first < vocabulary; first += NV * W, packed += k * NV * W) {
    long columns = vocabulary - first < NV * W ? vocabulary - first : NV * W;
    K(panel_rows)(m, k, a, lda, packed, logits, NV * W);
    for (long i = 0; i < m; i++) {
      K(head_row)(logits + i * NV * W, columns, softcap, &maximum[i], &sum[i]);
      long target = targets[i] - first;
      if (target >= 0 && target < columns) target_logit[i] = logits[i * NV * W + target];
    }
  }
  for (long i = 0; i < m; i++) log_sum_exp[i] = maximum[i] + (float)log((double)sum[i]);
}

// d log p(target) / d logit_j = onehot_j - softmax_j; a soft-capped logit y = c tanh(x / c) has dy/dx = 1 - (y / c)^2.
static void K(head_gradient)(long m, long columns, long first_column, float *logits, long ld, const int32_t *targets,
                             const float *log_sum_exp, const float *gradients, float softcap) {
  for (long i = 0; i < m; i++) {
    float *row = logits + i * ld;
    long target = targets[i] - first_column;
    vf lse = K(all)(log_sum_exp[i]), g = K(all)(gradients[i]), one = K(all)(1.0f);
    for (long j = 0; j < columns; j += W) {
      long n = columns - j < W ? columns - j : W;
      vf y = n == W ? K(load)(row + j) : K(load_part)(row + j, n), slope = one;
      if (softcap > 0) {
        vf t = K(tanh)(y / K(all)(softcap));
        y = K(all)(softcap) * t;
        slope = one - t * t;
      }
      vf d = -K(exp)(K(min)(y - lse, K(all)(0.0f)));
      if (target >= j && target < j + n) d[target - j] += 1.0f;
      d = d * slope * g;
      if (n == W) K(store)(row + j, d);
      else K(store_part)(row + j, d, n);
    }
  }
}
#endif
