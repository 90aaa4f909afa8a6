/** `-smp`: how many CPUs, and how they are grouped (qemu(1)); what isn't said follows from the rest, cores before sockets. */
import { TesseraError } from '../base/errors.ts';
import type { Topology } from '../machine/index.ts';
import { oneOf, parseList } from './values.ts';

export interface CpuCount {
  readonly smp: number;
  readonly topology: Topology;
}

const GROUPS = ['sockets', 'clusters', 'cores', 'threads'] as const;
const KEYS = ['cpus', 'maxcpus', 'drawers', 'books', 'dies', 'modules', ...GROUPS] as const;

export function parseSmp(flag: string, value: string): CpuCount {
  const given = new Map<(typeof KEYS)[number], number>();
  for (const [key, text] of parseList(value, 'cpus')) {
    const name = oneOf(flag, key, KEYS);
    if (!/^[1-9]\d{0,3}$/.test(text)) throw new TesseraError(`${flag} ${key}=${text}: not a number of CPUs; write it like 4`);
    given.set(name, Number(text));
  }
  for (const name of ['drawers', 'books', 'dies', 'modules'] as const) {
    if ((given.get(name) ?? 1) > 1) throw new TesseraError(`${flag} ${name}: the CPUs of this machine have sockets, clusters, cores and threads only`);
  }
  const groups = new Map(GROUPS.map(name => [name, given.get(name)]));
  const product = (): number => GROUPS.reduce((n, name) => n * (groups.get(name) ?? 1), 1);
  const all = given.get('maxcpus') ?? given.get('cpus');
  if (all !== undefined) {
    const rest = GROUPS.find(name => name === 'cores' && groups.get(name) === undefined) ?? GROUPS.find(name => groups.get(name) === undefined);
    if (rest) groups.set(rest, Math.max(1, Math.floor(all / product())));
  }
  const maxcpus = all ?? product();
  const smp = given.get('cpus') ?? maxcpus;
  const [sockets, clusters, cores, threads] = GROUPS.map(name => groups.get(name) ?? 1) as [number, number, number, number];
  if (product() !== maxcpus) {
    const shape = `sockets ${sockets} * clusters ${clusters} * cores ${cores} * threads ${threads}`;
    throw new TesseraError(`${flag} ${value}: the groups have to make up maxcpus, and ${shape} is ${product()}, not ${maxcpus}`);
  }
  if (smp > maxcpus) throw new TesseraError(`${flag} ${value}: maxcpus is less than cpus`);
  return { smp, topology: { sockets, clusters, cores, threads } };
}
