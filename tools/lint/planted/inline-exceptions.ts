// path: libs/core/src/planted-exceptions.ts
// rule: syncline/effects:clock
// eslint-disable-next-line syncline/effects
export const a = Date.now(); // planted
/* eslint-disable */
export const b = Date.now(); // planted
