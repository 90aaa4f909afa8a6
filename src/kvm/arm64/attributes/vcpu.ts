/** The attributes of a vCPU by their group. */
import { KvmError } from '../../errors.ts';
import { KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_TIMER_CTRL } from '../numbers.ts';
import type { AttributeGroup } from './group.ts';
import { pmuAttributes } from './pmu.ts';
import { pvtimeAttributes } from './pvtime.ts';
import { timerAttributes } from './timer.ts';

const groups: ReadonlyMap<number, AttributeGroup> = new Map([
  [KVM_ARM_VCPU_PMU_V3_CTRL, pmuAttributes],
  [KVM_ARM_VCPU_TIMER_CTRL, timerAttributes],
  [KVM_ARM_VCPU_PVTIME_CTRL, pvtimeAttributes],
]);

export const findGroup = (group: number): AttributeGroup | undefined => groups.get(group);

/** Throws ENXIO. */
export function attributeGroup(group: number): AttributeGroup {
  const found = groups.get(group);
  if (!found) throw new KvmError('ENXIO', `a vCPU has no attribute group ${group}`);
  return found;
}
