/** A virtual machine: its arena, memory, vCPUs and in-kernel devices. */
import type { Arena } from '../base/arena.ts';
import { TesseraError } from '../base/errors.ts';
import type { PhysicalMemory } from '../vcpu/physical.ts';
import type { KvmArch, KvmDevice, RegMaskRange, KvmMsi, VcpuInit, VmArch, VmAttribute, VmThreads } from './arch.ts';
import { KernelBus } from './bus.ts';
import { CoalescedMmio, type KvmCoalescedMmio, type KvmCoalescedMmioZone } from './coalesced.ts';
import type { ClearDirtyLog } from './dirtylog.ts';
import { KvmError } from './errors.ts';
import { IoEventFds, type KvmIoEventFd } from './ioeventfd.ts';
import { GsiRouting, type KvmIrqfd, type KvmIrqRoutingEntry } from './irqfd.ts';
import { Journal, type Entry, type VmHandle } from './journal.ts';
import type { UserspaceMemoryRegion } from './memslots.ts';
import {
  KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, KVM_CREATE_DEVICE_TEST, KVM_DIRTY_LOG_INITIALLY_SET, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE,
} from './numbers.ts';
import { KVM_REQ_TLB_FLUSH, KVM_REQ_VM_DEAD, makeAllCpusRequest, VcpuControl } from './requests.ts';
import { counters, statsAt, statsBytes, StatsFd, VCPU_COUNTERS, VM_COUNTERS, type VmStats } from './stats.ts';
import { createKvmRun, Vcpu } from './vcpu.ts';
import { VmMemory } from './vm-memory.ts';

export class Vm {
  readonly arena: Arena;
  readonly memory: PhysicalMemory;
  readonly vcpus: readonly Vcpu[] = [];
  readonly stats: VmStats;
  private readonly kvm: KvmArch;
  private readonly arch: VmArch;
  private readonly ram: VmMemory;
  private readonly routing: GsiRouting;
  private readonly ioevents = new IoEventFds();
  private readonly coalesced = new CoalescedMmio();
  private manualDirtyLogProtect = false;
  private spare: VcpuControl | undefined;
  private readonly type: number;
  private readonly journal: Journal;
  private readonly devices: KvmDevice[] = [];
  /** Of whoever attaches; 0 where the vCPUs have no threads of their own. */
  private readonly lock: number;

  /** `threads`: which vCPUs this thread runs, where others run the rest. */
  constructor(kvm: KvmArch, type: number, arena: Arena, threads?: VmThreads) {
    const ipaBits = kvm.ipaBits(type);
    this.kvm = kvm;
    this.type = type;
    this.arena = arena;
    this.journal = new Journal(arena);
    this.lock = threads ? arena.allocOwn(4, 64) >>> 2 : 0;
    this.ram = this.journal.note(undefined, () => new VmMemory({
      arena, ipaBits, shared: threads !== undefined,
      forget: (gpa, bytes) => this.memoryChanged(gpa, bytes),
      flush: () => { for (const vcpu of this.vcpus) vcpu.arch.cpu.flushTlb(); },
    }));
    this.memory = this.ram.physical;
    this.stats = statsAt(arena, this.journal.note(undefined, () => arena.alloc(statsBytes(VM_COUNTERS))), VM_COUNTERS);
    const bus = new KernelBus();
    const arch = this.journal.note(undefined, () => kvm.createVm({
      arena, memory: this.memory, takeOverMemory: () => this.ram.takeOver(), bus, log: kvm.log, ipaBits, threads,
    }));
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
   * arena, taken with `arena.alloc(bytes, 4096)`. Not from within a run. When it comes back no vCPU of another thread uses
   * what was there before. Throws EINVAL, EEXIST, ENOMEM.
   */
  setUserMemoryRegion(region: UserspaceMemoryRegion): void {
    const { ram } = this;
    if (!ram.slots.complete) this.journal.note({ call: 'setUserMemoryRegion', region }, () => ram.set(region));
    else if (allocated(() => ram.set(region))) this.flushTlbs();
  }

  /**
   * KVM_GET_DIRTY_LOG: the pages of a slot that the guest wrote, a bit each in 64-bit units, the first page the lowest bit.
   * They count as clean from then on, unless KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 leaves that to clearDirtyLog.
   * Throws EINVAL, ENOENT for a slot without KVM_MEM_LOG_DIRTY_PAGES.
   */
  getDirtyLog(slot: number): Uint8Array {
    const { bitmap, any } = this.ram.readLog(slot, !this.manualDirtyLogProtect);
    if (any && !this.manualDirtyLogProtect) this.flushTlbs();
    return bitmap;
  }

  /** KVM_CLEAR_DIRTY_LOG: these pages count as clean. Throws EINVAL, ENOENT, EFAULT. */
  clearDirtyLog(request: ClearDirtyLog): void {
    if (this.ram.clearLog(request)) this.flushTlbs();
  }

  /** No vCPU enters the guest, or is in it, with what it knew of the memory. */
  private flushTlbs(): void {
    this.stats.remote_tlb_flush_requests++;
    if (makeAllCpusRequest(this.vcpus.map(v => v.control), KVM_REQ_TLB_FLUSH)) this.stats.remote_tlb_flush++;
  }

  /**
   * KVM_ENABLE_CAP: changes what the VM does. Throws EINVAL for a capability that can't be enabled, flags, or arguments that
   * it doesn't have.
   */
  enableCap(request: { readonly cap: number; readonly flags?: number; readonly args?: readonly bigint[] }): void {
    this.journal.note({ call: 'enableCap', request }, () => this.enable(request));
  }

  private enable({ cap, flags = 0, args = [] }: { readonly cap: number; readonly flags?: number; readonly args?: readonly bigint[] }): void {
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
    this.ram.slots.logsBeginMarked = (value & BigInt(KVM_DIRTY_LOG_INITIALLY_SET)) !== 0n;
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
    return this.journal.note({ call: 'createVcpu', id }, () => this.addVcpu(id));
  }

  private addVcpu(id: number): Vcpu {
    if (this.vcpus.some(v => v.id === id)) throw new KvmError('EEXIST', `vCPU ${id} exists`);
    // One that a refused call left is taken by the next.
    if (this.spare) this.arena.note(this.spare.place);
    const control = this.spare ?? allocated(() => VcpuControl.create(this.arena));
    this.spare = control;
    const stats = statsAt(this.arena, control.statsAt, VCPU_COUNTERS);
    const context = { stats, control, kvmRun: createKvmRun(control) };
    const vcpu = new Vcpu(id, allocated(() => this.arch.createVcpu(id, context)), context, this.journal);
    this.spare = undefined;
    (this.vcpus as Vcpu[]).push(vcpu);
    return vcpu;
  }

  /** KVM_CREATE_DEVICE. Throws ENODEV for an unknown type, EEXIST for a second one. With the flag TEST nothing is created. */
  createDevice(type: number): KvmDevice;
  createDevice(type: number, flags: number): KvmDevice | undefined;
  createDevice(type: number, flags = 0): KvmDevice | undefined {
    if (flags & ~KVM_CREATE_DEVICE_TEST) throw new KvmError('EINVAL', 'of createDevice\'s flags only KVM_CREATE_DEVICE_TEST exists');
    if (flags === KVM_CREATE_DEVICE_TEST) return this.arch.createDevice(type, true);
    const created = this.journal.note({ call: 'createDevice', type }, () => allocated(() => this.arch.createDevice(type, false)!));
    const device = noted(created, this.devices.length, this.journal);
    this.devices.push(device);
    return device;
  }

  /** KVM_IRQ_LINE: the level of an interrupt line; `irq` as the architecture encodes it. Throws ENXIO, EINVAL. */
  irqLine(line: { readonly irq: number; readonly level: boolean | number }): void {
    this.arch.irqLine(line.irq, Boolean(line.level));
  }

  /** KVM_CREATE_IRQCHIP: a GICv2, whose addresses `armSetDeviceAddr` sets. Throws EEXIST, EBUSY after a vCPU ran, E2BIG. */
  createIrqchip(): void {
    this.journal.note({ call: 'createIrqchip' }, () => allocated(() => this.arch.createIrqchip()));
  }

  /** KVM_ARM_SET_DEVICE_ADDR: `id` names the device (31:16) and which of its addresses (15:0). Throws ENODEV, EEXIST, EINVAL, E2BIG. */
  armSetDeviceAddr(device: { readonly id: number; readonly addr: bigint }): void {
    this.journal.note({ call: 'armSetDeviceAddr', device }, () => this.arch.setDeviceAddr(device.id, device.addr));
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

  /** KVM_GET_STATS_FD: the VM's own counters. */
  getStatsFd(): StatsFd {
    return new StatsFd('kvm', counters(this.stats));
  }

  /** Not Linux's, where only the kernel does it: the VM is dead, every run throws EIO from now on. */
  kill(): void {
    makeAllCpusRequest(this.vcpus.map(v => v.control), KVM_REQ_VM_DEAD);
  }

  /** KVM_SET_DEVICE_ATTR of the VM itself. Throws ENXIO for an unknown attribute, EBUSY after a vCPU ran, EINVAL, EEXIST. */
  setAttr(group: number, attr: number, value: VmAttribute): void {
    this.journal.note({ call: 'setAttr', group, attr, value }, () => this.arch.setAttr(group, attr, value));
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
    this.journal.note({ call: 'armSetCounterOffset', offset }, () => this.arch.setCounterOffset(offset.counter_offset));
  }

  /**
   * Not Linux's, where threads have all of a process: what another thread needs to have this VM too (Kvm.attachVm). The VM
   * is complete by then. Throws EINVAL where it was made without `threads`.
   */
  share(): VmHandle {
    if (this.lock === 0) throw new KvmError('EINVAL', 'only a VM that was made with `threads` can be shared');
    const { type, lock, arena: { memory }, journal: { places, entries } } = this;
    this.ram.complete();
    return { type, memory, lock, places: [...places], entries: [...entries] };
  }

  /** Of another thread's VM: makes what it consists of. */
  replay(entries: readonly Entry[]): void {
    for (const entry of entries) this.again(entry);
    this.ram.complete();
  }

  private again(entry: Entry): void {
    const vcpu = (id: number): Vcpu => this.vcpus.find(v => v.id === id)!;
    switch (entry.call) {
      case 'createVcpu': this.createVcpu(entry.id); break;
      case 'createDevice': this.createDevice(entry.type); break;
      case 'createIrqchip': this.createIrqchip(); break;
      case 'armSetDeviceAddr': this.armSetDeviceAddr(entry.device); break;
      case 'armSetCounterOffset': this.armSetCounterOffset(entry.offset); break;
      case 'setUserMemoryRegion': this.setUserMemoryRegion(entry.region); break;
      case 'enableCap': this.enableCap(entry.request); break;
      case 'setAttr': this.setAttr(entry.group, entry.attr, entry.value); break;
      case 'device.setAttr': this.devices[entry.device]!.setAttr(entry.group, entry.attr, entry.value); break;
      case 'vcpu.init': vcpu(entry.id).init(entry.init); break;
      case 'vcpu.finalize': vcpu(entry.id).finalize(entry.feature); break;
      case 'vcpu.setAttr': vcpu(entry.id).setAttr(entry.group, entry.attr, entry.value); break;
    }
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

/** The device, whose attributes are noted as they are set. */
const noted = (device: KvmDevice, n: number, journal: Journal): KvmDevice => ({
  setAttr: (group, attr, value) => journal.note({ call: 'device.setAttr', device: n, group, attr, value }, () => device.setAttr(group, attr, value)),
  getAttr: (group, attr, value) => device.getAttr(group, attr, value),
  hasAttr: (group, attr) => device.hasAttr(group, attr),
  reset: () => device.reset(),
});
