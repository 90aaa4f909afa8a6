/** KVM_IOEVENTFD: writes that signal an event instead of being an exit. Documentation/virt/kvm/api.rst 4.59. */
import { KvmError } from './errors.ts';
import type { EventFd } from './eventfd.ts';

export const KVM_IOEVENTFD_FLAG_DATAMATCH = 1;
export const KVM_IOEVENTFD_FLAG_PIO = 2;
export const KVM_IOEVENTFD_FLAG_DEASSIGN = 4;

/** struct kvm_ioeventfd. */
export interface KvmIoEventFd {
  /** With FLAG_DATAMATCH, the value that a write must have. */
  readonly datamatch?: bigint;
  /** Guest-physical. */
  readonly addr: number;
  /** Bytes of the write: 1, 2, 4 or 8; 0: any. */
  readonly len: number;
  readonly fd: EventFd;
  readonly flags?: number;
}

interface Binding {
  readonly addr: number;
  readonly len: number;
  /** undefined: any value. */
  readonly datamatch: bigint | undefined;
  readonly fd: EventFd;
}

/** NR_IOBUS_DEVS. */
const LIMIT = 1000;
const LENGTHS: readonly number[] = [0, 1, 2, 4, 8];

export class IoEventFds {
  private readonly bindings: Binding[] = [];

  /** Throws EINVAL, EEXIST for a binding that clashes, ENOENT for one to be removed that isn't there, ENOSPC. */
  set(request: KvmIoEventFd): void {
    const binding = check(request);
    if ((request.flags ?? 0) & KVM_IOEVENTFD_FLAG_DEASSIGN) {
      this.remove(binding);
      return;
    }
    if (this.bindings.some(other => clash(other, binding))) {
      throw new KvmError('EEXIST', `writes to 0x${binding.addr.toString(16)} are bound to an event`);
    }
    if (this.bindings.length === LIMIT) throw new KvmError('ENOSPC', `there are ${LIMIT} bindings`);
    this.bindings.push(binding);
  }

  /** Whether a write was somebody's, who is told. */
  write(addr: number, bytes: number, data: bigint): boolean {
    for (const b of this.bindings) {
      if (b.addr !== addr || (b.len !== 0 && b.len !== bytes)) continue;
      if (b.datamatch !== undefined && b.datamatch !== BigInt.asUintN(bytes * 8, data)) continue;
      b.fd.signal();
      return true;
    }
    return false;
  }

  private remove({ addr, len, datamatch, fd }: Binding): void {
    const at = this.bindings.findIndex(b => b.fd === fd && b.addr === addr && b.len === len && b.datamatch === datamatch);
    if (at < 0) throw new KvmError('ENOENT', `writes to 0x${addr.toString(16)} are not bound to this event`);
    this.bindings.splice(at, 1);
  }
}

function check({ addr, len, fd, datamatch = 0n, flags = 0 }: KvmIoEventFd): Binding {
  if (!LENGTHS.includes(len)) throw new KvmError('EINVAL', `there are no writes of ${len} bytes`);
  if (!Number.isSafeInteger(addr) || addr < 0 || !Number.isSafeInteger(addr + len)) throw new KvmError('EINVAL', `${addr} is no guest-physical address`);
  if (flags & ~(KVM_IOEVENTFD_FLAG_DATAMATCH | KVM_IOEVENTFD_FLAG_PIO | KVM_IOEVENTFD_FLAG_DEASSIGN)) throw new KvmError('EINVAL', 'ioeventfd has no such flag');
  if (flags & KVM_IOEVENTFD_FLAG_PIO) throw new KvmError('EINVAL', 'this architecture has no port I/O');
  const matches = (flags & KVM_IOEVENTFD_FLAG_DATAMATCH) !== 0;
  if (len === 0 && matches) throw new KvmError('EINVAL', 'a value to match needs a length');
  return { addr, len, fd, datamatch: matches ? BigInt.asUintN(64, datamatch) : undefined };
}

/** Some write would be both's. */
const clash = (a: Binding, b: Binding): boolean =>
  a.addr === b.addr && (a.len === 0 || b.len === 0 || (a.len === b.len
    && (a.datamatch === undefined || b.datamatch === undefined || a.datamatch === b.datamatch)));
