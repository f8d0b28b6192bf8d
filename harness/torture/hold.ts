/** What work did to the event loop, ms at most, and to the memory of this process, bytes at most. */
export interface Load {
  hold: number
  memory: number
}

/** Watches both while something runs. The memory is what is resident, above what was when it began. */
export async function loadOf(work: () => Promise<unknown>): Promise<Load> {
  const before = process.memoryUsage.rss()
  const load: Load = { hold: 0, memory: 0 }
  let last = performance.now()
  const look = (): void => {
    load.hold = Math.max(load.hold, performance.now() - last)
    load.memory = Math.max(load.memory, process.memoryUsage.rss() - before)
    last = performance.now()
  }
  const timer = setInterval(look, 2)
  try {
    await work()
    // What held it to the very end is seen now.
    await new Promise((resolve) => setTimeout(resolve, 4))
  } finally {
    clearInterval(timer)
  }
  return load
}
