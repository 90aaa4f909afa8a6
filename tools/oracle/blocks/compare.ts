/** One batch on QEMU and on every engine of ours: what is different. */
import type { Random } from '../../../src/base/random.ts';
import { runPieces } from './qemu.ts';
import { ReferenceBlocks } from './reference.ts';
import { type Batch, BLOCK_WORDS, CODE, type Piece, RECORD, type Target, wordsOf } from './target.ts';
import { type Run, Tiers } from './tiers.ts';
import type { translation } from './translation.ts';

export type EngineName = 'cold' | 'jit' | 'reference';

/** Of a piece. `ours` is what all of the engines have left. */
export interface Difference {
  readonly code: Uint32Array;
  readonly piece: Piece;
  readonly engines: EngineName[];
  readonly ours: BigUint64Array;
  readonly theirs: BigUint64Array;
}

type Judged = Run & { readonly piece: Piece };

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
  private readonly qemu: typeof runPieces;
  private readonly tiers: Tiers<never>;
  private readonly reference: ReferenceBlocks<never>;

  constructor(target: Target, qemu = runPieces) {
    this.target = target;
    this.qemu = qemu;
    this.tiers = new Tiers(target as unknown as Target<never>);
    this.reference = new ReferenceBlocks(target as unknown as Target<never>);
  }

  /** `fraction` of the pieces run in the reference evaluator, too. Those that go round for ever are left out. */
  run({ code, pieces }: Batch, random: Random, fraction: number): Difference[] {
    const { target, tiers } = this;
    const cold = this.timed('cold', () => this.cold(code, pieces));
    const counted = random.chance(0.5);
    this.units = this.timed('compile', () => tiers.compile(counted));
    const jit = this.timed('jit', () => cold.map(({ piece }) => tiers.run(piece, counted)?.record));
    const qemu = this.timed('qemu', () => this.qemu(target, code, cold.map(({ piece }) => piece)));
    this.reference.load(code);
    const found: Difference[] = [];
    cold.forEach(({ piece, record, instructions }, n) => {
      const theirs = qemu[n] ?? timedOut(record);
      const differing: Difference[] = [];
      const judge = (engine: EngineName, ours = timedOut(theirs)): void => {
        if (same(ours, theirs)) return;
        const alike = differing.find(d => same(d.ours, ours));
        if (alike) alike.engines.push(engine);
        else differing.push({ code, piece, engines: [engine], ours, theirs });
      };
      judge('cold', record);
      judge('jit', jit[n]);
      if (random.chance(fraction)) {
        judge('reference', this.timed('reference', () => this.reference.run(piece)));
        if (differing.length === 0) this.evaluated += instructions;
      }
      if (differing.length > 0) {
        const reason = this.allowed(code, piece, record, theirs);
        if (reason === undefined) found.push(...differing);
        else this.excuse(reason);
        return;
      }
      this.completed += instructions;
      this.raised += bits(record[RECORD.memory]!) + bits(record[RECORD.other]!);
    });
    return found;
  }

  /** A block's difference has this reason. */
  excuse(reason: string): void {
    this.excused.set(reason, (this.excused.get(reason) ?? 0) + 1);
  }

  /** What is left of a piece from each instruction on that the reference evaluator runs, in that order, with the state there. */
  ends(code: Uint32Array, piece: Piece): Piece[] {
    this.reference.load(code);
    const found: Piece[] = [];
    this.reference.run(piece, (first, state) => {
      const left = piece.first + piece.length - first;
      // Beyond the piece, whatever raises ends it.
      found.push({ first, length: left > 0 && left <= piece.length ? left : 0, state });
    });
    return found;
  }

  /** What the compiler makes of one piece. */
  translation(code: Uint32Array, piece: Piece): ReturnType<typeof translation> {
    this.cold(code, [piece]);
    return this.tiers.translation(piece);
  }

  /** Why QEMU may leave another record of a piece. One that went on in another block has what it met there, up to the fault that ended it. */
  private allowed(code: Uint32Array, piece: Piece, record: BigUint64Array, theirs: BigUint64Array): string | undefined {
    const words = wordsOf(code, piece);
    const faulted = record[RECORD.memory]! | theirs[RECORD.memory]!;
    for (const { [RECORD.pc]: pc } of [record, theirs]) {
      const at = Math.floor((Number(pc) - CODE) / 4);
      const block = at - (at % BLOCK_WORDS);
      const elsewhere = at >= 0 && at < code.length && block !== piece.first - (piece.first % BLOCK_WORDS);
      const met = elsewhere ? Uint32Array.of(...words, ...code.subarray(block, at + 1)) : words;
      const reason = this.target.blockDeviation(met, elsewhere ? faulted | (1n << BigInt(met.length - 1)) : faulted);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  private cold(code: Uint32Array, pieces: readonly Piece[]): Judged[] {
    this.tiers.load(code);
    return pieces.flatMap(piece => {
      const run = this.tiers.run(piece, true);
      return run ? [{ piece, ...run }] : [];
    });
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
