/**
 * ms of the processor that this process worked for it, at best of three: what others do on the machine does not count,
 * as it does in the time on the wall.
 */
export async function processorTime(work: () => unknown): Promise<number> {
  const times: number[] = []
  for (let n = 0; n < 3; n++) {
    const before = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return Math.min(...times)
}
