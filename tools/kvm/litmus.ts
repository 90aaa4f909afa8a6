/** Memory order between the CPUs of a machine, in as many rounds as wanted: node tools/kvm/litmus.ts [ROUNDS] [NAME]. */
import { runSmp } from '../../test/machine/smp-run.ts';
import { smpCases, smpElf } from '../../test/machine/smp-programs.ts';

const [rounds = '1e6', name = '', mode = 'threads'] = process.argv.slice(2);
for (const c of smpCases.filter(({ name: n }) => n.includes(name))) {
  const start = performance.now();
  const { ending, results } = await runSmp(smpElf(c, Number(rounds)), c.cpus, mode === 'threads');
  const expected = c.expected?.(c.cpus, Number(rounds)) ?? [0];
  const right = ending.kind === 'exit' && ending.status === 0 && expected.every((n, i) => results[i] === n);
  if (!right) process.exitCode = 1;
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${right ? 'ok  ' : 'FAIL'} ${c.name}: ${rounds} rounds, ${seconds} s, ${results.slice(0, expected.length).join(' ')}${right ? '' : `, expected ${expected.join(' ')}; ${JSON.stringify(ending)}`}`);
}
