/** The guest's own debug exceptions on a whole machine: alone, and while the debug layer has breakpoints in the same code. */
import { describe, expect, it } from 'vitest';
import { KVM_REG_ARM_CORE } from '../../src/kvm/index.ts';
import { BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE, WATCHPOINT_READ, WATCHPOINT_WRITE } from '../../src/machine/index.ts';
import { BASE, debugging, type Session } from './debug-run.ts';
import { at, CHECKSUM_OFFSET, DATA, expectedChecksum, ROUNDS, selfDebugging, STEPPED_DATA } from './self-debugging.ts';

const checksum = ({ machine: { parts: { vm, ram } } }: Session): bigint => vm.arena.u64[(ram + CHECKSUM_OFFSET) / 8]!;
const go = (session: Session): void => session.debug.resume(new Map([[0, { kind: 'continue' }]]));
const pc = ({ debug }: Session): number => Number(debug.getRegister(0, KVM_REG_ARM_CORE.PC));
/** Compiles early. */
const hot = { threshold: 8 };

type Point = readonly [kind: number, address: number, length: number];
/** Where a stop was: what has to be taken away for the step over it. */
const points: readonly Point[] = [
  [BREAKPOINT_HARDWARE, BASE + at.sum, 4], [BREAKPOINT_SOFTWARE, BASE + at.load, 4],
  [WATCHPOINT_READ, STEPPED_DATA, 8], [WATCHPOINT_WRITE, DATA + 0x100, 2],
];

async function over(session: Session, [kind, address, length]: Point): Promise<void> {
  session.debug.remove(kind, BigInt(address), length);
  expect(await session.go({ kind: 'step' })).toEqual([{ cpu: 0, reason: 'step' }]);
  session.debug.insert(kind, BigInt(address), length);
}

for (const threads of [false, true]) {
  describe(threads ? 'on a thread of its own' : 'on this thread', () => {
    it('issue 5: alone', async () => {
      await debugging(selfDebugging, { threads, ...hot }, async session => {
        go(session);
        expect(await session.ending).toEqual({ kind: 'exit', status: 0 });
        expect(checksum(session)).toBe(expectedChecksum());
      });
    });

    it('issue 5, A1.69, A1.71: with breakpoints and watchpoints of a debugger in the same code, each hit once a round', async () => {
      await debugging(selfDebugging, { threads, ...hot }, async session => {
        for (const [kind, address, length] of points) session.debug.insert(kind, BigInt(address), length);
        const hits = points.map(() => 0);
        let ended = false;
        void session.ending.then(() => { ended = true; });
        const next = async (): Promise<boolean> => {
          const stops = await Promise.race([session.go(), session.ending]);
          if (!Array.isArray(stops)) return false;
          const [stop] = stops;
          const point = points.findIndex(([kind, address]) => (stop.watchpoint ? kind === stop.watchpoint.kind : kind < 2 && address === pc(session)));
          hits[point]!++;
          await over(session, points[point]!);
          return true;
        };
        while (await next());
        // The store that is watched is executed again behind the guest's own watchpoint.
        expect(hits).toEqual([ROUNDS, ROUNDS, ROUNDS, ROUNDS * 2]);
        expect([ended, checksum(session)]).toEqual([true, expectedChecksum()]);
      });
    });
  });
}

it('issue 5: stepped through by a debugger, handlers and all', async () => {
  await debugging(selfDebugging, hot, async session => {
    for (let n = 0; n < 1500; n++) expect(await session.go({ kind: 'step' })).toEqual([{ cpu: 0, reason: 'step' }]);
    go(session);
    expect(await session.ending).toEqual({ kind: 'exit', status: 0 });
    expect(checksum(session)).toBe(expectedChecksum());
  });
});
