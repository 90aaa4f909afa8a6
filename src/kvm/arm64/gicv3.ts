/** GICv3's distributor (GICD) by MMIO. IHI 0069 12.9; one security state (GICD_CTLR.DS = 1), affinity routing always on. */
import type { VgicCpu } from './vgic/cpu.ts';
import { identification, type Registers } from './vgic/frame.ts';
import { LPI_ID_BITS } from './vgic/lpis.ts';
import { readArray, writeArray, type Range } from './vgic/registers.ts';
import { iidrOf, type Vgic } from './vgic/vgic.ts';

export const GICD_SIZE = 0x10000;

const PIDR4 = 0xffd0;
const ids = identification(3);
const ARE = 1 << 4;
const DS = 1 << 6;
/** IDbits: 10 bits, or as many as LPIs have. */
const ID_BITS = (bits: number): number => (bits - 1) << 19;
const LPIS = 1 << 17;
/** Affinity level 3 is supported; No1N isn't set. */
const A3V = 1 << 24;
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
        case 0x004: return A3V | (vgic.lpis ? LPIS | ID_BITS(LPI_ID_BITS) : ID_BITS(10)) | (vgic.words - 1);
        case 0x008: return iidrOf(vgic);
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
  vgic.routeByRouter(intid);
  vgic.changed();
}
