/** Guest memory as a device that masters the bus sees it. */
export interface GuestMemory {
  /** The `bytes` bytes of RAM at `pa`, to read and write in place; undefined where they aren't all RAM. */
  view(pa: number, bytes: number): Uint8Array | undefined;
  /** Tells the CPUs that these bytes were written. */
  written(pa: number, bytes: number): void;
}
