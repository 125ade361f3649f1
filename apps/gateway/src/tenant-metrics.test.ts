import { tenantId } from '@syncline/core';
import { createMetrics } from '@syncline/telemetry';
import { tenantMetrics } from './tenant-metrics';

test('a hundred tenants are told apart, in all metrics the same, and the others are one', async () => {
  const metrics = createMetrics({ withProcess: false });
  const tenants = tenantMetrics(metrics);
  for (let round = 0; round < 2; round++)
    for (let n = 0; n < 103; n++) {
      const counts = tenants.of(tenantId(`t${n}`));
      counts.pushes.add();
      counts.sentBytes.add(10);
    }
  expect([tenants.named(tenantId('t99')), tenants.named(tenantId('t100'))]).toEqual(['t99', 'other']);
  const lines = (await metrics.text()).split('\n').filter((line) => line.includes('{'));
  expect(lines).toHaveLength(2 * 101);
  expect(lines).toContain('syncline_tenant_pushes_total{tenant="t99"} 2');
  expect(lines).toContain('syncline_tenant_pushes_total{tenant="other"} 6');
  expect(lines).toContain('syncline_tenant_session_bytes_total{tenant="other",way="out"} 60');
});
