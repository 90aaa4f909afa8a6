/**
 * Memory order and what else CPUs see of each other, in as many rounds as wanted: node tools/kvm/litmus.ts [ROUNDS] [PART OF A NAME]
 * [threads|turns] [INSTANCES]. Litmus tests do so many instances, a power of 2, from one meeting of the CPUs to the next, each
 * of which is a round. What the readers saw of them is printed, 1 for the writer's value, `*` at the outcome that is forbidden:
 * only where there are many of the others have the CPUs met. SB without order is the control: its 00 has to be seen, for which
 * the host needs two free cores.
 */
import { smpCases, smpExpected, type SmpCase } from '../../test/machine/smp-programs.ts';
import { runSmp } from '../../test/machine/smp-run.ts';

const [count = '1e6', name = '', mode = 'threads', some = '4096'] = process.argv.slice(2);

function outcomes({ litmus }: SmpCase, histogram: readonly number[]): string {
  const { observers, forbidden } = litmus!;
  return histogram.slice(0, 2 ** observers.length)
    .map((n, seen) => `${seen.toString(2).padStart(observers.length, '0')}${seen === forbidden ? '*' : ''}:${n}`).join(' ');
}

for (const c of smpCases.filter(({ name: n }) => n.includes(name))) {
  const [start, before] = [performance.now(), process.cpuUsage()];
  const instances = c.litmus ? Number(some) : 2;
  const size = { cpus: c.cpus, instances, rounds: Math.ceil(Number(count) / (c.litmus ? instances : 1)) };
  const { ending, results, histograms } = await runSmp([c], size, mode === 'threads');
  const [found, expected] = [results[c.name], smpExpected([c], size.cpus, size.rounds, instances)[c.name]].map(v => JSON.stringify(v));
  const blind = mode === 'threads' && c.litmus?.relaxed !== undefined && !histograms[c.name]![c.litmus.relaxed];
  const right = ending.kind === 'exit' && ending.status === 0 && found === expected && !blind;
  if (!right) process.exitCode = 1;
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const took = `${seconds.toFixed(1)} s on ${((user + system) / 1e6 / seconds).toFixed(1)} cores`;
  const rounds = size.rounds * (c.litmus ? instances : 1);
  const why = blind ? 'no change of order was seen: are two cores free?' : `found ${found}, expected ${expected}; ${JSON.stringify(ending)}`;
  const what = c.litmus ? outcomes(c, histograms[c.name]!) : found;
  console.log(`${right ? 'ok  ' : 'FAIL'} ${c.name}: ${rounds} rounds, ${took}, ${what}${right ? '' : `; ${why}`}`);
}
