/** `npm run bench -- [names] [--quick] [--json FILE] [--picture FILE]`: measures the real services, and floors beside them. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startBenchStack } from './bench-stack';
import { measureRows } from './measure';
import type { Row } from './row';
import { ROWS } from './rows';
import { reportOf, tableOf } from './table';

const REPEATS = 5;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const { values: options, positionals: names } = parseArgs({
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      picture: { type: 'string' },
    },
  });
  const unknown = names.filter((name) => !ROWS.some((row) => row.name === name));
  if (unknown.length > 0) {
    say(`there is no ${unknown.join(', ')}; there are ${ROWS.map((row) => row.name).join(', ')}`);
    return 2;
  }
  const isWanted = ({ name, onlyInFull }: Row): boolean =>
    names.length === 0 ? !(options.quick && onlyInFull) : names.includes(name);
  const rows = ROWS.filter(isWanted);
  say('Starting Postgres, NATS, Redis and the three services');
  const stack = await startBenchStack();
  const measured = await measureRows(rows, { stack, quick: options.quick, repeats: REPEATS, say }).finally(
    () => stack.close(),
  );
  process.stdout.write(`${tableOf(measured)}\n`);
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(reportOf(measured, options), null, 2)}\n`);
  const drawn = measured.flatMap(({ figures }) => figures).find(({ picture }) => picture !== undefined);
  if (options.picture !== undefined && drawn?.picture !== undefined)
    writeFileSync(options.picture, drawn.picture);
  return measured.every(({ refused }) => refused === null) ? 0 : 1;
}

void main().then(
  (code) => (process.exitCode = code),
  (failure: unknown) => {
    say(failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));
    process.exitCode = 1;
  },
);
