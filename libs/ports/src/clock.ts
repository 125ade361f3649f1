/** The wall clock. Contract: milliseconds since 1970; it may jump, so nothing may depend on its going forward. */
export interface Clock {
  nowMs(): number;
}
