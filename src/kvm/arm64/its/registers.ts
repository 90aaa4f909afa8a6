/** The ITS's frames by MMIO: control (GITS_*) and translation. IHI 0069 12.19; fields that can't be chosen read as KVM has them. */
import { identification, type Registers } from '../vgic/frame.ts';
import { LPI_ID_BITS } from '../vgic/lpis.ts';
import { sanitised, withHalf } from '../vgic/tableregisters.ts';
import type { Its } from './its.ts';
import {
  BASER_INDIRECT, BASER_VALID, COLLECTION_TABLE, DEVICE_BITS, DEVICE_TABLE, ENTRY_BYTES, queueBytes,
} from './state.ts';

/** Control and translation frame. */
export const GITS_SIZE = 0x20000;
export const GITS_TRANSLATER = 0x10040;

export const GITS = {
  CTLR: 0x00, IIDR: 0x04, TYPER: 0x08, CBASER: 0x80, CWRITER: 0x88, CREADR: 0x90, BASER: 0x100, BASER_END: 0x140, PIDR4: 0xffd0, END: 0x10000,
} as const;

const ENABLED = 1;
const QUIESCENT = 0x8000_0000;
/** Product 0x4b is KVM's; Revision 15:12 is that of the table ABI. */
const IIDR = 0x4b00_043b;
/** DeviceID bits - 1, INTID bits - 1, ITT entry size - 1, physical LPIs. */
const TYPER = (DEVICE_BITS - 1) << 13 | (LPI_ID_BITS - 1) << 8 | (ENTRY_BYTES - 1) << 4 | 1;
const OFFSET = 0xf_ffe0;
const ids = identification(3);

const BASER_TYPE = [1n, 4n] as const;
const BASER_PAGE_64K = 2n << 8n;
/** Type, entry size and page size are fixed; bits 15:12 would be an address of more than 48 bits. */
const BASER_WRITABLE = ~(7n << 56n | 0x1fn << 48n | 0xfn << 12n | 3n << 8n);
const CBASER_RES0 = 1n << 62n | 3n << 57n | 1n << 56n | 1n << 52n | 0xfn << 12n | 3n << 8n;

/** Whether a register of the control frame begins at this offset. */
export function isRegister(offset: number): boolean {
  return [GITS.CTLR, GITS.IIDR, GITS.TYPER, GITS.CBASER, GITS.CWRITER, GITS.CREADR].some(at => at === offset)
    || (isBaser(offset) && offset % 8 === 0) || (offset >= GITS.PIDR4 && offset < GITS.END && offset % 4 === 0);
}

const isBaser = (offset: number): boolean => offset >= GITS.BASER && offset < GITS.BASER_END;

export function gits(its: Its): Registers {
  const { state } = its;
  return {
    name: 'GITS',
    read(offset) {
      if (isBaser(offset)) return half(baser(its, (offset - GITS.BASER) >>> 3), offset);
      if (offset >= GITS.PIDR4 && offset < GITS.END) return ids((offset - GITS.PIDR4) >>> 2);
      switch (offset) {
        case GITS.CTLR: return readControl(its);
        case GITS.IIDR: return IIDR;
        case GITS.TYPER: return TYPER;
        case GITS.TYPER + 4: return 0;
        case GITS.CBASER: case GITS.CBASER + 4: return half(state.cbaser, offset);
        case GITS.CWRITER: return state.cwriter;
        case GITS.CREADR: its.process(); return state.creadr;
        case GITS.CWRITER + 4: case GITS.CREADR + 4: return 0;
        default: return undefined;
      }
    },
    write(offset, value) {
      if (isBaser(offset)) {
        writeBaser(its, (offset - GITS.BASER) >>> 3, offset, value);
        return true;
      }
      switch (offset) {
        case GITS.CTLR: its.setEnabled((value & ENABLED) !== 0); return true;
        case GITS.CBASER: case GITS.CBASER + 4: writeQueue(its, offset, value); return true;
        case GITS.CWRITER: writeWriter(its, value); return true;
        case GITS.CWRITER + 4: return true;
        // A CPU's write has no DeviceID of its own: IMPLEMENTATION DEFINED, 0 here. Devices use KVM_SIGNAL_MSI.
        case GITS_TRANSLATER: its.message(0, value); return true;
        default: return false;
      }
    },
    byBytes: () => false,
    isWide: offset => offset === GITS.TYPER || (offset >= GITS.CBASER && offset <= GITS.CREADR && offset % 8 === 0) || isBaser(offset),
  };
}

/** Disabled, the ITS does nothing more, whatever is left in the queue. */
function readControl(its: Its): number {
  its.process();
  const { enabled, creadr, cwriter } = its.state;
  return ((enabled ? ENABLED : 0) | (!enabled || creadr === cwriter ? QUIESCENT : 0)) >>> 0;
}

/** GITS_BASERn with its fixed fields; those beyond the two tables are 0. */
function baser({ state }: Its, n: number): bigint {
  return n > COLLECTION_TABLE ? 0n : state.baser[n]! | BASER_TYPE[n]! << 56n | BigInt(ENTRY_BYTES - 1) << 48n | BASER_PAGE_64K;
}

/** Read-only while the ITS is enabled. A table that is taken away takes its contents with it. */
function writeBaser(its: Its, n: number, offset: number, value: number): void {
  const { state } = its;
  if (n > COLLECTION_TABLE || state.enabled) return;
  const written = sanitised(withHalf(state.baser[n]!, offset, value) & BASER_WRITABLE);
  state.baser[n] = n === DEVICE_TABLE ? written : written & ~BASER_INDIRECT;
  if (written & BASER_VALID) return;
  if (n === DEVICE_TABLE) its.forgetEvents();
  else its.forgetCollections();
}

/** GITS_CBASER, also read-only while enabled. A new queue is empty. */
function writeQueue({ state }: Its, offset: number, value: number): void {
  if (state.enabled) return;
  state.cbaser = sanitised(withHalf(state.cbaser, offset, value) & ~CBASER_RES0);
  state.creadr = 0;
  state.cwriter = 0;
}

function writeWriter(its: Its, value: number): void {
  const offset = value & OFFSET;
  if (offset >= queueBytes(its.state.cbaser)) return;
  its.state.cwriter = offset;
  its.process();
}

const half = (value: bigint, offset: number): number => Number(offset & 4 ? value >> 32n : value & 0xffff_ffffn);
