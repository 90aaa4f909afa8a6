/** KVM_ARM_VCPU_PVTIME_CTRL: not on this host yet, so that no attribute of it is known. */
import { noAttribute, type AttributeGroup } from './group.ts';

const refuse = (attr: number): never => { throw noAttribute('stolen time', attr); };

export const pvtimeAttributes: AttributeGroup = { set: (_vcpu, attr) => refuse(attr), get: (_vcpu, attr) => refuse(attr), has: () => false };
