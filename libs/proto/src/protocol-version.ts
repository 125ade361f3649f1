/**
 * The protocol that this code speaks. It grows only when a client of the version before could not go on; what is
 * merely added is a new revision in `proto/fingerprints.json`.
 */
export const PROTOCOL_VERSION = 1;
