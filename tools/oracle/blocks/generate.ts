/** Random blocks from the instruction list. */
import type { Random } from '../../../src/base/random.ts';
import type { Insn } from '../../../src/isa/insn.ts';
import { type Block, BLOCK_BYTES, CODE, MAX_WORDS, type Target } from './target.ts';

const SHORTEST = 16;

export class Generator {
  /** Words of each instruction so far. */
  readonly counts = new Map<Insn, number>();
  private readonly target: Target;
  private readonly insns: readonly Insn[];
  private readonly random: Random;

  /** `expression`: of names of groups or instructions. Throws where it matches none. */
  constructor(target: Target, expression: string, random: Random) {
    const wanted = new RegExp(expression, 'i');
    this.target = target;
    this.insns = Object.entries(target.groups).flatMap(([group, insns]) => insns.filter(i => wanted.test(group) || wanted.test(i.name)));
    this.random = random;
    if (this.insns.length === 0) throw new Error(`no instruction of ${target.name} matches '${expression}'`);
    for (const insn of this.insns) this.counts.set(insn, 0);
  }

  batch(blocks: number): Block[] {
    return Array.from({ length: blocks }, (_, n) => this.block(CODE + n * BLOCK_BYTES));
  }

  private block(start: number): Block {
    const { random } = this;
    const words = new Uint32Array(random.chance(0.05) ? 1 + random.below(SHORTEST) : SHORTEST + random.below(MAX_WORDS + 1 - SHORTEST));
    for (let i = 0; i < words.length;) {
      const insn = random.pick(this.insns);
      const word = this.target.randomWord(insn, random, words.length - i);
      if (word === undefined) continue;
      this.counts.set(insn, this.counts.get(insn)! + 1);
      words[i++] = word;
    }
    return { words, state: this.target.randomState(random, start, words.length) };
  }
}
