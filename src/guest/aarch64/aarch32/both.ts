/**
 * Instructions that A32 and T32 have alike, of the VFP and Advanced SIMD (ARM DDI 0487, F3.1 and F4.1): T32 has the same words, but for
 * 1110 in place of the condition, and another place for the first bits of Advanced SIMD. All are described by A32's.
 */
import type { Description, Insn } from '../../../isa/insn.ts';
import { a32, a32Always, t32 } from './describe.ts';
import { condName } from './names.ts';
import { synchronizing as synchronizingInsn } from './synchronize.ts';

export interface Both {
  readonly a32: Insn;
  readonly t32: Insn;
}

// biome-ignore-start lint/complexity/noBannedTypes: no derived fields is the empty record
type Describe = <const P extends string, D extends Record<string, number | bigint> = {}>(name: string, pattern: P, d: Description<P, D>) => Both;
type DescribeSimd = <const U extends string, const P extends string, D extends Record<string, number | bigint> = {}>(
  name: string,
  U: U,
  pattern: P,
  d: Description<`${U} ${P}`, D>,
) => Both;
// biome-ignore-end lint/complexity/noBannedTypes: as above

type Plain = Description<string, Record<string, number | bigint>>;

/** The condition's suffix stands before the data types: vaddeq.f32. */
function withCondition(d: Plain): Plain {
  return {
    ...d,
    asm: (f, pc) => d.asm(f, pc).replace(/^[^.\t]*/, mnemonic => mnemonic + condName((f as unknown as { readonly cond: number }).cond)),
  };
}

const named = (set: string, d: Plain): Plain => ({
  ...d,
  requires: 'FP',
  ...(d.overrides ? { overrides: d.overrides.map(name => `${set} ${name}`) } : {}),
});

function both(name: string, d: unknown, ofA32: (d: Plain) => Insn, ofT32: string): Both {
  return { a32: ofA32(named('A32', d as Plain)), t32: t32(name, ofT32, named('T32', d as Plain)) };
}

/** With a condition: `pattern` are the 28 bits behind it. */
export const vfp: Describe = (name, pattern, d) => both(name, d, p => a32(name, pattern as string, withCondition(p)), `1110 ${pattern}`);

/** Without one: `pattern` are the 28 bits behind 1111. */
export const always: Describe = (name, pattern, d) => both(name, d, p => a32Always(name, pattern as string, p), `1111 ${pattern}`);

/** Advanced SIMD data processing: `pattern` are the 24 bits behind 1111 001U. */
export const simd: DescribeSimd = (name, U, pattern, d) =>
  both(name, d, p => a32Always(name, `001 ${U} ${pattern}`, p), `111 ${U} 1111 ${pattern}`);

/** Advanced SIMD element or structure load/store: `pattern` are the 24 bits behind 1111 0100. */
export const simdMemory: Describe = (name, pattern, d) =>
  both(name, d, p => a32Always(name, `0100 ${pattern}`, p), `1111 1001 ${pattern}`);

/** As ./synchronize.ts has it. */
export const synchronizing = ({ a32: ofA32, t32: ofT32 }: Both): Both => ({ a32: synchronizingInsn(ofA32), t32: synchronizingInsn(ofT32) });

export const ofA32 = (entries: readonly Both[]): readonly Insn[] => entries.map(e => e.a32);
export const ofT32 = (entries: readonly Both[]): readonly Insn[] => entries.map(e => e.t32);
