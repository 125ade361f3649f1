/** What the programs say of themselves: their settings, whether they would start with given ones, and their metrics. */
import { rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundle, ownFolder, root } from '../bundle.mjs';

export const services = ['gateway', 'merge', 'delta'];
const configured = [...services, 'standalone'];
const source = (file) => JSON.stringify(path.join(root, 'apps', file));

const entry = `
export { createMetrics } from '@syncline/telemetry';
${configured.map((app) => `export * as ${app} from ${source(`${app}/src/config.ts`)};`).join('\n')}
${services.map((app) => `export * as ${app}Counts from ${source(`${app}/src/${app}-metrics.ts`)};`).join('\n')}
`;

const isTable = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).some((each) => typeof each?.parse === 'function');

/** All series of what the programs count. */
function seriesOf({ createMetrics, gatewayCounts, mergeCounts, deltaCounts }) {
  const metrics = createMetrics({ withProcess: false });
  gatewayCounts.gatewayMetrics(metrics);
  mergeCounts.mergeMetrics(metrics);
  deltaCounts.deltaMetrics(metrics);
  return metrics
    .catalogue()
    .flatMap(({ name, kind }) =>
      kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
}

/**
 * `{ series, programs }`, with `programs[name]` as `{ settings, problems(environment) }`: `settings` by the names of their
 * variables, `problems` what the program itself would say.
 */
export async function loadPrograms() {
  const folder = ownFolder();
  try {
    const file = path.join(folder, 'programs.ts');
    writeFileSync(file, entry);
    const loaded = createRequire(import.meta.url)(await bundle(file, folder));
    const programs = configured.map((name) => {
      const table = Object.values(loaded[name]).find(isTable);
      const settings = Object.values(table).map((setting) => [`SYNCLINE_${setting.name}`, setting]);
      const problems = (environment) => {
        const read = loaded[name].readConfig(environment);
        return read.ok ? [] : read.problems;
      };
      return [name, { settings: Object.fromEntries(settings), problems }];
    });
    return { programs: Object.fromEntries(programs), series: seriesOf(loaded) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a secret that is not in the repository may look like. */
const samples = {
  SYNCLINE_POSTGRES_URL: 'postgres://user:password@database:5432/syncline',
  SYNCLINE_NATS_URL: 'nats://user:password@nats:4222',
  SYNCLINE_REDIS_URL: 'redis://:password@redis:6379',
  SYNCLINE_CURSOR_KEYS: `1:${Buffer.alloc(32).toString('base64')}`,
  SYNCLINE_TOKEN_SECRET: 'x'.repeat(32),
  SYNCLINE_AUDIT_KEY: `1:${Buffer.alloc(32).toString('base64')}`,
};

const fileSuffix = '_FILE';

/** The secret setting that a variable such as `SYNCLINE_CURSOR_KEYS_FILE` gives from a file; null for any other. */
export function secretBehind({ settings }, variable) {
  if (!variable.endsWith(fileSuffix)) return null;
  const name = variable.slice(0, -fileSuffix.length);
  return settings[name]?.secret ? name : null;
}

/** What the program would say, if the files held what they should. `secretAt` gives what is known to be in one. */
export function startProblems(program, environment, secretAt = () => null) {
  const inPlace = Object.entries(environment).map(([variable, value]) => {
    const name = secretBehind(program, variable);
    return name === null ? [variable, value] : [name, secretAt(value) ?? samples[name]];
  });
  return program.problems(Object.fromEntries(inPlace));
}

/** `{ grpc: 7410, ops: 7411 }` by an environment and what holds without it. */
export function portsOf({ settings }, environment = {}) {
  const listening = /^SYNCLINE_(GRPC|HTTP|OPS)_ADDRESS$/;
  return Object.fromEntries(
    Object.entries(settings).flatMap(([variable, { whenUnset }]) => {
      const [, name] = listening.exec(variable) ?? [];
      const address = environment[variable] ?? whenUnset.text;
      return name === undefined ? [] : [[name.toLowerCase(), Number(address.split(':').at(-1))]];
    }),
  );
}
