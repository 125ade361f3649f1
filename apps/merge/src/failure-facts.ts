/**
 * What a log may hold of a failure. Its details and, where it comes from reading something, its message may quote the
 * content of records.
 */
export function failureFacts(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { failure: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const quotes = error instanceof SyntaxError;
  return {
    failure: error.name,
    ...code,
    ...(quotes ? {} : { because: error.message.slice(0, MESSAGE_LENGTH_MAX) }),
    at: framesOf(error),
  };
}

const MESSAGE_LENGTH_MAX = 200;
const FRAMES_MAX = 8;

function framesOf({ stack = '' }: Error): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim());
}
