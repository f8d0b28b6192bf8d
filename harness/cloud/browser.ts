import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { hostNames, type Cluster } from '../cluster/index.js'
import { StackrigError } from '../errors/index.js'
import { settings } from '../settings.js'
import { quoteWord } from '../shell-word.js'
import { recordCalls } from './browser-calls.js'
import { makeFolder } from '../make-folder.js'

const program = '/usr/bin/chromium'

/** Where a person sees the browser (X(7)): `:0`, and the file with what lets a program draw there. */
export interface Screen {
  display: string
  authority: string | undefined
}

/**
 * Debian's Chromium inside a cluster's sandbox, so that it sees the real addresses; Playwright drives it over its pipe.
 * It ends with the sandbox, and a page of a guest's that takes over a part of it is still in Chromium's own sandbox.
 * @throws StackrigError HOST_PROGRAM_MISSING, WAIT_TIMEOUT after 2 min; why the cluster cannot go on.
 */
export async function openBrowser(
  { sandbox, signal, timeline, topology }: Cluster,
  { screen }: { screen?: Screen } = {},
): Promise<Browser> {
  const folder = join(sandbox.folder, 'browser')
  makeFolder(folder, 0o700)
  const wrapper = join(folder, 'chromium')
  // Chromium refuses its own sandbox to root, which everybody is in ours.
  const words = sandbox.entering([program], {
    ordinaryUser: true,
    ...(screen && { reads: ['/tmp/.X11-unix', screen.authority] }),
  })
  await writeFile(wrapper, `#!/bin/sh\nexec ${words.map(quoteWord).join(' ')} "$@"\n`)
  await chmod(wrapper, 0o700)
  const rules = topology.nodes
    .flatMap((node) => hostNames(topology, node).map((name) => `MAP ${name} ${node.address}`))
    .join(',')
  // Loaded when it is needed: it takes a third of a second, which no command of the terminal should wait for.
  const { chromium, errors } = await import('playwright-core')
  const logger = recordCalls(timeline)
  try {
    const browser = await chromium.launch({
      ...(logger && { logger }),
      headless: screen === undefined,
      executablePath: wrapper,
      chromiumSandbox: true,
      args: [
        `--host-resolver-rules=${rules}`,
        ...[
          '--no-proxy-server',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-dev-shm-usage',
        ],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ],
      // No proxies, no tokens; and what it keeps goes with the sandbox.
      env: {
        ...{ PATH: settings().path, HOME: folder, TMPDIR: folder, LANG: 'C.UTF-8' },
        ...(screen && { DISPLAY: screen.display, XAUTHORITY: screen.authority ?? '' }),
      },
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
