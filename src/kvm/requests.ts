/**
 * The request and kick protocol of a vCPU (Documentation/virt/kvm/vcpu-requests.rst): a control block in the arena that any
 * thread with the arena may use, by Atomics only. These are sequentially consistent, so that of "set a request, then read
 * the mode" and "set the mode, then read the requests" at least one sees the other, and no wake-up is lost.
 */
import type { Arena, ArenaPlace } from '../base/arena.ts';
import { acquire, release } from '../base/lock.ts';
import { REQUEST_KICK } from '../vcpu/cpu.ts';

/** The vCPU's thread serves exits, or sleeps. */
export const OUTSIDE_GUEST_MODE = 0;
/** It runs guest code: a kick makes it leave. */
export const IN_GUEST_MODE = 1;
/** It was kicked and hasn't left yet: further kicks have nothing to do. */
export const EXITING_GUEST_MODE = 2;
/** Outside, but who waits for a request to be seen has to wait as if it were inside. */
export const READING_SHADOW_PAGE_TABLES = 3;

/** The low byte of a request is its bit in the block; the rest says how it is made. */
const REQUEST_MASK = 0xff;
/** Does not wake a vCPU that sleeps: it will see the request before it enters the guest. */
export const KVM_REQUEST_NO_WAKEUP = 1 << 8;
/** Who makes it waits until the vCPU has left the guest. */
export const KVM_REQUEST_WAIT = 1 << 9;
/** Nothing to be done but to leave the guest: no bit is set. */
export const KVM_REQUEST_NO_ACTION = 1 << 10;

export const KVM_REQ_TLB_FLUSH = 0 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
export const KVM_REQ_VM_DEAD = 1 | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
export const KVM_REQ_UNBLOCK = 2;
export const KVM_REQ_DIRTY_RING_SOFT_FULL = 3;
export const KVM_REQ_OUTSIDE_GUEST_MODE = KVM_REQUEST_NO_ACTION | KVM_REQUEST_WAIT | KVM_REQUEST_NO_WAKEUP;
/** Requests from this bit on are the architecture's. */
export const KVM_REQUEST_ARCH_BASE = 8;

/** Words of a control block, from its start. */
const MODE = 0;
/** 64 requests: bits 31:0, then 63:32. */
const REQUESTS = 1;
/** Index into the arena's i32 view of the word that running code looks at (the CPU's request word). */
const IPI_WORD = 3;
/** Counts what a sleeper may have waited for. */
const WAIT = 4;
/** Counts how often the vCPU left the guest. */
const ACK = 5;
const IMMEDIATE_EXIT = 6;
/** Signals that were sent to the vCPU's thread, and those that may not interrupt a run: bit n - 1 for signal n. */
const SIGNALS = 7;
const BLOCKED = 9;
const MP_STATE = 11;
const SLEEPING = 12;
/** How many threads wait for ACK. */
const ACK_WAITERS = 13;
/** A thread is in the vCPU's `run`. */
const RUNNING = 14;
/** A lock: of the threads that turn the vCPU on, one does. */
const CHANGING = 15;
/** Payload of the architecture's requests: four 64-bit words (see `payload`). */
const PAYLOAD = 16;
/** Bytes of that; behind it the vCPU's statistics. */
const STATS = 128;
const BYTES = 192;

/** The signal that `kick` sends where none is named: SIGUSR1. */
export const SIGUSR1 = 10;
/** The signal of a slice's end. */
export const SIGALRM = 14;
const SIGNAL_COUNT = 64;

export class VcpuControl {
  /** Index of the block's first word in the arena's i32 view: what another thread makes its own view of the block from. */
  readonly base: number;
  private readonly arena: Arena;
  private readonly words: Int32Array;

  constructor(arena: Arena, base: number) {
    this.arena = arena;
    this.words = arena.i32;
    this.base = base;
  }

  get place(): ArenaPlace { return [this.base * 4, BYTES]; }
  /** Arena address of 64 bytes for the vCPU's statistics. */
  get statsAt(): number { return this.base * 4 + STATS; }

  /** A new block, aligned so that no two vCPUs share a cache line. */
  static create(arena: Arena): VcpuControl {
    return new VcpuControl(arena, arena.alloc(BYTES, 64) >>> 2);
  }

  /** Once, before anything else: which word makes running code leave. */
  setIpiWord(index: number): void { this.store(IPI_WORD, index); }

  get mode(): number { return this.load(MODE); }
  get ack(): number { return this.load(ACK); }
  get sleeping(): boolean { return this.load(SLEEPING) !== 0; }

  get immediateExit(): boolean { return this.load(IMMEDIATE_EXIT) !== 0; }
  /** From any thread: a run that goes on ends too (KVM needs a signal for that beside the flag). */
  set immediateExit(on: boolean) {
    this.store(IMMEDIATE_EXIT, on ? 1 : 0);
    if (on) this.kick();
  }

  /** Whether a thread is in the vCPU's `run`, in guest mode or not. */
  get running(): boolean { return this.load(RUNNING) !== 0; }
  set running(on: boolean) { this.store(RUNNING, on ? 1 : 0); }

  /** KVM_MP_STATE_*. Who changes another vCPU's state wakes it (`wakeUp`). */
  get mpState(): number { return this.load(MP_STATE); }
  set mpState(state: number) { this.store(MP_STATE, state); }

  /** While `change` runs no other thread changes the state by this. */
  changingMpState<T>(change: () => T): T {
    acquire(this.arena, this.base + CHANGING);
    try {
      return change();
    } finally {
      release(this.arena, this.base + CHANGING);
    }
  }

  // ---- requests
  /** Sets the request, and makes the vCPU see it. What belongs to it must have been stored before. */
  makeRequest(request: number): void {
    const ticket = this.postRequest(request);
    if (request & KVM_REQUEST_WAIT) this.awaitLeave(ticket);
  }

  /** The same without waiting; what to wait for by `awaitLeave`, undefined where the vCPU was outside. */
  postRequest(request: number): number | undefined {
    if (!(request & KVM_REQUEST_NO_ACTION)) this.setRequest(request);
    // Read between the request and the kick: whoever enters after this sees the request, whoever is inside will leave.
    const seen = this.load(ACK);
    if (!(request & KVM_REQUEST_NO_WAKEUP)) this.wakeUp();
    return this.ipi() === OUTSIDE_GUEST_MODE ? undefined : seen;
  }

  /** Waits until the vCPU has left the guest since the ticket was given. Blocks the thread, which must not be that vCPU's own. */
  awaitLeave(ticket: number | undefined): void {
    if (ticket === undefined) return;
    Atomics.add(this.words, this.base + ACK_WAITERS, 1);
    while (this.load(ACK) === ticket) Atomics.wait(this.words, this.base + ACK, ticket);
    Atomics.sub(this.words, this.base + ACK_WAITERS, 1);
  }

  /** Only sets the bit: the vCPU itself, or who wakes it in another way. */
  setRequest(request: number): void {
    Atomics.or(this.words, this.requestWord(request), requestBit(request));
  }

  testRequest(request: number): boolean {
    return (Atomics.load(this.words, this.requestWord(request)) & requestBit(request)) !== 0;
  }

  clearRequest(request: number): void {
    Atomics.and(this.words, this.requestWord(request), ~requestBit(request));
  }

  /** Whether it was made; it isn't any more. The clear comes first, so that one that is made meanwhile isn't lost. */
  checkRequest(request: number): boolean {
    return (Atomics.and(this.words, this.requestWord(request), ~requestBit(request)) & requestBit(request)) !== 0;
  }

  get requestPending(): boolean {
    return this.load(REQUESTS) !== 0 || this.load(REQUESTS + 1) !== 0;
  }

  // ---- signals
  /** A signal (1..64) to the vCPU's thread: it ends a run, or the next one, unless it is blocked. */
  sendSignal(signal: number): void {
    const bit = (signal - 1) & (SIGNAL_COUNT - 1);
    Atomics.or(this.words, this.base + SIGNALS + (bit >>> 5), 1 << (bit & 31));
    this.kick();
  }

  /** Bit n - 1: signal n can't interrupt a run. Those that were sent stay pending. */
  setSignalMask(blocked: bigint): void {
    this.store(BLOCKED, Number(BigInt.asIntN(32, blocked)));
    this.store(BLOCKED + 1, Number(BigInt.asIntN(32, blocked >> 32n)));
  }

  get signalPending(): boolean {
    const [low, high] = [this.load(SIGNALS), this.load(SIGNALS + 1)];
    // Usually there are none.
    return (low !== 0 && (low & ~this.load(BLOCKED)) !== 0) || (high !== 0 && (high & ~this.load(BLOCKED + 1)) !== 0);
  }

  /** The pending signals that aren't blocked are delivered, as their handlers run when a call returns with EINTR. */
  takeSignals(): void {
    for (const half of [0, 1]) Atomics.and(this.words, this.base + SIGNALS + half, this.load(BLOCKED + half));
  }

  // ---- kicks
  /** Wakes the vCPU where it sleeps, makes it leave the guest where it runs. From any thread. */
  kick(): void {
    this.wakeUp();
    this.ipi();
  }

  /** A sleeper looks again at what it waits for. */
  wakeUp(): void {
    Atomics.add(this.words, this.base + WAIT, 1);
    if (this.load(SLEEPING) !== 0) Atomics.notify(this.words, this.base + WAIT);
  }

  /** The mode that the vCPU was in. */
  private ipi(): number {
    const mode = Atomics.compareExchange(this.words, this.base + MODE, IN_GUEST_MODE, EXITING_GUEST_MODE);
    if (mode === IN_GUEST_MODE) Atomics.or(this.words, this.load(IPI_WORD), REQUEST_KICK);
    return mode;
  }

  // ---- the vCPU's own side
  /**
   * Publishes that the guest is about to run. A kick that comes from now on is seen by the code; what was asked for before
   * is seen by the look at requests that has to follow. The flag is cleared first: a kick that races with this stays.
   */
  enterGuestMode(): void {
    Atomics.and(this.words, this.load(IPI_WORD), ~REQUEST_KICK);
    this.store(MODE, IN_GUEST_MODE);
  }

  leaveGuestMode(): void {
    this.store(MODE, OUTSIDE_GUEST_MODE);
    Atomics.add(this.words, this.base + ACK, 1);
    if (this.load(ACK_WAITERS) !== 0) Atomics.notify(this.words, this.base + ACK);
  }

  /** Between these two a requester that waits waits for this vCPU, although no guest code runs. */
  beginShadowRead(): void { this.store(MODE, READING_SHADOW_PAGE_TABLES); }
  endShadowRead(): void { this.leaveGuestMode(); }

  /** Blocks the thread until `awake`: it is asked after each wake-up, and after `timeoutMs` milliseconds each time. */
  sleep(awake: () => boolean, timeoutMs: () => number): void {
    this.store(SLEEPING, 1);
    for (;;) {
      const ticket = this.load(WAIT);
      if (awake()) break;
      Atomics.wait(this.words, this.base + WAIT, ticket, timeoutMs());
    }
    this.store(SLEEPING, 0);
  }

  // ---- payload
  /** A 64-bit word that goes with a request: stored before the request is made, read after it was taken. */
  payload(n: number): bigint {
    const at = PAYLOAD + 2 * n;
    return BigInt(this.load(at) >>> 0) | BigInt(this.load(at + 1) >>> 0) << 32n;
  }

  setPayload(n: number, value: bigint): void {
    const at = PAYLOAD + 2 * n;
    this.store(at, Number(BigInt.asIntN(32, value)));
    this.store(at + 1, Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** Indices into the i32 view, for a thread that can't have this class. */
  get places(): { readonly mode: number; readonly wait: number; readonly sleeping: number; readonly signals: number; readonly ipi: number } {
    const { base } = this;
    return { mode: base + MODE, wait: base + WAIT, sleeping: base + SLEEPING, signals: base + SIGNALS, ipi: this.load(IPI_WORD) };
  }

  private requestWord(request: number): number { return this.base + REQUESTS + (request >>> 5 & 1); }
  private load(word: number): number { return Atomics.load(this.words, this.base + word); }
  private store(word: number, value: number): void { Atomics.store(this.words, this.base + word, value); }
}

const requestBit = (request: number): number => 1 << (request & REQUEST_MASK & 31);

/**
 * Makes a request of several vCPUs, and only then waits for those that were in the guest. `self`: the one whose thread this
 * is, which sees its own request before it enters the guest again. A thread that is in guest mode itself must leave it
 * first, else two of them may wait for each other for ever. Whether any was in the guest.
 */
export function makeAllCpusRequest(controls: Iterable<VcpuControl>, request: number, self?: VcpuControl): boolean {
  const posted = [...controls].map(control => [control, control.postRequest(request)] as const);
  if (request & KVM_REQUEST_WAIT) for (const [control, ticket] of posted) if (control !== self) control.awaitLeave(ticket);
  return posted.some(([, ticket]) => ticket !== undefined);
}
