/** Random cases: an instruction's own fields give the words, a seed the state. */
import { Random } from '../../../src/base/random.ts';
import { createPowerPc, models } from '../../../src/guest/powerpc/index.ts';
import { groups } from '../../../src/guest/powerpc/insns.ts';
import type { Decoder } from '../../../src/isa/decode.ts';
import { randomWord } from '../../../src/isa/generate.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { type Engine, Incomparable, type VariantName, variantNames, variants } from '../../../test/powerpc/engines/engine.ts';
import { stateOf } from '../../../test/powerpc/engines/inputs.ts';
import { type Case, harmless } from './qemu.ts';

export interface SeededCase extends Case {
  readonly insn: Insn;
  readonly seed: number;
}

/** Instructions whose name or group (the file's name) the expression matches. */
export function matching(expression: string): Insn[] {
  const wanted = new RegExp(expression, 'i');
  return Object.entries(groups).flatMap(([group, insns]) => insns.filter(i => wanted.test(group) || wanted.test(i.name)));
}

export const decoderOf = (variant: VariantName): Decoder => createPowerPc(models[variants[variant].model]).decoder;

/** The variants that a command line names; all of them where it names none. */
export function askedVariants(names: readonly string[]): VariantName[] {
  const unknown = names.filter(name => !(name in variants));
  if (unknown.length > 0) throw new RangeError(`no variant ${unknown.join(', ')}; there are ${variantNames.join(', ')}`);
  return names.length > 0 ? names as VariantName[] : variantNames;
}

const ATTEMPTS = 12;

/** A case of `insn` that can be compared; undefined where none was found. Most attempts that fault are tried again. */
export function randomCase(
  insn: Insn, decoder: Decoder, engine: Engine, random: Random, modes: Readonly<Record<string, number>> = {},
): SeededCase | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const word = randomWord(insn, decoder, random, modes);
    if (word === undefined) return undefined;
    if (!harmless(engine.variant, word)) continue;
    const seed = (random.u32() & ~1 | (attempt > 0 ? 1 : random.below(2))) >>> 0;
    const found = { insn, seed, words: Uint32Array.of(word), state: stateOf(engine.variant, seed) };
    try {
      if (engine.run(found.words, found.state).stop !== 'memory' || random.chance(0.05)) return found;
    } catch (e) {
      if (!(e instanceof Incomparable)) throw e;
    }
  }
  return undefined;
}
