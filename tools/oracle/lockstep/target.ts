/** Registers as a GDB server's target description lists them (GDB manual, appendix G). */
import type { RspClient } from './rsp.ts';

export interface TargetRegister {
  readonly name: string;
  readonly number: number;
  readonly bits: number;
}

const CHUNK = 0xff0;

/** Fetches target.xml with what it includes. */
export async function targetRegisters(client: RspClient): Promise<Map<string, TargetRegister>> {
  const registers = new Map<string, TargetRegister>();
  const files = ['target.xml'];
  let next = 0;
  for (const file of files) {
    const text = await transfer(client, file);
    for (const [, included] of text.matchAll(/<xi:include href="([^"]+)"/g)) if (!files.includes(included!)) files.push(included!);
    for (const [, attributes] of text.matchAll(/<reg\s([^>]*)>/g)) {
      const of = (name: string): string | undefined => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes!)?.[1];
      // A register without a number follows the one before it.
      const number = Number(of('regnum') ?? next);
      next = number + 1;
      const name = of('name');
      if (name !== undefined) registers.set(name, { name, number, bits: Number(of('bitsize')) });
    }
  }
  return registers;
}

async function transfer(client: RspClient, file: string): Promise<string> {
  let text = '';
  for (;;) {
    const answer = await client.request(`qXfer:features:read:${file}:${text.length.toString(16)},${CHUNK.toString(16)}`);
    if (answer[0] !== 'm' && answer[0] !== 'l') throw new Error(`the GDB server has no ${file}: '${answer}'`);
    text += answer.slice(1);
    if (answer[0] === 'l') return text;
  }
}

/** A value in the hexadecimal digits of its bytes, the lowest first. */
export function fromHex(hex: string): bigint {
  let digits = '';
  for (let i = hex.length - 2; i >= 0; i -= 2) digits += hex.slice(i, i + 2);
  return BigInt(`0x${digits || '0'}`);
}

export function toHex(value: bigint, bits: number): string {
  let hex = '';
  for (let at = 0; at < bits; at += 8) hex += ((value >> BigInt(at)) & 0xffn).toString(16).padStart(2, '0');
  return hex;
}
