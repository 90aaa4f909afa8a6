/** SVE steps of sines, cosines and exponentials: FTMAD, FTSSEL, FEXPA; FTSMUL is among the products (DDI 0487, C8). */
import type { Insn } from '../../../isa/insn.ts';
import { setV, V } from '../pseudocode.ts';
import { isPrecision, precisionOf } from '../sve/fp.ts';
import { zs } from '../sve/names.ts';
import { FPExpCoefficient, FPTrigMAdd, FPTrigMAddCoefficient, FPTrigSSel } from '../sve/trigonometric.ts';
import { sveInsn } from './sve-access.ts';

export const sveFpTrigonometric: readonly Insn[] = [
  sveInsn('FTMAD', '01100101 size!2 010 imm3:3 100000 Zm:5 Zdn:5', {
    valid: isPrecision,
    derive: f => ({
      ofPositive: FPTrigMAddCoefficient(precisionOf(f.size), 0, f.imm3),
      ofNegative: FPTrigMAddCoefficient(precisionOf(f.size), 1, f.imm3),
    }),
    asm: f => `ftmad\t${zs(f.size, f.Zdn, f.Zdn, f.Zm)}, #${f.imm3}`,
    exec: (b, f) => setV(b, f.Zdn, FPTrigMAdd(b, precisionOf(f.size), V(b, f.Zdn), V(b, f.Zm), f.ofPositive, f.ofNegative)),
  }),
  sveInsn('FTSSEL', '00000100 size!2 1 Zm:5 101100 Zn:5 Zd:5', {
    valid: isPrecision,
    asm: f => `ftssel\t${zs(f.size, f.Zd, f.Zn, f.Zm)}`,
    exec: (b, f) => setV(b, f.Zd, FPTrigSSel(b, precisionOf(f.size), V(b, f.Zn), V(b, f.Zm))),
  }),
  sveInsn('FEXPA', '00000100 size!2 1 00000 101110 Zn:5 Zd:5', {
    valid: isPrecision,
    asm: f => `fexpa\t${zs(f.size, f.Zd, f.Zn)}`,
    exec: (b, f) => setV(b, f.Zd, FPExpCoefficient(b, precisionOf(f.size), V(b, f.Zn))),
  }),
];
