/** One batch on QEMU and on every engine of ours: what is different. */
import type { Random } from '../../../src/base/random.ts';
import { codeOf, runBlocks } from './qemu.ts';
import { ReferenceBlocks } from './reference.ts';
import { type Block, BLOCK_BYTES, CODE, RECORD, type Target } from './target.ts';
import { Tiers } from './tiers.ts';
import type { translation } from './translation.ts';

export type EngineName = 'cold' | 'jit' | 'reference';

export interface Difference extends Block {
  readonly engine: EngineName;
  readonly ours: BigUint64Array;
  readonly theirs: BigUint64Array;
}

const NOTHING = new Uint32Array(0);

export class Comparison {
  /** Instructions that were completed, and that raised, on QEMU, in the cold tier and in compiled units alike; of blocks without a difference. */
  completed = 0;
  raised = 0;
  /** Of them, in the reference evaluator. */
  evaluated = 0;
  units = 0;
  /** Blocks whose difference has a reason. */
  readonly excused = new Map<string, number>();
  /** Milliseconds. */
  readonly time = { cold: 0, compile: 0, jit: 0, qemu: 0, reference: 0 };
  private readonly target: Target;
  private readonly tiers: Tiers<never>;
  private readonly reference: ReferenceBlocks<never>;

  constructor(target: Target) {
    this.target = target;
    this.tiers = new Tiers(target as unknown as Target<never>);
    this.reference = new ReferenceBlocks(target as unknown as Target<never>);
  }

  /** `fraction` of the blocks run in the reference evaluator, too. */
  run(given: readonly Block[], random: Random, fraction: number): Difference[] {
    const { target, tiers } = this;
    const { blocks, cold } = this.timed('cold', () => this.cold(given));
    const counted = random.chance(0.5);
    this.units = this.timed('compile', () => tiers.compile(counted));
    const jit = this.timed('jit', () => blocks.map((b, n) => tiers.run(n, b, counted)?.record));
    const qemu = this.timed('qemu', () => runBlocks(target, blocks));
    this.reference.load(codeOf(target, blocks));
    const found: Difference[] = [];
    blocks.forEach((block, n) => {
      if (block.words.length === 0) return;
      const { record, instructions } = cold[n]!;
      const theirs = qemu[n] ?? timedOut(record);
      let counts = true;
      const judge = (engine: EngineName, ours: BigUint64Array | undefined): void => {
        if (same(ours ?? timedOut(theirs), theirs)) return;
        const faulted = record[RECORD.memory]! | theirs[RECORD.memory]!;
        const reason = target.blockDeviation(block.words, faulted) ?? this.elsewhere(blocks, n, [record, theirs]);
        if (reason === undefined) found.push({ ...block, engine, ours: ours ?? timedOut(theirs), theirs });
        else this.excuse(reason);
        counts = false;
      };
      judge('cold', record);
      judge('jit', jit[n]);
      if (random.chance(fraction)) {
        judge('reference', this.timed('reference', () => this.reference.run(n, block)));
        if (counts) this.evaluated += instructions;
      }
      if (!counts) return;
      this.completed += instructions;
      this.raised += bits(record[RECORD.memory]!) + bits(record[RECORD.other]!);
    });
    return found;
  }

  /** A block's difference has this reason. */
  excuse(reason: string): void {
    this.excused.set(reason, (this.excused.get(reason) ?? 0) + 1);
  }

  /** What the cold tier leaves of one block. */
  record(block: Block): BigUint64Array | undefined {
    this.tiers.load(codeOf(this.target, [block]));
    return this.tiers.run(0, block, true)?.record;
  }

  /** What the compiler makes of one block. */
  translation(block: Block): ReturnType<typeof translation> {
    this.record(block);
    return this.tiers.translation();
  }

  /** What a block that went on in another one met there: a fault ends it. */
  private elsewhere(blocks: readonly Block[], home: number, records: readonly BigUint64Array[]): string | undefined {
    for (const record of records) {
      const at = Number(record[RECORD.pc]) - CODE;
      const n = Math.floor(at / BLOCK_BYTES);
      const reason = n === home || !blocks[n] ? undefined : this.target.blockDeviation(blocks[n].words, 1n << BigInt((at % BLOCK_BYTES) >>> 2));
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Blocks that go round for ever are taken out. */
  private cold(given: readonly Block[]): { blocks: readonly Block[]; cold: { record: BigUint64Array; instructions: number }[] } {
    let blocks = given;
    for (;;) {
      this.tiers.load(codeOf(this.target, blocks));
      const runs = blocks.map((b, n) => this.tiers.run(n, b, true));
      if (!runs.includes(undefined)) return { blocks, cold: runs as { record: BigUint64Array; instructions: number }[] };
      blocks = blocks.map((b, n) => (runs[n] ? b : { ...b, words: NOTHING }));
    }
  }

  private timed<T>(what: keyof Comparison['time'], f: () => T): T {
    const started = performance.now();
    const result = f();
    this.time[what] += performance.now() - started;
    return result;
  }
}

/** A record that nothing leaves, for what doesn't come to its end. */
function timedOut(like: BigUint64Array): BigUint64Array {
  const record = like.slice();
  record[RECORD.pc] = 0xdead_0000_0000n;
  return record;
}

function same(a: BigUint64Array, b: BigUint64Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function bits(set: bigint): number {
  let count = 0;
  for (let rest = set; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}
