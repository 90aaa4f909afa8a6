/** GICv3 by its registers: reference C1.5. */
import { describe, expect, test } from 'vitest';
import { createV3, FIQ, IRQ, type GicV3 } from './gic.ts';

const SPURIOUS = 1023;
const one = (): GicV3 => {
  const [gic] = createV3();
  gic!.enable();
  return gic!;
};

describe('C1.5 identification and widths', () => {
  test('GICD: one security state, affinity routing, no LPIs, GICv3', () => {
    const gic = one();
    expect(gic.GICD.read(0x000)).toBe(3 | 1 << 4 | 1 << 6);
    const typer = gic.GICD.read(0x004);
    expect(typer & 31).toBe(288 / 32 - 1);
    expect(typer >>> 17 & 1).toBe(0);
    expect(gic.GICD.read(0x008) & 0xfff).toBe(0x43b);
    expect(gic.GICD.read(0xffe8)).toBe(0x3b);
  });

  test('GICR: TYPER whole and by halves, PIDR2 in both frames, WAKER handshake', () => {
    const [first, last] = createV3(2);
    expect(first!.GICR.read64(0x008)).toBe(0n);
    expect(last!.GICR.read64(0x008)).toBe(1n << 32n | 1n << 8n | 1n << 4n);
    expect(last!.GICR.read(0x008)).toBe(1 << 8 | 1 << 4);
    expect(last!.GICR.read(0x00c)).toBe(1);
    expect(first!.GICR.read(0xffe8)).toBe(0x3b);
    expect(first!.GICR.read(0x1ffe8)).toBe(0x3b);
    expect(first!.GICR.read(0x014)).toBe(6);
    first!.GICR.write(0x014, 0);
    expect(first!.GICR.read(0x014)).toBe(0);
    first!.GICR.write(0x014, 2);
    expect(first!.GICR.read(0x014)).toBe(6);
  });

  test('IROUTER: 64 bits and halves, only of shared interrupts that exist', () => {
    const gic = one();
    gic.GICD.write(0x6000 + 8 * 40, 0x12_8034_5678n | 0xff00_0000_0000n, 8);
    expect(gic.GICD.read64(0x6000 + 8 * 40)).toBe(0x12_8034_5678n);
    gic.GICD.write(0x6004 + 8 * 40, 7);
    expect(gic.GICD.read(0x6000 + 8 * 40)).toBe(0x8034_5678);
    expect(gic.GICD.read(0x6004 + 8 * 40)).toBe(7);
    gic.GICD.write(0x6000 + 8 * 300, 1n, 8);
    expect(gic.GICD.read64(0x6000 + 8 * 300)).toBe(0n);
    gic.GICD.write(0x6000 + 8 * 3, 1n, 8);
    expect(gic.GICD.read64(0x6000 + 8 * 3)).toBe(0n);
  });

  test('private interrupts are not in GICD, and nothing is in GICR beyond them', () => {
    const gic = one();
    gic.GICD.write(0x100, 0xffffffff);
    expect(gic.GICR.read(0x10100)).toBe(0);
    gic.GICR.write(0x10100, 0xffffffff);
    expect(gic.GICR.read(0x10100)).toBe(0xffffffff);
    expect(gic.GICD.read(0x100)).toBe(0);
    expect(gic.GICR.read(0x10104)).toBe(0);
    expect(gic.logged.at(-1)).toMatch(/^unimp: read of GICR0\+0x10104/);
  });

  test('bad sizes and offsets read as zero, do nothing and are logged', () => {
    const gic = one();
    gic.GICD.write(0x100, 0xff, 1);
    expect(gic.logged.at(-1)).toMatch(/^guest_errors: write of 1 bytes at GICD\+0x100/);
    expect(gic.GICD.read(0x000, 8)).toBe(0);
    expect(gic.GICD.read(0x000, 2)).toBe(0);
    expect(gic.GICD.read(0x402, 4)).toBe(0);
    expect(gic.logged).toHaveLength(4);
    expect(gic.GICD.read(0x5000)).toBe(0);
    expect(gic.logged.at(-1)).toMatch(/^unimp/);
  });

  test('five bits of priority, by bytes and words', () => {
    const gic = one();
    gic.GICD.write(0x400 + 40, 0xffffffff);
    expect(gic.GICD.read(0x400 + 40)).toBe(0xf8f8f8f8);
    gic.GICD.write(0x400 + 41, 0x17, 1);
    expect(gic.GICD.read(0x400 + 40)).toBe(0xf8f810f8);
    expect(gic.GICD.read(0x400 + 41, 1)).toBe(0x10);
    gic.set('PMR', 0xff);
    expect(gic.get('PMR')).toBe(0xf8);
  });

  test('ICFGR: shared interrupts choose, SGIs are edges, PPIs levels', () => {
    const gic = one();
    gic.GICD.write(0xc08, 0xffffffff);
    expect(gic.GICD.read(0xc08)).toBe(0xaaaaaaaa);
    gic.GICR.write(0x10c04, 0xffffffff);
    expect(gic.GICR.read(0x10c04)).toBe(0);
    expect(gic.GICR.read(0x10c00)).toBe(0xaaaaaaaa);
  });

  test('ICC registers: SRE is fixed, CTLR says 5 priority bits, BPR has its minimum', () => {
    const gic = one();
    gic.set('SRE', 0);
    expect(gic.get('SRE')).toBe(7);
    expect(gic.get('CTLR') >>> 8 & 7).toBe(4);
    expect(gic.get('BPR0')).toBe(2);
    expect(gic.get('BPR1')).toBe(3);
    gic.set('BPR0', 0);
    gic.set('BPR1', 0);
    expect([gic.get('BPR0'), gic.get('BPR1')]).toEqual([2, 3]);
    gic.set('CTLR', 1);
    gic.set('BPR0', 5);
    gic.set('BPR1', 7);
    expect(gic.get('BPR1')).toBe(6);
  });
});

test('INTIDs 1020 to 1023 have no state, however many interrupts there are', () => {
  const [gic] = createV3(1, 1024);
  gic!.enable();
  for (const offset of [0x100, 0x200, 0x300]) gic!.GICD.write(offset + 0x7c, 0xffffffff);
  expect(gic!.GICD.read(0x27c)).toBe(0x0fffffff);
  gic!.GICD.write(0x380 + 0x7c, 0xffffffff);
  expect(gic!.get('IAR1')).toBe(992);
});

describe('C1.5 state rules', () => {
  test('a level interrupt: pending by its line, taken once, fires again after EOI while the line is high', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    expect(gic.lines).toBe(IRQ);
    expect(gic.GICD.read(0x204)).toBe(2);
    expect(gic.get('HPPIR1')).toBe(33);
    expect(gic.get('IAR1')).toBe(33);
    expect(gic.lines).toBe(0);
    expect(gic.get('RPR')).toBe(0xa0);
    // Active and pending: not given a second time.
    expect(gic.GICD.read(0x204)).toBe(2);
    expect(gic.GICD.read(0x304)).toBe(2);
    expect(gic.get('IAR1')).toBe(SPURIOUS);
    gic.set('EOIR1', 33);
    expect(gic.lines).toBe(IRQ);
    expect(gic.get('RPR')).toBe(0xff);
    expect(gic.get('IAR1')).toBe(33);
    gic.vgic.setSpi(33, false);
    gic.set('EOIR1', 33);
    expect(gic.lines).toBe(0);
    expect(gic.get('IAR1')).toBe(SPURIOUS);
  });

  test('a level interrupt is also pending by ISPENDR; ICPENDR takes back only that', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.GICD.write(0x204, 2);
    expect(gic.lines).toBe(IRQ);
    gic.vgic.setSpi(33, true);
    gic.GICD.write(0x284, 2);
    expect(gic.lines).toBe(IRQ);
    gic.vgic.setSpi(33, false);
    expect(gic.lines).toBe(0);
    gic.GICD.write(0x204, 2);
    gic.vgic.setSpi(33, true);
    gic.vgic.setSpi(33, false);
    expect(gic.lines).toBe(IRQ);
    expect(gic.get('IAR1')).toBe(33);
    gic.set('EOIR1', 33);
    expect(gic.lines).toBe(0);
  });

  test('an edge interrupt is latched, and an edge while it is active pends it again', () => {
    const gic = one();
    gic.setup(50, 0x80, true);
    gic.vgic.setSpi(50, true);
    gic.vgic.setSpi(50, false);
    expect(gic.lines).toBe(IRQ);
    expect(gic.get('IAR1')).toBe(50);
    expect(gic.GICD.read(0x204)).toBe(0);
    gic.vgic.setSpi(50, true);
    expect(gic.GICD.read(0x204)).toBe(1 << 18);
    expect(gic.lines).toBe(0);
    gic.set('EOIR1', 50);
    expect(gic.lines).toBe(IRQ);
    expect(gic.get('IAR1')).toBe(50);
    gic.set('EOIR1', 50);
    // The line is still high: no new edge.
    expect(gic.lines).toBe(0);
    gic.vgic.setSpi(50, false);
    gic.vgic.setSpi(50, true);
    gic.GICD.write(0x284, 1 << 18);
    expect(gic.lines).toBe(0);
  });

  test('enables: interrupt, group in the distributor, group in the CPU interface', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    for (const [off, on] of [
      [() => gic.GICD.write(0x184, 2), () => gic.GICD.write(0x104, 2)],
      [() => gic.GICD.write(0, 1), () => gic.GICD.write(0, 3)],
      [() => gic.set('IGRPEN1', 0), () => gic.set('IGRPEN1', 1)],
      [() => gic.set('PMR', 0xa0), () => gic.set('PMR', 0xa8)],
    ] as const) {
      off();
      expect(gic.lines).toBe(0);
      expect(gic.get('IAR1')).toBe(SPURIOUS);
      on();
      expect(gic.lines).toBe(IRQ);
    }
  });

  test('the higher priority first; among equals the lower INTID', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.setup(40, 0x20);
    gic.setup(100, 0x20);
    for (const intid of [33, 100, 40]) gic.vgic.setSpi(intid, true);
    expect(gic.get('IAR1')).toBe(40);
    gic.vgic.setSpi(40, false);
    gic.set('EOIR1', 40);
    expect(gic.get('IAR1')).toBe(100);
    gic.vgic.setSpi(100, false);
    gic.set('EOIR1', 100);
    expect(gic.get('IAR1')).toBe(33);
  });

  test('preemption by group priority, running priority and nested EOI', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.setup(34, 0x98);
    gic.setup(35, 0x40);
    gic.set('BPR1', 6); // 0xa0 and 0x98 are both of group priority 0x80
    gic.vgic.setSpi(33, true);
    expect(gic.get('IAR1')).toBe(33);
    expect(gic.get('RPR')).toBe(0x80);
    gic.vgic.setSpi(34, true);
    expect(gic.lines).toBe(0);
    gic.vgic.setSpi(35, true);
    expect(gic.lines).toBe(IRQ);
    expect(gic.get('IAR1')).toBe(35);
    expect(gic.get('RPR')).toBe(0x40);
    expect(gic.get('AP1R0')).toBe(1 << (0x80 >> 3) | 1 << (0x40 >> 3));
    gic.vgic.setSpi(35, false);
    gic.set('EOIR1', 35);
    expect(gic.get('RPR')).toBe(0x80);
    expect(gic.lines).toBe(0);
    gic.set('EOIR1', 33);
    expect(gic.get('RPR')).toBe(0xff);
    // Without preemption in question, the whole priority decides: 34 goes before 33.
    gic.set('BPR1', 3);
    expect(gic.get('IAR1')).toBe(34);
    gic.set('EOIR1', 34);
    gic.vgic.setSpi(34, false);
    expect(gic.get('IAR1')).toBe(33);
    gic.vgic.setSpi(34, true);
    expect(gic.lines).toBe(IRQ); // 0x98 preempts 0xa0 now
  });

  test('EOImode 1: EOIR drops the priority, DIR deactivates', () => {
    const gic = one();
    gic.set('CTLR', 2);
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    expect(gic.get('IAR1')).toBe(33);
    gic.set('EOIR1', 33);
    expect(gic.get('RPR')).toBe(0xff);
    expect(gic.GICD.read(0x304)).toBe(2);
    expect(gic.lines).toBe(0);
    gic.set('DIR', 33);
    expect(gic.GICD.read(0x304)).toBe(0);
    expect(gic.lines).toBe(IRQ);
  });

  test('EOImode 0: DIR does nothing; EOIR of a special INTID neither', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    gic.get('IAR1');
    gic.set('DIR', 33);
    gic.set('EOIR1', SPURIOUS);
    gic.set('EOIR1', 0xffffff);
    expect(gic.GICD.read(0x304)).toBe(2);
    expect(gic.get('RPR')).toBe(0xa0);
  });

  test('ISACTIVER and ICACTIVER', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    gic.GICD.write(0x304, 2);
    expect(gic.lines).toBe(0);
    expect(gic.GICD.read(0x384)).toBe(2);
    gic.GICD.write(0x384, 2);
    expect(gic.lines).toBe(IRQ);
  });

  test('group 0 is FIQ and has its own acknowledge; 1023 through the other', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    expect(gic.GICD.read(0x084)).toBe(0xffffffff);
    gic.GICD.write(0x084, ~2 >>> 0);
    gic.vgic.setSpi(33, true);
    expect(gic.lines).toBe(FIQ);
    expect(gic.get('IAR1')).toBe(SPURIOUS);
    expect(gic.get('HPPIR1')).toBe(SPURIOUS);
    expect(gic.get('HPPIR0')).toBe(33);
    expect(gic.get('IAR0')).toBe(33);
    expect(gic.get('AP0R0')).toBe(1 << (0xa0 >> 3));
    gic.set('EOIR1', 33); // of the other group: the priority stays, the interrupt ends
    expect(gic.get('RPR')).toBe(0xa0);
  });

  test('a line that was high before anything was enabled is signalled once it is', () => {
    const [gic] = createV3();
    gic!.vgic.setSpi(33, true);
    gic!.setup(33, 0xa0);
    expect(gic!.signals).toBe(0);
    gic!.enable();
    expect(gic!.lines).toBe(IRQ);
    expect(gic!.signals).toBe(1);
  });

  test('the CPU is told when a line rises, and only then', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.setup(34, 0xa0);
    gic.vgic.setSpi(33, true);
    gic.vgic.setSpi(33, true);
    gic.vgic.setSpi(34, true);
    expect(gic.signals).toBe(1);
    gic.vgic.setSpi(33, false);
    gic.vgic.setSpi(34, false);
    expect(gic.signals).toBe(1);
    gic.vgic.setSpi(34, true);
    expect(gic.signals).toBe(2);
  });
});

describe('C1.5 more CPUs', () => {
  test('SGI1R: target list, affinity, and all but self', () => {
    const gics = createV3(18);
    for (const gic of gics) {
      gic.enable();
      gic.setup(5, 0x40);
    }
    const pending = (): number[] => gics.flatMap((gic, i) => gic.lines ? [i] : []);
    const clear = (): void => gics.forEach(gic => gic.GICR.write(0x10280, 0xffff));
    gics[0]!.set('SGI1R', 5n << 24n | 0b110n);
    expect(pending()).toEqual([1, 2]);
    expect(gics[1]!.get('IAR1')).toBe(5);
    gics[1]!.set('EOIR1', 5);
    clear();
    gics[0]!.set('SGI1R', 5n << 24n | 1n << 16n | 0b11n);
    expect(pending()).toEqual([16, 17]);
    clear();
    gics[3]!.set('SGI1R', 5n << 24n | 1n << 40n);
    expect(pending()).toEqual(gics.map((_, i) => i).filter(i => i !== 3));
    clear();
    gics[0]!.set('SGI1R', 5n << 24n | 1n << 44n | 0b1n); // Aff0 16 exists nowhere
    expect(pending()).toEqual([]);
  });

  test('SGI0R and ASGI1R reach group 0 only, SGI1R either group', () => {
    const gic = one();
    gic.setup(5, 0x40);
    gic.set('SGI0R', 5n << 24n | 1n);
    gic.set('ASGI1R', 5n << 24n | 1n);
    expect(gic.lines).toBe(0);
    gic.GICR.write(0x10080, 0);
    gic.set('SGI0R', 5n << 24n | 1n);
    expect(gic.lines).toBe(FIQ);
    gic.GICR.write(0x10280, 1 << 5);
    gic.set('SGI1R', 5n << 24n | 1n);
    expect(gic.lines).toBe(FIQ);
  });

  test('IROUTER moves an interrupt; "any one" goes to one; nowhere keeps it pending', () => {
    const [a, b] = createV3(2);
    a!.enable();
    b!.enable();
    a!.setup(33, 0xa0);
    a!.vgic.setSpi(33, true);
    expect([a!.lines, b!.lines]).toEqual([IRQ, 0]);
    a!.GICD.write(0x6000 + 8 * 33, 1n, 8);
    expect([a!.lines, b!.lines]).toEqual([0, IRQ]);
    a!.GICD.write(0x6000 + 8 * 33, 0x50n, 8);
    expect([a!.lines, b!.lines]).toEqual([0, 0]);
    a!.GICD.write(0x6000 + 8 * 33, 0x8000_0001n, 8);
    expect([a!.lines, b!.lines]).toEqual([IRQ, 0]);
  });

  test('1 of N: the first CPU that is awake and takes group 1, again with each change of that', () => {
    const [a, b, c] = createV3(3);
    const gics = [a!, b!, c!];
    a!.GICD.write(0, 3);
    for (const gic of gics) {
      gic.set('PMR', 0xff);
      gic.GICR.write(0x14, 0);
    }
    a!.setup(33, 0xa0);
    a!.GICD.write(0x6000 + 8 * 33, 0x8000_0000n, 8);
    a!.vgic.setSpi(33, true);
    const lines = (): number[] => gics.map(gic => gic.lines);
    b!.set('IGRPEN1', 1);
    expect(lines()).toEqual([0, IRQ, 0]);
    c!.set('IGRPEN1', 1);
    expect(lines()).toEqual([0, IRQ, 0]);
    b!.GICR.write(0x14, 2);
    expect(lines()).toEqual([0, 0, IRQ]);
    a!.set('IGRPEN1', 1);
    expect(lines()).toEqual([IRQ, 0, 0]);
    expect(a!.get('IAR1')).toBe(33);
    expect(lines()).toEqual([0, 0, 0]);
    expect(a!.GICD.read(0x004) >>> 25).toBe(0); // No1N
  });

  test('private interrupts are each CPU\'s own', () => {
    const [a, b] = createV3(2);
    for (const gic of [a!, b!]) {
      gic.enable();
      gic.setup(27, 0xa0);
    }
    b!.vgic.setPpi(b!.cpu, 27, true);
    expect([a!.lines, b!.lines]).toEqual([0, IRQ]);
    expect(a!.GICR.read(0x10200)).toBe(0);
    expect(b!.GICR.read(0x10200)).toBe(1 << 27);
  });
});
