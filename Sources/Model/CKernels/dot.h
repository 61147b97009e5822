// The register tile of dot products of pairs in bf16: c [mr, nv * W] (+)= a [mr, pairs] * b [pairs, nv * W], mr <= 6, nv <= NV.
//
// Each element is one chain of dot products of two over the pairs, REPLACE, CONTINUE or APART as in tile.h.

INLINE void K(dot_tile)(int mr, int nv, long pairs, const uint32_t *a, long lda, const uint32_t *b, long ldb, float *c,
                        long ldc, int accumulate) {
  __m512 s[MR][NV];
  UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++)
    s[i][j] = accumulate == CONTINUE ? _mm512_loadu_ps(c + i * ldc + j * W) : _mm512_setzero_ps();
  for (long p = 0; p < pairs; p++) {
    __m512bh row[NV];
    UNROLL for (int j = 0; j < nv; j++) row[j] = (__m512bh)_mm512_loadu_si512(b + j * W);
    UNROLL for (int i = 0; i < mr; i++) {
      __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[i * lda]);
      UNROLL for (int j = 0; j < nv; j++) s[i][j] = _mm512_dpbf16_ps(s[i][j], x, row[j]);
    }
    a++;
    b += ldb;
  }
  if (accumulate == APART)
    UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++)
      s[i][j] = _mm512_add_ps(_mm512_loadu_ps(c + i * ldc + j * W), s[i][j]);
  UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++) _mm512_storeu_ps(c + i * ldc + j * W, s[i][j]);
}

static __attribute__((noinline)) void K(dot_full)(long pairs, const uint32_t *a, long lda, const uint32_t *b, long ldb,
                                                  float *c, long ldc, int accumulate) {
  K(dot_tile)(MR, NV, pairs, a, lda, b, ldb, c, ldc, accumulate);
}
#define DOT_ROWS(mr)                                                                                                   \
  switch (nv) {                                                                                                        \
  case 1: K(dot_tile)(mr, 1, pairs, a, lda, b, ldb, c, ldc, accumulate); break;                                        \
  case 2: K(dot_tile)(mr, 2, pairs, a, lda, b, ldb, c, ldc, accumulate); break;                                        \
  case 3: K(dot_tile)(mr, 3, pairs, a, lda, b, ldb, c, ldc, accumulate); break;                                        \
  case 4: K(dot_tile)(mr, 4, pairs, a, lda, b, ldb, c, ldc, accumulate); break;                                        \
  }
static __attribute__((noinline)) void K(dot_part)(int mr, int nv, long pairs, const uint32_t *a, long lda, const uint32_t *b,
                                                  long ldb, float *c, long ldc, int accumulate) {
  switch (mr) {
  case 1: DOT_ROWS(1) break;
  case 2: DOT_ROWS(2) break;
  case 3: DOT_ROWS(3) break;
  case 4: DOT_ROWS(4) break;
  case 5: DOT_ROWS(5) break;
  case 6: DOT_ROWS(6) break;
  }
}
#undef DOT_ROWS

// c [m, n] (+)= a [m, pairs] * b [pairs, n], n a multiple of W.
INLINE void K(dot_tiles)(long m, long n, long pairs, const uint32_t *a, long lda, const uint32_t *b, long ldb, float *c,
                         long ldc, int accumulate) {
  for (long j = 0; j < n; j += NV * W) {
    int nv = (int)((n - j < NV * W ? n - j : NV * W) / W);
    for (long i = 0; i < m; i += MR) {
      int mr = (int)(m - i < MR ? m - i : MR);
      if (mr == MR && nv == NV) K(dot_full)(pairs, a + i * lda, lda, b + j, ldb, c + i * ldc + j, ldc, accumulate);
      else K(dot_part)(mr, nv, pairs, a + i * lda, lda, b + j, ldb, c + i * ldc + j, ldc, accumulate);
    }
  }
}

// 2 W floats as W pairs.
INLINE void K(round_pairs)(const float *x, uint32_t *to) {
  __m512bh rounded = _mm512_cvtne2ps_pbh(_mm512_loadu_ps(x + W), _mm512_loadu_ps(x));
  memcpy(to, &rounded, sizeof rounded);
}
// `count` floats as pairs, the last with 0 where the count is odd.
INLINE void K(round_row)(long count, const float *x, uint32_t *to) {
  long j = 0;
  for (; j + 2 * W <= count; j += 2 * W) K(round_pairs)(x + j, to + j / 2);
  if (j >= count) return;
  float rest[2 * W] = {0};
  uint32_t rounded[W];
  memcpy(rest, x + j, (size_t)(count - j) * sizeof(float));
  K(round_pairs)(rest, rounded);
  memcpy(to + j / 2, rounded, (size_t)((count - j + 1) / 2) * sizeof(uint32_t));
}
