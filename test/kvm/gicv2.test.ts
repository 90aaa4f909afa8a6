/** GICv2 by its registers: reference C1.5. */
import { describe, expect, test } from 'vitest';
import { createV2, FIQ, IRQ, type GicV2 } from './gic.ts';

const SPURIOUS = 1023;
const IAR = 0x0c;
const EOIR = 0x10;
const one = (control = 1): GicV2 => {
  const [gic] = createV2();
  gic!.enable(control);
  return gic!;
};

describe('C1.5 identification', () => {
  test('TYPER, IIDR and PIDR2', () => {
    const [gic] = createV2(3);
    expect(gic!.GICD.read(0x004)).toBe(2 << 5 | 8);
    expect(gic!.GICD.read(0x008) & 0xfff).toBe(0x43b);
    expect(gic!.GICD.read(0xfe8)).toBe(0x2b);
    expect(gic!.GICC.read(0xfc)).toBe(0x4b02043b);
  });

  test('ITARGETSR: a CPU reads its own bit in the private ones; nothing with one CPU', () => {
    const [a, b] = createV2(2);
    expect(a!.GICD.read(0x800)).toBe(0x01010101);
    expect(b!.GICD.read(0x81c)).toBe(0x02020202);
    a!.GICD.write(0x820, 0xffffffff);
    expect(a!.GICD.read(0x820)).toBe(0x03030303);
    const [single] = createV2(1);
    single!.GICD.write(0x820, 0xffffffff);
    expect(single!.GICD.read(0x820)).toBe(0);
    expect(single!.GICD.read(0x800)).toBe(0);
  });

  test('SGIs are always enabled and their pending bits are by source', () => {
    const gic = one();
    gic.GICD.write(0x180, 0xffffffff);
    expect(gic.GICD.read(0x100)).toBe(0xffff);
    gic.GICD.write(0x200, 0xffff);
    expect(gic.GICD.read(0x200)).toBe(0);
  });

  test('GICC takes words only; unknown registers read as zero', () => {
    const gic = one();
    expect(gic.GICC.read(4, 1)).toBe(0);
    expect(gic.logged.at(-1)).toMatch(/^guest_errors: read of 1 bytes at GICC\+0x4/);
    expect(gic.GICC.read(0x40)).toBe(0);
    expect(gic.logged.at(-1)).toMatch(/^unimp/);
    gic.GICC.write(0, 0x3ff);
    expect(gic.GICC.read(0)).toBe(0x21f);
  });
});

describe('C1.5 state rules', () => {
  test('a level interrupt fires again after EOI while the line is high', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    expect(gic.lines).toBe(IRQ);
    expect(gic.GICC.read(0x18)).toBe(33);
    expect(gic.GICC.read(IAR)).toBe(33);
    expect(gic.GICC.read(IAR)).toBe(SPURIOUS);
    expect(gic.GICC.read(0x14)).toBe(0xa0);
    gic.GICC.write(EOIR, 33);
    expect(gic.lines).toBe(IRQ);
    gic.vgic.setSpi(33, false);
    expect(gic.lines).toBe(0);
  });

  test('an edge during active pends again', () => {
    const gic = one();
    gic.setup(50, 0x80, true);
    gic.vgic.setSpi(50, true);
    gic.vgic.setSpi(50, false);
    expect(gic.GICC.read(IAR)).toBe(50);
    gic.vgic.setSpi(50, true);
    gic.GICC.write(EOIR, 50);
    expect(gic.GICC.read(IAR)).toBe(50);
    gic.GICC.write(EOIR, 50);
    expect(gic.GICC.read(IAR)).toBe(SPURIOUS);
  });

  test('EOImode: EOIR drops the priority, DIR deactivates', () => {
    const gic = one(0x201);
    gic.setup(33, 0xa0);
    gic.vgic.setSpi(33, true);
    gic.GICC.read(IAR);
    gic.GICC.write(EOIR, 33);
    expect(gic.GICC.read(0x14)).toBe(0xff);
    expect(gic.lines).toBe(0);
    gic.GICC.write(0x1000, 33);
    expect(gic.lines).toBe(IRQ);
  });

  test('active priorities read back in APR', () => {
    const gic = one();
    gic.setup(33, 0xa0);
    gic.setup(34, 0x20);
    gic.vgic.setSpi(33, true);
    gic.GICC.read(IAR);
    gic.vgic.setSpi(34, true);
    gic.GICC.read(IAR);
    expect(gic.GICC.read(0xd0)).toBe(1 << (0xa0 >> 3) | 1 << (0x20 >> 3));
    expect(gic.GICC.read(0xd4)).toBe(0);
    gic.GICC.write(EOIR, 34);
    expect(gic.GICC.read(0xd0)).toBe(1 << (0xa0 >> 3));
  });

  test('FIQEn sends group 0 to FIQ; group 1 is acknowledged by AIAR, or IAR with AckCtl', () => {
    const gic = one(0x3 | 0x8);
    gic.setup(33, 0xa0);
    gic.setup(34, 0xa0);
    gic.GICD.write(0x084, 1 << 2);
    gic.vgic.setSpi(33, true);
    expect(gic.lines).toBe(FIQ);
    expect(gic.GICC.read(IAR)).toBe(33);
    gic.vgic.setSpi(33, false);
    gic.GICC.write(EOIR, 33);
    gic.vgic.setSpi(34, true);
    expect(gic.lines).toBe(IRQ);
    expect(gic.GICC.read(IAR)).toBe(1022);
    expect(gic.GICC.read(0x28)).toBe(34);
    expect(gic.GICC.read(0x20)).toBe(34);
    gic.GICC.write(0x24, 34);
    gic.GICC.write(0, 0x3 | 0x8 | 0x4);
    expect(gic.GICC.read(IAR)).toBe(34);
  });

  test('CBPR: group 1 follows group 0\'s binary point', () => {
    const gic = one();
    gic.GICC.write(0x08, 4);
    gic.GICC.write(0x1c, 7);
    expect([gic.GICC.read(0x08), gic.GICC.read(0x1c)]).toEqual([4, 7]);
    gic.GICC.write(0, 1 | 0x10);
    expect(gic.GICC.read(0x1c)).toBe(5);
    gic.GICC.write(0x1c, 6);
    gic.GICC.write(0, 1);
    expect(gic.GICC.read(0x1c)).toBe(7);
  });
});

describe('C1.5 more CPUs', () => {
  const SGIR = 0xf00;

  test('SGIs are banked by source: two senders are two interrupts', () => {
    const [a, b, c] = createV2(3);
    for (const gic of [a!, b!, c!]) gic.enable();
    a!.GICD.write(SGIR, 4 << 16 | 7);
    b!.GICD.write(SGIR, 4 << 16 | 7);
    expect(c!.GICD.read(0xf20 + 7, 1)).toBe(3);
    expect(c!.GICC.read(0x18)).toBe(7);
    expect(c!.GICC.read(IAR)).toBe(7);
    expect(c!.lines).toBe(0);
    expect(c!.GICD.read(0xf20 + 7, 1)).toBe(2);
    c!.GICC.write(EOIR, 7);
    expect(c!.lines).toBe(IRQ);
    expect(c!.GICC.read(IAR)).toBe(1 << 10 | 7);
    c!.GICC.write(EOIR, 1 << 10 | 7);
    expect(c!.lines).toBe(0);
  });

  test('SGIR filters: list, all but self, self; CPENDSGIR and SPENDSGIR', () => {
    const gics = createV2(3);
    for (const gic of gics) gic.enable();
    const pending = (): number[] => gics.flatMap((gic, i) => gic.lines ? [i] : []);
    const clear = (): void => gics.forEach(gic => gic.GICD.write(0xf10, 0xffffffff));
    gics[1]!.GICD.write(SGIR, 5 << 16);
    expect(pending()).toEqual([0, 2]);
    clear();
    gics[1]!.GICD.write(SGIR, 1 << 24);
    expect(pending()).toEqual([0, 2]);
    clear();
    gics[1]!.GICD.write(SGIR, 2 << 24);
    expect(pending()).toEqual([1]);
    clear();
    gics[0]!.GICD.write(0xf20, 4, 1);
    expect(pending()).toEqual([0]);
    expect(gics[0]!.GICC.read(IAR)).toBe(2 << 10);
  });

  test('a shared interrupt with two targets: the first to acknowledge has it', () => {
    const [a, b] = createV2(2);
    a!.enable();
    b!.enable();
    a!.setup(33, 0xa0);
    a!.GICD.write(0x821, 3, 1);
    a!.vgic.setSpi(33, true);
    expect([a!.lines, b!.lines]).toEqual([IRQ, IRQ]);
    expect(b!.GICC.read(IAR)).toBe(33);
    expect([a!.lines, b!.lines]).toEqual([0, 0]);
    expect(a!.GICC.read(IAR)).toBe(SPURIOUS);
    b!.GICC.write(EOIR, 33);
    expect([a!.lines, b!.lines]).toEqual([IRQ, IRQ]);
  });
});
