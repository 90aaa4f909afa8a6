/** Names of the registers with an id of KVM's, for people: the manual's. */
import { systemRegisters } from '../../../guest/aarch64/sysreg/table.ts';
import {
  KVM_REG_ARM_PTIMER_CNT, KVM_REG_ARM_PTIMER_CTL, KVM_REG_ARM_PTIMER_CVAL, KVM_REG_ARM_TIMER_CNT, KVM_REG_ARM_TIMER_CTL, KVM_REG_ARM_TIMER_CVAL, sysregKeyOf,
} from '../numbers.ts';

/** Ids that aren't the encoding, or whose registers aren't in the guest's table. */
const timers: ReadonlyMap<bigint, string> = new Map([
  [KVM_REG_ARM_TIMER_CTL, 'CNTV_CTL_EL0'], [KVM_REG_ARM_TIMER_CVAL, 'CNTV_CVAL_EL0'], [KVM_REG_ARM_TIMER_CNT, 'CNTVCT_EL0'],
  [KVM_REG_ARM_PTIMER_CTL, 'CNTP_CTL_EL0'], [KVM_REG_ARM_PTIMER_CVAL, 'CNTP_CVAL_EL0'], [KVM_REG_ARM_PTIMER_CNT, 'CNTPCT_EL0'],
]);
/** Without encodings that have no name. */
const names: ReadonlyMap<number, string> = new Map(systemRegisters.filter(({ name }) => !/^S\d_/.test(name)).map(({ key, name }) => [key, name]));

/** Of a system register; undefined for ids of other classes and registers without a name. */
export function systemRegisterName(id: bigint): string | undefined {
  const key = sysregKeyOf(id);
  return timers.get(id) ?? (key === undefined ? undefined : names.get(key));
}
