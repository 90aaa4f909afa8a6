/** Runs a few named instructions over given vector registers on an engine. */
import { insns } from '../../src/guest/aarch64/insns.ts';
import { encode, type RawFields } from '../../src/isa/insn.ts';
import type { Engine, Outcome } from '../engines/engine.ts';
import { stateOf } from '../engines/inputs.ts';

export type Program = readonly (readonly [name: string, fields: RawFields])[];

export type Vectors = Readonly<Record<number, bigint>>;

export interface VectorMachine {
  /** Everything afterwards. FPSR and registers that `v` doesn't give are 0 before. Throws an Error unless the end was reached. */
  outcome(program: Program, v: Vectors): Outcome;
  /** V0 afterwards. */
  run(program: Program, v: Vectors): bigint;
}

/** The word of the instruction that has this name. */
export function assemble(name: string, fields: RawFields): number {
  const insn = insns.find(i => i.name === name);
  if (!insn) throw new RangeError(`no instruction '${name}'`);
  return encode(insn, fields);
}

export function vectorMachine(engine: Engine): VectorMachine {
  const outcome: VectorMachine['outcome'] = (program, v) => {
    const before = { ...stateOf(0), fpsr: 0, v: Array.from({ length: 32 }, (_, i) => v[i] ?? 0n) };
    const after = engine.run(Uint32Array.from(program, ([name, fields]) => assemble(name, fields)), before);
    if (after.stop !== 'left') throw new Error(`stopped at ${after.pc.toString(16)}: ${after.stop}`);
    return after;
  };
  return { outcome, run: (program, v) => outcome(program, v).v[0] as bigint };
}
