/** A short run of the fuzzer of the API (npm run fuzz:kvm makes a million calls). */
import { expect, it } from 'vitest';
import { fuzzKvm } from '../../tools/kvm/fuzz.ts';

it('B1 random calls throw nothing but KvmErrors with Linux\'s codes, and leave other VMs alone', () => {
  const { vms, errors, exits } = fuzzKvm(9000, 20261121);
  expect(vms).toBe(3);
  expect(Object.keys(errors)).toContain('EINVAL');
  expect(exits['10']).toBeGreaterThan(0);
});
