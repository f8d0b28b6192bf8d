export interface Row {
  name: string
  amounts: { small: number; nightly: number }
  /** What this machine lacks for it, with the package that has it; then nothing is attempted. */
  missing?: () => string | undefined
  /** Makes what its cases stand on; disposed of after the last of them. */
  open?: () => Promise<AsyncDisposable>
  /** One case; the same seed makes the same case. Throws when what must hold does not. */
  attempt: (seed: number) => Promise<void>
  /** What there is to say of the cases attempted in this process. */
  report?: () => string
  /** Of fuzzed inputs: how many there were, by kind, and how many got past the first check, which half of them must. */
  firstChecks?: () => Record<string, { cases: number; past: number }>
}
