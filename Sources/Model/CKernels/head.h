// Streaming log-sum-exp and target logit over panels of the vocabulary, whatever the product behind them.

// A running log-sum-exp: `sum` of exp(logit - maximum). In f64, scaling by the new maximum too, since a vocabulary has tens of
// thousands of panels. The maximum is one of the logits, so that no log-prob is above 0.
typedef struct {
  double sum;
  float maximum;
} K(log_sum);

INLINE float K(log_of)(const K(log_sum) * of) { return of->maximum + (float)log(of->sum); }

// One row of a panel joins the row's log-sum-exp.
INLINE void K(head_row)(const float *logits, long columns, float softcap, K(log_sum) * row) {
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
  float largest = K(largest)(top);
  if (largest > row->maximum) {
    row->sum *= exp((double)row->maximum - (double)largest);
    row->maximum = largest;
  }
  vf total = K(exp)(v[0] - K(all)(row->maximum));
  UNROLL for (int j = 1; j < NV; j++) total += K(exp)(v[j] - K(all)(row->maximum));
  row->sum += (double)K(sum)(total);
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

// Puts a panel's values into the row's k largest, in falling order; of equal ones the lower id is first and stays. *next: the
// largest that is not among them.
INLINE void K(head_top)(const float *panel, float largest, long columns, long first, long k, int32_t *ids, float *values,
                        float *next) {
  if (!(largest > values[k - 1])) {
    if (largest > *next) *next = largest;
    return;
  }
  for (long j = 0; j < columns; j++) {
    float less = panel[j] > values[k - 1] ? values[k - 1] : panel[j];
    if (less > *next) *next = less;
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

// Turns the k largest logits of a row into log-probs, in falling order; of those that rounding made equal the lower id is first.
// Returns whether a logit that is not among them has the log-prob of the last, so that a lower id may be missing.
INLINE int K(head_settle)(long k, float log_sum_exp, float next, int32_t *ids, float *values) {
  for (long j = 0; j < k; j++) {
    float value = values[j] - log_sum_exp;
    int32_t id = ids[j];
    long place = j;
    for (; place > 0 && values[place - 1] == value && ids[place - 1] > id; place--) ids[place] = ids[place - 1];
    values[j] = value;
    ids[place] = id;
  }
  return ids[k - 1] >= 0 && next - log_sum_exp == values[k - 1];
}

// One row of a panel, soft-capped and -infinity beyond the vocabulary, joins the row's sums at each temperature: of e^x and of x e^x,
// x = (logit - maximum) / T. They go from the maximum before the panel to `maximum`, x growing by d: x e^x to (x + d) e^d e^x.
INLINE void K(head_tempered)(const float *panel, float before, float maximum, long count, const float *inverses, double *sums) {
  for (long t = 0; t < count; t++, sums += 2) {
    if (maximum > before && before > -INFINITY) {
      double d = ((double)before - (double)maximum) * (double)inverses[t], factor = exp(d);
      sums[1] = factor * (sums[1] + d * sums[0]);
      sums[0] *= factor;
    }
    vf total = K(all)(0.0f), moment = K(all)(0.0f);
    UNROLL for (int j = 0; j < NV; j++) {
      vf x = (K(load)(panel + j * W) - K(all)(maximum)) * K(all)(inverses[t]), e = K(exp)(x);
      total += e;
      moment += K(max)(x, K(all)(-1000.0f)) * e; // e is 0 far above that
    }
    sums[0] += (double)K(sum)(total);
    sums[1] += (double)K(sum)(moment);
  }
}

// Takes the chosen logits out of a panel; the others, times the inverse temperature, join the row's log-sum-exp of the rest.
INLINE void K(head_chosen)(float *panel, long columns, long first, long k, const int32_t *ids, float inverse_temperature,
                           float *logits, K(log_sum) * rest) {
  for (long j = 0; j < k; j++) {
    long column = ids[j] - first;
    if (column < 0 || column >= columns) continue;
    logits[j] = panel[column];
    panel[column] = -INFINITY;
  }
  vf best = K(all)(-INFINITY);
  UNROLL for (int j = 0; j < NV; j++) {
    vf v = K(load)(panel + j * W) * K(all)(inverse_temperature);
    K(store)(panel + j * W, v);
    best = K(max)(v, best);
  }
  if (K(largest)(best) > -INFINITY) K(head_row)(panel, NV * W, 0, rest);
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

// What is kept of a row from panel to panel: REMIT_HEAD_ROW_FLOATS floats.
typedef struct {
  K(log_sum) all, rest;
  float next; // the largest logit that is not among the likeliest
  int is_open; // whether the likeliest must be chosen again, by log-prob
} K(head_state);

// No token is among the k likeliest yet.
INLINE void K(head_no_top)(long k, int32_t *ids, float *values) {
  for (long j = 0; j < k; j++) {
    ids[j] = -1;
    values[j] = -INFINITY;
  }
}

// Chooses the likeliest tokens of the open rows by log-prob, which is known now: each panel is computed once more.
INLINE void K(head_choose_again)(const K(product) * product, long vocabulary, float softcap, const remit_head_more *more,
                                 float *logits, const K(head_state) * rows, const float *log_sum_exp) {
  long k = more->top;
  for (long panel = 0; panel * NV * W < vocabulary; panel++) {
    long first = panel * NV * W, columns = vocabulary - first < NV * W ? vocabulary - first : NV * W;
    product->project(product, panel, logits, NV * W);
    for (long i = 0; i < product->m; i++) {
      if (!rows[i].is_open) continue;
      float values[NV * W], next = 0, largest = K(head_panel)(logits + i * NV * W, columns, softcap, values);
      for (long j = 0; j < columns; j++) values[j] -= log_sum_exp[i];
      K(head_top)(values, largest - log_sum_exp[i], columns, first, k, more->top_ids + i * k, more->top_log_probs + i * k,
                  &next);
    }
  }
}

INLINE void K(head_stream)(const K(product) * product, long vocabulary, const int32_t *targets, float softcap,
                           const remit_head_more *more, float *scratch, float *log_sum_exp, float *target_logit) {
  long m = product->m, top = more ? more->top : 0, chosen = more ? more->chosen : 0;
  long temperatures = more ? more->temperatures : 0;
  K(head_state) *rows = (K(head_state) *)(scratch + m * NV * W);
  for (long i = 0; i < m; i++) {
    rows[i] = (K(head_state)){.all = {0, -INFINITY}, .rest = {0, -INFINITY}, .next = -INFINITY};
    target_logit[i] = NAN;
    if (top) K(head_no_top)(top, more->top_ids + i * top, more->top_log_probs + i * top);
    for (long j = 0; j < chosen; j++) more->chosen_logits[i * chosen + j] = NAN;
    for (long j = 0; j < 2 * temperatures; j++) more->sums[i * 2 * temperatures + j] = 0;
  }
  for (long panel = 0; panel * NV * W < vocabulary; panel++) {
    long first = panel * NV * W, columns = vocabulary - first < NV * W ? vocabulary - first : NV * W;
    float *logits = product->kept ? product->kept + first : scratch;
    long ld = product->kept ? product->ld_kept : NV * W;
    product->project(product, panel, logits, ld);
    for (long i = 0; i < m; i++) {
      float before = rows[i].all.maximum;
      K(head_row)(logits + i * ld, columns, softcap, &rows[i].all);
      if (more) {
        float values[NV * W], largest = K(head_panel)(logits + i * ld, columns, softcap, values);
        if (top)
          K(head_top)(values, largest, columns, first, top, more->top_ids + i * top, more->top_log_probs + i * top,
                      &rows[i].next);
        if (temperatures)
          K(head_tempered)(values, before, rows[i].all.maximum, temperatures, more->inverses, more->sums + i * 2 * temperatures);
        if (chosen)
          K(head_chosen)(values, columns, first, chosen, more->chosen_ids + i * chosen, more->inverse_temperature,
                         more->chosen_logits + i * chosen, &rows[i].rest);
      }
      long target = targets[i] - first;
      if (target < 0 || target >= columns) continue;
      target_logit[i] = logits[i * ld + target];
      if (softcap > 0) target_logit[i] = K(softcap)(K(all)(target_logit[i]), softcap).x;
    }
  }
  int any_open = 0;
  for (long i = 0; i < m; i++) {
    log_sum_exp[i] = K(log_of)(&rows[i].all);
    if (chosen) more->rest[i] = K(log_of)(&rows[i].rest);
    for (long t = 0, at = i * temperatures; t < temperatures; t++, at++) {
      double sum = more->sums[2 * at], log_sum = log(sum), entropy = log_sum - more->sums[2 * at + 1] / sum;
      double from_log_z = (double)rows[i].all.maximum - (double)log_sum_exp[i]; // so that what is summed up are log-probs as given
      more->log_sums[at] = (float)(from_log_z * (double)more->inverses[t] + log_sum);
      more->entropies[at] = entropy < 0 ? 0.0f : (float)entropy; // a certainty may round below
    }
    if (!top) continue;
    int32_t *ids = more->top_ids + i * top;
    float *log_probs = more->top_log_probs + i * top;
    rows[i].is_open = K(head_settle)(top, log_sum_exp[i], rows[i].next, ids, log_probs);
    if (rows[i].is_open) K(head_no_top)(top, ids, log_probs);
    any_open |= rows[i].is_open;
  }
  if (any_open) K(head_choose_again)(product, vocabulary, softcap, more, scratch, rows, log_sum_exp);
}
