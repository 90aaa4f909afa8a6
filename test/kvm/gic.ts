/** Drives an interrupt controller as a guest does: through its registers only. */
import { Arena } from '../../src/base/arena.ts';
import { createLog, type LogTopic } from '../../src/base/log.ts';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import type { KernelDevice } from '../../src/kvm/bus.ts';
import * as gicv2 from '../../src/kvm/arm64/gicv2.ts';
import * as gicv3 from '../../src/kvm/arm64/gicv3.ts';
import { gicr } from '../../src/kvm/arm64/gicr.ts';
import { iccRegisters } from '../../src/kvm/arm64/icc.ts';
import type { SystemRegisters } from '../../src/kvm/arm64/systemregisters.ts';
import type { VgicCpu } from '../../src/kvm/arm64/vgic/cpu.ts';
import { frame } from '../../src/kvm/arm64/vgic/frame.ts';
import { Vgic } from '../../src/kvm/arm64/vgic/vgic.ts';

export const IRQ = 1;
export const FIQ = 2;

export class Frame {
  private readonly device: KernelDevice;
  constructor(device: KernelDevice) { this.device = device; }
  read(offset: number, bytes = 4): number { return Number(this.device.read(offset, bytes)); }
  read64(offset: number): bigint { return this.device.read(offset, 8); }
  write(offset: number, value: number | bigint, bytes = 4): void { this.device.write(offset, bytes, BigInt(value)); }
}

interface Base {
  readonly vgic: Vgic;
  readonly cpu: VgicCpu;
  /** How often a line into the CPU rose. */
  signals: number;
  readonly logged: string[];
}

function make(version: 2 | 3, cpus: number, nrIrqs: number): { vgic: Vgic; signals: number[]; log: ReturnType<typeof createLog>; logged: string[] } {
  const vgic = new Vgic(new Arena(1 << 18, false), version);
  const signals = new Array<number>(cpus).fill(0);
  for (let i = 0; i < cpus; i++) vgic.addCpu({ number: i, affinity: i & 15 | i >> 4 << 8, signal: () => { signals[i] = signals[i]! + 1; } });
  vgic.nrIrqs = nrIrqs;
  vgic.reset();
  const logged: string[] = [];
  return { vgic, signals, logged, log: createLog(new Set<LogTopic>(['unimp', 'guest_errors']), line => logged.push(line)) };
}

const icc = {
  PMR: [4, 6, 0], IAR0: [12, 8, 0], EOIR0: [12, 8, 1], HPPIR0: [12, 8, 2], BPR0: [12, 8, 3], AP0R0: [12, 8, 4], AP1R0: [12, 9, 0],
  DIR: [12, 11, 1], RPR: [12, 11, 3], SGI1R: [12, 11, 5], ASGI1R: [12, 11, 6], SGI0R: [12, 11, 7], IAR1: [12, 12, 0], EOIR1: [12, 12, 1],
  HPPIR1: [12, 12, 2], BPR1: [12, 12, 3], CTLR: [12, 12, 4], SRE: [12, 12, 5], IGRPEN0: [12, 12, 6], IGRPEN1: [12, 12, 7],
} as const;
export type IccName = keyof typeof icc;
const iccKey = (name: IccName): number => {
  const [CRn, CRm, op2] = icc[name];
  return sysregKey(3, 0, CRn, CRm, op2);
};

/** One CPU of a GICv3, and what it can reach. */
export class GicV3 implements Base {
  readonly vgic: Vgic;
  readonly cpu: VgicCpu;
  readonly logged: string[];
  readonly GICD: Frame;
  readonly GICR: Frame;
  private readonly registers: SystemRegisters;
  private readonly count: () => number;

  constructor(made: ReturnType<typeof make>, index: number) {
    const { vgic, log } = made;
    const cpu = vgic.cpus[index]!;
    this.vgic = vgic;
    this.cpu = cpu;
    this.logged = made.logged;
    this.GICD = new Frame(frame(gicv3.gicd(vgic, cpu), vgic.lock, log));
    this.GICR = new Frame(frame(gicr(vgic, cpu, index === vgic.cpus.length - 1), vgic.lock, log));
    this.registers = iccRegisters(vgic, cpu);
    this.count = () => made.signals[index]!;
  }

  get signals(): number { return this.count(); }
  get lines(): number { return this.cpu.lines(); }

  get(name: IccName): number {
    const read = this.registers.get(iccKey(name))?.read;
    if (!read) throw new Error(`${name} can't be read`);
    return Number(read());
  }

  set(name: IccName, value: number | bigint): void {
    const write = this.registers.get(iccKey(name))?.write;
    if (!write) throw new Error(`${name} can't be written`);
    write(BigInt(value));
  }

  /** Everything on, all priorities let through. */
  enable(): void {
    this.GICD.write(0, 3);
    this.set('PMR', 0xff);
    this.set('IGRPEN0', 1);
    this.set('IGRPEN1', 1);
  }

  /** A private or shared interrupt: enabled, with this priority; shared ones routed here. */
  setup(intid: number, priority: number, edge = false): void {
    if (intid < 32) {
      this.GICR.write(0x10400 + intid, priority, 1);
      this.GICR.write(0x10100, 2 ** intid);
      return;
    }
    const shift = (intid % 16) * 2;
    const config = 0xc00 + (intid >>> 4) * 4;
    this.GICD.write(0x400 + intid, priority, 1);
    this.GICD.write(config, (this.GICD.read(config) & ~(3 << shift) | (edge ? 2 : 0) << shift) >>> 0);
    this.GICD.write(0x6000 + 8 * intid, BigInt(this.cpu.affinity), 8);
    this.GICD.write(0x100 + (intid >>> 5) * 4, 2 ** (intid % 32));
  }
}

export function createV3(cpus = 1, nrIrqs = 288): GicV3[] {
  const made = make(3, cpus, nrIrqs);
  return Array.from({ length: cpus }, (_, i) => new GicV3(made, i));
}

/** One CPU of a GICv2, and what it can reach. */
export class GicV2 implements Base {
  readonly vgic: Vgic;
  readonly cpu: VgicCpu;
  readonly logged: string[];
  readonly GICD: Frame;
  readonly GICC: Frame;
  private readonly count: () => number;

  constructor(made: ReturnType<typeof make>, index: number) {
    const { vgic, log } = made;
    const cpu = vgic.cpus[index]!;
    this.vgic = vgic;
    this.cpu = cpu;
    this.logged = made.logged;
    this.GICD = new Frame(frame(gicv2.gicd(vgic, cpu), vgic.lock, log));
    this.GICC = new Frame(frame(gicv2.gicc(cpu), vgic.lock, log));
    this.count = () => made.signals[index]!;
  }

  get signals(): number { return this.count(); }
  get lines(): number { return this.cpu.lines(); }

  enable(control = 1): void {
    this.GICD.write(0, 3);
    this.GICC.write(4, 0xff);
    this.GICC.write(0, control);
  }

  setup(intid: number, priority: number, edge = false): void {
    this.GICD.write(0x400 + intid, priority, 1);
    if (intid >= 32) {
      const shift = (intid % 16) * 2;
      const config = 0xc00 + (intid >>> 4) * 4;
      this.GICD.write(config, (this.GICD.read(config) & ~(3 << shift) | (edge ? 2 : 0) << shift) >>> 0);
      this.GICD.write(0x800 + intid, 1 << this.cpu.index, 1);
    }
    this.GICD.write(0x100 + (intid >>> 5) * 4, 2 ** (intid % 32));
  }
}

export function createV2(cpus = 1, nrIrqs = 288): GicV2[] {
  const made = make(2, cpus, nrIrqs);
  return Array.from({ length: cpus }, (_, i) => new GicV2(made, i));
}
