/** Milliseconds from some moment on, with fractions. */
export function nowMs(): number {
  return performance.now();
}

/** How long something took, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = nowMs();
  await work();
  return nowMs() - from;
}
