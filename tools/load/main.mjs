/**
 * `npm run load -- [scenarios] [--quick] [--grpc HOST:PORT] [--http HOST:PORT] [--token TOKEN] [--tls] [--p99-ms MS]
 * [--cache FOLDER]`: puts running services under more and more load, and writes a report. The token may also be in TOKEN;
 * ghz is kept in the cache once it was built.
 */
import { readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, ownFolder, root } from '../bundle.mjs';
import { findGhz } from './ghz.mjs';
import { climb } from './ramp.mjs';
import { keepReport, lastReport } from './reports.mjs';
import { furnish, reachService, remove } from './service.mjs';

const SECONDS = 6;
const QUICK_SECONDS = 2;
const SPACES = 16;
const PAYLOAD = Buffer.from(JSON.stringify({ title: 'A note', text: 'x'.repeat(180) })).toString('base64');

const say = (line) => process.stdout.write(`${line}\n`);
const all = readdirSync(path.join(root, 'tools/load/scenarios')).map((file) => path.basename(file, '.json'));

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    grpc: { type: 'string', default: '127.0.0.1:7400' },
    http: { type: 'string', default: '127.0.0.1:7401' },
    token: { type: 'string', default: process.env.TOKEN ?? '' },
    tls: { type: 'boolean', default: false },
    'p99-ms': { type: 'string' },
    cache: { type: 'string', default: path.join(root, '.cache') },
  },
});

async function main(folder) {
  const unknown = positionals.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`there is no ${unknown.join(', ')}; there are ${all.join(', ')}`);
  if (given.token === '')
    throw new Error('no token is given: npm run stack says one, to be put into TOKEN or behind --token');
  const service = await reachService(given);
  const ghz = findGhz(given.cache, say);
  const entry = path.join(root, 'libs/bench/src/ramp/index.ts');
  const rules = createRequire(import.meta.url)(await bundle(entry, folder));
  const run = `load-${Date.now().toString(36)}`;
  const { names, ...places } = await furnish(service, { run, spaces: SPACES, payload: PAYLOAD });
  const seconds = given.quick ? QUICK_SECONDS : SECONDS;
  const p99Ms = Number(given['p99-ms'] ?? rules.DEFAULT_BOUNDS.p99Ms);
  const { grpc, token, tls } = given;
  const bounds = { ...rules.DEFAULT_BOUNDS, p99Ms };
  const filled = { ...places, run, spaces: SPACES, payload: PAYLOAD };
  const load = { rules, service, ghz, folder, say, seconds, grpc, token, tls, bounds, places: filled, names };
  try {
    return await climbAll(load, positionals.length > 0 ? positionals : all);
  } finally {
    await remove(service, names).catch(({ message }) => say(`the spaces of this run are left: ${message}`));
  }
}

/** 1 when a scenario was too much already at its lowest rate. */
async function climbAll(load, names) {
  const { rules, seconds } = load;
  let code = 0;
  for (const name of names) {
    const report = await climb(load, name);
    const { page, comparison } = keepReport(rules, report, lastReport(name, seconds));
    if (report.stopped !== null) say(`  no further: ${report.stopped}`);
    const lines = comparison === null ? [] : rules.comparisonLines(comparison);
    for (const line of lines.filter((each) => each !== '')) say(`  ${line}`);
    say(`  ${page}`);
    if (rules.tooMuch(report.steps[0], report.bounds) !== null) code = 1;
  }
  return code;
}

const folder = ownFolder();
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

process.exitCode = await main(folder).catch((failure) => {
  process.stderr.write(`${failure.message}\n`);
  return 1;
});
