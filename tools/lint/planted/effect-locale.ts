// path: libs/core/src/planted-locale.ts
// rule: syncline/effects:locale
export const a = 'a'.localeCompare('b'); // planted
export const b = (1.5).toLocaleString(); // planted
export const c = new Intl.NumberFormat(); // planted
export const d = 'a'.toLocaleUpperCase(); // planted
export const e = 'a'.toUpperCase();
