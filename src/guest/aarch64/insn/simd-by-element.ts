/** Advanced SIMD vector × indexed element, and the scalar ones: integer (DDI 0487, C7). */
import type { Builder, I64, Lane, V128 } from '../../../isa/builder.ts';
import type { Insn } from '../../../isa/insn.ts';
import { element, scalar, vector } from '../names.ts';
import { lowBytes, setV, setVQ, V } from '../pseudocode.ts';
import { doubled, halfOf, laneOf, multiplyWide, type Half } from '../simd/lanes.ts';
import { doublingMultiplyAccumulateHigh, doublingMultiplyHigh } from '../simd/saturate.ts';
import { fixed } from './fixed.ts';
import { fpInsn } from './fp-access.ts';
import { scalars, second, titleOfBoth, vectors } from './simd-form.ts';
import { doublingLong, doublingLongAdd, doublingLongSubtract } from './simd-three-different.ts';

/** The bits that give the second source: a register, of 16 for halfwords, and the index of its element. */
export interface Place { readonly size: number; readonly L: number; readonly M: number; readonly Rm: number; readonly H: number }
const indexOf = (f: Place): number => (f.size === 1 ? (f.H << 2) | (f.L << 1) | f.M : (f.H << 1) | f.L);
const registerOf = (f: Place): number => (f.size === 1 ? f.Rm : (f.M << 4) | f.Rm);
const elementOf = (f: Place): string => element(f.size, registerOf(f), indexOf(f));
/** Four bytes, named by the word that they are. */
export const quarter = (f: Omit<Place, 'size'>): string => `v${registerOf({ ...f, size: 2 })}.4b[${indexOf({ ...f, size: 2 })}]`;
const halfwordOrWord = (f: { size: number }): boolean => f.size === 1 || f.size === 2;

/** The register, and the byte numbers of the element as a lane of a swizzle. */
export function derivePlace(f: Place): { m: number; bytes: bigint } {
  const at = BigInt(indexOf(f) << f.size);
  return { m: registerOf(f), bytes: f.size === 1 ? 0x0100n + at * 0x0101n : 0x0302_0100n + at * 0x0101_0101n };
}

/** The element of x in every lane. */
export const splatElement = (b: Builder, lane: Lane, x: V128, bytes: I64): V128 => b.vswizzle(x, b.vsplat(lane, bytes));

type Same = (b: Builder, lane: 16 | 32, x: V128, y: V128, d: () => V128) => V128;
type Long = (b: Builder, lane: 16 | 32, half: Half, x: V128, y: V128, d: () => V128) => V128;
interface Form { readonly scalar?: boolean; readonly feature?: string }

function same(mnemonic: string, U: 0 | 1, opcode: string, form: Form, operation: Same): Insn[] {
  const feature = form.feature === undefined ? {} : { feature: form.feature };
  const name = mnemonic.toUpperCase();
  const entries = [fpInsn(`${name} (by element)`, `0 Q!1 ${fixed(U)} 01111 size!2 L:1 M:1 Rm:4 ${fixed(opcode)} H:1 0 Rn:5 Rd:5`, {
    ...feature,
    valid: halfwordOrWord,
    derive: derivePlace,
    asm: f => `${mnemonic}\t${vectors(f.Q, f.size, f.Rd, f.Rn)}, ${elementOf(f)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as 16 | 32;
      const source = (value: V128): V128 => (form.scalar && !f.Q ? lowBytes(b, value, 8) : value);
      const y = splatElement(b, lane, V(b, f.m), f.bytes);
      setVQ(b, f.Rd, f.Q, operation(b, lane, source(V(b, f.Rn)), y, () => source(V(b, f.Rd))));
    },
  })];
  if (!form.scalar) return entries;
  return [...entries, fpInsn(`${name} (by element, scalar)`, `01 ${fixed(U)} 11111 size!2 L:1 M:1 Rm:4 ${fixed(opcode)} H:1 0 Rn:5 Rd:5`, {
    ...feature,
    valid: halfwordOrWord,
    derive: derivePlace,
    asm: f => `${mnemonic}\t${scalars(f.size, f.Rd, f.Rn)}, ${elementOf(f)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as 16 | 32;
      const low = (value: V128): V128 => lowBytes(b, value, f.size === 1 ? 2 : 4);
      const y = splatElement(b, lane, V(b, f.m), f.bytes);
      setV(b, f.Rd, low(operation(b, lane, low(V(b, f.Rn)), y, () => low(V(b, f.Rd)))));
    },
  })];
}

function long(mnemonic: string, U: 0 | 1, opcode: string, operation: Long): Insn {
  const name = `${titleOfBoth(mnemonic)} (by element)`;
  return fpInsn(name, `0 Q!1 ${fixed(U)} 01111 size!2 L:1 M:1 Rm:4 ${fixed(opcode)} H:1 0 Rn:5 Rd:5`, {
    valid: halfwordOrWord,
    derive: derivePlace,
    asm: f => `${second(mnemonic, f.Q)}\t${vector(1, f.size + 1, f.Rd)}, ${vector(f.Q, f.size, f.Rn)}, ${elementOf(f)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as 16 | 32;
      setV(b, f.Rd, operation(b, lane, halfOf(f.Q), V(b, f.Rn), splatElement(b, lane, V(b, f.m), f.bytes), () => V(b, f.Rd)));
    },
  });
}

function longScalar(mnemonic: string, opcode: string, operation: Long): Insn {
  return fpInsn(`${mnemonic.toUpperCase()} (by element, scalar)`, `01 0 11111 size!2 L:1 M:1 Rm:4 ${fixed(opcode)} H:1 0 Rn:5 Rd:5`, {
    valid: halfwordOrWord,
    derive: derivePlace,
    asm: f => `${mnemonic}\t${scalar(f.size + 1, f.Rd)}, ${scalar(f.size, f.Rn)}, ${elementOf(f)}`,
    exec(b, f) {
      const lane = laneOf(f.size) as 16 | 32;
      const x = lowBytes(b, V(b, f.Rn), f.size === 1 ? 2 : 4);
      const d = (): V128 => lowBytes(b, V(b, f.Rd), f.size === 1 ? 4 : 8);
      setV(b, f.Rd, operation(b, lane, 'low', x, splatElement(b, lane, V(b, f.m), f.bytes), d));
    },
  });
}

const product = (unsigned: boolean): Long => (b, lane, half, x, y) => multiplyWide(b, lane, unsigned, half, x, y);
const productAdd = (unsigned: boolean): Long => (b, lane, half, x, y, d) =>
  b.vadd(doubled(lane), d(), multiplyWide(b, lane, unsigned, half, x, y));
const productSubtract = (unsigned: boolean): Long => (b, lane, half, x, y, d) =>
  b.vsub(doubled(lane), d(), multiplyWide(b, lane, unsigned, half, x, y));

const both = (name: string, opcode: string, operation: (unsigned: boolean) => Long): Insn[] => [
  long(`s${name}`, 0, opcode, operation(false)),
  long(`u${name}`, 1, opcode, operation(true)),
];
const doubling = (mnemonic: string, opcode: string, operation: Long): Insn[] => [
  long(mnemonic, 0, opcode, operation), longScalar(mnemonic, opcode, operation),
];

const SATURATING: Form = { scalar: true };
const RDM: Form = { scalar: true, feature: 'RDM' };

export const simdByElement: readonly Insn[] = [
  ...same('mul', 0, '1000', {}, (b, lane, x, y) => b.vmul(lane, x, y)),
  ...same('mla', 1, '0000', {}, (b, lane, x, y, d) => b.vadd(lane, d(), b.vmul(lane, x, y))),
  ...same('mls', 1, '0100', {}, (b, lane, x, y, d) => b.vsub(lane, d(), b.vmul(lane, x, y))),
  ...same('sqdmulh', 0, '1100', SATURATING, (b, lane, x, y) => doublingMultiplyHigh(b, lane, false, x, y)),
  ...same('sqrdmulh', 0, '1101', SATURATING, (b, lane, x, y) => doublingMultiplyHigh(b, lane, true, x, y)),
  ...same('sqrdmlah', 1, '1101', RDM, (b, lane, x, y, d) => doublingMultiplyAccumulateHigh(b, lane, false, d(), x, y)),
  ...same('sqrdmlsh', 1, '1111', RDM, (b, lane, x, y, d) => doublingMultiplyAccumulateHigh(b, lane, true, d(), x, y)),
  ...both('mull', '1010', product),
  ...both('mlal', '0010', productAdd),
  ...both('mlsl', '0110', productSubtract),
  ...doubling('sqdmull', '1011', doublingLong),
  ...doubling('sqdmlal', '0011', doublingLongAdd),
  ...doubling('sqdmlsl', '0111', doublingLongSubtract),
];
