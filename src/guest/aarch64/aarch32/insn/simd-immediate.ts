/** Advanced SIMD one register and a modified immediate (ARM DDI 0487, F4.1; AdvSIMDExpandImm in J1): VMOV, VMVN, VORR, VBIC. */
import type { Builder, Operand, V128 } from '../../../../isa/builder.ts';
import { valueOf, VFPExpandImm } from '../../fp/immediate.ts';
import { fixed } from '../../insn/fixed.ts';
import { type Both, simd } from '../both.ts';
import { dOf, setVector, vector, vectorName } from '../vfp.ts';
import { even } from './simd-form.ts';
import { simdShift } from './simd-shift.ts';

/** The shifts are these encodings where an amount is given. */
const overrides = simdShift.map(({ t32 }) => t32.name.replace('T32 ', ''));

interface Immediate { readonly i: number; readonly imm3: number; readonly imm4: number }
const imm8 = (f: Immediate): number => (f.i << 7) | (f.imm3 << 4) | f.imm4;

/** `bits` in each element of so many bits of 64. */
function replicate(bits: bigint, lane: 8 | 16 | 32): bigint {
  let all = 0n;
  for (let at = 0n; at < 64n; at += BigInt(lane)) all |= bits << at;
  return all;
}
const byteMask = (bits: number): bigint =>
  Array.from({ length: 8 }, (_, n) => (bits & (1 << n) ? 0xffn << BigInt(8 * n) : 0n)).reduce((x, y) => x | y);

type Form = (f: Immediate & { readonly n: number }) => { readonly bits: bigint; readonly lane: 8 | 16 | 32 | 64; readonly text: string };
const shifted = (lane: 16 | 32): Form => f => {
  const element = BigInt(imm8(f)) << BigInt(8 * f.n);
  return { bits: replicate(element, lane), lane, text: `#${BigInt.asIntN(32, element)}` };
};
const shiftingOnes: Form = f => {
  const element = (BigInt(imm8(f)) << (f.n ? 16n : 8n)) | (f.n ? 0xffffn : 0xffn);
  return { bits: replicate(element, 32), lane: 32, text: `#${element}` };
};
const bytes: Form = f => ({ bits: replicate(BigInt(imm8(f)), 8), lane: 8, text: `#${imm8(f)}` });
const mask: Form = f => ({ bits: byteMask(imm8(f)), lane: 64, text: `#0x${byteMask(imm8(f)).toString(16).padStart(16, '0')}` });

type Operation = (b: Builder, immediate: V128, d: () => V128) => V128;
const move: Operation = (_b, immediate) => immediate;
const moveNot: Operation = (b, immediate) => b.vnot(immediate);
const or: Operation = (b, immediate, d) => b.vor(d(), immediate);
const clear: Operation = (b, immediate, d) => b.vandNot(d(), immediate);

/** Mnemonic, type, cmode (of which n shifts) and op. */
const rows: readonly (readonly [mnemonic: string, type: string, cmode: string, op: 0 | 1, form: Form, operation: Operation])[] = [
  ['vmov', 'i32', '0 n:2 0', 0, shifted(32), move],
  ['vmvn', 'i32', '0 n:2 0', 1, shifted(32), moveNot],
  ['vorr', 'i32', '0 n:2 1', 0, shifted(32), or],
  ['vbic', 'i32', '0 n:2 1', 1, shifted(32), clear],
  ['vmov', 'i16', '10 n:1 0', 0, shifted(16), move],
  ['vmvn', 'i16', '10 n:1 0', 1, shifted(16), moveNot],
  ['vorr', 'i16', '10 n:1 1', 0, shifted(16), or],
  ['vbic', 'i16', '10 n:1 1', 1, shifted(16), clear],
  ['vmov', 'i32', '110 n:1', 0, shiftingOnes, move],
  ['vmvn', 'i32', '110 n:1', 1, shiftingOnes, moveNot],
  ['vmov', 'i8', '1110', 0, bytes, move],
  ['vmov', 'i64', '1110', 1, mask, move],
];

const integers: readonly Both[] = rows.map(([mnemonic, type, cmode, op, form, operation]) =>
  simd(`${mnemonic.toUpperCase()} (immediate, ${type}${form === shiftingOnes ? ', shifting ones' : ''})`, 'i:1', `1 D:1 000 imm3:3 Vd:4 ${cmode as '0 n:2 0'} 0 Q!1 ${fixed(op)} 1 imm4:4`, {
    overrides,
    valid: f => even(f.Q, f.Vd),
    derive: f => ({ d: dOf(f.D, f.Vd), immediate: form(f).bits }),
    asm: f => `${mnemonic}.${type}\t${vectorName(f.Q, dOf(f.D, f.Vd))}, ${form(f).text}`,
    exec: (b, f) => write(b, f, operation(b, b.vsplat(64, f.immediate), () => vector(b, f.Q, f.d))),
  }),
);

const write = (b: Builder, f: { readonly Q: number; readonly d: Operand }, value: V128): void => setVector(b, f.Q, f.d, value);

const VMOV_float = simd('VMOV (immediate, f32)', 'i:1', '1 D:1 000 imm3:3 Vd:4 1111 0 Q!1 0 1 imm4:4', {
  overrides,
  valid: f => even(f.Q, f.Vd),
  derive: f => ({ d: dOf(f.D, f.Vd), immediate: VFPExpandImm(imm8(f), 32) }),
  asm: f => `vmov.f32\t${vectorName(f.Q, dOf(f.D, f.Vd))}, #${Number(valueOf(imm8(f)))}`,
  exec: (b, f) => setVector(b, f.Q, f.d, b.vsplat(32, f.immediate)),
});

export const simdImmediate: readonly Both[] = [...integers, VMOV_float];
