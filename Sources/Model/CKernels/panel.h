// c [m, NV * W] (+)= a [m, k] * one packed panel [k, NV * W]. k is cut into blocks that stay in cache; they are APART where the
// product is, else no bit depends on them.

#define PANEL_K_BLOCK 512

static void K(panel_rows)(long m, long k, const float *a, long lda, const float *panel, float *c, long ldc, int accumulate) {
  long blocks = (k + PANEL_K_BLOCK - 1) / PANEL_K_BLOCK, size = (k + blocks - 1) / blocks;
  for (long k0 = 0; k0 < k; k0 += size) {
    long kk = k - k0 < size ? k - k0 : size;
    K(tiles)(m, NV * W, kk, a + k0, lda, 1, panel + k0 * NV * W, NV * W, c, ldc, of_block(accumulate, k0));
  }
}
