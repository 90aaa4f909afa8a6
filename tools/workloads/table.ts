/** What came of the workloads as a table: ours beside QEMU's. */
export interface Outcome {
  readonly engine: string;
  readonly cpu: string;
  readonly name: string;
  /** Why it did not pass. */
  readonly wrong: string | undefined;
  /** CPU seconds of the emulator. */
  readonly seconds: number;
  /** What must be the same everywhere. */
  readonly printed?: string;
  /** Of what runs for a given time: work a second. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Slower by this than QEMU is worth a look. */
const SLOW = 3;

export function table(outcomes: readonly Outcome[]): { text: string; failed: boolean } {
  const lines = [`${'cpu'.padEnd(12)}${'workload'.padEnd(30)}${'result'.padEnd(12)}${'ours s'.padStart(9)}${'QEMU s'.padStart(9)}${'ratio'.padStart(8)}`];
  let failed = false;
  for (const key of new Set(outcomes.map(({ cpu, name }) => `${cpu}\t${name}`))) {
    const [cpu = '', name = ''] = key.split('\t');
    const of = (engine: string): Outcome | undefined => outcomes.find(o => o.cpu === cpu && o.name === name && o.engine === engine);
    const [ours, theirs] = [of('ours'), of('qemu')];
    const different = ours?.printed !== undefined && theirs?.printed !== undefined && ours.printed !== theirs.printed;
    const result = ours?.wrong !== undefined ? 'FAILED' : different ? 'DIFFERENT' : theirs?.wrong !== undefined ? 'QEMU FAILS' : 'passed';
    if (result === 'FAILED' || result === 'DIFFERENT') failed = true;
    const ratios = figureRatios(ours, theirs);
    const ratio = ratios.length > 0 ? geometricMean(ratios.map(([, value]) => value)) : ours && theirs ? ours.seconds / theirs.seconds : NaN;
    lines.push(`${cpu.padEnd(12)}${name.padEnd(30)}${result.padEnd(12)}${number(ours?.seconds)}${number(theirs?.seconds)}${number(ratio, 8)}`);
    if (ours?.wrong !== undefined) lines.push(`  ${ours.wrong}`);
    if (different) lines.push(...firstDifference(ours.printed ?? '', theirs.printed ?? ''));
    for (const [figure, value] of ratios) if (value > SLOW) lines.push(`  ${figure.padEnd(40)} ${value.toFixed(1)} times slower`);
  }
  return { text: `${lines.join('\n')}\n`, failed };
}

/** How many times slower, by figure. */
function figureRatios(ours: Outcome | undefined, theirs: Outcome | undefined): [string, number][] {
  if (!ours?.figures || !theirs?.figures) return [];
  const { figures } = ours;
  return Object.entries(theirs.figures).filter(([name, value]) => value > 0 && (figures[name] ?? 0) > 0).map(([name, value]) => [name, value / figures[name]!]);
}

const geometricMean = (values: readonly number[]): number => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

const number = (value: number | undefined, width = 9): string => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2)).padStart(width);

function firstDifference(ours: string, theirs: string): string[] {
  const [a, b] = [ours.split(/\r?\n/), theirs.split(/\r?\n/)];
  const at = a.findIndex((line, i) => line !== b[i]);
  return [`  ours: ${a[at < 0 ? a.length : at] ?? ''}`, `  QEMU: ${b[at < 0 ? a.length : at] ?? ''}`];
}
