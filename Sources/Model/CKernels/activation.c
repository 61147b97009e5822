// The gated feed-forward's activation: out = act(gate) * up.
#ifndef PASS
#define KERNEL_FILE "activation.c"
#include "passes.h"

void remit_gated_forward(int path, int activation, long count, const float *gate, const float *up, float *out) {
  DISPATCH(path, gated_forward, activation, count, gate, up, out);
}
void remit_gated_backward(int path, int activation, long count, float *gate, float *up, const float *dout) {
  DISPATCH(path, gated_backward, activation, count, gate, up, dout);
}

#else

// silu(x) = x sigmoid(x); gelu_tanh(x) = x / 2 (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3). *slope = derivative.
INLINE vf K(activate)(int activation, vf x, vf *slope) {
  vf one = K(all)(1.0f);
  if (activation == REMIT_SILU) {
    vf s = K(sigmoid)(x);
    if (slope) *slope = s * (one + x * (one - s));
    return x * s;
  }
  vf square = x * x, root = K(all)(0.7978845608028654f), half = K(all)(0.5f);
  vf t = K(tanh)(root * x * (one + K(all)(0.044715f) * square));
  if (slope) {
    vf du = root * (one + K(all)(3.0f * 0.044715f) * square);
    *slope = half * (one + t) + half * x * (one - t * t) * du;
  }
  return half * x * (one + t);
}

INLINE void K(gated_run)(int activation, long count, const float *gate, const float *up, float *out) {
  long i = 0;
  for (; i + W <= count; i += W) K(store)(out + i, K(activate)(activation, K(load)(gate + i), 0) * K(load)(up + i));
  if (i < count)
    K(store_part)(out + i, K(activate)(activation, K(load_part)(gate + i, count - i), 0) * K(load_part)(up + i, count - i),
                  count - i);
}
static void K(gated_forward)(int activation, long count, const float *gate, const float *up, float *out) {
  if (activation == REMIT_SILU) K(gated_run)(REMIT_SILU, count, gate, up, out);
  else K(gated_run)(REMIT_GELU_TANH, count, gate, up, out);
}

INLINE void K(gated_back)(int activation, long count, float *gate, float *up, const float *dout) {
  for (long i = 0; i < count; i += W) {
    long n = count - i < W ? count - i : W;
    vf g = n == W ? K(load)(gate + i) : K(load_part)(gate + i, n), u = n == W ? K(load)(up + i) : K(load_part)(up + i, n);
    vf d = n == W ? K(load)(dout + i) : K(load_part)(dout + i, n), slope, value = K(activate)(activation, g, &slope);
    if (n == W) {
      K(store)(gate + i, d * u * slope);
      K(store)(up + i, d * value);
    } else {
      K(store_part)(gate + i, d * u * slope, n);
      K(store_part)(up + i, d * value, n);
    }
  }
}
static void K(gated_backward)(int activation, long count, float *gate, float *up, const float *dout) {
  if (activation == REMIT_SILU) K(gated_back)(REMIT_SILU, count, gate, up, dout);
  else K(gated_back)(REMIT_GELU_TANH, count, gate, up, dout);
}
#endif
