/** -gdb and -S as a process: who connects, who leaves, who can't; and the machine meanwhile. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { toText } from '../../src/gdb/bytes.ts';
import { packet } from '../../src/gdb/packets.ts';
import { ECHO, programFile, runTessera, tessera } from './programs.ts';

const echo = programFile('gdb-echo', ECHO);

/** What came out of a stream so far, and waiting for more. */
class Heard {
  text = '';
  private wake = (): void => {};
  constructor(stream: NodeJS.ReadableStream) {
    stream.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      this.wake();
    });
  }
  async sees(what: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = what.exec(this.text);
      if (found) return found;
      await new Promise<void>(resolve => { this.wake = resolve; });
    }
  }
}

interface Guest { readonly child: ChildProcessWithoutNullStreams; readonly out: Heard; readonly err: Heard; readonly status: Promise<number | null> }

function start(...args: string[]): Guest {
  const child = spawn(process.execPath, [tessera, '-kernel', echo, '--timeout', '100', ...args]);
  return { child, out: new Heard(child.stdout), err: new Heard(child.stderr), status: new Promise(resolve => { child.on('close', resolve); }) };
}

async function debuggerAt(port: number): Promise<{ socket: Socket; heard: Heard }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await new Promise(resolve => { socket.once('connect', resolve); });
  return { socket, heard: new Heard(socket) };
}

it('a debugger holds the machine, another is turned away, one that leaves lets it go, and the port is there for the next', async () => {
  const { child, out, err, status } = start('-S', '-gdb', 'tcp:127.0.0.1:0');
  const port = Number((await err.sees(/port (\d+)/))[1]);
  const first = await debuggerAt(port);
  first.socket.write(packet('?'));
  await first.heard.sees(/\$T05/);
  const second = await debuggerAt(port);
  await new Promise(resolve => { second.socket.once('close', resolve); });
  expect(out.text).toBe('');
  first.socket.write(packet('vCont;c'));
  await out.sees(/>/);
  first.socket.write('\x03');
  await first.heard.sees(/\$T02/);
  // Cut off in the middle of a packet.
  first.socket.write('$m400');
  first.socket.destroy();
  child.stdin.write('abc');
  await out.sees(/abc/);
  const flood = await debuggerAt(port);
  flood.socket.write('$');
  // `node tools/gdb/hostile.ts` sends a gigabyte.
  flood.socket.write(Buffer.alloc(4 << 20, 'a'));
  child.stdin.write('def');
  await out.sees(/def/);
  flood.socket.end();
  // Closed by the other side, too: it has read everything.
  await new Promise(resolve => { flood.socket.once('close', resolve); });
  const third = await debuggerAt(port);
  third.socket.write(toText(packet('qRcmd,71756974')), 'latin1'); // quit
  expect(await status).toBe(0);
}, 60_000);

it('-gdb stdio is for a debugger that starts the machine', async () => {
  const { child, out, status } = start('-S', '-gdb', 'stdio', '-serial', 'null');
  child.stdin.write(packet('?'));
  await out.sees(/\+\$T05/);
  child.stdin.write(packet('k'));
  expect(await status).toBe(0);
}, 60_000);

it('a port that somebody has is one line', async () => {
  const server = createServer();
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  const { status, err } = await runTessera(['-kernel', echo, '-gdb', `tcp:127.0.0.1:${port}`]);
  server.close();
  expect({ status, err }).toEqual({ status: 1, err: `tessera: -gdb tcp:127.0.0.1:${port}: the port is in use; another one may be free\n` });
}, 60_000);

it('-S without a debugger waits for the monitor', async () => {
  const { child, out, status } = start('-S', '-serial', 'null', '-monitor', 'stdio');
  child.stdin.write('info status\n');
  await out.sees(/VM status: paused/);
  child.stdin.write('cont\ninfo status\n');
  await out.sees(/VM status: running/);
  child.stdin.write('quit\n');
  expect(await status).toBe(0);
}, 60_000);
