/**
 * Thrown by an adapter when what it stands for cannot be reached for now. Whether what was asked for has happened may be
 * unknown; asking again later is safe wherever the port says so. Every other error of an adapter is a bug.
 */
export class Unavailable extends Error {
  constructor(what: string, options?: { readonly cause: unknown }) {
    super(`${what} cannot be reached`, options);
    this.name = 'Unavailable';
  }
}
