/**
 * A VM's in-kernel interrupt controllers: their creation as devices or by the old ioctls, the lines into them (KVM_IRQ_LINE), and
 * messages (KVM_SIGNAL_MSI).
 */
import type { Arena } from '../../base/arena.ts';
import type { Log } from '../../base/log.ts';
import type { KvmDevice, KvmMsi } from '../arch.ts';
import type { KernelBus } from '../bus.ts';
import { KvmError } from '../errors.ts';
import { KVM_DEV_TYPE_ARM_VGIC_ITS, KVM_DEV_TYPE_ARM_VGIC_V2, KVM_DEV_TYPE_ARM_VGIC_V3, KVM_MSI_VALID_DEVID } from '../numbers.ts';
import { iccRegisters } from './icc.ts';
import { ItsDevice } from './its/device.ts';
import { Its } from './its/its.ts';
import {
  KVM_ARM_DEVICE_ID_SHIFT, KVM_ARM_DEVICE_VGIC_V2, KVM_ARM_IRQ_TYPE_PPI, KVM_ARM_IRQ_TYPE_SPI, KVM_DEV_ARM_VGIC_GRP_ADDR,
  KVM_VGIC_V2_ADDR_TYPE_CPU,
} from './numbers.ts';
import type { Arm64Vcpu } from './vcpu.ts';
import { Lpis } from './vgic/lpis.ts';
import type { TableMemory } from './vgic/ram.ts';
import { FIRST_PPI, FIRST_SPI, SPECIAL } from './vgic/state.ts';
import { Vgic } from './vgic/vgic.ts';
import { VgicDevice } from './vgicdevice.ts';

const MAX_VCPUS_V2 = 8;
export const MAX_VCPUS = 512;
/** Each takes a part of the arena, and Linux names no limit. */
const MAX_ITS = 16;

export interface IrqchipParts {
  readonly arena: Arena;
  readonly bus: KernelBus;
  readonly log: Log;
  readonly ipaBits: number;
  readonly ram: TableMemory;
  readonly vcpus: readonly Arm64Vcpu[];
  /** Whether any vCPU ever ran. */
  readonly hasRun: () => boolean;
}

export class Irqchips {
  private readonly parts: IrqchipParts;
  private device: VgicDevice | undefined;
  private readonly services: ItsDevice[] = [];

  constructor(parts: IrqchipParts) {
    this.parts = parts;
  }

  get present(): boolean { return this.device !== undefined; }
  /** After this no vCPU can be added. */
  get isInitialized(): boolean { return this.device?.isInitialized ?? false; }
  get maxVcpus(): number { return this.device?.vgic.version === 2 ? MAX_VCPUS_V2 : MAX_VCPUS; }
  get vgic(): Vgic | undefined { return this.device?.vgic; }

  /** KVM_CREATE_DEVICE. Throws ENODEV for an unknown type, EEXIST, EBUSY after a vCPU ran, E2BIG, ENOMEM. */
  createDevice(type: number, test: boolean): KvmDevice | undefined {
    switch (type) {
      case KVM_DEV_TYPE_ARM_VGIC_V2: return test ? undefined : this.createVgic(2);
      case KVM_DEV_TYPE_ARM_VGIC_V3: return test ? undefined : this.createVgic(3);
      case KVM_DEV_TYPE_ARM_VGIC_ITS: return test ? undefined : this.createIts();
      default: throw new KvmError('ENODEV', `there are no devices of type ${type} here`);
    }
  }

  /** KVM_CREATE_IRQCHIP: a GICv2, which is then given its addresses by `setDeviceAddr`. */
  createIrqchip(): void {
    this.createVgic(2);
  }

  /** KVM_ARM_SET_DEVICE_ADDR. `id`: the device 31:16, the type of address 15:0. Throws ENODEV and what setting an address throws. */
  setDeviceAddr(id: number, address: bigint): void {
    const type = id & 0xffff;
    if (id >>> KVM_ARM_DEVICE_ID_SHIFT !== KVM_ARM_DEVICE_VGIC_V2 || type > KVM_VGIC_V2_ADDR_TYPE_CPU || this.device?.vgic.version !== 2) {
      throw new KvmError('ENODEV', `there is no device with address 0x${id.toString(16)}`);
    }
    this.device.setAttr(KVM_DEV_ARM_VGIC_GRP_ADDR, BigInt(type), address);
  }

  addVcpu(vcpu: Arm64Vcpu): void {
    if (this.device) connect(this.device.vgic, vcpu);
  }

  /** Before a vCPU's first run. */
  prepare(): void {
    this.device?.prepare();
  }

  /** A private or shared interrupt's line. Throws ENXIO without an interrupt controller, EBUSY before its INIT, EINVAL. */
  setLine(type: number, vcpu: number, intid: number, level: boolean): void {
    if (type !== KVM_ARM_IRQ_TYPE_PPI && type !== KVM_ARM_IRQ_TYPE_SPI) throw new KvmError('EINVAL', `there are no interrupt lines of type ${type}`);
    if (!this.device) throw new KvmError('ENXIO', 'the VM has no in-kernel interrupt controller');
    const { vgic } = this.device;
    if (type === KVM_ARM_IRQ_TYPE_SPI) {
      if (intid < FIRST_SPI) throw noSuch(intid);
      this.device.needsInit();
      if (intid >= Math.min(vgic.nrIrqs, SPECIAL)) throw noSuch(intid);
      vgic.setSpi(intid, level);
      return;
    }
    const cpu = vgic.cpus.find(({ number }) => number === vcpu);
    if (!cpu) throw new KvmError('EINVAL', `there is no vCPU ${vcpu}`);
    if (intid < FIRST_PPI || intid >= FIRST_SPI) throw new KvmError('EINVAL', `interrupt ${intid} is not a private one`);
    this.device.needsInit();
    // What the vCPU's own timers and monitors drive nobody else does.
    if (!isOwned(this.parts.vcpus[cpu.index]!, intid)) vgic.setPpi(cpu, intid, level);
  }

  /** `listener` hears of each shared level interrupt whose handler has ended. */
  watchEnds(listener: (intid: number) => void): void {
    if (this.device) this.device.vgic.onEnd = listener;
  }

  /** A private interrupt of a vCPU's own hardware. */
  setPpi(index: number, intid: number, level: boolean): void {
    const vgic = this.device?.vgic;
    const cpu = vgic?.cpus[index];
    if (cpu) vgic!.setPpi(cpu, intid, level);
  }

  /** KVM_SIGNAL_MSI: whether it was delivered. Throws ENODEV without an ITS, EINVAL, EBUSY where it or the target's LPIs are off. */
  signalMsi({ address, data, flags, devid }: KvmMsi): boolean {
    if (this.services.length === 0) throw new KvmError('ENODEV', 'the VM has no ITS');
    if (((flags ?? 0) & KVM_MSI_VALID_DEVID) === 0) throw new KvmError('EINVAL', 'a message to an ITS needs a device id');
    const service = this.services.find(({ doorbell }) => doorbell !== undefined && BigInt(doorbell) === address);
    if (!service) throw new KvmError('EINVAL', `no ITS takes messages at 0x${address.toString(16)}`);
    const { its } = service;
    its.vgic.lock.acquire();
    try {
      const refusal = its.message((devid ?? 0) >>> 0, data >>> 0);
      if (refusal === 'busy') throw new KvmError('EBUSY', 'the ITS, or the target\'s LPIs, are disabled');
      return refusal === undefined;
    } finally {
      its.vgic.lock.release();
    }
  }

  private createVgic(version: 2 | 3): VgicDevice {
    const { arena, bus, log, ipaBits, vcpus } = this.parts;
    this.needsStopped();
    if (this.device) throw new KvmError('EEXIST', 'the VM has an interrupt controller');
    if (this.parts.hasRun()) throw new KvmError('EBUSY', 'an interrupt controller can\'t be added after a vCPU ran');
    if (version === 2 && vcpus.length > MAX_VCPUS_V2) throw new KvmError('E2BIG', `a GICv2 can't have more than ${MAX_VCPUS_V2} vCPUs`);
    const vgic = new Vgic(arena, version);
    this.device = new VgicDevice(vgic, { bus, log, ipaBits, needsStopped: () => this.needsStopped() });
    for (const vcpu of vcpus) connect(vgic, vcpu);
    return this.device;
  }

  /** There may be several, at addresses of their own. */
  private createIts(): ItsDevice {
    const { bus, log, ipaBits, ram } = this.parts;
    const vgic = this.device?.vgic;
    if (vgic?.version !== 3) throw new KvmError('ENODEV', 'an ITS needs a GICv3');
    if (this.services.length === MAX_ITS) throw new KvmError('ENOMEM', `a VM can't have more than ${MAX_ITS} ITSs`);
    vgic.lpis ??= new Lpis(vgic, ram);
    const its = new Its(vgic, vgic.lpis, ram, this.services.length);
    const device = new ItsDevice(its, { bus, log, ipaBits, needsStopped: () => this.needsStopped() });
    this.services.push(device);
    return device;
  }

  private needsStopped(): void {
    const running = this.parts.vcpus.find(({ control }) => control.running);
    if (running) throw new KvmError('EBUSY', `vCPU ${running.id} is running`);
  }
}

/** Whether a vCPU's own hardware drives this private interrupt: from the first run on for its two timers. */
const isOwned = ({ vm: { timers }, pmu }: Arm64Vcpu, intid: number): boolean =>
  pmu?.owned === intid || (timers.fixed && timers.uses(intid));

const noSuch = (intid: number): KvmError => new KvmError('EINVAL', `there is no shared interrupt ${intid}`);

function connect(vgic: Vgic, vcpu: Arm64Vcpu): void {
  const cpu = vgic.addCpu({ number: vcpu.id, get affinity() { return vcpu.affinity; }, signal: () => vcpu.interrupt() });
  vcpu.platform.attach(cpu, vgic.version === 3 ? iccRegisters(vgic, cpu) : new Map());
}
