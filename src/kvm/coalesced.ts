/** KVM_REGISTER_COALESCED_MMIO: writes that wait in a ring until there is another exit. Documentation/virt/kvm/api.rst 4.116. */
import { KvmError } from './errors.ts';

/** struct kvm_coalesced_mmio_zone; `pio` is for port I/O. */
export interface KvmCoalescedMmioZone {
  readonly addr: number;
  readonly size: number;
  readonly pio?: number;
}

/** struct kvm_coalesced_mmio: bytes in memory order. */
export interface KvmCoalescedMmio {
  readonly phys_addr: number;
  readonly len: number;
  readonly data: Uint8Array;
}

/** As many as fit in Linux's page: (4096 - 8) / 24, of which one stays free. */
const ENTRIES = 169;
const ZONES = 1000;

export class CoalescedMmio {
  private readonly zones: KvmCoalescedMmioZone[] = [];
  private ring: KvmCoalescedMmio[] = [];

  /** Throws EINVAL, ENOSPC. */
  register(zone: KvmCoalescedMmioZone): void {
    check(zone);
    if (this.zones.length === ZONES) throw new KvmError('ENOSPC', `there are ${ZONES} zones`);
    this.zones.push(zone);
  }

  /** Zones within this one. Throws EINVAL; nothing happens where there is none. */
  unregister(zone: KvmCoalescedMmioZone): void {
    check(zone);
    const inside = ({ addr, size }: KvmCoalescedMmioZone): boolean => addr >= zone.addr && addr + size <= zone.addr + zone.size;
    this.zones.splice(0, this.zones.length, ...this.zones.filter(z => !inside(z)));
  }

  /** Whether a write waits in the ring now; in a full ring none does, so that it is an exit. */
  write(addr: number, bytes: number, data: bigint): boolean {
    if (this.zones.length === 0 || this.ring.length === ENTRIES) return false;
    if (!this.zones.some(z => addr >= z.addr && addr + bytes <= z.addr + z.size)) return false;
    const copy = new Uint8Array(8);
    new DataView(copy.buffer).setBigUint64(0, BigInt.asUintN(64, data), true);
    this.ring.push({ phys_addr: addr, len: bytes, data: copy });
    return true;
  }

  /** What waits, oldest first; the ring is empty afterwards. */
  drain(): readonly KvmCoalescedMmio[] {
    const { ring } = this;
    if (ring.length > 0) this.ring = [];
    return ring;
  }
}

function check({ addr, size, pio }: KvmCoalescedMmioZone): void {
  if (pio) throw new KvmError('EINVAL', 'this architecture has no port I/O');
  if (!Number.isSafeInteger(addr) || addr < 0 || !Number.isSafeInteger(size) || size <= 0) throw new KvmError('EINVAL', 'no such zone');
}
