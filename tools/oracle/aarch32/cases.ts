/** Random cases: an instruction's own fields give the words, a seed the state. */
import { groups as a32Groups } from '../../../src/guest/aarch64/aarch32/a32-insns.ts';
import { groups as t32Groups } from '../../../src/guest/aarch64/aarch32/t32-insns.ts';
import type { Random } from '../../../src/base/random.ts';
import { type Decoder, decoder, OverlapError } from '../../../src/isa/decode.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { type Engine, Incomparable } from '../../../test/aarch32/engines/engine.ts';
import { stateOf } from '../../../test/aarch32/engines/inputs.ts';
import { type Case, harmless } from './qemu.ts';

export interface SeededCase extends Case {
  readonly insn: Insn;
  readonly seed: number;
  /** Where it stands, if not at CODE. */
  readonly at?: number;
}

export const groups: Readonly<Record<string, readonly Insn[]>> = { ...a32Groups, ...t32Groups };

/** T32's names begin with `T16` or `T32`. */
export const isThumb = (insn: Insn): boolean => insn.name.startsWith('T');

/** Instructions whose name or group (the file's name) the expression matches. */
export function matching(expression: string): Insn[] {
  const wanted = new RegExp(expression, 'i');
  return Object.entries(groups).flatMap(([group, insns]) => insns.filter(i => wanted.test(group) || wanted.test(i.name)));
}

/** Where some instructions still overlap or share a name, the others can be worked on. */
function lenient(insns: readonly Insn[]): Decoder {
  const named = insns.filter((insn, i) => insns.findIndex(other => other.name === insn.name) === i);
  for (const insn of insns) if (!named.includes(insn)) console.log(`'${insn.name}' stands twice; the second is left out`);
  try {
    return decoder(named);
  } catch (e) {
    if (!(e instanceof OverlapError)) throw e;
    console.log(`${e.message}\nThe second of each is left out.`);
    const dropped = new Set(e.pairs.map(([, b]) => b));
    return decoder(named.filter(i => !dropped.has(i)));
  }
}

export const lenientDecoders = (): Readonly<Record<'a32' | 't32', Decoder>> =>
  ({ a32: lenient(Object.values(a32Groups).flat()), t32: lenient(Object.values(t32Groups).flat()) });

const ATTEMPTS = 12;
/** Pages that QEMU has: the kernel's helpers, and what returns from signals. */
export const isQemus = (address: number): boolean => address >>> 16 === 0xffff || address >>> 12 === 0x3_ffff;

/** A case of `insn` that can be compared; undefined where none was found. Most attempts that fault are tried again. */
export function randomCase(
  insn: Insn, decoder: Decoder, engine: Engine, random: Random, modes: Readonly<Record<string, number>> = {},
): SeededCase | undefined {
  const thumb = isThumb(insn);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // A32's condition is a mode, too: most instructions shall be run.
    const cond = insn.fields.some(f => f.name === 'cond') && modes['cond'] === undefined && random.chance(0.6) ? { cond: 14 } : {};
    const word = randomWord(insn, decoder, random, { ...modes, ...cond });
    if (word === undefined || !harmless(word, thumb)) continue;
    const seed = (random.u32() & ~1 | (attempt > 0 ? 1 : random.below(2))) >>> 0;
    const found = { insn, seed, words: Uint32Array.of(word), state: stateOf(seed, thumb) };
    try {
      const { stop, pc } = engine.run(found, found.state);
      if (isQemus(pc)) continue;
      if (stop !== 'memory' || random.chance(0.05)) return found;
    } catch (e) {
      if (!(e instanceof Incomparable)) throw e;
    }
  }
  return undefined;
}
