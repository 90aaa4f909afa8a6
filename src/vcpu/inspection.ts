/**
 * The places of one CPU that its guest's debugging asks about (GuestDebugging). No unit or block runs into an instruction where
 * it may stop, and no jump-cache entry leads to one: the loop runs it by itself. Pages of which something is watched aren't in
 * the TLB, so that each access to them takes the slow path. Everything else runs as it did.
 */
import type { GuestDebugging } from '../isa/arch.ts';
import { PAGE, TLB_ENTRIES } from '../jit/abi.ts';
import type { Engine } from './engine.ts';
import type { JumpCache } from './jump-cache.ts';
import type { Tlb } from './tlb.ts';

/** Places in the code cache where nothing runs on; when there are more, all are forgotten. */
const MOST_STOPS = 1024;

export class Inspection {
  private readonly engine: Engine;
  private readonly debug: GuestDebugging;
  private readonly jumps: JumpCache;
  private readonly tlb: Tlb;
  private readonly lookAgain: () => void;
  /** Offsets by virtual page. */
  private pages = new Map<bigint, number[]>();

  /** `lookAgain`: what runs leaves at its next check. */
  constructor(engine: Engine, debug: GuestDebugging, jumps: JumpCache, tlb: Tlb, lookAgain: () => void) {
    this.engine = engine;
    this.debug = debug;
    this.jumps = jumps;
    this.tlb = tlb;
    this.lookAgain = lookAgain;
    // The state may be another thread's work.
    this.changed();
  }

  /** Instructions of this CPU's. */
  get hasStops(): boolean { return this.pages.size > 0; }
  /** Of this one's, or of another that shares the code. */
  get active(): boolean { return this.pages.size > 0 || this.engine.space.stops.size > 0; }

  /** Stops or watched pages are others than before: they are looked at from the next instruction on that is looked up. */
  changed(): void {
    const { stops, watched } = this.debug;
    this.pages = new Map();
    for (const stop of stops) {
      const page = stop / BigInt(PAGE);
      this.pages.set(page, [...(this.pages.get(page) ?? []), Number(stop % BigInt(PAGE))]);
    }
    for (const page of this.pages.keys()) this.jumps.forgetPage(Number(page << 12n & 0xffff_f000n), Number(page >> 20n));
    if (!this.engine.cpus.some(cpu => cpu.inspection?.hasStops)) this.engine.space.stops.clear();
    this.tlb.watched.set(watched);
    for (const [first, bytes] of watched) {
      const pages = Number((first + bytes - 1n >> 12n) - (first >> 12n)) + 1;
      this.tlb.forgetSlots(Number(first >> 12n & BigInt(TLB_ENTRIES - 1)), Math.min(pages, TLB_ENTRIES));
    }
    this.lookAgain();
  }

  /** PC is at `offset` of the page of the arena: whether its instruction is one to stop at, for this CPU or another. */
  arrive(pc: bigint, page: number, offset: number): boolean {
    const { space, cache } = this.engine;
    for (const stop of this.pages.get(pc / BigInt(PAGE)) ?? []) {
      if (space.stops.has(page + stop)) continue;
      if (space.stops.size >= MOST_STOPS) this.forgetStops();
      space.stops.add(page + stop);
      cache.written(page + stop, 4);
    }
    return space.stops.has(page + offset);
  }

  /** Code that was made without them may run into them: every CPU has to arrive again. */
  private forgetStops(): void {
    this.engine.space.stops.clear();
    for (const cpu of this.engine.cpus) cpu.forgetJumps();
  }
}
