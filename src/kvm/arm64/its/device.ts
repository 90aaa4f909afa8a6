/**
 * KVM_DEV_TYPE_ARM_VGIC_ITS: an ITS's address, registers, tables and reset as device attributes
 * (Documentation/virt/kvm/devices/arm-vgic-its.rst). It answers at its address from when that is set.
 */
import type { Log } from '../../../base/log.ts';
import type { KvmDevice } from '../../arch.ts';
import type { KernelBus } from '../../bus.ts';
import { KvmError } from '../../errors.ts';
import * as K from '../numbers.ts';
import { checkRange, UNSET_ADDRESS } from '../vgicaddresses.ts';
import { frame, type Registers } from '../vgic/frame.ts';
import type { Its } from './its.ts';
import { GITS, gits, GITS_SIZE, GITS_TRANSLATER, isRegister } from './registers.ts';
import { restoreTables, saveTables } from './saved.ts';
import { queueBytes } from './state.ts';

const ALIGN = 0x10000;
/** GITS_IIDR.Revision: table ABIs that there are. */
const ABIS = 1;
/** GITS_CREADR.Offset. */
const OFFSET = 0xf_ffe0n;

export interface ItsPlace {
  readonly bus: KernelBus;
  readonly log: Log;
  readonly ipaBits: number;
  /** Throws EBUSY while a vCPU runs. */
  readonly needsStopped: () => void;
}

export class ItsDevice implements KvmDevice {
  readonly its: Its;
  private readonly registers: Registers;
  private readonly place: ItsPlace;
  private base: number | undefined;

  constructor(its: Its, place: ItsPlace) {
    this.its = its;
    this.registers = gits(its);
    this.place = place;
  }

  /** Where devices write their messages to. */
  get doorbell(): number | undefined {
    return this.base === undefined ? undefined : this.base + GITS_TRANSLATER;
  }

  setAttr(group: number, attribute: bigint, given = 0n): void {
    const attr = BigInt.asUintN(64, attribute);
    const value = BigInt.asUintN(64, given);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR: this.setAddress(attr, value); break;
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: this.control(attr); break;
      case K.KVM_DEV_ARM_VGIC_GRP_ITS_REGS: this.writeRegister(attr, value); break;
      default: throw unknown(group, attr);
    }
  }

  getAttr(group: number, attribute: bigint): bigint {
    const attr = BigInt.asUintN(64, attribute);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR:
        needsAddressType(attr);
        return this.base === undefined ? UNSET_ADDRESS : BigInt(this.base);
      case K.KVM_DEV_ARM_VGIC_GRP_ITS_REGS: return this.readRegister(attr);
      default: throw unknown(group, attr);
    }
  }

  hasAttr(group: number, attribute: bigint): boolean {
    const attr = BigInt.asUintN(64, attribute);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_ADDR: return attr === BigInt(K.KVM_VGIC_ITS_ADDR_TYPE);
      case K.KVM_DEV_ARM_VGIC_GRP_CTRL: return CONTROLS.has(Number(attr));
      case K.KVM_DEV_ARM_VGIC_GRP_ITS_REGS: return isAligned(attr) && isRegister(Number(attr));
      default: return false;
    }
  }

  reset(): void {
    this.locked(() => this.its.reset());
  }

  private setAddress(attr: bigint, value: bigint): void {
    const { bus, log, ipaBits } = this.place;
    needsAddressType(attr);
    const base = checkRange(value, this.base !== undefined, ALIGN, GITS_SIZE, ipaBits);
    if (bus.overlaps(base, GITS_SIZE)) throw new KvmError('EINVAL', 'the ITS\'s region overlaps another one');
    this.base = base;
    const device = frame(this.registers, this.its.vgic.lock, log);
    bus.map(base, GITS_SIZE, () => device);
  }

  private control(attr: bigint): void {
    const action = CONTROLS.get(Number(attr));
    if (!action) throw unknown(K.KVM_DEV_ARM_VGIC_GRP_CTRL, attr);
    if (attr === BigInt(K.KVM_DEV_ARM_VGIC_CTRL_INIT)) return;
    this.place.needsStopped();
    this.locked(() => action(this.its));
  }

  private readRegister(attr: bigint): bigint {
    const offset = this.register(attr);
    return this.locked(() => {
      const low = BigInt(this.registers.read(offset) ?? 0);
      return this.registers.isWide(offset) ? low | BigInt(this.registers.read(offset + 4) ?? 0) << 32n : low;
    });
  }

  private writeRegister(attr: bigint, value: bigint): void {
    const offset = this.register(attr);
    this.locked(() => {
      if (offset === GITS.IIDR) checkAbi(value);
      else if (offset === GITS.CREADR) this.setReader(value);
      else {
        this.registers.write(offset, Number(value & 0xffff_ffffn), 0xffff_ffff);
        if (this.registers.isWide(offset)) this.registers.write(offset + 4, Number(value >> 32n & 0xffff_ffffn), 0xffff_ffff);
      }
    });
  }

  /** Registers of 64 bits are accessed whole, so that there is nothing at offsets between. */
  private register(attr: bigint): number {
    if (!isAligned(attr)) throw new KvmError('EINVAL', `0x${attr.toString(16)} is not a multiple of the register's size`);
    this.place.needsStopped();
    const offset = Number(attr);
    if (this.base === undefined) throw new KvmError('ENXIO', 'the ITS\'s address is not set');
    if (!isRegister(offset)) throw unknown(K.KVM_DEV_ARM_VGIC_GRP_ITS_REGS, attr);
    return offset;
  }

  private setReader(value: bigint): void {
    const { state } = this.its;
    if (state.enabled) throw new KvmError('EBUSY', 'GITS_CREADR can\'t be written while the ITS is enabled');
    const offset = Number(value & OFFSET);
    if (offset >= queueBytes(state.cbaser)) throw new KvmError('EINVAL', `GITS_CREADR 0x${offset.toString(16)} is beyond the queue`);
    state.creadr = offset;
  }

  private locked<T>(action: () => T): T {
    const { lock } = this.its.vgic;
    lock.acquire();
    try {
      return action();
    } finally {
      lock.release();
    }
  }
}

const CONTROLS: ReadonlyMap<number, (its: Its) => void> = new Map([
  [K.KVM_DEV_ARM_VGIC_CTRL_INIT, () => {}],
  [K.KVM_DEV_ARM_ITS_SAVE_TABLES, saveTables],
  [K.KVM_DEV_ARM_ITS_RESTORE_TABLES, restoreTables],
  [K.KVM_DEV_ARM_ITS_CTRL_RESET, (its: Its) => its.reset()],
]);

const isAligned = (attr: bigint): boolean => attr % (attr < BigInt(GITS.TYPER) || attr >= BigInt(GITS.PIDR4) ? 4n : 8n) === 0n;

function needsAddressType(attr: bigint): void {
  if (attr !== BigInt(K.KVM_VGIC_ITS_ADDR_TYPE)) throw new KvmError('ENODEV', `an ITS has no address of type ${attr}`);
}

function checkAbi(value: bigint): void {
  if (Number(value >> 12n & 15n) >= ABIS) throw new KvmError('EINVAL', 'GITS_IIDR.Revision names a table ABI that isn\'t there');
}

const unknown = (group: number, attr: bigint): KvmError => new KvmError('ENXIO', `an ITS has no attribute ${attr} in group ${group}`);
