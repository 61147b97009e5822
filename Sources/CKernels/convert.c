// f32 to and from the 16-bit formats, in integer arithmetic: the same bits on every path.
#ifndef PASS
#define KERNEL_FILE "convert.c"
#include "passes.h"

void remit_f32_to_bf16(int path, long count, const float *x, uint16_t *y) { DISPATCH(path, f32_to_bf16, count, x, y); }
void remit_f32_to_f16(int path, long count, const float *x, uint16_t *y) { DISPATCH(path, f32_to_f16, count, x, y); }
void remit_bf16_to_f32(int path, long count, const uint16_t *x, float *y) { DISPATCH(path, bf16_to_f32, count, x, y); }
void remit_f16_to_f32(int path, long count, const uint16_t *x, float *y) { DISPATCH(path, f16_to_f32, count, x, y); }

#else

static void K(f32_to_bf16)(long count, const float *x, uint16_t *y) {
  for (long i = 0; i < count; i++) {
    uint32_t u;
    memcpy(&u, x + i, 4);
    uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16, quiet = (u >> 16) | 0x40;
    y[i] = (uint16_t)((u & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
  }
}
static void K(bf16_to_f32)(long count, const uint16_t *x, float *y) {
  for (long i = 0; i < count; i++) {
    uint32_t u = (uint32_t)x[i] << 16;
    memcpy(y + i, &u, 4);
  }
}
// Scaling by powers of two lets the FPU do the rounding of subnormals.
static void K(f32_to_f16)(long count, const float *x, uint16_t *y) {
  for (long i = 0; i < count; i++) {
    uint32_t u, sign, magnitude, bits;
    memcpy(&u, x + i, 4);
    sign = (u >> 16) & 0x8000;
    magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000) bits = 0x7e00;
    else if (magnitude >= 0x477ff000) bits = 0x7c00; // 65520 and above round to infinity
    else if (magnitude < 0x38800000) {               // below 2^-14: a multiple of 2^-24
      float f;
      memcpy(&f, &magnitude, 4);
      f += 0.5f; // the unit in the last place of [0.5, 1) is 2^-24
      memcpy(&bits, &f, 4);
      bits -= 0x3f000000;
    } else bits = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
    y[i] = (uint16_t)(sign | bits);
  }
}
static void K(f16_to_f32)(long count, const uint16_t *x, float *y) {
  for (long i = 0; i < count; i++) {
    uint32_t sign = (uint32_t)(x[i] & 0x8000) << 16, rest = x[i] & 0x7fff, bits;
    if (rest >= 0x7c00) bits = 0x7f800000 | (rest & 0x3ff) << 13;
    else if (rest >= 0x400) bits = (rest << 13) + 0x38000000;
    else {
      float f = (float)rest * 0x1p-24f;
      memcpy(&bits, &f, 4);
    }
    bits |= sign;
    memcpy(y + i, &bits, 4);
  }
}
#endif
