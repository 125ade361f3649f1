const AT_ONCE = 50;

/** A few at a time, so that connecting does not overrun anyone. */
export async function openMany<Opened>(
  count: number,
  open: (at: number) => Promise<Opened>,
): Promise<Opened[]> {
  const opened: Opened[] = [];
  let next = 0;
  const goOn = async (): Promise<void> => {
    while (next < count) {
      const at = next++;
      opened[at] = await open(at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, goOn));
  return opened;
}
