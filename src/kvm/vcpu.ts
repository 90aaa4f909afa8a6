/** A virtual CPU: registers by Linux's ids, and `run` with its exits. */
import { GuestEvent } from '../isa/arch.ts';
import { REQUEST_KICK } from '../vcpu/cpu.ts';
import type { VcpuArch, VcpuAttributeValue, VcpuEvents, VcpuInit, VcpuStats } from './arch.ts';
import { KvmError } from './errors.ts';
import type { KvmExit, KvmMmioExit } from './exit.ts';
import { KVM_EXIT_INTR, KVM_EXIT_MMIO } from './numbers.ts';

export class Vcpu {
  readonly id: number;
  readonly arch: VcpuArch;
  readonly stats: VcpuStats;
  /** As in struct kvm_run: while true, `run` finishes what the last exit left open and comes back without running the guest. */
  immediate_exit = false;
  private pendingMmio: KvmMmioExit | undefined;
  private abortPending = false;
  private running = false;

  constructor(id: number, arch: VcpuArch, stats: VcpuStats) {
    this.id = id;
    this.arch = arch;
    this.stats = stats;
  }

  /** KVM_ARM_VCPU_INIT: resets the vCPU. Throws EINVAL, ENOENT for an unknown feature. */
  init(init: VcpuInit): void {
    this.pendingMmio = undefined;
    this.abortPending = false;
    this.arch.init(init);
  }

  /**
   * Runs the guest until there is something for the caller; never blocks the host while the guest waits (see KvmIntrExit).
   * An MMIO read of the last exit takes its answer from that exit's `data`.
   * Throws ENOEXEC where init() wasn't called, EBUSY when called from within itself.
   */
  run(): KvmExit {
    if (!this.arch.initialized) throw new KvmError('ENOEXEC', `vCPU ${this.id} was never initialised: call init() first`);
    if (this.running) throw new KvmError('EBUSY', `vCPU ${this.id} is running`);
    this.running = true;
    try {
      this.completeMmio();
      if (this.immediate_exit) {
        this.stats.signal_exits++;
        return { exit_reason: KVM_EXIT_INTR, cause: 'immediate_exit' };
      }
      const exit = this.arch.run();
      if (exit.exit_reason === KVM_EXIT_MMIO) this.pendingMmio = exit;
      return exit;
    } finally {
      this.running = false;
    }
  }

  /**
   * Not Linux's: whether a run would run guest code now. After 'idle' exits of all vCPUs it says whether one of them was
   * given something to do by another one since.
   */
  get runnable(): boolean {
    return this.arch.runnable;
  }

  /** Makes a run of this vCPU, or else its next one, come back soon with KVM_EXIT_INTR. From any thread that has the arena. */
  kick(): void {
    this.arch.kick(REQUEST_KICK);
  }

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

  /** KVM_GET_REG_LIST. */
  getRegList(): bigint[] {
    this.needsInit();
    return this.arch.getRegList();
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
    this.arch.setAttr(group, attr, value);
  }

  /** KVM_GET_DEVICE_ATTR. Throws as setAttr. */
  getAttr(group: number, attr: number): bigint {
    return this.arch.getAttr(group, attr);
  }

  /** KVM_HAS_DEVICE_ATTR. */
  hasAttr(group: number, attr: number): boolean {
    return this.arch.hasAttr(group, attr);
  }

  /** KVM_SET_VCPU_EVENTS. Throws EINVAL for an abort when no MMIO access is open. */
  setVcpuEvents(events: VcpuEvents): void {
    if (!events.ext_dabt_pending) return;
    if (!this.pendingMmio) throw new KvmError('EINVAL', `vCPU ${this.id} has no MMIO access that could be aborted`);
    this.abortPending = true;
  }

  private needsInit(): void {
    if (!this.arch.initialized) throw new KvmError('ENOEXEC', `vCPU ${this.id} was never initialised: call init() first`);
  }

  /** Only once for each exit: the caller may run again without having looked at it. */
  private completeMmio(): void {
    const exit = this.pendingMmio;
    if (!exit) return;
    this.pendingMmio = undefined;
    if (this.abortPending) {
      this.abortPending = false;
      this.arch.cpu.abortMmio();
    } else {
      this.arch.cpu.completeMmio(exit.is_write ? 0n : fromBytes(exit.data, exit.len));
    }
  }
}

/** `length` bytes in memory order as a little-endian number. */
function fromBytes(data: Uint8Array, length: number): bigint {
  let value = 0n;
  for (let i = length - 1; i >= 0; i--) value = value << 8n | BigInt(data[i]!);
  return value;
}
