// C [M, N] = A [M, K] * W^T, W [N, K] packed once into panels of NV * W columns.
#ifndef PASS
#define KERNEL_FILE "gemm.c"
#include "passes.h"

long remit_panel_width(int path) { return DISPATCH(path, panel_width); }
void remit_pack_panels(int path, const float *w, long ldw, long n, long k, long first_panel, long last_panel,
                       float *packed) {
  DISPATCH(path, pack_panels, w, ldw, n, k, first_panel, last_panel, packed);
}
void remit_gemm_packed(int path, long m, long n, long k, const float *a, long lda, const float *packed, float *c, long ldc) {
  DISPATCH(path, gemm_packed, m, n, k, a, lda, packed, c, ldc);
}
void remit_unpack_row(int path, const float *packed, long k, long row, float *out) {
  DISPATCH(path, unpack_row, packed, k, row, out);
}

#else
#include "tile.h"
#include "panel.h"

static long K(panel_width)(void) { return NV * W; }

static void K(pack_panels)(const float *w, long ldw, long n, long k, long first_panel, long last_panel, float *packed) {
  for (long p = first_panel; p < last_panel; p++) {
    float *panel = packed + p * k * NV * W;
    long first = p * NV * W, columns = n - first < NV * W ? n - first : NV * W;
    for (long k0 = 0; k0 < k; k0 += 16) { // 16 values of a row are one cache line
      long end = k0 + 16 < k ? k0 + 16 : k;
      for (long j = 0; j < NV * W; j++)
        for (long i = k0; i < end; i++) panel[i * NV * W + j] = j < columns ? w[(first + j) * ldw + i] : 0.0f;
    }
  }
}

static void K(unpack_row)(const float *packed, long k, long row, float *out) {
  const float *panel = packed + row / (NV * W) * k * NV * W + row % (NV * W);
  for (long i = 0; i < k; i++) out[i] = panel[i * NV * W];
}

static void K(gemm_packed)(long m, long n, long k, const float *a, long lda, const float *packed, float *c, long ldc) {
  for (long first = 0; first < n; first += NV * W, packed += k * NV * W) {
    long columns = n - first;
    if (columns >= NV * W) {
      K(panel_rows)(m, k, a, lda, packed, c + first, ldc);
      continue;
    }
    float edge[MR * NV * W];
    for (long i = 0; i < m; i += MR) {
      long rows = m - i < MR ? m - i : MR;
      K(panel_rows)(rows, k, a + i * lda, lda, packed, edge, NV * W);
      for (long r = 0; r < rows; r++) memcpy(c + (i + r) * ldc + first, edge + r * NV * W, (size_t)columns * sizeof(float));
    }
  }
}
#endif
