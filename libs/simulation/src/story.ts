import type { Scheduler } from './scheduler';

/** What happened, line by line, for a person to read. */
export interface Story {
  tell(line: string): void;
  readonly lines: readonly string[];
}

const LINE_LENGTH_MAX = 160;

export function storyOf(time: Scheduler, telling: boolean): Story {
  const lines: string[] = [];
  const startMs = time.nowMs();
  return {
    lines,
    tell(line) {
      if (!telling) return;
      const told = `${((time.nowMs() - startMs) / 1_000).toFixed(3).padStart(9)} s  ${line}`;
      lines.push(told.length > LINE_LENGTH_MAX ? `${told.slice(0, LINE_LENGTH_MAX - 1)}…` : told);
    },
  };
}

/** An object on one line, without what is empty and without payload bytes. */
export function briefly(value: object): string {
  const { kind, ...rest } = value as { kind?: string };
  const text = JSON.stringify(rest, (name, field: unknown) => {
    if (field instanceof Uint8Array)
      return name === 'cursor' ? undefined : Buffer.from(field).toString('utf8').slice(0, 40);
    if (field instanceof Map) return field.size > 4 ? `${field.size} entries` : [...field];
    if (field === null || field === '' || (Array.isArray(field) && field.length === 0)) return undefined;
    return field;
  });
  return `${kind ?? ''} ${text.replaceAll('"', '')}`;
}
