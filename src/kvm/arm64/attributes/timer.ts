/** KVM_ARM_VCPU_TIMER_CTRL: not on this host yet, so that no attribute of it is known. */
import { noAttribute, type AttributeGroup } from './group.ts';

const refuse = (attr: number): never => { throw noAttribute('timers', attr); };

export const timerAttributes: AttributeGroup = { set: (_vcpu, attr) => refuse(attr), get: (_vcpu, attr) => refuse(attr), has: () => false };
