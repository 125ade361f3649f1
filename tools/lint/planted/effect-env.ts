// path: libs/core/src/planted-env.ts
// rule: syncline/effects:env
export const a = process.env['HOME']; // planted
export const { env } = process; // planted
