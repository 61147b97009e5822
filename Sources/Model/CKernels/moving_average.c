// The exponential moving average of parameters.
#ifndef PASS
#define KERNEL_FILE "moving_average.c"
#include "passes.h"

void remit_moving_average(int path, long count, float share, const float *x, float *average) {
  DISPATCH(path, moving_average, count, share, x, average);
}

#else

static void K(moving_average)(long count, float share, const float *x, float *average) {
  long i = 0;
  for (; i + W <= count; i += W) {
    vf a = K(load)(average + i);
    K(store)(average + i, a + (K(load)(x + i) - a) * K(all)(share));
  }
  for (; i < count; i++) average[i] += (x[i] - average[i]) * share;
}
#endif
