/** KVM_ARM_VCPU_PMU_V3_CTRL: not on this host yet, so that no attribute of it is known. */
import { noAttribute, type AttributeGroup } from './group.ts';

const refuse = (attr: number): never => { throw noAttribute('performance monitors', attr); };

export const pmuAttributes: AttributeGroup = { set: (_vcpu, attr) => refuse(attr), get: (_vcpu, attr) => refuse(attr), has: () => false };
