/** Pointer authentication of a register: ARM DDI 0487, C4.1, "Data-processing (1 source)", "Hints", and PACGA. */
import type { Builder, I64 } from '../../../isa/builder.ts';
import { defineHelper } from '../../../isa/call.ts';
import { insn, type Insn } from '../../../isa/insn.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { reg, regSP } from '../names.ts';
import { setX, X, XorSP } from '../pseudocode.ts';
import { fields, SP } from '../state.ts';
import { AddPAC, Auth, keyLetter } from './pauth-code.ts';

const stripInstruction = defineHelper('XPACI', ['i64'], 'i64', {}, (cpu: Arm64Cpu, pointer) => cpu.pauth.Strip(pointer, false));
const stripData = defineHelper('XPACD', ['i64'], 'i64', {}, (cpu: Arm64Cpu, pointer) => cpu.pauth.Strip(pointer, true));
const generic = defineHelper('PACGA', ['i64', 'i64'], 'i64', {}, (cpu: Arm64Cpu, data, modifier) => cpu.pauth.generic(data, modifier));

const addOrAuth = (b: Builder, aut: number, key: number, pointer: I64, modifier: I64): I64 =>
  (aut ? Auth : AddPAC)(b, key, pointer, modifier);
const name = (aut: number): string => (aut ? 'aut' : 'pac');

/** `key`: IA, IB, DA, DB. With Z the modifier is zero. */
const PAC = insn('PAC*/AUT*', '1 1 0 11010110 00001 00 Z!1 aut!1 key!2 Rn:5 Rd:5', {
  feature: 'PAuth',
  requires: 'PAuth',
  valid: f => f.Z === 0 || f.Rn === 31,
  asm(f) {
    const mnemonic = `${name(f.aut)}${f.key & 2 ? 'd' : 'i'}${f.Z ? 'z' : ''}${keyLetter(f.key & 1)}\t${reg(1, f.Rd)}`;
    return f.Z ? mnemonic : `${mnemonic}, ${regSP(1, f.Rn)}`;
  },
  exec: (b, f) => setX(b, f.Rd, addOrAuth(b, f.aut, f.key, X(b, f.Rd, 64), f.Z ? b.i64(0) : XorSP(b, f.Rn))),
});

const XPAC = insn('XPACI/XPACD', '1 1 0 11010110 00001 01000 D!1 11111 Rd:5', {
  feature: 'PAuth',
  requires: 'PAuth',
  asm: f => `xpac${f.D ? 'd' : 'i'}\t${reg(1, f.Rd)}`,
  exec: (b, f) => setX(b, f.Rd, b.call(f.D ? stripData : stripInstruction, X(b, f.Rd, 64))),
});

const PACGA = insn('PACGA', '1 0 0 11010110 Rm:5 001100 Rn:5 Rd:5', {
  feature: 'PAuth',
  requires: 'PAuth',
  asm: f => `pacga\t${reg(1, f.Rd)}, ${reg(1, f.Rn)}, ${regSP(1, f.Rm)}`,
  exec: (b, f) => setX(b, f.Rd, b.call(generic, X(b, f.Rn, 64), XorSP(b, f.Rm))),
});

// The hints work on registers that are named by the encoding: X17 with X16 as modifier, or X30 with zero or SP.
const LR = 30;
const get = (b: Builder, n: number): I64 => b.getAt(fields.x, b.i32(n));
const set = (b: Builder, n: number, value: I64): void => b.setAt(fields.x, b.i32(n), value);

const PAC_1716 = insn('PACIx1716/AUTIx1716', '11010101000000110010 0001 aut!1 B!1 0 11111', {
  feature: 'PAuth',
  overrides: ['HINT'],
  asm: f => `${name(f.aut)}i${keyLetter(f.B)}1716`,
  exec: (b, f) => set(b, 17, addOrAuth(b, f.aut, f.B, get(b, 17), get(b, 16))),
});

const PAC_LR = insn('PACIxZ/PACIxSP/AUTIxZ/AUTIxSP', '11010101000000110010 0011 aut!1 B!1 stack!1 11111', {
  feature: 'PAuth',
  overrides: ['HINT'],
  asm: f => `${name(f.aut)}i${keyLetter(f.B)}${f.stack ? 'sp' : 'z'}`,
  exec: (b, f) => set(b, LR, addOrAuth(b, f.aut, f.B, get(b, LR), f.stack ? get(b, SP) : b.i64(0))),
});

const XPACLRI = insn('XPACLRI', '11010101000000110010 0000 111 11111', {
  feature: 'PAuth',
  overrides: ['HINT'],
  asm: () => 'xpaclri',
  exec: b => set(b, LR, b.call(stripInstruction, get(b, LR))),
});

export const pointerAuthentication: readonly Insn[] = [PAC, XPAC, PACGA, PAC_1716, PAC_LR, XPACLRI];
