/** The timers' registers, by ids that the header swaps: the id of the virtual timer's CVAL is CNTVCT's encoding, and the other way round. */
import {
  KVM_REG_ARM_PTIMER_CNT, KVM_REG_ARM_PTIMER_CTL, KVM_REG_ARM_PTIMER_CVAL, KVM_REG_ARM_TIMER_CNT, KVM_REG_ARM_TIMER_CTL,
  KVM_REG_ARM_TIMER_CVAL,
} from '../numbers.ts';
import type { OneReg } from './register.ts';

const control = (which: 0 | 1): OneReg => ({
  get: vcpu => BigInt(vcpu.timers.control(which)),
  set: (vcpu, value) => vcpu.timers.setControl(which, Number(value & 3n)),
});
const compare = (which: 0 | 1): OneReg => ({
  get: vcpu => vcpu.timers.compare(which),
  set: (vcpu, value) => vcpu.timers.setCompare(which, value),
});
const counter = (which: 0 | 1): OneReg => ({
  get: vcpu => vcpu.timers.counter(which),
  set: (vcpu, value) => vcpu.timers.setCounter(which, value),
});

/** Counters last, as setting one can make a timer fire that is set before it. */
export const timerRegisters: ReadonlyMap<bigint, OneReg> = new Map([
  [KVM_REG_ARM_TIMER_CTL, control(0)],
  [KVM_REG_ARM_TIMER_CVAL, compare(0)],
  [KVM_REG_ARM_TIMER_CNT, counter(0)],
  [KVM_REG_ARM_PTIMER_CTL, control(1)],
  [KVM_REG_ARM_PTIMER_CVAL, compare(1)],
  [KVM_REG_ARM_PTIMER_CNT, counter(1)],
]);
