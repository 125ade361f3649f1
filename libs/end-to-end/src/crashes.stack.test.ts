import { systemTimer } from '@syncline/memory';
import { runCrashes } from './crash-run';
import { openOffice } from './office';
import { newMember } from './pool';
import { seeded } from './random';
import { faultsAtRest, rest } from './rest';
import { startStack } from './stack';
import { BUSY_RULES, startTally, tallyOf, work } from './writers';

const SUITE_MS_MAX = 240_000;
const KILLABLE = ['delta', 'device', 'gateway', 'merge', 'nats', 'postgres', 'redis'];

test(
  'kill -9 of anything in the middle of everything loses nothing and doubles nothing',
  async () => {
    const verdict = await runCrashes({ kills: 10, seed: 37, checkEvery: 5 });
    expect(verdict.faults).toEqual([]);
    expect(verdict.acknowledged).toBeGreaterThan(100);
    expect([...new Set(verdict.killed.map((name) => name.replace(/-\d$/, '')))].sort()).toEqual(KILLABLE);
  },
  SUITE_MS_MAX,
);

test(
  'all services are restarted one after the other under load, and no user sees an error',
  async () => {
    const stack = await startStack({ env: { all: { SYNCLINE_DRAIN_MS: '3000' } } });
    const members = [1, 2, 3, 4].map((n) =>
      newMember(stack, `device-${n}`, {
        gateways: n % 2 === 0 ? ['gateway-1', 'gateway-2'] : ['gateway-2', 'gateway-1'],
      }),
    );
    try {
      const office = openOffice(stack);
      await office.createSpace('home');
      for (const rules of BUSY_RULES) await office.declare('home', rules);
      for (const member of members) {
        member.device().follow('home');
        member.device().goOnline();
      }
      await rest(members, 'home');
      startTally(members[0]!, 'home');
      await members[3]!.device().waitFor('the tally', () => members[3]!.device().get('home', 'tallies', 't'));
      const tally = { total: 0 };
      const load = work(members, 'home', seeded(7), tally);
      for (const service of stack.services) {
        await stack.stop(service);
        await stack.start(service);
        await new Promise<void>((resolve) => void systemTimer().after(500, resolve));
      }
      await load.stop();
      expect(await faultsAtRest(stack, 'home', members)).toEqual([]);
      expect(members.map((member) => tallyOf(member, 'home'))).toEqual(members.map(() => tally.total));
      for (const member of members)
        expect([
          ...member.noticesOf('refusal'),
          ...member.noticesOf('stopped'),
          ...member.noticesOf('started-over'),
          ...member.noticesOf('change-failed'),
        ]).toEqual([]);
    } finally {
      for (const member of members) member.end();
      await stack.close();
    }
  },
  SUITE_MS_MAX,
);
