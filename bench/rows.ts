/** The rows of the benchmark, in the order in which they run in one boot. */
export interface Row {
  readonly name: string;
  readonly doc: string;
  /** What is typed into the guest's shell; boot has none. */
  readonly command?: string;
  /** Typed before it and not measured. */
  readonly prepare?: string;
  /** The most that we may need of the CPU time that QEMU needs. */
  readonly bar: number;
}

export const rows: readonly Row[] = [
  { name: 'boot', doc: 'kernel boot to the prompt', bar: 3 },
  { name: 'integer', doc: 'integer loop', command: 'bench integer', bar: 2 },
  { name: 'stream', doc: 'memory streaming', command: 'bench stream', bar: 2 },
  { name: 'chase', doc: 'pointer chase', command: 'bench chase', bar: 2 },
  { name: 'calls', doc: 'call and return', command: 'bench calls', bar: 2 },
  { name: 'fp', doc: 'floating point', command: 'bench fp', bar: 2 },
  { name: 'sha256', doc: 'SHA-256 in C', command: 'bench sha256', bar: 5 },
  { name: 'gzip', doc: 'gzip of 64 MB', prepare: 'bench data > /tmp/data', command: 'gzip -c /tmp/data | md5sum', bar: 5 },
  { name: 'fork', doc: 'shell loop with 500 forks', command: 'i=0; while [ $i -lt 500 ]; do bench nothing; i=$((i+1)); done; echo $i', bar: 5 },
];
