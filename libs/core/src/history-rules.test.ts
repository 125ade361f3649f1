import {
  type HistoryClass,
  historyBounds,
  historyProblems,
  isOutdated,
  NO_HISTORY_RULES,
} from './history-rules';
import { rulesProblems, undeclaredRules } from './rules';
import { NOTES, REGISTRY } from './space.test-fixtures';

const DAY_MS = 86_400_000;
const DAILY: HistoryClass = { olderThanMs: DAY_MS, onePerMs: DAY_MS };
const MONTHLY: HistoryClass = { olderThanMs: 30 * DAY_MS, onePerMs: 30 * DAY_MS };

describe('how much history is kept', () => {
  test.each<[string, Partial<typeof NO_HISTORY_RULES>, string[]]>([
    ['as the installation has it', {}, []],
    ['by all means', { versionsMax: 9, keptMs: 400 * DAY_MS, classes: [DAILY, MONTHLY] }, []],
    ['figures that are none', { versionsMax: -1, keptMs: 0.5 }, ['versions_max', 'kept_ms']],
    [
      'too many classes',
      { classes: Array.from({ length: 17 }, (_, n) => ({ olderThanMs: n + 1, onePerMs: 2 ** (n + 1) })) },
      ['classes'],
    ],
    [
      'classes that begin at once, and keep everything',
      { classes: [{ olderThanMs: 0, onePerMs: 1 }] },
      ['classes[0].older_than_ms', 'classes[0].one_per_ms'],
    ],
    [
      'classes backwards',
      { classes: [MONTHLY, DAILY] },
      ['classes[1].older_than_ms', 'classes[1].one_per_ms'],
    ],
    [
      'periods that do not begin together',
      { classes: [DAILY, { olderThanMs: 9 * DAY_MS, onePerMs: 1.5 * DAY_MS }] },
      ['classes[1].one_per_ms'],
    ],
    ['a class that nothing reaches', { keptMs: DAY_MS, classes: [DAILY] }, ['classes[0].older_than_ms']],
  ])('is declared: %s', (_what, given, fields) => {
    const history = { ...NO_HISTORY_RULES, ...given };
    const named = fields.map((field) => `history.${field}`);
    expect(historyProblems(history).map(({ field }) => field)).toEqual(named);
    const rules = { ...undeclaredRules(NOTES), history };
    expect(rulesProblems(rules, REGISTRY).map(({ field }) => field)).toEqual(named);
  });

  test('is what the collection says, up to what the installation allows', () => {
    const of = (given: Partial<typeof NO_HISTORY_RULES>) =>
      historyBounds(
        [{ ...undeclaredRules(NOTES), history: { ...NO_HISTORY_RULES, ...given } }],
        100 * DAY_MS,
        {
          historyPerRecordMax: 50,
        },
      );
    expect(of({})).toEqual([]);
    expect(of({ versionsMax: 51 })).toMatchObject([{ collection: NOTES, versionsMax: 50, keptSinceMs: 0 }]);
    expect(of({ versionsMax: 3, keptMs: 10 * DAY_MS })).toMatchObject([
      { versionsMax: 3, keptSinceMs: 90 * DAY_MS },
    ]);
    expect(of({ keptMs: 200 * DAY_MS })).toMatchObject([{ versionsMax: 50, keptSinceMs: 0 }]);
    expect(of({ classes: [DAILY] })[0]!.classes).toEqual([{ beforeMs: 99 * DAY_MS, onePerMs: DAY_MS }]);
  });

  test('lets go of what was replaced within its period, and of what is older than all that is kept', () => {
    const [bounds] = historyBounds(
      [
        {
          ...undeclaredRules(NOTES),
          history: { versionsMax: 0, keptMs: 90 * DAY_MS, classes: [DAILY, MONTHLY] },
        },
      ],
      100 * DAY_MS,
      { historyPerRecordMax: 50 },
    );
    const outdated = (from: number, to: number) => isOutdated(bounds!, from * DAY_MS, to * DAY_MS);
    expect([outdated(99.2, 99.3), outdated(98.2, 98.3), outdated(98.9, 99.1)]).toEqual([false, true, false]);
    expect([outdated(61, 89), outdated(61, 91), outdated(71, 72)]).toEqual([true, false, false]);
    expect([outdated(9.9, 99), outdated(10, 99)]).toEqual([true, false]);
  });
});
