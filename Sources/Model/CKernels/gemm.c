// C [M, N] (+)= A [M, K] * B, B [K, N] packed into panels of NV * W columns.
#ifndef PASS
#define KERNEL_FILE "gemm.c"
#include "passes.h"

long remit_panel_width(int path) { return DISPATCH(path, panel_width); }
void remit_pack_panels(int path, const float *w, long ldw, long n, long k, long first_panel, long last_panel,
                       float *packed) {
  DISPATCH(path, pack_panels, w, ldw, n, k, first_panel, last_panel, packed);
}
void remit_pack_rows(int path, const float *b, long ldb, long n, long k, float *packed, long panel_stride) {
  DISPATCH(path, pack_rows, b, ldb, n, k, packed, panel_stride);
}
void remit_transpose_rows(int path, long m, long k, const float *x, long ldx, float *to) {
  DISPATCH(path, transpose_rows, m, k, x, ldx, to);
}
void remit_gemm_packed(int path, long m, long n, long k, const float *a, long lda, const float *packed, long panel_stride,
                       float *c, long ldc, int accumulate) {
  DISPATCH(path, gemm_packed, m, n, k, a, lda, packed, panel_stride, c, ldc, accumulate);
}
void remit_unpack_row(int path, const float *packed, long k, long row, float *out) {
  DISPATCH(path, unpack_row, packed, k, row, out);
}

#else
#include "tile.h"
#include "panel.h"
#include "transpose.h"

static long K(panel_width)(void) { return NV * W; }

// to [columns of x, ldto] = x [rows, columns] transposed: blocks of W x W, what is left one by one.
INLINE void K(transpose_into)(long rows, long columns, const float *x, long ldx, float *to, long ldto) {
  long whole_rows = rows / W * W, whole_columns = columns / W * W;
  for (long j = 0; j < whole_columns; j += W)
    for (long i = 0; i < whole_rows; i += W) {
      vf v[W];
      UNROLL for (int r = 0; r < W; r++) v[r] = K(load)(x + (i + r) * ldx + j);
      K(transpose)(v);
      UNROLL for (int r = 0; r < W; r++) K(store)(to + (j + r) * ldto + i, v[r]);
    }
  for (long j = 0; j < columns; j++)
    for (long i = j < whole_columns ? whole_rows : 0; i < rows; i++) to[j * ldto + i] = x[i * ldx + j];
}

static void K(pack_panels)(const float *w, long ldw, long n, long k, long first_panel, long last_panel, float *packed) {
  for (long p = first_panel; p < last_panel; p++) {
    float *panel = packed + p * k * NV * W;
    long first = p * NV * W, columns = n - first < NV * W ? n - first : NV * W;
    K(transpose_into)(columns, k, w + first * ldw, ldw, panel, NV * W);
    for (long i = 0; i < k; i++)
      for (long j = columns; j < NV * W; j++) panel[i * NV * W + j] = 0;
  }
}

static void K(pack_rows)(const float *b, long ldb, long n, long k, float *packed, long panel_stride) {
  for (long first = 0; first < n; first += NV * W, packed += panel_stride) {
    long columns = n - first < NV * W ? n - first : NV * W;
    for (long i = 0; i < k; i++) {
      float *to = packed + i * NV * W;
      const float *from = b + i * ldb + first;
      if (columns == NV * W) {
        UNROLL for (int j = 0; j < NV; j++) K(store)(to + j * W, K(load)(from + j * W));
        continue;
      }
      for (long j = 0; j < NV * W; j++) to[j] = j < columns ? from[j] : 0.0f;
    }
  }
}

static void K(transpose_rows)(long m, long k, const float *x, long ldx, float *to) {
  K(transpose_into)(k, m, x, ldx, to, k);
}

static void K(unpack_row)(const float *packed, long k, long row, float *out) {
  const float *panel = packed + row / (NV * W) * k * NV * W + row % (NV * W);
  for (long i = 0; i < k; i++) out[i] = panel[i * NV * W];
}

static void K(gemm_packed)(long m, long n, long k, const float *a, long lda, const float *packed, long panel_stride,
                           float *c, long ldc, int accumulate) {
  for (long first = 0; first < n; first += NV * W, packed += panel_stride) {
    long columns = n - first;
    if (columns >= NV * W) {
      K(panel_rows)(m, k, a, lda, packed, c + first, ldc, accumulate);
      continue;
    }
    float edge[MR * NV * W] = {0};
    for (long i = 0; i < m; i += MR) {
      long rows = m - i < MR ? m - i : MR;
      for (long r = 0; accumulate && r < rows; r++)
        memcpy(edge + r * NV * W, c + (i + r) * ldc + first, (size_t)columns * sizeof(float));
      K(panel_rows)(rows, k, a + i * lda, lda, packed, edge, NV * W, accumulate);
      for (long r = 0; r < rows; r++) memcpy(c + (i + r) * ldc + first, edge + r * NV * W, (size_t)columns * sizeof(float));
    }
  }
}
#endif
