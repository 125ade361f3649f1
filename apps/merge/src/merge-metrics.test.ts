import { change, eventually, pushOf, rulesOf } from '@syncline/port-contracts';
import { creating, gatedStore, HOME, mergeWorld, saidOf } from './merge.test-fixtures';

const updating = (device: string, content: unknown, atMs: number) => ({
  space: HOME,
  push: pushOf(device, [change.update('a', content, { atMs })]),
});

describe('what merge counts', () => {
  test('conflicts by policy, kind and resolution, and by tenant, each once', async () => {
    const { merge, store, metrics } = await mergeWorld();
    await store.declare(HOME, rulesOf('notes', { policy: 'last-write-wins' }));
    await merge.push(creating('x', 1, 'a'));
    expect(await metrics.text()).not.toContain('merge_conflicts_total{');
    expect(saidOf(await merge.push(updating('late', { by: 'late' }, 90)))).toBe('APPLIED');
    expect(saidOf(await merge.push(updating('early', { by: 'early' }, 10)))).toBe('LOST');
    expect(saidOf(await merge.push(updating('early', { by: 'early' }, 10)))).toBe('LOST*');
    const lines = (await metrics.text())
      .split('\n')
      .filter((line) => /(merge|tenant)_conflicts_total\{/.test(line));
    const by = 'policy="last-write-wins",kind="UPDATE_UPDATE"';
    expect(lines).toEqual([
      `syncline_merge_conflicts_total{${by},resolution="incoming"} 1`,
      `syncline_merge_conflicts_total{${by},resolution="stored"} 1`,
      'syncline_tenant_conflicts_total{tenant="acme"} 2',
    ]);
  });

  test('how long pushes wait for their commit, and those that found too many waiting', async () => {
    const store = gatedStore();
    const settings = { commitsMax: 1, waitingPushesMax: 1 };
    const { merge, metrics, clock } = await mergeWorld({ store, settings });
    store.hold();
    const first = merge.push(creating('first', 1, 'a'));
    await eventually(() => expect(store.begun).toHaveLength(1));
    const second = merge.push(creating('second', 1, 'b'));
    expect(saidOf(await merge.push(creating('third', 1, 'c')))).toBe('UNAVAILABLE');
    expect(await metrics.text()).toContain('syncline_merge_pushes_waiting 1\n');
    clock.advance(3_000);
    store.letThrough();
    expect([saidOf(await first), saidOf(await second)]).toEqual(['APPLIED', 'APPLIED']);
    const text = await metrics.text();
    expect(text).toContain('syncline_merge_wait_seconds_sum 3\n');
    expect(text).toContain('syncline_merge_wait_seconds_count 2\n');
    expect(text).toContain('syncline_merge_queue_refusals_total{limit="waiting_pushes_max"} 1\n');
    expect(text).toContain('syncline_merge_pushes_total{result="UNAVAILABLE"} 1\n');
    expect(text).toContain('syncline_limit{limit="waiting_pushes_max"} 1\n');
    expect(text).toContain('syncline_limit{limit="push_changes_max"} 1000\n');
  });
});
