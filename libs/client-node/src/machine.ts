/** What a device takes from its machine. The ports of the same names fit. */
export interface Clock {
  nowMs(): number;
}

export interface Chance {
  /** From 0 up to, but not including, 1. */
  fraction(): number;
}

export interface Timer {
  /** Returns the way to call it off. */
  after(delayMs: number, task: () => void): () => void;
}
