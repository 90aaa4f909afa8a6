/** The debug layer: reference A1, over a program that counts. */
import { describe, expect, it } from 'vitest';
import { KVM_REG_ARM_CORE } from '../../src/kvm/index.ts';
import { BREAKPOINT_HARDWARE, BREAKPOINT_SOFTWARE, WATCHPOINT_READ, WATCHPOINT_WRITE, type DebugStop } from '../../src/machine/index.ts';
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

    it('a software breakpoint outlasts a reset, over what is loaded then, though the guest\'s code was overwritten', async () => {
      await debugging(program, { threads }, async session => {
        const { debug, machine } = session;
        debug.insert(BREAKPOINT_SOFTWARE, at(2), 4);
        debug.insert(BREAKPOINT_SOFTWARE, at(0x1000), 4);
        expect(await session.go()).toEqual([{ cpu: 0, reason: 'software' }]);
        machine.parts.vm.arena.u8.fill(0, machine.parts.ram + BASE - 0x4000_0000, machine.parts.ram + BASE - 0x4000_0000 + 16);
        machine.reset();
        expect(debug.read(0, at(2), 4)).toEqual(Uint8Array.of(0x42, 0x04, 0x00, 0x91));
        expect(pc(session)).toBe(at(0));
        for (let n = 1n; n < 3n; n++) {
          expect(await session.go()).toEqual([{ cpu: 0, reason: 'software' }]);
          expect([pc(session), x(session, 1), x(session, 2)]).toEqual([at(2), n, n - 1n]);
          debug.remove(BREAKPOINT_SOFTWARE, at(2), 4);
          expect(await session.go({ kind: 'step' })).toEqual([{ cpu: 0, reason: 'step' }]);
          debug.insert(BREAKPOINT_SOFTWARE, at(2), 4);
        }
        // Where nothing was loaded RAM survives.
        debug.remove(BREAKPOINT_SOFTWARE, at(0x1000), 4);
        expect(debug.read(0, at(0x1000), 4)).toEqual(new Uint8Array(4));
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

describe('watchpoints', () => {
  /** Round and round: X0 into the word at X2 and out of it. */
  const stores = [
    0xd2a8_0242, // mov x2, #0x40120000
    0x91000400, // add x0, x0, #1
    0xf9000440, // str x0, [x2, #8]
    0xf9400443, // ldr x3, [x2, #8]
    0x17fffffd, // b .-12
  ];
  const DATA = 0x4012_0008n;

  it.each([false, true])('A1.11 A1.12 A1.69 of the kind that was inserted, before the access; threads: %s', async threads => {
    await debugging(stores, { threads }, async session => {
      session.debug.insert(WATCHPOINT_READ, DATA + 2n, 2);
      session.debug.insert(WATCHPOINT_WRITE, DATA, 8);
      const stop = (kind: number, address: bigint, length: number) => [{ cpu: 0, reason: 'watchpoint', watchpoint: { kind, address, length } }];
      const value = (): number => session.debug.read(0, DATA, 1)![0]!;
      for (let n = 1; n < 4; n++) {
        expect(await session.go()).toEqual(stop(WATCHPOINT_WRITE, DATA, 8));
        expect([pc(session), value()]).toEqual([at(2), n - 1]);
        // The first that covers the address goes: that is the one for writes only where it came first.
        session.debug.removeAll();
        expect(await session.go({ kind: 'step' })).toEqual([{ cpu: 0, reason: 'step' }]);
        session.debug.insert(WATCHPOINT_READ, DATA + 2n, 2);
        expect(await session.go()).toEqual(stop(WATCHPOINT_READ, DATA + 2n, 2));
        expect([pc(session), value()]).toEqual([at(3), n]);
        session.debug.removeAll();
        expect(await session.go({ kind: 'step' })).toEqual([{ cpu: 0, reason: 'step' }]);
        session.debug.insert(WATCHPOINT_WRITE, DATA, 8);
      }
    });
  });
});

describe('several CPUs', () => {
  /** Each counts in its own X0; PSCI CPU_ON of the next before that. */
  const smp = [
    0xd53800a1, // mrs x1, mpidr_el1
    0x92401c21, // and x1, x1, #0xff
    0x91000421, // add x1, x1, #1
    0xf1000c3f, // cmp x1, #3
    0x54000102, // b.hs .+32
    0x52800060, // mov w0, #3
    0x72b88000, // movk w0, #0xc400, lsl #16
    0x10ffff22, // adr x2, .-28
    0xd2800003, // mov x3, #0
    0xd4000002, // hvc #0
    0xd503201f, // nop
    0xd503201f, // nop
    0x91000400, // add x0, x0, #1
    0xd503203f, // yield
    0x17fffffe, // b .-8
  ];
  const counting = at(12);

  /** Until each of them came to where it counts; all are held. */
  async function meetAll(session: Session): Promise<void> {
    const { debug } = session;
    debug.insert(BREAKPOINT_HARDWARE, counting, 4);
    const met = new Set<number>();
    for (let n = 0; n < 40 && met.size < 3; n++) {
      const stops = await session.go();
      expect([0, 1, 2].map(cpu => debug.isHeld(cpu))).toEqual([true, true, true]);
      for (const { cpu, reason } of stops) {
        expect([reason, pc(session, cpu)]).toEqual(['hardware', counting]);
        met.add(cpu);
      }
      debug.remove(BREAKPOINT_HARDWARE, counting, 4);
      for (const { cpu } of stops) expect(await session.go({ kind: 'step' }, [cpu])).toEqual([{ cpu, reason: 'step' }]);
      debug.insert(BREAKPOINT_HARDWARE, counting, 4);
    }
    expect(met.size).toBe(3);
  }

  it.each([false, true])('A1.72 a breakpoint is for all of them, and all stand still before it is told; threads: %s', async threads => {
    await debugging(smp, { threads, smp: 3 }, meetAll);
  });

  it.each([false, true])('A1.72 not all-stop: one that is held stays so while the others run and stop; threads: %s', async threads => {
    await debugging(smp, { threads, smp: 3 }, async session => {
      const { debug } = session;
      await meetAll(session);
      debug.allStop = false;
      const [where, count] = [pc(session, 1), x(session, 0, 1)];
      const [{ cpu, reason } = { cpu: -1, reason: 'paused' }] = await session.go({ kind: 'continue' }, [0, 2]);
      expect([cpu === 0 || cpu === 2, reason, debug.isHeld(cpu), debug.isHeld(1)]).toEqual([true, 'hardware', true, true]);
      expect([pc(session, 1), x(session, 0, 1)]).toEqual([where, count]);
      debug.remove(BREAKPOINT_HARDWARE, counting, 4);
      debug.resume(new Map([[1, { kind: 'continue' }]]));
      debug.pause([1]);
      const stops: DebugStop[] = [];
      while (!stops.some(stop => stop.cpu === 1)) stops.push(...await session.stops());
      expect(stops.find(stop => stop.cpu === 1)).toEqual({ cpu: 1, reason: 'paused' });
    });
  });
});
