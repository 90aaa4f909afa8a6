/** T32 loads and stores of one register, of one and of two halfwords: ARM DDI 0487, F3.1.2 and F3.1.3; F5.1. */
import type { Builder, I32, I64 } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { t16, t32 } from '../describe.ts';
import { reg, regs } from '../names.ts';
import { AlignedPC, PC, Rnot15, RNumber, SP } from '../pseudocode.ts';
import { immediate, immediateT32, indexed, isBase, memory, signed } from './address.ts';
import { lastOfIT } from './it-block.ts';
import { loadDual, storeDual } from './ldst-dual.ts';
import { type Transfer, transfer, transferName, transferToPC } from './transfer.ts';

const at = (b: Builder, base: I32, offset: I32): I64 => b.extU(b.add(base, offset));

// ---- one halfword
const LDR_literal_T16 = t16('LDR (literal)', '01001 Rt:3 imm8:8', {
  derive: f => ({ offset: f.imm8 * 4 }),
  asm: f => `ldr\t${reg(f.Rt)}, [pc, #${f.imm8 * 4}]`,
  exec: (b, f) => transfer(b, { size: 2, load: 1, signed: 0 }, f.Rt, at(b, AlignedPC(b), b.operand(f.offset)))(),
});

/** By opc: STR, STRH, STRB, LDRSB, LDR, LDRH, LDRB, LDRSH. */
const kinds: readonly Transfer[] = [
  { size: 2, load: 0, signed: 0 }, { size: 1, load: 0, signed: 0 }, { size: 0, load: 0, signed: 0 }, { size: 0, load: 1, signed: 1 },
  { size: 2, load: 1, signed: 0 }, { size: 1, load: 1, signed: 0 }, { size: 0, load: 1, signed: 0 }, { size: 1, load: 1, signed: 1 },
];
const LDR_register_T16 = t16('LDR/STR (register)', '0101 opc!3 Rm:3 Rn:3 Rt:3', {
  asm: f => `${transferName(kinds[f.opc] as Transfer)}\t${reg(f.Rt)}, [${regs(f.Rn, f.Rm)}]`,
  exec: (b, f) => transfer(b, kinds[f.opc] as Transfer, f.Rt, at(b, Rnot15(b, f.Rn), Rnot15(b, f.Rm)))(),
});

/** With an offset in elements: the patterns give the size and are followed by imm5, Rn and Rt. */
const LDR_immediate_T16 = (name: string, pattern: string, sizeOf: (B: number) => number): Insn =>
  t16(name, `${pattern} L!1 imm5:5 Rn:3 Rt:3` as 'B!1 L!1 imm5:5 Rn:3 Rt:3', {
    derive: f => ({ offset: f.imm5 << sizeOf(f.B) }),
    asm: f => `${transferName({ size: sizeOf(f.B), load: f.L, signed: 0 })}\t${reg(f.Rt)}, [${reg(f.Rn)}, #${f.imm5 << sizeOf(f.B)}]`,
    exec: (b, f) => transfer(b, { size: sizeOf(f.B), load: f.L, signed: 0 }, f.Rt, at(b, Rnot15(b, f.Rn), b.operand(f.offset)))(),
  });

const LDR_SP_T16 = t16('LDR/STR (SP)', '1001 L!1 Rt:3 imm8:8', {
  derive: f => ({ offset: f.imm8 * 4 }),
  asm: f => `${f.L ? 'ldr' : 'str'}\t${reg(f.Rt)}, [sp, #${f.imm8 * 4}]`,
  exec: (b, f) => transfer(b, { size: 2, load: f.L, signed: 0 }, f.Rt, at(b, RNumber(b, SP), b.operand(f.offset)))(),
});

// ---- two halfwords
interface Form { readonly size: number; readonly L: number }
const wideName = (kind: Transfer): string => `${transferName(kind)}.w`;
/** Some literals objdump takes for unprivileged loads. */
export const literalName = (kind: Transfer, f: { readonly U: number; readonly imm12: number }): string =>
  (f.U === 0 && f.imm12 >>> 8 === 14 ? transferName(kind, 't') : wideName(kind));

/**
 * The four forms for unsigned and for signed elements: `S` and `L` are those bits. Rt 15 is the PC for words, and hints for the rest
 * (ldst-hints.ts).
 */
function forms(sign: 0 | 1): readonly Insn[] {
  const L = sign ? '1' : 'L!1';
  const name = sign ? 'LDRS' : 'LDR/STR';
  const kind = ({ size, L: load }: Form): Transfer => ({ size, load: sign || load, signed: sign });
  const isAllocated = ({ size, Rn, Rt }: Form & { readonly Rn: number; readonly Rt: number }): boolean =>
    size < (sign ? 2 : 3) && Rn !== PC && Rt !== PC;
  return [
    t32(`${name} (imm12)`, `1111100 ${sign} 1 size!2 ${L} Rn:4 Rt:4 imm12:12` as 'size!2 L!1 Rn:4 Rt:4 imm12:12', {
      valid: isAllocated,
      asm: f => `${wideName(kind(f))}\t${reg(f.Rt)}, ${memory(1, 0, f.Rn, immediateT32(1, 1, f.imm12))}`,
      exec: (b, f) => transfer(b, kind(f), f.Rt, at(b, Rnot15(b, f.Rn), b.operand(f.imm12)))(),
    }),
    t32(`${name} (imm8)`, `1111100 ${sign} 0 size!2 ${L} Rn:4 Rt:4 1 P!1 U:1 W!1 imm8:8` as 'size!2 L!1 Rn:4 Rt:4 P!1 U:1 W!1 imm8:8', {
      valid: f => isAllocated(f) && isImm8(f) && isBase(f.P, f.W, f.Rn, f.Rt),
      derive: f => ({ offset: signed(f.U, f.imm8) }),
      asm: f => imm8Spelling(kind(f), f),
      exec: (b, f) => indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), address => transfer(b, kind(f), f.Rt, address)),
    }),
    t32(`${name} (register)`, `1111100 ${sign} 0 size!2 ${L} Rn:4 Rt:4 000000 imm2:2 Rm:4` as 'size!2 L!1 Rn:4 Rt:4 imm2:2 Rm:4', {
      valid: f => isAllocated(f) && f.Rm !== PC,
      asm: f => `${wideName(kind(f))}\t${reg(f.Rt)}, ${registerMemory(f)}`,
      exec: (b, f) => transfer(b, kind(f), f.Rt, at(b, Rnot15(b, f.Rn), b.shl(Rnot15(b, f.Rm), b.operand(f.imm2))))(),
    }),
    t32(`${name} (literal)`, `1111100 ${sign} U:1 size!2 1 1111 Rt:4 imm12:12` as 'U:1 size!2 Rt:4 imm12:12', {
      overrides: ['imm12', 'imm8', 'register'].map(form => `T32 ${name} (${form})`),
      valid: f => isAllocated({ ...f, L: 1, Rn: 0 }),
      derive: f => ({ offset: signed(f.U, f.imm12) }),
      asm: f => `${literalName(kind({ ...f, L: 1 }), f)}\t${reg(f.Rt)}, ${memory(1, 0, PC, immediateT32(1, f.U, f.imm12))}`,
      exec: (b, f) => transfer(b, kind({ size: f.size, L: 1 }), f.Rt, at(b, AlignedPC(b), b.operand(f.offset)))(),
    }),
  ];
}

type Imm8 = Readonly<Record<'Rn' | 'Rt' | 'P' | 'U' | 'W' | 'imm8', number>>;
/** An offset that isn't written back is subtracted, or the access is an unprivileged one. */
const isImm8 = ({ P, W }: Imm8): boolean => P === 1 || W === 1;
const isUnprivileged = ({ P, U, W }: Imm8): boolean => P === 1 && U === 1 && W === 0;
const imm8Spelling = (kind: Transfer, f: Imm8): string =>
  `${isUnprivileged(f) ? transferName(kind, 't') : wideName(kind)}\t${reg(f.Rt)}, ` +
  memory(f.P, f.W, f.Rn, immediateT32(f.P, f.U, f.imm8));
export const registerMemory = (f: { readonly Rn: number; readonly Rm: number; readonly imm2: number }): string =>
  `[${regs(f.Rn, f.Rm)}${f.imm2 ? `, lsl #${f.imm2}` : ''}]`;

// ---- words into the PC
const toPC = (b: Builder, address: I64): void => lastOfIT(b, () => transferToPC(b, address)());
const general = ['imm12', 'imm8', 'register', 'literal'].map(form => `T32 LDR/STR (${form})`);

const PC_imm12 = t32('LDR (imm12) of the PC', '1111100 0 1 10 1 Rn:4 1111 imm12:12', {
  overrides: general,
  valid: f => f.Rn !== PC,
  asm: f => `ldr.w\tpc, ${memory(1, 0, f.Rn, immediateT32(1, 1, f.imm12))}`,
  exec: (b, f) => toPC(b, at(b, Rnot15(b, f.Rn), b.operand(f.imm12))),
});

const PC_imm8 = t32('LDR (imm8) of the PC', '1111100 0 0 10 1 Rn:4 1111 1 P!1 U:1 W!1 imm8:8', {
  overrides: general,
  valid: f => isImm8({ ...f, Rt: PC }) && !isUnprivileged({ ...f, Rt: PC }) && f.Rn !== PC,
  derive: f => ({ offset: signed(f.U, f.imm8) }),
  asm: f => imm8Spelling({ size: 2, load: 1, signed: 0 }, { ...f, Rt: PC }),
  exec: (b, f) => lastOfIT(b, () => indexed(b, f.P, f.W, f.Rn, b.operand(f.offset), address => transferToPC(b, address))),
});

const PC_register = t32('LDR (register) of the PC', '1111100 0 0 10 1 Rn:4 1111 000000 imm2:2 Rm:4', {
  overrides: general,
  valid: f => f.Rn !== PC && f.Rm !== PC,
  asm: f => `ldr.w\tpc, ${registerMemory(f)}`,
  exec: (b, f) => toPC(b, at(b, Rnot15(b, f.Rn), b.shl(Rnot15(b, f.Rm), b.operand(f.imm2)))),
});

const PC_literal = t32('LDR (literal) of the PC', '1111100 0 U:1 10 1 1111 1111 imm12:12', {
  overrides: [...general, ...['imm12', 'imm8', 'register'].map(form => `T32 LDR (${form}) of the PC`)],
  derive: f => ({ offset: signed(f.U, f.imm12) }),
  asm: f => `${literalName({ size: 2, load: 1, signed: 0 }, f)}\tpc, ${memory(1, 0, PC, immediateT32(1, f.U, f.imm12))}`,
  exec: (b, f) => toPC(b, at(b, AlignedPC(b), b.operand(f.offset))),
});

// ---- doublewords
type Dual = Readonly<Record<'P' | 'U' | 'W' | 'L' | 'Rn' | 'Rt' | 'Rt2' | 'imm8', number>>;
const isPair = ({ Rt, Rt2, L }: { readonly Rt: number; readonly Rt2: number; readonly L: number }): boolean =>
  Rt !== PC && Rt2 !== PC && !(L && Rt === Rt2);
/** objdump leaves out that a pre-indexed base is written back where 0 is added. */
const dualSpelling = (f: Dual): string => {
  const W = f.P && f.U && f.imm8 === 0 ? 0 : f.W;
  return `${f.L ? 'ldrd' : 'strd'}\t${regs(f.Rt, f.Rt2)}, ${memory(f.P, W, f.Rn, immediate(f.P, W, f.U, f.imm8 * 4))}`;
};

/** P and W both 0 are exclusives and table branches: where P is 0, W is 1. */
function duals(P: 0 | 1): Insn {
  const pattern = `1110100 ${P} U:1 1 ${P ? 'W!1' : '1'} L!1 Rn:4 Rt:4 Rt2:4 imm8:8` as 'U:1 L!1 Rn:4 Rt:4 Rt2:4 imm8:8';
  const W = (f: object): number => (f as { readonly W?: number }).W ?? 1;
  return t32(`LDRD/STRD (P ${P})`, pattern, {
    valid: f => isPair(f) && f.Rn !== PC && isBase(P, W(f), f.Rn, f.Rt, f.Rt2),
    derive: f => ({ offset: signed(f.U, f.imm8 * 4) }),
    asm: f => dualSpelling({ ...f, P, W: W(f) }),
    exec: (b, f) => indexed(b, P, W(f), f.Rn, b.operand(f.offset), address => (f.L ? loadDual : storeDual)(b, f.Rt, f.Rt2, address)),
  });
}

const LDRD_literal = t32('LDRD (literal)', '1110100 1 U:1 1 0 1 1111 Rt:4 Rt2:4 imm8:8', {
  overrides: ['T32 LDRD/STRD (P 1)'],
  valid: f => isPair({ ...f, L: 1 }),
  derive: f => ({ offset: signed(f.U, f.imm8 * 4) }),
  asm: f => `ldrd\t${regs(f.Rt, f.Rt2)}, ${memory(1, 0, PC, immediate(1, 0, f.U, f.imm8 * 4))}`,
  exec: (b, f) => loadDual(b, f.Rt, f.Rt2, at(b, AlignedPC(b), b.operand(f.offset)))(),
});

export const loadStoreT16: readonly Insn[] = [
  LDR_literal_T16,
  LDR_register_T16,
  LDR_immediate_T16('LDR/STR (immediate)', '011 B!1', B => (B ? 0 : 2)),
  LDR_immediate_T16('LDRH/STRH (immediate)', '1000', () => 1),
  LDR_SP_T16,
];
export const loadStoreT32: readonly Insn[] = [
  ...forms(0), ...forms(1), PC_imm12, PC_imm8, PC_register, PC_literal, duals(0), duals(1), LDRD_literal,
];
