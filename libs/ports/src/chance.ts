/** Contract: `id` gives text that no one can guess and no one else gets; `fraction` is in [0, 1). */
export interface Chance {
  id(): string;
  fraction(): number;
}
