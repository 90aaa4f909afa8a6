/**
 * From a block on which two executions differ to one instruction, or else to the shortest beginning. All code stays in its place, as
 * the block may load from it or branch to it, by addresses that are in its state, too.
 */
import { Random } from '../../../src/base/random.ts';
import type { Comparison, Difference } from './compare.ts';
import { CODE, type Piece, RECORD, type Target } from './target.ts';

export class Shrinker {
  readonly comparison: Comparison;
  private readonly target: Target;
  private readonly random = new Random(1);

  constructor(target: Target, comparison: Comparison) {
    this.target = target;
    this.comparison = comparison;
  }

  /** The last instruction from which on it differs, by itself: where that shows it with the state that the ones before it left. */
  instruction(found: Difference): Difference | undefined {
    return this.alone(this.end(found));
  }

  /** That instruction, or the fewest from there on that show it. */
  shortest(found: Difference): Difference {
    const end = this.end(found);
    return this.alone(end) ?? this.beginning(end);
  }

  /** What is different still with nothing in place of the word at `index` of the code. */
  without(found: Difference, index: number): Difference | undefined {
    return this.differing(found, found.code.with(index, this.target.nop), [found.piece])[0];
  }

  /** As many zeros in the registers as possible: halves first, then quarters, and so on down to single ones. */
  simplest(found: Difference): Difference {
    let smallest = found;
    for (let size = this.target.slots.length >>> 1; size >= 1; size >>>= 1) {
      for (let at = 0; at < this.target.slots.length; at += size) {
        const { code, piece } = smallest;
        const state = piece.state.slice().fill(0n, at, at + size);
        if (state.every((value, i) => value === piece.state[i])) continue;
        smallest = this.differing(found, code, [{ ...piece, state }])[0] ?? smallest;
      }
    }
    return smallest;
  }

  private end(found: Difference): Difference {
    return this.differing(found, found.code, this.comparison.ends(found.code, found.piece)).at(-1) ?? found;
  }

  /** The first instruction of a piece: with nothing else, or what it loads may be code; but then it mustn't have gone on there. */
  private alone(found: Difference): Difference | undefined {
    const { code } = found;
    const piece = { ...found.piece, length: 1 };
    const nothing = new Uint32Array(code.length).fill(this.target.trap).with(piece.first, code[piece.first]!);
    const next = BigInt(CODE + 4 * (piece.first + 1));
    return this.differing(found, nothing, [piece])[0] ??
      this.differing(found, code.with(piece.first + 1, this.target.trap), [piece]).find(({ ours, theirs }) => ours[RECORD.pc] === next && theirs[RECORD.pc] === next);
  }

  /** One that shows it where half of what is left, down to the last instruction, doesn't. */
  private beginning(found: Difference): Difference {
    let shortest = found;
    for (let none = 0; shortest.piece.length - none > 1;) {
      const length = (none + shortest.piece.length) >>> 1;
      const [differing] = this.differing(found, found.code.with(found.piece.first + length, this.target.trap), [{ ...found.piece, length }]);
      if (differing) shortest = differing;
      else none = length;
    }
    return shortest;
  }

  /** The differences that the first engine of `found` and QEMU have there. */
  private differing({ engines: [engine] }: Difference, code: Uint32Array, pieces: readonly Piece[]): Difference[] {
    return this.comparison.run({ code, pieces }, this.random, engine === 'reference' ? 1 : 0).filter(d => d.engines.includes(engine!));
  }
}
