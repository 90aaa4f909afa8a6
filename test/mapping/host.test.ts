/** Memory that the host changes under code, and slots: what a device's write (semihosting, fw_cfg DMA) comes down to. */
import { describe, expect, test } from 'vitest';
import { word } from '../vcpu/assembler.ts';
import { Machine, ways } from './machine.ts';
import { Builder, CODE, RAM, RAM_SIZE, WINDOW } from './program.ts';

const addX0 = (imm12: number): number => word('ADD/SUB (immediate)', { sf: 1, op: 0, S: 0, imm12, Rn: 0, Rd: 0 });
const A = CODE + 0x8000;
const NE = 1;
/** X0 after the function at A was called ROUNDS times, with HVC 2 before each call. */
const ROUNDS = 12;

function calling(target: number, f: (a: Builder) => void): Builder {
  const b = new Builder();
  f(b);
  b.main.mov(0, 0).mov(1, target).mov(3, ROUNDS).label('loop').hvc(2).isb().blr(1).subs(3, 3, 1).bCond(NE, 'loop').strIndexed('post', 0, 28, 8);
  return b;
}

describe.each(ways)('%s', (_name, way) => {
  test('a device writes code, of its own page and of the page that runs', () => {
    const m = new Machine(way);
    const b = calling(A, x => x.code(A, f => f.add(0, 0, 1).ret()));
    m.load(b.build('host writes'));
    let n = 0;
    m.hvc = () => {
      m.arena.u32[(m.ram + A - RAM) >>> 2] = addX0(++n);
      m.cpu.memoryChanged(A, 4);
    };
    expect(m.run().results()).toEqual([BigInt((ROUNDS * (ROUNDS + 1)) / 2)]);
  });

  test('a range that is not in one slot: the code of each part is dropped', () => {
    const m = new Machine(way);
    // RAM is two slots that meet in the middle of the function.
    const half = A + 0x1000 - RAM;
    const slots = [
      { gpa: 0, size: 0x1000, arena: m.rom, readonly: true },
      { gpa: RAM, size: half, arena: m.ram, readonly: false },
      { gpa: RAM + half, size: RAM_SIZE - half, arena: m.ram + half, readonly: false },
    ];
    m.engine.physical.setSlots(slots);
    m.cpu.flushTlb();
    const b = calling(A + 0xff8, x => x.code(A + 0xff8, f => f.add(0, 0, 1).add(0, 0, 1).add(0, 0, 1).add(0, 0, 1).ret()));
    m.load(b.build('two slots'));
    let n = 0;
    m.hvc = () => {
      n++;
      for (let i = 0; i < 4; i++) m.arena.u32[((m.ram + A - RAM + 0xff8) >>> 2) + i] = addX0(n);
      // Down to the slot's end, up from it, over both, and far beyond all memory.
      const [from, bytes] = [[A + 0xff8, 16], [A, 0x3000], [RAM, RAM_SIZE], [RAM - 0x1_0000, 2 ** 40]][n % 4] as [number, number];
      m.cpu.memoryChanged(from, bytes);
    };
    expect(m.run().results()).toEqual([BigInt(4 * ((ROUNDS * (ROUNDS + 1)) / 2))]);
  });

  test('a range where no memory is, and an empty one, change nothing', () => {
    const m = new Machine(way);
    m.load(calling(A, x => x.map(WINDOW, A).code(A, f => f.add(0, 0, 1).ret())).build('nowhere'));
    m.hvc = () => {
      m.cpu.memoryChanged(0x8000_0000, 0x1000);
      m.cpu.memoryChanged(A, 0);
    };
    const before = m.engine.cache.invalidations;
    expect(m.run().results()).toEqual([BigInt(ROUNDS)]);
    expect(m.engine.cache.invalidations).toBe(before);
  });

  test('code in ROM is run, and a store to it is an exit that changes nothing', () => {
    const m = new Machine(way);
    m.arena.u32.set([addX0(1), 0xd65f_03c0], m.rom / 4);
    const b = new Builder();
    b.map(0n, 0);
    b.main.mov(0, 0).mov(1, 0).mov(3, 8).label('loop').blr(1).str(3, 1, 8).subs(3, 3, 1).bCond(NE, 'loop').strIndexed('post', 0, 28, 8);
    let writes = 0;
    m.device = exit => (exit.write && exit.pa === 8 ? BigInt(++writes) : undefined);
    expect(m.load(b.build('ROM')).run().results()).toEqual([8n]);
    expect([writes, m.arena.u64[m.rom / 8 + 1]]).toEqual([8, 0n]);
  });
});
