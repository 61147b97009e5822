#pragma once

// The arithmetic peak of one core: chains of independent multiply-adds whose operands stay in registers.

enum { PEAK_F32 = 0, PEAK_BF16 = 1 };

// Runs `rounds` rounds of the widest instruction this CPU has and returns the floating-point operations done (a multiply-add
// counts as two); 0 where the CPU has no such instruction.
double peak_run(int kind, long rounds);
const char *peak_instruction(int kind);
