/**
 * Writes docs/metrics.md, the table of everything that the services count, from the services themselves: `npm run metrics`.
 * With `--check` it writes nothing, and fails when the page is not what they give.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundle, root } from '../bundle.mjs';
import { generatedPage } from '../generated-page.mjs';

const services = ['gateway', 'merge', 'delta'];

const introduction = `# Metrics

Every service tells them at \`/metrics\` of its ops address, as OpenMetrics: what Prometheus scrapes. Buckets of times that a
trace is known of have an exemplar with its \`trace_id\`. Beside these there are those of Node, \`process_…\` and \`nodejs_…\`, such
as \`nodejs_eventloop_lag_p99_seconds\`, the delay of the event loop.

A name ends in its unit, and that of a counter in \`total\`; a histogram has the series \`…_bucket\`, \`…_sum\` and \`…_count\`. No
label holds an id of a space, a user or a device. Tenants are told apart up to the first hundred that an instance sees; the
others are \`other\`. The one process of \`npm start\` has the metrics of all services.

Written by \`npm run metrics\` from the services themselves. The dashboards in \`deploy/grafana\` and the alerts in
\`deploy/prometheus\` go by these names, and a test asks all of them of a real Prometheus.
`;

/** An entry that exports what every service counts with. */
const entry = `
export { createMetrics } from '@syncline/telemetry';
${services.map((app) => `export { ${app}Metrics as ${app} } from ${JSON.stringify(path.join(root, 'apps', app, 'src', `${app}-metrics.ts`))};`).join('\n')}
`;

async function factsByService(folder) {
  const file = path.join(folder, 'metrics.ts');
  writeFileSync(file, entry);
  const { createMetrics, ...made } = createRequire(import.meta.url)(await bundle(file, folder));
  return services.map((service) => {
    const metrics = createMetrics({ withProcess: false });
    made[service](metrics);
    return { service, facts: metrics.catalogue() };
  });
}

function table(byService) {
  const known = new Map();
  for (const { service, facts } of byService)
    for (const each of facts) {
      const before = known.get(each.name);
      known.set(each.name, { ...each, services: [...(before?.services ?? []), service] });
    }
  const rows = [...known.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  return [
    '| name | kind | labels | service | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ name, kind, labels, services: told, help }) => {
      const shown = labels.map((label) => `\`${label}\``).join(', ');
      return `| \`${name}\` | ${kind} | ${shown} | ${told.join(', ')} | ${help.replace(/\.$/, '')} |`;
    }),
  ].join('\n');
}

await generatedPage('docs/metrics.md', {
  make: async (folder) => `${introduction}\n${table(await factsByService(folder))}\n`,
  stale: 'is not what the services count: npm run metrics',
});
