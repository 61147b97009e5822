// Rounding to bf16, to the nearest, ties to even.

#define vu K(vu)
typedef uint32_t vu __attribute__((ext_vector_type(W)));

INLINE uint32_t K(bf16_bits)(float x) {
  uint32_t u;
  memcpy(&u, &x, 4);
  if (x != x) return (u >> 16) | 0x40;
  return (u + 0x7fff + ((u >> 16) & 1)) >> 16;
}
INLINE uint32_t K(pair_of)(float low, float high) { return K(bf16_bits)(low) | K(bf16_bits)(high) << 16; }

// The rounded value's bits, in the low half of each lane.
INLINE vu K(lane_bits)(vf x) {
  vu u = __builtin_bit_cast(vu, x);
  return x != x ? (u >> 16) | 0x40 : (u + 0x7fff + ((u >> 16) & 1)) >> 16;
}
// Each lane a pair: `low` in its low half, `high` in its high half.
INLINE vf K(pairs)(vf low, vf high) { return __builtin_bit_cast(vf, K(lane_bits)(low) | K(lane_bits)(high) << 16); }
#undef vu
