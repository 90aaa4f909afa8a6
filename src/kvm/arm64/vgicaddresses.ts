/**
 * Where the interrupt controller's registers are in guest-physical memory: KVM_DEV_ARM_VGIC_GRP_ADDR, and what is mapped when the
 * first vCPU runs. The order of errors is Linux's.
 */
import type { KernelBus, KernelDevice } from '../bus.ts';
import { KvmError } from '../errors.ts';
import { gicr, GICR_SIZE } from './gicr.ts';
import * as gicv2 from './gicv2.ts';
import * as gicv3 from './gicv3.ts';
import * as K from './numbers.ts';
import type { Log } from '../../base/log.ts';
import type { VgicCpu } from './vgic/cpu.ts';
import { frame, type Registers } from './vgic/frame.ts';
import type { Vgic } from './vgic/vgic.ts';

/** What an address reads as before it is set. */
export const UNSET_ADDRESS = 0xffff_ffff_ffff_ffffn;

interface RedistributorRegion {
  readonly base: number;
  /** Redistributors that fit; 0: as many as there are vCPUs (KVM_VGIC_V3_ADDR_TYPE_REDIST). */
  readonly count: number;
}

/** The address as a number. Throws EEXIST where it `isSet`, EINVAL, E2BIG. */
export function checkRange(value: bigint, isSet: boolean, align: number, size: number, ipaBits: number): number {
  if (isSet) throw new KvmError('EEXIST', 'this address of the interrupt controller is set');
  const hex = `0x${value.toString(16)}`;
  if (value % BigInt(align) !== 0n || value + BigInt(size) > 1n << 64n) {
    throw new KvmError('EINVAL', `${hex} is not a multiple of 0x${align.toString(16)}, or its region wraps around`);
  }
  if (value + BigInt(size) > 1n << BigInt(ipaBits)) throw new KvmError('E2BIG', `${hex} is beyond the guest's physical addresses`);
  return Number(value);
}

const overlap = (a: number, aSize: number, b: number, bSize: number): boolean => a < b + bSize && b < a + aSize;

export class VgicAddresses {
  private readonly vgic: Vgic;
  private readonly ipaBits: number;
  private dist: number | undefined;
  private cpuInterface: number | undefined;
  private readonly regions: RedistributorRegion[] = [];

  constructor(vgic: Vgic, ipaBits: number) {
    this.vgic = vgic;
    this.ipaBits = ipaBits;
  }

  has(type: number): boolean {
    return (this.vgic.version === 2
      ? [K.KVM_VGIC_V2_ADDR_TYPE_DIST, K.KVM_VGIC_V2_ADDR_TYPE_CPU]
      : [K.KVM_VGIC_V3_ADDR_TYPE_DIST, K.KVM_VGIC_V3_ADDR_TYPE_REDIST, K.KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION]).includes(type);
  }

  set(type: number, value: bigint): void {
    const check = (old: number | undefined, align: number, size: number): number =>
      checkRange(value, old !== undefined, align, size, this.ipaBits);
    switch (type) {
      case K.KVM_VGIC_V2_ADDR_TYPE_DIST: this.dist = check(this.dist, 0x1000, gicv2.GICD_SIZE); break;
      case K.KVM_VGIC_V2_ADDR_TYPE_CPU: this.cpuInterface = check(this.cpuInterface, 0x1000, gicv2.GICC_SIZE); break;
      case K.KVM_VGIC_V3_ADDR_TYPE_DIST: this.dist = check(this.dist, 0x10000, gicv3.GICD_SIZE); break;
      case K.KVM_VGIC_V3_ADDR_TYPE_REDIST: this.addRegion(0, value, 0); break;
      default: this.setRegion(value);
    }
  }

  /** `argument`: the index, of a region. Throws ENOENT for a region that isn't there. */
  get(type: number, argument: bigint): bigint {
    switch (type) {
      case K.KVM_VGIC_V2_ADDR_TYPE_CPU: return asAttribute(this.cpuInterface);
      case K.KVM_VGIC_V3_ADDR_TYPE_REDIST: return asAttribute(this.regions[0]?.base);
      case K.KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION: {
        const index = argument & 0xfffn;
        const region = this.regions[Number(index)];
        if (!region) throw new KvmError('ENOENT', `there is no redistributor region ${index}`);
        return BigInt(region.count) << 52n | BigInt(region.base) | index;
      }
      default: return asAttribute(this.dist);
    }
  }

  /** Throws ENXIO where addresses are missing, EINVAL where they overlap. */
  check(): void {
    if (this.vgic.version === 2) this.checkV2();
    else this.checkV3();
  }

  map(bus: KernelBus, log: Log): void {
    if (this.vgic.version === 2) {
      this.mapBanked(bus, log, this.dist!, gicv2.GICD_SIZE, cpu => gicv2.gicd(this.vgic, cpu));
      this.mapBanked(bus, log, this.cpuInterface!, gicv2.GICC_SIZE, cpu => gicv2.gicc(cpu));
      return;
    }
    this.mapBanked(bus, log, this.dist!, gicv3.GICD_SIZE, cpu => gicv3.gicd(this.vgic, cpu));
    this.redistributors().forEach(({ base, isLast }, i) => {
      const device = frame(gicr(this.vgic, this.vgic.cpus[i]!, isLast), this.vgic.lock, log);
      mapDevice(bus, base, GICR_SIZE, () => device);
    });
  }

  /** Whether a CPU's redistributor is the last before a gap (GICR_TYPER.Last). Where there are no addresses yet: the last CPU's is. */
  isLast(cpu: VgicCpu): boolean {
    return this.redistributors()[cpu.index]?.isLast ?? cpu.index === this.vgic.cpus.length - 1;
  }

  /** count 63:52, base 51:16, flags 15:12, index 11:0. */
  private setRegion(value: bigint): void {
    const count = Number(value >> 52n);
    if (count === 0 || value & 0xf000n) throw new KvmError('EINVAL', 'a redistributor region needs a count, and no flags');
    this.addRegion(Number(value & 0xfffn), value & 0xf_ffff_ffff_0000n, count);
  }

  private addRegion(index: number, base: bigint, count: number): void {
    const { regions } = this;
    const size = this.bytes(count);
    const [first] = regions;
    if (first) {
      if (count === 0 && first.count !== 0) throw new KvmError('EINVAL', 'redistributor regions were added: the single region can\'t be set');
      if (count === 0) throw new KvmError('EEXIST', 'the redistributors\' address is set');
      if (first.count === 0) throw new KvmError('EINVAL', 'KVM_VGIC_V3_ADDR_TYPE_REDIST was set: no regions can be added');
    }
    if (index !== regions.length) throw new KvmError('EINVAL', 'redistributor regions are numbered from 0 in the order they are added');
    const at = Number(base);
    if (count === 0 && this.dist !== undefined && overlap(at, size, this.dist, gicv3.GICD_SIZE)) throw overlapping();
    if (regions.some(r => overlap(at, size, r.base, this.bytes(r.count)))) throw overlapping();
    const added: RedistributorRegion = { base: checkRange(base, false, 0x10000, size, this.ipaBits), count };
    // Where vCPUs are there to be placed, what they are placed by has to be right.
    if (this.redistributors().length < this.vgic.cpus.length && this.dist !== undefined
      && [...regions, added].some(r => overlap(r.base, this.bytes(r.count), this.dist!, gicv3.GICD_SIZE))) throw overlapping();
    regions.push(added);
  }

  private bytes(count: number): number {
    return (count || this.vgic.cpus.length) * GICR_SIZE;
  }

  private checkV2(): void {
    if (this.dist === undefined || this.cpuInterface === undefined) throw incomplete();
    if (overlap(this.dist, gicv2.GICD_SIZE, this.cpuInterface, gicv2.GICC_SIZE)) throw overlapping();
  }

  private checkV3(): void {
    const { dist, vgic, regions } = this;
    const placed = this.redistributors().length;
    if (placed < vgic.cpus.length) throw new KvmError('ENXIO', `there are ${vgic.cpus.length} vCPUs, but room for ${placed} redistributors`);
    if (dist === undefined) throw incomplete();
    if (regions.some(r => r.base + this.bytes(r.count) > 2 ** this.ipaBits)) throw overlapping();
    if (regions.some((r, i) => overlap(r.base, this.bytes(r.count), dist, gicv3.GICD_SIZE)
      || regions.some((other, j) => j < i && overlap(r.base, this.bytes(r.count), other.base, this.bytes(other.count))))) throw overlapping();
  }

  /** Each CPU's, in their order. */
  private redistributors(): readonly { readonly base: number; readonly isLast: boolean }[] {
    const { regions, vgic } = this;
    const placed: { base: number; isLast: boolean }[] = [];
    for (const region of regions) {
      const used = Math.min(region.count || vgic.cpus.length, vgic.cpus.length - placed.length);
      for (let i = 0; i < used; i++) placed.push({ base: region.base + i * GICR_SIZE, isLast: false });
    }
    const starts = new Set(placed.map(({ base }) => base));
    return placed.map(({ base }) => ({ base, isLast: !starts.has(base + GICR_SIZE) }));
  }

  /** Registers that every vCPU sees at the same address in its own way. */
  private mapBanked(bus: KernelBus, log: Log, base: number, size: number, registers: (cpu: VgicCpu) => Registers): void {
    const views = this.vgic.cpus.map(cpu => frame(registers(cpu), this.vgic.lock, log));
    mapDevice(bus, base, size, vcpu => views[vcpu]!);
  }
}

function mapDevice(bus: KernelBus, base: number, size: number, device: (vcpu: number) => KernelDevice): void {
  if (bus.overlaps(base, size)) throw overlapping();
  bus.map(base, size, device);
}

const asAttribute = (address: number | undefined): bigint => address === undefined ? UNSET_ADDRESS : BigInt(address);
const incomplete = (): KvmError => new KvmError('ENXIO', 'the interrupt controller\'s addresses are not all set');
const overlapping = (): KvmError => new KvmError('EINVAL', 'the interrupt controller\'s regions overlap');
