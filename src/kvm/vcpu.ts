/** A virtual CPU: registers by Linux's ids, and `run` with its exits. */
import { GuestEvent } from '../isa/arch.ts';
import type { GuestDebugControl, RegList, VcpuArch, VcpuAttributeValue, VcpuContext, VcpuEvents, VcpuEventsState, VcpuInit } from './arch.ts';
import { KvmError } from './errors.ts';
import type { KvmArmNisvExit, KvmDebugExit, KvmExit, KvmMmioExit, KvmRun } from './exit.ts';
import type { Journal } from './journal.ts';
import { KVM_EXIT_ARM_NISV, KVM_EXIT_INTR, KVM_EXIT_MMIO, KVM_EXIT_UNKNOWN } from './numbers.ts';
import { SIGUSR1, type VcpuControl } from './requests.ts';
import { counters, KVM_STATS_BASE_POW10, KVM_STATS_TYPE_INSTANT, KVM_STATS_UNIT_BOOLEAN, StatsFd, type VcpuStats } from './stats.ts';

export class Vcpu {
  readonly id: number;
  readonly arch: VcpuArch;
  readonly stats: VcpuStats;
  readonly kvm_run: KvmRun;
  /** What other threads reach the vCPU by. */
  readonly control: VcpuControl;
  /** The exit that only the next run finishes. */
  private pending: KvmMmioExit | KvmArmNisvExit | undefined;
  private abortPending = false;
  private readonly journal: Journal;

  constructor(id: number, arch: VcpuArch, { stats, control, kvmRun }: VcpuContext, journal: Journal) {
    this.journal = journal;
    this.id = id;
    this.arch = arch;
    this.stats = stats;
    this.control = control;
    this.kvm_run = kvmRun;
  }

  /** As in struct kvm_run: while true, `run` finishes what the last exit left open and comes back without running the guest. */
  get immediate_exit(): boolean { return this.control.immediateExit; }
  set immediate_exit(on: boolean) { this.control.immediateExit = on; }

  /** KVM_ARM_VCPU_INIT: resets the vCPU. Throws EINVAL, ENOENT for an unknown feature; then nothing has changed. */
  init(init: VcpuInit): void {
    this.journal.note({ call: 'vcpu.init', id: this.id, init }, () => this.arch.init(init));
    this.pending = undefined;
    this.abortPending = false;
  }

  /** KVM_ARM_VCPU_FINALIZE. Throws EPERM where the vCPU doesn't have the feature, EINVAL where there is nothing to finalise. */
  finalize(feature: number): void {
    this.needsInit();
    this.journal.note({ call: 'vcpu.finalize', id: this.id, feature }, () => this.arch.finalize(feature));
  }

  /**
   * Runs the guest until there is something for the caller; never blocks the host while the guest waits (see KvmIntrExit).
   * An MMIO read of the last exit takes its answer from that exit's `data`.
   * Throws ENOEXEC where init() wasn't called, EBUSY when called from within itself.
   */
  run(): KvmExit {
    if (!this.arch.initialized) throw new KvmError('ENOEXEC', `vCPU ${this.id} was never initialised: call init() first`);
    if (this.control.running) throw new KvmError('EBUSY', `vCPU ${this.id} is running`);
    this.control.running = true;
    try {
      const unfinished = this.completeMmio();
      if (unfinished) return this.leave(unfinished);
      if (this.immediate_exit) return { exit_reason: KVM_EXIT_INTR, cause: 'immediate_exit' };
      this.kvm_run.exit_reason = KVM_EXIT_UNKNOWN;
      return this.leave(this.arch.run());
    } finally {
      this.control.running = false;
    }
  }

  /**
   * Not Linux's: whether a run would run guest code now. After 'idle' exits of all vCPUs it says whether one of them was
   * given something to do by another one since.
   */
  get runnable(): boolean {
    return this.arch.runnable;
  }

  /**
   * A signal (1..64) to the vCPU's thread: a run, or else the next one, comes back soon with KVM_EXIT_INTR unless the
   * signal is blocked. From any thread that has the arena.
   */
  kick(signal = SIGUSR1): void {
    this.control.sendSignal(signal);
  }

  /**
   * KVM_SET_SIGNAL_MASK: what can't interrupt a run, bit n - 1 for signal n; undefined: nothing. A blocked signal stays
   * pending. Throws EINVAL for a mask that isn't one of 64 signals.
   */
  setSignalMask(blocked?: bigint): void {
    if (blocked !== undefined && BigInt.asUintN(64, blocked) !== blocked) throw new KvmError('EINVAL', 'a signal mask has 64 bits');
    this.control.setSignalMask(blocked ?? 0n);
  }

  /**
   * Not Linux's, where a vCPU is one object to all threads: another one initialised it, set registers of it or let it run
   * since this one last did. What was open of an exit is forgotten.
   */
  refresh(): void {
    this.pending = undefined;
    this.abortPending = false;
    this.arch.refresh();
  }

  /** Runs wait while the guest does, as KVM_RUN does, instead of coming back with 'idle': for a vCPU with a thread of its own. */
  get blocking(): boolean { return this.arch.blocking; }
  set blocking(on: boolean) { this.arch.blocking = on; }

  /** KVM_GET_ONE_REG. Throws ENOENT for an unknown id. */
  getOneReg(id: bigint): bigint {
    this.needsInit();
    return this.arch.getOneReg(id);
  }

  /** KVM_SET_ONE_REG. Throws ENOENT for an unknown id, EINVAL for a value that the register can't have. */
  setOneReg(id: bigint, value: bigint): void {
    this.needsInit();
    this.arch.setOneReg(id, value);
  }

  /**
   * KVM_GET_REG_LIST: the ids that getOneReg takes. With a `list` they go there; `n` becomes their count, and where it was
   * too small it throws E2BIG.
   */
  getRegList(): bigint[];
  getRegList(list: RegList): void;
  getRegList(list?: RegList): bigint[] | undefined {
    this.needsInit();
    const ids = this.arch.getRegList();
    if (!list) return ids;
    const room = Math.min(list.n, list.reg.length);
    list.n = ids.length;
    if (room < ids.length) throw new KvmError('E2BIG', `there are ${ids.length} registers, and room for ${room}`);
    list.reg.set(ids);
    return undefined;
  }

  /** KVM_GET_STATS_FD: the vCPU's counters, and whether it sleeps as its guest has nothing to do. */
  getStatsFd(): StatsFd {
    const blocking = { name: 'blocking', flags: KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_BOOLEAN | KVM_STATS_BASE_POW10, value: () => (this.control.sleeping ? 1 : 0) };
    return new StatsFd(`kvm/vcpu-${this.id}`, [...counters(this.stats), blocking]);
  }

  /** KVM_TRANSLATE: the guest-physical address that a load from `va` would reach at the current privilege; undefined: none. */
  translate(va: bigint): number | undefined {
    this.needsInit();
    try {
      return this.arch.cpu.guest.translate(va, 'read', false).pa;
    } catch (event) {
      if (event instanceof GuestEvent) return undefined;
      throw event;
    }
  }

  /**
   * Not Linux's: the guest-physical address behind `va` for a debugger, which has the rights of every privilege; undefined:
   * nothing is mapped there.
   */
  translateForDebug(va: bigint): number | undefined {
    this.needsInit();
    return this.arch.translateForDebug(va);
  }

  /** Not Linux's, where the user does it by registers: the last KVM_EXIT_DEBUG was the guest's own, which takes the exception. */
  injectDebugException(exit: KvmDebugExit): void {
    this.needsInit();
    this.arch.injectDebugException(exit);
  }

  /**
   * KVM_SET_GUEST_DEBUG: with KVM_GUESTDBG_ENABLE the guest's BRK is KVM_EXIT_DEBUG, and so is each instruction with SINGLESTEP,
   * and with USE_HW those that the breakpoints name. Throws EINVAL for unknown bits.
   */
  setGuestDebug(debug: GuestDebugControl): void {
    this.arch.setGuestDebug(debug);
  }

  /** KVM_MP_STATE_RUNNABLE or KVM_MP_STATE_STOPPED. */
  getMpState(): number {
    return this.arch.getMpState();
  }

  /** Throws EINVAL for other states. */
  setMpState(state: number): void {
    this.arch.setMpState(state);
  }

  /** KVM_SET_DEVICE_ATTR of the vCPU. Throws ENXIO for an unknown group or attribute, and what the attribute's text says. */
  setAttr(group: number, attr: number, value?: VcpuAttributeValue): void {
    this.journal.note({ call: 'vcpu.setAttr', id: this.id, group, attr, value }, () => this.arch.setAttr(group, attr, value));
  }

  /** KVM_GET_DEVICE_ATTR. Throws as setAttr. */
  getAttr(group: number, attr: number): bigint {
    return this.arch.getAttr(group, attr);
  }

  /** KVM_HAS_DEVICE_ATTR. */
  hasAttr(group: number, attr: number): boolean {
    return this.arch.hasAttr(group, attr);
  }

  /** KVM_GET_VCPU_EVENTS. */
  getVcpuEvents(): VcpuEventsState {
    this.needsInit();
    return this.arch.getEvents();
  }

  /** KVM_SET_VCPU_EVENTS. Throws EINVAL for a syndrome that can't be, and for an abort where the last exit wasn't MMIO or ARM_NISV. */
  setVcpuEvents(events: VcpuEvents): void {
    this.needsInit();
    const { ext_dabt_pending } = events.exception;
    if (ext_dabt_pending && !this.pending) throw new KvmError('EINVAL', `vCPU ${this.id} has no access to memory that could be aborted`);
    this.arch.setEvents(events);
    if (ext_dabt_pending) this.abortPending = true;
  }

  private needsInit(): void {
    if (!this.arch.initialized) throw new KvmError('ENOEXEC', `vCPU ${this.id} was never initialised: call init() first`);
  }

  private leave(exit: KvmExit): KvmExit {
    this.kvm_run.exit_reason = exit.exit_reason;
    if (exit.exit_reason === KVM_EXIT_MMIO || exit.exit_reason === KVM_EXIT_ARM_NISV) this.pending = exit;
    return exit;
  }

  /** Only once for each exit: the caller may run again without having looked at it. */
  private completeMmio(): KvmExit | undefined {
    const exit = this.pending;
    if (!exit) return undefined;
    this.pending = undefined;
    const abort = this.abortPending;
    this.abortPending = false;
    return this.arch.completeMmio(abort ? 'abort' : answer(exit));
  }
}

/** What a read gets. An instruction that the user was to emulate isn't executed here. */
function answer(exit: KvmMmioExit | KvmArmNisvExit): bigint | 'skip' {
  if (exit.exit_reason === KVM_EXIT_ARM_NISV) return 'skip';
  return exit.is_write ? 0n : fromBytes(exit.data, exit.len);
}

/** `length` bytes (1, 2, 4 or 8) in memory order as a little-endian number. */
function fromBytes(data: Uint8Array, length: number): bigint {
  const low = (data[0]! | data[1]! << 8 | data[2]! << 16 | data[3]! << 24) >>> 0;
  if (length <= 4) return BigInt(length === 4 ? low : low & (1 << 8 * length) - 1);
  return BigInt(low) | BigInt((data[4]! | data[5]! << 8 | data[6]! << 16 | data[7]! << 24) >>> 0) << 32n;
}

/** A vCPU's struct kvm_run, before its first run. */
export function createKvmRun(control: VcpuControl): KvmRun {
  return {
    exit_reason: KVM_EXIT_UNKNOWN,
    get immediate_exit() { return control.immediateExit; },
    set immediate_exit(on) { control.immediateExit = on; },
    flags: 0,
    s: { regs: { device_irq_level: 0 } },
  };
}
