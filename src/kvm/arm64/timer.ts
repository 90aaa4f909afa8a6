/**
 * The generic timers of one CPU: EL1's physical timer (CNTP) and virtual timer (CNTV) on one counter of 62.5 MHz that is
 * derived from the machine's clock. DDI 0487 D12.
 */
import type { Arena } from '../../base/arena.ts';
import type { Clock } from '../../base/clock.ts';
import { array, defineLayout, u32, u64 } from '../../base/layout.ts';
import { sysregKey } from '../../guest/aarch64/platform.ts';
import type { VcpuControl } from '../requests.ts';
import type { SystemRegister, SystemRegisters } from './systemregisters.ts';
import type { VmTimers } from './vmtimers.ts';

export const CNTFRQ = 62_500_000;
const NS_PER_TICK = 16n;

const VIRTUAL = 0;
const PHYSICAL = 1;
const ENABLE = 1;
const IMASK = 2;
const ISTATUS = 4;
/** Deadlines beyond this (146 years) are never. */
const NEVER = 1n << 62n;

/**
 * Somebody who can interrupt generated code at a time. At the deadline it stores 1 in the word `expired` of the arena's
 * i32 view, then sets REQUEST_INTERRUPT in the CPU's request word and wakes the vCPU where it sleeps; from any thread.
 */
export interface Alarm {
  /** Replaces the deadline, in the clock's nanoseconds; undefined: none. */
  at(deadlineNs: bigint | undefined): void;
}

/** What an alarm writes: indices into the arena's i32 view. */
export interface AlarmTarget {
  readonly arena: Arena;
  readonly expired: number;
  readonly requestWord: number;
  readonly control: VcpuControl['places'];
}

const timerLayout = defineLayout({
  /** Elements: virtual timer, physical timer. */
  control: array(u32, 2),
  compare: array(u64, 2),
  expired: u32,
});

/** How the output of the virtual timer (0) and the physical one (1) reaches the interrupt controller. */
export type SetLine = (which: 0 | 1, level: boolean) => void;

export class Timers {
  readonly expiredWord: number;
  private readonly arena: Arena;
  private readonly clock: Clock;
  private readonly setLine: SetLine;
  private readonly shared: VmTimers;
  private readonly state: ReturnType<typeof timerLayout.view>;
  private alarm: Alarm | undefined;
  private armed: bigint | undefined;
  /** Whether an output was high at the last update. */
  private raised = false;

  constructor(arena: Arena, clock: Clock, shared: VmTimers, setLine: SetLine) {
    const base = arena.alloc(timerLayout.size);
    this.arena = arena;
    this.clock = clock;
    this.setLine = setLine;
    this.shared = shared;
    shared.moved.push(() => this.update());
    this.state = timerLayout.view(arena, base);
    this.expiredWord = (base + timerLayout.fields.expired.offset) >>> 2;
  }

  setAlarm(alarm: Alarm): void {
    this.alarm = alarm;
  }

  /** The counters go on; both timers are off. */
  reset(): void {
    this.state.control.fill(0);
    this.state.compare.fill(0n);
    this.update();
  }

  /** Evaluates the timers if the alarm rang since the last look. Costs one load where it didn't. */
  poll(): void {
    if (Atomics.load(this.arena.i32, this.expiredWord) !== 0) this.update();
  }

  /** The state was written by another thread. */
  refresh(): void {
    this.armed = undefined;
    this.raised = true;
    this.update();
  }

  /** Drives both outputs as the clock stands now, and sets the alarm to the next time that this changes one. */
  update(): void {
    if (Atomics.exchange(this.arena.i32, this.expiredWord, 0) !== 0) this.armed = undefined;
    const { control } = this.state;
    // Both off, and everybody knows: this is asked at every entry.
    if (((control[VIRTUAL]! | control[PHYSICAL]!) & ENABLE) === 0 && !this.raised && this.armed === undefined) return;
    const now = this.clock.now();
    const outputs = [this.output(VIRTUAL, now), this.output(PHYSICAL, now)] as const;
    this.raised = outputs[VIRTUAL] || outputs[PHYSICAL];
    this.setLine(VIRTUAL, outputs[VIRTUAL]);
    this.setLine(PHYSICAL, outputs[PHYSICAL]);
    const deadline = this.deadlineAfter(now);
    if (deadline === this.armed) return;
    this.armed = deadline;
    this.alarm?.at(deadline);
  }

  /**
   * When an output rises next after the last update, in the clock's nanoseconds; undefined: never as things stand. It may
   * have passed meanwhile: a deadline that is left out because it has would be missed by both.
   */
  deadline(): bigint | undefined {
    return this.armed;
  }

  /** The virtual counter (0) or the physical one (1), as the guest sees it. */
  counter(which: 0 | 1): bigint {
    return this.count(which, this.clock.now());
  }

  /** Makes a counter read `value` now, on all vCPUs. */
  setCounter(which: 0 | 1, value: bigint): void {
    this.shared.moveCounter(which, this.clock.now() / NS_PER_TICK - value);
  }

  nanoseconds(): bigint {
    return this.clock.now();
  }

  /** CNT{V,P}_CTL_EL0 without ISTATUS, and CVAL, for whoever saves and restores them. */
  control(which: 0 | 1): number { return this.readControl(which); }
  setControl(which: 0 | 1, value: number): void {
    this.state.control[which] = value & (ENABLE | IMASK);
    this.update();
  }
  compare(which: 0 | 1): bigint { return this.state.compare[which]!; }
  setCompare(which: 0 | 1, value: bigint): void {
    this.state.compare[which] = value;
    this.update();
  }

  /** The registers by sysregKey. Whether EL0 may use them (CNTKCTL_EL1) is the CPU's business. */
  registers(): SystemRegisters {
    const timer = (which: 0 | 1, CRm: number): [number, SystemRegister][] => [
      [sysregKey(3, 3, 14, CRm, 0), {
        read: () => BigInt.asUintN(32, this.state.compare[which]! - this.counter(which)),
        write: value => this.setCompare(which, BigInt.asUintN(64, this.counter(which) + BigInt.asIntN(32, value))),
      }],
      [sysregKey(3, 3, 14, CRm, 1), {
        read: () => BigInt(this.readControl(which)),
        write: value => this.setControl(which, Number(value & 3n)),
      }],
      [sysregKey(3, 3, 14, CRm, 2), { read: () => this.state.compare[which]!, write: value => this.setCompare(which, value) }],
    ];
    return new Map<number, SystemRegister>([
      [sysregKey(3, 3, 14, 0, 0), { read: () => BigInt(CNTFRQ) }],
      [sysregKey(3, 3, 14, 0, 1), { read: () => this.counter(PHYSICAL) }],
      [sysregKey(3, 3, 14, 0, 2), { read: () => this.counter(VIRTUAL) }],
      ...timer(PHYSICAL, 2),
      ...timer(VIRTUAL, 3),
    ]);
  }

  private count(which: number, now: bigint): bigint {
    return BigInt.asUintN(64, now / NS_PER_TICK - this.shared.offset[which]!);
  }

  private met(which: number, now: bigint): boolean {
    return this.count(which, now) >= this.state.compare[which]!;
  }

  private output(which: number, now: bigint): boolean {
    return (this.state.control[which]! & (ENABLE | IMASK)) === ENABLE && this.met(which, now);
  }

  private readControl(which: number): number {
    const control = this.state.control[which]!;
    return control & ENABLE && this.met(which, this.clock.now()) ? control | ISTATUS : control;
  }

  private deadlineAfter(now: bigint): bigint | undefined {
    let first: bigint | undefined;
    for (const which of [VIRTUAL, PHYSICAL]) {
      if ((this.state.control[which]! & (ENABLE | IMASK)) !== ENABLE) continue;
      const left = this.state.compare[which]! - this.count(which, now);
      if (left <= 0n) continue;
      const at = (now / NS_PER_TICK + left) * NS_PER_TICK;
      if (at < NEVER && (first === undefined || at < first)) first = at;
    }
    return first;
  }
}
