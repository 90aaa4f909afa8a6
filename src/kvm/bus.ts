/** The in-kernel devices of a VM by guest-physical address: accesses to them never reach the user of the API. */

export interface KernelDevice {
  /** `offset` from the region's start; `bytes` 1, 2, 4 or 8, the access lies within the region. Values are unsigned. */
  read(offset: number, bytes: number): bigint;
  write(offset: number, bytes: number, value: bigint): void;
}

interface Region {
  readonly base: number;
  readonly size: number;
  /** The device as the vCPU with this index sees it (some registers are banked by vCPU). */
  readonly device: (vcpu: number) => KernelDevice;
}

export class KernelBus {
  private readonly regions: Region[] = [];
  private readonly writers: ((pa: number, bytes: number, data: bigint) => boolean)[] = [];

  overlaps(base: number, size: number): boolean {
    return this.regions.some(r => base < r.base + r.size && r.base < base + size);
  }

  map(base: number, size: number, device: (vcpu: number) => KernelDevice): void {
    this.regions.push({ base, size, device });
  }

  /** Something that takes writes at addresses of its own, where no device is; it says whether one was for it. */
  watch(writer: (pa: number, bytes: number, data: bigint) => boolean): void {
    this.writers.push(writer);
  }

  /** What was read, 0 for a write; undefined where no device answers. */
  access(vcpu: number, pa: number, bytes: number, write: boolean, data: bigint): bigint | undefined {
    for (const region of this.regions) {
      const offset = pa - region.base;
      if (offset < 0 || offset + bytes > region.size) continue;
      const device = region.device(vcpu);
      if (!write) return device.read(offset, bytes);
      device.write(offset, bytes, data);
      return 0n;
    }
    return write && this.writers.some(writer => writer(pa, bytes, data)) ? 0n : undefined;
  }
}
