/** State of an Interrupt Translation Service in the arena, and the layout of its tables. IHI 0069 12.19; KVM's table ABI revision 0. */
import { array, defineLayout, u16, u32, u64 } from '../../../base/layout.ts';

/** Bits of DeviceID, EventID and ICID. */
export const DEVICE_BITS = 16;
export const EVENT_BITS = 16;
export const COLLECTIONS = 2 ** 16;

/** `collections`: what an ICID is. Others are a CPU's index and `COLLECTION_CPU`. */
export const COLLECTION_ABSENT = 0;
/** Named by an event, but not mapped to a CPU. */
export const COLLECTION_UNMAPPED = 1;
export const COLLECTION_CPU = 2;

export const itsLayout = defineLayout({
  /** GITS_CTLR.Enabled. */
  enabled: u32,
  /** Offsets into the command queue, in bytes. */
  cwriter: u32,
  creadr: u32,
  cbaser: u64,
  /** GITS_BASER0 and 1: device table, collection table. */
  baser: array(u64, 2),
  /** The collection table's cache: KVM's isn't indexed by ICID, and only of use to save and restore it. */
  collections: array(u16, COLLECTIONS),
});

export type ItsState = ReturnType<typeof itsLayout.view>;

export const DEVICE_TABLE = 0;
export const COLLECTION_TABLE = 1;

export const BASER_VALID = 1n << 63n;
export const BASER_INDIRECT = 1n << 62n;
/** Bits 47:16, as the only page size is 64 KiB (bits 15:12 would be 51:48). */
const BASER_ADDRESS = 0xffff_ffff_0000n;
export const TABLE_PAGE = 0x10000;
/** Bytes of a table that a GITS_BASER describes (its first level, where there are two). */
export const tableBytes = (baser: bigint): number => (Number(baser & 0xffn) + 1) * TABLE_PAGE;
export const tableAddress = (baser: bigint): number => Number(baser & BASER_ADDRESS);

export const CBASER_VALID = 1n << 63n;
export const queueBytes = (cbaser: bigint): number => (Number(cbaser & 0xffn) + 1) * 0x1000;
export const queueAddress = (cbaser: bigint): number => Number(cbaser & 0xf_ffff_ffff_f000n);

/** Entries of all tables. */
export const ENTRY_BYTES = 8;
export const ENTRY_VALID = 1n << 63n;

/** Device table entry: valid 63, offset to the next valid one 62:49, bits 51:8 of the ITT's address 48:5, EventID bits - 1 4:0. */
export interface DeviceEntry {
  readonly itt: number;
  readonly eventBits: number;
  readonly next: number;
}
export const packDevice = ({ itt, eventBits, next }: DeviceEntry): bigint =>
  ENTRY_VALID | BigInt(next) << 49n | BigInt(itt / 256) << 5n | BigInt(eventBits - 1);
export const unpackDevice = (entry: bigint): DeviceEntry => ({
  itt: Number(entry >> 5n & 0xfff_ffff_ffffn) * 256, eventBits: Number(entry & 31n) + 1, next: Number(entry >> 49n & 0x3fffn),
});

/** Interrupt translation entry: offset to the next valid one 63:48, INTID 47:16 (0: not valid), ICID 15:0. */
export interface EventEntry {
  readonly intid: number;
  readonly collection: number;
  readonly next: number;
}
export const packEvent = ({ intid, collection, next }: EventEntry): bigint => BigInt(next) << 48n | BigInt(intid) << 16n | BigInt(collection);
export const unpackEvent = (entry: bigint): EventEntry => ({
  intid: Number(entry >> 16n & 0xffff_ffffn), collection: Number(entry & 0xffffn), next: Number(entry >> 48n),
});
