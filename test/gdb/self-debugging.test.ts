/** Issue 5: a program that debugs itself, while a debugger that GDB's server serves has breakpoints and watchpoints in the same code. */
import { describe, expect, it } from 'vitest';
import { gdbMachine, GdbServer } from '../../src/gdb/index.ts';
import { BASE, debugging } from '../machine/debug-run.ts';
import { at, CHECKSUM_OFFSET, DATA, expectedChecksum, ROUNDS, selfDebugging, STEPPED_DATA } from '../machine/self-debugging.ts';
import { Client } from './client.ts';

/** What is inserted, and how its stops are told. */
const points = [
  [`1,${(BASE + at.sum).toString(16)},4`, 'T05hwbreak:'],
  [`0,${(BASE + at.load).toString(16)},4`, 'T05swbreak:'],
  [`3,${STEPPED_DATA.toString(16)},8`, 'T05rwatch:'],
  [`2,${(DATA + 0x100).toString(16)},2`, 'T05watch:'],
] as const;

for (const threads of [false, true]) {
  describe(threads ? 'its CPU in a thread' : 'its CPU on this thread', () => {
    it('each is hit once a round, and the program comes to its end with its own sum', async () => {
      await debugging(selfDebugging, { threads, threshold: 8 }, async ({ machine, ending }) => {
        const client = new Client();
        const server = new GdbServer(gdbMachine(machine));
        void server.serve(client.stream);
        void ending.then(end => { server.machineEnded(end.kind === 'exit' ? end.status : 1); });
        const ask = (payload: string): Promise<string> => client.wait(payload);
        await ask('qSupported:swbreak+;hwbreak+');
        await ask('?');
        for (const [point] of points) expect(await ask(`Z${point}`)).toBe('OK');
        const hits = points.map(() => 0);
        let reply = await ask('c');
        while (reply.startsWith('T')) {
          const n = points.findIndex(([, told]) => reply.startsWith(told));
          hits[n]!++;
          const [point] = points[n]!;
          expect(await ask(`z${point}`)).toBe('OK');
          expect(await ask('vCont;s:1')).toMatch(/^T05/);
          expect(await ask(`Z${point}`)).toBe('OK');
          reply = await ask('c');
        }
        expect(reply).toBe('W00');
        // The store that is watched is executed again behind the guest's own watchpoint.
        expect(hits).toEqual([ROUNDS, ROUNDS, ROUNDS, ROUNDS * 2]);
        expect(machine.parts.vm.arena.u64[(machine.parts.ram + CHECKSUM_OFFSET) / 8]).toBe(expectedChecksum());
      });
    });
  });
}
