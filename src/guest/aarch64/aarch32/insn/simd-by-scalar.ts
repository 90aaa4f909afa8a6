/** Advanced SIMD two registers and a scalar (ARM DDI 0487, F4.1 and F6): the scalar is an element of D0..D7 or D0..D15. */
import type { Builder, Operand, V128 } from '../../../../isa/builder.ts';
import * as fp from '../../fp/vector.ts';
import { underStandardFPSCR } from '../../fp/standard.ts';
import { fixed } from '../../insn/fixed.ts';
import { splatElement } from '../../insn/simd-by-element.ts';
import { doublingMultiplyAccumulateHigh, doublingMultiplyHigh } from '../../simd/saturate.ts';
import { type Both, simd } from '../both.ts';
import { D, dOf, Qreg, setVector, vector, vectorName, vectorNames } from '../vfp.ts';
import { bitsOf, even, signed } from './simd-form.ts';
import { multiplyAdd } from './simd-fp-three-same.ts';
import { accumulated, add, doubling, doublingAdd, doublingSubtract, type Long, product, subtract } from './simd-long.ts';

interface Place { readonly size: number; readonly M: number; readonly Vm: number }
interface Fields extends Place { readonly D: number; readonly Vd: number; readonly N: number; readonly Vn: number }

const registerOf = (f: Place): number => (f.size === 1 ? f.Vm & 7 : f.Vm);
const indexOf = (f: Place): number => (f.size === 1 ? (f.M << 1) | (f.Vm >> 3) : f.M);
export const scalarName = (f: Place): string => `d${registerOf(f)}[${indexOf(f)}]`;
/** The Q register around it, and the byte numbers of the scalar there as a lane of a swizzle. */
export function scalarPlace(f: Place): { q: number; bytes: bigint } {
  const at = BigInt(((registerOf(f) & 1) << 3) + (indexOf(f) << f.size));
  return { q: registerOf(f) >> 1, bytes: f.size === 1 ? 0x0100n + at * 0x0101n : 0x0302_0100n + at * 0x0101_0101n };
}
const derive = (f: Fields): { d: number; n: number; q: number; bytes: bigint } =>
  ({ d: dOf(f.D, f.Vd), n: dOf(f.N, f.Vn), ...scalarPlace(f) });
const halfwordOrWord = (f: Place): boolean => f.size === 1 || f.size === 2;
const lane = (f: { readonly size: number }): 16 | 32 => (f.size === 1 ? 16 : 32);
const scalar = (b: Builder, f: { readonly size: number; readonly q: Operand; readonly bytes: Parameters<typeof splatElement>[3] }): V128 =>
  splatElement(b, lane(f), Qreg(b, f.q), f.bytes);

type Same = (b: Builder, lane: 16 | 32, n: V128, m: V128, d: () => V128) => V128;

/** Vd and Vn are of one length, which the bit Q tells that stands where others have U. */
function same(mnemonic: string, opcode: string, type: string, operation: Same, feature?: string): Both {
  return simd(`${mnemonic.toUpperCase()} (scalar)`, 'Q!1', `1 D:1 size!2 Vn:4 Vd:4 ${fixed(opcode)} N:1 1 M:1 0 Vm:4`, {
    ...(feature === undefined ? {} : { feature }),
    valid: f => halfwordOrWord(f) && even(f.Q, f.Vd, f.Vn),
    derive,
    asm: f => `${mnemonic}.${type}${bitsOf(f.size)}\t${vectorNames(f.Q, dOf(f.D, f.Vd), dOf(f.N, f.Vn))}, ${scalarName(f)}`,
    exec: (b, f) => setVector(b, f.Q, f.d, operation(b, lane(f), vector(b, f.Q, f.n), scalar(b, f), () => vector(b, f.Q, f.d))),
  });
}

/** The same in one precision: half precision is a feature of its own. */
const float = (mnemonic: string, opcode: string, operation: (b: Builder, N: 16 | 32, count: number, n: V128, m: V128, d: () => V128) => V128): Both[] =>
  ([['01', 16, { feature: 'FP16' }], ['10', 32, {}]] as const).map(([size, N, feature]) =>
    simd(`${mnemonic.toUpperCase()} (scalar, float, ${N})`, 'Q!1', `1 D:1 ${size} Vn:4 Vd:4 ${fixed(opcode)} N:1 1 M:1 0 Vm:4`, {
      ...feature,
      valid: f => even(f.Q, f.Vd, f.Vn),
      derive: f => derive({ ...f, size: N / 16 }),
      asm: f => `${mnemonic}.f${N}\t${vectorNames(f.Q, dOf(f.D, f.Vd), dOf(f.N, f.Vn))}, ${scalarName({ ...f, size: N / 16 })}`,
      exec(b, f) {
        const m = scalar(b, { ...f, size: N / 16 });
        const of = (): V128 => operation(b, N, (f.Q ? 128 : 64) / N, vector(b, f.Q, f.n), m, () => vector(b, f.Q, f.d));
        setVector(b, f.Q, f.d, underStandardFPSCR(b, of));
      },
    }),
  );

function long(mnemonic: string, U: 0 | 'both', opcode: string, operation: (unsigned: boolean) => Long): Both {
  return simd(`${mnemonic.toUpperCase()} (scalar)`, (U === 'both' ? 'U!1' : '0') as 'U!1', `1 D:1 size!2 Vn:4 Vd:4 ${fixed(opcode)} N:1 1 M:1 0 Vm:4`, {
    valid: f => halfwordOrWord(f) && even(1, f.Vd),
    derive,
    asm: f => `${mnemonic}.${signed(f.U, f.size)}\t${vectorName(1, dOf(f.D, f.Vd))}, d${dOf(f.N, f.Vn)}, ${scalarName(f)}`,
    exec(b, f) {
      const of = operation(U === 'both' && f.U === 1);
      setVector(b, 1, f.d, of(b, lane(f), D(b, f.n), scalar(b, f), () => vector(b, 1, f.d)));
    },
  });
}

export const simdByScalar: readonly Both[] = [
  same('vmla', '0000', 'i', (b, N, n, m, d) => b.vadd(N, d(), b.vmul(N, n, m))),
  ...float('vmla', '0001', multiplyAdd(false)),
  long('vmlal', 'both', '0010', accumulated(add, product)),
  long('vqdmlal', 0, '0011', doublingAdd),
  same('vmls', '0100', 'i', (b, N, n, m, d) => b.vsub(N, d(), b.vmul(N, n, m))),
  ...float('vmls', '0101', multiplyAdd(true)),
  long('vmlsl', 'both', '0110', accumulated(subtract, product)),
  long('vqdmlsl', 0, '0111', doublingSubtract),
  same('vmul', '1000', 'i', (b, N, n, m) => b.vmul(N, n, m)),
  ...float('vmul', '1001', fp.FPMul),
  long('vmull', 'both', '1010', product),
  long('vqdmull', 0, '1011', doubling),
  same('vqdmulh', '1100', 's', (b, N, n, m) => doublingMultiplyHigh(b, N, false, n, m)),
  same('vqrdmulh', '1101', 's', (b, N, n, m) => doublingMultiplyHigh(b, N, true, n, m)),
  same('vqrdmlah', '1110', 's', (b, N, n, m, d) => doublingMultiplyAccumulateHigh(b, N, false, d(), n, m), 'RDM'),
  same('vqrdmlsh', '1111', 's', (b, N, n, m, d) => doublingMultiplyAccumulateHigh(b, N, true, d(), n, m), 'RDM'),
];
