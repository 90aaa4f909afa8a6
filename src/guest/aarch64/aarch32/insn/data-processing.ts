/** What data processing computes in A32 and T32: ARM DDI 0487, F5.1, from ADC to TST; and how its operands are written. */
import type { Builder, I32, Operand } from '../../../../isa/builder.ts';
import { AddWithCarry } from '../../pseudocode.ts';
import { reg, regs, shifted, shiftNames } from '../names.ts';
import { carryFlag, R, setNZC, setNZCV, setR } from '../pseudocode.ts';
import type { Shifted } from '../shift.ts';

export type Operation =
  | 'and' | 'eor' | 'sub' | 'rsb' | 'add' | 'adc' | 'sbc' | 'rsc' | 'tst' | 'teq' | 'cmp' | 'cmn' | 'orr' | 'mov' | 'bic' | 'mvn' | 'orn';

/** The result; with `S` the flags are set. `carry` is the shifter's, for logical operations. */
export function compute(b: Builder, operation: Operation, S: number, x: I32, [y, carry]: Shifted): I32 {
  const logical = (result: I32): I32 => {
    if (S) setNZC(b, result, carry());
    return result;
  };
  const arithmetic = (result: I32, nzcv: () => I32): I32 => {
    if (S) setNZCV(b, nzcv());
    return result;
  };
  const withCarry = (n: I32, m: I32): I32 => {
    const [result, nzcv] = AddWithCarry(b, n, m, carryFlag(b));
    return arithmetic(result, () => nzcv);
  };
  switch (operation) {
    case 'and': case 'tst': return logical(b.and(x, y));
    case 'eor': case 'teq': return logical(b.xor(x, y));
    case 'orr': return logical(b.or(x, y));
    case 'orn': return logical(b.or(x, b.not(y)));
    case 'bic': return logical(b.and(x, b.not(y)));
    case 'mov': return logical(y);
    case 'mvn': return logical(b.not(y));
    case 'add': case 'cmn': return arithmetic(b.add(x, y), () => b.nzcvOfAdd(x, y));
    case 'sub': case 'cmp': return arithmetic(b.sub(x, y), () => b.nzcvOfSub(x, y));
    case 'rsb': return arithmetic(b.sub(y, x), () => b.nzcvOfSub(y, x));
    case 'adc': return withCarry(x, y);
    case 'sbc': return withCarry(x, b.not(y));
    case 'rsc': return withCarry(y, b.not(x));
  }
}

/** Rd := Rn operation y. */
export const intoRd = (b: Builder, operation: Operation, f: { S: number; Rn: Operand; Rd: Operand }, y: Shifted): void =>
  setR(b, f.Rd, compute(b, operation, f.S, R(b, f.Rn), y));
/** Flags of Rn operation y. */
export const compare = (b: Builder, operation: Operation, f: { Rn: Operand }, y: Shifted): void => {
  compute(b, operation, 1, R(b, f.Rn), y);
};

const unary = (operation: Operation): boolean => operation === 'mov' || operation === 'mvn';

/** `add r0, r1, OPERAND`, without the first source where there is none. */
export const operands = (operation: Operation, f: { Rd: number; Rn: number }, second: string): string =>
  `${unary(operation) ? reg(f.Rd) : regs(f.Rd, f.Rn)}, ${second}`;

/** A move of a shifted register is spelt as the shift: mnemonic (with `s`) and operands. */
export function shiftMove(f: { S: number; Rd: number; Rm: number; type: number; imm5: number }): [mnemonic: string, operands: string] {
  const s = f.S ? 's' : '';
  if (f.imm5 !== 0) return [shiftNames[f.type & 3] + s, `${regs(f.Rd, f.Rm)}, #${f.imm5}`];
  if (f.type === 0) return [`mov${s}`, regs(f.Rd, f.Rm)];
  return f.type === 3 ? [`rrx${s}`, regs(f.Rd, f.Rm)] : [shiftNames[f.type & 3] + s, `${regs(f.Rd, f.Rm)}, #32`];
}

export const shiftedRegister = (f: { Rm: number; type: number; imm5: number }): string => reg(f.Rm) + shifted(f.type, f.imm5);
export const registerShifted = (f: { Rm: number; type: number; Rs: number }): string => `${reg(f.Rm)}, ${shiftNames[f.type & 3]} ${reg(f.Rs)}`;
