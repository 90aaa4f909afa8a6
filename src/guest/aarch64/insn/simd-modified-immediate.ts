/** Advanced SIMD modified immediate: MOVI, MVNI, ORR and BIC (DDI 0487, C7; AdvSIMDExpandImm in J1). */
import type { Builder, I64, Operand, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { hex, vector } from '../names.ts';
import { setVQ, V } from '../pseudocode.ts';
import { fpInsn } from './fp-access.ts';
import { simdShiftImmediate } from './simd-shift-immediate.ts';
import { simdShiftSize } from './simd-shift-size.ts';

/** The shifts by immediate are these encodings where immh is not 0. */
const overrides = [...simdShiftImmediate, ...simdShiftSize].map(i => i.name);

interface Immediate { readonly abc: number; readonly defgh: number }
const imm8 = (f: Immediate): number => (f.abc << 5) | f.defgh;

/** The low `lane` bits of `bits` in each lane of 64 bits. */
function replicate(bits: number, lane: 8 | 16 | 32): bigint {
  let all = 0n;
  for (let at = 0; at < 64; at += lane) all |= BigInt(bits >>> 0) << BigInt(at);
  return all;
}

/** MOVI and MVNI (r 0), or ORR and BIC of the destination (r 1); `op` is for the inverted ones. */
function move(b: Builder, f: { readonly op: number; readonly r: number; readonly Q: number; readonly Rd: Operand }, immediate: I64): void {
  const value = b.vsplat(64, immediate);
  const combine = (d: V128): V128 => (f.op ? b.vandNot(d, value) : b.vor(d, value));
  setVQ(b, f.Rd, f.Q, f.r ? combine(V(b, f.Rd)) : f.op ? b.vnot(value) : value);
}
const moveName = (f: { op: number; r: number }): string => (f.r ? (f.op ? 'bic' : 'orr') : f.op ? 'mvni' : 'movi');
const shiftedBy = (kind: string, n: number): string => (n ? `, ${kind} #${n}` : '');

export const simdModifiedImmediate: readonly Insn[] = [
  fpInsn('MOVI, MVNI, ORR, BIC (32-bit shifted immediate)', '0 Q!1 op!1 0111100000 abc:3 0 amount!2 r!1 0 1 defgh:5 Rd:5', {
    overrides,
    derive: f => ({ immediate: replicate(imm8(f) << (8 * f.amount), 32) }),
    asm: f => `${moveName(f)}\t${vector(f.Q, 2, f.Rd)}, ${hex(imm8(f))}${shiftedBy('lsl', 8 * f.amount)}`,
    exec: (b, f) => move(b, f, f.immediate),
  }),
  fpInsn('MOVI, MVNI, ORR, BIC (16-bit shifted immediate)', '0 Q!1 op!1 0111100000 abc:3 10 amount!1 r!1 0 1 defgh:5 Rd:5', {
    overrides,
    derive: f => ({ immediate: replicate(imm8(f) << (8 * f.amount), 16) }),
    asm: f => `${moveName(f)}\t${vector(f.Q, 1, f.Rd)}, ${hex(imm8(f))}${shiftedBy('lsl', 8 * f.amount)}`,
    exec: (b, f) => move(b, f, f.immediate),
  }),
  fpInsn('MOVI, MVNI (32-bit shifting ones)', '0 Q!1 op!1 0111100000 abc:3 110 amount!1 0 1 defgh:5 Rd:5', {
    overrides,
    derive: f => ({ immediate: replicate(f.amount ? (imm8(f) << 16) | 0xffff : (imm8(f) << 8) | 0xff, 32) }),
    asm: f => `${f.op ? 'mvni' : 'movi'}\t${vector(f.Q, 2, f.Rd)}, ${hex(imm8(f))}, msl #${f.amount ? 16 : 8}`,
    exec: (b, f) => move(b, { ...f, r: 0 }, f.immediate),
  }),
  fpInsn('MOVI (bytes)', '0 Q!1 0 0111100000 abc:3 1110 0 1 defgh:5 Rd:5', {
    overrides,
    derive: f => ({ immediate: replicate(imm8(f), 8) }),
    asm: f => `movi\t${vector(f.Q, 0, f.Rd)}, ${hex(imm8(f))}`,
    exec: (b, f) => setVQ(b, f.Rd, f.Q, b.vsplat(64, f.immediate)),
  }),
  fpInsn('MOVI (64-bit)', '0 Q!1 1 0111100000 abc:3 1110 0 1 defgh:5 Rd:5', {
    overrides,
    derive: f => ({ immediate: byteMask(imm8(f)) }),
    asm: f => `movi\t${f.Q ? vector(1, 3, f.Rd) : `d${f.Rd}`}, ${hex(byteMask(imm8(f)))}`,
    exec: (b, f) => setVQ(b, f.Rd, f.Q, b.vsplat(64, f.immediate)),
  }),
];

/** A byte of ones for every bit. */
function byteMask(bits: number): bigint {
  let mask = 0n;
  for (let i = 0; i < 8; i++) if (bits & (1 << i)) mask |= 0xffn << BigInt(8 * i);
  return mask;
}
