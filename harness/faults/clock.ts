import type { RunningNode } from '../cluster/index.js'
import type { Begun } from './fault.js'
import { impossible, requirePrograms } from './impossible.js'

/** @param by ms, below 0 for back */
export async function clockJump(node: RunningNode, by: number): Promise<Begun> {
  await requirePrograms(node, 'clockJump', 'date')
  await moveClock(node, by)
  return {
    clocks: [{ node: node.name, moved: by }],
    heal: async () => {
      await moveClock(node, -by)
      return { clocks: [{ node: node.name, moved: -by }] }
    },
  }
}

/** The kernel counts so many microseconds at each of its hundred user ticks a second (adjtimex(2), ADJ_TICK). */
const tickOf = (rate: number): number => Math.round(10_000 * rate)

export async function clockSkew(node: RunningNode, rate: number): Promise<Begun> {
  await requirePrograms(node, 'clockSkew', 'date')
  const setTick = await tickSetter(node)
  const begun = performance.now()
  await setTick(tickOf(rate))
  return {
    clocks: [{ node: node.name, moved: 0, rate }],
    heal: async () => {
      await setTick(tickOf(1))
      const moved = -(performance.now() - begun) * (rate - 1)
      await moveClock(node, moved)
      return { clocks: [{ node: node.name, moved, rate: 1 }] }
    },
  }
}

/** By what the node has for it. */
async function tickSetter(node: RunningNode): Promise<(tick: number) => Promise<unknown>> {
  const has = async (program: string): Promise<boolean> =>
    (await node.execute(`command -v ${program}`)).exitCode === 0
  if (await has('adjtimex')) return (tick) => node.run`adjtimex -t ${tick}`
  if (await has('python3')) return (tick) => node.run`python3 -c ${adjtimexInPython(tick)}`
  throw impossible('clockSkew', node.name, 'it has no adjtimex, and no python3 to call adjtimex(2)')
}

/** struct timex of 64-bit Linux: `modes` at 0, `tick` at 88; all 208 bytes long. */
const adjtimexInPython = (tick: number): string =>
  [
    'import ctypes, struct, sys',
    'timex = ctypes.create_string_buffer(208)',
    'struct.pack_into("I", timex, 0, 0x4000)',
    `struct.pack_into("q", timex, 88, ${tick})`,
    'sys.exit(ctypes.CDLL(None).adjtimex(timex) < 0)',
  ].join('\n')

/**
 * Where date(1) counts nanoseconds it takes less than the start of a program from the truth; busybox's counts seconds, and is
 * told the next one when it begins.
 */
async function moveClock(node: RunningNode, by: number): Promise<void> {
  const nanoseconds = Math.round(by) * 1_000_000
  await node.run`sh -c ${`
    case $(date +%N) in
    '' | *[!0-9]*)
      begun=$(date +%s)
      while now=$(date +%s); [ "$now" = "$begun" ]; do :; done
      date -s "@$((now + ${Math.round(by / 1000)}))"
      ;;
    *)
      now=$(($(date +%s%N) + ${nanoseconds}))
      date -s "@$((now / 1000000000)).$(printf %09d $((now % 1000000000)))"
      ;;
    esac`}`
}
