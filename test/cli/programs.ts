/** Small bare-metal programs as raw code, and the command line as a process. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../temporary.ts';

export const folder = temporaryFolder('cli');
export const tessera = fileURLToPath(new URL('../../bin/tessera.mjs', import.meta.url));

/** A file with these A64 words, for -kernel. */
export function programFile(name: string, words: readonly number[]): string {
  const file = join(folder, name);
  writeFileSync(file, Uint32Array.from(words));
  return file;
}

/** Prints `>`, then gives back what it is sent over the PL011, until it is sent `q`: then it powers the machine off through PSCI. */
export const ECHO = [
  0xd2a12000, // mov   x0, #0x9000000
  0x528007c2, // mov   w2, #'>'
  0xb9000002, // str   w2, [x0]             DR
  0xb9401801, // 1: ldr w1, [x0, #0x18]     FR
  0x3727ffe1, // tbnz  w1, #4, 1b           RXFE
  0xb9400002, // ldr   w2, [x0]             DR
  0x7101c45f, // cmp   w2, #'q'
  0x54000060, // b.eq  2f
  0xb9000002, // str   w2, [x0]
  0x17fffffa, // b     1b
  0x52800100, // 2: mov w0, #8              SYSTEM_OFF
  0x72b08000, // movk  w0, #0x8400, lsl #16
  0xd4000002, // hvc   #0
];

export interface Ended { readonly status: number | null; readonly out: string; readonly err: string }

export function runTessera(args: readonly string[], input?: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [tessera, ...args], { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => { out += chunk; });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => { err += chunk; });
    child.on('error', reject);
    child.on('close', status => resolve({ status, out, err }));
    if (input !== undefined) child.stdin?.end(input);
  });
}
