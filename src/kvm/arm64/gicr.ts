/** GICv3's redistributors (GICR) by MMIO: both frames of one CPU. IHI 0069 12.10 and 12.11; one security state. LPIs where there is an ITS. */
import type { VgicCpu } from './vgic/cpu.ts';
import { identification, type Registers } from './vgic/frame.ts';
import { readArray, writeArray, type Range } from './vgic/registers.ts';
import { sanitised, withHalf } from './vgic/tableregisters.ts';
import { IIDR, type Vgic } from './vgic/vgic.ts';

/** RD_base and SGI_base of one CPU. */
export const GICR_SIZE = 0x20000;
const SGI_BASE = 0x10000;
const PIDR4 = 0xffd0;
const ids = identification(3);

const CTLR = 0x0000;
const TYPER = 0x0008;
const WAKER = 0x0014;
const PROPBASER = 0x0070;
const PENDBASER = 0x0078;
const INVLPIR = 0x00a0;
const INVALLR = 0x00b0;
const SYNCR = 0x00c0;

const ENABLE_LPIS = 1;
/** GICR_CTLR.CES, and IR: INVLPIR, INVALLR and SYNCR exist. From revision 3 on. */
const CES_IR = 6;
const PLPIS = 1;
const LAST = 1 << 4;
const PROPBASER_RES0 = 0x1fn << 59n | 0xfn << 52n | 3n << 5n;
/** PTZ (62) among them: it reads as 0. */
const PENDBASER_RES0 = 0x1fn << 59n | 0xfn << 52n | 0xfn << 12n | 0x7fn;

const PRIVATE: Range = { from: 0, to: 32 };

/** `isLast`: no further redistributor follows. */
export function gicr(vgic: Vgic, cpu: VgicCpu, isLast: boolean): Registers {
  const { state } = cpu;
  return {
    name: `GICR${cpu.number}`,
    read(offset) {
      if (offset >= SGI_BASE) return readSgiFrame(vgic, cpu, offset - SGI_BASE);
      if (offset >= PIDR4) return ids((offset - PIDR4) >>> 2);
      switch (offset) {
        case CTLR: return state.lpisEnabled | (vgic.state.revision >= 3 ? CES_IR : 0);
        case 0x0004: return IIDR;
        case TYPER: return (cpu.number & 0xffff) << 8 | (isLast ? LAST : 0) | (vgic.lpis ? PLPIS : 0);
        case TYPER + 4: return cpu.affinity;
        case WAKER: return state.waker;
        case PROPBASER: case PROPBASER + 4: return half(vgic.state.propbaser, offset);
        case PENDBASER: case PENDBASER + 4: return half(state.pendbaser, offset);
        case SYNCR: return 0;
        // STATUSR, and the commands, which are write-only.
        case 0x0010: case INVLPIR: case INVLPIR + 4: case INVALLR: case INVALLR + 4: return 0;
        default: return undefined;
      }
    },
    write(offset, value, mask) {
      if (offset >= SGI_BASE) return writeSgiFrame(vgic, cpu, offset - SGI_BASE, value, mask);
      switch (offset) {
        case CTLR: writeControl(vgic, cpu, value); return true;
        // ChildrenAsleep follows ProcessorSleep at once. No CPU here loses power.
        case WAKER:
          state.waker = value & 2 ? 6 : 0;
          vgic.participantsChanged();
          return true;
        case PROPBASER: case PROPBASER + 4: case PENDBASER: case PENDBASER + 4: writeTable(vgic, cpu, offset, value); return true;
        case INVLPIR: if (state.lpisEnabled) vgic.lpis?.reloadOne(value); return true;
        case INVALLR: if (state.lpisEnabled) vgic.lpis?.reloadAll(cpu); return true;
        case 0x0010: case INVLPIR + 4: case INVALLR + 4: return true;
        default: return false;
      }
    },
    byBytes: offset => offset >= SGI_BASE + 0x400 && offset < SGI_BASE + 0x420,
    isWide: offset => [TYPER, PROPBASER, PENDBASER, INVLPIR, INVALLR].includes(offset),
  };
}

function writeControl({ lpis }: Vgic, cpu: VgicCpu, value: number): void {
  if (value & ENABLE_LPIS) lpis?.enable(cpu);
  else if (cpu.state.lpisEnabled) lpis?.disable(cpu);
}

/** The tables stay where they are while LPIs are enabled. GICR_PROPBASER is one for all. */
function writeTable(vgic: Vgic, { state }: VgicCpu, offset: number, value: number): void {
  if (state.lpisEnabled) return;
  if (offset >= PENDBASER) state.pendbaser = sanitised(withHalf(state.pendbaser, offset, value) & ~PENDBASER_RES0, 'redistributor');
  else vgic.state.propbaser = sanitised(withHalf(vgic.state.propbaser, offset, value) & ~PROPBASER_RES0, 'redistributor');
}

const half = (value: bigint, offset: number): number => Number(offset & 4 ? value >> 32n : value & 0xffff_ffffn);

/** The private interrupts' part of each array; IGRPMODR0 and NSACR are RAZ/WI with one security state. */
function inSgiFrame(offset: number): boolean {
  if (offset >= 0x080 && offset < 0x400) return (offset & 0x7f) === 0;
  return (offset >= 0x400 && offset < 0x420) || offset === 0xc00 || offset === 0xc04;
}

function readSgiFrame(vgic: Vgic, cpu: VgicCpu, offset: number): number | undefined {
  if (offset >= PIDR4) return ids((offset - PIDR4) >>> 2);
  if (offset === 0xd00 || offset === 0xe00) return 0;
  return inSgiFrame(offset) ? readArray(vgic, cpu, PRIVATE, offset) : undefined;
}

function writeSgiFrame(vgic: Vgic, cpu: VgicCpu, offset: number, value: number, mask: number): boolean {
  if (offset === 0xd00 || offset === 0xe00) return true;
  return inSgiFrame(offset) && writeArray(vgic, cpu, PRIVATE, offset, value, mask);
}
