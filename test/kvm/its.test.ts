/** LPIs and the ITS by registers and commands: reference C1.5 (GITS_*, commands) and A5, B5 where KVM's behaviour shows. */
import { describe, expect, test } from 'vitest';
import { GITS, GITS_TRANSLATER } from '../../src/kvm/arm64/its/registers.ts';
import { cmd, COLLECTIONS, DEVICES, INDIRECT, ITT, PENDING, PROPERTIES, QUEUE, RAM, SPURIOUS, TestIts, VALID } from './its.ts';

const started = (cpus = 2): TestIts => new TestIts(cpus).start();

describe('C1.5 ITS: registers', () => {
  test('identification', () => {
    const { GITS: gits } = new TestIts();
    expect(gits.read(GITS.IIDR)).toBe(0x4b00043b);
    const typer = gits.read64(GITS.TYPER);
    expect([typer & 1n, typer >> 4n & 15n, typer >> 8n & 31n, typer >> 13n & 31n, typer >> 19n & 1n]).toEqual([1n, 7n, 15n, 15n, 0n]);
    expect(gits.read(0xffe8)).toBe(0x3b);
    expect(gits.read(GITS.CTLR)).toBe(0x8000_0000);
    expect(gits.read(GITS.TYPER)).toBe(Number(typer));
    expect(gits.read(0x10)).toBe(0);
  });

  test('GITS_BASERn: what is fixed, what is kept, and that there are two', () => {
    const { GITS: gits } = new TestIts();
    const all = 0xffff_ffff_ffff_ffffn;
    gits.write(GITS.BASER, all, 8);
    gits.write(GITS.BASER + 8, all, 8);
    gits.write(GITS.BASER + 16, all, 8);
    const [device, collection, none] = [0, 8, 16].map(offset => gits.read64(GITS.BASER + offset));
    expect([device! >> 62n, device! >> 56n & 7n, device! >> 48n & 31n, device! >> 8n & 3n, device! & 0xffn]).toEqual([3n, 1n, 7n, 2n, 255n]);
    expect([collection! >> 62n, collection! >> 56n & 7n]).toEqual([2n, 4n]);
    expect(device! >> 12n & 15n).toBe(0n);
    expect(none).toBe(0n);
    // Inner shareable, cacheable: what a guest asks for and gets, so that it needs no cache maintenance.
    gits.write(GITS.BASER, VALID | 7n << 59n | 1n << 10n | BigInt(DEVICES), 8);
    expect(gits.read64(GITS.BASER)).toBe(VALID | 7n << 59n | 1n << 56n | 7n << 48n | BigInt(DEVICES) | 1n << 10n | 2n << 8n);
    gits.write(GITS.BASER + 4, 0);
    expect(gits.read64(GITS.BASER)).toBe(1n << 56n | 3n << 59n | 7n << 48n | BigInt(DEVICES) | 1n << 10n | 2n << 8n);
  });

  test('a new queue is empty; nothing about tables changes while the ITS is enabled', () => {
    const its = started();
    const { GITS: gits } = its;
    expect(gits.read(GITS.CREADR)).toBe(64);
    for (const offset of [GITS.CBASER, GITS.BASER, GITS.BASER + 8]) {
      const before = gits.read64(offset);
      gits.write(offset, 0n, 8);
      expect(gits.read64(offset)).toBe(before);
    }
    gits.write(GITS.CTLR, 0);
    gits.write(GITS.CBASER, VALID | BigInt(QUEUE), 8);
    expect([gits.read(GITS.CREADR), gits.read(GITS.CWRITER)]).toEqual([0, 0]);
  });

  test('it can\'t be enabled without queue and both tables; CWRITER stays within the queue', () => {
    const { GITS: gits } = new TestIts();
    gits.write(GITS.CTLR, 1);
    expect(gits.read(GITS.CTLR) & 1).toBe(0);
    gits.write(GITS.CBASER, VALID | BigInt(QUEUE), 8);
    gits.write(GITS.BASER, VALID | BigInt(DEVICES), 8);
    gits.write(GITS.CTLR, 1);
    expect(gits.read(GITS.CTLR) & 1).toBe(0);
    gits.write(GITS.CWRITER, 0x1000);
    expect(gits.read(GITS.CWRITER)).toBe(0);
    gits.write(GITS.CWRITER, 0xfff);
    expect(gits.read(GITS.CWRITER)).toBe(0xfe0);
    expect(gits.read(GITS.CREADR)).toBe(0);
    expect(gits.read(GITS.CTLR)).toBe(0x8000_0000);
  });

  test('the queue wraps around', () => {
    const its = started();
    its.lpi(8200);
    for (let i = 0; i < 2048; i++) its.command(cmd.sync());
    its.command(cmd.int(1, 8200 % 32));
    expect(its.GITS.read(GITS.CREADR)).toBe(its.GITS.read(GITS.CWRITER));
    expect(its.cpus[0]!.acknowledge()).toBe(8200);
  });
});

describe('C1.5 ITS: commands', () => {
  test('MAPD, MAPC, MAPTI, INT: an LPI arrives, once, and has no active state', () => {
    const its = started();
    its.lpi(8192 + 40);
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.int(1, 8));
    expect(its.lines).toEqual([1, 0]);
    const [cpu] = its.cpus;
    expect(cpu!.acknowledge()).toBe(8232);
    expect(its.lines).toEqual([0, 0]);
    // Pending again at once, but not more urgent than what runs.
    its.command(cmd.int(1, 8));
    expect(cpu!.acknowledge()).toBe(SPURIOUS);
    cpu!.end(8232);
    expect(its.lines).toEqual([1, 0]);
    expect(cpu!.acknowledge()).toBe(8232);
    cpu!.end(8232);
    expect(cpu!.acknowledge()).toBe(SPURIOUS);
  });

  test('MAPI: the event is the INTID', () => {
    const its = started();
    its.setByte(PROPERTIES + 8, 1);
    its.command(cmd.mapd(3, ITT, 14), cmd.mapi(3, 8200, 1), cmd.int(3, 8200));
    expect(its.lines).toEqual([0, 1]);
    expect(its.cpus[1]!.acknowledge()).toBe(8200);
  });

  test('the highest priority first; priorities of LPIs and of other interrupts in one order', () => {
    const its = started();
    its.lpi(8200, { priority: 0xa0 });
    its.lpi(8201, { priority: 0x40 });
    its.lpi(9000, { event: 20, priority: 0x40 });
    const { vgic, cpus: [cpu] } = its;
    vgic.cpus[0]!.state.enabled[0] = 1 << 20;
    vgic.cpus[0]!.state.priority[20] = 0x80;
    vgic.setPpi(vgic.cpus[0]!, 20, true);
    its.command(cmd.int(1, 8200 % 32), cmd.int(1, 20), cmd.int(1, 8201 % 32));
    const order: number[] = [];
    for (let intid = cpu!.acknowledge(); intid !== SPURIOUS; intid = cpu!.acknowledge()) {
      order.push(intid);
      if (intid === 20) vgic.setPpi(vgic.cpus[0]!, 20, false);
      cpu!.end(intid);
    }
    expect(order).toEqual([8201, 9000, 20, 8200]);
  });

  test('INV, INVALL, GICR_INVLPIR, GICR_INVALLR: a new configuration counts from then on', () => {
    const its = started();
    its.lpi(8200);
    its.command(cmd.int(1, 8));
    const set = (config: number): void => its.setByte(PROPERTIES + 8, config);
    const { GICR } = its.cpus[0]!;
    for (const invalidate of [
      () => its.command(cmd.inv(1, 8)), () => its.command(cmd.invall(0)), () => GICR.write(0xa0, 8200n, 8), () => GICR.write(0xb0, 0n, 8),
    ]) {
      set(0xa0);
      expect(its.lines).toEqual([1, 0]);
      invalidate();
      expect(its.lines).toEqual([0, 0]);
      set(0xa1);
      expect(its.lines).toEqual([0, 0]);
      invalidate();
      expect(its.lines).toEqual([1, 0]);
    }
    its.command(cmd.invall(1));
    expect(GICR.read(0xc0)).toBe(0);
  });

  test('CLEAR takes the pending state, DISCARD the mapping', () => {
    const its = started();
    its.lpi(8200);
    its.command(cmd.int(1, 8), cmd.clear(1, 8));
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.int(1, 8));
    expect(its.lines).toEqual([1, 0]);
    its.command(cmd.discard(1, 8));
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.int(1, 8));
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.mapti(1, 8, 8201, 0), cmd.int(1, 8));
    expect(its.lines).toEqual([0, 0]); // not enabled in the property table
  });

  test('MOVI moves one interrupt with what is pending, MOVALL all of a CPU', () => {
    const its = started();
    its.lpi(8200);
    its.lpi(8201);
    its.command(cmd.int(1, 8));
    its.command(cmd.movi(1, 8, 1));
    expect(its.lines).toEqual([0, 1]);
    its.command(cmd.movi(1, 8, 7)); // no such collection
    expect(its.lines).toEqual([0, 1]);
    its.command(cmd.int(1, 9));
    expect(its.lines).toEqual([1, 1]);
    its.moveAll(1, 0);
    expect(its.lines).toEqual([1, 0]);
    its.moveAll(0, 5);
    expect(its.lines).toEqual([1, 0]);
    expect([its.cpus[0]!.acknowledge(), its.cpus[1]!.acknowledge()]).toEqual([8200, SPURIOUS]);
  });

  test('MAPC of a mapped collection takes its interrupts to another CPU; unmapped they go nowhere', () => {
    const its = started();
    its.lpi(8200);
    its.command(cmd.int(1, 8), cmd.mapc(0, 1));
    expect(its.lines).toEqual([0, 1]);
    its.command(cmd.mapc(0, 0, false));
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.int(1, 8));
    its.command(cmd.mapc(0, 9)); // no such CPU
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.mapc(0, 0));
    expect(its.lines).toEqual([1, 0]); // still pending from before
  });

  test('MAPD again, or with V = 0, forgets the device\'s events', () => {
    const its = started();
    for (const valid of [true, false]) {
      its.lpi(8200);
      its.command(cmd.int(1, 8));
      expect(its.lines).toEqual([1, 0]);
      its.command(cmd.mapd(1, ITT + 0x1000, 5, valid), cmd.int(1, 8));
      expect(its.lines).toEqual([0, 0]);
      its.command(cmd.mapd(1, ITT + 0x1000, 5, false));
    }
  });

  test('MAPD: the table is cleared, as what is left in it would be mappings', () => {
    const its = started();
    its.set64(ITT + 8 * 3, BigInt(8200) << 16n);
    its.command(cmd.mapd(1, ITT, 5));
    expect(its.get64(ITT + 8 * 3)).toBe(0n);
    expect(its.written).toContain(ITT);
  });

  test('commands in error do nothing, and the next ones are done', () => {
    const its = started();
    its.lpi(8200);
    its.command(
      [0xffn], [0x02n, 1n, 2n],
      cmd.mapd(0x1_0000, ITT, 5), cmd.mapd(2, ITT, 17), cmd.mapd(8192, ITT, 5), cmd.mapd(2, 0x9000_0000, 5),
      cmd.mapti(9, 0, 8300, 0), cmd.mapti(1, 32, 8300, 0), cmd.mapti(1, 1, 8191, 0), cmd.mapti(1, 1, 0x1_0000, 0), cmd.mapti(1, 1, 1023, 0),
      cmd.mapti(1, 1, 8300, 0x2000), cmd.mapti(1, 8, 8300, 1),
      cmd.int(1, 31), cmd.int(7, 0), cmd.int(0xffff_ffff, 0xffff_ffff), cmd.clear(1, 31), cmd.discard(1, 31), cmd.inv(4, 4), cmd.invall(0xffff), cmd.mapc(0x2000, 0),
    );
    expect(its.lines).toEqual([0, 0]);
    expect(its.GITS.read(GITS.CREADR)).toBe(its.GITS.read(GITS.CWRITER));
    expect([...its.its.lpis.mapped(0)]).toEqual([8200]);
    its.command(cmd.int(1, 8));
    expect(its.cpus[0]!.acknowledge()).toBe(8200);
  });

  test('GICR_PROPBASER.IDbits bounds INTIDs', () => {
    const its = new TestIts();
    its.cpus.forEach(({ GICR }, n) => {
      GICR.write(0x70, BigInt(PROPERTIES) | 13n, 8);
      GICR.write(0x78, BigInt(PENDING + n * 0x1_0000), 8);
      GICR.write(0, 1);
    });
    its.start();
    its.lpi(16_383, { event: 1 });
    its.lpi(16_384, { event: 2 });
    its.command(cmd.int(1, 2));
    expect(its.lines).toEqual([0, 0]);
    its.command(cmd.int(1, 1));
    expect(its.lines).toEqual([1, 0]);
  });

  test('a device table of two levels', () => {
    const its = new TestIts();
    const second = ITT + 0x8_0000;
    its.GITS.write(GITS.BASER, VALID | INDIRECT | BigInt(DEVICES), 8);
    its.set64(DEVICES + 8 * 2, VALID | BigInt(second));
    its.enableLpis();
    its.GITS.write(GITS.CBASER, VALID | BigInt(QUEUE) | 15n, 8);
    its.GITS.write(GITS.BASER + 8, VALID | BigInt(COLLECTIONS), 8);
    its.GITS.write(GITS.CTLR, 1);
    its.command(cmd.mapc(0, 0));
    its.lpi(8200, { device: 2 * 8192 + 5 });
    expect(its.get64(second + 8 * 5) & VALID).toBe(VALID);
    its.command(cmd.int(2 * 8192 + 5, 8));
    expect(its.lines).toEqual([1, 0]);
    its.command(cmd.mapd(8192, ITT, 5)); // its page isn't there
    expect(its.its.tables.device(8192)).toBeUndefined();
    its.set64(DEVICES + 8, VALID | 0x9000_0000n); // nor in RAM
    its.command(cmd.mapd(8192, ITT, 5));
    expect(its.its.tables.device(8192)).toBeUndefined();
  });

  test('without RAM behind the queue commands are nothing', () => {
    const its = new TestIts();
    its.GITS.write(GITS.CBASER, VALID | 0x9000_0000n, 8);
    its.GITS.write(GITS.BASER, VALID | BigInt(DEVICES), 8);
    its.GITS.write(GITS.BASER + 8, VALID | BigInt(COLLECTIONS), 8);
    its.GITS.write(GITS.CTLR, 1);
    its.GITS.write(GITS.CWRITER, 0x100);
    expect(its.GITS.read(GITS.CREADR)).toBe(0x100);
  });

  test('one access does a bounded part of the queue; CREADR shows how far, and reading it goes on', () => {
    const its = started();
    its.lpi(8200);
    const readings: number[] = [];
    its.command(...Array.from({ length: 60 }, () => cmd.invall(0)));
    while (its.GITS.read(GITS.CTLR) >>> 31 === 0 && readings.length < 100) readings.push(its.GITS.read(GITS.CREADR));
    expect(readings.length).toBeGreaterThan(1);
    expect(readings.length).toBeLessThan(20);
    expect(its.GITS.read(GITS.CREADR)).toBe(its.GITS.read(GITS.CWRITER));
    // Who disables it need not wait for what is left, and who enables it again has it done.
    its.command(...Array.from({ length: 60 }, () => cmd.invall(0)));
    its.GITS.write(GITS.CTLR, 0);
    expect(its.GITS.read(GITS.CTLR)).toBe(0x8000_0000);
    const stopped = its.GITS.read(GITS.CREADR);
    expect(stopped).not.toBe(its.GITS.read(GITS.CWRITER));
    expect(its.GITS.read(GITS.CREADR)).toBe(stopped);
    its.GITS.write(GITS.CTLR, 1);
    expect(its.GITS.read(GITS.CREADR)).not.toBe(stopped);
  });
});

describe('C1.5 ITS: messages', () => {
  test('by device and event; refused where nothing is mapped or LPIs are off', () => {
    const its = started();
    its.lpi(8200);
    const { its: service } = its;
    expect(service.message(1, 8)).toBeUndefined();
    expect(its.lines).toEqual([1, 0]);
    expect([service.message(1, 9), service.message(1, 32), service.message(2, 8)]).toEqual(['unmapped', 'unmapped', 'unmapped']);
    its.command(cmd.mapc(0, 0, false));
    expect(service.message(1, 8)).toBe('unmapped');
    its.command(cmd.mapc(0, 0));
    its.cpus[0]!.GICR.write(0, 0);
    expect(service.message(1, 8)).toBe('busy');
    its.cpus[0]!.GICR.write(0, 1);
    its.GITS.write(GITS.CTLR, 0);
    expect(service.message(1, 8)).toBe('busy');
  });

  test('GITS_TRANSLATER written by a CPU is a message of device 0', () => {
    const its = started();
    its.lpi(8200, { device: 0 });
    its.GITS.write(GITS_TRANSLATER, 8);
    expect(its.lines).toEqual([1, 0]);
    expect(its.GITS.read(GITS_TRANSLATER)).toBe(0);
  });

  test('a guest that overwrites its tables can only lose its own interrupts', () => {
    const its = started();
    its.lpi(8200);
    const entry = ITT + 0x1000 + 8 * 8;
    for (const word of [0xffff_ffff_ffff_ffffn, 1n << 16n, BigInt(8191) << 16n, BigInt(0x1_0000) << 16n, BigInt(8200) << 16n | 0xffffn]) {
      its.set64(entry, word);
      its.command(cmd.int(1, 8), cmd.clear(1, 8), cmd.inv(1, 8), cmd.movi(1, 8, 1), cmd.discard(1, 8));
      expect(its.its.message(1, 8)).toBe('unmapped');
    }
    its.set64(DEVICES + 8, 0xffff_ffff_ffff_ffffn);
    expect(its.its.message(1, 8)).toBe('unmapped');
    its.command(cmd.mapd(1, ITT, 5, false));
    expect(its.lines).toEqual([0, 0]);
  });
});

describe('C1.5 LPIs in the redistributor', () => {
  test('GICR_CTLR, PROPBASER (one for all), PENDBASER; fixed while LPIs are enabled; GICR_TYPER.PLPIS, GICD_TYPER.LPIS', () => {
    const its = new TestIts();
    const [a, b] = its.cpus;
    a!.GICR.write(0x70, BigInt(PROPERTIES) | 7n << 7n | 1n << 10n | 15n, 8);
    expect(b!.GICR.read64(0x70)).toBe(BigInt(PROPERTIES) | 7n << 7n | 1n << 10n | 15n);
    a!.GICR.write(0x78, 1n << 62n | BigInt(PENDING) | 7n << 7n | 2n << 10n, 8);
    expect(a!.GICR.read64(0x78)).toBe(BigInt(PENDING) | 7n << 7n | 1n << 10n);
    expect(b!.GICR.read64(0x78)).toBe(0n);
    expect(a!.GICR.read(0)).toBe(6);
    a!.GICR.write(0, 1);
    expect([a!.GICR.read(0), b!.GICR.read(0)]).toEqual([7, 6]);
    a!.GICR.write(0x78, 0n, 8);
    expect(a!.GICR.read64(0x78)).toBe(BigInt(PENDING) | 7n << 7n | 1n << 10n);
    expect(a!.GICR.read(0x08) & 1).toBe(1);
  });

  test('what the pending table has is pending when LPIs are enabled, and is taken from it', () => {
    const its = started();
    its.lpi(8200);
    its.cpus[0]!.GICR.write(0, 0);
    its.setByte(PENDING + (8200 >> 3), 1 << (8200 & 7) | 0x80);
    its.cpus[0]!.GICR.write(0, 1);
    expect(its.lines).toEqual([1, 0]);
    expect(its.byte(PENDING + (8200 >> 3))).toBe(0x80);
    its.cpus[0]!.GICR.write(0, 0);
    expect(its.lines).toEqual([0, 0]);
    its.cpus[0]!.GICR.write(0, 1);
    expect(its.lines).toEqual([0, 0]);
  });

  test('EOImode 1: EOIR drops the priority, and nothing is left to deactivate', () => {
    const its = started();
    its.lpi(8200);
    const [{ cpu, acknowledge, end }] = its.cpus as [TestIts['cpus'][number]];
    cpu.state.control = 2;
    its.command(cmd.int(1, 8));
    expect(acknowledge()).toBe(8200);
    expect(cpu.runningPriority()).toBe(0xa0);
    end(8200);
    expect(cpu.runningPriority()).toBe(0xff);
    its.command(cmd.int(1, 8));
    expect(acknowledge()).toBe(8200);
  });

  test('group 1 off, PMR: LPIs are held back like others', () => {
    const its = started();
    its.lpi(8200, { priority: 0xa0 });
    its.command(cmd.int(1, 8));
    const { state } = its.vgic.cpus[0]!;
    for (const [off, on] of [
      [() => { state.interfaceGroups = 1; }, () => { state.interfaceGroups = 2; }],
      [() => { its.vgic.state.enableGroups = 1; }, () => { its.vgic.state.enableGroups = 2; }],
      [() => { state.pmr = 0xa0; }, () => { state.pmr = 0xf8; }],
    ] as const) {
      off();
      its.vgic.changed();
      expect(its.lines).toEqual([0, 0]);
      on();
      its.vgic.changed();
      expect(its.lines).toEqual([1, 0]);
    }
  });

  test('all LPIs there can be, pending at once', () => {
    const its = started();
    for (let n = 0; n < 57_344; n++) its.setByte(PROPERTIES + n, 0xa1);
    its.command(cmd.mapd(1, ITT, 16));
    const { lpis } = its.its;
    lpis.together(() => {
      for (let intid = 8192; intid < 65_536; intid++) lpis.map(intid, 0, 0, its.vgic.cpus[0]);
    });
    lpis.together(() => {
      for (let intid = 8192; intid < 65_536; intid++) lpis.setPending(intid, true);
    });
    expect(its.cpus[0]!.acknowledge()).toBe(8192);
    its.cpus[0]!.end(8192);
    expect(its.cpus[0]!.acknowledge()).toBe(8193);
    its.its.reset();
    expect(its.vgic.cpus[0]!.state.lpisPending).toBe(0);
    expect(its.lines).toEqual([0, 0]);
  });
});

test('C1.5 ITS: memory it works on is RAM alone', () => {
  expect(RAM % 0x1_0000).toBe(0);
  const its = started();
  its.command(cmd.mapd(1, RAM + 0x2f_ff00, 6)); // 512 bytes, of which 256 are RAM
  expect(its.its.tables.device(1)).toBeUndefined();
});
