/** The arm64 half of a VM: vCPUs, the interrupt controller, interrupt lines. */
import type { Arena } from '../../base/arena.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { CpuModel } from '../../guest/aarch64/models.ts';
import type { PhysicalMemory } from '../../vcpu/physical.ts';
import type { KvmDevice, KvmMsi, RegMaskRange, VcpuContext, VcpuInit, VmArch, VmAttribute, VmContext, VmThreads } from '../arch.ts';
import type { KernelBus } from '../bus.ts';
import { KvmError } from '../errors.ts';
import { OUTSIDE_GUEST_MODE } from '../requests.ts';
import { KVM_CAP_ARM_NISV_TO_USER, KVM_CAP_ARM_SYSTEM_SUSPEND } from '../numbers.ts';
import { createFirmware, type Firmware } from './firmware.ts';
import type { Arm64Engine, CpuSpec } from './guest.ts';
import { Irqchips } from './irqchip.ts';
import {
  KVM_ARM_FEATURE_ID_RANGE, KVM_ARM_IRQ_TYPE_CPU, KVM_ARM_IRQ_TYPE_SPI, KVM_ARM_TARGET_GENERIC_V8, KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER,
} from './numbers.ts';
import { VmPmu } from './pmu.ts';
import { writableMasks } from './registers/identification.ts';
import { SmcccFilters } from './smcccfilter.ts';
import type { Alarm, AlarmTarget } from './timer.ts';
import { Arm64Vcpu } from './vcpu.ts';
import { TableMemory } from './vgic/ram.ts';
import { FIRST_SPI, SPECIAL } from './vgic/state.ts';
import { VmTimers } from './vmtimers.ts';

export interface Arm64Options {
  readonly clock: Clock;
  readonly log: Log;
  /** 64 random bits, for the guest's RNDR. */
  readonly random: () => bigint;
  /** What the CPUs can do, for capabilities. */
  readonly model: CpuModel;
  readonly createCpu: (spec: CpuSpec) => Arm64Engine;
  /** Without it timers are looked at only when a run begins or the guest waits: for counted runs on a virtual clock. */
  readonly createAlarm?: (target: AlarmTarget) => Alarm;
}

export class Arm64Vm implements VmArch {
  readonly options: Arm64Options;
  readonly arena: Arena;
  readonly memory: PhysicalMemory;
  readonly bus: KernelBus;
  readonly log: Log;
  readonly vcpus: Arm64Vcpu[] = [];
  readonly smcccFilters = new SmcccFilters();
  readonly firmware: Firmware;
  readonly pmu = new VmPmu();
  readonly timers: VmTimers;
  /** The vCPUs that this thread runs, where others run the rest. */
  readonly threads: VmThreads | undefined;
  /** Takes over what another thread made of the memory slots; costs one load where it made nothing. */
  readonly takeOverMemory: () => void;
  private readonly irqchips: Irqchips;
  /** What the first vCPU was initialised with: all others have to be alike. */
  private features: number | undefined;
  /** Capabilities that were enabled. */
  nisvToUser = false;
  systemSuspend = false;

  constructor(options: Arm64Options, context: VmContext) {
    this.options = options;
    this.arena = context.arena;
    this.threads = context.threads;
    this.firmware = createFirmware(context.arena);
    this.memory = context.memory;
    this.takeOverMemory = context.takeOverMemory;
    this.bus = context.bus;
    this.log = context.log;
    this.timers = new VmTimers(context.arena);
    const ram = new TableMemory(this.arena, this.memory, (pa, bytes) => {
      for (const { cpu } of this.vcpus) cpu.memoryChanged(pa, bytes);
    });
    const { arena, bus, log, vcpus } = this;
    this.irqchips = new Irqchips({ arena, bus, log, ipaBits: context.ipaBits, ram, vcpus, hasRun: () => this.hasRun });
  }

  get hasIrqchip(): boolean { return this.irqchips.present; }
  /** Shared interrupts from the first one on. */
  readonly pins: VmArch['pins'] = {
    count: SPECIAL - FIRST_SPI,
    isReady: () => this.irqchips.isInitialized,
    set: (pin: number, level: boolean) => this.irqchips.setLine(KVM_ARM_IRQ_TYPE_SPI, 0, FIRST_SPI + pin, level),
    watchEnds: (listener: (pin: number) => void) => {
      if (this.threads) throw new KvmError('EINVAL', 'ends of interrupts are seen by the threads that run the vCPUs only');
      this.irqchips.watchEnds(intid => listener(intid - FIRST_SPI));
    },
  };
  get irqchipReady(): boolean { return this.irqchips.isInitialized; }
  /** A vCPU ran. */
  /** A vCPU was let run: what describes the VM is fixed from then on. */
  get hasRun(): boolean { return this.firmware.hasRun !== 0; }
  get ranOnce(): boolean { return this.hasRun; }
  /** Whether the interrupt controller has this shared interrupt. */
  hasSpi(intid: number): boolean { return intid < (this.irqchips.vgic?.nrIrqs ?? 0); }

  createVcpu(id: number, vcpuContext: VcpuContext): Arm64Vcpu {
    if (this.irqchips.isInitialized) throw new KvmError('EBUSY', 'vCPUs can\'t be added after the interrupt controller was initialised');
    const most = this.irqchips.maxVcpus;
    if (!Number.isInteger(id) || id < 0 || id >= most) throw new KvmError('EINVAL', `vCPU ${id} can't be; the highest is ${most - 1}`);
    const vcpu = new Arm64Vcpu(this, id, vcpuContext);
    this.vcpus.push(vcpu);
    this.irqchips.addVcpu(vcpu);
    return vcpu;
  }

  createDevice(type: number, test: boolean): KvmDevice | undefined { return this.irqchips.createDevice(type, test); }
  createIrqchip(): void { this.irqchips.createIrqchip(); }
  setDeviceAddr(id: number, address: bigint): void { this.irqchips.setDeviceAddr(id, address); }
  signalMsi(msi: KvmMsi): boolean { return this.irqchips.signalMsi(msi); }

  /** `irq`: vcpu2 31:28, type 27:24, vcpu 23:16, number 15:0. */
  irqLine(irq: number, level: boolean): void {
    const type = irq >>> 24 & 15;
    const number = irq & 0xffff;
    const vcpu = (irq >>> 28) << 8 | (irq >>> 16 & 0xff);
    if (type === KVM_ARM_IRQ_TYPE_CPU) this.cpuLine(vcpu, number, level);
    else this.irqchips.setLine(type, vcpu, number, level);
  }

  /** Throws EINVAL where another vCPU was initialised with other features. */
  agreeOnFeatures(features: number): void {
    this.features ??= features;
    if (features !== this.features) throw new KvmError('EINVAL', 'all vCPUs of a VM have the same features, but for POWER_OFF');
  }

  enableCap(cap: number, _args: readonly bigint[]): void {
    if (cap === KVM_CAP_ARM_NISV_TO_USER) this.nisvToUser = true;
    else if (cap === KVM_CAP_ARM_SYSTEM_SUSPEND) this.systemSuspend = true;
    else throw new KvmError('EINVAL', `capability ${cap} can't be enabled`);
  }

  getRegWritableMasks({ addr, range }: RegMaskRange): void {
    if (range !== KVM_ARM_FEATURE_ID_RANGE) throw new KvmError('EINVAL', `there is no range ${range} of registers with masks`);
    const masks = writableMasks();
    if (addr.length < masks.length) throw new KvmError('EFAULT', `the masks need room for ${masks.length}`);
    addr.set(masks);
  }

  setCounterOffset(offset: bigint): void {
    if (this.vcpus.some(({ control }) => control.mode !== OUTSIDE_GUEST_MODE)) throw new KvmError('EBUSY', 'a vCPU runs');
    this.timers.setOffset(offset);
  }

  preferredTarget(): VcpuInit {
    return { target: KVM_ARM_TARGET_GENERIC_V8, features: [0] };
  }

  setAttr(group: number, attr: number, value: VmAttribute): void {
    if (group !== KVM_ARM_VM_SMCCC_CTRL || attr !== KVM_ARM_VM_SMCCC_FILTER) {
      throw new KvmError('ENXIO', `a VM has no attribute ${attr} in group ${group}`);
    }
    if (this.hasRun) throw new KvmError('EBUSY', 'SMCCC filters can\'t be set after a vCPU ran');
    this.smcccFilters.add(value);
  }

  /** A private interrupt of the vCPU's own hardware. */
  setPpi(vcpu: number, intid: number, level: boolean): void {
    this.irqchips.setPpi(vcpu, intid, level);
  }

  /** Before any run: what has to be complete by then. */
  prepare(): void {
    this.irqchips.prepare();
    this.firmware.hasRun = 1;
  }

  /** Lines straight into the CPU, where the API's user is the interrupt controller: 0 IRQ, 1 FIQ. */
  private cpuLine(id: number, number: number, level: boolean): void {
    if (this.hasIrqchip) throw new KvmError('ENXIO', 'the VM has an in-kernel interrupt controller');
    const vcpu = this.vcpus.find(v => v.id === id);
    if (!vcpu || number > 1) throw new KvmError('EINVAL', `vCPU ${id} has no interrupt line ${number}`);
    const { platform } = vcpu;
    platform.userLines = level ? platform.userLines | 1 << number : platform.userLines & ~(1 << number);
    vcpu.userInterrupt();
  }
}
