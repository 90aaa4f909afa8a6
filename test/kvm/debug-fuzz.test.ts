import { expect, it } from 'vitest';
import { DebugFuzz } from '../../tools/kvm/debug/fuzz.ts';

// `node tools/kvm/debug.ts` does as many as wanted.
it('issue 5: random breakpoints, watchpoints and steps over random programs: none lost, none twice, and the state as without', () => {
  const report = new DebugFuzz(5).run(1000);
  expect(report.stops).toBeGreaterThanOrEqual(1000);
  expect(Math.min(report.steps, report.breakpoints, report.watchpoints)).toBeGreaterThan(20);
}, 60_000);
