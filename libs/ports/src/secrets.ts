/** Contract: bytes that no one can guess and no one else gets. */
export interface Secrets {
  bytes(count: number): Uint8Array;
}
