/** KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS on arm64: SErrors that wait to be taken. */
import type { Arm64Cpu } from '../../guest/aarch64/cpu.ts';
import type { VcpuEvents, VcpuEventsState } from '../arch.ts';
import { KvmError } from '../errors.ts';

/** ISS of ESR_EL1. */
const ISS = 0x1ff_ffffn;
/** ISS.IDS: the rest is IMPLEMENTATION DEFINED. What an SError has that nobody gave a syndrome. */
const IDS = 1 << 24;

const hasSyndromes = ({ model }: Arm64Cpu): boolean => model.features.has('RAS');

export function getEvents(guest: Arm64Cpu): VcpuEventsState {
  const { serrorPending, serrorSyndrome } = guest.state;
  const has_esr = hasSyndromes(guest);
  return {
    exception: {
      serror_pending: serrorPending !== 0, serror_has_esr: has_esr, ext_dabt_pending: false,
      serror_esr: serrorPending && has_esr ? BigInt(serrorSyndrome) : 0n,
    },
  };
}

/** What is not pending here stays pending in the guest. Throws EINVAL for a syndrome where there can be none, or a bad one. */
export function setEvents(guest: Arm64Cpu, { exception: { serror_pending, serror_has_esr, serror_esr = 0n } }: VcpuEvents): void {
  if (!serror_pending) return;
  if (!serror_has_esr) {
    guest.pendSError(IDS);
    return;
  }
  if (!hasSyndromes(guest)) throw new KvmError('EINVAL', 'an SError can\'t have a syndrome: the CPU model has no RAS extension');
  if (serror_esr & ~ISS) throw new KvmError('EINVAL', `0x${serror_esr.toString(16)} is no syndrome of an SError, which has 25 bits`);
  guest.pendSError(Number(serror_esr));
}
