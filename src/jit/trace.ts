/**
 * A unit's instructions: from its entry straight on, through not-taken branches and unconditional ones that stay in
 * the page, until something leaves for good. A branch back to the entry closes a loop.
 */
import { bytesOf, meaningIn, runsIn, type GuestArch } from '../isa/arch.ts';
import type { Builder } from '../isa/builder.ts';
import { stager, type Insn, type RawFields } from '../isa/insn.ts';
import { IrBuilder } from '../ir/builder.ts';
import { Graph, NONE } from '../ir/graph.ts';
import { Tally } from '../ir/tally.ts';
import { exit, PAGE } from './abi.ts';
import { TALLIED } from './key-map.ts';
import type { CodeSpace } from './code-space.ts';

export interface Trace {
  readonly entryOffset: number;
  readonly instructions: number;
  readonly loops: boolean;
  /** Which parts of the page it was translated from: bit n for bytes 64n..64n+63, as two halves. */
  readonly coverLow: number;
  readonly coverHigh: number;
}

type Stage = (word: number) => RawFields;

/** Nodes of a unit, after which it ends at the next instruction. */
const MOST_NODES = 3000;

export class Tracer {
  readonly ir: IrBuilder;
  private readonly arch: GuestArch;
  private readonly space: CodeSpace;
  /** By halfword of the page: the number of the last trace that was there. */
  private readonly visited = new Uint32Array(PAGE >>> 1);
  private trace = 0;
  private entry = 0;
  private looped = false;
  private readonly tally = new Tally();
  /** By the instruction's place in the decoder's list. */
  private readonly stagers: Stage[] = [];
  private readonly entryStagers = new Map<Insn, Stage>();

  constructor(arch: GuestArch, space: CodeSpace) {
    this.arch = arch;
    this.space = space;
    this.ir = new IrBuilder(new Graph(), space.state, exit.raised, space.helpers.id, target => {
      if (target === this.entry) { this.looped = true; return 'loop'; }
      return this.visited[target >>> 1] === this.trace ? 'exit' : 'follow';
    });
  }

  /** Records the trace of up to `limit` instructions that starts at `offset` of the page at arena address `page`; the IR is in `ir` until the next call. */
  record(page: number, offset: number, mode: number, limit: number): Trace {
    const trace = this.follow(page, offset, mode, limit, false);
    // That it is a loop is known at its end, and a loop keeps its state otherwise.
    return trace.loops ? this.follow(page, offset, mode, limit, true) : trace;
  }

  private follow(page: number, offset: number, mode: number, limit: number, loops: boolean): Trace {
    const { ir, arch, visited } = this;
    ir.begin(undefined, loops);
    ir.setMode(meaningIn(arch, mode));
    ir.tally = mode & TALLIED ? this.tally.clear() : undefined;
    const trace = ++this.trace;
    this.entry = offset;
    this.looped = false;
    let at = offset;
    let modeHere = mode;
    const halfwords = arch.halfwords?.in(mode) ? arch.halfwords : undefined;
    let count = 0;
    let low = 0;
    let high = 0;
    ir.at(offset, 0);
    const word = this.space.word(page + offset, mode);
    const entry = arch.entry?.(word, mode);
    if (entry) this.enter(entry, word);
    for (;;) {
      visited[at >>> 1] = trace;
      const word = this.space.word(page + at, modeHere);
      const bytes = halfwords ? bytesOf(arch, modeHere, word) : 4;
      const chunk = at >>> 6;
      if (chunk < 32) low |= 1 << chunk; else high |= 1 << (chunk - 32);
      const last = (at + bytes - 1) >>> 6;
      if (last !== chunk) if (last < 32) low |= 1 << last; else high |= 1 << (last - 32);
      ir.at(at, count, bytes);
      this.instruction(word, modeHere);
      count++;
      if (ir.ended) break;
      const behind = halfwords ? halfwords.modeBehind(modeHere, word) : modeHere;
      if (behind !== modeHere) ir.setMode(meaningIn(arch, (modeHere = behind)));
      at = ir.followed === NONE ? at + bytes : ir.followed;
      // Where the mode is for a few instructions only, the unit goes on to their end.
      const full = modeHere === mode && (count >= limit || ir.g.count > MOST_NODES);
      if (at >= PAGE || full || visited[at >>> 1] === trace || this.endsBefore(page, at, modeHere)) {
        if (modeHere === mode) ir.continueAt(at);
        else this.leaveInMode(at, count);
        break;
      }
    }
    return { entryOffset: offset, instructions: count, loops: this.looped && ir.loops, coverLow: low, coverHigh: high };
  }

  private endsBefore(page: number, at: number, mode: number): boolean {
    const { space } = this;
    return space.stops.has(page + at) || space.straddles(page, at, mode) || (this.ir.tally !== undefined && this.observes(page + at, mode));
  }

  /** What is at `at` is of another mode than the unit: whoever finds it asks for the mode again. */
  private leaveInMode(at: number, count: number): void {
    this.ir.at(at, count);
    this.ir.exit(exit.lookup);
  }

  private observes(place: number, mode: number): boolean {
    return this.arch.decoder.decode(this.space.word(place, mode), mode)?.observer ?? false;
  }

  private instruction(word: number, mode: number): void {
    const { ir, arch } = this;
    const { decoder } = arch;
    const place = decoder.find(word, mode);
    if (place < 0) return ir.exit(exit.undefined);
    const insn = decoder.insns[place]!;
    if (!runsIn(arch, insn, mode)) return ir.exit(exit.requirement);
    const stage = this.stagers[place] ?? (this.stagers[place] = this.stager(insn));
    insn.exec(ir as unknown as Builder, stage(word) as never);
  }

  /** What the guest wants done where code is entered, as if it were an instruction. */
  private enter(insn: Insn, word: number): void {
    const stage = this.entryStagers.get(insn) ?? this.stager(insn);
    this.entryStagers.set(insn, stage);
    insn.exec(this.ir as unknown as Builder, stage(word) as never);
  }

  private stager(insn: Insn): Stage { return stager(insn, value => this.ir.i64(value)); }
}
