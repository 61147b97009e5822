// The register tile: c [mr, nv * W] (+)= a [mr, kk] * b [kk, nv * W], mr <= 6, nv <= NV.
//
// Each element is one chain of fused multiply-adds in the order of k, which starts from 0 (REPLACE, APART) or from what c holds
// (CONTINUE): rows cut into tiles of another height change no bit, nor does k cut into blocks of which each CONTINUEs the one
// before. An APART chain is added to what c holds at its end. Element a[i][k] stands at a[i * ras + k * cas].

#undef NV
#undef UNROLL_TURNS
#define MR 6
#if W == 16
#define NV 4
#else
#define NV 2
#endif
// A turn of AVX2 is 12 multiply-adds and 8 loads; counting and addresses were 7 more, and a core that has another thread to serve
// issues half as many: four turns share them.
#if W == 8
#define UNROLL_TURNS _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL_TURNS
#endif

INLINE void K(tile)(int mr, int nv, long kk, const float *a, long ras, long cas, const float *b, long ldb, float *c,
                    long ldc, int accumulate) {
  vf s[MR][NV];
  UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++)
    s[i][j] = accumulate == CONTINUE ? K(load)(c + i * ldc + j * W) : K(all)(0.0f);
  UNROLL_TURNS for (long k = 0; k < kk; k++) {
    vf row[NV];
    UNROLL for (int j = 0; j < nv; j++) row[j] = K(load)(b + j * W);
    UNROLL for (int i = 0; i < mr; i++) {
      vf x = K(all)(a[i * ras]);
      UNROLL for (int j = 0; j < nv; j++) s[i][j] = K(fma)(x, row[j], s[i][j]);
    }
    a += cas;
    b += ldb;
  }
  if (accumulate == APART)
    UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++) s[i][j] = K(load)(c + i * ldc + j * W) + s[i][j];
  UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++) K(store)(c + i * ldc + j * W, s[i][j]);
}

// Not inlined: one body for each shape of tile.
static __attribute__((noinline)) void K(tile_full)(long kk, const float *a, long ras, long cas, const float *b, long ldb,
                                                   float *c, long ldc, int accumulate) {
  K(tile)(MR, NV, kk, a, ras, cas, b, ldb, c, ldc, accumulate);
}
// Rows of a as they lie: what turns share is known when this is compiled.
static __attribute__((noinline)) void K(tile_rows)(long kk, const float *a, long ras, const float *b, long ldb, float *c,
                                                   long ldc, int accumulate) {
  K(tile)(MR, NV, kk, a, ras, 1, b, ldb, c, ldc, accumulate);
}
#define TILE_ROWS(mr)                                                                                                  \
  switch (nv) {                                                                                                        \
  case 1: K(tile)(mr, 1, kk, a, ras, cas, b, ldb, c, ldc, accumulate); break;                                          \
  case 2: K(tile)(mr, 2, kk, a, ras, cas, b, ldb, c, ldc, accumulate); break;                                          \
  TILE_WIDE(mr)                                                                                                        \
  }
#if W == 16
#define TILE_WIDE(mr)                                                                                                  \
  case 3: K(tile)(mr, 3, kk, a, ras, cas, b, ldb, c, ldc, accumulate); break;                                          \
  case 4: K(tile)(mr, 4, kk, a, ras, cas, b, ldb, c, ldc, accumulate); break;
#else
#define TILE_WIDE(mr)
#endif
static __attribute__((noinline)) void K(tile_part)(int mr, int nv, long kk, const float *a, long ras, long cas,
                                                   const float *b, long ldb, float *c, long ldc, int accumulate) {
  switch (mr) {
  case 1: TILE_ROWS(1) break;
  case 2: TILE_ROWS(2) break;
  case 3: TILE_ROWS(3) break;
  case 4: TILE_ROWS(4) break;
  case 5: TILE_ROWS(5) break;
  case 6: TILE_ROWS(6) break;
  }
}
INLINE void K(tile_any)(int mr, int nv, long kk, const float *a, long ras, long cas, const float *b, long ldb, float *c,
                        long ldc, int accumulate) {
  if (mr == MR && nv == NV && cas == 1) K(tile_rows)(kk, a, ras, b, ldb, c, ldc, accumulate);
  else if (mr == MR && nv == NV) K(tile_full)(kk, a, ras, cas, b, ldb, c, ldc, accumulate);
  else K(tile_part)(mr, nv, kk, a, ras, cas, b, ldb, c, ldc, accumulate);
}

// c [m, n] (+)= a [m, kk] * b [kk, n], n a multiple of W.
INLINE void K(tiles)(long m, long n, long kk, const float *a, long ras, long cas, const float *b, long ldb, float *c,
                     long ldc, int accumulate) {
  for (long j = 0; j < n; j += NV * W) {
    int nv = (int)((n - j < NV * W ? n - j : NV * W) / W);
    for (long i = 0; i < m; i += MR)
      K(tile_any)((int)(m - i < MR ? m - i : MR), nv, kk, a + i * ras, ras, cas, b + j, ldb, c + i * ldc + j, ldc, accumulate);
  }
}
#undef TILE_ROWS
#undef TILE_WIDE
