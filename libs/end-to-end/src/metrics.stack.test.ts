import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { creates, updates } from '@syncline/client-node';
import { systemClock, systemTimer } from '@syncline/memory';
import { openOffice } from './office';
import { type Member, newMember } from './pool';
import { type LoadedRule, type Prometheus, promtool, startPrometheus } from './prometheus';
import { rest } from './rest';
import { rootFolder, type Stack, startStack } from './stack';
import { sign } from './tokens';

/** Prometheus may have to be installed first. */
const START_MS_MAX = 600_000;
const TEST_MS_MAX = 120_000;
const SEEN_WITHIN_MS = 60_000;

const root = rootFolder(__dirname);
const DASHBOARDS = 'deploy/grafana/dashboards';
const RULES = 'deploy/prometheus/rules';
const TESTS = 'deploy/prometheus/tests';
const SPACE = 'home';
const DEVICES = ['phone-1', 'phone-2', 'phone-3'];
/** There are no such spaces. */
const MISSING = 'nowhere-';
const REFUSALS = 20;

jest.setTimeout(TEST_MS_MAX);

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

/** Panels that show nothing while all is well, with the reason. */
const MAY_BE_EMPTY: Readonly<Record<string, string>> = {
  'Syncline overview: Alerts': 'no alert fires',
};

/** What Prometheus itself makes, beside what it scrapes. */
const OWN_SERIES = ['up', 'ALERTS'];

const filesIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder)).map((name) => path.join(folder, name));
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

interface Expression {
  /** Of the dashboard and the panel. */
  readonly panel: string;
  readonly expr: string;
}

const expressions: readonly Expression[] = filesIn(DASHBOARDS)
  .map((file) => JSON.parse(textOf(file)) as { readonly title: string; readonly panels: readonly Panel[] })
  .flatMap(({ title, panels }) =>
    panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ panel: `${title}: ${panel.title}`, expr }))),
  );

const documented = [...textOf('docs/metrics.md').matchAll(/^\| `(syncline_\w+)` +\| (\w+)/gm)].map(
  ([, name, kind]) => ({ name: name!, kind: kind! }),
);

/** Series that an expression names, those of recording rules included. */
const seriesIn = (expression: string): string[] =>
  expression.match(/\b(syncline[_:][\w:]+|nodejs_\w+|process_\w+|up|ALERTS)\b/g) ?? [];

const familyOf = (series: string): string => {
  const base = series.replace(/_(bucket|sum|count)$/, '');
  return documented.some(({ name, kind }) => kind === 'histogram' && name === base) ? base : series;
};

const moments = (ms: number): Promise<void> =>
  new Promise((resolve) => void systemTimer().after(ms, resolve));

async function eventually<Value>(
  look: () => Promise<Value>,
  isDone: (value: Value) => boolean,
): Promise<Value> {
  for (let waitedMs = 0; ; waitedMs += 500) {
    const value = await look();
    if (isDone(value) || waitedMs >= SEEN_WITHIN_MS) return value;
    await moments(500);
  }
}

const world = {} as { stack: Stack; prometheus: Prometheus; members: Member[]; stop: () => Promise<void> };

beforeAll(async () => {
  world.stack = await startStack({
    counts: { gateway: 2, merge: 1, delta: 1 },
    env: {
      // Everything is traced, for nobody: there is no collector.
      all: { SYNCLINE_OTLP_URL: 'http://127.0.0.1:9', SYNCLINE_TRACE_SAMPLED_PERCENT: '100' },
      delta: { SYNCLINE_DELTA_KEEP_EVERY_MS: '500' },
    },
  });
  const ops = (app: string) =>
    world.stack.services.filter((name) => name.startsWith(app)).map((name) => world.stack.address(name).ops);
  const targets = { gateway: ops('gateway'), merge: ops('merge'), delta: ops('delta') };
  world.prometheus = await startPrometheus(root, { targets, rules: RULES });
  world.members = DEVICES.map((name) => newMember(world.stack, name));
  world.stop = await underLoad(world.stack, world.members);
}, START_MS_MAX);

afterAll(async () => {
  await world.stop?.();
  for (const member of world.members ?? []) member.end();
  await world.prometheus?.close();
  await world.stack?.close();
}, START_MS_MAX);

/** Two devices write over each other, a third is away for most of the time, and something is refused. */
async function underLoad(stack: Stack, members: readonly Member[]): Promise<() => Promise<void>> {
  const office = openOffice(stack);
  await office.createSpace(SPACE);
  for (const member of members) {
    member.device().follow(SPACE);
    member.device().goOnline();
  }
  await rest(members, SPACE);
  const [ann, bob, cy] = members as [Member, Member, Member];
  ann.device().change(SPACE, creates('notes', 'n', { by: 'ann' }));
  await bob.device().waitFor('the note', () => bob.device().get(SPACE, 'notes', 'n'));
  const token = sign(stack.tokenSecret, systemClock(), { sub: 'ann', spaces: {} });
  const state = { stopped: false };
  const run = async (): Promise<void> => {
    for (let round = 0; !state.stopped; round++) {
      cy.device().goOffline();
      bob.device().goOffline();
      ann.device().change(SPACE, updates('notes', 'n', { by: 'ann', round }));
      bob.device().change(SPACE, updates('notes', 'n', { by: 'bob', round }));
      await moments(100);
      bob.device().goOnline();
      await office.call('SyncService/Spaces', {}, token);
      if (round < REFUSALS) ann.device().follow(`${MISSING}${round}`);
      await moments(200);
      cy.device().goOnline();
      await rest(members, SPACE);
    }
  };
  const running = run();
  return async () => {
    state.stopped = true;
    await running;
  };
}

describe('a Prometheus that scrapes the services', () => {
  test('reads all of them', async () => {
    const up = await eventually(
      () => world.prometheus.query('up == 1'),
      (samples) => samples.length === world.stack.services.length,
    );
    expect(up.map(({ metric }) => metric['job']).sort()).toEqual(['delta', 'gateway', 'gateway', 'merge']);
  });

  test('finds what the documentation tells of, and nothing else', async () => {
    const told = documented.map(({ name }) => name).sort();
    const found = await eventually(
      async () => [
        ...new Set((await world.prometheus.names()).filter((name) => /^syncline_/.test(name)).map(familyOf)),
      ],
      (names) => names.length >= told.length,
    );
    expect(found.sort()).toEqual(told);
  });

  test('has what every panel shows', async () => {
    const isEmpty = async ({ panel, expr }: Expression): Promise<boolean> => {
      const samples = await world.prometheus.query(expr);
      return !(panel in MAY_BE_EMPTY) && !samples.some(({ value }) => Number.isFinite(value));
    };
    const empty = await eventually(
      async () => {
        const found = await Promise.all(expressions.map(isEmpty));
        return expressions.filter((_, index) => found[index]);
      },
      (left) => left.length === 0,
    );
    expect(empty).toEqual([]);
    expect(expressions.length).toBeGreaterThan(80);
  });

  test.each(['gateway_push', 'gateway_delivered', 'merge_push'])(
    'has exemplars of %s, which name traces',
    async (name) => {
      const exemplars = await eventually(
        () => world.prometheus.exemplars(`syncline_${name}_seconds_bucket`),
        (found) => found.length > 0,
      );
      expect(exemplars[0]).toEqual({ trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string });
    },
  );

  test('is told of no space, device or user', async () => {
    const samples = await world.prometheus.query('{__name__=~"syncline_.+"}');
    const values = new Set(samples.flatMap(({ metric }) => Object.values(metric)));
    expect(values).toContain('last-write-wins');
    const secret = [SPACE, ...DEVICES, ...world.members.map(({ user }) => user)];
    expect([...values].filter((value) => secret.includes(value) || value.startsWith(MISSING))).toEqual([]);
  });

  test('shows no panel as possibly empty that there is not', () => {
    const panels = expressions.map(({ panel }) => panel);
    expect(Object.keys(MAY_BE_EMPTY).filter((panel) => !panels.includes(panel))).toEqual([]);
  });
});

describe('the rules', () => {
  const loaded = () =>
    eventually(
      () => world.prometheus.rules(),
      (rules) => rules.length > 0 && rules.every(({ health }) => health !== 'unknown'),
    );
  const alertsIn = (rules: readonly LoadedRule[]) => rules.filter(({ type }) => type === 'alerting');

  test('can be computed, each by itself', async () => {
    const rules = await loaded();
    expect(rules.length).toBeGreaterThan(30);
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    for (const { query } of rules) await world.prometheus.query(query);
  });

  test('go by series that there are', async () => {
    const rules = await loaded();
    const wanted = [...new Set(rules.flatMap(({ query }) => seriesIn(query)))];
    const missing = await eventually(
      async () => {
        const names = await world.prometheus.names();
        return wanted.filter((name) => !names.includes(name) && !OWN_SERIES.includes(name));
      },
      (names) => names.length === 0,
    );
    expect(missing).toEqual([]);
    expect(wanted.length).toBeGreaterThan(20);
  });

  test('do not alert while all is well', async () => {
    const alerts = alertsIn(await loaded()).map(({ name }) => name);
    const firing = await world.prometheus.query('ALERTS{alertstate="firing"}');
    expect(firing.filter(({ metric }) => alerts.includes(metric['alertname']!))).toEqual([]);
  });

  test('say how bad it is, what it is, and what to do', async () => {
    const operations = textOf('docs/operations.md');
    for (const { name, labels, annotations } of alertsIn(await loaded())) {
      expect([name, labels?.['severity']]).toEqual([name, expect.stringMatching(/^(critical|warning)$/)]);
      expect(annotations).toMatchObject({
        summary: expect.stringMatching(/\w/) as string,
        description: expect.stringMatching(/\w/) as string,
        runbook_url: `docs/operations.md#${name.toLowerCase()}`,
      });
      expect(operations).toMatch(new RegExp(`^#+ ${name}$`, 'm'));
    }
  });

  test('are well-formed to promtool, which tries every alert: that it fires, and that it does not', async () => {
    const rules = filesIn(RULES);
    const tests = filesIn(TESTS);
    expect(await promtool(root, 'check', 'rules', ...rules)).toMatchObject({ code: 0 });
    expect(await promtool(root, 'test', 'rules', ...tests)).toMatchObject({ code: 0 });
    const cases = tests.flatMap((file) => textOf(file).split('- name: '));
    const tried = (name: string, quiet: boolean) =>
      cases.some(
        (text) => text.includes(`alertname="${name}",`) && text.includes('exp_samples: []') === quiet,
      );
    const names = [
      ...new Set(
        rules.flatMap((file) => [...textOf(file).matchAll(/alert: (\w+)/g)].map(([, name]) => name!)),
      ),
    ];
    expect(names.filter((name) => !tried(name, true) || !tried(name, false))).toEqual([]);
    expect(names.length).toBeGreaterThan(15);
  });

  test('are found wanting by promtool where one is broken', async () => {
    const { code, said } = await promtool(root, 'check', 'rules', `${DASHBOARDS}/overview.json`);
    expect([code === 0, said]).toEqual([false, expect.stringContaining('FAILED')]);
  });
});
