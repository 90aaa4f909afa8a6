/** Random cases: an instruction's own fields give the words, a seed the state. */
import { type Engine, Incomparable } from '../../test/engines/engine.ts';
import { ADDRESSES_IN_VECTORS, stateOf } from '../../test/engines/inputs.ts';
import { groups, insns } from '../../src/guest/aarch64/insns.ts';
import { Random } from '../../src/base/random.ts';
import { type Decoder, decoder, OverlapError } from '../../src/isa/decode.ts';
import { randomWord } from '../../src/isa/generate.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { type Case, DEFAULT_CPU, harmless } from './qemu.ts';

export interface SeededCase extends Case {
  readonly insn: Insn;
  readonly seed: number;
}

/** Instructions whose name or group (the file's name) the expression matches. */
export function matching(expression: string): Insn[] {
  const wanted = new RegExp(expression, 'i');
  return Object.entries(groups).flatMap(([group, insns]) => insns.filter(i => wanted.test(group) || wanted.test(i.name)));
}

/** Where some instructions still overlap or share a name, the others can be worked on. */
export function lenientDecoder(): Decoder {
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

/** The size of DC ZVA is 512 bytes on QEMU's max, 64 on its Cortex-A57 and on ours. */
const onCortexA57 = new Set(['DC ZVA', 'MRS DCZID_EL0']);
/** QEMU's model for an instruction that isn't the same on all of them. */
export const cpuFor = (insn: Insn, otherwise = DEFAULT_CPU): string => (onCortexA57.has(insn.name) ? 'cortex-a57' : otherwise);

/** Instructions that take addresses from vectors. */
const vectorAddresses = /gather|scatter/;

const ATTEMPTS = 12;

/** A case of `insn` that can be compared; undefined where none was found. Most attempts that fault are tried again. */
export function randomCase(
  insn: Insn, decoder: Decoder, engine: Engine, random: Random, modes: Readonly<Record<string, number>> = {},
): SeededCase | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const word = randomWord(insn, decoder, random, modes);
    if (word === undefined || !harmless(word)) continue;
    const seed = ((random.u32() & ~1 | (attempt > 0 ? 1 : random.below(2))) >>> 0) + (vectorAddresses.test(insn.name) ? ADDRESSES_IN_VECTORS : 0);
    const found = { insn, seed, words: Uint32Array.of(word), state: stateOf(seed) };
    try {
      const { stop, pc } = engine.run(found.words, found.state);
      if (BigInt.asUintN(64, BigInt.asIntN(56, pc)) !== pc) continue; // Linux has TBI on: QEMU's pc is without its top byte
      if (stop !== 'memory' || random.chance(0.05)) return found;
    } catch (e) {
      if (!(e instanceof Incomparable)) throw e;
    }
  }
  return undefined;
}
