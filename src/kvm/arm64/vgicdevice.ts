/**
 * KVM_DEV_TYPE_ARM_VGIC_V2 and V3: the interrupt controller's addresses, size and initialisation as device attributes
 * (Documentation/virt/kvm/devices/arm-vgic*.rst). Its registers appear on the bus when the first vCPU runs.
 */
import type { Log } from '../../base/log.ts';
import type { KvmDevice } from '../arch.ts';
import type { KernelBus, KernelDevice } from '../bus.ts';
import { KvmError } from '../errors.ts';
import * as gicv2 from './gicv2.ts';
import * as gicv3 from './gicv3.ts';
import * as K from './numbers.ts';
import { frame, type Registers } from './vgic/frame.ts';
import type { VgicCpu } from './vgic/cpu.ts';
import type { Vgic } from './vgic/vgic.ts';
import { VgicRegisters } from './vgicregisters.ts';

interface RedistributorRegion {
  readonly base: number;
  /** Redistributors that fit; undefined: as many as there are vCPUs. */
  readonly count: number | undefined;
}

const DEFAULT_NR_IRQS = 256;

export class VgicDevice implements KvmDevice {
  readonly vgic: Vgic;
  private readonly registers: VgicRegisters;
  private readonly bus: KernelBus;
  private readonly log: Log;
  private readonly ipaBits: number;
  private dist: number | undefined;
  private cpuInterface: number | undefined;
  private readonly redistributors: RedistributorRegion[] = [];
  private nrIrqs: number | undefined;
  private initialized = false;
  private mapped = false;

  constructor(vgic: Vgic, bus: KernelBus, log: Log, ipaBits: number) {
    this.vgic = vgic;
    this.registers = new VgicRegisters(vgic);
    this.bus = bus;
    this.log = log;
    this.ipaBits = ipaBits;
  }

  /** After this no vCPU can be added. */
  get isInitialized(): boolean {
    return this.initialized;
  }

  setAttr(group: number, attr: bigint, value = 0n): void {
    if (!this.hasAttr(group, attr)) throw unknown(group, attr);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR: this.setAddress(Number(attr), value); break;
      case K.KVM_DEV_ARM_VGIC_GRP_NR_IRQS: this.setNrIrqs(Number(value)); break;
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: this.initialize(); break;
      default:
        this.needsInit();
        this.registers.write(group, attr, value);
    }
  }

  getAttr(group: number, attr: bigint): bigint {
    if (!this.hasAttr(group, attr)) throw unknown(group, attr);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR: return this.getAddress(Number(attr));
      case K.KVM_DEV_ARM_VGIC_GRP_NR_IRQS: return BigInt(this.nrIrqs ?? this.vgic.nrIrqs);
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: throw unknown(group, attr);
      default:
        this.needsInit();
        return this.registers.read(group, attr);
    }
  }

  hasAttr(group: number, attr: bigint): boolean {
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR: return this.addressTypes().includes(Number(attr));
      case K.KVM_DEV_ARM_VGIC_GRP_NR_IRQS: return attr === 0n;
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: return attr === BigInt(K.KVM_DEV_ARM_VGIC_CTRL_INIT);
      default: return this.registers.has(group, attr);
    }
  }

  reset(): void {
    this.vgic.reset();
  }

  /** What KVM does before a vCPU's first run. Throws ENXIO, EINVAL, EBUSY where the device isn't complete. */
  prepare(): void {
    if (this.mapped) return;
    if (!this.initialized) {
      // GICv2 predates the INIT attribute: for it the first run does.
      if (this.vgic.version === 3) throw new KvmError('EBUSY', 'the GICv3 was never initialised: set KVM_DEV_ARM_VGIC_CTRL_INIT');
      this.initialize();
    }
    if (this.vgic.version === 3) this.mapV3();
    else this.mapV2();
    this.mapped = true;
  }

  private needsInit(): void {
    if (!this.initialized) throw new KvmError('EBUSY', 'the interrupt controller has no registers before it is initialised');
  }

  private addressTypes(): readonly number[] {
    return this.vgic.version === 2
      ? [K.KVM_VGIC_V2_ADDR_TYPE_DIST, K.KVM_VGIC_V2_ADDR_TYPE_CPU]
      : [K.KVM_VGIC_V3_ADDR_TYPE_DIST, K.KVM_VGIC_V3_ADDR_TYPE_REDIST, K.KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION];
  }

  private setAddress(type: number, value: bigint): void {
    if (this.mapped) throw new KvmError('EBUSY', 'the interrupt controller can\'t move after a vCPU ran');
    switch (type) {
      case K.KVM_VGIC_V2_ADDR_TYPE_DIST:
        this.dist = this.address(value, this.dist, 0x1000, gicv2.GICD_SIZE);
        break;
      case K.KVM_VGIC_V2_ADDR_TYPE_CPU:
        this.cpuInterface = this.address(value, this.cpuInterface, 0x1000, gicv2.GICC_SIZE);
        break;
      case K.KVM_VGIC_V3_ADDR_TYPE_DIST:
        this.dist = this.address(value, this.dist, 0x10000, gicv3.GICD_SIZE);
        break;
      case K.KVM_VGIC_V3_ADDR_TYPE_REDIST:
        this.addRedistributors(this.address(value, this.redistributors[0]?.base, 0x10000, gicv3.GICR_SIZE), undefined);
        break;
      default: this.setRegion(value);
    }
  }

  /** count 63:52, base 51:16, flags 15:12, index 11:0. */
  private setRegion(value: bigint): void {
    const count = Number(value >> 52n);
    const base = Number(value & 0xf_ffff_ffff_0000n);
    if (count === 0 || value & 0xf000n) throw new KvmError('EINVAL', 'a redistributor region needs a count, and no flags');
    if (Number(value & 0xfffn) !== this.redistributors.length) {
      throw new KvmError('EINVAL', 'redistributor regions are numbered from 0 in the order they are added');
    }
    if (this.redistributors[0] && this.redistributors[0].count === undefined) {
      throw new KvmError('EINVAL', 'KVM_VGIC_V3_ADDR_TYPE_REDIST was set: no regions can be added');
    }
    this.addRedistributors(this.address(BigInt(base), undefined, 0x10000, count * gicv3.GICR_SIZE), count);
  }

  private addRedistributors(base: number, count: number | undefined): void {
    const size = (region: RedistributorRegion): number => (region.count ?? this.vgic.cpus.length) * gicv3.GICR_SIZE;
    const added: RedistributorRegion = { base, count };
    if (this.redistributors.some(r => base < r.base + size(r) && r.base < base + size(added))) {
      throw new KvmError('EINVAL', 'redistributor regions overlap');
    }
    this.redistributors.push(added);
  }

  private getAddress(type: number): bigint {
    const base = this.addressOf(type);
    if (base === undefined) throw new KvmError('ENOENT', 'this address of the interrupt controller is not set');
    return BigInt(base);
  }

  private addressOf(type: number): number | undefined {
    switch (type) {
      case K.KVM_VGIC_V2_ADDR_TYPE_CPU: return this.cpuInterface;
      case K.KVM_VGIC_V3_ADDR_TYPE_REDIST: case K.KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION: return this.redistributors[0]?.base;
      default: return this.dist;
    }
  }

  private address(value: bigint, old: number | undefined, align: number, size: number): number {
    if (old !== undefined) throw new KvmError('EEXIST', 'this address of the interrupt controller is set');
    const hex = `0x${value.toString(16)}`;
    if (value % BigInt(align) !== 0n) throw new KvmError('EINVAL', `${hex} is not a multiple of 0x${align.toString(16)}`);
    if (value + BigInt(size) > 1n << BigInt(this.ipaBits)) throw new KvmError('E2BIG', `${hex} is beyond the guest's physical addresses`);
    return Number(value);
  }

  private setNrIrqs(count: number): void {
    if (this.nrIrqs !== undefined || this.initialized) throw new KvmError('EBUSY', 'the number of interrupts is set');
    if (count < 64 || count > 1024 || count % 32 !== 0) {
      throw new KvmError('EINVAL', `there can't be ${count} interrupts, only 64 to 1024 in steps of 32`);
    }
    this.nrIrqs = count;
  }

  private initialize(): void {
    if (this.initialized) return;
    if (this.vgic.cpus.length === 0) throw new KvmError('ENODEV', 'the interrupt controller needs vCPUs before it is initialised');
    this.vgic.nrIrqs = this.nrIrqs ?? DEFAULT_NR_IRQS;
    this.vgic.reset();
    this.initialized = true;
  }

  private mapV2(): void {
    if (this.dist === undefined || this.cpuInterface === undefined) throw incomplete();
    this.map(this.dist, gicv2.GICD_SIZE, cpu => gicv2.gicd(this.vgic, cpu));
    this.map(this.cpuInterface, gicv2.GICC_SIZE, cpu => gicv2.gicc(cpu));
  }

  private mapV3(): void {
    const { vgic, redistributors } = this;
    if (this.dist === undefined || redistributors.length === 0) throw incomplete();
    const room = redistributors.reduce((sum, region) => sum + (region.count ?? vgic.cpus.length), 0);
    if (room < vgic.cpus.length) throw new KvmError('ENXIO', `there are ${vgic.cpus.length} vCPUs, but room for ${room} redistributors`);
    this.map(this.dist, gicv3.GICD_SIZE, cpu => gicv3.gicd(vgic, cpu));
    let next = 0;
    for (const { base, count } of redistributors) {
      const members = vgic.cpus.slice(next, next + (count ?? vgic.cpus.length));
      next += members.length;
      members.forEach((member, i) => {
        const device = frame(gicv3.gicr(vgic, member, i === members.length - 1), vgic.lock, this.log);
        this.mapDevice(base + i * gicv3.GICR_SIZE, gicv3.GICR_SIZE, () => device);
      });
    }
  }

  /** Registers that every vCPU sees at the same address in its own way. */
  private map(base: number, size: number, registers: (cpu: VgicCpu) => Registers): void {
    const views = this.vgic.cpus.map(cpu => frame(registers(cpu), this.vgic.lock, this.log));
    this.mapDevice(base, size, vcpu => views[vcpu]!);
  }

  private mapDevice(base: number, size: number, device: (vcpu: number) => KernelDevice): void {
    if (this.bus.overlaps(base, size)) throw new KvmError('EINVAL', 'the interrupt controller\'s regions overlap');
    this.bus.map(base, size, device);
  }
}

const incomplete = (): KvmError => new KvmError('ENXIO', 'the interrupt controller\'s addresses are not all set');
const unknown = (group: number, attr: bigint): KvmError =>
  new KvmError('ENXIO', `the interrupt controller has no attribute ${attr} in group ${group}`);
