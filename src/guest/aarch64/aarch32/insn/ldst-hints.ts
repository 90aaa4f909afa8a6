/**
 * PLD, PLDW, PLI and what else of their encodings is a hint: ARM DDI 0487, F4.1.7 and F3.1.3 "Preload", F5.1. They do nothing here,
 * and can't fault.
 */
import type { Insn } from '../../../../isa/insn.ts';
import { a32Always, t32 } from '../describe.ts';
import { shifted } from '../names.ts';
import { PC } from '../pseudocode.ts';
import { immediate, immediateT32, memory } from './address.ts';
import { literalName, registerMemory } from './ldst-thumb.ts';
import { registerOffset } from './ldst-word.ts';

const nothing = (): void => {};

/** R is 0 for PLDW. */
const PLD = a32Always('PLD/PLDW (immediate)', '0101 U:1 R:1 01 Rn:4 1111 imm12:12', {
  valid: f => f.R === 1 || f.Rn !== PC,
  asm: f => `${f.R ? 'pld' : 'pldw'}\t${memory(1, 0, f.Rn, immediate(1, 0, f.U, f.imm12))}`,
  exec: nothing,
});
const PLI = a32Always('PLI (immediate)', '0100 U:1 101 Rn:4 1111 imm12:12', {
  asm: f => `pli\t${memory(1, 0, f.Rn, immediate(1, 0, f.U, f.imm12))}`,
  exec: nothing,
});
const PLD_register = a32Always('PLD/PLDW (register)', '0111 U:1 R:1 01 Rn:4 1111 imm5:5 type:2 0 Rm:4', {
  valid: f => f.Rm !== PC && (f.R === 1 || f.Rn !== PC),
  asm: f => `${f.R ? 'pld' : 'pldw'}\t${memory(1, 0, f.Rn, registerOffset(f.U, f.Rm, shifted(f.type, f.imm5)))}`,
  exec: nothing,
});
const PLI_register = a32Always('PLI (register)', '0110 U:1 101 Rn:4 1111 imm5:5 type:2 0 Rm:4', {
  valid: f => f.Rm !== PC,
  asm: f => `pli\t${memory(1, 0, f.Rn, registerOffset(f.U, f.Rm, shifted(f.type, f.imm5)))}`,
  exec: nothing,
});

/** By S and the lowest bit of the size: the last is a hint without a name, which objdump spells as what it would load. */
const names = ['pld\t', 'pldw\t', 'pli\t', 'ldrsh.w\tpc, '] as const;
const nameOf = (f: { readonly S: number; readonly H: number }): string => names[((f.S << 1) | f.H) as 0];
/** Everything that loads one register of less than a word. */
const loads = ['LDR/STR', 'LDRS'].flatMap(name => ['imm12', 'imm8', 'register', 'literal'].map(form => `T32 ${name} (${form})`));

const imm12 = t32('PLD (imm12)', '1111100 S:1 1 0 H:1 1 Rn:4 1111 imm12:12', {
  overrides: loads,
  asm: f => `${nameOf(f)}${memory(1, 0, f.Rn, immediateT32(1, 1, f.imm12))}`,
  exec: nothing,
});
const imm8 = t32('PLD (imm8)', '1111100 S:1 0 0 H:1 1 Rn:4 1111 1100 imm8:8', {
  overrides: loads,
  asm: f => `${nameOf(f)}${memory(1, 0, f.Rn, immediateT32(1, 0, f.imm8))}`,
  exec: nothing,
});
const register = t32('PLD (register)', '1111100 S:1 0 0 H:1 1 Rn:4 1111 000000 imm2:2 Rm:4', {
  overrides: loads,
  valid: f => f.Rm !== PC,
  asm: f => `${nameOf(f)}${registerMemory(f)}`,
  exec: nothing,
});
const literal = t32('PLD (literal)', '1111100 S:1 U:1 0 H:1 1 1111 1111 imm12:12', {
  overrides: [...loads, 'T32 PLD (imm12)', 'T32 PLD (imm8)', 'T32 PLD (register)'],
  asm(f) {
    const name = f.S && f.H ? `${literalName({ size: 1, load: 1, signed: 1 }, f)}\tpc, ` : nameOf(f);
    return name + memory(1, 0, PC, immediateT32(1, f.U, f.imm12));
  },
  exec: nothing,
});

export const preloadA32: readonly Insn[] = [PLD, PLI, PLD_register, PLI_register];
export const preloadT32: readonly Insn[] = [imm12, imm8, register, literal];
