import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { hostNames, type Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { quoteWord } from '../guest/index.js'

const program = '/usr/bin/chromium'

/**
 * Debian's Chromium inside a cluster's sandbox, so that it sees the real addresses; Playwright drives it over its pipe.
 * @throws StackrigError HOST_PROGRAM_MISSING, WAIT_TIMEOUT after 2 min; why the cluster cannot go on.
 */
export async function openBrowser({ sandbox, signal, topology }: Cluster): Promise<Browser> {
  const folder = join(sandbox.folder, 'browser')
  await mkdir(folder, { recursive: true })
  const wrapper = join(folder, 'chromium')
  await writeFile(wrapper, `#!/bin/sh\nexec ${sandbox.enter().map(quoteWord).join(' ')} ${program} "$@"\n`)
  await chmod(wrapper, 0o700)
  const rules = topology.nodes
    .flatMap((node) => hostNames(topology, node).map((name) => `MAP ${name} ${node.address}`))
    .join(',')
  // Loaded when it is needed: it takes a third of a second, which no command of the terminal should wait for.
  const { chromium, errors } = await import('playwright-core')
  try {
    const browser = await chromium.launch({
      executablePath: wrapper,
      args: [
        `--host-resolver-rules=${rules}`,
        ...['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
      timeout: 120_000,
      // Playwright would end this process before anything is cleaned up.
      ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    })
    // What waits for a page of a cluster that is gone ends with it.
    signal.addEventListener('abort', () => void browser.close().catch(() => undefined), { once: true })
    return browser
  } catch (cause) {
    signal.throwIfAborted()
    const code = cause instanceof errors.TimeoutError ? 'WAIT_TIMEOUT' : 'HOST_PROGRAM_MISSING'
    throw new StackrigError(code, 'Chromium must start inside the sandbox', {
      seen: cause instanceof Error ? cause.message : undefined,
      next: 'npx stackrig doctor',
      cause,
    })
  }
}
