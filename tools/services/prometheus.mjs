/**
 * Prometheus for tests, found on this machine or installed as the other servers are.
 *
 *     node tools/services/prometheus.mjs start '{"targets":{"gateway":["127.0.0.1:7402"]},"rules":"deploy/prometheus/rules"}'
 *
 * scrapes every second, says its address on the first line, and ends with its input. `promtool <arguments>` in the place of
 * `start` runs that program.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../bundle.mjs';
import { folderOf, install, servers } from './binaries.mjs';
import { answers, freePort, serverProcess } from './process.mjs';

function programs() {
  const why =
    folderOf('prometheus') === null
      ? install(['prometheus'], (line) => process.stderr.write(`${line}\n`))
      : null;
  const folder = folderOf('prometheus');
  if (folder === null)
    throw new Error(`Prometheus is not on this machine (${why}): install ${servers.prometheus.debian}`);
  return folder;
}

/** Written as JSON, which is YAML as well. */
const configOf = ({ targets, rules }) => ({
  global: { scrape_interval: '1s', evaluation_interval: '1s' },
  rule_files: [path.join(root, rules, '*.yaml')],
  scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
    job_name: job,
    static_configs: [{ targets: addresses }],
  })),
});

async function startPrometheus(scraped) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-prometheus-'));
  const config = path.join(folder, 'prometheus.yaml');
  writeFileSync(config, JSON.stringify(configOf(scraped)));
  const port = await freePort();
  const server = serverProcess({
    name: 'prometheus',
    launch: () => ({
      command: path.join(programs(), 'prometheus'),
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=exemplar-storage',
        '--log.level=warn',
      ],
    }),
    ready: () =>
      answers(port, {
        send: 'GET /-/ready HTTP/1.0\r\n\r\n',
        expect: (data) => data.toString().startsWith('HTTP/1.0 200'),
      }),
  });
  const abandon = () => {
    server.abandon();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  await server.start();
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      await server.stop();
      process.off('exit', abandon);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function runPrometheus([scraped]) {
  const prometheus = await startPrometheus(JSON.parse(scraped));
  process.stdout.write(`${prometheus.url}\n`);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  for await (const unused of process.stdin) void unused;
  await prometheus.close();
  return 0;
}

function runPromtool(args) {
  const { status } = spawnSync(path.join(programs(), 'promtool'), args, { cwd: root, stdio: 'inherit' });
  return status ?? 1;
}

const commands = { start: runPrometheus, promtool: runPromtool };

async function main([name, ...args]) {
  const command = commands[name];
  if (command === undefined) throw new Error(`there are ${Object.keys(commands).join(', ')}`);
  return command(args);
}

process.exitCode = await main(process.argv.slice(2)).catch(({ message }) => {
  process.stderr.write(`${message}\n`);
  return 1;
});
