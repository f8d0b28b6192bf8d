let controller: AbortController | undefined

/**
 * Aborted at Ctrl-C in a process of vitest's that runs scenarios; listens from the first call on, so that nobody who only
 * imports this loses his own Ctrl-C. Vitest cancels tests then, but not what prepares them; and without a listener a
 * terminal's Ctrl-C would end this process before a cluster has left its logs.
 */
export function interruption(): AbortSignal {
  controller ??= listen()
  return controller.signal
}

function listen(): AbortController {
  const heard = new AbortController()
  process.on('SIGINT', () => {
    if (heard.signal.aborted) end()
    heard.abort(new Error('interrupted by SIGINT'))
  })
  // Whoever ran it is gone, and nobody else would end it.
  process.on('disconnect', end)
  return heard
}

/** Vitest makes process.exit throw. The sandboxes end with their owner. */
function end(): void {
  process.kill(process.pid, 'SIGKILL')
}
