// Shared by the forward and the backward pass of attention. Key blocks are cut from the segment's own start, so that a
// row's arithmetic depends on its position and its segment alone.

#define BLOCK REMIT_KEY_BLOCK
#define PAD(n) (((n) + 15) / 16 * 16)

// The keys of block b that position p sees: [*low, *high) within the block; empty where *low >= *high.
INLINE void K(visible)(const remit_attention *a, long p, long b, long *low, long *high) {
  long first = a->window > 0 && p - a->window + 1 > 0 ? p - a->window + 1 : 0;
  *low = first > b * BLOCK ? first - b * BLOCK : 0;
  *high = p + 1 - b * BLOCK < BLOCK ? p + 1 - b * BLOCK : BLOCK;
}

// Columns [0, room) of to [width, BLOCK] = from [count, width] transposed; keys past count are 0.
static void K(pack_transposed)(const float *from, long ld, long count, long room, long width, float *to) {
  for (long e = 0; e < width; e++) {
    for (long j = 0; j < count; j++) to[e * BLOCK + j] = from[j * ld + e];
    for (long j = count; j < room; j++) to[e * BLOCK + j] = 0;
  }
}
// to [room, PAD(width)] = from [count, width]; the rest is 0.
static void K(pack_padded)(const float *from, long ld, long count, long room, long width, float *to) {
  for (long j = 0; j < room; j++, to += PAD(width)) {
    long copied = j < count ? width : 0;
    memcpy(to, from + j * ld, (size_t)copied * sizeof(float));
    memset(to + copied, 0, (size_t)(PAD(width) - copied) * sizeof(float));
  }
}
