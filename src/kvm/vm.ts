/** A virtual machine: its arena, memory, vCPUs and in-kernel devices. */
import { Arena } from '../base/arena.ts';
import { TesseraError } from '../base/errors.ts';
import { PhysicalMemory } from '../vcpu/physical.ts';
import type { KvmArch, KvmDevice, RegMaskRange, KvmMsi, VcpuInit, VcpuStats, VmArch, VmAttribute } from './arch.ts';
import { KernelBus } from './bus.ts';
import { CoalescedMmio, type KvmCoalescedMmio, type KvmCoalescedMmioZone } from './coalesced.ts';
import { clearLog, readLog, type ClearDirtyLog } from './dirtylog.ts';
import { KvmError } from './errors.ts';
import { IoEventFds, type KvmIoEventFd } from './ioeventfd.ts';
import { GsiRouting, type KvmIrqfd, type KvmIrqRoutingEntry } from './irqfd.ts';
import { MemorySlots, type UserspaceMemoryRegion } from './memslots.ts';
import {
  KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, KVM_CREATE_DEVICE_TEST, KVM_DIRTY_LOG_INITIALLY_SET, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE,
} from './numbers.ts';
import { KVM_REQ_TLB_FLUSH, KVM_REQ_VM_DEAD, makeAllCpusRequest, VcpuControl } from './requests.ts';
import { createKvmRun, Vcpu } from './vcpu.ts';

export class Vm {
  readonly arena: Arena;
  readonly memory = new PhysicalMemory();
  readonly vcpus: readonly Vcpu[] = [];
  private readonly kvm: KvmArch;
  private readonly arch: VmArch;
  private readonly slots: MemorySlots;
  private readonly routing: GsiRouting;
  private readonly ioevents = new IoEventFds();
  private readonly coalesced = new CoalescedMmio();
  private manualDirtyLogProtect = false;
  private spare: VcpuControl | undefined;

  constructor(kvm: KvmArch, type: number, arenaBytes: number, shared: boolean) {
    const ipaBits = kvm.ipaBits(type);
    this.kvm = kvm;
    this.arena = new Arena(arenaBytes, shared);
    this.slots = new MemorySlots(ipaBits, this.arena);
    const bus = new KernelBus();
    const arch = kvm.createVm({ arena: this.arena, memory: this.memory, bus, log: kvm.log, ipaBits });
    this.arch = arch;
    this.routing = new GsiRouting({ ...arch.pins, message: msi => { arch.signalMsi(msi); } });
    bus.watch((pa, bytes, data) => this.ioevents.write(pa, bytes, data));
    bus.watch((pa, bytes, data) => this.coalesced.write(pa, bytes, data));
  }

  /** The value of a capability for this VM, 0 where it isn't supported. */
  checkExtension(cap: number): number {
    return this.kvm.checkExtension(cap);
  }

  /**
   * Adds a slot of guest memory, moves it in guest-physical space, or deletes it (size 0). Guest memory is a part of the
   * arena, taken with `arena.alloc(bytes, 4096)`. Not while a vCPU runs. Throws EINVAL, EEXIST, ENOMEM.
   */
  setUserMemoryRegion(region: UserspaceMemoryRegion): void {
    const { removed, added } = this.slots.set(region);
    if (!removed && !added) return;
    const moved = removed?.gpa !== added?.gpa;
    if (removed && moved) this.memoryChanged(removed.gpa, removed.size);
    this.memory.setSlots(this.slots.list());
    if (added && moved) this.memoryChanged(added.gpa, added.size);
    for (const vcpu of this.vcpus) vcpu.arch.cpu.flushTlb();
  }

  /**
   * KVM_GET_DIRTY_LOG: the pages of a slot that the guest wrote, a bit each in 64-bit units, the first page the lowest bit.
   * They count as clean from then on, unless KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 leaves that to clearDirtyLog.
   * Throws EINVAL, ENOENT for a slot without KVM_MEM_LOG_DIRTY_PAGES.
   */
  getDirtyLog(slot: number): Uint8Array {
    const { bitmap, any } = readLog(this.slots, slot, !this.manualDirtyLogProtect);
    if (any && !this.manualDirtyLogProtect) this.flushTlbs();
    return bitmap;
  }

  /** KVM_CLEAR_DIRTY_LOG: these pages count as clean. Throws EINVAL, ENOENT, EFAULT. */
  clearDirtyLog(request: ClearDirtyLog): void {
    if (clearLog(this.slots, request)) this.flushTlbs();
  }

  /** No vCPU enters the guest, or is in it, with what it knew of the memory. */
  private flushTlbs(): void {
    makeAllCpusRequest(this.vcpus.map(v => v.control), KVM_REQ_TLB_FLUSH);
  }

  /**
   * KVM_ENABLE_CAP: changes what the VM does. Throws EINVAL for a capability that can't be enabled, flags, or arguments that
   * it doesn't have.
   */
  enableCap({ cap, flags = 0, args = [] }: { readonly cap: number; readonly flags?: number; readonly args?: readonly bigint[] }): void {
    if (flags !== 0) throw new KvmError('EINVAL', 'enableCap has no flags');
    if (cap !== KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) {
      this.arch.enableCap(cap, args);
      return;
    }
    const [value = 0n] = args;
    const all = BigInt(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET);
    const allowed = value & BigInt(KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE) ? all : 0n;
    if (value & ~allowed) throw new KvmError('EINVAL', `0x${value.toString(16)} is no way to log pages`);
    this.manualDirtyLogProtect = value !== 0n;
    this.slots.logsBeginMarked = (value & BigInt(KVM_DIRTY_LOG_INITIALLY_SET)) !== 0n;
  }

  /**
   * Not Linux's, which sees such writes by itself: the API's user or a device of it wrote these bytes of guest memory,
   * so that code which was translated from them is void.
   */
  memoryChanged(gpa: number, bytes: number): void {
    for (const { arch: { cpu } } of this.vcpus) cpu.memoryChanged(gpa, bytes);
  }

  /** Throws EINVAL for a bad id or too many vCPUs, EEXIST for one that is there, EBUSY after the interrupt controller's INIT, ENOMEM. */
  createVcpu(id: number): Vcpu {
    if (this.vcpus.some(v => v.id === id)) throw new KvmError('EEXIST', `vCPU ${id} exists`);
    const stats: VcpuStats = {
      exits: 0, mmio_exit_user: 0, mmio_exit_kernel: 0, wfi_exit_stat: 0, wfe_exit_stat: 0, hvc_exit_stat: 0, signal_exits: 0,
    };
    // One that a refused call left is taken by the next.
    const control = this.spare ?? allocated(() => VcpuControl.create(this.arena));
    this.spare = control;
    const context = { stats, control, kvmRun: createKvmRun(control) };
    const vcpu = new Vcpu(id, allocated(() => this.arch.createVcpu(id, context)), context);
    this.spare = undefined;
    (this.vcpus as Vcpu[]).push(vcpu);
    return vcpu;
  }

  /** KVM_CREATE_DEVICE. Throws ENODEV for an unknown type, EEXIST for a second one. With the flag TEST nothing is created. */
  createDevice(type: number): KvmDevice;
  createDevice(type: number, flags: number): KvmDevice | undefined;
  createDevice(type: number, flags = 0): KvmDevice | undefined {
    if (flags & ~KVM_CREATE_DEVICE_TEST) throw new KvmError('EINVAL', 'of createDevice\'s flags only KVM_CREATE_DEVICE_TEST exists');
    return allocated(() => this.arch.createDevice(type, flags === KVM_CREATE_DEVICE_TEST));
  }

  /** KVM_IRQ_LINE: the level of an interrupt line; `irq` as the architecture encodes it. Throws ENXIO, EINVAL. */
  irqLine(line: { readonly irq: number; readonly level: boolean | number }): void {
    this.arch.irqLine(line.irq, Boolean(line.level));
  }

  /** KVM_CREATE_IRQCHIP: a GICv2, whose addresses `armSetDeviceAddr` sets. Throws EEXIST, EBUSY after a vCPU ran, E2BIG. */
  createIrqchip(): void {
    allocated(() => this.arch.createIrqchip());
  }

  /** KVM_ARM_SET_DEVICE_ADDR: `id` names the device (31:16) and which of its addresses (15:0). Throws ENODEV, EEXIST, EINVAL, E2BIG. */
  armSetDeviceAddr(device: { readonly id: number; readonly addr: bigint }): void {
    this.arch.setDeviceAddr(device.id, device.addr);
  }

  /**
   * KVM_SIGNAL_MSI: 1 if the message became an interrupt, 0 if the guest has nothing mapped for it. Throws ENODEV without an ITS,
   * EINVAL for an address or flags that can't be, EBUSY where the ITS or the target's LPIs are disabled.
   */
  signalMsi(msi: KvmMsi): 0 | 1 {
    return this.arch.signalMsi(msi) ? 1 : 0;
  }

  /** KVM_SET_GSI_ROUTING: where interrupt numbers lead; until it is called number n is pin n. Throws EINVAL. */
  setGsiRouting(entries: readonly KvmIrqRoutingEntry[]): void {
    this.routing.set(entries);
  }

  /** KVM_IRQFD: each signal of the event is an edge of the interrupt. Throws EINVAL, EBUSY, EAGAIN. */
  irqfd(request: KvmIrqfd): void {
    this.routing.bind(request);
  }

  /** KVM_IOEVENTFD: writes that signal an event instead of being an exit. Throws EINVAL, EEXIST, ENOENT, ENOSPC. */
  ioeventfd(request: KvmIoEventFd): void {
    this.ioevents.set(request);
  }

  /** KVM_REGISTER_COALESCED_MMIO: writes there wait in a ring, which is drained after each exit. Throws EINVAL, ENOSPC. */
  registerCoalescedMmio(zone: KvmCoalescedMmioZone): void {
    this.coalesced.register(zone);
  }

  /** KVM_UNREGISTER_COALESCED_MMIO: of the zones within this one. Throws EINVAL. */
  unregisterCoalescedMmio(zone: KvmCoalescedMmioZone): void {
    this.coalesced.unregister(zone);
  }

  /** The ring's content, oldest first; it is empty afterwards. */
  drainCoalescedMmio(): readonly KvmCoalescedMmio[] {
    return this.coalesced.drain();
  }

  /** Not Linux's, where only the kernel does it: the VM is dead, every run throws EIO from now on. */
  kill(): void {
    makeAllCpusRequest(this.vcpus.map(v => v.control), KVM_REQ_VM_DEAD);
  }

  /** KVM_SET_DEVICE_ATTR of the VM itself. Throws ENXIO for an unknown attribute, EBUSY after a vCPU ran, EINVAL, EEXIST. */
  setAttr(group: number, attr: number, value: VmAttribute): void {
    this.arch.setAttr(group, attr, value);
  }

  /** KVM_ARM_GET_REG_WRITABLE_MASKS. Throws EINVAL for another range than 0, EFAULT where `addr` is too short. */
  getRegWritableMasks(range: RegMaskRange): void {
    this.arch.getRegWritableMasks(range);
  }

  /**
   * KVM_ARM_SET_COUNTER_OFFSET: how far the virtual and the physical counter of all vCPUs are behind the host's. From then on
   * writes of counter registers are ignored. Throws EINVAL, EBUSY while a vCPU runs.
   */
  armSetCounterOffset(offset: { readonly counter_offset: bigint; readonly reserved?: bigint }): void {
    if (offset.reserved) throw new KvmError('EINVAL', 'the reserved part of a counter offset has to be 0');
    if (offset.counter_offset < 0n || offset.counter_offset >> 64n) throw new KvmError('EINVAL', 'a counter offset has 64 bits');
    this.arch.setCounterOffset(offset.counter_offset);
  }

  preferredTarget(): VcpuInit {
    return this.arch.preferredTarget();
  }
}

/** What an arena that is full throws is ENOMEM here. */
function allocated<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TesseraError && !(error instanceof KvmError)) throw new KvmError('ENOMEM', error.message);
    throw error;
  }
}
