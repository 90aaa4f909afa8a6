/** SVE operations with immediates: wide ones, bit masks, and copies of them (DDI 0487, C4.1 "SVE Integer Wide Immediate", "SVE Bitwise Immediate", C8.2). */
import type { Builder, I64, Lane, V128 } from '../../../isa/builder.ts';
import { signExtend } from '../../../base/bits.ts';
import type { Insn } from '../../../isa/insn.ts';
import { DecodeBitMasks } from '../bitmask.ts';
import { VFPExpandImm, valueOf } from '../fp/immediate.ts';
import { setV, V } from '../pseudocode.ts';
import { laneOf, max, min, minimum } from '../simd/lanes.ts';
import { saturatedDifference, saturatedSum } from '../simd/saturate.ts';
import { multiply } from '../sve/integer.ts';
import { merging, z, zeroing, zs } from '../sve/names.ts';
import { merged, P, zeroed } from '../sve/predicate.ts';
import { fixed } from './fixed.ts';
import { sveInsn } from './sve-access.ts';

type Operation = (b: Builder, lane: Lane, x: V128, y: V128) => V128;

/** A byte that may be shifted into the next one, which bytes haven't. */
interface Shifted { readonly size: number; readonly sh: number; readonly imm8: number }
const fits = (f: Shifted): boolean => f.size !== 0 || f.sh === 0;
/** A zero is written with its shift, any other number as it is. */
const written = (f: Shifted, imm8: number): string => (f.sh && imm8 === 0 ? '#0, lsl #8' : `#${imm8 * (f.sh ? 256 : 1)}`);
const splat = (b: Builder, lane: Lane, imm: I64): V128 => b.vsplat(lane, imm);

const arithmetic = (mnemonic: string, opc: string, operation: Operation): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `00100101 size!2 100 ${fixed(opc)} 11 sh:1 imm8:8 Zdn:5`, {
    valid: fits,
    derive: f => ({ imm: BigInt(f.imm8 << (8 * f.sh)) }),
    asm: f => `${mnemonic}\t${zs(f.size, f.Zdn, f.Zdn)}, ${written(f, f.imm8)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setV(b, f.Zdn, operation(b, lane, V(b, f.Zdn), splat(b, lane, f.imm)));
    },
  });

/** An immediate may be beyond all signed elements: with their signs flipped they are unsigned, as it is. */
const ofSigned = (operation: typeof saturatedSum): Operation => (b, lane, x, y) =>
  b.vxor(operation(b, lane, true, b.vxor(x, minimum(b, lane)), y), minimum(b, lane));

const withByte = (mnemonic: string, opcode: string, signed: boolean, operation: Operation): Insn => {
  const immediate = (imm8: number): number => (signed ? signExtend(imm8, 8) : imm8);
  return sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `00100101 size!2 1 ${fixed(opcode)} 110 imm8:8 Zdn:5`, {
    derive: f => ({ imm: BigInt(immediate(f.imm8)) }),
    asm: f => `${mnemonic}\t${zs(f.size, f.Zdn, f.Zdn)}, #${immediate(f.imm8)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      setV(b, f.Zdn, operation(b, lane, V(b, f.Zdn), splat(b, lane, f.imm)));
    },
  });
};

const wide: readonly Insn[] = [
  arithmetic('add', '000', (b, lane, x, y) => b.vadd(lane, x, y)),
  arithmetic('sub', '001', (b, lane, x, y) => b.vsub(lane, x, y)),
  arithmetic('subr', '011', (b, lane, x, y) => b.vsub(lane, y, x)),
  arithmetic('sqadd', '100', ofSigned(saturatedSum)),
  arithmetic('uqadd', '101', (b, lane, x, y) => saturatedSum(b, lane, true, x, y)),
  arithmetic('sqsub', '110', ofSigned(saturatedDifference)),
  arithmetic('uqsub', '111', (b, lane, x, y) => saturatedDifference(b, lane, true, x, y)),
  withByte('smax', '01000', true, (b, lane, x, y) => max(b, lane, false, x, y)),
  withByte('umax', '01001', false, (b, lane, x, y) => max(b, lane, true, x, y)),
  withByte('smin', '01010', true, (b, lane, x, y) => min(b, lane, false, x, y)),
  withByte('umin', '01011', false, (b, lane, x, y) => min(b, lane, true, x, y)),
  withByte('mul', '10000', true, multiply),
];

interface Mask { readonly N: number; readonly immr: number; readonly imms: number }
const maskOf = (f: Mask): bigint => DecodeBitMasks(f.N, f.imms, f.immr) as bigint;
const isMask = (f: Mask): boolean => DecodeBitMasks(f.N, f.imms, f.immr) !== undefined;
/** The smallest element that the mask is made of, bytes at least: 0..3. */
const sizeOfMask = (f: Mask): number => (f.N ? 3 : f.imms < 0x20 ? 2 : f.imms < 0x30 ? 1 : 0);
const writtenMask = (f: Mask): string => `#0x${BigInt.asUintN(8 << sizeOfMask(f), maskOf(f)).toString(16)}`;

const bitwise = (mnemonic: string, opc: string, operation: (b: Builder, x: V128, y: V128) => V128): Insn =>
  sveInsn(`${mnemonic.toUpperCase()} (immediate)`, `00000101 ${fixed(opc)} 0000 N:1 immr:6 imms:6 Zdn:5`, {
    valid: isMask,
    derive: f => ({ imm: maskOf(f) }),
    asm: f => `${mnemonic}\t${zs(sizeOfMask(f), f.Zdn, f.Zdn)}, ${writtenMask(f)}`,
    exec: (b, f) => setV(b, f.Zdn, operation(b, V(b, f.Zdn), splat(b, 64, f.imm))),
  });

/** SVEMoveMaskPreferred: whether no DUP or FDUP of an immediate makes the same. */
function isMovePreferred(f: Mask): boolean {
  const value = maskOf(f);
  const repeats = (bits: number): boolean => Array.from({ length: 64 / bits }, (_, i) => BigInt.asUintN(bits, value >> BigInt(i * bits)))
    .every(part => part === BigInt.asUintN(bits, value));
  if (repeats(8)) return false;
  return ![16, 32, 64].some(bits => {
    const number = BigInt.asIntN(bits, value);
    return repeats(bits) && (BigInt.asIntN(8, number) === number || ((number & 0xffn) === 0n && BigInt.asIntN(16, number) === number));
  });
}

const masks: readonly Insn[] = [
  bitwise('orr', '00', (b, x, y) => b.vor(x, y)),
  bitwise('eor', '01', (b, x, y) => b.vxor(x, y)),
  bitwise('and', '10', (b, x, y) => b.vand(x, y)),
  sveInsn('DUPM', '00000101 11 0000 N:1 immr:6 imms:6 Zd:5', {
    valid: isMask,
    derive: f => ({ imm: maskOf(f) }),
    asm: f => `${isMovePreferred(f) ? 'mov' : 'dupm'}\t${z(sizeOfMask(f), f.Zd)}, ${writtenMask(f)}`,
    exec: (b, f) => setV(b, f.Zd, splat(b, 64, f.imm)),
  }),
];

const signedShifted = (f: Shifted): number => signExtend(f.imm8, 8) * (f.sh ? 256 : 1);
const isFloat = (f: { readonly size: number }): boolean => f.size !== 0;
const float = (f: { readonly size: number; readonly imm8: number }): bigint => VFPExpandImm(f.imm8, (8 << Math.max(f.size, 1)) as 16 | 32 | 64);

const copies: readonly Insn[] = [
  sveInsn('DUP (immediate)', '00100101 size!2 111000 11 sh:1 imm8:8 Zd:5', {
    valid: fits,
    derive: f => ({ imm: BigInt(signedShifted(f)) }),
    asm: f => `mov\t${z(f.size, f.Zd)}, ${written(f, signExtend(f.imm8, 8))}`,
    exec: (b, f) => setV(b, f.Zd, splat(b, laneOf(f.size), f.imm)),
  }),
  sveInsn('FDUP', '00100101 size!2 111001 110 imm8:8 Zd:5', {
    valid: isFloat,
    derive: f => ({ imm: float(f) }),
    asm: f => `fmov\t${z(f.size, f.Zd)}, #${valueOf(f.imm8)}`,
    exec: (b, f) => setV(b, f.Zd, splat(b, laneOf(f.size), f.imm)),
  }),
  sveInsn('CPY (immediate)', '00000101 size!2 01 Pg:4 0 M!1 sh:1 imm8:8 Zd:5', {
    valid: fits,
    derive: f => ({ imm: BigInt(signedShifted(f)) }),
    asm: f => `mov\t${z(f.size, f.Zd)}, ${f.M ? merging(f.Pg) : zeroing(f.Pg)}, ${written(f, signExtend(f.imm8, 8))}`,
    exec(b, f) {
      const [lane, p] = [laneOf(f.size), P(b, f.Pg)];
      const value = splat(b, lane, f.imm);
      setV(b, f.Zd, f.M ? merged(b, lane, p, value, V(b, f.Zd)) : zeroed(b, lane, p, value));
    },
  }),
  sveInsn('FCPY', '00000101 size!2 01 Pg:4 110 imm8:8 Zd:5', {
    valid: isFloat,
    derive: f => ({ imm: float(f) }),
    asm: f => `fmov\t${z(f.size, f.Zd)}, ${merging(f.Pg)}, #${valueOf(f.imm8)}`,
    exec: (b, f) => setV(b, f.Zd, merged(b, laneOf(f.size), P(b, f.Pg), splat(b, laneOf(f.size), f.imm), V(b, f.Zd))),
  }),
];

export const sveImmediate: readonly Insn[] = [...wide, ...masks, ...copies];
