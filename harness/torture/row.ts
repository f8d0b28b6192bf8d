export interface Row {
  name: string
  amounts: { small: number; nightly: number }
  /** One case; the same seed makes the same case. Throws when what must hold does not. */
  attempt(seed: number): Promise<void>
}
