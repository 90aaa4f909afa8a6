/** A frame of 32-bit registers as an in-kernel device: access sizes, and what happens at offsets without a register. */
import type { Log } from '../../../base/log.ts';
import type { KernelDevice } from '../../bus.ts';
import type { VgicLock } from './lock.ts';

export interface Registers {
  readonly name: string;
  /** The 32 bits at a multiple of 4, unsigned; undefined: no such register. */
  read(offset: number): number | undefined;
  /** Writes the bits that `mask` (whole bytes) selects; false: no such register, or it can't be written. */
  write(offset: number, value: number, mask: number): boolean;
  /** Whether the register at this offset may be accessed by bytes. */
  readonly byBytes: (offset: number) => boolean;
  /** Whether it is one of 64 bits, which may be accessed whole or by halves. */
  readonly isWide: (offset: number) => boolean;
}

const RAZ = 0n;

/** An entry point. Accesses that the architecture doesn't define read as zero and do nothing, as in KVM, and are logged. */
export function frame(registers: Registers, lock: VgicLock, log: Log): KernelDevice {
  const { name } = registers;
  const hex = (offset: number): string => `${name}+0x${offset.toString(16)}`;

  function allowed(offset: number, bytes: number): boolean {
    if (offset % bytes !== 0) return false;
    return bytes === 4 || (bytes === 1 && registers.byBytes(offset & ~3)) || (bytes === 8 && registers.isWide(offset));
  }

  function read32(offset: number): number {
    const value = registers.read(offset);
    if (value === undefined && log.on('unimp')) log.write('unimp', `read of ${hex(offset)}, which has no register`);
    return value ?? 0;
  }

  function write32(offset: number, value: number, mask: number): void {
    if (!registers.write(offset, value, mask) && log.on('unimp')) {
      log.write('unimp', `write of 0x${value.toString(16)} to ${hex(offset)}, which has no writable register`);
    }
  }

  function refuse(what: string, offset: number, bytes: number): void {
    if (log.on('guest_errors')) log.write('guest_errors', `${what} of ${bytes} bytes at ${hex(offset)}: no register takes this size there`);
  }

  function readLocked(offset: number, bytes: number): bigint {
    if (bytes === 8) return BigInt(read32(offset)) | BigInt(read32(offset + 4)) << 32n;
    const value = read32(offset & ~3);
    return BigInt(bytes === 4 ? value : value >>> (8 * (offset & 3)) & 0xff);
  }

  function writeLocked(offset: number, bytes: number, value: bigint): void {
    const low = Number(value & 0xffffffffn);
    if (bytes === 1) {
      const shift = 8 * (offset & 3);
      write32(offset & ~3, (low & 0xff) << shift >>> 0, 0xff << shift >>> 0);
      return;
    }
    write32(offset, low, 0xffffffff);
    if (bytes === 8) write32(offset + 4, Number(value >> 32n & 0xffffffffn), 0xffffffff);
  }

  return {
    read(offset, bytes) {
      if (!allowed(offset, bytes)) {
        refuse('read', offset, bytes);
        return RAZ;
      }
      lock.acquire();
      try {
        return readLocked(offset, bytes);
      } finally {
        lock.release();
      }
    },
    write(offset, bytes, value) {
      if (!allowed(offset, bytes)) {
        refuse('write', offset, bytes);
        return;
      }
      lock.acquire();
      try {
        writeLocked(offset, bytes, value);
      } finally {
        lock.release();
      }
    },
  };
}

/** The identification registers in a frame's last 48 bytes, from PIDR4 on. `architecture`: PIDR2's upper half. */
export function identification(architecture: number): (index: number) => number {
  const values = [0x44, 0, 0, 0, 0x92, 0xb4, architecture << 4 | 0xb, 0, 0x0d, 0xf0, 0x05, 0xb1];
  return index => values[index] ?? 0;
}
