// RMSNorm and LayerNorm: y = (x - mean) * rstd * (w + offset), rstd = 1 / sqrt(mean((x - mean)^2) + epsilon).
#ifndef PASS
#define KERNEL_FILE "norm.c"
#include "passes.h"

void remit_norm_forward(int path, long rows, long width, const float *x, long ldx, const float *w, float offset,
                        float epsilon, int center, float *y, long ldy) {
  DISPATCH(path, norm_forward, rows, width, x, ldx, w, offset, epsilon, center, y, ldy);
}
void remit_norm_backward(int path, long rows, long width, const float *x, long ldx, const float *w, float offset,
                         float epsilon, int center, const float *dy, long lddy, float *dx, long lddx, int accumulate,
                         float *dw) {
  DISPATCH(path, norm_backward, rows, width, x, ldx, w, offset, epsilon, center, dy, lddy, dx, lddx, accumulate, dw);
}

#else

typedef struct { float mean, rstd; } K(moments);

// Vectors whose sum is formed apart, so that the error of a wide row's sum does not grow with the width.
#define VECTORS_APART 16

// Sums of x or, where `squares`, of (x - mean)^2 over the whole vectors of a row.
INLINE vf K(row_sums)(long whole, const float *x, float mean, int squares) {
  vf total = K(all)(0), m = K(all)(mean);
  for (long j = 0; j < whole;) {
    long end = whole - j < VECTORS_APART * W ? whole : j + VECTORS_APART * W;
    vf part = K(all)(0);
    for (; j < end; j += W) {
      vf d = K(load)(x + j) - m;
      part = squares ? K(fma)(d, d, part) : part + d;
    }
    total += part;
  }
  return total;
}

static K(moments) K(row_moments)(long width, const float *x, float epsilon, int center) {
  long whole = width / W * W, rest = width - whole;
  float mean = 0;
  if (center) {
    vf s = K(row_sums)(whole, x, 0, 0);
    if (rest) s += K(load_part)(x + whole, rest);
    mean = K(sum)(s) / (float)width;
  }
  vf q = K(row_sums)(whole, x, mean, 1);
  float tail = 0;
  for (long j = whole; j < width; j++) tail += (x[j] - mean) * (x[j] - mean);
  return (K(moments)){mean, 1.0f / sqrtf((K(sum)(q) + tail) / (float)width + epsilon)};
}

static void K(norm_forward)(long rows, long width, const float *x, long ldx, const float *w, float offset, float epsilon,
                            int center, float *y, long ldy) {
  for (long i = 0; i < rows; i++, x += ldx, y += ldy) {
    K(moments) row = K(row_moments)(width, x, epsilon, center);
    vf mean = K(all)(row.mean), rstd = K(all)(row.rstd), shift = K(all)(offset);
    for (long j = 0; j < width; j += W) {
      long n = width - j < W ? width - j : W;
      if (n == W) {
        vf v = (K(load)(x + j) - mean) * rstd;
        K(store)(y + j, w ? v * (K(load)(w + j) + shift) : v);
      } else {
        vf v = (K(load_part)(x + j, n) - mean) * rstd;
        K(store_part)(y + j, w ? v * (K(load_part)(w + j, n) + shift) : v, n);
      }
    }
  }
}

// With z = (x - mean) rstd and g = dy (w + offset): dx = rstd (g - z mean(g z) [- mean(g) where centred]); dw += dy z.
static void K(norm_backward)(long rows, long width, const float *x, long ldx, const float *w, float offset, float epsilon,
                             int center, const float *dy, long lddy, float *dx, long lddx, int accumulate, float *dw) {
  for (long i = 0; i < rows; i++, x += ldx, dy += lddy, dx += lddx) {
    K(moments) row = K(row_moments)(width, x, epsilon, center);
    vf mean = K(all)(row.mean), rstd = K(all)(row.rstd), shift = K(all)(offset), gz = K(all)(0), gs = K(all)(0);
    for (long j = 0; j < width; j += W) {
      long n = width - j < W ? width - j : W;
      vf z = K(all)(0), d = z, f = K(all)(1);
      if (n == W) {
        z = (K(load)(x + j) - mean) * rstd;
        d = K(load)(dy + j);
        if (w) f = K(load)(w + j) + shift;
      } else { // the lanes past the end have d = 0
        z = (K(load_part)(x + j, n) - mean) * rstd;
        d = K(load_part)(dy + j, n);
        if (w) f = K(load_part)(w + j, n) + shift;
      }
      gz = K(fma)(d * f, z, gz);
      gs += d * f;
      if (dw) {
        if (n == W) K(store)(dw + j, K(fma)(d, z, K(load)(dw + j)));
        else K(store_part)(dw + j, K(fma)(d, z, K(load_part)(dw + j, n)), n);
      }
    }
    vf a = K(all)(K(sum)(gz) / (float)width), b = K(all)(center ? K(sum)(gs) / (float)width : 0.0f);
    for (long j = 0; j < width; j += W) {
      long n = width - j < W ? width - j : W;
      vf f = K(all)(1);
      if (w) f = (n == W ? K(load)(w + j) : K(load_part)(w + j, n)) + shift;
      vf z = ((n == W ? K(load)(x + j) : K(load_part)(x + j, n)) - mean) * rstd;
      vf d = n == W ? K(load)(dy + j) : K(load_part)(dy + j, n);
      vf value = (d * f - z * a - b) * rstd;
      if (n == W) K(store)(dx + j, accumulate ? K(load)(dx + j) + value : value);
      else K(store_part)(dx + j, accumulate ? K(load_part)(dx + j, n) + value : value, n);
    }
  }
}
#endif
