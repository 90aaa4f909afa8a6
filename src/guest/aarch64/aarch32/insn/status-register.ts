/**
 * The APSR in general registers and back: ARM DDI 0487, F5.1, MRS, MSR (immediate), MSR (register). User mode has no SPSR and no banked
 * registers: those forms are UNDEFINED here (CONSTRAINED UNPREDICTABLE in the manual, but for the banked ones).
 */
import type { Builder, I32 } from '../../../../isa/builder.ts';
import { defineHelper } from '../../../../isa/call.ts';
import type { Insn } from '../../../../isa/insn.ts';
import type { Arm64Cpu } from '../../cpu.ts';
import { fields } from '../../state.ts';
import { a32 } from '../describe.ts';
import { modifiedImmediate, reg, spelt } from '../names.ts';
import { noPC, type Pair, pair } from '../pairs.ts';
import { nzcv, Rnot15, setNZCV, setR } from '../pseudocode.ts';
import { A32ExpandImm } from '../shift.ts';

const M32_User = 0x10;
const E = 9;
const GE = 16;
const Q = 27;
/** A, I and F, in the CPSR as in `daif`. */
const AIF = 7 << 6;

/** The execution state bits but E are read as zero. */
function CPSR(b: Builder): I32 {
  const flags = b.or(nzcv(b), b.or(b.shl(b.get(fields.Q), b.i32(Q)), b.shl(b.get(fields.GE), b.i32(GE))));
  const control = b.or(b.shl(b.get(fields.E), b.i32(E)), b.or(b.and(b.get(fields.daif), b.i32(AIF)), b.i32(M32_User)));
  return b.or(flags, control);
}

const selectEndianness = defineHelper('PSTATE.E', ['i32'], 'void', { touches: [fields.E] }, (cpu: Arm64Cpu, value) => {
  cpu.state.E = Number(value);
  cpu.modeChanged();
});

// What of `mask` means something in User mode.
const MASK_E = 2;
const MASK_GE = 4;
const MASK_flags = 8;

/** CPSRWriteByInstr at EL0. DIT and SSBS stay as EL1 set them. */
function setCPSR(b: Builder, mask: number, value: I32): void {
  if (mask & MASK_flags) {
    setNZCV(b, b.and(value, b.i32(0xf << 28)));
    b.set(fields.Q, b.and(b.shrU(value, b.i32(Q)), b.i32(1)));
  }
  if (mask & MASK_GE) b.set(fields.GE, b.and(b.shrU(value, b.i32(GE)), b.i32(0xf)));
  if (mask & MASK_E) {
    b.call(selectEndianness, b.and(b.shrU(value, b.i32(E)), b.i32(1)));
    b.synchronize();
  }
}

const fieldLetters = (mask: number): string => `CPSR_${mask & 8 ? 'f' : ''}${mask & 4 ? 's' : ''}${mask & 2 ? 'x' : ''}${mask & 1 ? 'c' : ''}`;

const MRS = pair('MRS', '00010000 1111 Rd:4 000000000000', '1111001111101111 1000 Rd:4 00000000', {
  valid: f => noPC(f.Rd),
  asm: f => spelt('mrs', f, `${reg(f.Rd)}, CPSR`),
  exec: (b, f) => setR(b, f.Rd, CPSR(b)),
});

// CONSTRAINED UNPREDICTABLE with an empty mask: we choose UNDEFINED.
const MSR = pair('MSR (register)', '00010010 mask!4 111100000000 Rn:4', '111100111000 Rn:4 1000 mask!4 00000000', {
  valid: f => f.mask !== 0 && noPC(f.Rn),
  asm: f => spelt('msr', f, `${fieldLetters(f.mask)}, ${reg(f.Rn)}`),
  exec: (b, f) => setCPSR(b, f.mask, Rnot15(b, f.Rn)),
});

/** With an empty mask it is a hint. */
const MSR_immediate = a32('MSR (immediate)', '00110010 mask!4 1111 imm12:12', {
  valid: f => f.mask !== 0,
  derive: f => ({ imm32: A32ExpandImm(f.imm12) }),
  asm: f => spelt('msr', f, `${fieldLetters(f.mask)}, ${modifiedImmediate(f.imm12)}`),
  exec: (b, f) => setCPSR(b, f.mask, b.operand(f.imm32)),
});

export const statusRegister: readonly Pair[] = [MRS, MSR];
export const statusRegisterA32: readonly Insn[] = [MSR_immediate];
