// path: libs/core/src/planted-switch.ts
// rule: @typescript-eslint/switch-exhaustiveness-check
export function name(kind: 'create' | 'update' | 'delete'): string {
  switch (kind) { // planted
    case 'create':
      return 'a';
    case 'update':
      return 'b';
  }
  return 'c';
}
