/** Advanced SIMD permutations: VEXT, VTBL, VTBX, VDUP, VSWP, VTRN, VUZP, VZIP (ARM DDI 0487, F4.1 and F6). */
import type { Builder, Operand, V128 } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import { constant, laneOf, shuffleLanes } from '../../simd/lanes.ts';
import { type Both, simd } from '../both.ts';
import { D, dOf, element, setD, setVector, vector, vectorName } from '../vfp.ts';
import { bitsOf, even, threeAreEven, threeVectorNames, threeVectors, twoAreEven, twoVectorNames, twoVectors } from './simd-form.ts';
import { withoutSize11 as overrides } from './simd-overridden.ts';

const VEXT = simd('VEXT', '0', '1 D:1 11 Vn:4 Vd:4 imm4!4 N:1 Q!1 M:1 0 Vm:4', {
  overrides,
  valid: f => (f.Q === 1 || f.imm4 < 8) && threeAreEven(f),
  derive: threeVectors,
  asm: f => `vext.8\t${threeVectorNames(f)}, #${f.imm4}`,
  exec(b, f) {
    const bytes = f.Q ? 16 : 8;
    const places = Array.from({ length: bytes }, (_, i) => i + f.imm4).map(at => (at < bytes ? at : at - bytes + 16));
    setVector(b, f.Q, f.d, shuffleLanes(b, 8, vector(b, f.Q, f.n), vector(b, f.Q, f.m), places));
  },
});

/** The table's D registers two by two: VTBL gives 0 for what is past its end, VTBX leaves it. */
const VTBL = simd('VTBL, VTBX', '1', '1 D:1 11 Vn:4 Vd:4 10 len!2 N:1 op!1 M:1 0 Vm:4', {
  overrides,
  // CONSTRAINED UNPREDICTABLE past D31: we choose UNDEFINED
  valid: f => dOf(f.N, f.Vn) + f.len < 32,
  derive(f) {
    const { d, n, m } = threeVectors(f);
    return { d, n, n1: (n + 1) & 31, n2: (n + 2) & 31, n3: (n + 3) & 31, m };
  },
  asm(f) {
    const { d, n, m } = threeVectors(f);
    const list = f.len === 0 ? `d${n}` : `d${n}-d${n + f.len}`;
    return `vtb${f.op ? 'x' : 'l'}.8\td${d}, {${list}}, d${m}`;
  },
  exec(b, f) {
    const indices = D(b, f.m);
    const table = [f.n, f.n1, f.n2, f.n3].slice(0, f.len + 1).map(r => b.vand(D(b, r), b.v128(2n ** 64n - 1n)));
    const found = table.map((eight, i) => b.vswizzle(eight, inEight(b, indices, i))).reduce((all, bytes) => b.vor(all, bytes));
    const outside = b.vgeU(8, indices, constant(b, 8, BigInt(8 * table.length)));
    setD(b, f.d, f.op ? b.vselect(outside, D(b, f.d), found) : found);
  },
});
/** The table's registers are zero above their eight bytes, as is what lies beyond sixteen. */
const inEight = (b: Builder, indices: V128, i: number): V128 => (i === 0 ? indices : b.vsub(8, indices, constant(b, 8, BigInt(8 * i))));

/** The lowest bit that is set in imm4 tells the size, what is above it the element. */
const VDUP = simd('VDUP (scalar)', '1', '1 D:1 11 imm4!4 Vd:4 11000 Q!1 M:1 0 Vm:4', {
  overrides,
  valid: f => (f.imm4 & 7) !== 0 && even(f.Q, f.Vd),
  derive: f => ({ d: dOf(f.D, f.Vd), at: (dOf(f.M, f.Vm) << (3 - sizeOf(f))) + (f.imm4 >> (sizeOf(f) + 1)) }),
  asm: f => `vdup.${bitsOf(sizeOf(f))}\t${vectorName(f.Q, dOf(f.D, f.Vd))}, d${dOf(f.M, f.Vm)}[${f.imm4 >> (sizeOf(f) + 1)}]`,
  exec(b, f) {
    const lane = laneOf(sizeOf(f));
    setVector(b, f.Q, f.d, b.vsplat(lane, element(b, lane, b.operand(f.at))));
  },
});
const sizeOf = (f: { readonly imm4: number }): number => 31 - Math.clz32(f.imm4 & -f.imm4);

const VSWP = simd('VSWP', '1', '1 D:1 11 00 10 Vd:4 00000 Q!1 M:1 0 Vm:4', {
  overrides,
  valid: twoAreEven,
  derive: twoVectors,
  asm: f => `vswp\t${twoVectorNames(f)}`,
  exec(b, f) {
    const [d, m] = [vector(b, f.Q, f.d), vector(b, f.Q, f.m)];
    setBoth(b, f, m, d);
  },
});

function setBoth(b: Builder, f: { readonly Q: number; readonly d: Operand; readonly m: Operand }, d: V128, m: V128): void {
  setVector(b, f.Q, f.m, m);
  setVector(b, f.Q, f.d, d);
}

/** Which of the elements of Vm:Vd, each of `count`, element i of Vd (part 0) and of Vm (part 1) becomes. */
type Selection = (i: number, part: number, count: number) => number;

/** Where both registers are one, the manual leaves it UNKNOWN: we write Vd last. */
function permute(mnemonic: string, opcode: string, sizesOfD: readonly number[], selection: Selection): Both {
  return simd(mnemonic.toUpperCase(), '1', `1 D:1 11 size!2 10 Vd:4 0 ${fixed(opcode)} Q!1 M:1 0 Vm:4`, {
    overrides,
    valid: f => (f.Q ? f.size !== 3 : sizesOfD.includes(f.size)) && twoAreEven(f),
    derive: twoVectors,
    asm: f => `${mnemonic}.${bitsOf(f.size)}\t${twoVectorNames(f)}`,
    exec(b, f) {
      const lane = laneOf(f.size);
      const count = (f.Q ? 128 : 64) / lane;
      const [d, m] = [vector(b, f.Q, f.d), vector(b, f.Q, f.m)];
      const selected = (part: number): V128 => {
        const elements = Array.from({ length: count }, (_, i) => selection(i, part, count));
        // In a shuffle the second source's elements start after a whole register.
        return shuffleLanes(b, lane, d, m, elements.map(at => (at < count ? at : at - count + 128 / lane)));
      };
      setBoth(b, f, selected(0), selected(1));
    },
  });
}

export const simdPermute: readonly Both[] = [
  VEXT,
  VTBL,
  VDUP,
  VSWP,
  permute('vtrn', '0001', [0, 1, 2], (i, part, count) => (i & ~1) + part + (i & 1) * count),
  permute('vuzp', '0010', [0, 1], (i, part) => 2 * i + part),
  permute('vzip', '0011', [0, 1], (i, part, count) => (i >> 1) + (part * count) / 2 + (i & 1) * count),
];
