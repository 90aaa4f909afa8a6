/** Random blocks from the instruction list. */
import type { Random } from '../../../src/base/random.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { BATCH, type Batch, BLOCK_WORDS, CODE, CODE_BYTES, MAX_WORDS, type Piece, type Target } from './target.ts';

const SHORTEST = 16;

export class Generator {
  /** Words of each instruction so far. */
  readonly counts = new Map<Insn, number>();
  private readonly target: Target;
  private readonly insns: readonly Insn[];

  /** `expression`: of names of groups or instructions. Throws where it matches none. */
  constructor(target: Target, expression: string) {
    const wanted = new RegExp(expression, 'i');
    this.target = target;
    this.insns = Object.entries(target.groups).flatMap(([group, insns]) => insns.filter(i => wanted.test(group) || wanted.test(i.name)));
    if (this.insns.length === 0) throw new Error(`no instruction of ${target.name} matches '${expression}'`);
    for (const insn of this.insns) this.counts.set(insn, 0);
  }

  /** Throws a RangeError where there is no room for so many blocks. */
  batch(blocks: number, random: Random): Batch {
    if (blocks > BATCH) throw new RangeError(`at most ${BATCH} blocks`);
    const code = new Uint32Array(CODE_BYTES / 4).fill(this.target.trap);
    return { code, pieces: Array.from({ length: blocks }, (_, n) => this.block(code, n * BLOCK_WORDS, random)) };
  }

  private block(code: Uint32Array, first: number, random: Random): Piece {
    const length = random.chance(0.05) ? 1 + random.below(SHORTEST) : SHORTEST + random.below(MAX_WORDS + 1 - SHORTEST);
    for (let i = 0; i < length;) {
      const insn = random.pick(this.insns);
      const word = this.target.randomWord(insn, random, length - i);
      if (word === undefined) continue;
      this.counts.set(insn, this.counts.get(insn)! + 1);
      code[first + i++] = word;
    }
    return { first, length, state: this.target.randomState(random, CODE + 4 * first, length) };
  }
}
