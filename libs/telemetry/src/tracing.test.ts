import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog } from './log';
import { startTracing } from './tracing';

interface Received {
  readonly path: string;
  readonly body: string;
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly unknown[] };
    readonly scopeSpans: readonly { readonly spans: readonly unknown[] }[];
  }[];
}

async function collector(): Promise<{ url: string; received: Received[]; server: Server }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url!, body: Buffer.concat(parts).toString() });
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, server };
}

function written() {
  const lines: string[] = [];
  return { lines, log: createLog({ level: 'info', name: 'test', write: (line) => void lines.push(line) }) };
}

const chance = { fraction: () => 0.5 };
const OPTIONS = { sampledPercent: 100, service: 'merge', instance: 'merge-1', chance };

test('spans reach a collector by OTLP, the last ones at the end', async () => {
  const { url, received, server } = await collector();
  const { log, lines } = written();
  const tracing = await startTracing({ ...OPTIONS, otlpUrl: url, log });
  tracing.traces.begin('commit', { facts: { changes: 3 } })!.end();
  await tracing.close();
  server.close();
  expect(received.map(({ path }) => path)).toEqual(['/v1/traces']);
  const { resourceSpans } = JSON.parse(received[0]!.body) as Sent;
  expect(resourceSpans[0]!.resource.attributes).toEqual(
    expect.arrayContaining([
      { key: 'service.name', value: { stringValue: 'syncline-merge' } },
      { key: 'service.instance.id', value: { stringValue: 'merge-1' } },
    ]),
  );
  expect(resourceSpans[0]!.scopeSpans[0]!.spans).toEqual([
    expect.objectContaining({ name: 'commit', attributes: [{ key: 'changes', value: { intValue: 3 } }] }),
  ]);
  expect(lines.join('')).toContain('traces are sent');
});

test('without a collector nothing breaks, nothing piles up, and it is told once', async () => {
  const { url, server } = await collector();
  await new Promise((resolve) => server.close(resolve));
  const { log, lines } = written();
  const tracing = await startTracing({ ...OPTIONS, otlpUrl: url, log, sendWithinMs: 100 });
  for (let n = 0; n < 5_000; n++) tracing.traces.begin('lost')!.end();
  await tracing.close();
  expect(lines.filter((line) => line.includes('could not be sent'))).toHaveLength(1);
});

test('what no device asks for is left to chance', async () => {
  const { url, server } = await collector();
  const { log } = written();
  const rolled = { value: 0 };
  const options = { ...OPTIONS, sampledPercent: 10, chance: { fraction: () => rolled.value } };
  const tracing = await startTracing({ ...options, otlpUrl: url, log });
  const { traces } = tracing;
  const asked = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const named = asked.replace(/01$/, '00');
  expect(traces.begin('low')).not.toBeNull();
  expect(traces.begin('named and low', { parent: named })?.traceparent).toContain('-0af7651916cd43dd');
  rolled.value = 0.1;
  expect(traces.begin('high')).toBeNull();
  expect(traces.begin('named and high', { parent: named })).toBeNull();
  expect(traces.begin('asked for', { parent: asked })).not.toBeNull();
  await tracing.close();
  server.close();
});

test('no collector is named: nothing is recorded', async () => {
  const { log, lines } = written();
  const tracing = await startTracing({ ...OPTIONS, otlpUrl: null, log });
  expect(tracing.traces.begin('nothing')).toBeNull();
  await tracing.close();
  expect(lines).toEqual([]);
});
