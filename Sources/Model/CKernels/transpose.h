// Blocks of W x W, transposed in registers.

#if W == 16
#define INTERLEAVE_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define INTERLEAVE_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif W == 8
#define INTERLEAVE_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define INTERLEAVE_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define EVEN_LANES 0, 2, 4, 6, 8, 10, 12, 14
#define ODD_LANES 1, 3, 5, 7, 9, 11, 13, 15
#else
#define INTERLEAVE_LOW 0, 4, 1, 5
#define INTERLEAVE_HIGH 2, 6, 3, 7
#define EVEN_LANES 0, 2, 4, 6
#define ODD_LANES 1, 3, 5, 7
#endif

// v[i][j] becomes v[j][i]. To interleave row i with row i + W / 2 is to turn the bits of an element's place, row and column
// together, by one: log2 W rounds exchange row and column.
INLINE void K(transpose)(vf v[W]) {
  for (int round = 1; round < W; round *= 2) {
    vf t[W];
    UNROLL for (int i = 0; i < W / 2; i++) {
      t[2 * i] = __builtin_shufflevector(v[i], v[i + W / 2], INTERLEAVE_LOW);
      t[2 * i + 1] = __builtin_shufflevector(v[i], v[i + W / 2], INTERLEAVE_HIGH);
    }
    UNROLL for (int i = 0; i < W; i++) v[i] = t[i];
  }
}
INLINE vf K(even_lanes)(vf a, vf b) { return __builtin_shufflevector(a, b, EVEN_LANES); }
INLINE vf K(odd_lanes)(vf a, vf b) { return __builtin_shufflevector(a, b, ODD_LANES); }

#undef INTERLEAVE_LOW
#undef INTERLEAVE_HIGH
#undef EVEN_LANES
#undef ODD_LANES
