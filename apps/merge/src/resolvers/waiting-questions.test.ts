import { recordId, type SpaceKey, tenantOf } from '@syncline/core';
import type { ResolverEnd } from '@syncline/flows';
import { manualTime } from '@syncline/port-contracts';
import type { WaitingConflict } from '@syncline/ports';
import { waitingQuestions } from './waiting-questions';

const SETTINGS = { callsMax: 3, callsPerTenantMax: 2, waitingMax: 4, pauseMs: 100, pauseMsMax: 350 };

const conflict = (id: string, tenant = 'acme'): WaitingConflict => ({
  space: `${tenant}/home` as SpaceKey,
  id: recordId(id),
});

/** Attempts that end when the test says so. */
function world() {
  const clock = manualTime();
  const begun: string[] = [];
  const open = new Map<string, (end: ResolverEnd) => void>();
  const questions = waitingQuestions({
    settings: SETTINGS,
    clock,
    tenantOf: ({ space }) => tenantOf(space),
    attempt: ({ id }) => {
      begun.push(id);
      return new Promise((resolve) => open.set(id, resolve));
    },
  });
  const end = async (id: string, how: ResolverEnd = 'resolver') => {
    open.get(id)!(how);
    open.delete(id);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, begun, questions, end };
}

test('as many are asked at once as may be, and the next when one has ended', async () => {
  const { questions, begun, end } = world();
  for (const [id, tenant] of [
    ['a', 'one'],
    ['b', 'two'],
    ['c', 'three'],
    ['d', 'four'],
  ] as const)
    questions.add(conflict(id, tenant));
  expect([begun, questions.size]).toEqual([['a', 'b', 'c'], 4]);
  await end('b');
  expect([begun, questions.size]).toEqual([['a', 'b', 'c', 'd'], 3]);
});

test('no tenant takes up all the room', async () => {
  const { questions, begun, end } = world();
  for (const id of ['a', 'b', 'c']) questions.add(conflict(id));
  questions.add(conflict('d', 'other'));
  expect(begun).toEqual(['a', 'b', 'd']);
  await end('d');
  expect(begun).toEqual(['a', 'b', 'd']);
  await end('a');
  expect(begun).toEqual(['a', 'b', 'd', 'c']);
});

test('a conflict is asked about once at a time, and no more wait than may', () => {
  const { questions, begun } = world();
  for (const id of ['a', 'a', 'b', 'c', 'c', 'd', 'e', 'f']) questions.add(conflict(id));
  expect([begun, questions.size, questions.isFull]).toEqual([['a', 'b'], 6, true]);
  questions.add(conflict('g'));
  expect(questions.size).toBe(6);
});

test('one without an answer pauses, each time for twice as long, and no longer than may be', async () => {
  const { questions, begun, end, clock } = world();
  const pauses: number[] = [];
  for (let tries = 0; tries < 4; tries++) {
    questions.add(conflict('a'));
    await end('a', 'waits');
    let pausedMs = 0;
    for (; begun.length === tries + 1; pausedMs += 50) {
      clock.advance(50);
      questions.add(conflict('a'));
    }
    pauses.push(pausedMs);
  }
  expect(pauses).toEqual([100, 200, 350, 350]);
});

test('an answer ends the pauses: what comes later begins anew', async () => {
  const { questions, begun, end, clock } = world();
  questions.add(conflict('a'));
  await end('a', 'waits');
  clock.advance(100);
  questions.add(conflict('a'));
  await end('a', 'resolver');
  questions.add(conflict('a'));
  expect(begun).toEqual(['a', 'a', 'a']);
  await end('a', 'waits');
  clock.advance(99);
  questions.add(conflict('a'));
  expect(begun).toHaveLength(3);
  clock.advance(1);
  questions.add(conflict('a'));
  expect(begun).toHaveLength(4);
});

test('a clock that was set back does not make it pause for longer than the longest pause', async () => {
  const { questions, begun, end, clock } = world();
  questions.add(conflict('a'));
  await end('a', 'waits');
  clock.advance(-10_000);
  questions.add(conflict('a'));
  expect(begun).toHaveLength(2);
});

test('at the end nothing more begins, and what was begun is waited for', async () => {
  const { questions, begun, end } = world();
  for (const id of ['a', 'b', 'c']) questions.add(conflict(id));
  questions.close();
  const rested = { yet: false };
  const rest = questions.rest().then(() => (rested.yet = true));
  await end('a');
  expect([begun, rested.yet]).toEqual([['a', 'b'], false]);
  await end('b');
  await rest;
  questions.add(conflict('d'));
  expect([begun, questions.size]).toEqual([['a', 'b'], 0]);
});
