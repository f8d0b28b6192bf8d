const controller = new AbortController()

/**
 * Aborted at Ctrl-C in a process that runs scenarios. Vitest cancels tests then, but not what prepares them; and without
 * a listener a terminal's Ctrl-C would end this process before a cluster has left its logs.
 */
export const interruption: AbortSignal = controller.signal

process.on('SIGINT', () => {
  if (controller.signal.aborted) end()
  controller.abort(new Error('interrupted by SIGINT'))
})
// Whoever ran it is gone, and nobody else would end it.
process.on('disconnect', end)

/** Vitest makes process.exit throw. The sandboxes end with their owner. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
