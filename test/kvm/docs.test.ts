/** docs/kvm-arm64.md says what is so. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.ts';
import * as kvm from '../../src/kvm/index.ts';
import { createVm } from './fake-cpu.ts';

const page = readFileSync(new URL('../../docs/kvm-arm64.md', import.meta.url), 'utf8');
const cells = (line: string): string[] => line.split('|').slice(1, -1).map(cell => cell.trim());
const rows = page.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('|---')).map(cells);
const capabilities = rows.filter(([number]) => /^\d+$/.test(number!));
const calls = rows.filter(([name]) => name!.startsWith('KVM_'));

test('each capability has the value that the page says, and none is left out', () => {
  const [small, max] = [createVm(silentLog, 'cortex-a57').kvm, createVm(silentLog, 'max').kvm];
  for (const [number, name, value] of capabilities) {
    const cap = Number(number);
    const constant = (kvm as Readonly<Record<string, unknown>>)[name!];
    expect([name, constant ?? cap]).toEqual([name, cap]);
    const [least, most] = [small.checkExtension(cap), max.checkExtension(cap)];
    if (value === 'model') expect([name, most > 0]).toEqual([name, true]);
    else expect([name, least, most]).toEqual([name, Number(value), Number(value)]);
  }
  const listed = new Set(capabilities.map(([, name]) => name));
  expect(Object.keys(kvm).filter(name => name.startsWith('KVM_CAP_') && !listed.has(name))).toEqual([]);
});

test('each call exists', () => {
  const { kvm: dev, vm } = createVm();
  const objects: Readonly<Record<string, object>> = { kvm: dev, vm, vcpu: vm.createVcpu(0), device: vm.createDevice(kvm.KVM_DEV_TYPE_ARM_VGIC_V3) };
  const named = calls.flatMap(([, here]) => [...here!.matchAll(/`(\w+)\.(\w+)`/g)].map(([, object, method]) => [object!, method!] as const));
  expect(named.length).toBeGreaterThan(40);
  for (const [object, method] of named) expect([object, method, typeof Reflect.get(objects[object]!, method)]).toEqual([object, method, 'function']);
});
