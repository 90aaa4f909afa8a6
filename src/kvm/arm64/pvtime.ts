/**
 * Stolen time (Arm DEN 0057, paravirtualized time for Arm; Linux's arch/arm64/kvm/pvtime.c): a structure of 64 bytes in guest
 * memory says how long the vCPU had something to run and wasn't run.
 */
import { KVM_REQ_RECORD_STEAL } from './requests.ts';
import type { Arm64Vcpu } from './vcpu.ts';

export const INVALID_GPA = 0xffff_ffff_ffff_ffffn;
export const STOLEN_TIME_BYTES = 64;
/** Of the structure: revision and attributes, both zero, then the nanoseconds. */
const STOLEN = 8;

export const PV_TIME_FEATURES = 0xc500_0020;
export const PV_TIME_ST = 0xc500_0021;
const SUCCESS = 0n;
const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;

export class StolenTime {
  /** Guest-physical address, or INVALID_GPA. */
  base = INVALID_GPA;
  private readonly vcpu: Arm64Vcpu;
  /** Nanoseconds that it was not run in all, and how many of them the guest has been told of. */
  private delay = 0n;
  private told = 0n;
  private stolen = 0n;
  /** Since when it has waited for its next run, where it has something to do. */
  private since: bigint | undefined;

  constructor(vcpu: Arm64Vcpu) {
    this.vcpu = vcpu;
  }

  /** KVM_RUN begins: what was waited is over. */
  load(): void {
    const { vcpu, since } = this;
    if (since !== undefined) this.delay += vcpu.vm.options.clock.now() - since;
    this.since = undefined;
    if (this.base !== INVALID_GPA) vcpu.control.setRequest(KVM_REQ_RECORD_STEAL);
  }

  /** KVM_RUN comes back; `preempted`: not because of something that the guest did. */
  put(preempted: boolean): void {
    this.since = preempted ? this.vcpu.vm.options.clock.now() : undefined;
  }

  /** KVM_REQ_RECORD_STEAL. */
  record(): void {
    const at = this.place();
    if (at < 0) return;
    this.stolen += this.delay - this.told;
    this.told = this.delay;
    this.vcpu.vm.arena.u64[(at + STOLEN) >>> 3] = this.stolen;
  }

  /** The structure's address for the guest, with which counting begins. */
  begin(): bigint {
    this.told = this.delay;
    this.stolen = 0n;
    const at = this.place();
    if (at >= 0) this.vcpu.vm.arena.u8.fill(0, at, at + STOLEN_TIME_BYTES);
    return this.base;
  }

  private place(): number {
    return this.base === INVALID_GPA ? -1 : this.vcpu.cpu.guest.env.ramForWrite(Number(this.base), STOLEN_TIME_BYTES);
  }
}

/** X0 of a call of the standard hypervisor service's paravirtualized time: PV_TIME_ST or PV_TIME_FEATURES. */
export function pvtimeCall({ stolen, x }: Arm64Vcpu, fn: number): bigint {
  const which = Number(x[1]! & 0xffff_ffffn);
  const there = stolen.base !== INVALID_GPA;
  if (fn === PV_TIME_ST) return there ? stolen.begin() : NOT_SUPPORTED;
  return there && (which === PV_TIME_FEATURES || which === PV_TIME_ST) ? SUCCESS : NOT_SUPPORTED;
}
