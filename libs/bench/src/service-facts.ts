import type { BenchStack } from './bench-stack';

/** A counter of a service as it tells it, over all labels that begin so. */
async function counted({ stack }: BenchStack, service: string, name: string): Promise<number> {
  const response = await fetch(`http://${stack.address(service).ops}/metrics`);
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

/** How often records were read from Postgres to make a page: reads, without those that took what was read for another. */
export async function pageReads(stack: BenchStack): Promise<number> {
  const reads = await counted(stack, 'delta-1', 'syncline_delta_calls_total{call="read"');
  return reads - (await counted(stack, 'delta-1', 'syncline_delta_shared_reads_total'));
}
