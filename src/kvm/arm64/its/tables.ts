/**
 * The ITS's device table and interrupt translation tables, which live in guest memory as in hardware, in KVM's format. The
 * guest may overwrite them at any time: whatever is read from them is checked where it is used. IHI 0069 5.3.
 */
import type { TableMemory } from '../vgic/ram.ts';
import {
  BASER_INDIRECT, BASER_VALID, COLLECTION_TABLE, COLLECTIONS, DEVICE_BITS, DEVICE_TABLE, ENTRY_BYTES, ENTRY_VALID, EVENT_BITS, TABLE_PAGE,
  packDevice, packEvent, tableAddress, tableBytes, unpackDevice, unpackEvent, type DeviceEntry, type EventEntry, type ItsState,
} from './state.ts';

const ENTRIES_PER_PAGE = TABLE_PAGE / ENTRY_BYTES;

export class ItsTables {
  readonly ram: TableMemory;
  private readonly state: ItsState;

  constructor(state: ItsState, ram: TableMemory) {
    this.state = state;
    this.ram = ram;
  }

  /** Where a device's entry is; undefined where the table has no room for it. */
  deviceAddress(device: number): number | undefined {
    const baser = this.state.baser[DEVICE_TABLE]!;
    if (!(baser & BASER_VALID) || device >= 2 ** DEVICE_BITS) return undefined;
    const entries = tableBytes(baser) / ENTRY_BYTES;
    if (!(baser & BASER_INDIRECT)) {
      return device < entries ? this.inRam(tableAddress(baser) + device * ENTRY_BYTES) : undefined;
    }
    const page = Math.floor(device / ENTRIES_PER_PAGE);
    if (page >= entries) return undefined;
    const first = this.ram.read64(tableAddress(baser) + page * ENTRY_BYTES) ?? 0n;
    if (!(first & ENTRY_VALID)) return undefined;
    return this.inRam(Number(first & 0xf_ffff_ffff_0000n) + (device % ENTRIES_PER_PAGE) * ENTRY_BYTES);
  }

  device(device: number): DeviceEntry | undefined {
    const at = this.deviceAddress(device);
    const entry = at === undefined ? undefined : this.ram.read64(at);
    if (entry === undefined || !(entry & ENTRY_VALID)) return undefined;
    const unpacked = unpackDevice(entry);
    return unpacked.eventBits <= EVENT_BITS ? unpacked : undefined;
  }

  /** Writes a device's entry, or an invalid one; false: the table has no room for it. */
  setDevice(device: number, entry: DeviceEntry | undefined): boolean {
    const at = this.deviceAddress(device);
    return at !== undefined && this.ram.write64(at, entry ? packDevice(entry) : 0n);
  }

  /** A mapped event of a device. The INTID may be any. */
  event({ itt, eventBits }: DeviceEntry, event: number): EventEntry | undefined {
    if (event >= 2 ** eventBits) return undefined;
    const entry = unpackEvent(this.ram.read64(itt + event * ENTRY_BYTES) ?? 0n);
    return entry.intid === 0 ? undefined : entry;
  }

  setEvent({ itt, eventBits }: DeviceEntry, event: number, entry: EventEntry | undefined): boolean {
    return event < 2 ** eventBits && this.ram.write64(itt + event * ENTRY_BYTES, entry ? packEvent(entry) : 0n);
  }

  /** Whether the collection table has room for this one. */
  hasCollection(collection: number): boolean {
    const baser = this.state.baser[COLLECTION_TABLE]!;
    return (baser & BASER_VALID) !== 0n && collection < COLLECTIONS && collection < tableBytes(baser) / ENTRY_BYTES;
  }

  private inRam(at: number): number | undefined {
    return this.ram.has(at, ENTRY_BYTES) ? at : undefined;
  }
}
