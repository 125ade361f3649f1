/** One scenario at one rate after the other, until it is too much. */
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../bundle.mjs';
import { runGhz } from './ghz.mjs';
import { versionsOf } from './service.mjs';

const CONNECTIONS = 8;
const CALL_WITHIN = '10s';
const WARM_UP_SECONDS = 1;

/** What is the same for all steps of all scenarios: `rules` is libs/bench/src/ramp, `places` are filled into the data. */
export async function climb(load, name) {
  const { rules, seconds, bounds, say, ghz, grpc } = load;
  const scenario = JSON.parse(readFileSync(path.join(root, 'tools/load/scenarios', `${name}.json`), 'utf8'));
  say(`\n${name}: ${scenario.about}`);
  const atMs = Date.now();
  const steps = [];
  let stopped = null;
  await step(load, { name: `${name}-warm`, scenario, rate: scenario.rates[0], seconds: WARM_UP_SECONDS });
  for (const rate of scenario.rates) {
    const found = await step(load, { name: `${name}-${rate}`, scenario, rate, seconds });
    steps.push(found);
    say(`  ${rules.stepLine(found)}`);
    stopped = rules.tooMuch(found, bounds);
    if (stopped !== null) break;
  }
  const machine = `${os.cpus()[0]?.model ?? os.arch()} (${os.availableParallelism()})`;
  return {
    scenario: name,
    about: scenario.about,
    atMs,
    machine,
    target: grpc,
    ghz: ghz.version,
    bounds,
    steps,
    stopped,
  };
}

async function step(load, { name, scenario, rate, seconds }) {
  const { rules, ghz, service, places, names, folder } = load;
  const devices = rules.devicesFor(scenario, rate, places.spaces);
  const data = rules.filled(scenario.data, { ...places, run: `${places.run}-${name}`, devices });
  const output = path.join(folder, `${name}.json`);
  const config = path.join(folder, `${name}-config.json`);
  // The token is in it.
  writeFileSync(config, JSON.stringify(configOf(load, scenario, { rate, seconds, data, output })), {
    mode: 0o600,
  });
  const before = scenario.writesPerCall === 0 ? 0 : await versionsOf(service, names);
  await runGhz(ghz.command, config);
  const found = rules.stepOf(JSON.parse(readFileSync(output, 'utf8')), { rate, seconds });
  if (scenario.writesPerCall === 0) return found;
  const written = ((await versionsOf(service, names)) - before) / scenario.writesPerCall;
  return rules.withoutEffect(found, found.answered - Math.floor(written));
}

function configOf({ grpc, token, tls }, { call }, { rate, seconds, data, output }) {
  return {
    proto: 'syncline/v1/sync_service.proto',
    'import-paths': [path.join(root, 'proto')],
    call,
    host: grpc,
    insecure: !tls,
    metadata: { authorization: `Bearer ${token}` },
    data,
    rps: rate,
    total: rate * seconds,
    // By the clock: the next call does not wait for the answer to the one before.
    async: true,
    concurrency: CONNECTIONS,
    connections: CONNECTIONS,
    timeout: CALL_WITHIN,
    format: 'json',
    output,
  };
}
