/** A Builder that takes both ways of every `fallback` and compares them, for running single floating-point instructions. */
import type { Field } from '../../../src/base/layout.ts';
import type { Builder, I32, Value } from '../../../src/isa/builder.ts';
import { integerOps } from '../../../src/isa/eval/integer.ts';
import { bitsOf, i32, i64, v128 } from '../../../src/isa/eval/value.ts';
import { vectorOps } from '../../../src/isa/eval/vector.ts';
import type { Helper } from '../../../src/isa/call.ts';
import { extract, type Insn } from '../../../src/isa/insn.ts';
import { fpFast, fpFastFlushing, type FpState } from '../../../src/guest/aarch64/fp/status.ts';
import { hostFloatOps } from './host-float.ts';

export interface Registers {
  readonly x: bigint[];
  readonly v: bigint[];
  /** Predicates; all is active without. */
  readonly p?: bigint[];
  nzcv: number;
  fpcr: number;
  fpsr: number;
}

export interface Tally {
  /** How often a fast path was offered, and how often it was sure. */
  offered: number;
  sure: number;
  /** What went wrong: a fast path was sure of something else than the helper. */
  readonly differences: string[];
}

const scalars = (s: Registers, state: FpState): Readonly<Record<string, number>> => ({
  FPCR: state.FPCR,
  FPSR: state.FPSR,
  fpFast: state.fpFast,
  fpFastFlushing: state.fpFastFlushing,
  nzcv: s.nzcv,
});

/** Runs `word` on `s`, and counts in `tally`. `fused`: on a host with a multiply-add that rounds once. */
export function runBothWays(insn: Insn, word: number, s: Registers, fused: boolean, tally: Tally): void {
  const state: FpState = { FPCR: s.fpcr, FPSR: s.fpsr, fpFast: fpFast(s.fpcr, s.fpsr), fpFastFlushing: fpFastFlushing(s.fpcr, s.fpsr) };
  const runHelper = (helper: Helper, args: readonly Value[]): Value => {
    const result = helper.run({ state } as never, ...args.map(bitsOf));
    const bits = BigInt(result as bigint | number);
    return helper.result === 'v128' ? v128(bits) : helper.result === 'i64' ? i64(bits) : i32(bits);
  };
  const p = s.p ?? Array.from({ length: 16 }, () => 0xffffn);
  const slot = (field: Field, index: I32): [bigint[], number] => [field.name === 'v' ? s.v : field.name === 'p' ? p : s.x, Number(bitsOf(index))];
  const builder = {
    ...integerOps,
    ...vectorOps,
    ...hostFloatOps,
    fused,
    get: (field: Field) => i32(scalars(s, state)[field.name] as number),
    set: (_field: Field, value: Value) => {
      s.nzcv = Number(bitsOf(value));
    },
    getAt(field: Field, index: I32) {
      const [slots, i] = slot(field, index);
      const bits = slots[i] ?? 0n;
      return field.name === 'v' ? v128(bits) : field.name === 'p' ? i32(bits) : i64(bits);
    },
    setAt(field: Field, index: I32, value: Value) {
      const [slots, i] = slot(field, index);
      slots[i] = bitsOf(value);
    },
    call: (helper: Helper, ...args: readonly Value[]) => runHelper(helper, args),
    fallback(helper: Helper, args: readonly Value[], fast: () => [I32, Value]) {
      const [ok, value] = fast();
      const reported = state.FPSR;
      const exact = runHelper(helper, args);
      tally.offered++;
      if (bitsOf(ok) === 0n) return exact;
      tally.sure++;
      if (bitsOf(ok) !== 1n) tally.differences.push(`${insn.name}: ok is ${bitsOf(ok)}`);
      if (value.type !== exact.type || bitsOf(value) !== bitsOf(exact) || state.FPSR !== reported) {
        const inputs = args.map(a => bitsOf(a).toString(16)).join(', ');
        tally.differences.push(
          `${insn.name}: ${helper.name}(${inputs}) with FPCR ${s.fpcr.toString(16)} is ${bitsOf(exact).toString(16)}` +
            ` and reports ${(state.FPSR ^ reported).toString(16)}, the fast path gives ${bitsOf(value).toString(16)}`,
        );
      }
      return exact;
    },
  } as unknown as Builder;
  const raw = extract(insn, word);
  const fields: Record<string, number | Value> = {};
  for (const f of insn.fields) fields[f.name] = f.mode ? (raw[f.name] as number) : i32(raw[f.name] as number);
  for (const [name, value] of Object.entries(insn.derive(raw))) fields[name] = typeof value === 'bigint' ? i64(value) : i32(value);
  insn.exec(builder, fields as never);
  s.fpsr = state.FPSR;
}
