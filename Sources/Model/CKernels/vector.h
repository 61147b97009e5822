// The vector of one pass: W floats. Included once for each pass, so no include guard.

#define vf K(vf)
#define vi K(vi)
typedef float vf __attribute__((ext_vector_type(W)));
typedef int vi __attribute__((ext_vector_type(W)));

INLINE vf K(load)(const float *p) { vf v; memcpy(&v, p, sizeof v); return v; }
INLINE void K(store)(float *p, vf v) { memcpy(p, &v, sizeof v); }
INLINE vf K(load_part)(const float *p, long n) { vf v = (vf)(0.0f); memcpy(&v, p, (size_t)n * sizeof(float)); return v; }
INLINE void K(store_part)(float *p, vf v, long n) { memcpy(p, &v, (size_t)n * sizeof(float)); }
INLINE vf K(all)(float x) { return (vf)(x); }

INLINE vf K(fma)(vf a, vf b, vf c) {
#ifdef HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}
INLINE vf K(max)(vf a, vf b) { return a > b ? a : b; } // b where either is NaN
INLINE vf K(min)(vf a, vf b) { return a < b ? a : b; }

// Sums of lanes in halves: ((0 + W/2) + (W/4 + 3W/4)) ...
INLINE float K(sum)(vf v) {
#if W == 16
  __typeof__(v.lo) a = v.lo + v.hi; __typeof__(a.lo) b = a.lo + a.hi;
#elif W == 8
  __typeof__(v.lo) b = v.lo + v.hi;
#else
  vf b = v;
#endif
  __typeof__(b.lo) c = b.lo + b.hi;
  return c.x + c.y;
}
INLINE float K(largest)(vf v) {
#if W == 16
  __typeof__(v.lo) a = __builtin_elementwise_max(v.lo, v.hi); __typeof__(a.lo) b = __builtin_elementwise_max(a.lo, a.hi);
#elif W == 8
  __typeof__(v.lo) b = __builtin_elementwise_max(v.lo, v.hi);
#else
  vf b = v;
#endif
  __typeof__(b.lo) c = __builtin_elementwise_max(b.lo, b.hi);
  return c.x > c.y ? c.x : c.y;
}

// e^x for x <= 0, within 2 units in the last place; 0 below -87.3 (and at -infinity); NaN of NaN.
// x = n ln 2 + r, |r| <= ln 2 / 2; the polynomial is that of Cephes' expf.
INLINE vf K(exp)(vf x) {
  vf bounded = K(max)(x, K(all)(-87.3f));
  vf n = K(fma)(bounded, K(all)(1.44269504088896341f), K(all)(12582912.0f)) - K(all)(12582912.0f);
  vf r = K(fma)(n, K(all)(-0.693359375f), x);
  r = K(fma)(n, K(all)(2.12194440e-4f), r);
  vf p = K(all)(1.9875691500e-4f);
  p = K(fma)(p, r, K(all)(1.3981999507e-3f));
  p = K(fma)(p, r, K(all)(8.3334519073e-3f));
  p = K(fma)(p, r, K(all)(4.1665795894e-2f));
  p = K(fma)(p, r, K(all)(1.6666665459e-1f));
  p = K(fma)(p, r, K(all)(5.0000001201e-1f));
  p = K(fma)(p, r * r, r) + K(all)(1.0f);
  vi power = (__builtin_convertvector(n, vi) + 127) << 23;
  vf value = p * __builtin_bit_cast(vf, power);
  return x < K(all)(-87.3f) ? K(all)(0.0f) : value;
}
INLINE float K(exp_one)(float x) { return K(exp)(K(all)(x)).x; }

INLINE vf K(absolute)(vf x) { return __builtin_bit_cast(vf, __builtin_bit_cast(vi, x) & 0x7fffffff); }
INLINE vf K(with_sign)(vf x, vf sign) {
  return __builtin_bit_cast(vf, __builtin_bit_cast(vi, x) | (__builtin_bit_cast(vi, sign) & (int)0x80000000));
}
INLINE vf K(sigmoid)(vf x) {
  vf e = K(exp)(-K(absolute)(x)), d = K(all)(1.0f) + e;
  return (x < K(all)(0.0f) ? e : K(all)(1.0f)) / d;
}
INLINE vf K(tanh)(vf x) {
  vf e = K(exp)(K(all)(-2.0f) * K(absolute)(x));
  return K(with_sign)((K(all)(1.0f) - e) / (K(all)(1.0f) + e), x);
}
// cap * tanh(x / cap)
INLINE vf K(softcap)(vf x, float cap) { return K(all)(cap) * K(tanh)(x / K(all)(cap)); }
