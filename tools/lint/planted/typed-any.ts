// path: libs/flows/src/planted-any.ts
// rule: @typescript-eslint/no-explicit-any
export const loose: any = 1; // planted
