/** Loads and stores of floating-point registers (ARM DDI 0487, F4.1 "Advanced SIMD and floating-point load/store", F6: VLDR, VLDM …). */
import type { Access, Builder, I32, I64, Operand } from '../../../../isa/builder.ts';
import { fixed } from '../../insn/fixed.ts';
import { type Both, vfp } from '../both.ts';
import { isConditional, reg } from '../names.ts';
import { AlignedPC, PC, PCValue, Rnot15, setR } from '../pseudocode.ts';
import { dOf, element, setElement, sOf } from '../vfp.ts';

/** Words have to be aligned, a doubleword is two of them. */
const words: Access = { align: 4 };

const base = (b: Builder, Rn: Operand, ofPC: I32): I32 => b.select(b.eq(b.operand(Rn), b.i32(PC)), ofPC, Rnot15(b, Rn));

/** Bits 9 and 8, and the bytes that are moved. */
const sizes = [['01', 2], ['10', 4], ['11', 8]] as const;

const single: readonly Both[] = sizes.flatMap(([size, bytes]) => {
  const feature = bytes === 2 ? { feature: 'FP16' } : {};
  const access: Access = bytes === 2 ? { align: 2 } : words;
  const lane = bytes === 8 ? 64 : 32;
  const register = (f: { D: number; Vd: number }): number => (bytes === 8 ? dOf(f.D, f.Vd) : sOf(f.D, f.Vd));
  const offset = (f: { U: number; imm8: number }): number => (f.U ? 1 : -1) * f.imm8 * (bytes === 2 ? 2 : 4);
  const names = (mnemonic: string, f: { D: number; Vd: number; U: number; imm8: number; Rn: number }): string => {
    const sign = f.U ? '' : '-';
    return `${mnemonic}${bytes === 2 ? '.16' : ''}\t${bytes === 8 ? 'd' : 's'}${register(f)}, [${reg(f.Rn)}${f.U && f.imm8 === 0 ? '' : `, #${sign}${Math.abs(offset(f))}`}]`;
  };
  const address = (b: Builder, f: { Rn: Operand; offset: Operand }): I64 => b.extU(b.add(base(b, f.Rn, AlignedPC(b)), b.operand(f.offset)));
  return [
    vfp(`VLDR (${bytes * 8})`, `1101 U:1 D:1 01 Rn:4 Vd:4 10 ${size} imm8:8`, {
      ...feature,
      derive: f => ({ d: register(f), offset: offset(f) }),
      asm: f => names('vldr', f),
      exec: (b, f) => setElement(b, lane, b.operand(f.d), b.load(address(b, f), bytes, access)),
    }),
    vfp(`VSTR (${bytes * 8})`, `1101 U:1 D:1 00 Rn:4 Vd:4 10 ${size} imm8:8`, {
      ...feature,
      derive: f => ({ d: register(f), offset: offset(f) }),
      asm: f => names('vstr', f),
      exec: (b, f) => b.store(address(b, f), element(b, lane, b.operand(f.d)), bytes, access),
    }),
  ];
});

interface Multiple { readonly D: number; readonly Vd: number; readonly imm8: number; readonly Rn: number }

/** P, U and W: increment after, the same with write-back, decrement before with write-back. */
const modes = [['0', '1', '0'], ['0', '1', '1'], ['1', '0', '1']] as const;

/** VLDM and VSTM of one size in one mode: VPUSH and VPOP are among them, and FLDMX where the number of words is odd. */
function multiple(size: '10' | '11', [P, U, W]: (typeof modes)[number]): Both[] {
  const doubles = size === '11';
  const lane = doubles ? 64 : 32;
  const bytes = doubles ? 8 : 4;
  const first = (f: Multiple): number => (doubles ? dOf(f.D, f.Vd) : sOf(f.D, f.Vd));
  const count = (f: { readonly imm8: number }): number => (doubles ? f.imm8 >> 1 : f.imm8);
  // CONSTRAINED UNPREDICTABLE: no registers, or too many; the PC that is written back, or in T32. We choose UNDEFINED.
  const valid = (f: Multiple): boolean =>
    count(f) > 0 && first(f) + count(f) <= 32 && count(f) <= (doubles ? 16 : 32) && (f.Rn !== PC || (W === '0' && isConditional(f)));
  const spelling = (load: boolean, f: Multiple): string => {
    const names = Array.from({ length: count(f) }, (_, i) => `${doubles ? 'd' : 's'}${first(f) + i}`);
    const list = names.length > 1 ? `{${names[0] as string}-${names.at(-1) as string}}` : `{${names[0] as string}}`;
    const extended = doubles && (f.imm8 & 1) === 1;
    if (f.Rn === 13 && W === '1' && load === (U === '1') && !extended) return `${load ? 'vpop' : 'vpush'}\t${list}`;
    const direction = U === '1' ? 'ia' : 'db';
    const mnemonic = extended ? `f${load ? 'ld' : 'st'}m${direction}x` : `v${load ? 'ld' : 'st'}m${direction}`;
    return `${mnemonic}\t${reg(f.Rn)}${W === '1' ? '!' : ''}, ${list}`;
  };
  const begin = (b: Builder, f: { readonly Rn: Operand; readonly imm8: number }): { readonly start: I32; readonly after: I32 } => {
    const n = base(b, f.Rn, PCValue(b));
    const moved = U === '1' ? b.add(n, b.i32(4 * f.imm8)) : b.sub(n, b.i32(4 * f.imm8));
    return { start: U === '1' ? n : moved, after: moved };
  };
  const place = (b: Builder, start: I32, i: number): I64 => b.extU(b.add(start, b.i32(i * bytes)));
  const bits = `110 ${fixed(P)} ${fixed(U)} D:1 ${fixed(W)}` as const;
  return [
    vfp(`VLDM (${lane}, ${P}${U}${W})`, `${bits} 1 Rn:4 Vd:4 10 ${fixed(size)} imm8!8`, {
      valid,
      derive: f => ({ d: first(f) }),
      asm: f => spelling(true, f),
      exec(b, f) {
        const { start, after } = begin(b, f);
        const values: I64[] = [];
        while (values.length + 1 < count(f)) values.push(...b.loadPair(place(b, start, values.length), bytes, words));
        if (values.length < count(f)) values.push(b.load(place(b, start, values.length), bytes, words));
        values.forEach((value, i) => { setElement(b, lane, b.add(b.operand(f.d), b.i32(i)), value); });
        if (W === '1') setR(b, f.Rn, after);
      },
    }),
    vfp(`VSTM (${lane}, ${P}${U}${W})`, `${bits} 0 Rn:4 Vd:4 10 ${fixed(size)} imm8!8`, {
      valid,
      derive: f => ({ d: first(f) }),
      asm: f => spelling(false, f),
      exec(b, f) {
        const { start, after } = begin(b, f);
        const register = (i: number): I64 => element(b, lane, b.add(b.operand(f.d), b.i32(i)));
        const last = count(f) - 1;
        for (let i = 0; i < last; i += 2) b.storePair(place(b, start, i), register(i), register(i + 1), bytes, words);
        if (last % 2 === 0) b.store(place(b, start, last), register(last), bytes, words);
        if (W === '1') setR(b, f.Rn, after);
      },
    }),
  ];
}

export const vfpMemory: readonly Both[] = [...single, ...modes.flatMap(mode => [...multiple('10', mode), ...multiple('11', mode)])];
