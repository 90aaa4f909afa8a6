/** Peers that mean no good: the machine goes on, memory is bounded, and the next debugger is served. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { toBytes } from '../../src/gdb/bytes.ts';
import { GdbServer } from '../../src/gdb/index.ts';
import { packet } from '../../src/gdb/packets.ts';
import { Client, settled } from './client.ts';
import { FakeTarget, fakeMachine } from './fake-target.ts';

const machine = (cpus = 2): { target: FakeTarget; server: GdbServer } => {
  const target = new FakeTarget(cpus);
  return { target, server: new GdbServer(fakeMachine(target)) };
};

async function expectServed(server: GdbServer): Promise<void> {
  const client = new Client();
  const served = server.serve(client.stream);
  expect(await client.ask('qC')).toEqual(['QC1']);
  client.stream.end();
  await served;
}

/** A session with a bit of everything. */
const SESSION = ['qSupported:swbreak+', '?', 'Hg2', 'g', 'm1000,10', 'Z0,1010,4', 'Z2,1020,8', 'X1000,2:}\x03', 'QNonStop:1', 'vCont;c', 'vCont;t', 'vStopped', 'QNonStop:0', 'vCont;s:1;c']
  .map(text => packet(text)).reduce((all, bytes) => [...all, ...bytes], [] as number[]);

describe('hostile peers', () => {
  it('one that leaves at any byte leaves a machine that runs, without breakpoints', async () => {
    for (let at = 0; at <= SESSION.length; at++) {
      const { target, server } = machine();
      const client = new Client();
      const served = server.serve(client.stream);
      client.stream.feed(Uint8Array.from(SESSION.slice(0, at)));
      await settled();
      client.stream.end();
      await served;
      expect({ at, held: target.held, breakpoints: target.breakpoints.size, allStop: target.allStop })
        .toEqual({ at, held: [false, false], breakpoints: 0, allStop: true });
      if (at % 50 === 0) await expectServed(server);
    }
  });

  it('one that leaves while the CPUs are asked to stand still', async () => {
    const { target, server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    target.slow = true;
    await client.ask('?');
    client.stream.end();
    target.settle();
    await served;
    expect(target.held).toEqual([false, false]);
  });

  it('one that speaks another protocol doesn\'t even halt the machine', async () => {
    const { target, server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    client.stream.feed('GET / HTTP/1.1\r\nHost: x\r\n\r\n\0\0\x16\x03\x01');
    await settled();
    expect(target.held).toEqual([false, false]);
    client.stream.end();
    await served;
  });

  it('random packets are answered, whatever is in them', async () => {
    const random = new Random(5);
    const { server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    const heads = ['?', 'g', 'G', 'p', 'P', 'm', 'x', 'M', 'X', 'Z', 'z', 'H', 'T', 'c', 'C', 's', 'S', 'vCont', 'vCont;', 'qXfer:', 'qRcmd,', 'QNonStop:', 'D', 'v', 'q', 'Q', 'R'];
    const pick = <T>(all: readonly T[]): T => all[random.u32() % all.length]!;
    for (let n = 0; n < 3000; n++) {
      const rest = Array.from({ length: random.u32() % 12 }, () => pick([...'0123456789abcdef,;:=-.px', '\xff', '\0', 'fffffffffffffff', 'features:read:'])).join('');
      client.stream.feed(packet(pick(heads) + rest));
      if (n % 100 === 0) await settled();
    }
    await settled();
    expect(await client.ask('qfThreadInfo')).toContain('m1,2');
    client.stream.end();
    await served;
    await expectServed(server);
  });

  it('random bytes', async () => {
    const random = new Random(6);
    const { server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    for (let n = 0; n < 100; n++) client.stream.feed(Uint8Array.from({ length: 1000 }, () => (random.u32() % 4 ? random.u32() : pickByte(random)) & 0xff));
    await settled();
    client.stream.end();
    await served;
    await expectServed(server);
  });

  it('a packet of megabytes that never ends takes no memory, and a new one is understood', async () => {
    const { server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    const megabyte = toBytes('a'.repeat(2 ** 20));
    client.stream.feed('$');
    for (let n = 0; n < 4; n++) {
      client.stream.feed(megabyte);
      await settled();
      expect(client.stream.untaken).toBe(0);
    }
    expect(client.stream.out).toBe('');
    expect(await client.ask('qC')).toEqual(['QC1']);
    client.stream.end();
    await served;
  });

  it('one that asks and never listens isn\'t read any further', async () => {
    const { server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    client.stream.blocked = true;
    for (let n = 0; n < 1000; n++) client.stream.feed(packet('qXfer:features:read:target.xml:0,2000'));
    await settled();
    expect(client.stream.untaken).toBeGreaterThan(990);
    expect(client.stream.waitingWrites).toBeLessThan(3);
    client.stream.end();
    await served;
    await expectServed(server);
  });

  it('stops that nobody acknowledges are told of once', async () => {
    const { target, server } = machine();
    const client = new Client();
    const served = server.serve(client.stream);
    await client.ask('QNonStop:1');
    await client.ask('?');
    for (let n = 0; n < 10_000; n++) {
      target.stop({ cpu: 0, reason: 'step' });
      if (n % 100 === 0) await client.ask('vCont;s:1');
    }
    expect(client.stream.out.match(/%/g)).toHaveLength(1);
    client.stream.end();
    await served;
  });
});

const pickByte = (random: Random): number => [0x24, 0x23, 0x7d, 0x2a, 0x2b, 0x2d, 3, 0x3f][random.u32() % 8]!;
