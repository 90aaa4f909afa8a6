/**
 * The interrupt controller's registers as device attributes, to save and restore it: groups DIST_REGS, CPU_REGS, REDIST_REGS,
 * CPU_SYSREGS and LEVEL_INFO (Documentation/virt/kvm/devices/arm-vgic*.rst). Registers that act when they are accessed
 * are not among them.
 */
import { sysregKey } from '../../guest/aarch64/platform.ts';
import { KvmError } from '../errors.ts';
import { gicr } from './gicr.ts';
import * as gicv2 from './gicv2.ts';
import * as gicv3 from './gicv3.ts';
import { iccState } from './icc.ts';
import * as K from './numbers.ts';
import type { VgicCpu } from './vgic/cpu.ts';
import type { Registers } from './vgic/frame.ts';
import { FIRST_PPI } from './vgic/state.ts';
import { iidrOf, LATEST_REVISION, type Vgic } from './vgic/vgic.ts';

interface Accessor {
  readonly read: () => bigint;
  readonly write: (value: bigint) => void;
}

/** GICC: CTLR, PMR, BPR, ABPR, active priorities, IIDR. */
const GICC_STATE = new Set([0x00, 0x04, 0x08, 0x1c, 0xd0, 0xd4, 0xd8, 0xdc, 0xe0, 0xe4, 0xe8, 0xec, 0xfc]);
const GICC_PMR = 0x04;
const IIDR = 0x008;
const GICR_TYPER = 0x008;
const TYPER2 = 0x00c;
const REVISION = 0xf000;
/** What is older had no groups that a guest could choose. */
const OLDEST_REVISION = 2;

const icc = (CRn: number, CRm: number, op2: number): number => sysregKey(3, 0, CRn, CRm, op2);
const ICC_CTLR = icc(12, 12, 4);
const ICC_SRE = icc(12, 12, 5);
/** PMR, BPR0, AP0R0, AP1R0, BPR1, CTLR, SRE, IGRPEN0, IGRPEN1. */
const ICC_STATE = new Set([
  icc(4, 6, 0), icc(12, 8, 3), icc(12, 8, 4), icc(12, 9, 0), icc(12, 12, 3), ICC_CTLR, ICC_SRE, icc(12, 12, 6), icc(12, 12, 7),
]);
/** AP0R1..3 and AP1R1..3, which five bits of priority have no use for. */
const ICC_ABSENT = new Set([icc(12, 8, 5), icc(12, 8, 6), icc(12, 8, 7), icc(12, 9, 1), icc(12, 9, 2), icc(12, 9, 3)]);
/** Fields of ICC_CTLR_EL1 that can't be more than here: PRIbits, IDbits; and such as must be the same: SEIS, A3V. */
const CTLR_PRIBITS = 7n << 8n;
const CTLR_IDBITS = 7n << 11n;
const CTLR_SEIS_A3V = 3n << 14n;

export class VgicRegisters {
  private readonly vgic: Vgic;
  private readonly isLast: (cpu: VgicCpu) => boolean;

  constructor(vgic: Vgic, isLast: (cpu: VgicCpu) => boolean) {
    this.vgic = vgic;
    this.isLast = isLast;
  }

  hasGroup(group: number): boolean {
    return this.vgic.version === 2
      ? group === K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS || group === K.KVM_DEV_ARM_VGIC_GRP_CPU_REGS
      : [
        K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS, K.KVM_DEV_ARM_VGIC_GRP_REDIST_REGS, K.KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS, K.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO,
      ].includes(group);
  }

  /** Throws EINVAL where the attribute names a CPU that isn't there. */
  checkCpu(group: number, attr: bigint): void {
    this.cpuOf(group, attr);
  }

  has(group: number, attr: bigint): boolean {
    if (group === K.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO) return this.hasGroup(group) && infoOf(attr) === K.VGIC_LEVEL_INFO_LINE_LEVEL;
    if (group === K.KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS && this.hasGroup(group) && ICC_ABSENT.has(offsetOf(attr))) return true;
    return this.find(group, attr) !== undefined;
  }

  // Entry points. They throw ENXIO for what isn't a register, EINVAL for a vCPU that isn't there or a value that can't be.
  read(group: number, attr: bigint): bigint {
    const { lock } = this.vgic;
    lock.acquire();
    try {
      return this.get(group, attr).read();
    } finally {
      lock.release();
    }
  }

  write(group: number, attr: bigint, value: bigint): void {
    const { lock } = this.vgic;
    lock.acquire();
    try {
      this.get(group, attr).write(value);
      if (group === K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS || group === K.KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO) this.vgic.changed();
      else this.cpuOf(group, attr).refresh();
    } finally {
      lock.release();
    }
  }

  private get(group: number, attr: bigint): Accessor {
    const accessor = this.find(group, attr);
    if (accessor) return accessor;
    throw new KvmError('ENXIO', `the interrupt controller has no register 0x${attr.toString(16)} in group ${group}`);
  }

  private find(group: number, attr: bigint): Accessor | undefined {
    if (!this.hasGroup(group)) return undefined;
    const cpu = this.cpuOf(group, attr);
    const low = offsetOf(attr);
    switch (group) {
      case K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS: return this.distributor(cpu, low);
      case K.KVM_DEV_ARM_VGIC_GRP_CPU_REGS: return cpuRegister(cpu, low);
      case K.KVM_DEV_ARM_VGIC_GRP_REDIST_REGS: return this.redistributor(cpu, low);
      case K.KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS: return this.systemRegister(cpu, low);
      default: return this.levels(cpu, attr);
    }
  }

  /** By vCPU id for a GICv2, by affinity for a GICv3, whose distributor is the same for all. */
  private cpuOf(group: number, attr: bigint): VgicCpu {
    const { version, cpus } = this.vgic;
    const who = Number(attr >> 32n);
    const anyone = version === 3 && group === K.KVM_DEV_ARM_VGIC_GRP_DIST_REGS;
    const cpu = anyone ? cpus[0] : cpus.find(({ number, affinity }) => (version === 2 ? number === (who & 0xff) : affinity === who));
    if (!cpu) throw new KvmError('EINVAL', `the interrupt controller has no CPU 0x${who.toString(16)}`);
    return cpu;
  }

  private distributor(cpu: VgicCpu, offset: number): Accessor | undefined {
    const { vgic } = this;
    const isV2 = vgic.version === 2;
    if (offset >= (isV2 ? gicv2.GICD_SIZE : gicv3.GICD_SIZE) || (isV2 && offset === 0xf00)) return undefined;
    if (offset === IIDR) return this.identification();
    if (offset === TYPER2 && !isV2) return { read: () => 0n, write: expectZero };
    return this.pendingBits(cpu, offset, vgic.words) ?? plain(isV2 ? gicv2.gicd(vgic, cpu) : gicv3.gicd(vgic, cpu), offset);
  }

  private redistributor(cpu: VgicCpu, offset: number): Accessor | undefined {
    const sgi = offset - 0x10000;
    return (sgi >= 0 ? this.pendingBits(cpu, sgi, 1) : undefined) ?? plain(gicr(this.vgic, cpu, offset === GICR_TYPER && this.isLast(cpu)), offset);
  }

  /** What is written confirms the behaviour that was read; an older one can be asked for by its revision. */
  private identification(): Accessor {
    const { vgic } = this;
    return {
      read: () => BigInt(iidrOf(vgic)),
      write: value => {
        const revision = (Number(value) & REVISION) >>> 12;
        const same = ((Number(value) ^ iidrOf(vgic)) & ~REVISION) === 0;
        if (!same || revision < OLDEST_REVISION || revision > LATEST_REVISION) {
          throw new KvmError('EINVAL', `GICD_IIDR can't be 0x${value.toString(16)} here`);
        }
        vgic.state.revision = revision;
      },
    };
  }

  /** ISPENDR is the latches alone, whatever the lines are, and is written as a whole; ICPENDR then has nothing to add. */
  private pendingBits(cpu: VgicCpu, offset: number, words: number): Accessor | undefined {
    if (offset < 0x200 || offset >= 0x300 || offset % 4 !== 0) return undefined;
    const word = (offset & 0x7f) >>> 2;
    // With affinity routing the distributor has none of the private interrupts.
    if (offset >= 0x280 || word >= words || (word === 0 && words > 1 && this.vgic.version === 3)) return { read: () => 0n, write: () => {} };
    const { latch } = this.vgic.bank(cpu, word);
    return {
      read: () => BigInt(latch[word]!),
      write: value => {
        latch[word] = Number(value & 0xffff_ffffn);
        if (word === 0 && this.vgic.version === 2) giveSources(cpu);
      },
    };
  }

  private systemRegister(cpu: VgicCpu, key: number): Accessor | undefined {
    if (ICC_ABSENT.has(key)) throw new KvmError('EINVAL', 'there are no active priorities beyond the first 32');
    const register = ICC_STATE.has(key) ? iccState(this.vgic, cpu).get(key) : undefined;
    return register && {
      read: () => register.read!(),
      write: value => {
        if (key === ICC_SRE && !(value & 1n)) throw new KvmError('EINVAL', 'ICC_SRE_EL1.SRE can\'t be 0');
        if (key === ICC_CTLR) checkControl(value, register.read!());
        register.write!(value);
      },
    };
  }

  /** The lines of 32 interrupts. There are none into SGIs, or beyond the last interrupt. */
  private levels(cpu: VgicCpu, attr: bigint): Accessor {
    const intid = Number(attr & 0x3ffn);
    if (infoOf(attr) !== K.VGIC_LEVEL_INFO_LINE_LEVEL || intid % 32 !== 0) {
      throw new KvmError('EINVAL', 'line levels are asked for by a multiple of 32, and nothing else is there');
    }
    if (intid >= this.vgic.nrIrqs) return { read: () => 0n, write: () => {} };
    const word = intid >>> 5;
    const { line } = this.vgic.bank(cpu, word);
    return { read: () => BigInt(line[word]!), write: value => { line[word] = Number(value & (word === 0 ? 0xffff_0000n : 0xffff_ffffn)); } };
  }
}

function expectZero(value: bigint): void {
  if (value !== 0n) throw new KvmError('EINVAL', 'GICD_TYPER2 is 0');
}

/** GICv2: an SGI that is pending has a source, as whose the CPU itself stands in where GICD_SPENDSGIR doesn't say another. */
function giveSources({ number, state: { latch, sgiSources } }: VgicCpu): void {
  for (let sgi = 0; sgi < FIRST_PPI; sgi++) {
    if ((latch[0]! >>> sgi & 1) === 0) sgiSources[sgi] = 0;
    else if (sgiSources[sgi] === 0) sgiSources[sgi] = 1 << number;
  }
}

const offsetOf = (attr: bigint): number => Number(attr & 0xffff_ffffn);
const infoOf = (attr: bigint): number => Number(attr >> 10n & 0x3f_ffffn);

function checkControl(value: bigint, here: bigint): void {
  const more = (field: bigint): boolean => (value & field) > (here & field);
  if (more(CTLR_PRIBITS) || more(CTLR_IDBITS) || ((value ^ here) & CTLR_SEIS_A3V)) {
    throw new KvmError('EINVAL', `ICC_CTLR_EL1 can't be 0x${value.toString(16)} here`);
  }
}

function cpuRegister(cpu: VgicCpu, offset: number): Accessor | undefined {
  if (!GICC_STATE.has(offset)) return undefined;
  const { read, write } = plain(gicv2.gicc(cpu), offset)!;
  // KVM's ABI has the five bits of the mask at the bottom.
  return offset === GICC_PMR ? { read: () => read() >> 3n, write: value => write(value << 3n) } : { read, write };
}

/** As the guest sees it. What can't be written keeps its value. */
function plain(registers: Registers, offset: number): Accessor | undefined {
  if (offset % 4 !== 0 || registers.read(offset) === undefined) return undefined;
  return {
    read: () => BigInt(registers.read(offset)! >>> 0),
    write: value => { registers.write(offset, Number(value & 0xffff_ffffn), 0xffff_ffff); },
  };
}
