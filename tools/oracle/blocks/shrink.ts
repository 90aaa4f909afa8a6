/** From a block on which two executions differ to one instruction, or else to the shortest beginning. */
import { Random } from '../../../src/base/random.ts';
import { Comparison, type Difference, type EngineName } from './compare.ts';
import { type Block, RECORD, type Target } from './target.ts';

export class Shrinker {
  readonly comparison: Comparison;
  private readonly target: Target;
  private readonly random = new Random(1);

  constructor(target: Target) {
    this.target = target;
    this.comparison = new Comparison(target);
  }

  /** One instruction if one alone shows it with the state that the ones before it left, else the shortest beginning. */
  shortest(found: Difference): Difference {
    const beginnings = Array.from(found.words, (_, i) => ({ words: found.words.slice(0, i + 1), state: found.state }));
    const shortest = this.differing(found.engine, beginnings) ?? found;
    return this.alone(shortest) ?? shortest;
  }

  /** As many zeros in the registers as possible: halves first, then quarters, and so on down to single ones. */
  simplest(found: Difference): Difference {
    let smallest = found;
    for (let size = this.target.slots.length >>> 1; size >= 1; size >>>= 1) {
      for (let at = 0; at < this.target.slots.length; at += size) {
        const state = smallest.state.slice().fill(0n, at, at + size);
        if (state.every((value, i) => value === smallest.state[i])) continue;
        smallest = this.differing(found.engine, [{ words: smallest.words, state }]) ?? smallest;
      }
    }
    return smallest;
  }

  /** The difference that `engine` and QEMU have on the first of the blocks that has one. */
  private differing(engine: EngineName, blocks: readonly Block[]): Difference | undefined {
    return this.comparison.run(blocks, this.random, engine === 'reference' ? 1 : 0).find(d => d.engine === engine);
  }

  private alone({ engine, words, state }: Difference): Difference | undefined {
    if (words.length === 1) return undefined;
    const record = this.comparison.record({ words: words.slice(0, -1), state });
    if (!record) return undefined;
    return this.differing(engine, [{ words: words.slice(-1), state: record.slice(RECORD.slots, RECORD.slots + this.target.slots.length) }]);
  }
}
