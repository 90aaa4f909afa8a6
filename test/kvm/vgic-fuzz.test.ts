/** A hostile guest at the interrupt controllers: accesses and commands at random. Nothing throws, and what is derived stays right. */
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { GITS, GITS_SIZE } from '../../src/kvm/arm64/its/registers.ts';
import { iccRegisters } from '../../src/kvm/arm64/icc.ts';
import type { Vgic } from '../../src/kvm/arm64/vgic/vgic.ts';
import { createV2, createV3, type Frame } from './gic.ts';
import { COLLECTIONS, DEVICES, ITT, PROPERTIES, QUEUE, RAM, RAM_BYTES, TestIts, VALID } from './its.ts';

const STEPS = 20_000;

/** The lines and the highest pending interrupt are what looking again gives. */
function check(vgic: Vgic): void {
  const derived = (): unknown => vgic.cpus.map(({ state }) => [state.lines, state.pendingId, state.pendingPriority, state.pendingGroup]);
  const before = derived();
  vgic.changed();
  expect(derived()).toEqual(before);
  if (!vgic.lpis) return;
  const { pending, target } = vgic.lpis.state;
  const counts = new Array<number>(vgic.cpus.length).fill(0);
  pending.forEach((bits, word) => {
    for (let bit = 0; bits !== 0 && bit < 32; bit++) {
      const owner = target[word * 32 + bit]! - 1;
      if (bits >>> bit & 1 && owner in counts) counts[owner]!++;
    }
  });
  expect(vgic.cpus.map(({ state }) => state.lpisPending)).toEqual(counts);
}

/** Mostly at or near registers that exist; values of few bits, of all bits, or one bit. */
function access(random: Random, frame: Frame, size: number, hot: readonly number[]): void {
  const pick = random.below(4);
  const offset = pick === 0 ? random.below(size) : hot[random.below(hot.length)]! + (pick === 1 ? random.below(0x40) : random.below(2) * 4);
  const bytes = [1, 2, 4, 4, 4, 8][random.below(6)]!;
  if (offset + bytes > size) return;
  if (random.below(3) === 0) {
    frame.read(offset, bytes);
    return;
  }
  const value = [BigInt(random.below(4)), BigInt(random.below(256)), 0xffff_ffff_ffff_ffffn, 1n << BigInt(random.below(64)), BigInt(random.u32())][random.below(5)]!;
  frame.write(offset, BigInt.asUintN(bytes * 8, value), bytes);
}

describe('fuzz', () => {
  test('GICv2', () => {
    const random = new Random(1);
    const gics = createV2(3, 96);
    for (const gic of gics) gic.enable(3);
    for (let i = 0; i < STEPS; i++) {
      const gic = gics[random.below(3)]!;
      if (i % 256 === 0) {
        gic.enable(3);
        for (const offset of [0x380, 0x384, 0x388]) gic.GICD.write(offset, 0xffff_ffff);
        for (const offset of [0xd0, 0xe0]) gic.GICC.write(offset, 0);
        for (let intid = 32; intid < 96; intid++) gic.setup(intid, 8 * random.below(31));
      }
      if (random.below(3) === 0) gic.vgic.setSpi(32 + random.below(64), random.below(2) === 1);
      else if (random.below(2)) access(random, gic.GICD, 0x1000, [0, 0x80, 0x100, 0x180, 0x200, 0x280, 0x300, 0x380, 0x400, 0x420, 0x800, 0x820, 0xc00, 0xf00, 0xf10, 0xf20]);
      else access(random, gic.GICC, 0x2000, [0, 4, 8, 0xc, 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x28, 0xd0, 0xe0, 0x1000]);
      if (i % 4 === 0) check(gic.vgic);
    }
  });

  test('GICv3 with its CPU interface', () => {
    const random = new Random(2);
    const gics = createV3(3, 96);
    const revive = (all: typeof gics): void => {
      for (const gic of all) {
        gic.enable();
        for (const name of ['AP0R0', 'AP1R0'] as const) gic.set(name, 0);
        for (const offset of [0x384, 0x388]) gic.GICD.write(offset, 0xffff_ffff);
      }
      for (let intid = 32; intid < 96; intid++) all[random.below(3)]!.setup(intid, 8 * random.below(31));
    };
    const registers = gics.map(({ vgic, cpu }) => [...iccRegisters(vgic, cpu).values()]);
    for (let i = 0; i < STEPS; i++) {
      const n = random.below(3);
      const gic = gics[n]!;
      if (i % 256 === 0) revive(gics);
      switch (random.below(5)) {
        case 4: gic.GICD.write(0x6000 + 8 * (32 + random.below(64)), BigInt(random.below(4)) | (random.below(8) ? 0n : 0x8000_0000n), 8); break;
        case 0: gic.vgic.setSpi(32 + random.below(64), random.below(2) === 1); break;
        case 1: access(random, gic.GICD, 0x10000, [0, 0x84, 0x104, 0x184, 0x204, 0x284, 0x304, 0x384, 0x420, 0xc08, 0x6100, 0x6200]); break;
        case 2: access(random, gic.GICR, 0x20000, [0, 0x14, 0x70, 0x78, 0xa0, 0x10080, 0x10100, 0x10180, 0x10200, 0x10280, 0x10300, 0x10380, 0x10400, 0x10c00]); break;
        default: {
          const register = registers[n]![random.below(registers[n]!.length)]!;
          if (random.below(2)) register.read?.();
          else register.write?.([BigInt(random.below(100)), 0xffff_ffff_ffff_ffffn, 1n << BigInt(random.below(64))][random.below(3)]!);
        }
      }
      if (i % 4 === 0) check(gic.vgic);
    }
  });

  test('ITS: commands of any fields, registers, tables that the guest overwrites', () => {
    const random = new Random(3);
    const its = new TestIts(2).start();
    const addresses = [QUEUE, DEVICES, COLLECTIONS, PROPERTIES, ITT, ITT + 0x1000, RAM + RAM_BYTES - 256, 0x9000_0000];
    const small = (): bigint => BigInt([random.below(4), random.below(70), 8192 + random.below(8), random.below(2 ** 32)][random.below(4)]!);
    const restart = (): void => {
      its.GITS.write(GITS.CBASER, VALID | BigInt(QUEUE) | 15n, 8);
      its.GITS.write(GITS.BASER, VALID | BigInt(DEVICES), 8);
      its.GITS.write(GITS.BASER + 8, VALID | BigInt(COLLECTIONS), 8);
      its.GITS.write(GITS.CTLR, 1);
      its.enableLpis();
    };
    for (let i = 0; i < STEPS / 4; i++) {
      const kind = random.below(16);
      const valid = random.below(3) ? VALID : 0n;
      if (kind < 10) {
        const address = BigInt(addresses[random.below(addresses.length)]!);
        const second = random.below(2) ? small() << 32n | small() : BigInt(random.below(8));
        const third = random.below(2) ? valid | address : valid | BigInt(random.below(3)) << 16n | BigInt(random.below(3));
        its.command([small() << 32n | BigInt(random.below(17)), second, third, BigInt(random.below(3)) << 16n]);
      } else if (kind < 12) its.its.message(Number(small()), Number(small()));
      else if (kind < 13) its.set64(addresses[random.below(7)]! + 8 * random.below(32), valid | small() << BigInt(random.below(3) * 16));
      else if (kind < 14) access(random, its.GITS, GITS_SIZE, [0, 0x80, 0x88, 0x90, 0x100, 0x108, 0x10040]);
      else if (kind < 15) access(random, its.cpus[random.below(2)]!.GICR, 0x20000, [0, 0x70, 0x78, 0xa0, 0xb0]);
      else {
        const { acknowledge, end } = its.cpus[random.below(2)]!;
        end(acknowledge());
      }
      if (i % 256 === 0) {
        check(its.vgic);
        restart();
      }
    }
    its.its.reset();
    check(its.vgic);
  });
});
