// The generated code calls these two where there is no Buffer. Every platform has them, but not every type library
// that this package is checked with.
declare global {
  function atob(data: string): string;
  function btoa(data: string): string;
}

export {};
