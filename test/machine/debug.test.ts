/** The debug layer: reference A1, over a program that counts. */
import { describe, expect, it } from 'vitest';
import { KVM_REG_ARM_CORE } from '../../src/kvm/index.ts';
import { BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE } from '../../src/machine/index.ts';
import { BASE, debugging, type Session } from './debug-run.ts';

/** Round and round: X0, X1 and X2 are counted up. */
const program = [
  0x91000400, // add x0, x0, #1
  0x91000421, // add x1, x1, #1
  0x91000442, // add x2, x2, #1
  0x17fffffd, // b .-12
];

const at = (n: number): bigint => BigInt(BASE + 4 * n);
const pc = ({ debug }: Session, cpu = 0): bigint => debug.getRegister(cpu, KVM_REG_ARM_CORE.PC);
const x = ({ debug }: Session, n: number, cpu = 0): bigint => debug.getRegister(cpu, KVM_REG_ARM_CORE.X(n));

for (const threads of [false, true]) {
  describe(threads ? 'a CPU on a thread of its own' : 'a CPU on this thread', () => {
    it('A1.4 A1.69 a hardware breakpoint stops before its instruction, again and again', async () => {
      await debugging(program, { threads }, async session => {
        session.debug.insert(BREAKPOINT_HARDWARE, at(1), 4);
        expect(await session.go()).toEqual([{ cpu: 0, reason: 'hardware' }]);
        expect([pc(session), x(session, 0) - x(session, 1)]).toEqual([at(1), 1n]);
        expect(await session.go()).toEqual([{ cpu: 0, reason: 'hardware' }]);
        session.debug.remove(BREAKPOINT_HARDWARE, at(1), 4);
        expect(await session.go({ kind: 'step' })).toEqual([{ cpu: 0, reason: 'step' }]);
        expect([pc(session), x(session, 0) - x(session, 1)]).toEqual([at(2), 0n]);
      });
    });

    it('A1.64 A1.65 A1.69 a software breakpoint, and the guest\'s memory as it was', async () => {
      await debugging(program, { threads }, async session => {
        const { debug } = session;
        debug.insert(BREAKPOINT_SOFTWARE, at(2), 4);
        expect(await session.go()).toEqual([{ cpu: 0, reason: 'software' }]);
        expect([pc(session), x(session, 0)]).toEqual([at(2), x(session, 1)]);
        expect(debug.read(0, at(2), 4)).toEqual(Uint8Array.of(0x42, 0x04, 0x00, 0x91));
        debug.remove(BREAKPOINT_SOFTWARE, at(2), 4);
        const counted = x(session, 2);
        expect(await session.go({ kind: 'step', within: [at(2), at(4)] })).toEqual([{ cpu: 0, reason: 'step' }]);
        expect([pc(session), x(session, 2)]).toEqual([at(0), counted + 1n]);
      });
    });

    it('a running CPU stands still where it is asked to', async () => {
      await debugging(program, { threads }, async session => {
        session.debug.resume(new Map([[0, { kind: 'continue' }]]));
        session.debug.pause();
        expect(await session.stops()).toEqual([{ cpu: 0, reason: 'paused' }]);
        expect(session.debug.isHeld(0)).toBe(true);
      });
    });
  });
}
