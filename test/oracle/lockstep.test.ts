/** Lockstep beside QEMU: the protocol against a scripted server, and a bare-metal program on both. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { elf } from '../../tools/oracle/elf.ts';
import { Ours } from '../../tools/oracle/lockstep/ours.ts';
import { Qemu } from '../../tools/oracle/lockstep/qemu.ts';
import { findingText } from '../../tools/oracle/lockstep/report.ts';
import { packet, RspClient, unescape } from '../../tools/oracle/lockstep/rsp.ts';
import { Runner } from '../../tools/oracle/lockstep/runner.ts';
import { lockstep } from '../../tools/oracle/lockstep/session.ts';
import { fromHex, targetRegisters, toHex } from '../../tools/oracle/lockstep/target.ts';

/** A server that answers what it gets by a table, and notes what else comes. */
class Server extends Duplex {
  readonly seen: string[] = [];
  private readonly script: Readonly<Record<string, readonly string[]>>;

  constructor(script: Readonly<Record<string, readonly string[]>>) {
    super();
    this.script = script;
  }
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const [part] of chunk.toString('latin1').matchAll(/\$[^#]*#..|[^$]/g)) {
      this.seen.push(part);
      for (const answer of this.script[part] ?? []) this.push(Buffer.from(answer, 'latin1'));
    }
    done();
  }
}

test('RSP: checksums, escapes and run lengths', () => {
  expect(packet('g')).toBe('$g#67');
  expect(packet('a}b#')).toBe('$a}]b}\x03#1d');
  expect(unescape('a}]b')).toBe('a}b');
  expect(unescape('0* ')).toBe('0000');
  expect([fromHex('7856341200000000'), toHex(0x12345678n, 64)]).toEqual([0x12345678n, '7856341200000000']);
});

test('RSP: answers in parts, sent ahead, damaged ones again, an end of the connection', async () => {
  const server = new Server({
    '$g#67': ['+$01', '02#c3'],
    '$p1#a1': ['+', packet('aa')],
    '$p2#a2': ['+$bb#00'],
    '-': [packet('bb')],
  });
  const client = new RspClient(server);
  expect(await client.request('g')).toBe('0102');
  expect(await client.requestAll(['p1', 'p2'])).toEqual(['aa', 'bb']);
  expect(server.seen).toEqual(['$g#67', '+', '$p1#a1', '$p2#a2', '+', '-', '+']);
  const last = client.request('s');
  server.destroy();
  await expect(last).rejects.toThrow('closed the connection');
  await expect(client.request('g')).rejects.toThrow('closed the connection');
});

test('RSP: registers of a target description, with and without numbers', async () => {
  const target = '<target><xi:include href="core.xml"/><xi:include href="system.xml"/></target>';
  const server = new Server({
    [packet('qXfer:features:read:target.xml:0,ff0')]: [packet(`m${target.slice(0, 20)}`)],
    [packet('qXfer:features:read:target.xml:14,ff0')]: [packet(`l${target.slice(20)}`)],
    [packet('qXfer:features:read:core.xml:0,ff0')]: [packet('l<reg name="x0" bitsize="64"/><reg name="cpsr" bitsize="32"/>')],
    [packet('qXfer:features:read:system.xml:0,ff0')]: [packet('l<reg name="VBAR" bitsize="64" regnum="104" group="cp_regs"/>')],
  });
  expect([...(await targetRegisters(new RspClient(server))).values()]).toEqual([
    { name: 'x0', number: 0, bits: 64 },
    { name: 'cpsr', number: 1, bits: 32 },
    { name: 'VBAR', number: 104, bits: 64 },
  ]);
});

const CODE = 0x4010_0000;
const MEMORY = 64 * 2 ** 20;
const program = [
  0x10004000, // adr x0, vectors
  0xd518c000, // msr vbar_el1, x0
  0xd2a00600, // mov x0, #0x300000
  0xd5181040, // msr cpacr_el1, x0
  0xd5033fdf, // isb
  0xd2a80401, // mov x1, #0x40200000
  0x9100003f, // mov sp, x1
  0xd2a80614, // mov x20, #0x40300000
  0xd2a12015, // mov x21, #0x09000000 // PL011
  0xd2824693, // mov x19, #0x1234
  0xc85f7e81, // loop: ldxr x1, [x20]
  0x8b130021, // add x1, x1, x19
  0xc8027e81, // stxr w2, x1, [x20]
  0x9b017e73, // mul x19, x19, x1
  0xcad34673, // eor x19, x19, x19, ror #17
  0xeb010263, // subs x3, x19, x1
  0xba030264, // adcs x4, x19, x3
  0x9a844065, // csel x5, x3, x4, mi
  0xa9011684, // stp x4, x5, [x20, #16]
  0x3dc00680, // ldr q0, [x20, #16]
  0x9e620261, // scvtf d1, x19
  0x1e612842, // fadd d2, d2, d1
  0x1e621823, // fdiv d3, d1, d2
  0x4e208484, // add v4.16b, v4.16b, v0.16b
  0xd40000e1, // svc #7
  0xb9401aa6, // ldr w6, [x21, #0x18] // a device
  0xb90002a6, // str w6, [x21]
  0xd53be047, // mrs x7, cntvct_el0
  0xd5380408, // mrs x8, id_aa64pfr0_el1
  0xd2a18009, // mov x9, #0x0c000000
  0xf9400129, // ldr x9, [x9] // an external abort
  0x00000000, // udf #0
  0xd53b420a, // mrs x10, nzcv
  0xd53b442b, // mrs x11, fpsr
  0x17ffffe8, // b loop
];

/** At 0xa00: exceptions from the current level with SP_ELx. Behind SVC it goes on, over others it skips. */
const handler = [
  0xd538520c, // mrs x12, esr_el1
  0xd538402d, // mrs x13, elr_el1
  0xd538400e, // mrs x14, spsr_el1
  0xd35afd8f, // lsr x15, x12, #26
  0x910011b0, // add x16, x13, #4
  0xf10055ff, // cmp x15, #0x15
  0x9a9001ad, // csel x13, x13, x16, eq
  0xd518402d, // msr elr_el1, x13
  0xd69f03e0, // eret
];

async function withProgram(run: (args: readonly string[]) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lockstep-test-'));
  try {
    const words = new Uint32Array(0xa00 / 4 + handler.length);
    words.set(program);
    words.set(handler, 0xa00 / 4);
    const file = join(directory, 'program');
    writeFileSync(file, elf([{ address: CODE, bytes: new Uint8Array(words.buffer), flags: 'rx' }], CODE));
    await run(['-kernel', file]);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a program of arithmetic, floating point, exclusives, exceptions, devices and time is the same on both', () => withProgram(async args => {
  const lines: string[] = [];
  const status = await lockstep({
    cpu: 'cortex-a57', memory: MEMORY, gicVersion: 2, args, steps: 2000, samples: 1, differences: 1, print: line => lines.push(line),
  });
  expect([status, lines.join('\n')]).toEqual([0, expect.stringMatching(/steps 2000, interrupts 0, exceptions 1\d\d, outside \d+, .* 0 differences/)]);
  expect(lines.join('\n')).toMatch(/PMCEID1_EL0 +ours 0x0000000000000002 +QEMU 0x0000000000000000/);
}));

test('the first instruction after which they differ is shown with both values', () => withProgram(async args => {
  const ours = new Ours('cortex-a57', { memory: MEMORY, gicVersion: 2 });
  const qemu = await Qemu.start({ cpu: 'cortex-a57', memory: MEMORY, gicVersion: 2, args });
  try {
    const runner = new Runner(ours, qemu);
    await runner.adopt();
    for (let n = 0; n < 11; n++) expect(await runner.step()).toBeUndefined();
    ours.ram[0x30_0010] = 1;
    expect(runner.compareMemory()).toEqual([{ name: '[0x40300010]', ours: 1n, qemu: 0n }]);
    ours.guest.state.x[1] = 5n;
    const found = await runner.step();
    if (typeof found !== 'object') throw new Error('the difference was not seen');
    const text = findingText(found);
    expect(text.filter(line => line.startsWith('>'))).toEqual(['> 0x000000004010002c  add x1, x1, x19']);
    expect(text.at(-1)).toBe('  * X1                 ours 0x0000000000001239  QEMU 0x0000000000001234  bits 0x000000000000000d');
  } finally {
    qemu.close();
  }
}));
