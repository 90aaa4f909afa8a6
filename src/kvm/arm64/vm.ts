/** The arm64 half of a VM: vCPUs, the interrupt controller, interrupt lines. */
import type { Arena } from '../../base/arena.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { CpuModel } from '../../guest/aarch64/models.ts';
import type { PhysicalMemory } from '../../vcpu/physical.ts';
import type { VcpuContext, VcpuInit, VmArch, VmAttribute, VmContext } from '../arch.ts';
import type { KernelBus } from '../bus.ts';
import { KvmError } from '../errors.ts';
import { KVM_DEV_TYPE_ARM_VGIC_V2, KVM_DEV_TYPE_ARM_VGIC_V3 } from '../numbers.ts';
import type { Arm64Engine, CpuSpec } from './guest.ts';
import { iccRegisters } from './icc.ts';
import {
  KVM_ARM_IRQ_TYPE_CPU, KVM_ARM_IRQ_TYPE_PPI, KVM_ARM_IRQ_TYPE_SPI, KVM_ARM_TARGET_GENERIC_V8, KVM_ARM_VM_SMCCC_CTRL,
  KVM_ARM_VM_SMCCC_FILTER,
} from './numbers.ts';
import { SmcccFilters } from './smcccfilter.ts';
import type { Alarm, AlarmTarget } from './timer.ts';
import { Arm64Vcpu } from './vcpu.ts';
import { FIRST_PPI, FIRST_SPI, SPECIAL } from './vgic/state.ts';
import { Vgic } from './vgic/vgic.ts';
import { VgicDevice } from './vgicdevice.ts';

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

export const MAX_VCPUS = 512;
const MAX_VCPUS_V2 = 8;

export class Arm64Vm implements VmArch {
  readonly options: Arm64Options;
  readonly arena: Arena;
  readonly memory: PhysicalMemory;
  readonly bus: KernelBus;
  readonly log: Log;
  readonly vcpus: Arm64Vcpu[] = [];
  readonly smcccFilters = new SmcccFilters();
  private readonly ipaBits: number;
  private vgic: VgicDevice | undefined;
  /** What the first vCPU was initialised with: all others have to be alike. */
  private features: number | undefined;
  private hasRun = false;

  constructor(options: Arm64Options, context: VmContext) {
    this.options = options;
    this.arena = context.arena;
    this.memory = context.memory;
    this.bus = context.bus;
    this.log = context.log;
    this.ipaBits = context.ipaBits;
  }

  get hasIrqchip(): boolean { return this.vgic !== undefined; }

  createVcpu(id: number, vcpuContext: VcpuContext): Arm64Vcpu {
    if (this.vgic?.isInitialized) throw new KvmError('EBUSY', 'vCPUs can\'t be added after the interrupt controller was initialised');
    const most = this.vgic?.vgic.version === 2 ? MAX_VCPUS_V2 : MAX_VCPUS;
    if (!Number.isInteger(id) || id < 0 || id >= most) throw new KvmError('EINVAL', `vCPU ${id} can't be; the highest is ${most - 1}`);
    const vcpu = new Arm64Vcpu(this, id, vcpuContext);
    this.vcpus.push(vcpu);
    if (this.vgic) connect(this.vgic.vgic, vcpu);
    return vcpu;
  }

  createDevice(type: number, test: boolean): VgicDevice | undefined {
    if (type !== KVM_DEV_TYPE_ARM_VGIC_V2 && type !== KVM_DEV_TYPE_ARM_VGIC_V3) {
      throw new KvmError('ENODEV', `there are no devices of type ${type} here`);
    }
    if (test) return undefined;
    if (this.vgic) throw new KvmError('EEXIST', 'the VM has an interrupt controller');
    const version = type === KVM_DEV_TYPE_ARM_VGIC_V2 ? 2 : 3;
    if (version === 2 && this.vcpus.length > MAX_VCPUS_V2) {
      throw new KvmError('E2BIG', `a GICv2 can't have more than ${MAX_VCPUS_V2} vCPUs`);
    }
    const vgic = new Vgic(this.arena, version);
    this.vgic = new VgicDevice(vgic, this.bus, this.log, this.ipaBits);
    for (const vcpu of this.vcpus) connect(vgic, vcpu);
    return this.vgic;
  }

  /** `irq`: vcpu2 31:28, type 27:24, vcpu 23:16, number 15:0. */
  irqLine(irq: number, level: boolean): void {
    const type = irq >>> 24 & 15;
    const number = irq & 0xffff;
    const vcpu = (irq >>> 28) << 8 | (irq >>> 16 & 0xff);
    if (type === KVM_ARM_IRQ_TYPE_CPU) {
      this.cpuLine(vcpu, number, level);
      return;
    }
    if (!this.vgic) throw new KvmError('ENXIO', 'the VM has no in-kernel interrupt controller');
    const { vgic } = this.vgic;
    if (type === KVM_ARM_IRQ_TYPE_SPI) {
      if (number < FIRST_SPI || number >= Math.min(vgic.nrIrqs, SPECIAL)) {
        throw new KvmError('EINVAL', `there is no shared interrupt ${number}`);
      }
      vgic.setSpi(number, level);
      return;
    }
    const cpu = vgic.cpus[vcpu];
    if (type !== KVM_ARM_IRQ_TYPE_PPI || !cpu) throw new KvmError('EINVAL', `no interrupt line is numbered 0x${irq.toString(16)}`);
    if (number < FIRST_PPI || number >= FIRST_SPI) throw new KvmError('EINVAL', `interrupt ${number} is not a private one`);
    vgic.setPpi(cpu, number, level);
  }

  /** Throws EINVAL where another vCPU was initialised with other features. */
  agreeOnFeatures(features: number): void {
    this.features ??= features;
    if (features !== this.features) throw new KvmError('EINVAL', 'all vCPUs of a VM have the same features, but for POWER_OFF');
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
    const cpu = this.vgic?.vgic.cpus[vcpu];
    if (cpu) this.vgic?.vgic.setPpi(cpu, intid, level);
  }

  /** Before any run: what has to be complete by then. */
  prepare(): void {
    this.vgic?.prepare();
    this.hasRun = true;
  }

  /** Lines straight into the CPU, where the API's user is the interrupt controller: 0 IRQ, 1 FIQ. */
  private cpuLine(index: number, number: number, level: boolean): void {
    if (this.vgic) throw new KvmError('ENXIO', 'the VM has an in-kernel interrupt controller');
    const vcpu = this.vcpus[index];
    if (!vcpu || number > 1) throw new KvmError('EINVAL', `vCPU ${index} has no interrupt line ${number}`);
    const { platform } = vcpu;
    platform.userLines = level ? platform.userLines | 1 << number : platform.userLines & ~(1 << number);
    vcpu.userInterrupt();
  }
}

function connect(vgic: Vgic, vcpu: Arm64Vcpu): void {
  const cpu = vgic.addCpu({ number: vcpu.id, affinity: vcpu.affinity, signal: () => vcpu.interrupt() });
  vcpu.platform.attach(cpu, vgic.version === 3 ? iccRegisters(vgic, cpu) : new Map());
}
