// AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101) by the formula of torch.optim.AdamW. 1 - beta is of the beta
// rounded to f32; torch rounds 1 - beta (2e-7 apart at 0.95, 1e-5 at 0.999).
#ifndef PASS
#define KERNEL_FILE "adamw.c"
#include "passes.h"

void remit_adamw_update(int path, const remit_adamw *a, long count, float *p, const float *g, float *m, float *v) {
  DISPATCH(path, adamw_update, a, count, p, g, m, v);
}

#else

// p (1 - lr decay) - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
INLINE void K(adamw_lanes)(const remit_adamw *a, vf *p, vf g, vf *m, vf *v) {
  vf one = K(all)(1.0f);
  g *= K(all)(a->gradient_scale);
  *m += (g - *m) * (one - K(all)(a->beta1));
  *v = *v * K(all)(a->beta2) + g * g * (one - K(all)(a->beta2));
  vf denominator = __builtin_elementwise_sqrt(*v) / K(all)(a->bias_correction2_sqrt) + K(all)(a->epsilon);
  vf step = K(all)(a->learning_rate / a->bias_correction1);
  *p = *p * (one - K(all)(a->learning_rate * a->weight_decay)) - step * (*m / denominator);
}

static void K(adamw_update)(const remit_adamw *a, long count, float *p, const float *g, float *m, float *v) {
  for (long i = 0; i < count; i += W) {
    long n = count - i < W ? count - i : W;
    if (n == W) {
      vf vp = K(load)(p + i), vm = K(load)(m + i), vv = K(load)(v + i);
      K(adamw_lanes)(a, &vp, K(load)(g + i), &vm, &vv);
      K(store)(p + i, vp);
      K(store)(m + i, vm);
      K(store)(v + i, vv);
    } else {
      vf vp = K(load_part)(p + i, n), vm = K(load_part)(m + i, n), vv = K(load_part)(v + i, n);
      K(adamw_lanes)(a, &vp, K(load_part)(g + i, n), &vm, &vv);
      K(store_part)(p + i, vp, n);
      K(store_part)(m + i, vm, n);
      K(store_part)(v + i, vv, n);
    }
  }
}
#endif
