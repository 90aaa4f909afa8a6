import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { FdtNode } from '../../src/base/devicetree.ts';
import { buildFdt, encodeValue, mergeFdt, parseFdt } from '../../src/boot/fdt.ts';

const tree: FdtNode = {
  compatible: ['first', 'second'],
  '#address-cells': 2,
  soc: {
    reg: [1, 0xffff_ffff],
    flag: true,
    big: 0x1_0000_0002n,
    raw: Uint8Array.of(1, 2, 3),
    'dev@0': { compatible: 'first', deeper: {} },
  },
  after: 'a property behind a node',
  empty: {},
};
const decoded = {
  compatible: encodeValue(['first', 'second']),
  '#address-cells': Uint8Array.of(0, 0, 0, 2),
  after: encodeValue('a property behind a node'),
  soc: {
    reg: Uint8Array.of(0, 0, 0, 1, 255, 255, 255, 255),
    flag: new Uint8Array(),
    big: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2),
    raw: Uint8Array.of(1, 2, 3),
    'dev@0': { compatible: encodeValue('first'), deeper: {} },
  },
  empty: {},
};
/** Nodes of parsed trees have no prototype. */
const plain = (node: FdtNode): unknown =>
  Object.fromEntries(Object.entries(node).map(([k, v]) => [k, v instanceof Uint8Array ? v : plain(v as FdtNode)]));

test('C1.3 FDT: what is built is parsed again', () => {
  expect(plain(parseFdt(buildFdt(tree)))).toEqual(decoded);
});

test('C1.3 FDT: names are stored once', () => {
  const text = new TextDecoder('latin1').decode(buildFdt(tree));
  expect(text.split('compatible\0')).toHaveLength(2);
});

test('C1.3 FDT: dtc reads it without a complaint about the format', () => {
  const { stdout, stderr, status } = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', '-q', '-'], { input: buildFdt(tree) });
  expect(stderr.toString()).toBe('');
  expect(status).toBe(0);
  expect(stdout.toString().replace(/\s+/g, ' ')).toContain('soc { reg = <0x01 0xffffffff>; flag; big = <0x01 0x02>; raw = [01 02 03];');
});

test('C1.3 FDT: trees are merged deeply, the second wins', () => {
  const merged = mergeFdt({ a: 1, chosen: { bootargs: 'x', kept: 2 } }, { chosen: { bootargs: 'y' }, b: {} });
  expect(merged).toEqual({ a: 1, chosen: { bootargs: 'y', kept: 2 }, b: {} });
});

test('C1.3 FDT: every cut and every flipped byte is an error of one line or another tree, never a crash', () => {
  const blob = buildFdt(tree);
  for (let n = 0; n < blob.length - 4; n++) expect(() => parseFdt(blob.subarray(0, n))).toThrow(/^this is not a usable device tree: .+$/);
  for (let n = 0; n < blob.length; n++) {
    const damaged = blob.slice();
    damaged[n] = (damaged[n] ?? 0) ^ 0xff;
    try {
      parseFdt(damaged);
    } catch (error) {
      expect(String(error)).toMatch(/^TesseraError: this is not a usable device tree: .+$/);
    }
  }
});

test('C1.3 FDT: bottomless nesting is refused', () => {
  let deep: FdtNode = {};
  for (let i = 0; i < 100; i++) deep = { n: deep };
  expect(() => parseFdt(buildFdt(deep))).toThrow('nested deeper than 64');
});
