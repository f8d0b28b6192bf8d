import { existsSync } from 'node:fs'
import type { Chance } from './random.js'

/** Where Debian's package `faketime` has its library. */
const library = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1'

export const hasMovedClocks = (): boolean => existsSync(library)

/** The environment of a process whose clock is hours or days wrong, for it alone; time goes on at its own pace. */
export function movedClock(chance: Chance): Record<string, string> {
  const offset = `${chance.one(['+', '-'])}${1 + chance.below(60)}${chance.one(['m', 'h', 'd'])}`
  return { LD_PRELOAD: library, FAKETIME: offset, DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_RESET: '1' }
}
