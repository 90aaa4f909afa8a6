/** What a debugger hears, packet by packet, from a server whose CPUs stop when the test says so. */
import { beforeEach, describe, expect, it } from 'vitest';
import { packet } from '../../src/gdb/packets.ts';
import { GdbServer } from '../../src/gdb/index.ts';
import { Client, settled } from './client.ts';
import { FakeTarget, fakeMachine } from './fake-target.ts';

let target: FakeTarget;
let client: Client;
let server: GdbServer;
let served: Promise<void>;

function start(cpus: number): void {
  target = new FakeTarget(cpus);
  server = new GdbServer(fakeMachine(target));
  connect();
}
function connect(): void {
  client = new Client();
  served = server.serve(client.stream);
}
const ask = (payload: string): Promise<string[]> => client.ask(payload);
const PC = '01:4000000000000000;';
const stop = (signal: string, cpu = 0, why = ''): string => `T${signal}${why}${PC}thread:${cpu + 1};core:${cpu};`;

beforeEach(() => start(1));

describe('acknowledgements', () => {
  it('a good packet +, a bad one -, and what was sent is sent again for a -', async () => {
    client.stream.feed('$qC#b4$qC#00');
    await settled();
    expect(client.stream.out).toBe('+$QC1#c5-');
    client.stream.feed('-');
    await settled();
    expect(client.stream.out).toBe('+$QC1#c5-$QC1#c5');
  });

  it('none after QStartNoAckMode, whose answer still has one', async () => {
    client.stream.feed(packet('QStartNoAckMode'));
    await settled();
    client.stream.feed(packet('qC'));
    await settled();
    expect(client.stream.out).toBe('+$OK#9a$QC1#c5');
  });

  it('what isn\'t known has an empty answer', async () => {
    for (const unknown of ['vMustReplyEmpty', 'qTStatus', 'QNothing:1', 'J', '!', '', 'vFile:open', 'qconstructor']) {
      expect(await ask(unknown), unknown).toEqual(['']);
    }
  });

  it('a packet that is too long is an error, not silence', async () => {
    expect(await ask('m'.repeat(0x4001))).toEqual(['E16']);
  });
});

describe('registers and memory', () => {
  beforeEach(() => ask('?'));

  it('g, G, p, P', async () => {
    expect(await ask('g')).toEqual(['00000000000000004000000000000000']);
    expect(await ask('G11223344556677880102030405060708')).toEqual(['OK']);
    expect(target.registers[0]?.slice(0, 2)).toEqual([0x8877665544332211n, 0x0807060504030201n]);
    expect(await ask('Gxxxxxxxxxxxxxxxx0900000000000000')).toEqual(['OK']);
    expect(target.registers[0]?.slice(0, 2)).toEqual([0x8877665544332211n, 9n]);
    expect(await ask('G11')).toEqual(['E16']);
    expect(await ask('p2')).toEqual(['01000080']);
    expect(await ask('P2=efbeadde')).toEqual(['OK']);
    expect(target.registers[0]?.[2]).toBe(0xdeadbeefn);
  });

  it('a register that isn\'t there: x for its digits; numbers that aren\'t: an error', async () => {
    expect(await ask('p3')).toEqual(['xxxxxxxx']);
    expect(await ask('P3=00000000')).toEqual(['E16']);
    for (const bad of ['p4', 'p', 'p-1', 'P2=00', 'P2', 'P9=00000000', 'pffffffffffffffff']) expect(await ask(bad), bad).toEqual(['E16']);
  });

  it('m and x as far as there is memory, M and X all or nothing', async () => {
    expect(await ask('m1002,4')).toEqual(['02030405']);
    expect(await ask('x1023,2')).toEqual(['b#$']);
    expect(await ask('x102a,1')).toEqual(['b*']);
    expect(await ask('m2fff,8')).toEqual(['ff']);
    expect(await ask('m3000,1')).toEqual(['E0e']);
    expect(await ask('m3000,0')).toEqual(['']);
    expect(await ask('M1000,3:aabbcc')).toEqual(['OK']);
    expect(await ask('X1003,4:abc')).toEqual(['E16']);
    expect(await ask('X1003,3:#$}')).toEqual(['OK']);
    expect(await ask('X1003,0:')).toEqual(['OK']);
    expect(await ask('m1000,6')).toEqual(['aabbcc23247d']);
    expect(await ask('M2fff,2:0000')).toEqual(['E0e']);
    for (const bad of ['m', 'm1000', 'm1000,1,1', 'mzz,1', 'M1000,2:00', 'M1000,1', 'X1000,2:a', 'm1000,-1']) expect(await ask(bad), bad).toEqual(['E16']);
  });

  it('a read is no longer than a packet', async () => {
    expect((await ask('m1000,ffffffffffffffff'))[0]).toHaveLength(0x4000);
  });

  it('physical addresses', async () => {
    expect(await ask('qqemu.PhyMemMode')).toEqual(['0']);
    expect(await ask('Qqemu.PhyMemMode:1')).toEqual(['OK']);
    expect(await ask('qqemu.PhyMemMode')).toEqual(['1']);
    expect(await ask('m11002,2')).toEqual(['0203']);
    expect(await ask('Qqemu.PhyMemMode:2')).toEqual(['E16']);
  });
});

it('steps leave interrupts out unless they are wanted', async () => {
  expect(await ask('qqemu.sstepbits')).toEqual(['ENABLE=1,NOIRQ=2']);
  expect(await ask('qqemu.sstep')).toEqual(['0x3']);
  expect(await ask('Qqemu.sstep=0x1')).toEqual(['OK']);
  expect(target.stepsTakeInterrupts).toBe(true);
  expect(await ask('Qqemu.sstep=3')).toEqual(['OK']);
  expect(target.stepsTakeInterrupts).toBe(false);
  for (const bad of ['0', '2', '7', '', 'x']) expect(await ask(`Qqemu.sstep=${bad}`), bad).toEqual(['E16']);
  await ask('?');
  await ask('D');
  expect(target.stepsTakeInterrupts).toBe(true);
});

describe('breakpoints', () => {
  beforeEach(() => ask('?'));

  it('all kinds, once however often', async () => {
    for (let kind = 0; kind < 5; kind++) {
      target.breakpoints.clear();
      expect(await ask(`Z${kind},1010,4`)).toEqual(['OK']);
      expect(await ask(`Z${kind},1010,4`)).toEqual(['OK']);
      expect([...target.breakpoints.keys()]).toEqual([`${kind} 1010 4`]);
      expect(await ask(`z${kind},1010,4`)).toEqual(['OK']);
      expect(target.breakpoints.size).toBe(0);
      expect(await ask(`z${kind},1010,4`)).toEqual(['E02']);
    }
  });

  it('too many, nowhere, and no such kind', async () => {
    await ask('Z1,0,4');
    await ask('Z1,4,4');
    expect(await ask('Z1,8,4')).toEqual(['E1c']);
    expect(await ask('Z0,ffff0000,4')).toEqual(['E0e']);
    expect(await ask('Z5,0,4')).toEqual(['']);
    for (const bad of ['Z', 'Z0', 'Z0,1', 'Zx,1,1']) expect(await ask(bad), bad).toEqual(['E16']);
  });
});

describe('all-stop', () => {
  beforeEach(() => start(3));

  it('? halts the machine, which runs until somebody asks', async () => {
    expect(await ask('qSupported:swbreak+;hwbreak+')).toHaveLength(1);
    expect(target.held).toEqual([false, false, false]);
    expect(await ask('?')).toEqual([stop('05')]);
    expect(target.held).toEqual([true, true, true]);
  });

  it('the answer to ? waits until all stand still', async () => {
    target.slow = true;
    expect(await ask('?')).toEqual([]);
    target.settle();
    expect(await client.heard()).toEqual([stop('05')]);
  });

  it('c lets all run; one CPU\'s stop is told once, with why, and is the current thread', async () => {
    await ask('qSupported:swbreak+;hwbreak+');
    await ask('?');
    expect(await ask('vCont;c')).toEqual([]);
    expect(target.log).toEqual(['0 continue', '1 continue', '2 continue']);
    target.stop({ cpu: 2, reason: 'hardware' }, { cpu: 1, reason: 'software' });
    expect(await client.heard()).toEqual([stop('05', 2, 'hwbreak:;')]);
    expect(await ask('qC')).toEqual(['QC3']);
    expect(await ask('p0')).toEqual(['0200000000000000']);
  });

  it('a debugger that knows no swbreak isn\'t told', async () => {
    await ask('?');
    await ask('c');
    target.stop({ cpu: 0, reason: 'software' });
    expect(await client.heard()).toEqual([stop('05')]);
  });

  it.each([[2, 'watch'], [3, 'rwatch'], [4, 'awatch']] as const)('watchpoint %i is %s with its address', async (kind, name) => {
    await ask('?');
    await ask('c');
    target.stop({ cpu: 1, reason: 'watchpoint', watchpoint: { kind, address: 0xffff_8000_1234_5678n, length: 4 } });
    expect(await client.heard()).toEqual([stop('05', 1, `${name}:ffff800012345678;`)]);
  });

  it('Ctrl-C interrupts what runs, and is nothing where nothing does', async () => {
    await ask('?');
    client.stream.feed('\x03');
    expect(await client.heard()).toEqual([]);
    await ask('c');
    client.stream.feed('\x03');
    expect(await client.heard()).toEqual([stop('02')]);
  });

  it('a stop from elsewhere, as by the monitor, is told like it', async () => {
    await ask('?');
    await ask('c');
    target.pause();
    expect(await client.heard()).toEqual([stop('05')]);
  });

  it('vCont: the first action that names a thread is its', async () => {
    await ask('?');
    await ask('vCont;s:2;r1000,1010:1;c');
    expect(target.log).toEqual(['0 step 1000-1010', '1 step', '2 continue']);
    target.log.length = 0;
    target.stop({ cpu: 1, reason: 'step' });
    await ask('vCont;S05:p1.3');
    expect(target.log).toEqual(['2 step']);
    expect(target.held).toEqual([true, true, false]);
  });

  it('vCont that isn\'t one', async () => {
    await ask('?');
    for (const bad of ['vCont;', 'vCont;x', 'vCont;c:9', 'vCont;c:1:2', 'vCont;r1', 'vCont;r1,2,3', 'vCont;t', 'vCont;Cxx']) {
      expect(await ask(bad), bad).toEqual(['E16']);
    }
    expect(target.held).toEqual([true, true, true]);
    expect(await ask('vCont?')).toEqual(['vCont;c;C;s;S;t;r']);
  });

  it('s steps the thread, others run unless Hc named it; an address is where it goes on', async () => {
    await ask('?');
    await ask('Hg2');
    await ask('s');
    expect(target.log.splice(0)).toEqual(['0 continue', '1 step', '2 continue']);
    target.stop({ cpu: 1, reason: 'step' });
    await ask('Hc3');
    await ask('S05;80');
    expect(target.log.splice(0)).toEqual(['2 step']);
    expect(target.registers[2]?.[1]).toBe(0x80n);
    target.stop({ cpu: 2, reason: 'step' });
    await client.heard();
    for (const bad of ['czz', 'C', 'C1', 'C05;zz']) expect(await ask(bad), bad).toEqual(['E16']);
    await ask('Hc-1');
    await ask('C05');
    expect(target.log).toEqual(['0 continue', '1 continue', '2 continue']);
  });

  it('registers of what runs can\'t be had, memory can', async () => {
    await ask('?');
    await ask('c');
    expect(await ask('g')).toEqual(['E01']);
    expect(await ask('P0=0000000000000000')).toEqual(['E01']);
    expect(await ask('m1000,1')).toEqual(['00']);
  });
});

describe('non-stop', () => {
  beforeEach(async () => {
    start(3);
    await ask('QNonStop:1');
  });

  it('? halts nothing; a CPU that is told to stops alone, by a notification that is acknowledged', async () => {
    expect(await ask('?')).toEqual(['OK']);
    expect(await ask('vCont;t:2')).toEqual(['OK', `%Stop:${stop('00', 1)}`]);
    expect(target.held).toEqual([false, true, false]);
    expect(await ask('vStopped')).toEqual(['OK']);
    expect(await ask('Hg2')).toEqual(['OK']);
    expect(await ask('p0')).toEqual(['0100000000000000']);
    expect(await ask('Hg1')).toEqual(['OK']);
    expect(await ask('g')).toEqual(['E01']);
  });

  it('stops queue behind the first notification', async () => {
    await ask('?');
    target.stop({ cpu: 0, reason: 'hardware' });
    target.stop({ cpu: 2, reason: 'step' });
    expect(await client.heard()).toEqual([`%Stop:${stop('05', 0)}`]);
    expect(await ask('vStopped')).toEqual([stop('05', 2)]);
    expect(await ask('vStopped')).toEqual(['OK']);
    expect(await ask('vCont;s:3;c:1')).toEqual(['OK']);
    expect(target.log).toEqual(['0 continue', '2 step']);
    target.stop({ cpu: 2, reason: 'step' });
    expect(await client.heard()).toEqual([`%Stop:${stop('05', 2)}`]);
  });

  it('? tells of all that stand still, one after the other', async () => {
    target.held[0] = target.held[2] = true;
    expect(await ask('?')).toEqual([stop('05', 0)]);
    expect(await ask('vStopped')).toEqual([stop('05', 2)]);
    expect(await ask('vStopped')).toEqual(['OK']);
  });

  it('vCtrlC halts all, each told with SIGINT', async () => {
    await ask('?');
    expect(await ask('vCtrlC')).toEqual(['OK', `%Stop:${stop('02', 0)}`]);
    expect(await ask('vStopped')).toEqual([stop('02', 1)]);
  });

  it('the next debugger begins in all-stop mode', async () => {
    await ask('?');
    client.stream.end();
    await served;
    expect(target.allStop).toBe(true);
  });
});

describe('threads and documents', () => {
  beforeEach(() => start(11));

  it('each CPU is one', async () => {
    expect(await ask('qfThreadInfo')).toEqual(['m1,2,3,4,5,6,7,8,9,a,b']);
    expect(await ask('qsThreadInfo')).toEqual(['l']);
    expect(await ask('Tb')).toEqual(['OK']);
    expect(await ask('Tc')).toEqual(['E16']);
    for (const [packetText, reply] of [['Hgb', 'OK'], ['Hg0', 'OK'], ['Hc-1', 'OK'], ['Hgc', 'E16'], ['Hx1', 'E16'], ['Hgp1.2', 'OK']] as const) {
      expect(await ask(packetText), packetText).toEqual([reply]);
    }
    expect(await ask('qThreadExtraInfo,2')).toEqual([Buffer.from('CPU#1 <&>').toString('hex')]);
    expect(await ask('qThreadExtraInfo,99')).toEqual(['E16']);
  });

  it('the list as a document, escaped', async () => {
    const [text] = await ask('qXfer:threads:read::0,1000');
    expect(text).toContain('<thread id="b" core="10">CPU#10 &lt;&amp;&gt;</thread>');
    expect(text).toMatch(/^l<\?xml/);
  });

  it('the registers as a document, in pieces that fit together', async () => {
    const [whole] = await ask('qXfer:features:read:target.xml:0,2000');
    expect(whole).toContain('<reg name="status" bitsize="32" regnum="2" type="f" group="g&lt;1&gt;"/>');
    let text = '';
    for (let more = true; more;) {
      const [piece = ''] = await ask(`qXfer:features:read:target.xml:${text.length.toString(16)},11`);
      more = piece.startsWith('m');
      text += piece.slice(1);
    }
    expect(`l${text}`).toBe(whole);
    expect(await ask('qXfer:features:read:target.xml:ffff,11')).toEqual(['l']);
    expect(await ask('qXfer:features:read:other.xml:0,11')).toEqual(['E00']);
    for (const bad of ['qXfer:auxv:read::0,10', 'qXfer:features:write:target.xml:0', 'qXfer:features:read:target.xml:0', 'qXfer']) expect(await ask(bad), bad).toEqual(['']);
  });

  it('the memory map is all of it, as addresses are virtual', async () => {
    const [map] = await ask('qXfer:memory-map:read::0,1000');
    expect(map?.match(/<memory type="ram"/g)).toHaveLength(2);
  });

  it('a monitor command\'s answer is output', async () => {
    expect(await ask(`qRcmd,${Buffer.from('hé').toString('hex')}`)).toEqual([`O${Buffer.from('you said hé\n').toString('hex')}`, 'OK']);
    expect(await ask('qRcmd,zz')).toEqual(['E16']);
  });
});

describe('the end', () => {
  it('D takes breakpoints away and lets the machine run', async () => {
    await ask('?');
    await ask('Z1,1000,4');
    expect(await ask('D')).toEqual(['OK']);
    expect(target.breakpoints.size).toBe(0);
    expect(target.held).toEqual([false]);
    expect(await ask('?')).toEqual([stop('05')]);
  });

  it('k ends the machine, vKill says so first; R and vRun can\'t', async () => {
    await ask('?');
    expect(await ask('R00')).toEqual(['E01']);
    expect(await ask('vRun;x')).toEqual(['E01']);
    expect(await ask('vAttach;1')).toEqual(['E01']);
    expect(await ask('vKill;1')).toEqual(['OK']);
    expect(await ask('k')).toEqual([]);
    expect(target.log).toEqual(['kill', 'kill']);
  });

  it('a machine that ends is told with its status, and the stream closes', async () => {
    await ask('?');
    await ask('c');
    server.machineEnded(7);
    expect(await client.heard()).toEqual(['W07']);
    await served;
    expect(client.stream.closed).toBe(true);
  });

  it('whoever leaves without a word leaves the machine as if he had said it', async () => {
    await ask('?');
    await ask('Z1,1000,4');
    client.stream.end();
    await served;
    expect(target.breakpoints.size).toBe(0);
    expect(target.held).toEqual([false]);
  });

  it('a machine that stood still before, and was never let go, stays so', async () => {
    target.held[0] = true;
    await ask('?');
    client.stream.end();
    await served;
    expect(target.held).toEqual([true]);
    connect();
    await ask('?');
    await ask('D');
    expect(target.held).toEqual([false]);
  });

  it('a second debugger is turned away, the one after it isn\'t', async () => {
    const second = new Client();
    await server.serve(second.stream);
    expect(second.stream.closed).toBe(true);
    expect(await ask('qC')).toEqual(['QC1']);
    client.stream.end();
    await served;
    connect();
    expect(await ask('qC')).toEqual(['QC1']);
  });
});
