/** What the loads and stores of one register transfer: ARM DDI 0487, F5.1 (LDR, LDRB, LDRH, LDRSB, LDRSH, STR, STRB, STRH). */
import type { Builder, I64, Operand } from '../../../../isa/builder.ts';
import { LoadWritePC, R, setR } from '../pseudocode.ts';

/** log2 of the bytes; of loads, whether they are sign-extended. */
export interface Transfer { readonly size: number; readonly load: number; readonly signed: number }

/** Accesses memory; what comes back writes the register. */
export function transfer(b: Builder, { size, load, signed }: Transfer, Rt: Operand, address: I64): () => void {
  const bytes = (1 << size) as 1 | 2 | 4;
  if (!load) {
    b.store(address, R(b, Rt), bytes);
    return () => {};
  }
  const data = b.wrap(b.load(address, bytes));
  const value = signed ? b.signExtend(data, (8 * bytes) as 8 | 16) : data;
  return () => setR(b, Rt, value);
}

/** The same into the PC. */
export function transferToPC(b: Builder, address: I64, kind: 'jump' | 'return' = 'jump'): () => void {
  const target = b.wrap(b.load(address, 4));
  return () => LoadWritePC(b, target, kind);
}

/** `infix`: 't' where the rights are user code's. */
export const transferName = ({ size, load, signed }: Transfer, infix = ''): string =>
  `${load ? 'ld' : 'st'}r${signed ? 's' : ''}${['b', 'h', ''][size]}${infix}`;
