// Sums, biases and clamps over flat arrays.
#ifndef PASS
#define KERNEL_FILE "elementwise.c"
#include "passes.h"

void remit_add(int path, long count, const float *x, float *y) { DISPATCH(path, add, count, x, y); }
void remit_scale(int path, long count, float factor, float *x) { DISPATCH(path, scale, count, factor, x); }
void remit_add_rows(int path, long rows, long width, const float *row, float *y, long ldy) {
  for (long i = 0; i < rows; i++) remit_add(path, width, row, y + i * ldy);
}
void remit_sum_rows(int path, long rows, long width, const float *x, long ldx, float *sum) {
  enum { COLUMNS = 64, ROWS = 256 };
  for (long j = 0; j < width; j += COLUMNS)
    for (long i = 0; i < rows; i += ROWS) { // a block's sums are formed apart, so that their error does not grow with the rows
      float part[COLUMNS] = {0};
      long columns = width - j < COLUMNS ? width - j : COLUMNS, end = rows - i < ROWS ? rows : i + ROWS;
      for (long r = i; r < end; r++) remit_add(path, columns, x + r * ldx + j, part);
      remit_add(path, columns, part, sum + j);
    }
}
void remit_clamp(int path, long count, float limit, float *x) { DISPATCH(path, clamp, count, limit, x); }
void remit_clamp_backward(int path, long count, float limit, const float *x, float *dx) {
  DISPATCH(path, clamp_backward, count, limit, x, dx);
}
double remit_sum_of_squares(int path, long count, const float *x) { return DISPATCH(path, sum_of_squares, count, x); }

#else

static void K(add)(long count, const float *x, float *y) {
  long i = 0;
  for (; i + W <= count; i += W) K(store)(y + i, K(load)(y + i) + K(load)(x + i));
  for (; i < count; i++) y[i] += x[i];
}
static void K(scale)(long count, float factor, float *x) {
  long i = 0;
  for (; i + W <= count; i += W) K(store)(x + i, K(load)(x + i) * K(all)(factor));
  for (; i < count; i++) x[i] *= factor;
}
static void K(clamp)(long count, float limit, float *x) {
  for (long i = 0; i < count; i++) x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
}
static void K(clamp_backward)(long count, float limit, const float *x, float *dx) {
  for (long i = 0; i < count; i++) dx[i] = x[i] >= limit || x[i] <= -limit ? 0.0f : dx[i];
}
// 16 sums of f64 over elements i mod 16, added in order.
static double K(sum_of_squares)(long count, const float *x) {
  typedef double lanes __attribute__((ext_vector_type(16)));
  typedef float part __attribute__((ext_vector_type(16)));
  double sums[16] = {0}, total = 0;
  long i = 0;
  lanes s;
  memcpy(&s, sums, sizeof s);
  for (; i + 16 <= count; i += 16) {
    part p;
    memcpy(&p, x + i, sizeof p);
    lanes d = __builtin_convertvector(p, lanes);
    s += d * d;
  }
  memcpy(sums, &s, sizeof s);
  for (long j = 0; i + j < count; j++) sums[j] += (double)x[i + j] * x[i + j];
  for (int j = 0; j < 16; j++) total += sums[j];
  return total;
}
#endif
