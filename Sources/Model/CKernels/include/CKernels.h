#pragma once
#include <stddef.h>
#include <stdint.h>

// The hot loops of remit. Row-major arrays of float; `ld...` is the distance between rows in elements.
//
// Every function runs on one thread, allocates nothing and keeps no state. `path` chooses the instruction set; it must be
// one for which remit_path_supported is true. On one path every result is a fixed function of its inputs: the order of every
// sum depends on lengths alone, never on a row's place among others.
//
// Dimension letters: T positions, D width, H heads, E head width, V vocabulary.

// The last is the one before it, but for products of bf16, which take the CPU's dot products of pairs.
enum { REMIT_PORTABLE = 0, REMIT_AVX2 = 1, REMIT_AVX512 = 2, REMIT_AVX512_BF16 = 3 };

// cpu.c
int remit_path_supported(int path);

// gemm.c: a matrix B [k, n] packed into panels of remit_panel_width(path) columns, each [k, width], the last padded by 0;
// panel_stride floats from one to the next.
long remit_panel_width(int path);
// B = W^T, W [n, k]; panels k * width apart.
void remit_pack_panels(int path, const float *w, long ldw, long n, long k, long first_panel, long last_panel,
                       float *packed);
// Rows of B as they stand: b [k, n] goes to the first k rows of every panel.
void remit_pack_rows(int path, const float *b, long ldb, long n, long k, float *packed, long panel_stride);
// to [m, k] = x [k, m] transposed.
void remit_transpose_rows(int path, long m, long k, const float *x, long ldx, float *to);
// c [m, n] (+)= a [m, k] * B. Each element is one chain of fused multiply-adds over k = 0, 1, 2, .... accumulate 0: from 0; 1: from
// what c holds, so that a product in parts, one after the other, has the bits of the whole; 2: each block of k (at most 512, of
// equal sizes) is a chain from 0, then added to c.
void remit_gemm_packed(int path, long m, long n, long k, const float *a, long lda, const float *packed, long panel_stride,
                       float *c, long ldc, int accumulate);
// Row `row` of W, bit for bit as it was packed.
void remit_unpack_row(int path, const float *packed, long k, long row, float *out);

// head.c: for each row, log-sum-exp of its logits and the logit of its target, V streamed panel by panel.
// softcap 0: none. kept: where the logits stay, before the cap, [m, ld_kept], ld_kept a multiple of the panel width; or null.
// more: what else is wanted of the same stream; or null. scratch: rows * (panel width + REMIT_HEAD_ROW_FLOATS) floats, aligned to 8
// bytes.
enum { REMIT_HEAD_ROW_FLOATS = 10 };
typedef struct {
  // The `top` likeliest of each row, none if 0: ids and log-probs [m, top] in falling order of the log-prob as it is rounded; of
  // equal ones the lower ids are chosen, and first. An id of -1: fewer logits than that are numbers above -infinity.
  long top;
  int32_t *top_ids;
  float *top_log_probs;
  // The logits of `chosen` different ids of each row, [m, chosen], and the log-sum-exp of `inverse_temperature` times all others, [m];
  // nothing if 0.
  long chosen;
  const int32_t *chosen_ids;
  float *chosen_logits;
  float *rest;
  float inverse_temperature;
  // At each of `temperatures` temperatures T, none if 0: the log-sum-exp of the row's log-probs / T, and the entropy of softmax(logits / T),
  // [m, temperatures]. inverses: 1 / T of each; sums: two doubles for each row and temperature.
  long temperatures;
  const float *inverses;
  double *sums;
  float *log_sums;
  float *entropies;
} remit_head_more;
void remit_head_rows(int path, long m, long vocabulary, long k, const float *a, long lda, const float *packed,
                     const int32_t *targets, float softcap, float *kept, long ld_kept, const remit_head_more *more,
                     float *scratch, float *log_sum_exp, float *target_logit);
// logits [m, columns] of one vocabulary block turned in place into dLoss/dlogit = g * (onehot - softmax) + dz * softmax + dt * softmax_T,
// g being dLoss/dlog p(target), dz, where there is one, dLoss/dlog Z, and dt the factor of softmax(logits / T), where `tempered` has one
// for each row.
typedef struct {
  float inverse_temperature;
  const float *log_sum_exp; // of logits / T, [m]
  const float *gradients;   // [m]
} remit_tempered_gradient;
void remit_head_gradient(int path, long m, long columns, long first_column, float *logits, long ld,
                         const int32_t *targets, const float *log_sum_exp, const float *gradients,
                         const float *log_z_gradients, const remit_tempered_gradient *tempered, float softcap);

// bf16.c: the same products with inputs rounded to bf16 (nearest even) and sums in f32. With AVX512-BF16 each element is one
// chain of dot products of pairs over k; without, one chain of fused multiply-adds of the rounded values.
void remit_bf16_round(int path, long count, float *x);     // in place, each value kept as f32
long remit_bf16_panel_count(int path, long k);             // floats' worth of one panel
void remit_bf16_pack_panels(int path, const float *w, long ldw, long n, long k, long first_panel, long last_panel,
                            void *packed);
void remit_bf16_unpack_row(int path, const void *packed, long k, long row, float *out); // as rounded
long remit_bf16_rounded_count(int path, long k);           // floats' worth of one rounded row
void remit_bf16_round_rows(int path, long m, long k, const float *x, long ldx, void *rounded);
void remit_bf16_pack_rows(int path, const float *b, long ldb, long n, long k, void *packed, long panel_stride);
void remit_bf16_transpose_rows(int path, long m, long k, const float *x, long ldx, void *rounded);
void remit_bf16_gemm_packed(int path, long m, long n, long k, const void *rounded, const void *packed, long panel_stride,
                            float *c, long ldc, int accumulate); // in parts: of an even number of k
void remit_bf16_head_rows(int path, long m, long vocabulary, long k, const void *rounded, const void *packed,
                          const int32_t *targets, float softcap, float *kept, long ld_kept, const remit_head_more *more,
                          float *scratch, float *log_sum_exp, float *target_logit);

// norm.c: y = (x - mean) * rstd * (w + offset); mean only where `center`; w may be null (then 1).
void remit_norm_forward(int path, long rows, long width, const float *x, long ldx, const float *w, float offset,
                        float epsilon, int center, float *y, long ldy);
// dx (+)= gradient; dw += gradient of the weight, rows in order (null where there is none).
void remit_norm_backward(int path, long rows, long width, const float *x, long ldx, const float *w, float offset,
                         float epsilon, int center, const float *dy, long lddy, float *dx, long lddx, int accumulate,
                         float *dw);

// rope.c: rotates `width` features (from `first`) of every head by the row's position; tables are [positions, width / 2].
// direction +1 forward, -1 backward.
void remit_rope(int path, long rows, long heads, long head_width, long first, long width, float *x, long ldx,
                const int32_t *positions, const float *cosines, const float *sines, int interleaved, int direction);

// activation.c
enum { REMIT_SILU = 0, REMIT_GELU_TANH = 1 };
// out = act(gate) * up
void remit_gated_forward(int path, int activation, long count, const float *gate, const float *up, float *out);
// gate and up hold their values and get their gradients.
void remit_gated_backward(int path, int activation, long count, float *gate, float *up, const float *dout);

// attention.c
enum { REMIT_KEY_BLOCK = 64, REMIT_QUERY_BLOCK = 24 };
typedef struct {
  long heads;         // query heads that share the key/value head
  long qk_width;      // width of a query or key head
  long v_width;       // width of a value head
  float scale;        // of the scores
  float softcap;      // 0: none
  long window;        // a query sees itself and window - 1 positions before it; 0: all before it
} remit_attention;
// Floats of one key block: keys transposed [qk_width, 64], then values [64, v_width rounded up to 16].
long remit_attention_block_count(const remit_attention *a);
// Packs `count` keys and values of one key/value head as positions [first, first + count) of a block; what the block has behind
// them is 0. `first` is a multiple of 16: so far the block may be packed already, from other rows.
void remit_attention_pack(int path, const remit_attention *a, long first, long count, const float *k, long ldk, const float *v,
                          long ldv, float *block);
long remit_attention_scratch_count(const remit_attention *a);
// Queries at positions [first, first + count), count <= REMIT_QUERY_BLOCK, of one segment; q and out point at row `first`
// of the first head of the group; lse [count, ld_lse] may be null. Positions [64 b, 64 b + 64) are in block table[b] of `blocks`, or
// where there is no table in block b; keys that a block has behind the queries' positions are not looked at.
void remit_attention_forward(int path, const remit_attention *a, long first, long count, const float *q, long ldq,
                             const float *blocks, const int32_t *table, float *out, long ldo, float *lse, long ld_lse,
                             float *scratch);

// attention_bf16.c: the same with the inputs of both products rounded to bf16, where there are dot products of pairs
// (REMIT_AVX512_BF16); elsewhere it is the same as in f32. Blocks take no more memory.
void remit_attention_bf16_pack(int path, const remit_attention *a, long first, long count, const float *k, long ldk,
                               const float *v, long ldv, float *block);
void remit_attention_bf16_forward(int path, const remit_attention *a, long first, long count, const float *q, long ldq,
                                  const float *blocks, const int32_t *table, float *out, long ldo, float *lse, long ld_lse,
                                  float *scratch);

// attention_backward.c: one segment, one key/value head, all its query heads, and the key blocks [first_block, last_block): dk and
// dv of these blocks are overwritten, and dq of the whole segment with the part that these blocks give.
long remit_attention_backward_scratch_count(const remit_attention *a);
void remit_attention_backward(int path, const remit_attention *a, long length, long first_block, long last_block,
                              const float *q, long ldq, const float *k,
                              long ldk, const float *v, long ldv, const float *out, const float *dout, long ldo,
                              const float *lse, long ld_lse, float *dq, long lddq, float *dk, long lddk, float *dv,
                              long lddv, float *scratch);

// elementwise.c
void remit_add(int path, long count, const float *x, float *y);                            // y += x
void remit_scale(int path, long count, float factor, float *x);                            // x *= factor
void remit_add_rows(int path, long rows, long width, const float *row, float *y, long ldy); // each row of y += row
void remit_sum_rows(int path, long rows, long width, const float *x, long ldx, float *sum); // sum += rows, in blocks of 256
void remit_clamp(int path, long count, float limit, float *x);                             // into [-limit, limit]
void remit_clamp_backward(int path, long count, float limit, const float *x, float *dx);   // dx = 0 where x, clamped, is at a limit
double remit_sum_of_squares(int path, long count, const float *x);

// adamw.c: PyTorch's AdamW, decay decoupled.
typedef struct {
  float learning_rate, beta1, beta2, epsilon, weight_decay;
  float bias_correction1, bias_correction2_sqrt; // 1 - beta1^step, sqrt(1 - beta2^step)
  float gradient_scale;
} remit_adamw;
void remit_adamw_update(int path, const remit_adamw *a, long count, float *p, const float *g, float *m, float *v);

// moving_average.c: average += share (x - average).
void remit_moving_average(int path, long count, float share, const float *x, float *average);
