// The running softmax of attention's forward pass, in f32 whatever the products' inputs are.

// Key blocks whose sums are added up before they join the row's.
#define SPAN 16

// One row of scores [BLOCK] becomes exp(score - maximum); what the row has so far is scaled to the new maximum. `maximum` follows
// only where it is exceeded by 1: where scores grow slowly, no rounding is repeated block by block.
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
  if (largest > old + 1.0f) {
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

// What the rows of a group have so far: [heads * count], head by head.
typedef struct {
  float *out, *maximum, *sum; // [., PAD(v_width)], before the division by the sum; of the blocks of one span
  float *spans_out, *spans_maximum, *spans_sum; // of the spans before it
  float *scores;              // [MR, BLOCK], of the tile at work
  int has_spans;              // whether there are any before the last position's
} K(rows);

static K(rows) K(start_rows)(const remit_attention *a, long first, long count, float *scratch) {
  long total = count * a->heads, width = PAD(a->v_width);
  float *spans = scratch + total * (width + 2);
  K(rows) rows = {scratch, scratch + total * width, scratch + total * (width + 1),
                  spans, spans + total * width, spans + total * (width + 1), spans + total * (width + 2),
                  first + count > SPAN * BLOCK};
  memset(scratch, 0, (size_t)((rows.has_spans ? 2 : 1) * total * (width + 2)) * sizeof(float));
  for (long i = 0; i < total; i++) rows.maximum[i] = -INFINITY;
  for (long i = 0; rows.has_spans && i < total; i++) rows.spans_maximum[i] = -INFINITY;
  return rows;
}

// Adds the span's sums to those of the spans before it, and begins the next. Spans are cut from the segment's start, as blocks are.
static void K(end_span)(const remit_attention *a, long count, const K(rows) * rows) {
  long width = PAD(a->v_width);
  for (long i = 0; rows->has_spans && i < count * a->heads; i++) {
    float *out = rows->out + i * width, *spans = rows->spans_out + i * width;
    float old = rows->spans_maximum[i], factor = old == rows->maximum[i] ? 1.0f : K(exp_one)(old - rows->maximum[i]);
    for (long j = 0; j < width; j += W) {
      K(store)(spans + j, K(load)(spans + j) * K(all)(factor) + K(load)(out + j));
      K(store)(out + j, K(all)(0.0f));
    }
    rows->spans_sum[i] = rows->spans_sum[i] * factor + rows->sum[i];
    rows->spans_maximum[i] = rows->maximum[i];
    rows->sum[i] = 0;
  }
}

static void K(finish_rows)(const remit_attention *a, long count, const K(rows) * rows, float *out, long ldo, float *lse,
                           long ld_lse) {
  long width = PAD(a->v_width);
  K(end_span)(a, count, rows);
  for (long h = 0; h < a->heads; h++)
    for (long i = 0; i < count; i++) {
      long row = h * count + i;
      float *to = out + i * ldo + h * a->v_width, *from = (rows->has_spans ? rows->spans_out : rows->out) + row * width;
      float sum = rows->has_spans ? rows->spans_sum[row] : rows->sum[row];
      for (long j = 0; j < a->v_width; j++) to[j] = from[j] / sum + 0.0f; // a sum that vanished is +0
      if (lse) lse[i * ld_lse + h] = rows->maximum[row] + (float)log((double)sum);
    }
}
