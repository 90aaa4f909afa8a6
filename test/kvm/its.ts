/** Drives an ITS as a guest does: through its registers, its command queue, and tables in memory. */
import { Arena } from '../../src/base/arena.ts';
import { silentLog } from '../../src/base/log.ts';
import { sysregKey } from '../../src/guest/aarch64/platform.ts';
import { gicr } from '../../src/kvm/arm64/gicr.ts';
import { iccRegisters } from '../../src/kvm/arm64/icc.ts';
import { ITS_CMD } from '../../src/kvm/arm64/its/commands.ts';
import { Its } from '../../src/kvm/arm64/its/its.ts';
import { GITS, gits } from '../../src/kvm/arm64/its/registers.ts';
import type { VgicCpu } from '../../src/kvm/arm64/vgic/cpu.ts';
import { frame } from '../../src/kvm/arm64/vgic/frame.ts';
import { Lpis } from '../../src/kvm/arm64/vgic/lpis.ts';
import { TableMemory } from '../../src/kvm/arm64/vgic/ram.ts';
import { Vgic } from '../../src/kvm/arm64/vgic/vgic.ts';
import { PhysicalMemory } from '../../src/vcpu/physical.ts';
import { Frame } from './gic.ts';

/** Guest-physical addresses. */
export const RAM = 0x4000_0000;
export const RAM_BYTES = 0x30_0000;
export const QUEUE = RAM + 0x8_0000;
export const DEVICES = RAM + 0x1_0000;
export const COLLECTIONS = RAM + 0x2_0000;
export const PROPERTIES = RAM + 0x3_0000;
export const PENDING = RAM + 0x4_0000;
export const ITT = RAM + 0x10_0000;

export const VALID = 1n << 63n;
export const INDIRECT = 1n << 62n;
export const SPURIOUS = 1023;

const at = (value: number | bigint, shift: number): bigint => BigInt(value) << BigInt(shift);
type Words = readonly [bigint, bigint?, bigint?];
/** The commands as the architecture encodes them. */
export const cmd = {
  mapd: (device: number, itt: number, bits: number, valid = true): Words =>
    [at(device, 32) | BigInt(ITS_CMD.MAPD), BigInt(bits - 1), (valid ? VALID : 0n) | BigInt(itt)],
  mapc: (collection: number, cpu: number, valid = true): Words =>
    [BigInt(ITS_CMD.MAPC), 0n, (valid ? VALID : 0n) | at(cpu, 16) | BigInt(collection)],
  mapti: (device: number, event: number, intid: number, collection: number): Words =>
    [at(device, 32) | BigInt(ITS_CMD.MAPTI), at(intid, 32) | BigInt(event), BigInt(collection)],
  mapi: (device: number, event: number, collection: number): Words => [at(device, 32) | BigInt(ITS_CMD.MAPI), BigInt(event), BigInt(collection)],
  movi: (device: number, event: number, collection: number): Words => [at(device, 32) | BigInt(ITS_CMD.MOVI), BigInt(event), BigInt(collection)],
  int: (device: number, event: number): Words => [at(device, 32) | BigInt(ITS_CMD.INT), BigInt(event)],
  clear: (device: number, event: number): Words => [at(device, 32) | BigInt(ITS_CMD.CLEAR), BigInt(event)],
  discard: (device: number, event: number): Words => [at(device, 32) | BigInt(ITS_CMD.DISCARD), BigInt(event)],
  inv: (device: number, event: number): Words => [at(device, 32) | BigInt(ITS_CMD.INV), BigInt(event)],
  invall: (collection: number): Words => [BigInt(ITS_CMD.INVALL), 0n, BigInt(collection)],
  sync: (): Words => [BigInt(ITS_CMD.SYNC)],
};
/** MOVALL's second target is in the fourth word. */
const movall = (from: number, to: number): readonly bigint[] => [BigInt(ITS_CMD.MOVALL), 0n, at(from, 16), at(to, 16)];

export interface TestCpu {
  readonly cpu: VgicCpu;
  readonly GICR: Frame;
  readonly acknowledge: () => number;
  readonly end: (intid: number) => void;
}

export class TestIts {
  readonly arena = new Arena(RAM_BYTES + (1 << 20), false);
  readonly vgic: Vgic;
  readonly its: Its;
  readonly GITS: Frame;
  readonly cpus: readonly TestCpu[];
  /** Guest-physical addresses of memory that was written by the ITS or for it. */
  readonly written: number[] = [];
  private readonly ram: number;

  constructor(count = 2) {
    const { arena } = this;
    this.ram = arena.alloc(RAM_BYTES, 4096);
    const memory = new PhysicalMemory();
    memory.setSlots([{ gpa: RAM, size: RAM_BYTES, arena: this.ram, readonly: false }]);
    const ram = new TableMemory(arena, memory, pa => this.written.push(pa));
    const vgic = new Vgic(arena, 3);
    this.vgic = vgic;
    for (let i = 0; i < count; i++) vgic.addCpu({ number: i, affinity: i, signal: () => {} });
    vgic.lpis = new Lpis(vgic, ram);
    this.its = new Its(vgic, vgic.lpis, ram, 0);
    vgic.reset();
    this.GITS = new Frame(frame(gits(this.its), vgic.lock, silentLog));
    this.cpus = vgic.cpus.map(cpu => {
      const icc = iccRegisters(vgic, cpu);
      const write = (CRn: number, CRm: number, op2: number, value: number): void => icc.get(sysregKey(3, 0, CRn, CRm, op2))!.write!(BigInt(value));
      write(4, 6, 0, 0xff);
      write(12, 12, 7, 1);
      return {
        cpu,
        GICR: new Frame(frame(gicr(vgic, cpu, cpu.index === count - 1), vgic.lock, silentLog)),
        acknowledge: () => Number(icc.get(sysregKey(3, 0, 12, 12, 0))!.read!()),
        end: intid => write(12, 12, 1, intid),
      };
    });
    vgic.state.enableGroups = 2;
  }

  /** Tables and queue in place, LPIs enabled, collection n mapped to CPU n. */
  start(): this {
    this.enableLpis();
    this.GITS.write(GITS.CBASER, VALID | BigInt(QUEUE) | 15n, 8);
    this.GITS.write(GITS.BASER, VALID | BigInt(DEVICES), 8);
    this.GITS.write(GITS.BASER + 8, VALID | BigInt(COLLECTIONS), 8);
    this.GITS.write(GITS.CTLR, 1);
    this.command(...this.cpus.map((_, n) => cmd.mapc(n, n)));
    return this;
  }

  enableLpis(): void {
    for (const [n, { GICR }] of this.cpus.entries()) {
      GICR.write(0x70, BigInt(PROPERTIES) | 15n, 8);
      GICR.write(0x78, BigInt(PENDING + n * 0x1_0000), 8);
      GICR.write(0, 1);
    }
  }

  /** Writes commands to the queue and tells the ITS. */
  command(...commands: readonly (readonly (bigint | undefined)[])[]): void {
    let writer = this.GITS.read(GITS.CWRITER);
    for (const words of commands) {
      for (let i = 0; i < 4; i++) this.set64(QUEUE + writer + 8 * i, words[i] ?? 0n);
      writer = (writer + 32) % 0x1_0000;
    }
    this.GITS.write(GITS.CWRITER, writer);
  }

  moveAll(from: number, to: number): void { this.command(movall(from, to)); }

  /** A mapped, enabled LPI: its device has 32 events. */
  lpi(intid: number, { device = 1, event = intid % 32, collection = 0, priority = 0xa0 } = {}): void {
    this.setByte(PROPERTIES + intid - 8192, priority | 1);
    if (this.its.tables.device(device) === undefined) this.command(cmd.mapd(device, ITT + (device % 128) * 0x1000, 5));
    this.command(cmd.mapti(device, event, intid, collection));
  }

  /** IRQ and FIQ lines of each CPU. */
  get lines(): number[] { return this.cpus.map(({ cpu }) => cpu.lines()); }

  get64(pa: number): bigint { return this.arena.u64[(this.ram + pa - RAM) / 8]!; }
  set64(pa: number, value: bigint): void { this.arena.u64[(this.ram + pa - RAM) / 8] = value; }
  byte(pa: number): number { return this.arena.u8[this.ram + pa - RAM]!; }
  setByte(pa: number, value: number): void { this.arena.u8[this.ram + pa - RAM] = value; }
}
