/** The physical address space of a board's devices: disjoint ranges, found by binary search. */
import { TesseraError } from '../base/errors.ts';
import type { Device } from './device.ts';

interface Mapping {
  readonly base: number;
  readonly end: number;
  readonly device: Device;
}

const hex = (n: number): string => `0x${n.toString(16)}`;

export class Bus {
  private mappings: Mapping[] = [];
  private recent: Mapping | undefined;

  /** Throws TesseraError where the range is taken. One device may stand at several addresses. */
  map(base: number, device: Device): void {
    const end = base + device.size;
    const other = this.mappings.find(m => base < m.end && m.base < end);
    if (other) throw new TesseraError(`${device.name} at ${hex(base)} overlaps ${other.device.name} at ${hex(other.base)}`);
    this.mappings = [...this.mappings, { base, end, device }].sort((a, b) => a.base - b.base);
  }

  find(pa: number): Device | undefined {
    return this.lookup(pa)?.device;
  }

  /** Each device once, in the order of addresses. */
  devices(): Set<Device> {
    return new Set(this.mappings.map(m => m.device));
  }

  /**
   * A load or store of `bytes` (1 to 8) bytes; `data` holds them at ascending addresses.
   * False, with nothing done, where no device answers all of them.
   */
  access(pa: number, data: Uint8Array, bytes: number, write: boolean): boolean {
    const mapping = this.lookup(pa);
    if (!mapping || pa + bytes > mapping.end) return false;
    const { device, base } = mapping;
    // Registers are at most 32 bits wide: wider and unaligned accesses are several, in ascending order.
    for (let i = 0; i < bytes; ) {
      const offset = pa + i - base;
      const width = offset % 4 === 0 && bytes - i >= 4 ? 4 : offset % 2 === 0 && bytes - i >= 2 ? 2 : 1;
      if (write) device.write(offset, width, get(data, i, width));
      else put(data, i, width, device.read(offset, width));
      i += width;
    }
    return true;
  }

  private lookup(pa: number): Mapping | undefined {
    const { recent } = this;
    if (recent && pa >= recent.base && pa < recent.end) return recent;
    let low = 0,
      high = this.mappings.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const mapping = this.mappings[middle] as Mapping;
      if (pa < mapping.base) high = middle;
      else if (pa >= mapping.end) low = middle + 1;
      else return (this.recent = mapping);
    }
    return undefined;
  }
}

function get(data: Uint8Array, at: number, bytes: number): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value |= (data[at + i] ?? 0) << (8 * i);
  return value >>> 0;
}

function put(data: Uint8Array, at: number, bytes: number, value: number): void {
  for (let i = 0; i < bytes; i++) data[at + i] = value >>> (8 * i);
}
