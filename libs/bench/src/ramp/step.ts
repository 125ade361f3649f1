import { REASONS } from '@syncline/core';
import { percentile } from '../numbers';

/** Of what ghz writes with `"format": "json"`, the part that is read here. */
export interface GhzReport {
  readonly details: readonly GhzCall[] | null;
}

export interface GhzCall {
  /** When the call ended. */
  readonly timestamp: string;
  readonly latency: number;
  readonly status: string;
  readonly error: string;
}

export interface Asked {
  /** Calls in a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** How the service took one rate. */
export interface Step extends Asked {
  readonly calls: number;
  /** Well answered: the rest was refused, or found no one. */
  readonly answered: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Calls that were begun in a second. It falls behind the rate when the load itself cannot keep up. */
  readonly begunPerSecond: number;
  /** Of the calls that were answered well, from their beginning to their end; null where there are none. */
  readonly latencyMs: Readonly<Record<Quantile, number>> | null;
  /** The same for each part of the step by itself: how far these lie apart is the spread. */
  readonly partsMs: Readonly<Record<ComparedQuantile, readonly number[]>>;
}

export type ComparedQuantile = 'p50' | 'p95';
export type Quantile = ComparedQuantile | 'p99' | 'max';

const PARTS = 5;
const NANOS_PER_MS = 1_000_000;

export function stepOf(report: GhzReport, asked: Asked): Step {
  const calls = (report.details ?? []).map(timed).sort((left, right) => left.begunMs - right.begunMs);
  const answered = calls.filter(({ status }) => status === 'OK');
  const latencies = answered.map(({ latencyMs }) => latencyMs);
  const parts = partsOf(answered, asked.seconds);
  return {
    rate: asked.rate,
    seconds: asked.seconds,
    calls: calls.length,
    answered: answered.length,
    refused: counted(calls.filter(({ status }) => status !== 'OK').map(reasonOf)),
    begunPerSecond: begunPerSecond(calls),
    latencyMs: latencies.length === 0 ? null : quantilesOf(latencies),
    partsMs: {
      p50: parts.map((part) => percentile(part, 0.5)),
      p95: parts.map((part) => percentile(part, 0.95)),
    },
  };
}

function quantilesOf(latencies: readonly number[]): Record<Quantile, number> {
  return {
    p50: percentile(latencies, 0.5),
    p95: percentile(latencies, 0.95),
    p99: percentile(latencies, 0.99),
    max: percentile(latencies, 1),
  };
}

/** Answered is not enough where a call was to write something: what did not take effect was refused inside of the answer. */
export function withoutEffect(step: Step, calls: number): Step {
  if (calls <= 0) return step;
  const refused = { ...step.refused, [NO_EFFECT]: calls };
  return { ...step, answered: step.answered - calls, refused };
}

const NO_EFFECT = 'answered, without effect';

interface Timed extends GhzCall {
  readonly begunMs: number;
  readonly latencyMs: number;
}

function timed(call: GhzCall): Timed {
  const latencyMs = call.latency / NANOS_PER_MS;
  return { ...call, latencyMs, begunMs: Date.parse(call.timestamp) - latencyMs };
}

/** By the time at which the calls began; parts without any are left out. */
function partsOf(calls: readonly Timed[], seconds: number): number[][] {
  const first = calls[0]?.begunMs ?? 0;
  const parts: number[][] = Array.from({ length: PARTS }, () => []);
  for (const { begunMs, latencyMs } of calls) {
    const at = Math.floor(((begunMs - first) / (seconds * 1_000)) * PARTS);
    parts[Math.min(PARTS - 1, at)]!.push(latencyMs);
  }
  return parts.filter((part) => part.length > 0);
}

function begunPerSecond(calls: readonly Timed[]): number {
  if (calls.length < 2) return calls.length;
  const tookMs = calls.at(-1)!.begunMs - calls[0]!.begunMs;
  return ((calls.length - 1) * 1_000) / Math.max(1, tookMs);
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const SHOWN_CHARS_MAX = 80;

/**
 * The service tells its reason in details of the status, of which ghz keeps the code and the sentence only. The sentence
 * of a reason is its own; where it was put in other words, these are shown without their numbers.
 */
function reasonOf({ status, error }: GhzCall): string {
  const said = error.replace(/^.*? desc = /s, '');
  const known = Object.entries(REASONS).find(([, sentence]) => said.startsWith(sentence));
  if (known !== undefined) return known[0];
  return said === '' ? status : `${status}: ${said.replaceAll(/\d+/g, '#').slice(0, SHOWN_CHARS_MAX)}`;
}
