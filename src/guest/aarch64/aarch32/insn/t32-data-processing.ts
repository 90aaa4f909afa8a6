/**
 * T32 data processing of two halfwords: ARM DDI 0487, F3.1.3 "Data-processing (shifted register)", "Data-processing (modified
 * immediate)", "Data-processing (plain binary immediate)". None writes the PC.
 */
import type { Builder, I32 } from '../../../../isa/builder.ts';
import type { Insn } from '../../../../isa/insn.ts';
import { t32 } from '../describe.ts';
import { reg, regs, shiftNames } from '../names.ts';
import { AlignedPC, PC, R, Rnot15, setR } from '../pseudocode.ts';
import { expanded, modifiedT32, shiftByImmediate, shiftByRegister, type Shifted, T32ExpandImm } from '../shift.ts';
import { setMOVW } from './a32-data-processing.ts';
import { compare, compute, intoRd, type Operation, shiftedRegister } from './data-processing.ts';

const operations: readonly (Operation | undefined)[] = [
  'and', 'bic', 'orr', 'orn', 'eor', undefined, undefined, undefined, 'add', undefined, 'adc', 'sbc', undefined, 'sub', 'rsb', undefined,
];
const operation = (f: { op: number }): Operation => operations[f.op] as Operation;
/** What the operation is where Rd is 15, and with S. */
const comparisons: Readonly<Record<number, Operation>> = { 0: 'tst', 4: 'teq', 8: 'cmn', 13: 'cmp' };
const comparing = (f: { op: number }): Operation => comparisons[f.op] as Operation;

/** Those that T16 has none of by the same name go without the suffix. */
const mnemonic = (name: Operation, S = 0): string => name + (S ? 's' : '') + (['orn', 'teq', 'rsb'].includes(name) ? '' : '.w');

// CONSTRAINED UNPREDICTABLE with R15 where it means nothing else: we choose UNDEFINED.
const binaryIsValid = (f: { op: number; Rn: number; Rd: number }): boolean => operations[f.op] !== undefined && f.Rn !== PC && f.Rd !== PC;
const comparisonIsValid = (f: { op: number; Rn: number }): boolean => comparisons[f.op] !== undefined && f.Rn !== PC;

const imm12 = (f: { i: number; imm3: number; imm8: number }): number => (f.i << 11) | (f.imm3 << 8) | f.imm8;
const modified = (f: { i: number; imm3: number; imm8: number }): string => `#${T32ExpandImm(imm12(f)) >>> 0}`;

const DP_modified = 'data processing (modified immediate)';
const modifiedImmediate: readonly Insn[] = [
  t32(DP_modified, '11110 i:1 0 op!4 S!1 Rn:4 0 imm3:3 Rd:4 imm8:8', {
    valid: binaryIsValid,
    derive: f => modifiedT32(imm12(f)),
    asm: f => `${mnemonic(operation(f), f.S)}\t${regs(f.Rd, f.Rn)}, ${modified(f)}`,
    exec: (b, f) => intoRd(b, operation(f), f, expanded(b, f.imm32, f.rotated)),
  }),
  t32('TST, TEQ, CMN, CMP (immediate)', '11110 i:1 0 op!4 1 Rn:4 0 imm3:3 1111 imm8:8', {
    overrides: [`T32 ${DP_modified}`],
    valid: comparisonIsValid,
    derive: f => modifiedT32(imm12(f)),
    asm: f => `${mnemonic(comparing(f))}\t${reg(f.Rn)}, ${modified(f)}`,
    exec: (b, f) => compare(b, comparing(f), f, expanded(b, f.imm32, f.rotated)),
  }),
  t32('MOV, MVN (immediate)', '11110 i:1 0 001 not!1 S!1 1111 0 imm3:3 Rd:4 imm8:8', {
    overrides: [`T32 ${DP_modified}`, 'T32 TST, TEQ, CMN, CMP (immediate)'],
    valid: f => f.Rd !== PC,
    derive: f => modifiedT32(imm12(f)),
    asm: f => `${mnemonic(f.not ? 'mvn' : 'mov', f.S)}\t${reg(f.Rd)}, ${modified(f)}`,
    exec: (b, f) => move(b, f, expanded(b, f.imm32, f.rotated)),
  }),
];

function move(b: Builder, f: { not: number; S: number; Rd: Parameters<typeof setR>[1] }, y: Shifted): void {
  setR(b, f.Rd, compute(b, f.not ? 'mvn' : 'mov', f.S, y[0], y));
}

const DP_shifted = 'data processing (shifted register)';
const imm5 = (f: { imm3: number; imm2: number }): { imm5: number } => ({ imm5: (f.imm3 << 2) | f.imm2 });
const shiftedRegisters: readonly Insn[] = [
  t32(DP_shifted, '1110101 op!4 S!1 Rn:4 0 imm3:3 Rd:4 imm2:2 type!2 Rm:4', {
    valid: f => binaryIsValid(f) && f.Rm !== PC,
    derive: imm5,
    asm: f => `${mnemonic(operation(f), f.S)}\t${regs(f.Rd, f.Rn)}, ${shiftedRegister({ ...f, ...imm5(f) })}`,
    exec: (b, f) => intoRd(b, operation(f), f, shiftByImmediate(b, Rnot15(b, f.Rm), f.type, f.imm5)),
  }),
  t32('TST, TEQ, CMN, CMP (register)', '1110101 op!4 1 Rn:4 0 imm3:3 1111 imm2:2 type!2 Rm:4', {
    overrides: [`T32 ${DP_shifted}`],
    valid: f => comparisonIsValid(f) && f.Rm !== PC,
    derive: imm5,
    asm: f => `${mnemonic(comparing(f))}\t${reg(f.Rn)}, ${shiftedRegister({ ...f, ...imm5(f) })}`,
    exec: (b, f) => compare(b, comparing(f), f, shiftByImmediate(b, Rnot15(b, f.Rm), f.type, f.imm5)),
  }),
  t32('MOV, MVN (register)', '1110101 001 not!1 S!1 1111 0 imm3:3 Rd:4 imm2:2 type!2 Rm:4', {
    overrides: [`T32 ${DP_shifted}`, 'T32 TST, TEQ, CMN, CMP (register)'],
    valid: f => f.Rd !== PC && f.Rm !== PC,
    derive: imm5,
    asm: f => `${mnemonic(f.not ? 'mvn' : 'mov', f.S)}\t${reg(f.Rd)}, ${shiftedRegister({ ...f, ...imm5(f) })}`,
    exec: (b, f) => move(b, f, shiftByImmediate(b, Rnot15(b, f.Rm), f.type, f.imm5)),
  }),
];

const MOV_register_shifted = t32('MOV (register-shifted register)', '11111010 0 type!2 S!1 Rm:4 1111 Rd:4 0000 Rs:4', {
  valid: f => f.Rd !== PC && f.Rm !== PC && f.Rs !== PC,
  asm: f => `${shiftNames[f.type & 3]}${f.S ? 's' : ''}.w\t${regs(f.Rd, f.Rm, f.Rs)}`,
  exec: (b, f) => setR(b, f.Rd, compute(b, 'mov', f.S, b.i32(0), shiftByRegister(b, Rnot15(b, f.Rm), f.type, Rnot15(b, f.Rs)))),
});

/** Rn plus or minus an immediate of 12 bits, where R15 is the aligned PC: ADR. */
const addOrSub = (b: Builder, sub: number, x: I32, imm: I32): I32 => (sub ? b.sub(x, imm) : b.add(x, imm));
const ADDW = 'ADDW, SUBW';
const plainImmediate: readonly Insn[] = [
  t32(ADDW, '11110 i:1 1 0 sub!1 0 same!1 0 Rn:4 0 imm3:3 Rd:4 imm8:8', {
    valid: f => f.sub === f.same && f.Rd !== PC,
    derive: f => ({ imm32: imm12(f) }),
    asm: f => `${f.sub ? 'sub' : 'add'}w\t${regs(f.Rd, f.Rn)}, #${imm12(f)}`,
    exec: (b, f) => setR(b, f.Rd, addOrSub(b, f.sub, R(b, f.Rn), b.operand(f.imm32))),
  }),
  t32('ADR', '11110 i:1 1 0 sub!1 0 same!1 0 1111 0 imm3:3 Rd:4 imm8:8', {
    overrides: [`T32 ${ADDW}`],
    valid: f => f.sub === f.same && f.Rd !== PC,
    derive: f => ({ imm32: imm12(f) }),
    asm: f => `${f.sub ? 'sub' : 'add'}w\t${regs(f.Rd, PC)}, #${imm12(f)}`,
    exec: (b, f) => setR(b, f.Rd, addOrSub(b, f.sub, AlignedPC(b), b.operand(f.imm32))),
  }),
  t32('MOVW/MOVT', '11110 i:1 1 0 T!1 100 imm4:4 0 imm3:3 Rd:4 imm8:8', {
    valid: f => f.Rd !== PC,
    derive: f => ({ imm16: (f.imm4 << 12) | imm12(f) }),
    asm: f => `${f.T ? 'movt' : 'movw'}\t${reg(f.Rd)}, #${(f.imm4 << 12) | imm12(f)}`,
    exec: (b, f) => setMOVW(b, f),
  }),
];

export const t32DataProcessing: readonly Insn[] = [...modifiedImmediate, ...shiftedRegisters, MOV_register_shifted, ...plainImmediate];
