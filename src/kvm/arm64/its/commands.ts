/** The ITS's commands: four words of 64 bits each in the queue. IHI 0069 5.3; those of GICv3, so none of virtual LPIs. */
import { FIRST_LPI } from '../vgic/lpis.ts';
import type { Its } from './its.ts';
import { COLLECTION_ABSENT, COLLECTION_CPU, COLLECTION_UNMAPPED, ENTRY_BYTES, EVENT_BITS, type DeviceEntry } from './state.ts';

export const COMMAND_BYTES = 32;

export const ITS_CMD = {
  MOVI: 0x01, INT: 0x03, CLEAR: 0x04, SYNC: 0x05, MAPD: 0x08, MAPC: 0x09, MAPTI: 0x0a, MAPI: 0x0b, INV: 0x0c, INVALL: 0x0d, MOVALL: 0x0e,
  DISCARD: 0x0f,
} as const;

export type Command = readonly [bigint, bigint, bigint, bigint];

const field = (word: bigint, high: number, low: number): number => Number(word >> BigInt(low) & (1n << BigInt(high - low + 1)) - 1n);
const operation = ([w]: Command): number => field(w, 7, 0);
const deviceOf = ([w]: Command): number => field(w, 63, 32);
const eventOf = ([, w]: Command): number => field(w, 31, 0);
const intidOf = ([, w]: Command): number => field(w, 63, 32);
const collectionOf = ([, , w]: Command): number => field(w, 15, 0);
const validOf = ([, , w]: Command): boolean => field(w, 63, 63) !== 0;
/** RDbase: a processor number, as GITS_TYPER.PTA is 0. */
const targetOf = (word: bigint): number => field(word, 50, 16);

/** What going through all LPIs costs. */
const ALL_LPIS = 512;
const EVENTS_PER_UNIT = 16;

/**
 * Does one command, and gives how much work it was, where an INT is 1: some go through all LPIs or all events of a device.
 * A command that is in error, or that isn't known, does nothing.
 */
export function execute(its: Its, command: Command): number {
  switch (operation(command)) {
    case ITS_CMD.MAPD: return mapDevice(its, command);
    case ITS_CMD.MAPC: mapCollection(its, command); return ALL_LPIS;
    case ITS_CMD.MAPTI: mapEvent(its, command, intidOf(command)); break;
    case ITS_CMD.MAPI: mapEvent(its, command, eventOf(command)); break;
    case ITS_CMD.MOVI: moveEvent(its, command); break;
    case ITS_CMD.MOVALL: moveAll(its, command); return ALL_LPIS;
    case ITS_CMD.DISCARD: discard(its, command); break;
    case ITS_CMD.INT: its.deliver(deviceOf(command), eventOf(command)); break;
    case ITS_CMD.CLEAR: withLpi(its, command, intid => its.lpis.setPending(intid, false)); break;
    case ITS_CMD.INV: withLpi(its, command, intid => its.lpis.reload(intid)); break;
    case ITS_CMD.INVALL: {
      const cpu = its.cpuOf(collectionOf(command));
      if (cpu) its.lpis.reloadAll(cpu);
      return ALL_LPIS;
    }
    // SYNC: each command is complete before the next one.
    default:
  }
  return 1;
}

function withLpi(its: Its, command: Command, use: (intid: number) => void): void {
  const entry = its.translate(deviceOf(command), eventOf(command));
  if (entry) use(entry.intid);
}

/** MAPD. Of a device that was mapped all events are forgotten. */
function mapDevice(its: Its, command: Command): number {
  const [, size, where] = command;
  const device = deviceOf(command);
  const eventBits = field(size, 4, 0) + 1;
  if (its.tables.deviceAddress(device) === undefined || (validOf(command) && eventBits > EVENT_BITS)) return 1;
  const before = its.tables.device(device);
  if (before) forgetDevice(its, before);
  const after: DeviceEntry | undefined = validOf(command) ? { itt: field(where, 51, 8) * 256, eventBits, next: 0 } : undefined;
  // The guest has to have zeroed the table; what is left in it would be mappings.
  const usable = after && its.tables.ram.clear(after.itt, 2 ** eventBits * ENTRY_BYTES);
  its.tables.setDevice(device, usable ? after : undefined);
  return 1 + (before ? 2 ** before.eventBits / EVENTS_PER_UNIT : 0);
}

function forgetDevice(its: Its, device: DeviceEntry): void {
  for (let event = 0; event < 2 ** device.eventBits; event++) {
    const entry = its.tables.event(device, event);
    if (entry) its.unmapLpi(entry.intid);
  }
}

function mapCollection(its: Its, command: Command): void {
  const { collections } = its.state;
  const collection = collectionOf(command);
  if (!its.tables.hasCollection(collection)) return;
  const cpu = its.cpuByNumber(targetOf(command[2]));
  if (validOf(command) && !cpu) return;
  if (validOf(command) || collections[collection] !== COLLECTION_ABSENT) {
    collections[collection] = validOf(command) ? cpu!.index + COLLECTION_CPU : COLLECTION_UNMAPPED;
  }
  its.lpis.together(() => {
    for (const intid of its.lpis.mapped(its.number, collection)) its.lpis.retarget(intid, its.cpuOf(collection));
  });
}

/** MAPTI, MAPI. An event that is mapped stays as it is (UNPREDICTABLE, KVM's choice). */
function mapEvent(its: Its, command: Command, intid: number): void {
  const { tables, lpis, state: { collections } } = its;
  const device = tables.device(deviceOf(command));
  const event = eventOf(command);
  const collection = collectionOf(command);
  if (!device || event >= 2 ** device.eventBits || intid < FIRST_LPI || intid >= lpis.limit) return;
  if (tables.event(device, event) || !tables.hasCollection(collection)) return;
  if (!tables.setEvent(device, event, { intid, collection, next: 0 })) return;
  if (collections[collection] === COLLECTION_ABSENT) collections[collection] = COLLECTION_UNMAPPED;
  lpis.map(intid, its.number, collection, its.cpuOf(collection));
}

function moveEvent(its: Its, command: Command): void {
  const device = its.tables.device(deviceOf(command));
  const event = eventOf(command);
  const collection = collectionOf(command);
  const entry = its.translate(deviceOf(command), event);
  if (!device || !entry || !its.isMapped(entry.collection) || !its.isMapped(collection)) return;
  its.tables.setEvent(device, event, { ...entry, collection });
  its.lpis.setCollection(entry.intid, collection);
  its.lpis.retarget(entry.intid, its.cpuOf(collection));
}

/** MOVALL: the LPIs of one CPU go to another; the collections stay where they are. */
function moveAll(its: Its, [, , from, to]: Command): void {
  const source = its.cpuByNumber(targetOf(from));
  const target = its.cpuByNumber(targetOf(to));
  if (!source || !target || source === target) return;
  its.lpis.together(() => {
    for (const intid of its.lpis.of(source)) its.lpis.retarget(intid, target);
  });
}

function discard(its: Its, command: Command): void {
  const device = its.tables.device(deviceOf(command));
  const event = eventOf(command);
  const entry = its.translate(deviceOf(command), event);
  if (!device || !entry || !its.isMapped(entry.collection)) return;
  its.tables.setEvent(device, event, undefined);
  its.unmapLpi(entry.intid);
}
