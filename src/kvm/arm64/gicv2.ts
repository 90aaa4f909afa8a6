/** GICv2's distributor (GICD) and CPU interface (GICC) by MMIO. IHI 0048B 4.3 and 4.4; without the Security Extensions. */
import type { VgicCpu } from './vgic/cpu.ts';
import { identification, type Registers } from './vgic/frame.ts';
import { readArray, writeArray, type Range } from './vgic/registers.ts';
import { CONTROL_ACKCTL, CONTROL_CBPR, CONTROL_EOIMODE, CONTROL_FIQEN } from './vgic/state.ts';
import { iidrOf, type Vgic } from './vgic/vgic.ts';

export const GICD_SIZE = 0x1000;
export const GICC_SIZE = 0x2000;
const PIDR4 = 0xfd0;
const ids = identification(2);
const GICC_IIDR = 0x4b0 << 20 | 2 << 16 | 0x43b;

const isTarget = (offset: number): boolean => offset >= 0x800 && offset < 0xc00;
const isSgiPending = (offset: number): boolean => offset >= 0xf10 && offset < 0xf30;

export function gicd(vgic: Vgic, cpu: VgicCpu): Registers {
  const range: Range = { from: 0, to: vgic.nrIrqs };
  return {
    name: 'GICD',
    read(offset) {
      if (isTarget(offset)) return readTargets(vgic, cpu, offset - 0x800);
      if (isSgiPending(offset)) return readSources(cpu, offset & 0xf);
      if (offset >= PIDR4) return ids((offset - PIDR4) >>> 2);
      switch (offset) {
        case 0x000: return vgic.state.enableGroups;
        case 0x004: return (vgic.cpus.length - 1) << 5 | (vgic.words - 1);
        case 0x008: return iidrOf(vgic);
        default: return readArray(vgic, cpu, range, offset);
      }
    },
    write(offset, value, mask) {
      if (isTarget(offset)) {
        writeTargets(vgic, offset - 0x800, value, mask);
        return true;
      }
      if (isSgiPending(offset)) {
        writeSources(cpu, offset & 0xf, value & mask, offset >= 0xf20);
        return true;
      }
      switch (offset) {
        case 0x000:
          vgic.state.enableGroups = value & 3;
          vgic.changed();
          return true;
        case 0xf00:
          sendSgi(vgic, cpu, value);
          return true;
        default: return writeArray(vgic, cpu, range, offset, value, mask);
      }
    },
    byBytes: offset => (offset >= 0x400 && offset < 0xc00) || isSgiPending(offset),
    isWide: () => false,
  };
}

/** GICD_SGIR: filter 25:24, target list 23:16, INTID 3:0. */
function sendSgi(vgic: Vgic, from: VgicCpu, value: number): void {
  const self = 1 << from.number;
  const intid = value & 15;
  const list = [value >>> 16 & 0xff, 0xff & ~self, self, 0][value >>> 24 & 3]!;
  for (const cpu of vgic.cpus) if (list >>> cpu.number & 1) setSources(cpu, intid, cpu.state.sgiSources[intid]! | self);
}

function setSources(cpu: VgicCpu, intid: number, sources: number): void {
  cpu.state.sgiSources[intid] = sources;
  const latch = cpu.state.latch[0]!;
  cpu.state.latch[0] = sources === 0 ? latch & ~(1 << intid) : latch | (1 << intid);
  cpu.refresh();
}

function readSources(cpu: VgicCpu, first: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= cpu.state.sgiSources[first + i]! << (8 * i);
  return value >>> 0;
}

/** GICD_CPENDSGIR, and GICD_SPENDSGIR where `set`. */
function writeSources(cpu: VgicCpu, first: number, value: number, set: boolean): void {
  for (let i = 0; i < 4; i++) {
    const sources = value >>> (8 * i) & 0xff;
    if (sources === 0) continue;
    const before = cpu.state.sgiSources[first + i]!;
    setSources(cpu, first + i, set ? before | sources : before & ~sources);
  }
}

/** GICD_ITARGETSR: of private interrupts each CPU reads its own bit, which is how it learns its number. */
function readTargets(vgic: Vgic, cpu: VgicCpu, intid: number): number {
  if (vgic.cpus.length === 1 || intid >= vgic.nrIrqs) return 0;
  if (intid < 32) return Math.imul(0x01010101, 1 << cpu.number) >>> 0;
  const { targets } = vgic.state;
  return (targets[intid]! | targets[intid + 1]! << 8 | targets[intid + 2]! << 16 | targets[intid + 3]! << 24) >>> 0;
}

function writeTargets(vgic: Vgic, first: number, value: number, mask: number): void {
  if (vgic.cpus.length === 1 || first < 32 || first >= vgic.nrIrqs) return;
  const exist = 2 ** vgic.cpus.length - 1;
  for (let i = 0; i < 4; i++) {
    if ((mask >>> (8 * i) & 0xff) === 0) continue;
    const targets = value >>> (8 * i) & exist;
    vgic.state.targets[first + i] = targets;
    vgic.routeMask(first + i, targets);
  }
  vgic.changed();
}

export function gicc(cpu: VgicCpu): Registers {
  const { state } = cpu;
  /** The groups that IAR, EOIR and HPPIR speak for. */
  const groups = (): number => state.control & CONTROL_ACKCTL ? 3 : 1;
  return {
    name: 'GICC',
    read(offset) {
      switch (offset) {
        case 0x00: return readControl(cpu);
        case 0x04: return state.pmr;
        case 0x08: return state.bpr[0]!;
        case 0x0c: return cpu.acknowledge(groups());
        case 0x14: return cpu.runningPriority();
        case 0x18: return withSource(cpu, cpu.highestPending(groups()));
        case 0x1c: return cpu.binaryPoint(1);
        case 0x20: return cpu.acknowledge(2);
        case 0x28: return withSource(cpu, cpu.highestPending(2));
        case 0xd0: return state.activePriorities[0]!;
        case 0xe0: return state.activePriorities[1]!;
        case 0xd4: case 0xd8: case 0xdc: case 0xe4: case 0xe8: case 0xec: return 0;
        case 0xfc: return GICC_IIDR;
        default: return undefined;
      }
    },
    write(offset, value) {
      switch (offset) {
        case 0x00: writeControl(cpu, value); break;
        case 0x04: state.pmr = value & 0xf8; break;
        case 0x08: cpu.setBinaryPoint(0, value); break;
        // Without AckCtl a group 1 interrupt can still be ended here (IHI 0048B 4.4.5): whichever is running is meant.
        case 0x10: cpu.endOfInterrupt(value & 0x3ff, 3); return true;
        case 0x1c: cpu.setBinaryPoint(1, value); break;
        case 0x24: cpu.endOfInterrupt(value & 0x3ff, 2); return true;
        case 0xd0: state.activePriorities[0] = value; break;
        case 0xe0: state.activePriorities[1] = value; break;
        case 0xd4: case 0xd8: case 0xdc: case 0xe4: case 0xe8: case 0xec: return true;
        case 0x1000: cpu.deactivate(value & 0x3ff); return true;
        default: return false;
      }
      cpu.refresh();
      return true;
    },
    byBytes: () => false,
    isWide: () => false,
  };
}

function readControl({ state }: VgicCpu): number {
  const { control } = state;
  return state.interfaceGroups | (control & CONTROL_ACKCTL ? 4 : 0) | (control & CONTROL_FIQEN ? 8 : 0)
    | (control & CONTROL_CBPR ? 0x10 : 0) | (control & CONTROL_EOIMODE ? 0x200 : 0);
}

function writeControl({ state }: VgicCpu, value: number): void {
  state.interfaceGroups = value & 3;
  state.control = (value & 4 ? CONTROL_ACKCTL : 0) | (value & 8 ? CONTROL_FIQEN : 0)
    | (value & 0x10 ? CONTROL_CBPR : 0) | (value & 0x200 ? CONTROL_EOIMODE : 0);
}

/** HPPIR names the requesting CPU of an SGI, as IAR would. */
function withSource(cpu: VgicCpu, intid: number): number {
  if (intid >= 16) return intid;
  const sources = cpu.state.sgiSources[intid]!;
  return sources === 0 ? intid : (31 - Math.clz32(sources & -sources)) << 10 | intid;
}
