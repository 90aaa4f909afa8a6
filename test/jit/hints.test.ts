/** Branch hints: each lies at an `if` or `br_if` of its function, or an engine may refuse or ignore them all. */
import { expect, it } from 'vitest';
import { Arena } from '../../src/base/arena.ts';
import { cpuModels, createAArch64 } from '../../src/guest/aarch64/index.ts';
import { CodeSpace, type Imports } from '../../src/jit/code-space.ts';
import { codeKey, variant } from '../../src/jit/key-map.ts';
import { Translator } from '../../src/jit/translator.ts';
import { op } from '../../src/wasm/opcodes.ts';

/** A loop with loads, a pair, stores, an atomic operation, a helper and conditional exits. */
const program = [
  0xf8408403, // ldr x3, [x0], #8
  0xa9401424, // ldp x4, x5, [x1]
  0xf8206aa1, // str x1, [x21, x0]
  0xf8230086, // ldadd x3, x6, [x4]
  0xd53be041, // mrs x1, cntvct_el0
  0x1f420c20, // fmadd d0, d1, d2, d3
  0x3607ff43, // tbz w3, #0, .-24
  0xb5ffff25, // cbnz x5, .-28
  0xd65f03c0, // ret
];

it('the hints of a module of units lie at its branches', () => {
  const arena = new Arena(128 << 20);
  const none: Imports = { load: () => 0, store: () => 0, atomic: () => 0, helper: () => 0 };
  const arch = createAArch64(cpuModels['max']!);
  const page = arena.alloc(4096, 4096);
  arena.u32.set(program, page >>> 2);
  const entry = { key: codeKey(page, 0, variant(5, true)), page, offset: 0, mode: 5, counted: true };
  const { bytes } = new Translator(arch, new CodeSpace(arena, arch, none)).translate([entry], 10, () => 64, 96);
  expect(WebAssembly.validate(bytes)).toBe(true);
  const { hints, starts } = read(bytes);
  const last = Math.max(...hints.map(h => h.index));
  expect(hints.filter(h => h.index === last).length).toBeGreaterThan(8);
  for (const { index, offset } of hints) expect([op.if, op.brIf]).toContain(bytes[starts[index]! + offset]);
});

/** The hints, and where each function's body begins; imports have none. */
function read(bytes: Uint8Array): { hints: { index: number; offset: number }[]; starts: number[] } {
  let at = 8;
  const uleb = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const hints: { index: number; offset: number }[] = [];
  const starts: number[] = [];
  let imported = 0;
  while (at < bytes.length) {
    const id = bytes[at++]!;
    const length = uleb();
    const end = at + length;
    if (id === 2) imported = uleb() - 2;
    if (id === 0) {
      const name = uleb();
      expect(new TextDecoder().decode(bytes.subarray(at, at + name))).toBe('metadata.code.branch_hint');
      at += name;
      for (let functions = uleb(); functions > 0; functions--) {
        const index = uleb();
        for (let n = uleb(); n > 0; n--) {
          hints.push({ index, offset: uleb() });
          expect(uleb()).toBe(1);
          expect(bytes[at++]! >> 1).toBe(0);
        }
      }
    }
    if (id === 10) {
      const count = uleb();
      for (let n = 0; n < count; n++) {
        const size = uleb();
        starts[imported + n] = at;
        at += size;
      }
    }
    at = end;
  }
  return { hints, starts };
}
