/**
 * Peers that send and send, to the GDB server of a process whose guest prints dots: `node tools/gdb/hostile.ts [MEGABYTES [CPUS]]` (1024, 1).
 * One sends a packet that never ends, one random bytes. The guest has to go on meanwhile, memory has to stay what it is, and the next
 * debugger has to be served, in the same process and at the same port by a new one. Status 1 where it isn't so.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../src/base/random.ts';
import { packet } from '../../src/gdb/packets.ts';

const PIECE = 1 << 20;
const PATIENCE_MS = 10_000;
/** What a process may grow by while it is flooded, in MiB: garbage that waits to be collected. */
const MARGIN = 100;

const DOTS = Uint32Array.of(
  0xd2a12000, // mov  x0, #0x9000000
  0x528005c2, // mov  w2, #'.'
  0xd2a02001, // 1: mov x1, #0x1000000
  0xf1000421, // 2: subs x1, x1, #1
  0x54ffffe1, // b.ne 2b
  0xb9000002, // str  w2, [x0]  PL011 DR
  0x17fffffc, // b    1b
);

class Guest {
  dots = 0;
  private errors = '';
  private readonly child;

  constructor(kernel: string, port: number, cpus: string) {
    const tessera = fileURLToPath(new URL('../../bin/tessera.mjs', import.meta.url));
    this.child = spawn(process.execPath, [tessera, '-kernel', kernel, '-nographic', '-smp', cpus, '-gdb', `tcp:127.0.0.1:${port}`]);
    this.child.stdout.on('data', (text: Buffer) => { this.dots += text.length; });
    this.child.stderr.on('data', (text: Buffer) => { this.errors += text.toString(); });
  }

  /** Where it listens, if any port would do. */
  port(): Promise<number> {
    return until('the process listens', () => Number(/port (\d+)/.exec(this.errors)?.[1]) || undefined);
  }

  /** MiB that it has in memory. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'latin1');
    return Math.round(Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024);
  }

  async goesOn(): Promise<void> {
    const before = this.dots;
    await until('the guest goes on', () => this.dots > before || undefined);
  }

  async end(): Promise<void> {
    const gone = new Promise(resolve => { this.child.once('close', resolve); });
    this.child.kill();
    await gone;
  }
}

async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (const start = Date.now(); Date.now() - start < PATIENCE_MS;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise(resolve => { setTimeout(resolve, 10); });
  }
  throw new Error(`${what}: not within ${PATIENCE_MS / 1000} s`);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

/** A debugger stops the guest and leaves. It is turned away as long as the one before has bytes on their way. */
async function serves(guest: Guest, port: number): Promise<void> {
  const start = Date.now();
  for (let served = false; !served;) {
    if (Date.now() - start > PATIENCE_MS) throw new Error('the next debugger isn\'t served');
    const socket = await connected(port);
    const answer = new Promise<boolean>(resolve => {
      let heard = '';
      socket.on('data', (text: Buffer) => {
        heard += text.toString('latin1');
        if (/\$T05/.test(heard)) resolve(true);
      });
      socket.once('close', () => { resolve(false); });
    });
    socket.write(packet('?'));
    served = await answer;
    socket.destroy();
  }
  await guest.goesOn();
}

/** Sends the pieces again and again, behind `head`. False where something wasn't as it has to be. */
async function flood(name: string, guest: Guest, port: number, head: string, pieces: readonly Uint8Array[]): Promise<boolean> {
  const [before, dots, start] = [guest.memory, guest.dots, Date.now()];
  const socket = await connected(port);
  socket.resume();
  let most = before;
  socket.write(head);
  for (let n = 0; n < megabytes; n++) {
    if (!socket.write(pieces[n % pieces.length]!)) await new Promise(resolve => { socket.once('drain', resolve); });
    most = Math.max(most, guest.memory);
  }
  const seconds = (Date.now() - start) / 1000;
  const printed = guest.dots - dots;
  await guest.goesOn();
  socket.destroy();
  await serves(guest, port);
  console.log(`${name}: ${megabytes} MiB in ${seconds.toFixed(1)} s, ${printed} dots meanwhile; RSS ${before} MiB before, ${most} at most, ${guest.memory} after`);
  return printed > 0 && most < before + MARGIN;
}

const [megabytes, cpus] = [Number(process.argv[2] ?? 1024), process.argv[3] ?? '1'];
const random = new Random(1);
const noise = Array.from({ length: 16 }, () => Uint8Array.from({ length: PIECE }, () => random.below(256)));
const endless = [Uint8Array.from({ length: PIECE }, (_, n) => 'ab'.charCodeAt(n % 2))];
const folder = mkdtempSync(join(tmpdir(), 'tessera-gdb-'));
let guest: Guest | undefined;
try {
  const kernel = join(folder, 'dots');
  writeFileSync(kernel, DOTS);
  guest = new Guest(kernel, 0, cpus);
  const port = await guest.port();
  await guest.goesOn();
  await serves(guest, port);
  const quiet = await flood('a packet without an end', guest, port, '$', endless);
  const loud = await flood('random bytes', guest, port, '', noise);
  await guest.end();
  guest = new Guest(kernel, port, cpus);
  await guest.goesOn();
  await serves(guest, port);
  console.log(`port ${port} served a new process`);
  process.exitCode = quiet && loud ? 0 : 1;
} finally {
  await guest?.end();
  rmSync(folder, { recursive: true, force: true });
}
