/**
 * Memory order and what else CPUs see of each other, in as many rounds as wanted: node tools/kvm/litmus.ts [ROUNDS] [PART OF A NAME]
 * [threads|turns].
 */
import { smpCases, smpExpected } from '../../test/machine/smp-programs.ts';
import { runSmp } from '../../test/machine/smp-run.ts';

const [count = '1e6', name = '', mode = 'threads'] = process.argv.slice(2);
const rounds = Number(count);
for (const c of smpCases.filter(({ name: n }) => n.includes(name))) {
  const start = performance.now();
  const { ending, results } = await runSmp([c], c.cpus, rounds, mode === 'threads');
  const [found, expected] = [JSON.stringify(results[c.name]), JSON.stringify(smpExpected([c], c.cpus, rounds)[c.name])];
  const right = ending.kind === 'exit' && ending.status === 0 && found === expected;
  if (!right) process.exitCode = 1;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${right ? 'ok  ' : 'FAIL'} ${c.name}: ${rounds} rounds, ${seconds} s, ${found}${right ? '' : `, expected ${expected}; ${JSON.stringify(ending)}`}`);
}
