// Rotary position embedding. Halves: feature j turns with j + width / 2; interleaved: 2j with 2j + 1.
#ifndef PASS
#define KERNEL_FILE "rope.c"
#include "passes.h"

void remit_rope(int path, long rows, long heads, long head_width, long first, long width, float *x, long ldx,
                const int32_t *positions, const float *cosines, const float *sines, int interleaved, int direction) {
  DISPATCH(path, rope, rows, heads, head_width, first, width, x, ldx, positions, cosines, sines, interleaved, direction);
}

#else

INLINE void K(rope_pair)(float *a, float *b, float c, float s) {
  float x = *a, y = *b;
  *a = x * c - y * s;
  *b = y * c + x * s;
}

static void K(rope)(long rows, long heads, long head_width, long first, long width, float *x, long ldx,
                    const int32_t *positions, const float *cosines, const float *sines, int interleaved, int direction) {
  long half = width / 2, whole = half / W * W;
  float sign = direction < 0 ? -1.0f : 1.0f;
  for (long i = 0; i < rows; i++) {
    const float *c = cosines + positions[i] * half, *s = sines + positions[i] * half;
    for (long h = 0; h < heads; h++) {
      float *a = x + i * ldx + h * head_width + first, *b = a + half;
      if (interleaved) {
        for (long j = 0; j < half; j++) K(rope_pair)(a + 2 * j, a + 2 * j + 1, c[j], s[j] * sign);
        continue;
      }
      for (long j = 0; j < whole; j += W) {
        vf va = K(load)(a + j), vb = K(load)(b + j), vc = K(load)(c + j), vs = K(load)(s + j) * K(all)(sign);
        K(store)(a + j, va * vc - vb * vs);
        K(store)(b + j, vb * vc + va * vs);
      }
      for (long j = whole; j < half; j++) K(rope_pair)(a + j, b + j, c[j], s[j] * sign);
    }
  }
}
#endif
