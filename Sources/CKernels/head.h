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

// The logits of one row's panel, soft-capped; -infinity beyond the vocabulary. Returns the largest that is a number.
INLINE float K(head_panel)(const float *logits, long columns, float softcap, float *panel) {
  vf best = K(all)(-INFINITY);
  UNROLL for (int j = 0; j < NV; j++) {
    vf v = K(load)(logits + j * W);
    if (softcap > 0) v = K(softcap)(v, softcap);
    K(store)(panel + j * W, v);
  }
  for (long j = columns; j < NV * W; j++) panel[j] = -INFINITY;
  UNROLL for (int j = 0; j < NV; j++) best = K(max)(K(load)(panel + j * W), best);
  return K(largest)(best);
}

// Puts a panel's logits into the row's k largest, in falling order; of equal ones the lower id is first and stays.
INLINE void K(head_top)(const float *panel, float largest, long columns, long first, long k, int32_t *ids, float *values) {
  if (!(largest > values[k - 1])) return;
  for (long j = 0; j < columns; j++) {
    if (!(panel[j] > values[k - 1])) continue;
    long place = k - 1;
    for (; place > 0 && values[place - 1] < panel[j]; place--) {
      values[place] = values[place - 1];
      ids[place] = ids[place - 1];
    }
    values[place] = panel[j];
    ids[place] = (int32_t)(first + j);
  }
}

// Takes the chosen logits out of a panel; the others join the row's running maximum and sum.
INLINE void K(head_chosen)(float *panel, long columns, long first, long k, const int32_t *ids, float *logits, float *maximum,
                           float *sum) {
  for (long j = 0; j < k; j++) {
    long column = ids[j] - first;
    if (column < 0 || column >= columns) continue;
    logits[j] = panel[column];
    panel[column] = -INFINITY;
  }
  vf best = K(all)(-INFINITY);
  UNROLL for (int j = 0; j < NV; j++) best = K(max)(K(load)(panel + j * W), best);
  if (K(largest)(best) > -INFINITY) K(head_row)(panel, NV * W, 0, maximum, sum);
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
                           const remit_head_more *more, float *scratch, float *log_sum_exp, float *target_logit) {
  long m = product->m, top = more ? more->top : 0, chosen = more ? more->chosen : 0;
  float *maximum = scratch + m * NV * W, *sum = maximum + m, *rest_maximum = sum + m;
  for (long i = 0; i < m; i++) {
    maximum[i] = -INFINITY;
    sum[i] = 0;
    target_logit[i] = NAN;
    for (long j = 0; j < top; j++) {
      more->top_ids[i * top + j] = -1;
      more->top_log_probs[i * top + j] = -INFINITY;
    }
    for (long j = 0; j < chosen; j++) more->chosen_logits[i * chosen + j] = NAN;
    if (!chosen) continue;
    rest_maximum[i] = -INFINITY;
    more->rest[i] = 0;
  }
  for (long panel = 0; panel * NV * W < vocabulary; panel++) {
    long first = panel * NV * W, columns = vocabulary - first < NV * W ? vocabulary - first : NV * W;
    float *logits = product->kept ? product->kept + first : scratch;
    long ld = product->kept ? product->ld_kept : NV * W;
    product->project(product, panel, logits, ld);
    for (long i = 0; i < m; i++) {
      K(head_row)(logits + i * ld, columns, softcap, &maximum[i], &sum[i]);
      if (more) {
        float values[NV * W], largest = K(head_panel)(logits + i * ld, columns, softcap, values);
        if (top)
          K(head_top)(values, largest, columns, first, top, more->top_ids + i * top, more->top_log_probs + i * top);
        if (chosen)
          K(head_chosen)(values, columns, first, chosen, more->chosen_ids + i * chosen, more->chosen_logits + i * chosen,
                         &rest_maximum[i], &more->rest[i]);
      }
      long target = targets[i] - first;
      if (target < 0 || target >= columns) continue;
      target_logit[i] = logits[i * ld + target];
      if (softcap > 0) target_logit[i] = K(softcap)(K(all)(target_logit[i]), softcap).x;
    }
  }
  for (long i = 0; i < m; i++) {
    log_sum_exp[i] = maximum[i] + (float)log((double)sum[i]);
    for (long j = 0; j < top; j++) more->top_log_probs[i * top + j] -= log_sum_exp[i];
    if (chosen) more->rest[i] = rest_maximum[i] + (float)log((double)more->rest[i]);
  }
}
