// Streaming log-sum-exp and target logit over panels of the vocabulary, whatever the product behind them.

// One row of a panel joins the row's running maximum and sum: sum of exp(logit - maximum).
INLINE void K(head_row)(const float *logits, long columns, float softcap, float *maximum, float *sum) {
  vf v[NV];
  UNROLL for (int j = 0; j < NV; j++) {
    v[j] = K(load)(logits + j * W);
    if (softcap > 0) v[j] = K(softcap)(v[j], softcap);
  }
  if (columns < NV * W) {
    float part[NV * W];
    UNROLL for (int j = 0; j < NV; j++) K(store)(part + j * W, v[j]);
    for (long j = columns; j < NV * W; j++) part[j] = -INFINITY;
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

// What gives the logits [m, NV * W] of one panel.
typedef struct {
  long m, k;
  const void *a;
  long lda;
  const void *packed;
  void (*project)(const void *product, long panel, float *logits, long ld);
  float *kept; // where all logits are to stay, [m, ld_kept]; null: nowhere
  long ld_kept;
} K(product);

INLINE void K(head_stream)(const K(product) * product, long vocabulary, const int32_t *targets, float softcap,
                           float *scratch, float *log_sum_exp, float *target_logit) {
  long m = product->m;
  float *maximum = scratch + m * NV * W, *sum = maximum + m;
  for (long i = 0; i < m; i++) {
    maximum[i] = -INFINITY;
    sum[i] = 0;
    target_logit[i] = NAN;
  }
  for (long panel = 0; panel * NV * W < vocabulary; panel++) {
    long first = panel * NV * W, columns = vocabulary - first < NV * W ? vocabulary - first : NV * W;
    float *logits = product->kept ? product->kept + first : scratch;
    long ld = product->kept ? product->ld_kept : NV * W;
    product->project(product, panel, logits, ld);
    for (long i = 0; i < m; i++) {
      K(head_row)(logits + i * ld, columns, softcap, &maximum[i], &sum[i]);
      long target = targets[i] - first;
      if (target < 0 || target >= columns) continue;
      target_logit[i] = logits[i * ld + target];
      if (softcap > 0) target_logit[i] = K(softcap)(K(all)(target_logit[i]), softcap).x;
    }
  }
  for (long i = 0; i < m; i++) log_sum_exp[i] = maximum[i] + (float)log((double)sum[i]);
}
