// The running softmax of attention's forward pass, in f32 whatever the products' inputs are.

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

// What the rows of a group have so far: [heads * count], head by head.
typedef struct {
  float *out, *maximum, *sum; // [., PAD(v_width)], before the division by the sum
  float *scores;              // [MR, BLOCK], of the tile at work
} K(rows);

static K(rows) K(start_rows)(const remit_attention *a, long count, float *scratch) {
  long total = count * a->heads, width = PAD(a->v_width);
  K(rows) rows = {scratch, scratch + total * width, scratch + total * (width + 1), scratch + total * (width + 2)};
  memset(rows.out, 0, (size_t)(total * width) * sizeof(float));
  for (long i = 0; i < total; i++) {
    rows.maximum[i] = -INFINITY;
    rows.sum[i] = 0;
  }
  return rows;
}

static void K(finish_rows)(const remit_attention *a, long count, const K(rows) * rows, float *out, long ldo, float *lse,
                           long ld_lse) {
  long width = PAD(a->v_width);
  for (long h = 0; h < a->heads; h++)
    for (long i = 0; i < count; i++) {
      long row = h * count + i;
      float *to = out + i * ldo + h * a->v_width, *from = rows->out + row * width;
      for (long j = 0; j < a->v_width; j++) to[j] = from[j] / rows->sum[row] + 0.0f; // a sum that vanished is +0
      if (lse) lse[i * ld_lse + h] = rows->maximum[row] + (float)log((double)rows->sum[row]);
    }
}
