/** What the loads and stores of one register have in common: what is transferred, and its spelling. */
import type { Access, Builder, Bytes, I64, Int, Operand } from '../../../isa/builder.ts';
import { reg, scalar } from '../names.ts';
import { setV, setX, signedOffset, V, X } from '../pseudocode.ts';
import { baseAddress } from './base-address.ts';

/** `size` and `opc` as the encodings have them: 0 store, 1 load, 2 and 3 loads that sign-extend to 64 and 32 bits. */
export const isTransfer = (size: number, opc: number): boolean => opc < 2 || size + opc < 5;

export function transfer(b: Builder, size: number, opc: number, Rt: Operand, address: I64, access?: Access): void {
  const bytes = (1 << size) as Bytes;
  if (opc === 0) b.store(address, X(b, Rt, size === 3 ? 64 : 32), bytes, access);
  else setX(b, Rt, loaded(b, opc, b.load(address, bytes, access), bytes));
}

function loaded(b: Builder, opc: number, data: I64, bytes: Bytes): Int {
  if (opc === 1) return data;
  const extended = b.signExtend(data, (8 * bytes) as 8 | 16 | 32);
  return opc === 2 ? extended : b.wrap(extended);
}

/** The mnemonic; `infix` is 'r', 'ur', 'tr' or what else stands between ld/st and the size. */
export const transferName = (infix: string, size: number, opc: number): string =>
  `${opc ? 'ld' : 'st'}${infix}${opc > 1 ? 's' : ''}${size === 2 && opc < 2 ? '' : ['b', 'h', 'w', ''][size]}`;

export const transferReg = (size: number, opc: number, Rt: number): string => reg(opc === 2 || size === 3 ? 1 : 0, Rt);

/** log2 of the bytes of a SIMD&FP transfer: opc<1>:size, of which 5 to 7 are not allocated. */
export const scaleV = (size: number, opc: number): number => ((opc & 2) << 1) | size;

export function transferV(b: Builder, size: number, opc: number, Rt: Operand, address: I64): void {
  const bytes = (1 << scaleV(size, opc)) as Bytes | 16;
  if (opc & 1) setV(b, Rt, b.loadV(address, bytes));
  else b.storeV(address, V(b, Rt), bytes);
}

export const transferNameV = (infix: string, opc: number): string => `${opc & 1 ? 'ld' : 'st'}${infix}`;
export const transferRegV = (size: number, opc: number, Rt: number): string => scalar(scaleV(size, opc), Rt);

/** Xn or SP, plus a signed offset. */
export const baseOffset = (b: Builder, Rn: Operand, offset: Operand): I64 => b.add(baseAddress(b, Rn), signedOffset(b, offset));

/** The operation of a prefetch hint. */
export function prefetchName(Rt: number): string {
  const kind = ['pld', 'pli', 'pst'][Rt >> 3];
  const level = ['l1', 'l2', 'l3'][(Rt >> 1) & 3];
  return kind && level ? kind + level + (Rt & 1 ? 'strm' : 'keep') : `#0x${Rt.toString(16).padStart(2, '0')}`;
}
