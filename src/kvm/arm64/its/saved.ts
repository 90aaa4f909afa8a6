/**
 * The ITS's tables saved and restored (Documentation/virt/kvm/devices/arm-vgic-its.rst, table ABI revision 0). Devices and
 * events live in guest memory in this format already: what is added is where the next entry is, and the collection table.
 */
import { KvmError } from '../../errors.ts';
import { FIRST_LPI } from '../vgic/lpis.ts';
import type { Its } from './its.ts';
import {
  BASER_VALID, COLLECTION_ABSENT, COLLECTION_CPU, COLLECTION_TABLE, COLLECTION_UNMAPPED, DEVICE_BITS, DEVICE_TABLE, ENTRY_BYTES,
  ENTRY_VALID, tableAddress, tableBytes, type DeviceEntry,
} from './state.ts';

const MAX_DEVICE_STEP = 2 ** 14 - 1;
const MAX_EVENT_STEP = 2 ** 16 - 1;
/** A collection that no CPU is named for. */
const NOBODY = 0xffff_ffff;
/** Entries that one save or restore looks at: a hostile guest's tables could be without end, by overlapping. */
const MOST_ENTRIES = 2 ** 20;

const inconsistent = (what: string): KvmError => new KvmError('EINVAL', `the ITS's tables are inconsistent: ${what}`);
const notRam = (): KvmError => new KvmError('EFAULT', 'a table of the ITS is not in the guest\'s RAM');

class Work {
  private left = MOST_ENTRIES;
  spend(entries: number): void {
    this.left -= entries;
    if (this.left < 0) throw inconsistent('they have more entries than there can be interrupts');
  }
}

/** KVM_DEV_ARM_ITS_SAVE_TABLES. Throws EINVAL, EFAULT. */
export function saveTables(its: Its): void {
  const work = new Work();
  if (its.state.baser[DEVICE_TABLE]! & BASER_VALID) saveDevices(its, work);
  if (its.state.baser[COLLECTION_TABLE]! & BASER_VALID) saveCollections(its);
}

/** KVM_DEV_ARM_ITS_RESTORE_TABLES. Throws EINVAL, EFAULT, EEXIST. */
export function restoreTables(its: Its): void {
  const work = new Work();
  its.forgetEvents();
  if (its.state.baser[COLLECTION_TABLE]! & BASER_VALID) restoreCollections(its);
  if (!(its.state.baser[DEVICE_TABLE]! & BASER_VALID)) return;
  try {
    its.lpis.together(() => restoreDevices(its, work));
  } catch (error) {
    its.forgetEvents();
    its.forgetCollections();
    throw error;
  }
}

function saveDevices(its: Its, work: Work): void {
  const { tables } = its;
  let last: { readonly id: number; readonly entry: DeviceEntry } | undefined;
  for (let id = 0; id < 2 ** DEVICE_BITS; id++) {
    const entry = tables.device(id);
    if (!entry) continue;
    saveEvents(its, entry, work);
    if (last) tables.setDevice(last.id, { ...last.entry, next: Math.min(id - last.id, MAX_DEVICE_STEP) });
    last = { id, entry };
  }
  if (last) tables.setDevice(last.id, { ...last.entry, next: 0 });
}

function saveEvents({ tables }: Its, device: DeviceEntry, work: Work): void {
  work.spend(2 ** device.eventBits);
  if (!tables.ram.has(device.itt, 2 ** device.eventBits * ENTRY_BYTES)) throw notRam();
  let last = -1;
  for (let event = 0; event < 2 ** device.eventBits; event++) {
    if (!tables.event(device, event)) continue;
    if (last >= 0) tables.setEvent(device, last, { ...tables.event(device, last)!, next: Math.min(event - last, MAX_EVENT_STEP) });
    last = event;
  }
  if (last >= 0) tables.setEvent(device, last, { ...tables.event(device, last)!, next: 0 });
}

/** In no order, up to the first entry that isn't valid. */
function saveCollections({ state, tables: { ram }, vgic }: Its): void {
  const baser = state.baser[COLLECTION_TABLE]!;
  const end = tableAddress(baser) + tableBytes(baser);
  let at = tableAddress(baser);
  state.collections.forEach((what, collection) => {
    if (what === COLLECTION_ABSENT || at >= end) return;
    const target = what === COLLECTION_UNMAPPED ? NOBODY : vgic.cpus[what - COLLECTION_CPU]!.number;
    if (!ram.write64(at, ENTRY_VALID | BigInt(target) << 16n | BigInt(collection))) throw notRam();
    at += ENTRY_BYTES;
  });
  if (at < end && !ram.write64(at, 0n)) throw notRam();
}

function restoreCollections(its: Its): void {
  const { state, tables } = its;
  const baser = state.baser[COLLECTION_TABLE]!;
  state.collections.fill(COLLECTION_ABSENT);
  for (let at = tableAddress(baser); at < tableAddress(baser) + tableBytes(baser); at += ENTRY_BYTES) {
    const entry = tables.ram.read64(at);
    if (entry === undefined) throw notRam();
    if (!(entry & ENTRY_VALID)) return;
    const target = Number(entry >> 16n & 0xffff_ffffn);
    const collection = Number(entry & 0xffffn);
    const cpu = its.cpuByNumber(target);
    if (target !== NOBODY && !cpu) throw inconsistent(`collection ${collection} is of CPU ${target}, which isn't there`);
    if (!tables.hasCollection(collection)) throw inconsistent(`there is no room for collection ${collection}`);
    if (state.collections[collection] !== COLLECTION_ABSENT) throw new KvmError('EEXIST', `collection ${collection} is there twice`);
    state.collections[collection] = cpu ? cpu.index + COLLECTION_CPU : COLLECTION_UNMAPPED;
  }
}

function restoreDevices(its: Its, work: Work): void {
  for (let id = 0; id < 2 ** DEVICE_BITS;) {
    const entry = its.tables.device(id);
    if (entry) restoreEvents(its, entry, work);
    if (entry?.next === 0) return;
    id += entry ? entry.next : 1;
  }
}

function restoreEvents(its: Its, device: DeviceEntry, work: Work): void {
  const { tables, lpis } = its;
  const events = 2 ** device.eventBits;
  if (!tables.ram.has(device.itt, events * ENTRY_BYTES)) throw notRam();
  for (let event = 0; event < events;) {
    work.spend(1);
    const entry = tables.event(device, event);
    if (entry) {
      const { intid, collection, next } = entry;
      if (intid < FIRST_LPI || intid >= lpis.limit) throw inconsistent(`an event is of INTID ${intid}, which is no LPI`);
      if (its.state.collections[collection] === COLLECTION_ABSENT) throw inconsistent(`an event is of collection ${collection}, which isn't there`);
      if (event + next >= events) throw inconsistent('the entry after an event\'s is beyond its table');
      lpis.map(intid, its.number, collection, its.cpuOf(collection));
    }
    if (entry?.next === 0) return;
    event += entry ? entry.next : 1;
  }
}
