/**
 * Waiting, as an argument. Contract: `task` runs once, not before `delayMs` have passed, and not after the returned
 * function was called. A waiting task does not keep a process alive.
 */
export interface Timer {
  after(delayMs: number, task: () => void): () => void;
}
