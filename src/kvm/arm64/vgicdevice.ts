/**
 * KVM_DEV_TYPE_ARM_VGIC_V2 and V3: the interrupt controller's addresses, size, initialisation and registers as device attributes
 * (Documentation/virt/kvm/devices/arm-vgic*.rst). Its registers appear on the bus when the first vCPU runs.
 */
import type { Log } from '../../base/log.ts';
import type { KvmDevice } from '../arch.ts';
import type { KernelBus } from '../bus.ts';
import { KvmError } from '../errors.ts';
import * as K from './numbers.ts';
import { FIRST_PPI, FIRST_SPI } from './vgic/state.ts';
import type { Vgic } from './vgic/vgic.ts';
import { VgicAddresses } from './vgicaddresses.ts';
import { VgicRegisters } from './vgicregisters.ts';

const DEFAULT_NR_IRQS = 256;
const PRIVATE_IRQS = 32;

export interface VgicPlace {
  readonly bus: KernelBus;
  readonly log: Log;
  readonly ipaBits: number;
  /** Throws EBUSY while a vCPU runs. */
  readonly needsStopped: () => void;
}

export class VgicDevice implements KvmDevice {
  readonly vgic: Vgic;
  private readonly place: VgicPlace;
  private readonly addresses: VgicAddresses;
  private readonly registers: VgicRegisters;
  private nrIrqs: number | undefined;
  private initialized = false;
  private mapped = false;

  constructor(vgic: Vgic, place: VgicPlace) {
    this.vgic = vgic;
    this.place = place;
    this.addresses = new VgicAddresses(vgic, place.ipaBits);
    this.registers = new VgicRegisters(vgic, cpu => this.addresses.isLast(cpu));
  }

  /** After this no vCPU can be added. */
  get isInitialized(): boolean {
    return this.initialized;
  }

  setAttr(group: number, attribute: bigint, given = 0n): void {
    const attr = BigInt.asUintN(64, attribute);
    const value = BigInt.asUintN(64, given);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR:
        if (!this.addresses.has(Number(attr))) throw unknown(group, attr);
        this.addresses.set(Number(attr), value);
        break;
      case K.KVM_DEV_ARM_VGIC_GRP_NR_IRQS: this.setNrIrqs(Number(value)); break;
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: this.control(attr); break;
      case K.KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ: this.setMaintenance(attr, value); break;
      default:
        this.beforeRegisters(group, attr);
        this.registers.write(group, attr, value);
    }
  }

  /** `argument`: which redistributor region (bits 11:0), for that attribute. */
  getAttr(group: number, attribute: bigint, argument = 0n): bigint {
    const attr = BigInt.asUintN(64, attribute);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR:
        if (!this.addresses.has(Number(attr))) throw unknown(group, attr);
        return this.addresses.get(Number(attr), BigInt.asUintN(64, argument));
      case K.KVM_DEV_ARM_VGIC_GRP_NR_IRQS: return BigInt(this.nrIrqs ?? PRIVATE_IRQS);
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: throw unknown(group, attr);
      case K.KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ:
        if (!this.hasAttr(group, attr)) throw unknown(group, attr);
        return BigInt(this.vgic.state.maintenance);
      default:
        this.beforeRegisters(group, attr);
        return this.registers.read(group, attr);
    }
  }

  hasAttr(group: number, attribute: bigint): boolean {
    const attr = BigInt.asUintN(64, attribute);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR: return this.addresses.has(Number(attr));
      case K.KVM_DEV_ARM_VGIC_GRP_NR_IRQS: return true;
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL:
        return attr === BigInt(K.KVM_DEV_ARM_VGIC_CTRL_INIT)
          || (this.vgic.version === 3 && attr === BigInt(K.KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES));
      case K.KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ: return this.vgic.version === 3;
      default: return this.registers.has(group, attr);
    }
  }

  reset(): void {
    this.vgic.lock.acquire();
    try {
      this.vgic.reset();
    } finally {
      this.vgic.lock.release();
    }
  }

  /** What KVM does before a vCPU's first run. Throws ENXIO, EINVAL, EBUSY where the device isn't complete. */
  prepare(): void {
    if (this.mapped) return;
    this.addresses.check();
    this.needsInit();
    this.addresses.map(this.place.bus, this.place.log);
    this.mapped = true;
  }

  /** A GICv2 predates the INIT attribute: whoever needs it initialised does it. Throws EBUSY for a GICv3. */
  needsInit(): void {
    if (this.initialized) return;
    if (this.vgic.version === 3) throw new KvmError('EBUSY', 'the GICv3 was never initialised: set KVM_DEV_ARM_VGIC_CTRL_INIT');
    this.initialize();
  }

  private beforeRegisters(group: number, attr: bigint): void {
    if (!this.registers.hasGroup(group)) throw unknown(group, attr);
    this.registers.checkCpu(group, attr);
    this.place.needsStopped();
    this.needsInit();
  }

  private control(attr: bigint): void {
    if (!this.hasAttr(K.KVM_DEV_ARM_VGIC_GRP_CTRL, attr)) throw unknown(K.KVM_DEV_ARM_VGIC_GRP_CTRL, attr);
    if (attr === BigInt(K.KVM_DEV_ARM_VGIC_CTRL_INIT)) {
      this.initialize();
      return;
    }
    this.place.needsStopped();
    this.vgic.lock.acquire();
    try {
      if (this.vgic.lpis?.savePending() === false) throw new KvmError('EFAULT', 'a pending table is not in the guest\'s RAM');
    } finally {
      this.vgic.lock.release();
    }
  }

  private setNrIrqs(count: number): void {
    if (count < 64 || count > 1024 || count % 32 !== 0) {
      throw new KvmError('EINVAL', `there can't be ${count} interrupts, only 64 to 1024 in steps of 32`);
    }
    if (this.nrIrqs !== undefined) throw new KvmError('EBUSY', 'the number of interrupts is set');
    this.nrIrqs = count;
  }

  private setMaintenance(attr: bigint, value: bigint): void {
    if (!this.hasAttr(K.KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ, attr)) throw unknown(K.KVM_DEV_ARM_VGIC_GRP_MAINT_IRQ, attr);
    this.place.needsStopped();
    if (this.initialized) throw new KvmError('EBUSY', 'the maintenance interrupt is chosen before the interrupt controller is initialised');
    if (value < BigInt(FIRST_PPI) || value >= BigInt(FIRST_SPI)) throw new KvmError('EINVAL', `interrupt ${value} is not a private one`);
    this.vgic.state.maintenance = Number(value);
  }

  private initialize(): void {
    if (this.initialized) return;
    if (this.vgic.cpus.length === 0) throw new KvmError('ENODEV', 'the interrupt controller needs vCPUs before it is initialised');
    this.nrIrqs ??= DEFAULT_NR_IRQS;
    this.initialized = true;
    if (this.vgic.arena.attached) return;
    this.vgic.nrIrqs = this.nrIrqs;
    this.reset();
  }
}

const unknown = (group: number, attr: bigint): KvmError =>
  new KvmError('ENXIO', `the interrupt controller has no attribute ${attr} in group ${group}`);
