/** A virtual machine: its arena, memory, vCPUs and in-kernel devices. */
import { Arena } from '../base/arena.ts';
import { PhysicalMemory } from '../vcpu/physical.ts';
import type { KvmArch, KvmDevice, KvmMsi, VcpuInit, VcpuStats, VmArch, VmAttribute } from './arch.ts';
import { KernelBus } from './bus.ts';
import { KvmError } from './errors.ts';
import { MemorySlots, type UserspaceMemoryRegion } from './memslots.ts';
import { KVM_CREATE_DEVICE_TEST } from './numbers.ts';
import { VcpuControl } from './requests.ts';
import { createKvmRun, Vcpu } from './vcpu.ts';

export class Vm {
  readonly arena: Arena;
  readonly memory = new PhysicalMemory();
  readonly vcpus: readonly Vcpu[] = [];
  private readonly kvm: KvmArch;
  private readonly arch: VmArch;
  private readonly slots: MemorySlots;

  constructor(kvm: KvmArch, type: number, arenaBytes: number, shared: boolean) {
    const ipaBits = kvm.ipaBits(type);
    this.kvm = kvm;
    this.arena = new Arena(arenaBytes, shared);
    this.slots = new MemorySlots(ipaBits, this.arena.u8.length);
    this.arch = kvm.createVm({ arena: this.arena, memory: this.memory, bus: new KernelBus(), log: kvm.log, ipaBits });
  }

  /** The value of a capability for this VM, 0 where it isn't supported. */
  checkExtension(cap: number): number {
    return this.kvm.checkExtension(cap);
  }

  /**
   * Adds a slot of guest memory, moves it in guest-physical space, or deletes it (size 0). Guest memory is a part of the
   * arena, taken with `arena.alloc(bytes, 4096)`. Not while a vCPU runs. Throws EINVAL, EEXIST.
   */
  setUserMemoryRegion(region: UserspaceMemoryRegion): void {
    const { removed, added } = this.slots.set(region);
    if (!removed && !added) return;
    if (removed) this.memoryChanged(removed.gpa, removed.size);
    this.memory.setSlots(this.slots.list());
    if (added) this.memoryChanged(added.gpa, added.size);
    for (const vcpu of this.vcpus) vcpu.arch.cpu.flushTlb();
  }

  /**
   * Not Linux's, which sees such writes by itself: the API's user or a device of it wrote these bytes of guest memory,
   * so that code which was translated from them is void.
   */
  memoryChanged(gpa: number, bytes: number): void {
    for (const { arch: { cpu } } of this.vcpus) cpu.memoryChanged(gpa, bytes);
  }

  /** Throws EINVAL for a bad id or too many vCPUs, EEXIST for one that is there, EBUSY after the interrupt controller's INIT. */
  createVcpu(id: number): Vcpu {
    if (this.vcpus.some(v => v.id === id)) throw new KvmError('EEXIST', `vCPU ${id} exists`);
    const stats: VcpuStats = {
      exits: 0, mmio_exit_user: 0, mmio_exit_kernel: 0, wfi_exit_stat: 0, wfe_exit_stat: 0, hvc_exit_stat: 0, signal_exits: 0,
    };
    const control = VcpuControl.create(this.arena);
    const context = { stats, control, kvmRun: createKvmRun(control) };
    const vcpu = new Vcpu(id, this.arch.createVcpu(id, context), context);
    (this.vcpus as Vcpu[]).push(vcpu);
    return vcpu;
  }

  /** KVM_CREATE_DEVICE. Throws ENODEV for an unknown type, EEXIST for a second one. With the flag TEST nothing is created. */
  createDevice(type: number): KvmDevice;
  createDevice(type: number, flags: number): KvmDevice | undefined;
  createDevice(type: number, flags = 0): KvmDevice | undefined {
    if (flags & ~KVM_CREATE_DEVICE_TEST) throw new KvmError('EINVAL', 'of createDevice\'s flags only KVM_CREATE_DEVICE_TEST exists');
    return this.arch.createDevice(type, flags === KVM_CREATE_DEVICE_TEST);
  }

  /** KVM_IRQ_LINE: the level of an interrupt line; `irq` as the architecture encodes it. Throws ENXIO, EINVAL. */
  irqLine(line: { readonly irq: number; readonly level: boolean | number }): void {
    this.arch.irqLine(line.irq, Boolean(line.level));
  }

  /** KVM_CREATE_IRQCHIP: a GICv2, whose addresses `armSetDeviceAddr` sets. Throws EEXIST, EBUSY after a vCPU ran, E2BIG. */
  createIrqchip(): void {
    this.arch.createIrqchip();
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

  /** KVM_SET_DEVICE_ATTR of the VM itself. Throws ENXIO for an unknown attribute, EBUSY after a vCPU ran, EINVAL, EEXIST. */
  setAttr(group: number, attr: number, value: VmAttribute): void {
    this.arch.setAttr(group, attr, value);
  }

  preferredTarget(): VcpuInit {
    return this.arch.preferredTarget();
  }
}
