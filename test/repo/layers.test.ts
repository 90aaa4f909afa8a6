/** The rules of the source tree: which folder may know which, and who may touch Node. */
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { imports, read, root, tracked } from './tree.ts';

/**
 * What each layer may import besides itself. The order is the design's: base, isa, guest/*; float, guest/*; base, wasm; isa and wasm, ir,
 * jit, vcpu, kvm, device and boot, machine, gdb, cli.
 */
const below: Readonly<Record<string, readonly string[]>> = {
  base: [],
  isa: ['base'],
  float: [],
  guest: ['base', 'isa', 'float'],
  wasm: ['base'],
  ir: ['base', 'isa', 'wasm'],
  jit: ['base', 'isa', 'wasm', 'ir'],
  vcpu: ['base', 'isa', 'wasm', 'ir', 'jit'],
  kvm: ['base', 'isa', 'guest', 'vcpu'],
  device: ['base'],
  boot: ['base'],
  machine: ['base', 'device', 'boot', 'kvm'],
  gdb: ['base', 'kvm', 'machine'],
  host: ['base', 'kvm', 'machine', 'gdb', 'vcpu'],
  cli: ['base', 'kvm', 'device', 'machine', 'gdb', 'host'],
};

const layerOf = (file: string): string => file.split('/')[1]!;
const sources = tracked().filter(file => file.startsWith('src/') && file.endsWith('.ts') && file.split('/').length > 2);

describe('layers', () => {
  it('every folder of src has its place in the order', () => {
    expect([...new Set(sources.map(layerOf))].filter(layer => !(layer in below))).toEqual([]);
  });

  it('imports go down only', () => {
    const wrong = sources.flatMap(file => imports(file).filter(to => to.startsWith('.')).map(to => {
      const target = relative(root, join(dirname(join(root, file)), to));
      const allowed = target.startsWith('src/') && (layerOf(target) === layerOf(file) || below[layerOf(file)]?.includes(layerOf(target)));
      return allowed ? '' : `${file} imports ${target}`;
    })).filter(Boolean);
    expect(wrong).toEqual([]);
  });

  it('a guest knows no other guest', () => {
    const wrong = sources.filter(file => layerOf(file) === 'guest').flatMap(file => imports(file)
      .map(to => relative(root, join(dirname(join(root, file)), to)))
      .filter(target => target.startsWith('src/guest/') && target.split('/')[2] !== file.split('/')[2])
      .map(target => `${file} imports ${target}`));
    expect(wrong).toEqual([]);
  });

  it('node: is touched by host and cli only', () => {
    const wrong = sources.filter(file => !['host', 'cli'].includes(layerOf(file)) && imports(file).some(to => to.startsWith('node:')));
    expect(wrong).toEqual([]);
  });

  it('the engine names no guest', () => {
    const engine = sources.filter(file => ['isa', 'float', 'wasm', 'ir', 'jit', 'vcpu'].includes(layerOf(file)));
    // Comments may say who needs a thing; code may not.
    const wrong = engine.filter(file => /aarch64|arm64|\bppc\b|powerpc/i.test(withoutComments(read(file))));
    expect(wrong).toEqual([]);
  });
});

const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
