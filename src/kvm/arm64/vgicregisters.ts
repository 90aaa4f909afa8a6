/**
 * The interrupt controller's registers as device attributes, to save and restore it: groups DIST_REGS, CPU_REGS, REDIST_REGS,
 * CPU_SYSREGS and LEVEL_INFO (Documentation/virt/kvm/devices/arm-vgic*.rst). Registers that act when they are accessed
 * are not among them.
 */
import { sysregKey } from '../../guest/aarch64/platform.ts';
import { KvmError } from '../errors.ts';
import * as gicv2 from './gicv2.ts';
import * as gicv3 from './gicv3.ts';
import { iccState } from './icc.ts';
import * as K from './numbers.ts';
import type { VgicCpu } from './vgic/cpu.ts';
import type { Registers } from './vgic/frame.ts';
import type { Vgic } from './vgic/vgic.ts';

interface Accessor {
  readonly read: () => number;
  readonly write: (value: number) => void;
}

/** GICC: CTLR, PMR, BPR, ABPR, active priorities, IIDR. */
const GICC_STATE = new Set([0x00, 0x04, 0x08, 0x1c, 0xd0, 0xd4, 0xd8, 0xdc, 0xe0, 0xe4, 0xe8, 0xec, 0xfc]);
const GICC_PMR = 0x04;
/** ICC: PMR, BPR0, AP0R0, AP1R0, BPR1, CTLR, SRE, IGRPEN0, IGRPEN1. */
const ICC_STATE = new Set([
  [4, 6, 0], [12, 8, 3], [12, 8, 4], [12, 9, 0], [12, 12, 3], [12, 12, 4], [12, 12, 5], [12, 12, 6], [12, 12, 7],
].map(([CRn, CRm, op2]) => sysregKey(3, 0, CRn!, CRm!, op2!)));

export class VgicRegisters {
  private readonly vgic: Vgic;

  constructor(vgic: Vgic) {
    this.vgic = vgic;
  }

  has(group: number, attr: bigint): boolean {
    return this.find(group, attr) !== undefined;
  }

  // Entry points. They throw ENXIO for what isn't a register, EINVAL for a vCPU that isn't there.
  read(group: number, attr: bigint): bigint {
    const { lock } = this.vgic;
    lock.acquire();
    try {
      return BigInt(this.get(group, attr).read() >>> 0);
    } finally {
      lock.release();
    }
  }

  write(group: number, attr: bigint, value: bigint): void {
    const { lock } = this.vgic;
    lock.acquire();
    try {
      this.get(group, attr).write(Number(value & 0xffffffffn));
      this.vgic.changed();
    } finally {
      lock.release();
    }
  }

  private get(group: number, attr: bigint): Accessor {
    const accessor = this.find(group, attr);
    if (!accessor) throw new KvmError('ENXIO', `the interrupt controller has no register 0x${attr.toString(16)} in group ${group}`);
    return accessor;
  }

  private find(group: number, attr: bigint): Accessor | undefined {
    const { vgic } = this;
    const who = Number(attr >> 32n);
    const low = Number(attr & 0xffffffffn);
    if (vgic.version === 2) {
      if (group === K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS) return this.distributor(this.cpuByIndex(who), low, gicv2.GICD_SIZE);
      return group === K.KVM_DEV_ARM_VGIC_GRP_CPU_REGS ? cpuRegister(this.cpuByIndex(who), low) : undefined;
    }
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS: return this.distributor(this.cpuByAffinity(who), low, gicv3.GICD_SIZE);
      case K.KVM_DEV_ARM_VGIC_GRP_REDIST_REGS: return this.redistributor(this.cpuByAffinity(who), low);
      case K.KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS: return this.systemRegister(this.cpuByAffinity(who), low);
      case K.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: return this.levels(this.cpuByAffinity(who), low);
      default: return undefined;
    }
  }

  private cpuByIndex(index: number): VgicCpu {
    return found(this.vgic.cpus[index], index);
  }

  private cpuByAffinity(affinity: number): VgicCpu {
    return found(this.vgic.cpus.find(cpu => cpu.affinity === affinity), affinity);
  }

  private distributor(cpu: VgicCpu, offset: number, size: number): Accessor | undefined {
    const registers = this.vgic.version === 2 ? gicv2.gicd(this.vgic, cpu) : gicv3.gicd(this.vgic, cpu);
    if (offset >= size || (this.vgic.version === 2 && offset === 0xf00)) return undefined;
    return this.pendingBits(cpu, offset, this.vgic.words) ?? plain(registers, offset);
  }

  private redistributor(cpu: VgicCpu, offset: number): Accessor | undefined {
    const sgi = offset - 0x10000;
    const isLast = cpu.index === this.vgic.cpus.length - 1;
    return (sgi >= 0 ? this.pendingBits(cpu, sgi, 1) : undefined) ?? plain(gicv3.gicr(this.vgic, cpu, isLast), offset);
  }

  /** ISPENDR is the latches alone, whatever the lines are, and is written as a whole; ICPENDR then has nothing to add. */
  private pendingBits(cpu: VgicCpu, offset: number, words: number): Accessor | undefined {
    if (offset < 0x200 || offset >= 0x300 || offset % 4 !== 0) return undefined;
    const word = (offset & 0x7f) >>> 2;
    // With affinity routing the distributor has none of the private interrupts.
    if (offset >= 0x280 || word >= words || (word === 0 && words > 1 && this.vgic.version === 3)) return { read: () => 0, write: () => {} };
    const { latch } = this.vgic.bank(cpu, word);
    return { read: () => latch[word]!, write: value => { latch[word] = value; } };
  }

  private systemRegister(cpu: VgicCpu, key: number): Accessor | undefined {
    const register = ICC_STATE.has(key) ? iccState(this.vgic, cpu).get(key) : undefined;
    return register && { read: () => Number(register.read!()), write: value => register.write!(BigInt(value)) };
  }

  /** `info`: which information in 31:10, of which there is one, 0; the first of 32 interrupts in 9:0. */
  private levels(cpu: VgicCpu, info: number): Accessor | undefined {
    if (info >= this.vgic.nrIrqs || info % 32 !== 0) return undefined;
    const word = info >>> 5;
    const { line } = this.vgic.bank(cpu, word);
    return { read: () => line[word]!, write: value => { line[word] = value; } };
  }
}

function cpuRegister(cpu: VgicCpu, offset: number): Accessor | undefined {
  if (!GICC_STATE.has(offset)) return undefined;
  const { read, write } = plain(gicv2.gicc(cpu), offset)!;
  // KVM's ABI has the five bits of the mask at the bottom.
  return offset === GICC_PMR ? { read: () => read() >>> 3, write: value => write(value << 3) } : { read, write };
}

/** As the guest sees it. What can't be written keeps its value. */
function plain(registers: Registers, offset: number): Accessor | undefined {
  if (offset % 4 !== 0 || registers.read(offset) === undefined) return undefined;
  return { read: () => registers.read(offset)!, write: value => { registers.write(offset, value, 0xffffffff); } };
}

function found(cpu: VgicCpu | undefined, who: number): VgicCpu {
  if (!cpu) throw new KvmError('EINVAL', `the interrupt controller has no CPU 0x${who.toString(16)}`);
  return cpu;
}
