// The head: projection onto the vocabulary, log-sum-exp and target logit in one stream over panels; never [T, V].
#ifndef PASS
#define KERNEL_FILE "head.c"
#include "passes.h"

void remit_head_rows(int path, long m, long vocabulary, long k, const float *a, long lda, const float *packed,
                     const int32_t *targets, float softcap, float *kept, long ld_kept, const remit_head_more *more,
                     float *scratch, float *log_sum_exp, float *target_logit) {
  DISPATCH(path, head_rows, m, vocabulary, k, a, lda, packed, targets, softcap, kept, ld_kept, more, scratch, log_sum_exp,
           target_logit);
}
void remit_head_gradient(int path, long m, long columns, long first_column, float *logits, long ld,
                         const int32_t *targets, const float *log_sum_exp, const float *gradients,
                         const float *log_z_gradients, const remit_tempered_gradient *tempered, float softcap) {
  DISPATCH(path, head_gradient, m, columns, first_column, logits, ld, targets, log_sum_exp, gradients, log_z_gradients,
           tempered, softcap);
}

#else
#include "tile.h"
#include "panel.h"
#include "head.h"

static void K(project_panel)(const void *of, long panel, float *logits, long ld) {
  const K(product) *product = of;
  K(panel_rows)(product->m, product->k, product->a, product->lda, (const float *)product->packed + panel * product->k * NV * W,
                logits, ld, 0);
}

static void K(head_rows)(long m, long vocabulary, long k, const float *a, long lda, const float *packed,
                         const int32_t *targets, float softcap, float *kept, long ld_kept, const remit_head_more *more,
                         float *scratch, float *log_sum_exp, float *target_logit) {
  K(product) product = {m, k, a, lda, packed, K(project_panel), kept, ld_kept};
  K(head_stream)(&product, vocabulary, targets, softcap, more, scratch, log_sum_exp, target_logit);
}

// d log p(target) / d logit_j = onehot_j - softmax_j, and d log Z / d logit_j = softmax_j; a soft-capped logit y = c tanh(x / c) has dy/dx = 1 - (y / c)^2.
static void K(head_gradient)(long m, long columns, long first_column, float *logits, long ld, const int32_t *targets,
                             const float *log_sum_exp, const float *gradients, const float *log_z_gradients,
                             const remit_tempered_gradient *tempered, float softcap) {
  for (long i = 0; i < m; i++) {
    float *row = logits + i * ld;
    long target = targets[i] - first_column;
    vf lse = K(all)(log_sum_exp[i]), g = K(all)(gradients[i]), one = K(all)(1.0f);
    vf dz = K(all)(log_z_gradients ? log_z_gradients[i] : 0.0f);
    vf inverse = K(all)(tempered ? tempered->inverse_temperature : 1.0f);
    vf lse_t = K(all)(tempered ? tempered->log_sum_exp[i] : 0.0f), dt = K(all)(tempered ? tempered->gradients[i] : 0.0f);
    for (long j = 0; j < columns; j += W) {
      long n = columns - j < W ? columns - j : W;
      vf y = n == W ? K(load)(row + j) : K(load_part)(row + j, n), slope = one;
      if (softcap > 0) {
        vf t = K(tanh)(y / K(all)(softcap));
        y = K(all)(softcap) * t;
        slope = one - t * t;
      }
      vf p = K(exp)(K(min)(y - lse, K(all)(0.0f))), d = -p;
      if (target >= j && target < j + n) d[target - j] += 1.0f;
      d = d * slope * g;
      if (log_z_gradients) d += p * slope * dz;
      if (tempered) d += K(exp)(K(min)(y * inverse - lse_t, K(all)(0.0f))) * slope * dt;
      if (n == W) K(store)(row + j, d);
      else K(store_part)(row + j, d, n);
    }
  }
}
#endif
