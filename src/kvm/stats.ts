/**
 * Statistics: counters in the arena, so that every thread sees those of all vCPUs; and what a descriptor of KVM_GET_STATS_FD gives
 * when it is read, a header, descriptions of the counters, and the counters. Documentation/virt/kvm/api.rst 4.133.
 */
import type { Arena } from '../base/arena.ts';
import { KvmError } from './errors.ts';

/** Of a description's `flags`. */
export const KVM_STATS_TYPE_CUMULATIVE = 0;
export const KVM_STATS_TYPE_INSTANT = 1;
export const KVM_STATS_UNIT_NONE = 0 << 4;
export const KVM_STATS_UNIT_BOOLEAN = 4 << 4;
export const KVM_STATS_BASE_POW10 = 0 << 8;

/** Where a vCPU's runs ended, with KVM's names. */
export const VCPU_COUNTERS = [
  'exits', 'mmio_exit_user', 'mmio_exit_kernel', 'wfi_exit_stat', 'wfe_exit_stat', 'hvc_exit_stat', 'signal_exits',
] as const;
/** Requests to all vCPUs to forget their translations, and those that some vCPU was told of. */
export const VM_COUNTERS = ['remote_tlb_flush_requests', 'remote_tlb_flush'] as const;

export type Stats<Names extends readonly string[]> = Record<Names[number], number>;
export type VcpuStats = Stats<typeof VCPU_COUNTERS>;
export type VmStats = Stats<typeof VM_COUNTERS>;

/** Bytes of so many counters. */
export const statsBytes = (names: readonly string[]): number => names.length * 8;

/** The counters at this arena address, a multiple of 8. */
export function statsAt<Names extends readonly string[]>({ f64 }: Arena, at: number, names: Names): Stats<Names> {
  const counter = (i: number): PropertyDescriptor => ({ enumerable: true, get: () => f64[i], set: (n: number) => { f64[i] = n; } });
  return Object.defineProperties({}, Object.fromEntries(names.map((name, i) => [name, counter(at / 8 + i)]))) as Stats<Names>;
}

const HEADER_BYTES = 24;
const NAME_BYTES = 48;
const DESCRIPTION_BYTES = 16 + NAME_BYTES;
const VALUE_BYTES = 8;

/** One that is shown; `flags` are its KVM_STATS_*. */
export interface Shown {
  readonly name: string;
  readonly flags: number;
  readonly value: () => number;
}

export const counters = (stats: Readonly<Record<string, number>>): Shown[] =>
  Object.keys(stats).map(name => ({ name, flags: KVM_STATS_TYPE_CUMULATIVE | KVM_STATS_UNIT_NONE | KVM_STATS_BASE_POW10, value: () => stats[name]! }));

/** What KVM_GET_STATS_FD gives: it can only be read. */
export class StatsFd {
  private readonly shown: readonly Shown[];
  private readonly fixed: Uint8Array;

  /** `id` names whose statistics these are. */
  constructor(id: string, shown: readonly Shown[]) {
    this.shown = shown;
    const descriptions = HEADER_BYTES + NAME_BYTES;
    const data = descriptions + shown.length * DESCRIPTION_BYTES;
    this.fixed = new Uint8Array(data);
    const view = new DataView(this.fixed.buffer);
    [0, NAME_BYTES, shown.length, HEADER_BYTES, descriptions, data].forEach((value, n) => view.setUint32(4 * n, value, true));
    this.text(HEADER_BYTES, id);
    shown.forEach(({ name, flags }, n) => {
      const at = descriptions + n * DESCRIPTION_BYTES;
      view.setUint32(at, flags, true);
      // After the exponent, 0: one value, and where it is among the data.
      view.setUint16(at + 6, 1, true);
      view.setUint32(at + 8, n * VALUE_BYTES, true);
      this.text(at + 16, name);
    });
  }

  private text(at: number, text: string): void {
    this.fixed.set(new TextEncoder().encode(text).subarray(0, NAME_BYTES - 1), at);
  }

  /** As pread(2): fills `bytes` from `offset` on, and says how many there were. Throws EINVAL for an offset that can't be. */
  pread(bytes: Uint8Array, offset: number): number {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new KvmError('EINVAL', `${offset} is no offset in statistics`);
    const all = new Uint8Array(this.fixed.length + this.shown.length * VALUE_BYTES);
    all.set(this.fixed);
    const view = new DataView(all.buffer, this.fixed.length);
    this.shown.forEach(({ value }, n) => view.setBigUint64(n * VALUE_BYTES, BigInt(value()), true));
    const part = all.subarray(Math.min(offset, all.length), Math.min(offset + bytes.length, all.length));
    bytes.set(part);
    return part.length;
  }
}
