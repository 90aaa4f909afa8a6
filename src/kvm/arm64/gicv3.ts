/**
 * GICv3's distributor (GICD) and redistributors (GICR) by MMIO. IHI 0069 12.9 to 12.11; one security state
 * (GICD_CTLR.DS = 1), affinity routing always on, no LPIs.
 */
import type { VgicCpu } from './vgic/cpu.ts';
import { identification, IIDR_DISTRIBUTOR, type Registers } from './vgic/frame.ts';
import { readArray, writeArray, type Range } from './vgic/registers.ts';
import type { Vgic } from './vgic/vgic.ts';

export const GICD_SIZE = 0x10000;
/** RD_base and SGI_base of one CPU. */
export const GICR_SIZE = 0x20000;
const SGI_BASE = 0x10000;

const PIDR4 = 0xffd0;
const ids = identification(3);
const ARE = 1 << 4;
const DS = 1 << 6;
/** IDbits 10 bits, affinity level 3 supported, and no 1-of-N distribution. */
const TYPER = 9 << 19 | 1 << 24 | 1 << 25;
const IROUTER = 0x6000;
const IROUTER_END = 0x6000 + 8 * 1020;
const IROUTER_MASK = 0xff_80ffffffn; // Aff3, IRM, Aff2..Aff0

const isRouter = (offset: number): boolean => offset >= IROUTER && offset < IROUTER_END;

export function gicd(vgic: Vgic, cpu: VgicCpu): Registers {
  // Private interrupts are the redistributors' (affinity routing).
  const range: Range = { from: 32, to: vgic.nrIrqs };
  return {
    name: 'GICD',
    read(offset) {
      if (isRouter(offset)) return readRouter(vgic, offset);
      if (offset >= PIDR4) return ids((offset - PIDR4) >>> 2);
      switch (offset) {
        case 0x000: return vgic.state.enableGroups | ARE | DS;
        case 0x004: return TYPER | (vgic.words - 1);
        case 0x008: return IIDR_DISTRIBUTOR;
        default: return isReserved(offset) ? 0 : readArray(vgic, cpu, range, offset);
      }
    },
    write(offset, value, mask) {
      if (isRouter(offset)) {
        writeRouter(vgic, offset, value);
        return true;
      }
      if (offset === 0x000) {
        vgic.state.enableGroups = value & 3;
        vgic.changed();
        return true;
      }
      return isReserved(offset) || writeArray(vgic, cpu, range, offset, value, mask);
    },
    byBytes: offset => offset >= 0x400 && offset < 0x800,
    isWide: offset => isRouter(offset),
  };
}

/** RAZ/WI here: TYPER2, STATUSR, message SPIs (no MBIS), GICv2's ITARGETSR and SGIR, and the security registers (DS). */
function isReserved(offset: number): boolean {
  return (offset >= 0x00c && offset < 0x080) || (offset >= 0x800 && offset < 0xc00) || (offset >= 0xd00 && offset < 0xf30);
}

function readRouter(vgic: Vgic, offset: number): number {
  const intid = (offset - IROUTER) >>> 3;
  if (intid < 32 || intid >= vgic.nrIrqs) return 0;
  const value = vgic.state.router[intid]!;
  return Number(offset & 4 ? value >> 32n : value & 0xffffffffn);
}

function writeRouter(vgic: Vgic, offset: number, value: number): void {
  const intid = (offset - IROUTER) >>> 3;
  if (intid < 32 || intid >= vgic.nrIrqs) return;
  const before = vgic.state.router[intid]!;
  const after = offset & 4 ? (before & 0xffffffffn) | BigInt(value) << 32n : (before & ~0xffffffffn) | BigInt(value);
  vgic.state.router[intid] = after & IROUTER_MASK;
  vgic.route(intid, routedAffinity(vgic, after & IROUTER_MASK));
  vgic.changed();
}

/** Aff3..Aff0 in 32 bits. Interrupt_Routing_Mode "any one" always means the first CPU. */
function routedAffinity(vgic: Vgic, router: bigint): number {
  if (router & 0x80000000n) return vgic.cpus[0]?.affinity ?? 0;
  return (Number(router >> 32n) << 24 | Number(router & 0xffffffn)) >>> 0;
}

/** Both frames of one CPU's redistributor. `isLast`: no further redistributor follows in its region. */
export function gicr(vgic: Vgic, cpu: VgicCpu, isLast: boolean): Registers {
  const range: Range = { from: 0, to: 32 };
  return {
    name: `GICR${cpu.index}`,
    read(offset) {
      if (offset >= SGI_BASE) return readSgiFrame(vgic, cpu, range, offset - SGI_BASE);
      if (offset >= PIDR4) return ids((offset - PIDR4) >>> 2);
      switch (offset) {
        case 0x0000: return 0; // CTLR
        case 0x0004: return IIDR_DISTRIBUTOR;
        case 0x0008: return cpu.number << 8 | (isLast ? 1 << 4 : 0); // TYPER
        case 0x000c: return cpu.affinity;
        case 0x0010: return 0; // STATUSR
        case 0x0014: return cpu.state.waker;
        case 0x0070: case 0x0074: case 0x0078: case 0x007c: return 0; // PROPBASER, PENDBASER: no LPIs
        default: return undefined;
      }
    },
    write(offset, value, mask) {
      if (offset >= SGI_BASE) return writeSgiFrame(vgic, cpu, range, offset - SGI_BASE, value, mask);
      switch (offset) {
        // ChildrenAsleep follows ProcessorSleep at once. Nothing else hangs on it: no CPU here loses power.
        case 0x0014: cpu.state.waker = value & 2 ? 6 : 0; return true;
        case 0x0000: case 0x0010: case 0x0070: case 0x0074: case 0x0078: case 0x007c: return true;
        default: return false;
      }
    },
    byBytes: offset => offset >= SGI_BASE + 0x400 && offset < SGI_BASE + 0x420,
    isWide: offset => offset === 0x0008 || offset === 0x0070 || offset === 0x0078,
  };
}

/** The private interrupts' part of each array; IGRPMODR0 and NSACR are RAZ/WI with one security state. */
function inSgiFrame(offset: number): boolean {
  if (offset >= 0x080 && offset < 0x400) return (offset & 0x7f) === 0;
  return (offset >= 0x400 && offset < 0x420) || offset === 0xc00 || offset === 0xc04;
}

function readSgiFrame(vgic: Vgic, cpu: VgicCpu, range: Range, offset: number): number | undefined {
  if (offset >= PIDR4) return ids((offset - PIDR4) >>> 2);
  if (offset === 0xd00 || offset === 0xe00) return 0;
  return inSgiFrame(offset) ? readArray(vgic, cpu, range, offset) : undefined;
}

function writeSgiFrame(vgic: Vgic, cpu: VgicCpu, range: Range, offset: number, value: number, mask: number): boolean {
  if (offset === 0xd00 || offset === 0xe00) return true;
  return inSgiFrame(offset) && writeArray(vgic, cpu, range, offset, value, mask);
}
