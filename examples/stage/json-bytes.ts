/** A JSON value as rules and calls have it in a field of bytes. */
export const valueOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
