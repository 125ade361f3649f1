// path: libs/core/src/planted-syntax.ts
// rule: no-restricted-syntax
export enum Kind { // planted
  A,
}
export default 1; // planted
