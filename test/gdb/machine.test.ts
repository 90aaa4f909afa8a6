/** The server on real machines, CPUs in turn and in threads: a debugger that a test plays, over a program that counts. */
import { expect, describe, it } from 'vitest';
import { gdbMachine, GdbServer } from '../../src/gdb/index.ts';
import { packet } from '../../src/gdb/packets.ts';
import { BASE, debugging } from '../machine/debug-run.ts';
import { Client } from './client.ts';

/** Round and round: X0 and X1 are counted up, X0 goes to memory at X2. */
const program = [
  0x91000400, // add x0, x0, #1
  0x91000421, // add x1, x1, #1
  0xf9000040, // str x0, [x2]
  0x17fffffd, // b .-12
];
const DATA = BASE + 0x1000;
const at = (n: number): string => (BASE + 4 * n).toString(16);
/** A number of 64 bits as registers are sent. */
const word = (value: number): string => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(value), true);
  return Buffer.from(bytes.buffer).toString('hex');
};
const X0 = 'p0', X1 = 'p1', PC = 'p20';

for (const threads of [false, true]) {
  describe(threads ? 'CPUs in threads' : 'CPUs in turn', () => {
    it('registers, memory, steps, breakpoints, watchpoints, Ctrl-C, and away', async () => {
      await debugging(program, { threads }, async ({ machine }) => {
        const client = new Client();
        const served = new GdbServer(gdbMachine(machine)).serve(client.stream);
        const ask = (payload: string): Promise<string> => client.wait(payload);
        await ask('qSupported:swbreak+;hwbreak+');
        expect(await ask('?')).toMatch(/^T05.*thread:1;core:0;$/);
        expect(await ask(PC)).toBe(word(BASE));
        expect(await ask(`P2=${word(DATA)}`)).toBe('OK');
        expect(await ask(`P0=${word(100)}`)).toBe('OK');
        expect(await ask('vCont;s:1')).toMatch(/^T05/);
        expect([await ask(PC), await ask(X0)]).toEqual([word(BASE + 4), word(101)]);
        for (const [insert, why] of [[`Z1,${at(2)},4`, 'hwbreak:;'], [`Z0,${at(2)},4`, 'swbreak:;'], [`Z2,${DATA.toString(16)},8`, `watch:${DATA.toString(16)};`]] as const) {
          expect(await ask(insert)).toBe('OK');
          expect(await ask(`m${at(2)},4`)).toBe('400000f9');
          expect(await ask('c')).toContain(why);
          expect(await ask(PC)).toBe(word(BASE + 8));
          expect(await ask(insert.replace('Z', 'z'))).toBe('OK');
          expect(await ask(`vCont;r${at(2)},${at(4)}:1;c`)).toMatch(/^T05/);
          expect(await ask(PC)).toBe(word(BASE));
        }
        expect(await ask(X1)).toBe(word(3));
        // A device: looking at it would change it.
        expect([await ask('m9000000,4'), await ask('M9000000,1:21')]).toEqual(['E0e', 'E0e']);
        client.stream.feed(packet('vCont;c'));
        client.stream.feed('\x03');
        expect(await client.wait()).toMatch(/^T02/);
        // Another instruction: x1 counts by two.
        expect(await ask(`X${at(1)},4:!\b}\0\x91`.replace('}\0', '\0'))).toBe('OK');
        expect(await ask(`P20=${word(BASE + 4)}`)).toBe('OK');
        const [before, after] = [await ask(X1), await ask('vCont;s:1').then(() => ask(X1))].map(hex => Number(Buffer.from(hex, 'hex').readBigUInt64LE()));
        expect(after! - before!).toBe(2);
        expect(await ask('D')).toBe('OK');
        expect(machine.isHalted(0)).toBe(false);
        client.stream.end();
        await served;
      });
    });

    it('non-stop: each CPU for itself', async () => {
      await debugging(program, { threads, smp: 2 }, async ({ machine }) => {
        machine.unpause();
        const client = new Client();
        const served = new GdbServer(gdbMachine(machine)).serve(client.stream);
        const ask = (payload: string): Promise<string> => client.wait(payload);
        await ask('QNonStop:1');
        expect(await ask('?')).toBe('OK');
        expect(await ask('vCont;t:2')).toBe('OK');
        expect(await client.wait()).toMatch(/^%Stop:T00.*thread:2;/);
        expect(await ask('vStopped')).toBe('OK');
        expect([machine.isHalted(0), machine.isHalted(1)]).toEqual([false, true]);
        expect(await ask('qThreadExtraInfo,2')).toBe(Buffer.from('CPU#1 [halted]').toString('hex'));
        client.stream.end();
        await served;
        expect([machine.isHalted(0), machine.isHalted(1)]).toEqual([false, false]);
      });
    });
  });
}
