/**
 * The performance monitors of one CPU: ARM DDI 0487, D13. Counters are brought up to date when somebody looks, when what
 * they count changes (exception level, registers), and when the first of them may overflow: the engine asks how far it may
 * run until then, so that an overflow is seen behind the very instruction that made it. With no counter on nothing is done.
 */
import { TALLIES, TALLY } from '../../../isa/arch.ts';
import type { Arm64Cpu } from '../cpu.ts';
import { fields } from '../state.ts';
import { EVENT, mostAtOnce, tallied } from './events.ts';

export const CYCLE_COUNTER = 31;
/** PMEVCNTR<n> that the state has room for; PMCR_EL0.N says how many there are. */
export const EVENT_COUNTERS = 6;
export const PMCR = { E: 1, P: 2, C: 4, D: 8, X: 16, DP: 32, LC: 64, LP: 128 } as const;
const TYPE_P = 0x8000_0000;
const TYPE_U = 0x4000_0000;
const EVENT_BITS = 0xffff;

const WORD = 2 ** 32;
/** Instructions after which the tally is looked at in any case, so that differences of its low words are enough. */
const LOOK = 1 << 20;
/** The same where a clock runs towards an overflow: an instruction takes half a cycle at least. */
const CLOCK_LOOK = 500;

const bit = (n: number): number => (1 << n) >>> 0;

export class PerformanceMonitors {
  private readonly cpu: Arm64Cpu;
  private readonly words: Uint32Array;
  private readonly tallyWord: number;
  /** Counters that are on. */
  private active = 0;
  private line = false;
  /** Nobody runs the CPU: its clock stands. */
  private paused = false;
  private readonly changes = new Float64Array(TALLIES);
  private cycles = 0;
  /** The engine keeps the tally. */
  private kept = false;
  /** Events that may be counted (KVM's filter); what PMCEID doesn't show counts nothing. */
  allowed: (event: number) => boolean = () => true;
  /** What the model has, and PMCR_EL0.N. */
  readonly most: number;
  private present: number;

  constructor(cpu: Arm64Cpu) {
    this.cpu = cpu;
    this.words = cpu.env.arena.u32;
    this.tallyWord = (cpu.env.base + fields.tally.offset) >>> 2;
    this.most = this.present = Math.min((cpu.model.PMCR >>> 11) & 31, EVENT_COUNTERS);
  }

  get counters(): number { return this.present; }
  /** Fewer counters than the model has; before they count. */
  setCounters(n: number): void { this.present = n; }

  /** Bits of the counters that there are. */
  get mask(): number { return (bit(this.counters) - 1 + 2 ** CYCLE_COUNTER) >>> 0; }
  /** Whether some counter is on. */
  get counting(): boolean { return this.active !== 0; }
  /** Counters of events have 64 bits. */
  get long(): boolean { return this.cpu.model.features.has('PMUv3p5'); }
  /** The overflow interrupt's request. */
  get overflow(): boolean { return this.line; }

  /** Registers were written, or the whole state was: `account` came before. */
  changed(): void {
    const { state } = this.cpu;
    const before = this.active;
    this.active = state.PMCR_EL0 & PMCR.E ? (state.PMCNTEN & this.mask) >>> 0 : 0;
    if (before === 0 && this.active !== 0) this.look();
    this.drive();
    if (before !== 0 || this.active !== 0) this.cpu.env.tally?.changed();
  }

  /** The guest is about to run, and has stopped. */
  resume(): void {
    if (!this.paused) return;
    // An instruction that a device answered is over by now; the clock goes on from here.
    this.account();
    this.paused = false;
  }
  pause(): void {
    if (this.paused) return;
    this.account();
    this.paused = true;
  }

  /**
   * Counts what was done since it was last called, at the current exception level. `retiring`: instructions that the tally
   * will have only when they are over, but which belong to this level.
   */
  account(retiring = 0): void {
    if (this.active === 0) return;
    this.look();
    if (retiring && this.kept) {
      this.changes[TALLY.instructions]! += retiring;
      this.cpu.state.pmuSeen[TALLY.instructions]! += retiring;
      if (this.cpu.env.tally?.counted()) this.cycles += retiring;
    }
    for (let n = 0; n < this.counters; n++) if (this.active & bit(n)) this.accountFor(n);
    if (this.active & bit(CYCLE_COUNTER)) this.accountCycles();
    this.drive();
  }

  private accountFor(n: number): void {
    const event = this.eventOf(n);
    if (!this.countsHere(n)) return;
    if (event === EVENT.CPU_CYCLES) this.add(n, this.cycles);
    let more = 0;
    for (const what of tallied.get(event) ?? []) more += this.changes[what]!;
    this.add(n, more);
  }

  private accountCycles(): void {
    if (!this.countsHere(CYCLE_COUNTER)) return;
    const { state } = this.cpu;
    let { cycles } = this;
    // PMCR_EL0.D: one in 64, and only where the counter isn't a long one.
    if ((state.PMCR_EL0 & (PMCR.D | PMCR.LC)) === PMCR.D) {
      cycles += state.pmuCycleRest;
      state.pmuCycleRest = cycles % 64;
      cycles = Math.floor(cycles / 64);
    }
    this.add(CYCLE_COUNTER, cycles);
  }

  /** An event that somebody tells of, which happens at the current exception level. */
  event(event: number): void {
    if (this.active === 0) return;
    for (let n = 0; n < this.counters; n++) if (this.active & bit(n) && this.eventOf(n) === event && this.countsHere(n)) this.add(n, 1);
    this.drive();
  }

  /** PMSWINC_EL0. */
  softwareIncrement(counters: number): void {
    for (let n = 0; n < this.counters; n++) {
      if (counters & this.active & bit(n) && this.eventOf(n) === EVENT.SW_INCR && this.countsHere(n)) this.add(n, 1);
    }
    this.drive();
  }

  /** How many instructions may be run before `account` has to be called again; 0: the tally isn't needed. */
  limit(): number {
    this.account();
    let limit = 0;
    const atMost = (n: number): void => { limit = limit === 0 ? Math.min(n, LOOK) : Math.min(n, limit); };
    for (let n = 0; n <= CYCLE_COUNTER; n++) {
      if (!(this.active & bit(n))) continue;
      const event = this.eventOf(n);
      const clock = event === EVENT.CPU_CYCLES && !this.cpu.env.tally?.counted();
      if (!this.countsSomewhere(n) || (event !== EVENT.CPU_CYCLES && !tallied.has(event))) continue;
      const left = this.untilInterrupt(n);
      if (clock) {
        if (left !== undefined) atMost(Math.max(CLOCK_LOOK, Math.floor(left / 2)));
      } else atMost(left === undefined ? LOOK : Math.max(1, Math.floor(left / mostAtOnce(event))));
    }
    this.kept = limit > 0;
    return limit;
  }

  /** What counter n must still count before an interrupt is asked for; undefined: however far it goes, none is. */
  private untilInterrupt(n: number): number | undefined {
    const { state } = this.cpu;
    const own = this.untilOverflow(n);
    if (state.PMINTEN & bit(n)) return own;
    if (!this.chains(n) || !(state.PMINTEN & bit(n + 1))) return undefined;
    return own + (this.untilOverflow(n + 1) - 1) * WORD;
  }

  private untilOverflow(n: number): number {
    const at = this.counterWord(n);
    const low = WORD - this.words[at]!;
    return this.is64(n) ? low + (WORD - 1 - this.words[at + 1]!) * WORD : low;
  }

  /** Reads tally and clock: `changes` and `cycles` are since the last time. */
  private look(): void {
    const { state, platform, env } = this.cpu;
    for (let what = 0; what < TALLIES; what++) {
      const now = this.words[this.tallyWord + 2 * what]!;
      const change = (now - state.pmuSeen[what]!) >>> 0;
      // The instruction that was counted last (`retiring`) may not be in the tally yet.
      const ahead = change === WORD - 1;
      this.changes[what] = ahead ? 0 : change;
      if (!ahead) state.pmuSeen[what] = now;
    }
    const now = platform.nanoseconds?.() ?? 0n;
    const elapsed = this.paused ? 0 : Number(now - state.pmuClock);
    state.pmuClock = now;
    // A cycle is a nanosecond, or, where instructions stand for time, an instruction.
    this.cycles = env.tally?.counted() ? this.changes[TALLY.instructions]! : Math.max(0, elapsed);
  }

  private add(n: number, amount: number): void {
    if (amount === 0) return;
    const at = this.counterWord(n);
    const sum = this.words[at]! + amount;
    let carry = Math.floor(sum / WORD);
    this.words[at] = sum % WORD;
    if (carry === 0) return;
    if (n === CYCLE_COUNTER || this.long) {
      const high = this.words[at + 1]! + carry;
      this.words[at + 1] = high % WORD;
      if (this.is64(n)) carry = Math.floor(high / WORD);
    }
    if (carry === 0) return;
    this.cpu.state.PMOVS = (this.cpu.state.PMOVS | bit(n)) >>> 0;
    if (this.chains(n) && this.active & bit(n + 1) && this.countsHere(n + 1)) this.add(n + 1, carry);
  }

  /** Counter n + 1 counts the overflows of counter n. */
  private chains(n: number): boolean {
    return (n & 1) === 0 && n + 1 < this.counters && this.eventOf(n + 1) === EVENT.CHAIN && !this.is64(n);
  }

  private is64(n: number): boolean {
    const { PMCR_EL0 } = this.cpu.state;
    return n === CYCLE_COUNTER ? (PMCR_EL0 & PMCR.LC) !== 0 : this.long && (PMCR_EL0 & PMCR.LP) !== 0;
  }

  private typeOf(n: number): number {
    const { state } = this.cpu;
    return n === CYCLE_COUNTER ? state.PMCCFILTR_EL0 : state.PMEVTYPER[n]!;
  }

  private eventOf(n: number): number { return n === CYCLE_COUNTER ? EVENT.CPU_CYCLES : this.typeOf(n) & EVENT_BITS; }

  private countsHere(n: number): boolean {
    const excluded = this.cpu.state.currentEL === 0 ? TYPE_U : TYPE_P;
    return !(this.typeOf(n) & excluded) && this.passes(this.eventOf(n));
  }

  private countsSomewhere(n: number): boolean {
    const type = this.typeOf(n);
    return !(type & TYPE_P && type & TYPE_U) && this.passes(this.eventOf(n));
  }

  /** No filter holds back what software does, or what isn't an event by itself. */
  private passes(event: number): boolean { return event === EVENT.SW_INCR || event === EVENT.CHAIN || this.allowed(event); }

  private counterWord(n: number): number {
    const { offset } = n === CYCLE_COUNTER ? fields.PMCCNTR_EL0 : fields.PMEVCNTR;
    return ((this.cpu.env.base + offset) >>> 2) + (n === CYCLE_COUNTER ? 0 : 2 * n);
  }

  /** The overflow interrupt is asked for while a flag is set that is enabled for it, and the monitors are on. */
  private drive(): void {
    const { state } = this.cpu;
    const line = (state.PMCR_EL0 & PMCR.E) !== 0 && (state.PMOVS & state.PMINTEN & this.mask) !== 0;
    if (line === this.line) return;
    this.line = line;
    this.cpu.platform.overflowed?.(line);
  }
}
