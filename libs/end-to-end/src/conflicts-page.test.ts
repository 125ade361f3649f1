import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CORE_POLICIES, type Policy } from '@syncline/core';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { ask, blocksWith, type Example, play, tableUnder, type World } from './conflicts-page.test-fixtures';
import { rootFolder } from './stack';
import { killed, type Standalone, startStandalone } from './standalone.test-fixtures';
import { ownResolver } from './own-resolver.test-fixtures';

const ROOT = rootFolder(__dirname);
const START_MS_MAX = 120_000;
const page = readFileSync(path.join(ROOT, 'docs/conflicts.md'), 'utf8');

const examples = blocksWith<Example>(page, 'incoming').map(({ heading, block }, index) => ({
  title: `${index + 1}: ${heading}`,
  name: `example-${index + 1}`,
  example: block,
}));
/** What the table of guarantees says of each strategy. */
const guarantees = tableUnder(page, 'What each strategy guarantees');
const fieldRules = tableUnder(page, 'Field rules');
const POLICIES: ReadonlyMap<string, Policy> = new Map(ALL_POLICIES.map((policy) => [policy.name, policy]));

const camelCase = (policy: string): string =>
  policy.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** By the name under which it appears in conflicts. */
function policyOf({ rules }: Example): string {
  return [...guarantees.keys()].find((policy) => camelCase(policy) in rules) ?? 'none';
}

interface DeclaredFields {
  readonly fields?: readonly { readonly strategy?: string }[];
  readonly otherwise?: string;
}

/** `FIELD_STRATEGY_SET_UNION` → `set-union`. */
const fieldRuleName = (strategy = 'FIELD_STRATEGY_LAST_WRITE'): string =>
  strategy.replace('FIELD_STRATEGY_', '').toLowerCase().replaceAll('_', '-');

function isOrderFree(example: Example): boolean {
  if (example.decision !== undefined || example.answer !== undefined) return false;
  const promised = guarantees.get(policyOf(example))?.get('order-free');
  if (promised !== 'by field') return promised === 'yes';
  const { fields = [], otherwise } = example.rules['fieldMerge'] as DeclaredFields;
  const used = [otherwise, ...fields.map(({ strategy }) => strategy)].map(fieldRuleName);
  return used.every((rule) => fieldRules.get(rule)?.get('order-free') === 'yes');
}

let folder: string;
let standalone: Standalone;
let world: World;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-conflicts-page-'));
  standalone = startStandalone(folder, { SYNCLINE_RESOLVER_PLAINTEXT_HOSTS: '127.0.0.1' });
  world = { server: await standalone.listening, resolver: await ownResolver() };
}, START_MS_MAX);
afterAll(async () => {
  await killed(standalone.process);
  world.resolver.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the examples on the page about conflicts', () => {
  it.each(examples)('come out as the page says: $title', async ({ name, example }) => {
    const { result, siblings = [], outcome, ledger, decided, undone } = example;
    const played = await play(world, name, example);
    expect([played.result, played.siblings, played.outcome]).toEqual([result, siblings, outcome]);
    expect(played.undoRefused).toBe(example.undoRefused);
    expect(played.ledger).toEqual(ledger === null ? null : expect.objectContaining(ledger));
    for (const [found, told] of [
      [played.decided, decided],
      [played.undone, undone],
    ])
      expect(found).toEqual(
        told &&
          expect.objectContaining({
            result: told.result,
            ledger: expect.objectContaining(told.ledger as object) as unknown,
          }),
      );
  });

  it('have a ledger entry by the policy that the rules declare', async () => {
    const policies = new Set(examples.map(({ example }) => policyOf(example)));
    expect([...guarantees.keys()].filter((policy) => !policies.has(policy))).toEqual([]);
  });

  it.each(examples.filter(({ example }) => isOrderFree(example)))(
    'come out the same with the other device first, where that is promised: $title',
    async ({ name, example }) => {
      const { stored, incoming } = example;
      const played = await play(world, `${name}-swapped`, {
        ...example,
        stored: incoming,
        incoming: stored,
      });
      expect(played.result).toEqual(example.result);
    },
  );
});

describe('the table of guarantees', () => {
  it.each([...guarantees.keys()])('is right about %s', (policy) => {
    const served = POLICIES.get(policy)!;
    const yesNo = (is: boolean): string => (is ? 'yes' : 'no');
    const row = guarantees.get(policy)!;
    expect(['encrypted', 'needs the base', 'order-free'].map((column) => row.get(column))).toEqual([
      yesNo(!served.readsPayload),
      yesNo(served.needsBase),
      policy === 'field-merge' ? 'by field' : yesNo(served.orderFree({})),
    ]);
  });

  it('says of each field rule whether the order of arrival matters', () => {
    const { 'field-merge': policy } = CORE_POLICIES;
    const claimed = [...fieldRules].map(([kind, row]) => [kind, row.get('order-free')]);
    const known = [...fieldRules.keys()].map((kind) => {
      const parsed = policy.parseRule({ default: kind });
      return [kind, parsed.ok ? (policy.orderFree(parsed.rule) ? 'yes' : 'no') : 'unknown'];
    });
    expect(claimed).toEqual(known);
    expect(claimed).toHaveLength(8);
  });

  it('has a row for each policy that is served', () => {
    expect([...guarantees.keys()].sort()).toEqual([...POLICIES.keys()].sort());
  });
});

describe('the rules of the five systems', () => {
  const declarations = blocksWith<{ collections: readonly object[] }>(page, 'collections');

  it('are five', () => {
    expect(declarations).toHaveLength(5);
  });

  it.each(declarations)('are taken by the service: $heading', async ({ block }) => {
    for (const rules of block.collections)
      await ask(world.server, 'AdminService/PutCollection', {
        space: world.server.space,
        rules,
        dryRun: true,
      });
    expect(block.collections.length).toBeGreaterThan(0);
  });
});

describe('links on the page', () => {
  it('lead to what is there', () => {
    const anchors = new Set(
      [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
        heading!
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!);
    const broken = links.filter((target) =>
      target.startsWith('#')
        ? !anchors.has(target.slice(1))
        : !existsSync(path.join(ROOT, 'docs', target.split('#')[0]!)),
    );
    expect(links.length).toBeGreaterThan(10);
    expect(broken).toEqual([]);
  });
});
