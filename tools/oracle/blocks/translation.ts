/** What the engine makes of a block, for people: its IR, and its WebAssembly as hexadecimal digits. */
import { pseudo, SIMD, TRUNC } from '../../../src/ir/ops.ts';
import { codeKey, variant } from '../../../src/jit/key-map.ts';
import { Tracer } from '../../../src/jit/trace.ts';
import { Translator } from '../../../src/jit/translator.ts';
import type { Engine } from '../../../src/vcpu/engine.ts';
import { op as opcodes, simd } from '../../../src/wasm/opcodes.ts';

const LIMIT = 96;
const PAGE = 4096;
const CODE_SECTION = 10;
const HEADER = 8;

/** Of the unit that starts at arena address `at`. */
export function translation(engine: Engine, at: number, mode: number): { readonly ir: string[]; readonly wasm: string } {
  const [page, offset] = [at - (at % PAGE), at % PAGE];
  const tracer = new Tracer(engine.arch, engine.space);
  tracer.record(page, offset, mode, LIMIT);
  const { g } = tracer.ir;
  const ir = Array.from({ length: g.count }, (_, n) => {
    const operands = [g.a[n]!, g.b[n]!, g.c[n]!].filter(x => x >= 0).map(x => `%${x}`);
    const numbers = [g.lo[n]!, g.hi[n]!].map(x => (x >>> 0).toString(16));
    return `%${n} = ${nameOf(g.op[n]!)} ${[...operands, `[${numbers.join(' ')}]`].join(' ')}`;
  });
  const entry = { key: codeKey(page, offset, variant(mode, false)), page, offset, mode, counted: false };
  const { bytes } = new Translator(engine.arch, engine.space).translate([entry], 0, key => engine.cache.cellOf(key), LIMIT);
  return { ir, wasm: Buffer.from(lastFunction(bytes)).toString('hex') };
}

const plain = new Map(Object.entries(opcodes).map(([name, code]) => [code as number, name]));
const pseudos = new Map(Object.entries(pseudo).map(([name, code]) => [code as number, name]));
const vectors = new Map(Object.entries(simd).flatMap(([name, code]): [number, string][] =>
  (typeof code === 'number' ? [[code, name]] : Object.entries(code).map(([size, n]) => [n as number, `${name}${size}`]))));

function nameOf(op: number): string {
  if (pseudos.has(op)) return pseudos.get(op)!;
  if (op >= TRUNC && op < 0x400) return `truncSat ${op - TRUNC}`;
  if (op >= SIMD && op < TRUNC) return `v.${vectors.get(op - SIMD) ?? op - SIMD}`;
  return plain.get(op) ?? `0x${op.toString(16)}`;
}

/** The body of a module's last function (core specification 5.5.13). */
function lastFunction(bytes: Uint8Array): Uint8Array {
  let at = HEADER;
  const uleb = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = uleb();
    if (id !== CODE_SECTION) {
      at += size;
      continue;
    }
    let body = new Uint8Array();
    for (let left = uleb(); left > 0; left--) {
      const length = uleb();
      body = bytes.slice(at, at + length);
      at += length;
    }
    return body;
  }
  return new Uint8Array();
}
